// The records of the metadata log, with Kafka's schemas and frame (KIP-631): frame version, record id and record
// version as unsigned varints, then the fields, always in flexible encoding. Two records are ours: Kafka keeps
// log starts and the cluster's id in files, here they are records like everything else, under ids far from Kafka's.
#pragma once
#include <variant>

#include "wire/codec.h"

namespace sl::wire {

// A broker came with a new incarnation; its epoch is the offset of this record.
struct RegisterBrokerRecord {
  static constexpr uint32_t kId = 0;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 4, kFlexibleFrom = 0;

  struct Endpoint {
    std::string name;
    std::string host;
    uint16_t port = 0;
    int16_t security_protocol = 0;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("host", m.host);
      f("port", m.port);
      f("security_protocol", m.security_protocol);
    }
    bool operator==(const Endpoint&) const = default;
  };
  struct Feature {
    std::string name;
    int16_t min_supported_version = 0;
    int16_t max_supported_version = 0;
    static void fields(auto& m, auto& f) {
      f("name", m.name);
      f("min_supported_version", m.min_supported_version);
      f("max_supported_version", m.max_supported_version);
    }
    bool operator==(const Feature&) const = default;
  };
  int32_t broker_id = 0;
  bool is_migrating_zk_broker = false;
  Uuid incarnation_id;
  int64_t broker_epoch = 0;
  std::vector<Endpoint> end_points;
  std::vector<Feature> features;
  std::optional<std::string> rack;
  bool fenced = true;
  bool in_controlled_shutdown = false;
  std::vector<Uuid> log_dirs;
  std::optional<std::vector<Uuid>> cordoned_log_dirs;
  static void fields(auto& m, auto& f) {
    f("broker_id", m.broker_id);
    f("is_migrating_zk_broker", m.is_migrating_zk_broker, since(2));
    f("incarnation_id", m.incarnation_id);
    f("broker_epoch", m.broker_epoch);
    f("end_points", m.end_points);
    f("features", m.features);
    f("rack", m.rack);
    f("fenced", m.fenced);
    f("in_controlled_shutdown", m.in_controlled_shutdown, since(1));
    f.tag(0, "log_dirs", m.log_dirs, since(3));
    f.tag(1, "cordoned_log_dirs", m.cordoned_log_dirs, since(4));
  }
  bool operator==(const RegisterBrokerRecord&) const = default;
};

// A broker was taken out of the cluster for good.
struct UnregisterBrokerRecord {
  static constexpr uint32_t kId = 1;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  int32_t broker_id = 0;
  int64_t broker_epoch = 0;
  static void fields(auto& m, auto& f) {
    f("broker_id", m.broker_id);
    f("broker_epoch", m.broker_epoch);
  }
  bool operator==(const UnregisterBrokerRecord&) const = default;
};

// A topic came to be; its partitions follow.
struct TopicRecord {
  static constexpr uint32_t kId = 2;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  std::string name;
  Uuid topic_id;
  static void fields(auto& m, auto& f) {
    f("name", m.name);
    f("topic_id", m.topic_id);
  }
  bool operator==(const TopicRecord&) const = default;
};

// A partition came to be, or is written whole in a snapshot.
struct PartitionRecord {
  static constexpr uint32_t kId = 3;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 2, kFlexibleFrom = 0;

