// Being a member of a consumer group: the classic protocol, where members assign (JoinGroup, SyncGroup, Heartbeat,
// LeaveGroup), and the newer one, where the coordinator does and one request is all (KIP-848).
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// Into the group, or again after it began to rebalance; the answer waits for the other members. The metadata is the
// client's own protocol (wire/consumer_protocol.h) and means nothing to the coordinator.
struct JoinGroupRequest {
  static constexpr ApiKey kApi = ApiKey::kJoinGroup;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 9, kFlexibleFrom = 6;
  using Response = struct JoinGroupResponse;

  struct Protocol {
    std::string name;
    Blob metadata;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("metadata", m.metadata);
    }
    bool operator==(const Protocol&) const = default;
  };
  std::string group_id;
  int32_t session_timeout_ms = 0;
  int32_t rebalance_timeout_ms = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::string protocol_type;
  std::vector<Protocol> protocols;
  std::optional<std::string> reason;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id);
    f("session_timeout_ms", m.session_timeout_ms);
    f("rebalance_timeout_ms", m.rebalance_timeout_ms, since(1));
    f("member_id", m.member_id);
    f("group_instance_id", m.group_instance_id, since(5));
    f("protocol_type", m.protocol_type);
    f("protocols", m.protocols);
    f("reason", m.reason, since(8));
  }
  bool operator==(const JoinGroupRequest&) const = default;
};

// `members` is filled for the leader alone, who assigns.
struct JoinGroupResponse {
  using Request = JoinGroupRequest;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    Blob metadata;
    static void fields(auto& m, auto& f) {
      f("member_id", m.member_id);
      f("group_instance_id", m.group_instance_id, since(5));
      f("metadata", m.metadata);
    }
    bool operator==(const Member&) const = default;
  };
  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<Member> members;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms, since(2));
    f("error_code", m.error_code);
    f("generation_id", m.generation_id);
    f("protocol_type", m.protocol_type, since(7));
    f("protocol_name", m.protocol_name, nullable_since(7));
    f("leader", m.leader);
    f("skip_assignment", m.skip_assignment, since(9));
    f("member_id", m.member_id);
    f("members", m.members);
  }
  bool operator==(const JoinGroupResponse&) const = default;
};

// The leader hands in what each member shall read; each member, also the leader, is answered its own.
struct SyncGroupRequest {
  static constexpr ApiKey kApi = ApiKey::kSyncGroup;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 5, kFlexibleFrom = 4;
  using Response = struct SyncGroupResponse;

  struct Assignment {
    std::string member_id;
    Blob assignment;
    static void fields(auto& m, auto& f) {
      f("member_id", m.member_id);
      f("assignment", m.assignment);
    }
    bool operator==(const Assignment&) const = default;
  };
  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<Assignment> assignments;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id);
    f("generation_id", m.generation_id);
    f("member_id", m.member_id);
    f("group_instance_id", m.group_instance_id, since(3));
    f("protocol_type", m.protocol_type, since(5));
    f("protocol_name", m.protocol_name, since(5));
    f("assignments", m.assignments);
  }
  bool operator==(const SyncGroupRequest&) const = default;
};

struct SyncGroupResponse {
  using Request = SyncGroupRequest;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  Blob assignment;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms, since(1));
    f("error_code", m.error_code);
    f("protocol_type", m.protocol_type, since(5));
    f("protocol_name", m.protocol_name, since(5));
    f("assignment", m.assignment);
  }
  bool operator==(const SyncGroupResponse&) const = default;
};

// A member is alive; the answer tells it when it must join again.
struct HeartbeatRequest {
  static constexpr ApiKey kApi = ApiKey::kHeartbeat;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 4, kFlexibleFrom = 4;
  using Response = struct HeartbeatResponse;

  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id);
    f("generation_id", m.generation_id);
    f("member_id", m.member_id);
    f("group_instance_id", m.group_instance_id, since(3));
  }
  bool operator==(const HeartbeatRequest&) const = default;
};

