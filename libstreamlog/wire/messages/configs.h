// Configs of topics and brokers, read and changed.
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// Configs of topics (resource type 2) and brokers (4), with where each value comes from (KIP-133, KIP-226).
struct DescribeConfigsRequest {
  static constexpr ApiKey kApi = ApiKey::kDescribeConfigs;
  static constexpr int16_t kMinVersion = 1, kMaxVersion = 4, kFlexibleFrom = 4;
  using Response = struct DescribeConfigsResponse;

  struct Resource {
    int8_t resource_type = 0;
    std::string resource_name;
    std::optional<std::vector<std::string>> configuration_keys;
    static void fields(auto& m, auto& f) {
      f("resource_type", m.resource_type);
      f("resource_name", m.resource_name);
      f("configuration_keys", m.configuration_keys);
    }
    bool operator==(const Resource&) const = default;
  };
  std::vector<Resource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;
  static void fields(auto& m, auto& f) {
    f("resources", m.resources);
    f("include_synonyms", m.include_synonyms);
    f("include_documentation", m.include_documentation, since(3));
  }
  bool operator==(const DescribeConfigsRequest&) const = default;
};

struct DescribeConfigsResponse {
  using Request = DescribeConfigsRequest;

  struct Synonym {
    std::string name;
    std::optional<std::string> value;
    int8_t source = 0;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("value", m.value);
      f("source", m.source);
    }
    bool operator==(const Synonym&) const = default;
  };
  struct Config {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    int8_t config_source = -1;
    bool is_sensitive = false;
    std::vector<Synonym> synonyms;
    int8_t config_type = 0;
    std::optional<std::string> documentation;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("value", m.value);
      f("read_only", m.read_only);
      f("config_source", m.config_source);
      f("is_sensitive", m.is_sensitive);
      f("synonyms", m.synonyms);
      f("config_type", m.config_type, since(3));
      f("documentation", m.documentation, since(3));
    }
    bool operator==(const Config&) const = default;
  };
  struct Resource {
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<Config> configs;
    static void fields(auto& m, auto& f) {
      f("error_code", m.error_code);
      f("error_message", m.error_message);
      f("resource_type", m.resource_type);
      f("resource_name", m.resource_name);
      f("configs", m.configs);
    }
    bool operator==(const Resource&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Resource> results;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("results", m.results);
  }
  bool operator==(const DescribeConfigsResponse&) const = default;
};

// Replaces all configs of a resource; deprecated, but librdkafka 2.0 has only this.
struct AlterConfigsRequest {
  static constexpr ApiKey kApi = ApiKey::kAlterConfigs;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 2, kFlexibleFrom = 2;
  using Response = struct AlterConfigsResponse;

  struct Config {
    std::string name;
    std::optional<std::string> value;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("value", m.value);
    }
    bool operator==(const Config&) const = default;
  };
  struct Resource {
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<Config> configs;
    static void fields(auto& m, auto& f) {
      f("resource_type", m.resource_type);
      f("resource_name", m.resource_name);
      f("configs", m.configs);
    }
    bool operator==(const Resource&) const = default;
  };
  std::vector<Resource> resources;
  bool validate_only = false;
  static void fields(auto& m, auto& f) {
    f("resources", m.resources);
    f("validate_only", m.validate_only);
  }
  bool operator==(const AlterConfigsRequest&) const = default;
};

struct AlterConfigsResponse {
  using Request = AlterConfigsRequest;

  struct Resource {
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    int8_t resource_type = 0;
    std::string resource_name;
    static void fields(auto& m, auto& f) {
      f("error_code", m.error_code);
      f("error_message", m.error_message);
      f("resource_type", m.resource_type);
      f("resource_name", m.resource_name);
    }
    bool operator==(const Resource&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Resource> responses;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("responses", m.responses);
  }
  bool operator==(const AlterConfigsResponse&) const = default;
};

// Changes single configs: 0 set, 1 delete, 2 append, 3 subtract (KIP-339).
struct IncrementalAlterConfigsRequest {
  static constexpr ApiKey kApi = ApiKey::kIncrementalAlterConfigs;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 1, kFlexibleFrom = 1;
  using Response = struct IncrementalAlterConfigsResponse;

  struct Config {
    std::string name;
    int8_t config_operation = 0;
    std::optional<std::string> value;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("config_operation", m.config_operation);
      f("value", m.value);
    }
    bool operator==(const Config&) const = default;
  };
  struct Resource {
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<Config> configs;
    static void fields(auto& m, auto& f) {
      f("resource_type", m.resource_type);
      f("resource_name", m.resource_name);
      f("configs", m.configs);
    }
    bool operator==(const Resource&) const = default;
  };
  std::vector<Resource> resources;
  bool validate_only = false;
  static void fields(auto& m, auto& f) {
    f("resources", m.resources);
    f("validate_only", m.validate_only);
  }
  bool operator==(const IncrementalAlterConfigsRequest&) const = default;
};

struct IncrementalAlterConfigsResponse {
  using Request = IncrementalAlterConfigsRequest;

  struct Resource {
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    int8_t resource_type = 0;
    std::string resource_name;
    static void fields(auto& m, auto& f) {
      f("error_code", m.error_code);
      f("error_message", m.error_message);
      f("resource_type", m.resource_type);
      f("resource_name", m.resource_name);
    }
    bool operator==(const Resource&) const = default;
  };
  int32_t throttle_time_ms = 0;
  std::vector<Resource> responses;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("responses", m.responses);
  }
  bool operator==(const IncrementalAlterConfigsResponse&) const = default;
};

}  // namespace sl::wire
