// The image changed, record by record. The records are ours and committed, so a contradiction means a bug or a damaged
// log; it is refused, because an image that guesses would differ from the next node's.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "cluster/image.h"

namespace sl::cluster {
namespace {

template <class... A>
Error contradiction(fmt::format_string<A...> text, A&&... args) {
  return Error{Errc::kMalformed, fmt::format(text, std::forward<A>(args)...)};
}

std::vector<NodeId> nodes(const std::vector<int32_t>& values) {
  std::vector<NodeId> out;
  out.reserve(values.size());
  for (int32_t value : values) out.emplace_back(value);
  return out;
}

void change(Image::Settings& settings, const wire::ConfigRecord& record) {
  if (record.value)
    settings[record.name] = *record.value;
  else
    settings.erase(record.name);
}

// Reassignments and eligible leaders belong to clusters of several nodes, which this version does not know.
template <class Record>
Status refuse_reassignment(const Record& record, bool moves) {
  bool elr = (record.eligible_leader_replicas && !record.eligible_leader_replicas->empty()) ||
             (record.last_known_elr && !record.last_known_elr->empty());
  if (!moves && !elr && record.leader_recovery_state <= 0) return {};
  return Error{Errc::kUnsupportedVersion,
               fmt::format("partition {} of topic {} has replicas on the move, which this version does not know",
                           record.partition_id, record.topic_id.text())};
}

}  // namespace

Status Image::apply(const wire::MetadataRecord& record, Offset offset) {
  SL_CHECK(std::visit([&](const auto& one) { return take(one, offset); }, record));
  applied_ = std::max(applied_, offset + 1);
  return {};
}

Result<TopicState*> Image::topic_of(const Uuid& id) {
  auto at = topics_.find(id);
  if (at == topics_.end()) return contradiction("no topic has the id {}", id.text());
  return &at->second;
}

Result<PartitionState*> Image::partition_of(const Uuid& id, int32_t partition) {
  SL_TRY(TopicState * topic, topic_of(id));
  if (partition < 0 || static_cast<size_t>(partition) >= topic->partitions.size())
    return contradiction("topic {} has no partition {}", topic->name, partition);
  return &topic->partitions[static_cast<size_t>(partition)];
}

Result<BrokerState*> Image::broker_of(int32_t id, int64_t epoch) {
  auto at = brokers_.find(NodeId(id));
  if (at == brokers_.end()) return contradiction("broker {} is not registered", id);
  if (at->second.epoch != epoch) return contradiction("broker {} has epoch {}, not {}", id, at->second.epoch, epoch);
  return &at->second;
}

// A registration's epoch is the offset of its record, which nobody knows when it is written: then it says -1.
Status Image::take(const wire::RegisterBrokerRecord& record, Offset offset) {
  BrokerState broker;
  broker.id = NodeId(record.broker_id);
  broker.epoch = record.broker_epoch >= 0 ? record.broker_epoch : offset.value;
  broker.incarnation = record.incarnation_id;
  for (const auto& endpoint : record.end_points)
    broker.endpoints.push_back({endpoint.name, endpoint.host, endpoint.port});
  broker.directories = record.log_dirs;
  broker.rack = record.rack;
  broker.fenced = record.fenced;
  broker.in_controlled_shutdown = record.in_controlled_shutdown;
  brokers_[broker.id] = std::move(broker);
  return {};
}

Status Image::take(const wire::UnregisterBrokerRecord& record, Offset) {
  SL_TRY(BrokerState * broker, broker_of(record.broker_id, record.broker_epoch));
  brokers_.erase(broker->id);
  return {};
}

Status Image::take(const wire::TopicRecord& record, Offset) {
  if (topics_.contains(record.topic_id) || names_.contains(record.name))
    return contradiction("topic {} ({}) exists already", record.name, record.topic_id.text());
  names_[record.name] = record.topic_id;
  TopicState& topic = topics_[record.topic_id];
  topic.name = record.name;
  topic.id = record.topic_id;
  return {};
}

Status Image::take(const wire::PartitionRecord& record, Offset) {
  SL_TRY(TopicState * topic, topic_of(record.topic_id));
  SL_CHECK(refuse_reassignment(record, !record.removing_replicas.empty() || !record.adding_replicas.empty()));
  if (record.partition_id < 0 || static_cast<size_t>(record.partition_id) != topic->partitions.size())
    return contradiction("partition {} of topic {} is not the next one", record.partition_id, topic->name);
  PartitionState& partition = topic->partitions.emplace_back();
  partition.replicas = nodes(record.replicas);
  partition.isr = nodes(record.isr);
  partition.directories = record.directories;
  partition.leader = NodeId(record.leader);
  partition.leader_epoch = Epoch(record.leader_epoch);
  partition.partition_epoch = record.partition_epoch;
  return {};
}

Status Image::take(const wire::ConfigRecord& record, Offset) {
  if (record.resource_type == kTopicResource) {
    auto at = names_.find(record.resource_name);
    if (at == names_.end()) return contradiction("a setting of topic {}, which is not there", record.resource_name);
    change(topics_[at->second].settings, record);
    return {};
  }
  if (record.resource_type != kBrokerResource)
    return Error{Errc::kUnsupportedVersion,
                 fmt::format("settings of resource type {} are unknown here", static_cast<int>(record.resource_type))};
  if (record.resource_name.empty()) {
    change(cluster_settings_, record);
    return {};
  }
  auto id = parse_int(record.resource_name);
  if (!id || *id < 0 || *id > INT32_MAX) return contradiction("a setting of broker '{}'", record.resource_name);
  NodeId node(static_cast<int32_t>(*id));
  change(broker_settings_[node], record);
  if (broker_settings_[node].empty()) broker_settings_.erase(node);
  return {};
}

Status Image::take(const wire::PartitionChangeRecord& record, Offset) {
  SL_TRY(PartitionState * partition, partition_of(record.topic_id, record.partition_id));
  bool moves = (record.removing_replicas && !record.removing_replicas->empty()) ||
               (record.adding_replicas && !record.adding_replicas->empty());
  SL_CHECK(refuse_reassignment(record, moves));
  constexpr int32_t kNoChange = -2;
  if (record.isr) partition->isr = nodes(*record.isr);
  if (record.replicas) partition->replicas = nodes(*record.replicas);
  if (record.directories) partition->directories = *record.directories;
  if (record.leader != kNoChange) {
    partition->leader = NodeId(record.leader);
    ++partition->leader_epoch;
  }
  ++partition->partition_epoch;
  return {};
}

Status Image::take(const wire::FenceBrokerRecord& record, Offset) {
  SL_TRY(BrokerState * broker, broker_of(record.id, record.epoch));
  broker->fenced = true;
  return {};
}

Status Image::take(const wire::UnfenceBrokerRecord& record, Offset) {
  SL_TRY(BrokerState * broker, broker_of(record.id, record.epoch));
  broker->fenced = false;
  return {};
}

Status Image::take(const wire::RemoveTopicRecord& record, Offset) {
  SL_TRY(TopicState * topic, topic_of(record.topic_id));
  names_.erase(topic->name);
  topics_.erase(record.topic_id);
  return {};
}

Status Image::take(const wire::FeatureLevelRecord& record, Offset) {
  if (record.feature_level == 0)
    features_.erase(record.name);
  else
    features_[record.name] = record.feature_level;
  return {};
}

Status Image::take(const wire::ProducerIdsRecord& record, Offset) {
  if (record.next_producer_id < next_producer_id_)
    return contradiction("the next producer id falls from {} to {}", next_producer_id_, record.next_producer_id);
  next_producer_id_ = record.next_producer_id;
  return {};
}

Status Image::take(const wire::BrokerRegistrationChangeRecord& record, Offset) {
  SL_TRY(BrokerState * broker, broker_of(record.broker_id, record.broker_epoch));
  if (record.fenced != 0) broker->fenced = record.fenced > 0;
  if (record.in_controlled_shutdown != 0) broker->in_controlled_shutdown = record.in_controlled_shutdown > 0;
  if (!record.log_dirs.empty()) broker->directories = record.log_dirs;
  return {};
}

Status Image::take(const wire::NoOpRecord&, Offset) {
  return {};
}

Status Image::take(const wire::LogStartRecord& record, Offset) {
  SL_TRY(PartitionState * partition, partition_of(record.topic_id, record.partition_id));
  partition->log_start = std::max(partition->log_start, Offset(record.log_start));
  return {};
}

Status Image::take(const wire::ClusterIdRecord& record, Offset) {
  if (!cluster_id_.empty() && cluster_id_ != record.cluster_id)
    return contradiction("cluster {} is named {} a second time", cluster_id_, record.cluster_id);
  cluster_id_ = record.cluster_id;
  return {};
}

}  // namespace sl::cluster
