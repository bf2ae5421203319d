// What lies on this node's disk: bytes a partition and, in a tag of ours, the exact count of its records.
#include "server/broker.h"
#include "server/handlers/families.h"

namespace sl::server {
namespace {

void add_partition(const replica::Partition& partition, wire::DescribeLogDirsResponse::Topic& answer) {
  auto& one = answer.partitions.emplace_back();
  one.partition_index = partition.log().partition().value;
  one.partition_size = static_cast<int64_t>(partition.log().size_bytes());
  one.record_count = partition.log().record_count();
}

void add_topic(Call& call, const cluster::TopicState& topic, const std::vector<int32_t>* wanted,
               wire::DescribeLogDirsResponse::Directory& directory) {
  auto& answer = directory.topics.emplace_back();
  answer.name = topic.name;
  for (size_t i = 0; i < topic.partitions.size(); ++i) {
    auto index = static_cast<int32_t>(i);
    if (wanted && std::find(wanted->begin(), wanted->end(), index) == wanted->end()) continue;
    if (auto partition = call.broker.replicas().find(topic.id, sl::Partition(index))) add_partition(*partition, answer);
  }
}

aio::Task<wire::DescribeLogDirsResponse> describe_log_dirs(Call& call, wire::DescribeLogDirsRequest request) {
  wire::DescribeLogDirsResponse response;
  if (!call.allowed(Operation::kDescribe, ResourceType::kCluster, kClusterResource)) {
    response.error_code = errc_to_wire(Errc::kClusterAuthorizationFailed);
    co_return response;
  }
  auto& directory = response.results.emplace_back();
  directory.log_dir = call.broker.data().path();
  if (auto space = call.broker.data().space()) {
    directory.total_bytes = static_cast<int64_t>(space->total_bytes);
    directory.usable_bytes = static_cast<int64_t>(space->free_bytes);
  }
  const cluster::Image& image = call.broker.image();
  if (!request.topics) {
    for (const auto& [name, id] : image.names()) add_topic(call, *image.find(id), nullptr, directory);
    co_return response;
  }
  for (const auto& asked : *request.topics)
    if (const cluster::TopicState* topic = image.find(asked.topic))
      add_topic(call, *topic, &asked.partitions, directory);
  co_return response;
}

}  // namespace

void add_log_dir_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::DescribeLogDirsRequest>(Guard::kByHandler, &describe_log_dirs);
}

}  // namespace sl::server
