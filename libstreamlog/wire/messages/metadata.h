// What the cluster looks like to a client: brokers, topics, partitions and their leaders.
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// Brokers, and topics with their leaders. No topics list (null, or empty in version 0) asks for all.
struct MetadataRequest {
  static constexpr ApiKey kApi = ApiKey::kMetadata;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 13, kFlexibleFrom = 9;
  using Response = struct MetadataResponse;

  struct Topic {
    Uuid topic_id;
    std::optional<std::string> name;
    static void fields(auto& m, auto& f) {
      f("topic_id", m.topic_id, since(10));
      f("name", m.name, nullable_since(10));
    }
    bool operator==(const Topic&) const = default;
  };
  std::optional<std::vector<Topic>> topics;
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;
  static void fields(auto& m, auto& f) {
    f("topics", m.topics, nullable_since(1));
    f("allow_auto_topic_creation", m.allow_auto_topic_creation, since(4));
    f("include_cluster_authorized_operations", m.include_cluster_authorized_operations, between(8, 10));
    f("include_topic_authorized_operations", m.include_topic_authorized_operations, since(8));
  }
  bool operator==(const MetadataRequest&) const = default;
};

struct MetadataResponse {
  using Request = MetadataRequest;

  struct Broker {
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;
    static void fields(auto& m, auto& f) {
      f("node_id", m.node_id);
      f("host", m.host);
      f("port", m.port);
      f("rack", m.rack, since(1));
    }
    bool operator==(const Broker&) const = default;
  };
  struct Partition {
    int16_t error_code = 0;
    int32_t partition_index = 0;
    int32_t leader_id = 0;
    int32_t leader_epoch = -1;
    std::vector<int32_t> replica_nodes;
    std::vector<int32_t> isr_nodes;
    std::vector<int32_t> offline_replicas;
    static void fields(auto& m, auto& f) {
      f("error_code", m.error_code);
      f("partition_index", m.partition_index);
      f("leader_id", m.leader_id);
      f("leader_epoch", m.leader_epoch, since(7));
      f("replica_nodes", m.replica_nodes);
      f("isr_nodes", m.isr_nodes);
      f("offline_replicas", m.offline_replicas, since(5));
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    int16_t error_code = 0;
    std::optional<std::string> name;
    Uuid topic_id;
    bool is_internal = false;
    std::vector<Partition> partitions;
    int32_t topic_authorized_operations = INT32_MIN;
    static void fields(auto& m, auto& f) {
      f("error_code", m.error_code);
      f("name", m.name, nullable_since(12));
      f("topic_id", m.topic_id, since(10));
      f("is_internal", m.is_internal, since(1));
      f("partitions", m.partitions);
      f("topic_authorized_operations", m.topic_authorized_operations, since(8));
    }
    bool operator==(const Topic&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Broker> brokers;
  std::optional<std::string> cluster_id;
  int32_t controller_id = -1;
  std::vector<Topic> topics;
  int32_t cluster_authorized_operations = INT32_MIN;
  int16_t error_code = 0;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms, since(3));
    f("brokers", m.brokers);
    f("cluster_id", m.cluster_id, since(2));
    f("controller_id", m.controller_id, since(1));
    f("topics", m.topics);
    f("cluster_authorized_operations", m.cluster_authorized_operations, between(8, 10));
    f("error_code", m.error_code, since(13));
  }
  bool operator==(const MetadataResponse&) const = default;
};

// Where the next page begins. Outside of the messages, since a nullable struct inside of one is not complete there.
struct TopicCursor {
  std::string topic_name;
  int32_t partition_index = 0;
  static void fields(auto& m, auto& f) {
    f("topic_name", m.topic_name);
    f("partition_index", m.partition_index);
  }
  bool operator==(const TopicCursor&) const = default;
};

// Topics page by page, with their eligible leader replicas (KIP-966).
struct DescribeTopicPartitionsRequest {
  static constexpr ApiKey kApi = ApiKey::kDescribeTopicPartitions;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;
  using Response = struct DescribeTopicPartitionsResponse;

  struct Topic {
    std::string name;
    static void fields(auto& m, auto& f) { f("name", m.name); }
    bool operator==(const Topic&) const = default;
  };
  using Cursor = TopicCursor;
  std::vector<Topic> topics;
  int32_t response_partition_limit = 2000;
  std::optional<Cursor> cursor;
  static void fields(auto& m, auto& f) {
    f("topics", m.topics);
    f("response_partition_limit", m.response_partition_limit);
    f("cursor", m.cursor);
  }
  bool operator==(const DescribeTopicPartitionsRequest&) const = default;
};

struct DescribeTopicPartitionsResponse {
  using Request = DescribeTopicPartitionsRequest;

  struct Partition {
    int16_t error_code = 0;
    int32_t partition_index = 0;
    int32_t leader_id = 0;
    int32_t leader_epoch = -1;
    std::vector<int32_t> replica_nodes;
    std::vector<int32_t> isr_nodes;
    std::optional<std::vector<int32_t>> eligible_leader_replicas;
    std::optional<std::vector<int32_t>> last_known_elr;
    std::vector<int32_t> offline_replicas;
    static void fields(auto& m, auto& f) {
      f("error_code", m.error_code);
      f("partition_index", m.partition_index);
      f("leader_id", m.leader_id);
      f("leader_epoch", m.leader_epoch);
      f("replica_nodes", m.replica_nodes);
      f("isr_nodes", m.isr_nodes);
      f("eligible_leader_replicas", m.eligible_leader_replicas);
      f("last_known_elr", m.last_known_elr);
      f("offline_replicas", m.offline_replicas);
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    int16_t error_code = 0;
    std::optional<std::string> name;
    Uuid topic_id;
    bool is_internal = false;
    std::vector<Partition> partitions;
    int32_t topic_authorized_operations = INT32_MIN;
    static void fields(auto& m, auto& f) {
      f("error_code", m.error_code);
      f("name", m.name);
      f("topic_id", m.topic_id);
      f("is_internal", m.is_internal);
      f("partitions", m.partitions);
      f("topic_authorized_operations", m.topic_authorized_operations);
    }
    bool operator==(const Topic&) const = default;
  };
  using Cursor = TopicCursor;
  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  std::optional<Cursor> next_cursor;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("topics", m.topics);
    f("next_cursor", m.next_cursor);
  }
  bool operator==(const DescribeTopicPartitionsResponse&) const = default;
};

}  // namespace sl::wire