  int32_t partition_id = -1;
  Uuid topic_id;
  std::vector<int32_t> replicas;
  std::vector<int32_t> isr;
  std::vector<int32_t> removing_replicas;
  std::vector<int32_t> adding_replicas;
  int32_t leader = -1;
  int8_t leader_recovery_state = 0;
  int32_t leader_epoch = -1;
  int32_t partition_epoch = -1;
  std::vector<Uuid> directories;
  std::optional<std::vector<int32_t>> eligible_leader_replicas;
  std::optional<std::vector<int32_t>> last_known_elr;
  static void fields(auto& m, auto& f) {
    f("partition_id", m.partition_id);
    f("topic_id", m.topic_id);
    f("replicas", m.replicas);
    f("isr", m.isr);
    f("removing_replicas", m.removing_replicas);
    f("adding_replicas", m.adding_replicas);
    f("leader", m.leader);
    f("leader_epoch", m.leader_epoch);
    f("partition_epoch", m.partition_epoch);
    f("directories", m.directories, since(1));
    f.tag(0, "leader_recovery_state", m.leader_recovery_state);
    f.tag(1, "eligible_leader_replicas", m.eligible_leader_replicas, since(2));
    f.tag(2, "last_known_elr", m.last_known_elr, since(2));
  }
  bool operator==(const PartitionRecord&) const = default;
};

// One config of one resource (2 topic, 4 broker); null deletes it.
struct ConfigRecord {
  static constexpr uint32_t kId = 4;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  int8_t resource_type = 0;
  std::string resource_name;
  std::string name;
  std::optional<std::string> value;
  static void fields(auto& m, auto& f) {
    f("resource_type", m.resource_type);
    f("resource_name", m.resource_name);
    f("name", m.name);
    f("value", m.value);
  }
  bool operator==(const ConfigRecord&) const = default;
};

// What changed of a partition; the fields left at their defaults did not. A new leader raises the epoch by one.
struct PartitionChangeRecord {
  static constexpr uint32_t kId = 5;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 2, kFlexibleFrom = 0;

  int32_t partition_id = -1;
  Uuid topic_id;
  std::optional<std::vector<int32_t>> isr;
  int32_t leader = -2;
  std::optional<std::vector<int32_t>> replicas;
  std::optional<std::vector<int32_t>> removing_replicas;
  std::optional<std::vector<int32_t>> adding_replicas;
  int8_t leader_recovery_state = -1;
  std::optional<std::vector<Uuid>> directories;
  std::optional<std::vector<int32_t>> eligible_leader_replicas;
  std::optional<std::vector<int32_t>> last_known_elr;
  static void fields(auto& m, auto& f) {
    f("partition_id", m.partition_id);
    f("topic_id", m.topic_id);
    f.tag(0, "isr", m.isr);
    f.tag(1, "leader", m.leader, Range{}, -2);
    f.tag(2, "replicas", m.replicas);
    f.tag(3, "removing_replicas", m.removing_replicas);
    f.tag(4, "adding_replicas", m.adding_replicas);
    f.tag(5, "leader_recovery_state", m.leader_recovery_state, Range{}, -1);
    f.tag(6, "eligible_leader_replicas", m.eligible_leader_replicas, since(2));
    f.tag(7, "last_known_elr", m.last_known_elr, since(2));
    f.tag(8, "directories", m.directories, since(1));
  }
  bool operator==(const PartitionChangeRecord&) const = default;
};

// A broker lost its session.
struct FenceBrokerRecord {
  static constexpr uint32_t kId = 7;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  int32_t id = 0;
  int64_t epoch = 0;
  static void fields(auto& m, auto& f) {
    f("id", m.id);
    f("epoch", m.epoch);
  }
  bool operator==(const FenceBrokerRecord&) const = default;
};

// A broker caught up and takes part.
struct UnfenceBrokerRecord {
  static constexpr uint32_t kId = 8;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  int32_t id = 0;
  int64_t epoch = 0;
  static void fields(auto& m, auto& f) {
    f("id", m.id);
    f("epoch", m.epoch);
  }
  bool operator==(const UnfenceBrokerRecord&) const = default;
};

// A topic and its partitions are gone.
struct RemoveTopicRecord {
  static constexpr uint32_t kId = 9;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  Uuid topic_id;
  static void fields(auto& m, auto& f) { f("topic_id", m.topic_id); }
  bool operator==(const RemoveTopicRecord&) const = default;
};

