// Topics made, widened and removed. What the session may not touch is answered here; the rest goes to the controller,
// and the answer waits until this node's partitions are what the metadata says, so a topic can be used at once.
#include "server/broker.h"
#include "server/handlers/families.h"

namespace sl::server {
namespace {

aio::Task<void> settle(Broker& broker) {
  auto settled = co_await broker.replicas().reconcile(broker.image());
  if (!settled) broker.logger().error("partitions: {}", settled.error().context);
  broker.coordinator().refresh();
}

aio::Task<wire::CreateTopicsResponse> create_topics(Call& call, wire::CreateTopicsRequest request) {
  bool all = call.allowed(Operation::kCreate, ResourceType::kCluster, kClusterResource);
  std::vector<wire::CreateTopicsResponse::Topic> refused;
  std::erase_if(request.topics, [&](const auto& topic) {
    if (all || call.allowed(Operation::kCreate, ResourceType::kTopic, topic.name)) return false;
    auto& answer = refused.emplace_back();
    answer.name = topic.name;
    answer.error_code = errc_to_wire(Errc::kTopicAuthorizationFailed);
    return true;
  });
  bool validate_only = request.validate_only;
  auto response = co_await call.broker.controller().create_topics(std::move(request), call.version());
  if (!validate_only) co_await settle(call.broker);
  for (auto& answer : refused) response.topics.push_back(std::move(answer));
  co_return response;
}

aio::Task<wire::DeleteTopicsResponse> delete_topics(Call& call, wire::DeleteTopicsRequest request) {
  std::vector<wire::DeleteTopicsResponse::Topic> refused;
  auto forbidden = [&](const std::string& name) {
    if (call.allowed(Operation::kDelete, ResourceType::kTopic, name)) return false;
    auto& answer = refused.emplace_back();
    answer.name = name;
    answer.error_code = errc_to_wire(Errc::kTopicAuthorizationFailed);
    return true;
  };
  std::erase_if(request.topic_names, forbidden);
  std::erase_if(request.topics, [&](const auto& topic) {
    const cluster::TopicState* known = topic.name ? nullptr : call.broker.image().find(topic.topic_id);
    if (topic.name) return forbidden(*topic.name);
    return known && forbidden(known->name);
  });
  auto response = co_await call.broker.controller().delete_topics(std::move(request), call.version());
  std::vector<std::string> deleted;
  for (const auto& answer : response.responses)
    if (answer.error_code == 0 && answer.name) deleted.push_back(*answer.name);
  call.broker.coordinator().forget_topics(deleted);
  co_await settle(call.broker);
  for (auto& answer : refused) response.responses.push_back(std::move(answer));
  co_return response;
}

aio::Task<wire::CreatePartitionsResponse> create_partitions(Call& call, wire::CreatePartitionsRequest request) {
  std::vector<wire::CreatePartitionsResponse::Topic> refused;
  std::erase_if(request.topics, [&](const auto& topic) {
    if (call.allowed(Operation::kAlter, ResourceType::kTopic, topic.name)) return false;
    auto& answer = refused.emplace_back();
    answer.name = topic.name;
    answer.error_code = errc_to_wire(Errc::kTopicAuthorizationFailed);
    return true;
  });
  auto response = co_await call.broker.controller().create_partitions(std::move(request));
  co_await settle(call.broker);
  for (auto& answer : refused) response.results.push_back(std::move(answer));
  co_return response;
}

// A cluster of one node has nowhere to move a partition to, so none is ever on its way.
aio::Task<wire::ListPartitionReassignmentsResponse> list_reassignments(Call& call,
                                                                       wire::ListPartitionReassignmentsRequest) {
  wire::ListPartitionReassignmentsResponse response;
  if (!call.allowed(Operation::kDescribe, ResourceType::kCluster, kClusterResource))
    response.error_code = errc_to_wire(Errc::kClusterAuthorizationFailed);
  co_return response;
}

}  // namespace

void add_topic_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::CreateTopicsRequest>(Guard::kByHandler, &create_topics);
  dispatcher.add<wire::DeleteTopicsRequest>(Guard::kByHandler, &delete_topics);
  dispatcher.add<wire::CreatePartitionsRequest>(Guard::kByHandler, &create_partitions);
  dispatcher.add<wire::ListPartitionReassignmentsRequest>(Guard::kByHandler, &list_reassignments);
}

}  // namespace sl::server
