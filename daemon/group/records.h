// What a group coordinator remembers, as plain structs that stand for Kafka's records of __consumer_offsets: the key
// says group, and member or partition; no value is a tombstone. Nothing else survives a crash. Whatever is not in here
// (sessions, parked requests, who has rejoined) is begun anew when the log is loaded.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"

namespace sl::group {

// A partition of a topic by its id, as KIP-848 names them.
struct TopicPartition {
  Uuid topic;
  Partition partition;
  auto operator<=>(const TopicPartition&) const = default;
};
// Ascending, without duplicates.
using PartitionSet = std::vector<TopicPartition>;

// A protocol that a classic member offers, with bytes that only its peers read; the answer to a join names one member
// by each.
struct ClassicProtocol {
  std::string name;
  std::string metadata;
  bool operator==(const ClassicProtocol&) const = default;
};

struct ClassicMemberRecord {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  int32_t rebalance_timeout_ms = 0;
  int32_t session_timeout_ms = 0;
  std::string subscription;
  std::string assignment;
  bool operator==(const ClassicMemberRecord&) const = default;
};

// GroupMetadata, key type 2.
struct ClassicGroupRecord {
  struct Value {
    std::string protocol_type;
    int32_t generation = 0;
    std::optional<std::string> protocol;
    std::optional<std::string> leader;
    int64_t state_wall_ms = -1;  // when it entered the state that this tells: Empty without members, else Stable
    std::vector<ClassicMemberRecord> members;
    bool operator==(const Value&) const = default;
  };
  std::string group;
  std::optional<Value> value;
  bool operator==(const ClassicGroupRecord&) const = default;
};

// ConsumerGroupMetadata, key type 3. The hash covers name, id and partition count of every subscribed topic.
struct GroupEpochRecord {
  struct Value {
    int32_t epoch = 0;
    int64_t metadata_hash = 0;
    bool operator==(const Value&) const = default;
  };
  std::string group;
  std::optional<Value> value;
  bool operator==(const GroupEpochRecord&) const = default;
};

// ConsumerGroupMemberMetadata, key type 5.
struct MemberRecord {
  struct Value {
    std::optional<std::string> instance_id;
    std::optional<std::string> rack_id;
    std::string client_id;
    std::string client_host;
    std::vector<std::string> topic_names;
    std::optional<std::string> topic_regex;
    int32_t rebalance_timeout_ms = -1;
    std::optional<std::string> assignor;
    bool operator==(const Value&) const = default;
  };
  std::string group;
  std::string member_id;
  std::optional<Value> value;
  bool operator==(const MemberRecord&) const = default;
};

// ConsumerGroupTargetAssignmentMetadata, key type 6.
struct TargetEpochRecord {
  struct Value {
    int32_t epoch = 0;
    int64_t wall_ms = 0;
    bool operator==(const Value&) const = default;
  };
  std::string group;
  std::optional<Value> value;
  bool operator==(const TargetEpochRecord&) const = default;
};

// ConsumerGroupTargetAssignmentMember, key type 7.
struct TargetAssignmentRecord {
  std::string group;
  std::string member_id;
  std::optional<PartitionSet> value;
  bool operator==(const TargetAssignmentRecord&) const = default;
};

// Kafka's numbers (MemberState.java).
enum class MemberState : int8_t { kStable = 0, kUnrevokedPartitions = 1, kUnreleasedPartitions = 2 };

// ConsumerGroupCurrentMemberAssignment, key type 8.
struct CurrentAssignmentRecord {
  struct Value {
    int32_t epoch = 0;  // -2: a static member that left for a while
    int32_t previous_epoch = -1;
    MemberState state = MemberState::kStable;
    PartitionSet assigned;
    PartitionSet pending_revocation;
    bool operator==(const Value&) const = default;
  };
  std::string group;
  std::string member_id;
  std::optional<Value> value;
  bool operator==(const CurrentAssignmentRecord&) const = default;
};

// OffsetCommit, key type 1.
struct OffsetRecord {
  struct Value {
    Offset offset;  // the next one to read
    Epoch leader_epoch = kNoEpoch;
    std::string metadata;
    int64_t commit_wall_ms = 0;
    int64_t expire_wall_ms = -1;  // -1: by the retention of the daemon
    Uuid topic_id;
    bool operator==(const Value&) const = default;
  };
  std::string group;
  std::string topic;
  Partition partition;
  std::optional<Value> value;
  bool operator==(const OffsetRecord&) const = default;
};

using Record = std::variant<ClassicGroupRecord, GroupEpochRecord, MemberRecord, TargetEpochRecord,
                            TargetAssignmentRecord, CurrentAssignmentRecord, OffsetRecord>;

inline const std::string& group_of(const Record& record) {
  return std::visit([](const auto& r) -> const std::string& { return r.group; }, record);
}

}  // namespace sl::group