// A finalized feature, metadata.version among them; level 0 removes it.
struct FeatureLevelRecord {
  static constexpr uint32_t kId = 12;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  std::string name;
  int16_t feature_level = 0;
  static void fields(auto& m, auto& f) {
    f("name", m.name);
    f("feature_level", m.feature_level);
  }
  bool operator==(const FeatureLevelRecord&) const = default;
};

// Producer ids below next_producer_id are taken.
struct ProducerIdsRecord {
  static constexpr uint32_t kId = 15;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  int32_t broker_id = 0;
  int64_t broker_epoch = -1;
  int64_t next_producer_id = 0;
  static void fields(auto& m, auto& f) {
    f("broker_id", m.broker_id);
    f("broker_epoch", m.broker_epoch);
    f("next_producer_id", m.next_producer_id);
  }
  bool operator==(const ProducerIdsRecord&) const = default;
};

// What changed of a registration: fenced and in_controlled_shutdown are -1 false, 0 unchanged, 1 true.
struct BrokerRegistrationChangeRecord {
  static constexpr uint32_t kId = 17;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 3, kFlexibleFrom = 0;

  int32_t broker_id = 0;
  int64_t broker_epoch = 0;
  int8_t fenced = 0;
  int8_t in_controlled_shutdown = 0;
  std::vector<Uuid> log_dirs;
  std::optional<std::vector<Uuid>> cordoned_log_dirs;
  static void fields(auto& m, auto& f) {
    f("broker_id", m.broker_id);
    f("broker_epoch", m.broker_epoch);
    f.tag(0, "fenced", m.fenced);
    f.tag(1, "in_controlled_shutdown", m.in_controlled_shutdown, since(1));
    f.tag(2, "log_dirs", m.log_dirs, since(2));
    f.tag(3, "cordoned_log_dirs", m.cordoned_log_dirs, since(3));
  }
  bool operator==(const BrokerRegistrationChangeRecord&) const = default;
};

// Nothing; it moves the offset so that followers see a living leader.
struct NoOpRecord {
  static constexpr uint32_t kId = 20;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  static void fields(auto&, auto&) {}
  bool operator==(const NoOpRecord&) const = default;
};

// DeleteRecords moved a partition's log start. Ours: Kafka has no such record.
struct LogStartRecord {
  static constexpr uint32_t kId = 10000;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  int32_t partition_id = -1;
  Uuid topic_id;
  int64_t log_start = 0;
  static void fields(auto& m, auto& f) {
    f("partition_id", m.partition_id);
    f("topic_id", m.topic_id);
    f("log_start", m.log_start);
  }
  bool operator==(const LogStartRecord&) const = default;
};

// The cluster's id, the first ordinary record of its log. Ours: Kafka's nodes are told it when they are formatted.
struct ClusterIdRecord {
  static constexpr uint32_t kId = 10001;
  static constexpr int16_t kMinVersion = 0, kMaxVersion = 0, kFlexibleFrom = 0;

  std::string cluster_id;
  static void fields(auto& m, auto& f) { f("cluster_id", m.cluster_id); }
  bool operator==(const ClusterIdRecord&) const = default;
};

using MetadataRecord =
    std::variant<RegisterBrokerRecord, UnregisterBrokerRecord, TopicRecord, PartitionRecord, ConfigRecord,
                 PartitionChangeRecord, FenceBrokerRecord, UnfenceBrokerRecord, RemoveTopicRecord, FeatureLevelRecord,
                 ProducerIdsRecord, BrokerRegistrationChangeRecord, NoOpRecord, LogStartRecord, ClusterIdRecord>;

// The value of a record in the metadata log, in the newest version of its schema.
std::string encode_metadata_record(const MetadataRecord& record);
// kMalformed where the bytes do not fit, the frame's version is another, or the id or version is unknown: the error
// names it.
Result<MetadataRecord> decode_metadata_record(Bytes value);
// "PartitionChangeRecord {partition_id: 0, ...}": for dumps and logs.
std::string describe_metadata_record(const MetadataRecord& record);

}  // namespace sl::wire
