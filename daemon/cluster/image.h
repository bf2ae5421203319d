// Image: what the metadata log says, as of the last record applied: topics, partitions, brokers, settings. It lives on
// the shard of the metadata partition and is changed by records alone, so it is the same on every node that has read
// the same records, and after every restart.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/uuid.h"
#include "wire/metadata_records.h"

namespace sl::cluster {

// Kafka's resource types of configs and of ConfigRecord.
inline constexpr int8_t kTopicResource = 2;
inline constexpr int8_t kBrokerResource = 4;

struct PartitionState {
  std::vector<NodeId> replicas;
  std::vector<NodeId> isr;
  std::vector<Uuid> directories;  // one a replica
  NodeId leader{-1};
  Epoch leader_epoch{0};
  int32_t partition_epoch = 0;
  Offset log_start{0};  // moved by DeleteRecords; retention may have gone further
};

struct TopicState {
  std::string name;
  Uuid id;
  std::vector<PartitionState> partitions;
  std::map<std::string, std::string> settings;  // the topic's own, Kafka's names
};

struct BrokerState {
  NodeId id{-1};
  int64_t epoch = -1;  // offset of its registration
  Uuid incarnation;
  struct Endpoint {
    std::string listener;
    std::string host;
    uint16_t port = 0;
  };
  std::vector<Endpoint> endpoints;
  std::vector<Uuid> directories;
  std::optional<std::string> rack;
  bool fenced = true;
  bool in_controlled_shutdown = false;
};

class Image {
 public:
  const TopicState* find(std::string_view name) const;
  const TopicState* find(const Uuid& id) const;
  // In order of their names.
  const std::map<std::string, Uuid, std::less<>>& names() const { return names_; }
  const std::map<NodeId, BrokerState>& brokers() const { return brokers_; }
  using Settings = std::map<std::string, std::string>;
  // Settings changed at run time: of all brokers (resource "" of type broker), and of one (null
  // where there are none).
  const Settings& cluster_settings() const { return cluster_settings_; }
  const Settings* broker_settings(NodeId broker) const;
  const std::map<std::string, int16_t>& features() const { return features_; }
  int64_t next_producer_id() const { return next_producer_id_; }
  const std::string& cluster_id() const { return cluster_id_; }
  // The next offset of the metadata log to apply.
  Offset applied() const { return applied_; }

  // One committed record. A record that contradicts the image (an unknown topic id) is kMalformed and changes nothing.
  Status apply(const wire::MetadataRecord& record, Offset offset);
  // The records that make this image from nothing, in a fixed order: a snapshot's content.
  std::vector<wire::MetadataRecord> records() const;
  // As if nothing had been applied, and the log began at `applied`: before a snapshot's records.
  void reset(Offset applied);

 private:
  Status take(const wire::RegisterBrokerRecord& record, Offset offset);
  Status take(const wire::UnregisterBrokerRecord& record, Offset offset);
  Status take(const wire::TopicRecord& record, Offset offset);
  Status take(const wire::PartitionRecord& record, Offset offset);
  Status take(const wire::ConfigRecord& record, Offset offset);
  Status take(const wire::PartitionChangeRecord& record, Offset offset);
  Status take(const wire::FenceBrokerRecord& record, Offset offset);
  Status take(const wire::UnfenceBrokerRecord& record, Offset offset);
  Status take(const wire::RemoveTopicRecord& record, Offset offset);
  Status take(const wire::FeatureLevelRecord& record, Offset offset);
  Status take(const wire::ProducerIdsRecord& record, Offset offset);
  Status take(const wire::BrokerRegistrationChangeRecord& record, Offset offset);
  Status take(const wire::NoOpRecord& record, Offset offset);
  Status take(const wire::LogStartRecord& record, Offset offset);
  Status take(const wire::ClusterIdRecord& record, Offset offset);
  Result<TopicState*> topic_of(const Uuid& id);
  Result<PartitionState*> partition_of(const Uuid& id, int32_t partition);
  Result<BrokerState*> broker_of(int32_t id, int64_t epoch);

  std::map<Uuid, TopicState> topics_;
  std::map<std::string, Uuid, std::less<>> names_;
  std::map<NodeId, BrokerState> brokers_;
  Settings cluster_settings_;
  std::map<NodeId, Settings> broker_settings_;
  std::map<std::string, int16_t> features_;
  int64_t next_producer_id_ = 0;
  std::string cluster_id_;
  Offset applied_{0};
};

}  // namespace sl::cluster
