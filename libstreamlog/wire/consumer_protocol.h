// What consumers of the classic group protocol tell each other inside JoinGroup and SyncGroup: subscriptions and
// assignments, each behind its version (encode_versioned, decode_versioned). The coordinator passes them on unread and
// only looks into subscriptions to know which topics a group reads. What is hard: they are written by clients of every
// age. Later versions only append, so that a version above ours is read as ours and the bytes behind it are skipped.
// Schemas: Kafka's clients/src/main/resources/common/message.
#pragma once
#include "wire/versioned.h"

namespace sl::wire {

// What a member wants to read, and from version 1 what it holds while the group rebalances.
struct ConsumerProtocolSubscription {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 3, kFlexibleFrom = INT16_MAX;
  static constexpr bool kLaterVersionsAppend = true;

  struct TopicPartitions {
    std::string topic;
    std::vector<int32_t> partitions;
    static void fields(auto& m, auto& f) {
      f("topic", m.topic);
      f("partitions", m.partitions);
    }
    bool operator==(const TopicPartitions&) const = default;
  };
  std::vector<std::string> topics;
  std::optional<Blob> user_data;
  std::vector<TopicPartitions> owned_partitions;
  int32_t generation_id = -1;
  std::optional<std::string> rack_id;
  static void fields(auto& m, auto& f) {
    f("topics", m.topics);
    f("user_data", m.user_data);
    f("owned_partitions", m.owned_partitions, since(1));
    f("generation_id", m.generation_id, since(2));
    f("rack_id", m.rack_id, since(3));
  }
  bool operator==(const ConsumerProtocolSubscription&) const = default;
};

// What a member shall read.
struct ConsumerProtocolAssignment {
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 3, kFlexibleFrom = INT16_MAX;
  static constexpr bool kLaterVersionsAppend = true;

  struct TopicPartitions {
    std::string topic;
    std::vector<int32_t> partitions;
    static void fields(auto& m, auto& f) {
      f("topic", m.topic);
      f("partitions", m.partitions);
    }
    bool operator==(const TopicPartitions&) const = default;
  };
  std::vector<TopicPartitions> assigned_partitions;
  std::optional<Blob> user_data;
  static void fields(auto& m, auto& f) {
    f("assigned_partitions", m.assigned_partitions);
    f("user_data", m.user_data);
  }
  bool operator==(const ConsumerProtocolAssignment&) const = default;
};

}  // namespace sl::wire
