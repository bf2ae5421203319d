// The metadata log's replication, as an administrator sees it.
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// The voters and observers of the metadata log (KIP-595, KIP-836).
struct DescribeQuorumRequest {
  static constexpr ApiKey kApi = ApiKey::kDescribeQuorum;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 2, kFlexibleFrom = 0;
  using Response = struct DescribeQuorumResponse;

  struct Partition {
    int32_t partition_index = 0;
    static void fields(auto& m, auto& f) { f("partition_index", m.partition_index); }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string topic_name;
    std::vector<Partition> partitions;
    static void fields(auto& m, auto& f) {
      f("topic_name", m.topic_name);
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) { f("topics", m.topics); }
  bool operator==(const DescribeQuorumRequest&) const = default;
};

struct DescribeQuorumResponse {
  using Request = DescribeQuorumRequest;

  struct Replica {
    int32_t replica_id = 0;
    Uuid replica_directory_id;
    int64_t log_end_offset = 0;
    int64_t last_fetch_timestamp = -1;
    int64_t last_caught_up_timestamp = -1;
    static void fields(auto& m, auto& f) {
      f("replica_id", m.replica_id);
      f("replica_directory_id", m.replica_directory_id, since(2));
      f("log_end_offset", m.log_end_offset);
      f("last_fetch_timestamp", m.last_fetch_timestamp, since(1));
      f("last_caught_up_timestamp", m.last_caught_up_timestamp, since(1));
    }
    bool operator==(const Replica&) const = default;
  };
  struct Partition {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    int32_t leader_id = 0;
    int32_t leader_epoch = 0;
    int64_t high_watermark = 0;
    std::vector<Replica> current_voters;
    std::vector<Replica> observers;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("error_code", m.error_code);
      f("error_message", m.error_message, since(2));
      f("leader_id", m.leader_id);
      f("leader_epoch", m.leader_epoch);
      f("high_watermark", m.high_watermark);
      f("current_voters", m.current_voters);
      f("observers", m.observers);
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string topic_name;
    std::vector<Partition> partitions;
    static void fields(auto& m, auto& f) {
      f("topic_name", m.topic_name);
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  struct Listener {
    std::string name;
    std::string host;
    uint16_t port = 0;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("host", m.host);
      f("port", m.port);
    }
    bool operator==(const Listener&) const = default;
  };
  struct Node {
    int32_t node_id = 0;
    std::vector<Listener> listeners;
    static void fields(auto& m, auto& f) {
      f("node_id", m.node_id);
      f("listeners", m.listeners);
    }
    bool operator==(const Node&) const = default;
  };
  int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<Topic> topics;
  std::vector<Node> nodes;
  static void fields(auto& m, auto& f) {
    f("error_code", m.error_code);
    f("error_message", m.error_message, since(2));
    f("topics", m.topics);
    f("nodes", m.nodes, since(2));
  }
  bool operator==(const DescribeQuorumResponse&) const = default;
};

}  // namespace sl::wire