struct HeartbeatResponse {
  using Request = HeartbeatRequest;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms, since(1));
    f("error_code", m.error_code);
  }
  bool operator==(const HeartbeatResponse&) const = default;
};

// Out of the group; from version 3 several members at once, each by id or, a static one, by instance id (KIP-345).
struct LeaveGroupRequest {
  static constexpr ApiKey kApi = ApiKey::kLeaveGroup;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 5, kFlexibleFrom = 4;
  using Response = struct LeaveGroupResponse;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::optional<std::string> reason;
    static void fields(auto& m, auto& f) {
      f("member_id", m.member_id);
      f("group_instance_id", m.group_instance_id);
      f("reason", m.reason, since(5));
    }
    bool operator==(const Member&) const = default;
  };
  std::string group_id;
  std::string member_id;
  std::vector<Member> members;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id);
    f("member_id", m.member_id, until(2));
    f("members", m.members, since(3));
  }
  bool operator==(const LeaveGroupRequest&) const = default;
};

struct LeaveGroupResponse {
  using Request = LeaveGroupRequest;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    int16_t error_code = 0;
    static void fields(auto& m, auto& f) {
      f("member_id", m.member_id);
      f("group_instance_id", m.group_instance_id);
      f("error_code", m.error_code);
    }
    bool operator==(const Member&) const = default;
  };
  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<Member> members;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms, since(1));
    f("error_code", m.error_code);
    f("members", m.members, since(3));
  }
  bool operator==(const LeaveGroupResponse&) const = default;
};

// All that a member of the newer protocol says. Epoch 0 joins, -1 leaves, -2 is a static member that will be back. Null
// fields did not change since the last one.
struct ConsumerGroupHeartbeatRequest {
  static constexpr ApiKey kApi = ApiKey::kConsumerGroupHeartbeat;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 1, kFlexibleFrom = 0;
  using Response = struct ConsumerGroupHeartbeatResponse;

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<int32_t> partitions;
    static void fields(auto& m, auto& f) {
      f("topic_id", m.topic_id);
      f("partitions", m.partitions);
    }
    bool operator==(const TopicPartitions&) const = default;
  };
  std::string group_id;
  std::string member_id;
  int32_t member_epoch = 0;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string>> subscribed_topic_names;
  std::optional<std::string> subscribed_topic_regex;
  std::optional<std::string> server_assignor;
  std::optional<std::vector<TopicPartitions>> topic_partitions;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id);
    f("member_id", m.member_id);
    f("member_epoch", m.member_epoch);
    f("instance_id", m.instance_id);
    f("rack_id", m.rack_id);
    f("rebalance_timeout_ms", m.rebalance_timeout_ms);
    f("subscribed_topic_names", m.subscribed_topic_names);
    f("subscribed_topic_regex", m.subscribed_topic_regex, since(1));
    f("server_assignor", m.server_assignor);
    f("topic_partitions", m.topic_partitions);
  }
  bool operator==(const ConsumerGroupHeartbeatRequest&) const = default;
};

// A null assignment did not change.
struct ConsumerGroupHeartbeatResponse {
  using Request = ConsumerGroupHeartbeatRequest;

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<int32_t> partitions;
    static void fields(auto& m, auto& f) {
      f("topic_id", m.topic_id);
      f("partitions", m.partitions);
    }
    bool operator==(const TopicPartitions&) const = default;
  };
  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;
    static void fields(auto& m, auto& f) { f("topic_partitions", m.topic_partitions); }
    bool operator==(const Assignment&) const = default;
  };
  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::optional<std::string> member_id;
  int32_t member_epoch = 0;
  int32_t heartbeat_interval_ms = 0;
  std::optional<Assignment> assignment;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("error_code", m.error_code);
    f("error_message", m.error_message);
    f("member_id", m.member_id);
    f("member_epoch", m.member_epoch);
    f("heartbeat_interval_ms", m.heartbeat_interval_ms);
    f("assignment", m.assignment);
  }
  bool operator==(const ConsumerGroupHeartbeatResponse&) const = default;
};

}  // namespace sl::wire
