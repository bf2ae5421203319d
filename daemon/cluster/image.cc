// The image read: look-ups, and the records that make it again.
#include "cluster/image.h"

namespace sl::cluster {
namespace {

std::vector<int32_t> values(const std::vector<NodeId>& nodes) {
  std::vector<int32_t> out;
  out.reserve(nodes.size());
  for (NodeId node : nodes) out.push_back(node.value);
  return out;
}

void add_configs(int8_t type, const std::string& name, const Image::Settings& settings,
                 std::vector<wire::MetadataRecord>& out) {
  for (const auto& [key, value] : settings) out.push_back(wire::ConfigRecord{type, name, key, value});
}

void add_broker(const BrokerState& broker, std::vector<wire::MetadataRecord>& out) {
  wire::RegisterBrokerRecord record;
  record.broker_id = broker.id.value;
  record.incarnation_id = broker.incarnation;
  record.broker_epoch = broker.epoch;
  for (const auto& endpoint : broker.endpoints)
    record.end_points.push_back({endpoint.listener, endpoint.host, endpoint.port, 0});
  record.rack = broker.rack;
  record.fenced = broker.fenced;
  record.in_controlled_shutdown = broker.in_controlled_shutdown;
  record.log_dirs = broker.directories;
  out.emplace_back(std::move(record));
}

void add_topic(const TopicState& topic, std::vector<wire::MetadataRecord>& out) {
  out.push_back(wire::TopicRecord{topic.name, topic.id});
  add_configs(kTopicResource, topic.name, topic.settings, out);
  for (size_t i = 0; i < topic.partitions.size(); ++i) {
    const PartitionState& partition = topic.partitions[i];
    wire::PartitionRecord record;
    record.partition_id = static_cast<int32_t>(i);
    record.topic_id = topic.id;
    record.replicas = values(partition.replicas);
    record.isr = values(partition.isr);
    record.leader = partition.leader.value;
    record.leader_epoch = partition.leader_epoch.value;
    record.partition_epoch = partition.partition_epoch;
    record.directories = partition.directories;
    out.emplace_back(std::move(record));
    if (partition.log_start.value > 0)
      out.push_back(wire::LogStartRecord{static_cast<int32_t>(i), topic.id, partition.log_start.value});
  }
}

}  // namespace

const TopicState* Image::find(const Uuid& id) const {
  auto at = topics_.find(id);
  return at == topics_.end() ? nullptr : &at->second;
}

const TopicState* Image::find(std::string_view name) const {
  auto at = names_.find(name);
  return at == names_.end() ? nullptr : find(at->second);
}

const Image::Settings* Image::broker_settings(NodeId broker) const {
  auto at = broker_settings_.find(broker);
  return at == broker_settings_.end() ? nullptr : &at->second;
}

std::vector<wire::MetadataRecord> Image::records() const {
  std::vector<wire::MetadataRecord> out;
  if (!cluster_id_.empty()) out.push_back(wire::ClusterIdRecord{cluster_id_});
  for (const auto& [name, level] : features_) out.push_back(wire::FeatureLevelRecord{name, level});
  for (const auto& [id, broker] : brokers_) add_broker(broker, out);
  add_configs(kBrokerResource, "", cluster_settings_, out);
  for (const auto& [id, settings] : broker_settings_)
    add_configs(kBrokerResource, std::to_string(id.value), settings, out);
  for (const auto& [name, id] : names_) add_topic(topics_.at(id), out);
  if (next_producer_id_ > 0) out.push_back(wire::ProducerIdsRecord{-1, -1, next_producer_id_});
  return out;
}

void Image::reset(Offset applied) {
  *this = Image();
  applied_ = applied;
}

}  // namespace sl::cluster
