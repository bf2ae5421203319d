// The broker about itself: what it speaks, who is in the cluster, who coordinates, what lies on its disks.
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// What the broker speaks; the first request of nearly every client (KIP-511).
struct ApiVersionsRequest {
  static constexpr ApiKey kApi = ApiKey::kApiVersions;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 4, kFlexibleFrom = 3;
  using Response = struct ApiVersionsResponse;

  std::string client_software_name;
  std::string client_software_version;
  static void fields(auto& m, auto& f) {
    f("client_software_name", m.client_software_name, since(3));
    f("client_software_version", m.client_software_version, since(3));
  }
  bool operator==(const ApiVersionsRequest&) const = default;
};

struct ApiVersionsResponse {
  using Request = ApiVersionsRequest;

  struct Api {
    int16_t api_key = 0;
    int16_t min_version = 0;
    int16_t max_version = 0;
    static void fields(auto& m, auto& f) {
      f("api_key", m.api_key);
      f("min_version", m.min_version);
      f("max_version", m.max_version);
    }
    bool operator==(const Api&) const = default;
  };
  struct SupportedFeature {
    std::string name;
    int16_t min_version = 0;
    int16_t max_version = 0;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("min_version", m.min_version);
      f("max_version", m.max_version);
    }
    bool operator==(const SupportedFeature&) const = default;
  };
  struct FinalizedFeature {
    std::string name;
    int16_t max_version_level = 0;
    int16_t min_version_level = 0;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("max_version_level", m.max_version_level);
      f("min_version_level", m.min_version_level);
    }
    bool operator==(const FinalizedFeature&) const = default;
  };
  int16_t error_code = 0;
  std::vector<Api> api_keys;
  int32_t throttle_time_ms = 0;
  std::vector<SupportedFeature> supported_features;
  int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeature> finalized_features;
  bool zk_migration_ready = false;
  static void fields(auto& m, auto& f) {
    f("error_code", m.error_code);
    f("api_keys", m.api_keys);
    f("throttle_time_ms", m.throttle_time_ms, since(1));
    f.tag(0, "supported_features", m.supported_features, since(3));
    f.tag(1, "finalized_features_epoch", m.finalized_features_epoch, since(3), -1);
    f.tag(2, "finalized_features", m.finalized_features, since(3));
    f.tag(3, "zk_migration_ready", m.zk_migration_ready, since(3));
  }
  bool operator==(const ApiVersionsResponse&) const = default;
};

// Which broker coordinates a group (key type 0) or a transactional id (1).
struct FindCoordinatorRequest {
  static constexpr ApiKey kApi = ApiKey::kFindCoordinator;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 6, kFlexibleFrom = 3;
  using Response = struct FindCoordinatorResponse;

  std::string key;
  int8_t key_type = 0;
  std::vector<std::string> coordinator_keys;
  static void fields(auto& m, auto& f) {
    f("key", m.key, until(3));
    f("key_type", m.key_type, since(1));
    f("coordinator_keys", m.coordinator_keys, since(4));
  }
  bool operator==(const FindCoordinatorRequest&) const = default;
};

struct FindCoordinatorResponse {
  using Request = FindCoordinatorRequest;

  struct Coordinator {
    std::string key;
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    static void fields(auto& m, auto& f) {
      f("key", m.key);
      f("node_id", m.node_id);
      f("host", m.host);
      f("port", m.port);
      f("error_code", m.error_code);
      f("error_message", m.error_message);
    }
    bool operator==(const Coordinator&) const = default;
  };
  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message;
  int32_t node_id = 0;
  std::string host;
  int32_t port = 0;
  std::vector<Coordinator> coordinators;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms, since(1));
    f("error_code", m.error_code, until(3));
    f("error_message", m.error_message, between(1, 3));
    f("node_id", m.node_id, until(3));
    f("host", m.host, until(3));
    f("port", m.port, until(3));
    f("coordinators", m.coordinators, since(4));
  }
  bool operator==(const FindCoordinatorResponse&) const = default;
};

