#include "server/handlers/locate.h"

namespace sl::server {

const cluster::TopicState* find_topic(const cluster::Image& image, std::string_view name, const Uuid& id, bool by_id) {
  return by_id ? image.find(id) : image.find(name);
}

Located locate(Broker& broker, const cluster::TopicState* topic, bool by_id, int32_t index, int32_t known_epoch) {
  Located located;
  if (!topic) {
    located.error = by_id ? Errc::kUnknownTopicId : Errc::kUnknownTopicOrPartition;
    return located;
  }
  if (index < 0 || static_cast<size_t>(index) >= topic->partitions.size()) {
    located.error = Errc::kUnknownTopicOrPartition;
    return located;
  }
  const cluster::PartitionState& state = topic->partitions[static_cast<size_t>(index)];
  located.leader = state.leader;
  located.leader_epoch = state.leader_epoch;
  if (state.leader != broker.node()) {
    located.error = Errc::kNotLeaderOrFollower;
  } else if (known_epoch >= 0 && known_epoch < state.leader_epoch.value) {
    located.error = Errc::kFencedLeaderEpoch;
  } else if (known_epoch > state.leader_epoch.value) {
    located.error = Errc::kUnknownLeaderEpoch;
  } else {
    located.partition = broker.replicas().find(topic->id, sl::Partition(index));
    if (!located.partition) located.error = Errc::kLeaderNotAvailable;  // It is being opened, or its log is not usable.
  }
  return located;
}

int32_t authorised_operations(const Call& call, ResourceType type, std::string_view name) {
  static constexpr Operation kTopic[] = {
      Operation::kRead,  Operation::kWrite,    Operation::kCreate,          Operation::kDelete,
      Operation::kAlter, Operation::kDescribe, Operation::kDescribeConfigs, Operation::kAlterConfigs};
  static constexpr Operation kCluster[] = {
      Operation::kCreate,          Operation::kAlter,        Operation::kDescribe,       Operation::kClusterAction,
      Operation::kDescribeConfigs, Operation::kAlterConfigs, Operation::kIdempotentWrite};
  static constexpr Operation kGroup[] = {Operation::kRead, Operation::kDelete, Operation::kDescribe};
  int32_t bits = 0;
  std::span<const Operation> operations = kCluster;
  if (type == ResourceType::kTopic) operations = kTopic;
  if (type == ResourceType::kGroup) operations = kGroup;
  for (Operation operation : operations)
    if (call.allowed(operation, type, name)) bits |= 1 << static_cast<int>(operation);
  return bits;
}

}  // namespace sl::server
