// Idempotent producers: their ids, and what partitions know of them.
// Fields and versions: https://kafka.apache.org/protocol, "The Messages".
#pragma once
#include "wire/api_key.h"
#include "wire/fields.h"

namespace sl::wire {

// A producer id and epoch, for idempotence and transactions (KIP-98, KIP-360). Version 6 (KIP-939) is not listed.
struct InitProducerIdRequest {
  static constexpr ApiKey kApi = ApiKey::kInitProducerId;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 6, kFlexibleFrom = 2;
  static constexpr int16_t kListedMax = 5;
  using Response = struct InitProducerIdResponse;

  std::optional<std::string> transactional_id;
  int32_t transaction_timeout_ms = 0;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  bool enable_2pc = false;
  bool keep_prepared_txn = false;
  static void fields(auto& m, auto& f) {
    f("transactional_id", m.transactional_id);
    f("transaction_timeout_ms", m.transaction_timeout_ms);
    f("producer_id", m.producer_id, since(3));
    f("producer_epoch", m.producer_epoch, since(3));
    f("enable_2pc", m.enable_2pc, since(6));
    f("keep_prepared_txn", m.keep_prepared_txn, since(6));
  }
  bool operator==(const InitProducerIdRequest&) const = default;
};

struct InitProducerIdResponse {
  using Request = InitProducerIdRequest;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  int64_t producer_id = -1;
  int16_t producer_epoch = 0;
  int64_t ongoing_txn_producer_id = -1;
  int16_t ongoing_txn_producer_epoch = -1;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("error_code", m.error_code);
    f("producer_id", m.producer_id);
    f("producer_epoch", m.producer_epoch);
    f("ongoing_txn_producer_id", m.ongoing_txn_producer_id, since(6));
    f("ongoing_txn_producer_epoch", m.ongoing_txn_producer_epoch, since(6));
  }
  bool operator==(const InitProducerIdResponse&) const = default;
};

// The idempotent and transactional producers a partition knows (KIP-664).
struct DescribeProducersRequest {
  static constexpr ApiKey kApi = ApiKey::kDescribeProducers;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;
  using Response = struct DescribeProducersResponse;

  struct Topic {
    std::string name;
    std::vector<int32_t> partition_indexes;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("partition_indexes", m.partition_indexes);
    }
    bool operator==(const Topic&) const = default;
  };
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) { f("topics", m.topics); }
  bool operator==(const DescribeProducersRequest&) const = default;
};

struct DescribeProducersResponse {
  using Request = DescribeProducersRequest;

  struct ActiveProducer {
    int64_t producer_id = 0;
    int32_t producer_epoch = 0;
    int32_t last_sequence = -1;
    int64_t last_timestamp = -1;
    int32_t coordinator_epoch = 0;
    int64_t current_txn_start_offset = -1;
    static void fields(auto& m, auto& f) {
      f("producer_id", m.producer_id);
      f("producer_epoch", m.producer_epoch);
      f("last_sequence", m.last_sequence);
      f("last_timestamp", m.last_timestamp);
      f("coordinator_epoch", m.coordinator_epoch);
      f("current_txn_start_offset", m.current_txn_start_offset);
    }
    bool operator==(const ActiveProducer&) const = default;
  };
  struct Partition {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::vector<ActiveProducer> active_producers;
    static void fields(auto& m, auto& f) {
      f("partition_index", m.partition_index);
      f("error_code", m.error_code);
      f("error_message", m.error_message);
      f("active_producers", m.active_producers);
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
  std::vector<Topic> topics;
  static void fields(auto& m, auto& f) {
    f("throttle_time_ms", m.throttle_time_ms);
    f("topics", m.topics);
  }
  bool operator==(const DescribeProducersResponse&) const = default;
};

}  // namespace sl::wire
