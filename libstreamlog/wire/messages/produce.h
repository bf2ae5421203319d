// Produce: the request that carries batches in, and its answer per partition.
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// Batches to append, one per partition. Versions 0 to 2 are listed, since librdkafka looks for them, but not served.
struct ProduceRequest {
  static constexpr ApiKey kApi = ApiKey::kProduce;
  static constexpr int16_t kMinVersion = 3, kMaxVersion = 13, kFlexibleFrom = 9;
  static constexpr int16_t kListedMin = 0;
  using Response = struct ProduceResponse;

  struct Partition {
    int32_t index = 0;
    Records records;
    static void fields(auto& m, auto& f) {
      f("index", m.index);
      f("records", m.records);
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string name;
    Uuid topic_id;
    std::vector<Partition> partition_data;
    static void fields(auto& m, auto& f) {
      f("name", m.name, until(12));
      f("topic_id", m.topic_id, since(13));
      f("partition_data", m.partition_data);
    }
    bool operator==(const Topic&) const = default;
  };
  std::optional<std::string> transactional_id;
  int16_t acks = 0;
  int32_t timeout_ms = 0;
  std::vector<Topic> topic_data;
  static void fields(auto& m, auto& f) {
    f("transactional_id", m.transactional_id);
    f("acks", m.acks);
    f("timeout_ms", m.timeout_ms);
    f("topic_data", m.topic_data);
  }
  bool operator==(const ProduceRequest&) const = default;
};

struct ProduceResponse {
  using Request = ProduceRequest;

  struct RecordError {
    int32_t batch_index = 0;
    std::optional<std::string> batch_index_error_message;
    static void fields(auto& m, auto& f) {
      f("batch_index", m.batch_index);
      f("batch_index_error_message", m.batch_index_error_message);
    }
    bool operator==(const RecordError&) const = default;
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
  struct Partition {
    int32_t index = 0;
    int16_t error_code = 0;
    int64_t base_offset = 0;
    int64_t log_append_time_ms = -1;
    int64_t log_start_offset = -1;
    std::vector<RecordError> record_errors;
    std::optional<std::string> error_message;
    Leader current_leader;
    static void fields(auto& m, auto& f) {
      f("index", m.index);
      f("error_code", m.error_code);
      f("base_offset", m.base_offset);
      f("log_append_time_ms", m.log_append_time_ms);
      f("log_start_offset", m.log_start_offset, since(5));
      f("record_errors", m.record_errors, since(8));
      f("error_message", m.error_message, since(8));
      f.tag(0, "current_leader", m.current_leader, since(10));
    }
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string name;
    Uuid topic_id;
    std::vector<Partition> partition_responses;
    static void fields(auto& m, auto& f) {
      f("name", m.name, until(12));
      f("topic_id", m.topic_id, since(13));
      f("partition_responses", m.partition_responses);
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
  std::vector<Topic> responses;
  int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;
  static void fields(auto& m, auto& f) {
    f("responses", m.responses);
    f("throttle_time_ms", m.throttle_time_ms);
    f.tag(0, "node_endpoints", m.node_endpoints, since(10));
  }
  bool operator==(const ProduceResponse&) const = default;
};

}  // namespace sl::wire
