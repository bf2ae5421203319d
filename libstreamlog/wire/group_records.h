// The records of `__consumer_offsets`, with Kafka's schemas: what groups committed, the classic groups, and the groups
// of the newer protocol (KIP-848). In key and value alike an int16 stands before the fields; in a value it is the
// version, in a key the kind, so that here a key's range of versions is its kinds. A null value deletes what the key
// names. Times are ms since 1970, timeouts ms. Schemas: Kafka's group-coordinator/src/main/resources/common/message.
#pragma once
#include <variant>

#include "wire/versioned.h"

namespace sl::wire {

// How far a group has read in a partition. Kind 0 is the same in old logs; 1 is written.
struct OffsetCommitKey {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 1, kFlexibleFrom = INT16_MAX;
  using Value = struct OffsetCommitValue;

  std::string group;
  std::string topic;
  int32_t partition = 0;
  static void fields(auto& m, auto& f) {
    f("group", m.group);
    f("topic", m.topic);
    f("partition", m.partition);
  }
  bool operator==(const OffsetCommitKey&) const = default;
};

// An expiry of its own (-1: none) fits version 1 alone, a topic id version 4; else it is 3, which older tools read.
struct OffsetCommitValue {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 4, kFlexibleFrom = 4;
  int16_t written_version() const { return expire_timestamp != -1 ? 1 : topic_id.is_zero() ? 3 : 4; }

  int64_t offset = 0;
  int32_t leader_epoch = -1;
  std::string metadata;
  int64_t commit_timestamp = 0;
  int64_t expire_timestamp = -1;
  Uuid topic_id;
  static void fields(auto& m, auto& f) {
    f("offset", m.offset);
    f("leader_epoch", m.leader_epoch, since(3));
    f("metadata", m.metadata);
    f("commit_timestamp", m.commit_timestamp);
    f("expire_timestamp", m.expire_timestamp, between(1, 1));
    f.tag(0, "topic_id", m.topic_id, since(4));
  }
  bool operator==(const OffsetCommitValue&) const = default;
};

// A classic group: its generation and members.
struct GroupMetadataKey {
  static constexpr int16_t kMinVersion = 2, kMaxVersion = 2, kFlexibleFrom = INT16_MAX;
  using Value = struct GroupMetadataValue;

  std::string group;
  static void fields(auto& m, auto& f) { f("group", m.group); }
  bool operator==(const GroupMetadataKey&) const = default;
};

struct GroupMetadataValue {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 4, kFlexibleFrom = 4;
  // Version 4 adds nothing that is known today, and Kafka writes 3.
  int16_t written_version() const { return 3; }

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    int32_t rebalance_timeout = -1;
    int32_t session_timeout = 0;
    Blob subscription;
    Blob assignment;
    static void fields(auto& m, auto& f) {
      f("member_id", m.member_id);
      f("group_instance_id", m.group_instance_id, since(3));
      f("client_id", m.client_id);
      f("client_host", m.client_host);
      f("rebalance_timeout", m.rebalance_timeout, since(1));
      f("session_timeout", m.session_timeout);
      f("subscription", m.subscription);
      f("assignment", m.assignment);
    }
    bool operator==(const Member&) const = default;
  };
  std::string protocol_type;
  int32_t generation = 0;
  std::optional<std::string> protocol;
  std::optional<std::string> leader;
  int64_t current_state_timestamp = -1;
  std::vector<Member> members;
  static void fields(auto& m, auto& f) {
    f("protocol_type", m.protocol_type);
    f("generation", m.generation);
    f("protocol", m.protocol);
    f("leader", m.leader);
    f("current_state_timestamp", m.current_state_timestamp, since(2));
    f("members", m.members);
  }
  bool operator==(const GroupMetadataValue&) const = default;
};

// A group of the newer protocol, as are all below.
struct ConsumerGroupMetadataKey {
  static constexpr int16_t kMinVersion = 3, kMaxVersion = 3, kFlexibleFrom = INT16_MAX;
  using Value = struct ConsumerGroupMetadataValue;

  std::string group_id;
  static void fields(auto& m, auto& f) { f("group_id", m.group_id); }
  bool operator==(const ConsumerGroupMetadataKey&) const = default;
};

struct ConsumerGroupMetadataValue {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  int32_t epoch = 0;
  int64_t metadata_hash = 0;
  static void fields(auto& m, auto& f) {
    f("epoch", m.epoch);
    f.tag(0, "metadata_hash", m.metadata_hash);
  }
  bool operator==(const ConsumerGroupMetadataValue&) const = default;
};

