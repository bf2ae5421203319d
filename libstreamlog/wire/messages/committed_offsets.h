// Offsets that consumer groups committed: written, read, deleted.
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// How far a group has read. Generation -1 with no member is a commit from outside a group's protocol.
struct OffsetCommitRequest {
  static constexpr ApiKey kApi = ApiKey::kOffsetCommit;
  static constexpr int16_t kMinVersion = 2, kMaxVersion = 10, kFlexibleFrom = 8;
  using Response = struct OffsetCommitResponse;

  struct Partition {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;
    int32_t committed_leader_epoch = -1;
    std::optional<std::string> committed_metadata;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("committed_offset", m.committed_offset);
      f("committed_leader_epoch", m.committed_leader_epoch, since(6));
      f("committed_metadata", m.committed_metadata);
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string name;
    Uuid topic_id;
    std::vector<Partition> partitions;
    static void fields(auto& m, auto& f) {
      f("name", m.name, until(9));
      f("topic_id", m.topic_id, since(10));
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  std::string group_id;
  int32_t generation_id_or_member_epoch = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  int64_t retention_time_ms = -1;
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id);
    f("generation_id_or_member_epoch", m.generation_id_or_member_epoch);
    f("member_id", m.member_id);
    f("group_instance_id", m.group_instance_id, since(7));
    f("retention_time_ms", m.retention_time_ms, until(4));
    f("topics", m.topics);
  }
  bool operator==(const OffsetCommitRequest&) const = default;
};

struct OffsetCommitResponse {
  using Request = OffsetCommitRequest;

  struct Partition {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("error_code", m.error_code);
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string name;
    Uuid topic_id;
    std::vector<Partition> partitions;
    static void fields(auto& m, auto& f) {
      f("name", m.name, until(9));
      f("topic_id", m.topic_id, since(10));
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms, since(3));
    f("topics", m.topics);
  }
  bool operator==(const OffsetCommitResponse&) const = default;
};

// What a group has committed; null topics are all. From version 8 several groups at once, and only `groups` is used.
struct OffsetFetchRequest {
  static constexpr ApiKey kApi = ApiKey::kOffsetFetch;
  static constexpr int16_t kMinVersion = 1, kMaxVersion = 10, kFlexibleFrom = 6;
  using Response = struct OffsetFetchResponse;

  struct Topic {
    std::string name;
    Uuid topic_id;
    std::vector<int32_t> partition_indexes;
    static void fields(auto& m, auto& f) {
      f("name", m.name, until(9));
      f("topic_id", m.topic_id, since(10));
      f("partition_indexes", m.partition_indexes);
    }
    bool operator==(const Topic&) const = default;
  };
  struct Group {
    std::string group_id;
    std::optional<std::string> member_id;
    int32_t member_epoch = -1;
    std::optional<std::vector<Topic>> topics;
    static void fields(auto& m, auto& f) {
      f("group_id", m.group_id);
      f("member_id", m.member_id, since(9));
      f("member_epoch", m.member_epoch, since(9));
      f("topics", m.topics);
    }
    bool operator==(const Group&) const = default;
  };
  std::string group_id;
  std::optional<std::vector<Topic>> topics;
  std::vector<Group> groups;
  bool require_stable = false;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id, until(7));
    f("topics", m.topics, until(7).nullable_since(2));
    f("groups", m.groups, since(8));
    f("require_stable", m.require_stable, since(7));
  }
  bool operator==(const OffsetFetchRequest&) const = default;
};

// An offset of -1 says that none is committed.
struct OffsetFetchResponse {
  using Request = OffsetFetchRequest;

  struct Partition {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;
    int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata;
    int16_t error_code = 0;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("committed_offset", m.committed_offset);
      f("committed_leader_epoch", m.committed_leader_epoch, since(5));
      f("metadata", m.metadata);
      f("error_code", m.error_code);
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string name;
    Uuid topic_id;
    std::vector<Partition> partitions;
    static void fields(auto& m, auto& f) {
      f("name", m.name, until(9));
      f("topic_id", m.topic_id, since(10));
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  struct Group {
    std::string group_id;
    std::vector<Topic> topics;
    int16_t error_code = 0;
    static void fields(auto& m, auto& f) {
      f("group_id", m.group_id);
      f("topics", m.topics);
      f("error_code", m.error_code);
    }
    bool operator==(const Group&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  int16_t error_code = 0;
  std::vector<Group> groups;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms, since(3));
    f("topics", m.topics, until(7));
    f("error_code", m.error_code, between(2, 7));
    f("groups", m.groups, since(8));
  }
  bool operator==(const OffsetFetchResponse&) const = default;
};

// Offsets forgotten, of topics that the group does not read (KIP-496).
struct OffsetDeleteRequest {
  static constexpr ApiKey kApi = ApiKey::kOffsetDelete;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = INT16_MAX;
  using Response = struct OffsetDeleteResponse;

  struct Partition {
    int32_t partition_index = 0;
    static void fields(auto& m, auto& f) { f("partition_index", m.partition_index); }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string name;
    std::vector<Partition> partitions;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  std::string group_id;
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id);
    f("topics", m.topics);
  }
  bool operator==(const OffsetDeleteRequest&) const = default;
};

struct OffsetDeleteResponse {
  using Request = OffsetDeleteRequest;

  struct Partition {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("error_code", m.error_code);
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string name;
    std::vector<Partition> partitions;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  int16_t error_code = 0;
  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) {
    f("error_code", m.error_code);
    f("throttle_time_ms", m.throttle_time_ms);
    f("topics", m.topics);
  }
  bool operator==(const OffsetDeleteResponse&) const = default;
};

}  // namespace sl::wire