// Brokers and cluster id, for admin clients (KIP-700).
struct DescribeClusterRequest {
  static constexpr ApiKey kApi = ApiKey::kDescribeCluster;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 2, kFlexibleFrom = 0;
  using Response = struct DescribeClusterResponse;

  bool include_cluster_authorized_operations = false;
  int8_t endpoint_type = 1;
  bool include_fenced_brokers = false;
  static void fields(auto& m, auto& f) {
    f("include_cluster_authorized_operations", m.include_cluster_authorized_operations);
    f("endpoint_type", m.endpoint_type, since(1));
    f("include_fenced_brokers", m.include_fenced_brokers, since(2));
  }
  bool operator==(const DescribeClusterRequest&) const = default;
};

struct DescribeClusterResponse {
  using Request = DescribeClusterRequest;

  struct Broker {
    int32_t broker_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;
    bool is_fenced = false;
    static void fields(auto& m, auto& f) {
      f("broker_id", m.broker_id);
      f("host", m.host);
      f("port", m.port);
      f("rack", m.rack);
      f("is_fenced", m.is_fenced, since(2));
    }
    bool operator==(const Broker&) const = default;
  };
  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message;
  int8_t endpoint_type = 1;
  std::string cluster_id;
  int32_t controller_id = -1;
  std::vector<Broker> brokers;
  int32_t cluster_authorized_operations = INT32_MIN;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("error_code", m.error_code);
    f("error_message", m.error_message);
    f("endpoint_type", m.endpoint_type, since(1));
    f("cluster_id", m.cluster_id);
    f("controller_id", m.controller_id);
    f("brokers", m.brokers);
    f("cluster_authorized_operations", m.cluster_authorized_operations);
  }
  bool operator==(const DescribeClusterResponse&) const = default;
};

// Directories and the sizes of what lies in them. Tag 10000 is ours: the exact count of records, -1 where unknown.
struct DescribeLogDirsRequest {
  static constexpr ApiKey kApi = ApiKey::kDescribeLogDirs;
  static constexpr int16_t kMinVersion = 1, kMaxVersion = 5, kFlexibleFrom = 2;
  using Response = struct DescribeLogDirsResponse;

  struct Topic {
    std::string topic;
    std::vector<int32_t> partitions;
    static void fields(auto& m, auto& f) {
      f("topic", m.topic);
      f("partitions", m.partitions);
    }
    bool operator==(const Topic&) const = default;
  };
  std::optional<std::vector<Topic>> topics;
  static void fields(auto& m, auto& f) { f("topics", m.topics); }
  bool operator==(const DescribeLogDirsRequest&) const = default;
};

struct DescribeLogDirsResponse {
  using Request = DescribeLogDirsRequest;

  struct Partition {
    int32_t partition_index = 0;
    int64_t partition_size = 0;
    int64_t offset_lag = 0;
    bool is_future_key = false;
    int64_t record_count = -1;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("partition_size", m.partition_size);
      f("offset_lag", m.offset_lag);
      f("is_future_key", m.is_future_key);
      f.tag(10000, "record_count", m.record_count, since(2), -1);
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
  struct Directory {
    int16_t error_code = 0;
    std::string log_dir;
    std::vector<Topic> topics;
    int64_t total_bytes = -1;
    int64_t usable_bytes = -1;
    bool is_cordoned = false;
    static void fields(auto& m, auto& f) {
      f("error_code", m.error_code);
      f("log_dir", m.log_dir);
      f("topics", m.topics);
      f("total_bytes", m.total_bytes, since(4));
      f("usable_bytes", m.usable_bytes, since(4));
      f("is_cordoned", m.is_cordoned, since(5));
    }
    bool operator==(const Directory&) const = default;
  };
  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<Directory> results;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("error_code", m.error_code, since(3));
    f("results", m.results);
  }
  bool operator==(const DescribeLogDirsResponse&) const = default;
};

}  // namespace sl::wire