// The topics a group subscribes to, as its epoch knew them. Only read: Kafka 4.1 replaced it by the metadata hash.
struct ConsumerGroupPartitionMetadataKey {
  static constexpr int16_t kMinVersion = 4, kMaxVersion = 4, kFlexibleFrom = INT16_MAX;
  using Value = struct ConsumerGroupPartitionMetadataValue;

  std::string group_id;
  static void fields(auto& m, auto& f) { f("group_id", m.group_id); }
  bool operator==(const ConsumerGroupPartitionMetadataKey&) const = default;
};

struct ConsumerGroupPartitionMetadataValue {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  struct Partition {
    int32_t partition = 0;
    std::vector<std::string> racks;
    static void fields(auto& m, auto& f) {
      f("partition", m.partition);
      f("racks", m.racks);
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    Uuid topic_id;
    std::string topic_name;
    int32_t num_partitions = 0;
    std::vector<Partition> partition_metadata;
    static void fields(auto& m, auto& f) {
      f("topic_id", m.topic_id);
      f("topic_name", m.topic_name);
      f("num_partitions", m.num_partitions);
      f("partition_metadata", m.partition_metadata);
    }
    bool operator==(const Topic&) const = default;
  };
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) { f("topics", m.topics); }
  bool operator==(const ConsumerGroupPartitionMetadataValue&) const = default;
};

// What a classic member of a group of the newer protocol said of itself. Not within the value that has it: clang 14
// takes a struct whose members have defaults for one that cannot be made as long as the struct around it is open.
struct ClassicMemberProtocol {
  std::string name;
  Blob metadata;
  static void fields(auto& m, auto& f) {
    f("name", m.name);
    f("metadata", m.metadata);
  }
  bool operator==(const ClassicMemberProtocol&) const = default;
};
struct ClassicMemberMetadata {
  int32_t session_timeout_ms = 0;
  std::vector<ClassicMemberProtocol> supported_protocols;
  static void fields(auto& m, auto& f) {
    f("session_timeout_ms", m.session_timeout_ms);
    f("supported_protocols", m.supported_protocols);
  }
  bool operator==(const ClassicMemberMetadata&) const = default;
};

// What a member said of itself.
struct ConsumerGroupMemberMetadataKey {
  static constexpr int16_t kMinVersion = 5, kMaxVersion = 5, kFlexibleFrom = INT16_MAX;
  using Value = struct ConsumerGroupMemberMetadataValue;

  std::string group_id;
  std::string member_id;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id);
    f("member_id", m.member_id);
  }
  bool operator==(const ConsumerGroupMemberMetadataKey&) const = default;
};

struct ConsumerGroupMemberMetadataValue {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::string client_id;
  std::string client_host;
  std::vector<std::string> subscribed_topic_names;
  std::optional<std::string> subscribed_topic_regex;
  int32_t rebalance_timeout_ms = -1;
  std::optional<std::string> server_assignor;
  std::optional<ClassicMemberMetadata> classic_member_metadata;
  static void fields(auto& m, auto& f) {
    f("instance_id", m.instance_id);
    f("rack_id", m.rack_id);
    f("client_id", m.client_id);
    f("client_host", m.client_host);
    f("subscribed_topic_names", m.subscribed_topic_names);
    f("subscribed_topic_regex", m.subscribed_topic_regex);
    f("rebalance_timeout_ms", m.rebalance_timeout_ms);
    f("server_assignor", m.server_assignor);
    f.tag(0, "classic_member_metadata", m.classic_member_metadata);
  }
  bool operator==(const ConsumerGroupMemberMetadataValue&) const = default;
};

// The epoch for which the target assignment of all members was computed.
struct ConsumerGroupTargetAssignmentMetadataKey {
  static constexpr int16_t kMinVersion = 6, kMaxVersion = 6, kFlexibleFrom = INT16_MAX;
  using Value = struct ConsumerGroupTargetAssignmentMetadataValue;

  std::string group_id;
  static void fields(auto& m, auto& f) { f("group_id", m.group_id); }
  bool operator==(const ConsumerGroupTargetAssignmentMetadataKey&) const = default;
};

struct ConsumerGroupTargetAssignmentMetadataValue {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  int32_t assignment_epoch = 0;
  int64_t assignment_timestamp = 0;
  static void fields(auto& m, auto& f) {
    f("assignment_epoch", m.assignment_epoch);
    f.tag(0, "assignment_timestamp", m.assignment_timestamp);
  }
  bool operator==(const ConsumerGroupTargetAssignmentMetadataValue&) const = default;
};

// What a member shall come to read.
struct ConsumerGroupTargetAssignmentMemberKey {
  static constexpr int16_t kMinVersion = 7, kMaxVersion = 7, kFlexibleFrom = INT16_MAX;
  using Value = struct ConsumerGroupTargetAssignmentMemberValue;

