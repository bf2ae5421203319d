// Topics made, removed, widened and moved.
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// New topics: with a count of partitions, or -1, or a full assignment.
struct CreateTopicsRequest {
  static constexpr ApiKey kApi = ApiKey::kCreateTopics;
  static constexpr int16_t kMinVersion = 2, kMaxVersion = 7, kFlexibleFrom = 5;
  using Response = struct CreateTopicsResponse;

  struct Assignment {
    int32_t partition_index = 0;
    std::vector<int32_t> broker_ids;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("broker_ids", m.broker_ids);
    }
    bool operator==(const Assignment&) const = default;
  };
  struct Config {
    std::string name;
    std::optional<std::string> value;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("value", m.value);
    }
    bool operator==(const Config&) const = default;
  };
  struct Topic {
    std::string name;
    int32_t num_partitions = 0;
    int16_t replication_factor = 0;
    std::vector<Assignment> assignments;
    std::vector<Config> configs;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("num_partitions", m.num_partitions);
      f("replication_factor", m.replication_factor);
      f("assignments", m.assignments);
      f("configs", m.configs);
    }
    bool operator==(const Topic&) const = default;
  };
  std::vector<Topic> topics;
  int32_t timeout_ms = 60000;
  bool validate_only = false;
  static void fields(auto& m, auto& f) {
    f("topics", m.topics);
    f("timeout_ms", m.timeout_ms);
    f("validate_only", m.validate_only);
  }
  bool operator==(const CreateTopicsRequest&) const = default;
};

struct CreateTopicsResponse {
  using Request = CreateTopicsRequest;

  struct Config {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    int8_t config_source = -1;
    bool is_sensitive = false;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("value", m.value);
      f("read_only", m.read_only);
      f("config_source", m.config_source);
      f("is_sensitive", m.is_sensitive);
    }
    bool operator==(const Config&) const = default;
  };
  struct Topic {
    std::string name;
    Uuid topic_id;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    int16_t topic_config_error_code = 0;
    int32_t num_partitions = -1;
    int16_t replication_factor = -1;
    std::optional<std::vector<Config>> configs;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("topic_id", m.topic_id, since(7));
      f("error_code", m.error_code);
      f("error_message", m.error_message);
      f("num_partitions", m.num_partitions, since(5));
      f("replication_factor", m.replication_factor, since(5));
      f("configs", m.configs, since(5));
      f.tag(0, "topic_config_error_code", m.topic_config_error_code, since(5));
    }
    bool operator==(const Topic&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("topics", m.topics);
  }
  bool operator==(const CreateTopicsResponse&) const = default;
};

// Topics by name, from version 6 by name or id.
struct DeleteTopicsRequest {
  static constexpr ApiKey kApi = ApiKey::kDeleteTopics;
  static constexpr int16_t kMinVersion = 1, kMaxVersion = 6, kFlexibleFrom = 4;
  using Response = struct DeleteTopicsResponse;

  struct Topic {
    std::optional<std::string> name;
    Uuid topic_id;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("topic_id", m.topic_id);
    }
    bool operator==(const Topic&) const = default;
  };
  std::vector<Topic> topics;
  std::vector<std::string> topic_names;
  int32_t timeout_ms = 0;
  static void fields(auto& m, auto& f) {
    f("topics", m.topics, since(6));
    f("topic_names", m.topic_names, until(5));
    f("timeout_ms", m.timeout_ms);
  }
  bool operator==(const DeleteTopicsRequest&) const = default;
};

struct DeleteTopicsResponse {
  using Request = DeleteTopicsRequest;

  struct Topic {
    std::optional<std::string> name;
    Uuid topic_id;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    static void fields(auto& m, auto& f) {
      f("name", m.name, nullable_since(6));
      f("topic_id", m.topic_id, since(6));
      f("error_code", m.error_code);
      f("error_message", m.error_message, since(5));
    }
    bool operator==(const Topic&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Topic> responses;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("responses", m.responses);
  }
  bool operator==(const DeleteTopicsResponse&) const = default;
};

// More partitions for a topic; `count` is the new total (KIP-195).
struct CreatePartitionsRequest {
  static constexpr ApiKey kApi = ApiKey::kCreatePartitions;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 3, kFlexibleFrom = 2;
  using Response = struct CreatePartitionsResponse;

  struct Assignment {
    std::vector<int32_t> broker_ids;
    static void fields(auto& m, auto& f) { f("broker_ids", m.broker_ids); }
    bool operator==(const Assignment&) const = default;
  };
  struct Topic {
    std::string name;
    int32_t count = 0;
    std::optional<std::vector<Assignment>> assignments;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("count", m.count);
      f("assignments", m.assignments);
    }
    bool operator==(const Topic&) const = default;
  };
  std::vector<Topic> topics;
  int32_t timeout_ms = 0;
  bool validate_only = false;
  static void fields(auto& m, auto& f) {
    f("topics", m.topics);
    f("timeout_ms", m.timeout_ms);
    f("validate_only", m.validate_only);
  }
  bool operator==(const CreatePartitionsRequest&) const = default;
};

struct CreatePartitionsResponse {
  using Request = CreatePartitionsRequest;

  struct Topic {
    std::string name;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("error_code", m.error_code);
      f("error_message", m.error_message);
    }
    bool operator==(const Topic&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Topic> results;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("results", m.results);
  }
  bool operator==(const CreatePartitionsResponse&) const = default;
};

// Partitions that are on their way to other nodes (KIP-455); null topics are all.
struct ListPartitionReassignmentsRequest {
  static constexpr ApiKey kApi = ApiKey::kListPartitionReassignments;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;
  using Response = struct ListPartitionReassignmentsResponse;

  struct Topic {
    std::string name;
    std::vector<int32_t> partition_indexes;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("partition_indexes", m.partition_indexes);
    }
    bool operator==(const Topic&) const = default;
  };
  int32_t timeout_ms = 60000;
  std::optional<std::vector<Topic>> topics;
  static void fields(auto& m, auto& f) {
    f("timeout_ms", m.timeout_ms);
    f("topics", m.topics);
  }
  bool operator==(const ListPartitionReassignmentsRequest&) const = default;
};

struct ListPartitionReassignmentsResponse {
  using Request = ListPartitionReassignmentsRequest;

  struct Partition {
    int32_t partition_index = 0;
    std::vector<int32_t> replicas;
    std::vector<int32_t> adding_replicas;
    std::vector<int32_t> removing_replicas;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("replicas", m.replicas);
      f("adding_replicas", m.adding_replicas);
      f("removing_replicas", m.removing_replicas);
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
  int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("error_code", m.error_code);
    f("error_message", m.error_message);
    f("topics", m.topics);
  }
  bool operator==(const ListPartitionReassignmentsResponse&) const = default;
};

}  // namespace sl::wire
