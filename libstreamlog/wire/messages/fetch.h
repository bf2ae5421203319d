// Fetch: the request that carries batches out, to consumers and to followers.
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// Batches to read, or the long poll that waits for them. A follower asks with its replica id and epochs (KIP-101,
// KIP-227, KIP-595).
struct FetchRequest {
  static constexpr ApiKey kApi = ApiKey::kFetch;
  static constexpr int16_t kMinVersion = 4, kMaxVersion = 18, kFlexibleFrom = 12;
  using Response = struct FetchResponse;

  struct ReplicaState {
    int32_t replica_id = -1;
    int64_t replica_epoch = -1;
    static void fields(auto& m, auto& f) {
      f("replica_id", m.replica_id);
      f("replica_epoch", m.replica_epoch);
    }
    bool operator==(const ReplicaState&) const = default;
  };
  struct Partition {
    int32_t partition = 0;
    int32_t current_leader_epoch = -1;
    int64_t fetch_offset = 0;
    int32_t last_fetched_epoch = -1;
    int64_t log_start_offset = -1;
    int32_t partition_max_bytes = 0;
    Uuid replica_directory_id;
    int64_t high_watermark = INT64_MAX;
    static void fields(auto& m, auto& f) {
      f("partition", m.partition);
      f("current_leader_epoch", m.current_leader_epoch, since(9));
      f("fetch_offset", m.fetch_offset);
      f("last_fetched_epoch", m.last_fetched_epoch, since(12));
      f("log_start_offset", m.log_start_offset, since(5));
      f("partition_max_bytes", m.partition_max_bytes);
      f.tag(0, "replica_directory_id", m.replica_directory_id, since(17));
      f.tag(1, "high_watermark", m.high_watermark, since(18), INT64_MAX);
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string topic;
    Uuid topic_id;
    std::vector<Partition> partitions;
    static void fields(auto& m, auto& f) {
      f("topic", m.topic, until(12));
      f("topic_id", m.topic_id, since(13));
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  struct ForgottenTopic {
    std::string topic;
    Uuid topic_id;
    std::vector<int32_t> partitions;
    static void fields(auto& m, auto& f) {
      f("topic", m.topic, between(7, 12));
      f("topic_id", m.topic_id, since(13));
      f("partitions", m.partitions);
    }
    bool operator==(const ForgottenTopic&) const = default;
  };
  std::optional<std::string> cluster_id;
  int32_t replica_id = -1;
  ReplicaState replica_state;
  int32_t max_wait_ms = 0;
  int32_t min_bytes = 0;
  int32_t max_bytes = INT32_MAX;
  int8_t isolation_level = 0;
  int32_t session_id = 0;
  int32_t session_epoch = -1;
  std::vector<Topic> topics;
  std::vector<ForgottenTopic> forgotten_topics_data;
  std::string rack_id;
  static void fields(auto& m, auto& f) {
    f("replica_id", m.replica_id, until(14));
    f("max_wait_ms", m.max_wait_ms);
    f("min_bytes", m.min_bytes);
    f("max_bytes", m.max_bytes);
    f("isolation_level", m.isolation_level);
    f("session_id", m.session_id, since(7));
    f("session_epoch", m.session_epoch, since(7));
    f("topics", m.topics);
    f("forgotten_topics_data", m.forgotten_topics_data, since(7));
    f("rack_id", m.rack_id, since(11));
    f.tag(0, "cluster_id", m.cluster_id, since(12));
    f.tag(1, "replica_state", m.replica_state, since(15));
  }
  bool operator==(const FetchRequest&) const = default;
};

struct FetchResponse {
  using Request = FetchRequest;

  struct DivergingEpoch {
    int32_t epoch = -1;
    int64_t end_offset = -1;
    static void fields(auto& m, auto& f) {
      f("epoch", m.epoch);
      f("end_offset", m.end_offset);
    }
    bool operator==(const DivergingEpoch&) const = default;
  };
  struct Leader {
    int32_t leader_id = -1;
    int32_t leader_epoch = -1;
    static void fields(auto& m, auto& f) {
      f("leader_id", m.leader_id);
      f("leader_epoch", m.leader_epoch);
    }
    bool operator==(const Leader&) const = default;
  };
  struct SnapshotId {
    int64_t end_offset = -1;
    int32_t epoch = -1;
    static void fields(auto& m, auto& f) {
      f("end_offset", m.end_offset);
      f("epoch", m.epoch);
    }
    bool operator==(const SnapshotId&) const = default;
  };
  struct AbortedTransaction {
    int64_t producer_id = 0;
    int64_t first_offset = 0;
    static void fields(auto& m, auto& f) {
      f("producer_id", m.producer_id);
      f("first_offset", m.first_offset);
    }
    bool operator==(const AbortedTransaction&) const = default;
  };
  struct Partition {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    int64_t high_watermark = 0;
    int64_t last_stable_offset = -1;
    int64_t log_start_offset = -1;
    DivergingEpoch diverging_epoch;
    Leader current_leader;
    SnapshotId snapshot_id;
    std::optional<std::vector<AbortedTransaction>> aborted_transactions;
    int32_t preferred_read_replica = -1;
    Records records;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("error_code", m.error_code);
      f("high_watermark", m.high_watermark);
      f("last_stable_offset", m.last_stable_offset);
      f("log_start_offset", m.log_start_offset, since(5));
      f("aborted_transactions", m.aborted_transactions);
      f("preferred_read_replica", m.preferred_read_replica, since(11));
      f("records", m.records);
      f.tag(0, "diverging_epoch", m.diverging_epoch, since(12));
      f.tag(1, "current_leader", m.current_leader, since(12));
      f.tag(2, "snapshot_id", m.snapshot_id, since(12));
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string topic;
    Uuid topic_id;
    std::vector<Partition> partitions;
    static void fields(auto& m, auto& f) {
      f("topic", m.topic, until(12));
      f("topic_id", m.topic_id, since(13));
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  struct NodeEndpoint {
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;
    static void fields(auto& m, auto& f) {
      f("node_id", m.node_id);
      f("host", m.host);
      f("port", m.port);
      f("rack", m.rack);
    }
    bool operator==(const NodeEndpoint&) const = default;
  };
  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  int32_t session_id = 0;
  std::vector<Topic> responses;
  std::vector<NodeEndpoint> node_endpoints;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("error_code", m.error_code, since(7));
    f("session_id", m.session_id, since(7));
    f("responses", m.responses);
    f.tag(0, "node_endpoints", m.node_endpoints, since(16));
  }
  bool operator==(const FetchResponse&) const = default;
};

}  // namespace sl::wire