  std::string group_id;
  std::string member_id;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id);
    f("member_id", m.member_id);
  }
  bool operator==(const ConsumerGroupTargetAssignmentMemberKey&) const = default;
};

struct ConsumerGroupTargetAssignmentMemberValue {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<int32_t> partitions;
    static void fields(auto& m, auto& f) {
      f("topic_id", m.topic_id);
      f("partitions", m.partitions);
    }
    bool operator==(const TopicPartitions&) const = default;
  };
  std::vector<TopicPartitions> topic_partitions;
  static void fields(auto& m, auto& f) { f("topic_partitions", m.topic_partitions); }
  bool operator==(const ConsumerGroupTargetAssignmentMemberValue&) const = default;
};

// What a member reads now, and what it was told to give up.
struct ConsumerGroupCurrentMemberAssignmentKey {
  static constexpr int16_t kMinVersion = 8, kMaxVersion = 8, kFlexibleFrom = INT16_MAX;
  using Value = struct ConsumerGroupCurrentMemberAssignmentValue;

  std::string group_id;
  std::string member_id;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id);
    f("member_id", m.member_id);
  }
  bool operator==(const ConsumerGroupCurrentMemberAssignmentKey&) const = default;
};

struct ConsumerGroupCurrentMemberAssignmentValue {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<int32_t> partitions;
    std::optional<std::vector<int32_t>> assignment_epochs;
    static void fields(auto& m, auto& f) {
      f("topic_id", m.topic_id);
      f("partitions", m.partitions);
      f.tag(0, "assignment_epochs", m.assignment_epochs);
    }
    bool operator==(const TopicPartitions&) const = default;
  };
  int32_t member_epoch = 0;
  int32_t previous_member_epoch = 0;
  int8_t state = 0;
  std::vector<TopicPartitions> assigned_partitions;
  std::vector<TopicPartitions> partitions_pending_revocation;
  static void fields(auto& m, auto& f) {
    f("member_epoch", m.member_epoch);
    f("previous_member_epoch", m.previous_member_epoch);
    f("state", m.state);
    f("assigned_partitions", m.assigned_partitions);
    f("partitions_pending_revocation", m.partitions_pending_revocation);
  }
  bool operator==(const ConsumerGroupCurrentMemberAssignmentValue&) const = default;
};

// The topics that a regular expression stood for, and at which version of the metadata.
struct ConsumerGroupRegularExpressionKey {
  static constexpr int16_t kMinVersion = 16, kMaxVersion = 16, kFlexibleFrom = INT16_MAX;
  using Value = struct ConsumerGroupRegularExpressionValue;

  std::string group_id;
  std::string regular_expression;
  static void fields(auto& m, auto& f) {
    f("group_id", m.group_id);
    f("regular_expression", m.regular_expression);
  }
  bool operator==(const ConsumerGroupRegularExpressionKey&) const = default;
};

struct ConsumerGroupRegularExpressionValue {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  std::vector<std::string> topics;
  int64_t version = 0;
  int64_t timestamp = 0;
  static void fields(auto& m, auto& f) {
    f("topics", m.topics);
    f("version", m.version);
    f("timestamp", m.timestamp);
  }
  bool operator==(const ConsumerGroupRegularExpressionValue&) const = default;
};

// A key with its value; no value is a tombstone.
template <class K>
struct GroupEntry {
  using Key = K;
  using Value = typename K::Value;

  Key key;
  std::optional<Value> value;
  bool operator==(const GroupEntry&) const = default;
};

using GroupRecord =
    std::variant<GroupEntry<OffsetCommitKey>, GroupEntry<GroupMetadataKey>, GroupEntry<ConsumerGroupMetadataKey>,
                 GroupEntry<ConsumerGroupPartitionMetadataKey>, GroupEntry<ConsumerGroupMemberMetadataKey>,
                 GroupEntry<ConsumerGroupTargetAssignmentMetadataKey>,
                 GroupEntry<ConsumerGroupTargetAssignmentMemberKey>,
                 GroupEntry<ConsumerGroupCurrentMemberAssignmentKey>, GroupEntry<ConsumerGroupRegularExpressionKey>>;

// Key and value of the record as they lie in a batch.
struct GroupRecordBytes {
  std::string key;
  std::optional<std::string> value;
};
GroupRecordBytes encode_group_record(const GroupRecord& record);

// kMalformed; kUnsupportedVersion for a kind or a value's version that is unknown: Kafka skips such kinds (share and
// streams groups have some of their own).
Result<GroupRecord> decode_group_record(Bytes key, const std::optional<Bytes>& value);

// "OffsetCommitKey {...} OffsetCommitValue {...}", or "... null".
std::string describe_group_record(const GroupRecord& record);

}  // namespace sl::wire
