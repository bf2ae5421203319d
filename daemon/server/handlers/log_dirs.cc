// What lies on this node's disk: bytes a partition and, in a tag of ours, the exact count of its records.
#include <map>
#include <set>

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

using Wanted = std::set<int32_t>;

// Everything that is asked for, once, however often a topic or a partition is named.
std::map<std::string, Wanted> wanted_of(const wire::DescribeLogDirsRequest& request) {
  std::map<std::string, Wanted> wanted;
  for (const auto& asked : *request.topics)
    wanted[asked.topic].insert(asked.partitions.begin(), asked.partitions.end());
  return wanted;
}

// All partitions where `wanted` is null.
void add_topic(Call& call, const cluster::TopicState& topic, const Wanted* wanted,
               wire::DescribeLogDirsResponse::Directory& directory) {
  auto& answer = directory.topics.emplace_back();
  answer.name = topic.name;
  for (size_t i = 0; i < topic.partitions.size(); ++i) {
    auto index = static_cast<int32_t>(i);
    if (wanted && !wanted->contains(index)) continue;
    if (auto partition = call.broker.replicas().find(topic.id, sl::Partition(index))) add_partition(*partition, answer);
  }
}

// The file system may be slow to answer, one on a network above all, so it is asked from the pool.
aio::Task<void> add_space(Broker& broker, wire::DescribeLogDirsResponse::Directory& directory) {
  Result<FileSystem::Space> space = Errc::kCancelled;
  std::function<void()> work = [&] { space = broker.data().space(); };
  co_await broker.runtime().run_in_pool(aio::Lane::kRead, std::move(work));
  if (!space) co_return;
  directory.total_bytes = static_cast<int64_t>(space->total_bytes);
  directory.usable_bytes = static_cast<int64_t>(space->free_bytes);
}

aio::Task<wire::DescribeLogDirsResponse> describe_log_dirs(Call& call, wire::DescribeLogDirsRequest request) {
  wire::DescribeLogDirsResponse response;
  if (!call.allowed(Operation::kDescribe, ResourceType::kCluster, kClusterResource)) {
    response.error_code = errc_to_wire(Errc::kClusterAuthorizationFailed);
    co_return response;
  }
  auto& directory = response.results.emplace_back();
  directory.log_dir = call.broker.data().path();
  co_await add_space(call.broker, directory);
  const cluster::Image& image = call.broker.image();
  if (!request.topics) {
    for (const auto& [name, id] : image.names()) add_topic(call, *image.find(id), nullptr, directory);
    co_return response;
  }
  for (const auto& [name, partitions] : wanted_of(request))
    if (const cluster::TopicState* topic = image.find(name)) add_topic(call, *topic, &partitions, directory);
  co_return response;
}

}  // namespace

void add_log_dir_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::DescribeLogDirsRequest>(Guard::kByHandler, &describe_log_dirs);
}

}  // namespace sl::server
