// Requests about positions in a partition: by time, by leader epoch, and the move of the log start.
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// The offset of a time; -1 latest, -2 earliest, -3 the largest time, -4 earliest local, -5 latest tiered (KIP-79,
// KIP-734).
struct ListOffsetsRequest {
  static constexpr ApiKey kApi = ApiKey::kListOffsets;
  static constexpr int16_t kMinVersion = 1, kMaxVersion = 11, kFlexibleFrom = 6;
  using Response = struct ListOffsetsResponse;

  struct Partition {
    int32_t partition_index = 0;
    int32_t current_leader_epoch = -1;
    int64_t timestamp = 0;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("current_leader_epoch", m.current_leader_epoch, since(4));
      f("timestamp", m.timestamp);
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
  int32_t replica_id = 0;
  int8_t isolation_level = 0;
  std::vector<Topic> topics;
  int32_t timeout_ms = 0;
  static void fields(auto& m, auto& f) {
    f("replica_id", m.replica_id);
    f("isolation_level", m.isolation_level, since(2));
    f("topics", m.topics);
    f("timeout_ms", m.timeout_ms, since(10));
  }
  bool operator==(const ListOffsetsRequest&) const = default;
};

struct ListOffsetsResponse {
  using Request = ListOffsetsRequest;

  struct Partition {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    int64_t timestamp = -1;
    int64_t offset = -1;
    int32_t leader_epoch = -1;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("error_code", m.error_code);
      f("timestamp", m.timestamp);
      f("offset", m.offset);
      f("leader_epoch", m.leader_epoch, since(4));
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
  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms, since(2));
    f("topics", m.topics);
  }
  bool operator==(const ListOffsetsResponse&) const = default;
};

// Where the log of a leader epoch ends (KIP-101, KIP-320).
struct OffsetForLeaderEpochRequest {
  static constexpr ApiKey kApi = ApiKey::kOffsetForLeaderEpoch;
  static constexpr int16_t kMinVersion = 2, kMaxVersion = 4, kFlexibleFrom = 4;
  using Response = struct OffsetForLeaderEpochResponse;

  struct Partition {
    int32_t partition = 0;
    int32_t current_leader_epoch = -1;
    int32_t leader_epoch = 0;
    static void fields(auto& m, auto& f) {
      f("partition", m.partition);
      f("current_leader_epoch", m.current_leader_epoch);
      f("leader_epoch", m.leader_epoch);
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string topic;
    std::vector<Partition> partitions;
    static void fields(auto& m, auto& f) {
      f("topic", m.topic);
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  int32_t replica_id = -2;
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) {
    f("replica_id", m.replica_id, since(3));
    f("topics", m.topics);
  }
  bool operator==(const OffsetForLeaderEpochRequest&) const = default;
};

struct OffsetForLeaderEpochResponse {
  using Request = OffsetForLeaderEpochRequest;

  struct Partition {
    int16_t error_code = 0;
    int32_t partition = 0;
    int32_t leader_epoch = -1;
    int64_t end_offset = -1;
    static void fields(auto& m, auto& f) {
      f("error_code", m.error_code);
      f("partition", m.partition);
      f("leader_epoch", m.leader_epoch);
      f("end_offset", m.end_offset);
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string topic;
    std::vector<Partition> partitions;
    static void fields(auto& m, auto& f) {
      f("topic", m.topic);
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("topics", m.topics);
  }
  bool operator==(const OffsetForLeaderEpochResponse&) const = default;
};

// Moves the log start; -1 is the high watermark (KIP-107).
struct DeleteRecordsRequest {
  static constexpr ApiKey kApi = ApiKey::kDeleteRecords;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 2, kFlexibleFrom = 2;
  using Response = struct DeleteRecordsResponse;

  struct Partition {
    int32_t partition_index = 0;
    int64_t offset = 0;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("offset", m.offset);
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
  std::vector<Topic> topics;
  int32_t timeout_ms = 0;
  static void fields(auto& m, auto& f) {
    f("topics", m.topics);
    f("timeout_ms", m.timeout_ms);
  }
  bool operator==(const DeleteRecordsRequest&) const = default;
};

struct DeleteRecordsResponse {
  using Request = DeleteRecordsRequest;

  struct Partition {
    int32_t partition_index = 0;
    int64_t low_watermark = 0;
    int16_t error_code = 0;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("low_watermark", m.low_watermark);
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
  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("topics", m.topics);
  }
  bool operator==(const DeleteRecordsResponse&) const = default;
};

}  // namespace sl::wire
