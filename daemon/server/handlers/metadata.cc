// What the cluster looks like from here. A node names itself by the address of the listener that was asked: over the
// unix socket that is `unix:PATH`, so that a tool comes back the way it came.
#include "server/broker.h"
#include "server/handlers/endpoints.h"
#include "server/handlers/families.h"
#include "server/handlers/locate.h"
#include "server/handlers/repeats.h"

namespace sl::server {
namespace {

std::vector<int32_t> ids(const std::vector<NodeId>& nodes) {
  std::vector<int32_t> out;
  for (NodeId node : nodes) out.push_back(node.value);
  return out;
}

void describe_topic(Call& call, const cluster::TopicState& topic, bool with_operations,
                    wire::MetadataResponse::Topic& answer) {
  answer.name = topic.name;
  answer.topic_id = topic.id;
  answer.is_internal = topic.name.starts_with("__");
  if (with_operations)
    answer.topic_authorized_operations = authorised_operations(call, ResourceType::kTopic, topic.name);
  for (size_t i = 0; i < topic.partitions.size(); ++i) {
    const auto& state = topic.partitions[i];
    auto& one = answer.partitions.emplace_back();
    one.partition_index = static_cast<int32_t>(i);
    one.leader_id = state.leader.value;
    one.leader_epoch = state.leader_epoch.value;
    one.replica_nodes = ids(state.replicas);
    one.isr_nodes = ids(state.isr);
    if (state.leader.value < 0) one.error_code = errc_to_wire(Errc::kLeaderNotAvailable);
  }
}

// Makes the topics that were asked for and are missing, where the request and the broker both allow it.
aio::Task<void> create_missing(Call& call, const wire::MetadataRequest& request) {
  if (!request.topics || !request.allow_auto_topic_creation) co_return;
  if (!call.broker.settings().boolean("auto.create.topics.enable")) co_return;
  wire::CreateTopicsRequest create;
  for (const auto& topic : *request.topics) {
    if (!topic.name || topic.name->starts_with("__") || call.broker.image().find(*topic.name)) continue;
    if (!call.allowed(Operation::kCreate, ResourceType::kTopic, *topic.name)) continue;
    wire::CreateTopicsRequest::Topic wanted;
    wanted.name = *topic.name;
    wanted.num_partitions = -1;
    wanted.replication_factor = -1;
    create.topics.push_back(std::move(wanted));
  }
  if (create.topics.empty()) co_return;
  int16_t version = wire::CreateTopicsRequest::kMaxVersion;
  (void)co_await call.broker.controller().create_topics(std::move(create), version);
  (void)co_await call.broker.replicas().reconcile(call.broker.image());
}

void add_asked(Call& call, const wire::MetadataRequest::Topic& asked, bool with_operations,
               wire::MetadataResponse& response) {
  const cluster::Image& image = call.broker.image();
  bool by_id = !asked.name;
  const cluster::TopicState* topic = by_id ? image.find(asked.topic_id) : image.find(*asked.name);
  auto& answer = response.topics.emplace_back();
  answer.name = asked.name;
  answer.topic_id = asked.topic_id;
  if ((topic || asked.name) &&
      !call.allowed(Operation::kDescribe, ResourceType::kTopic, topic ? topic->name : *asked.name)) {
    answer.error_code = errc_to_wire(Errc::kTopicAuthorizationFailed);
  } else if (topic) {
    describe_topic(call, *topic, with_operations, answer);
  } else {
    answer.error_code = errc_to_wire(by_id ? Errc::kUnknownTopicId : Errc::kUnknownTopicOrPartition);
  }
}

// Each topic once, by its name where it has one: an id next to a name says nothing.
void ask_once(wire::MetadataRequest& request) {
  if (!request.topics) return;
  drop_repeats(*request.topics, [](const wire::MetadataRequest::Topic& asked) {
    return std::pair(asked.name, asked.name ? Uuid() : asked.topic_id);
  });
}

aio::Task<wire::MetadataResponse> metadata(Call& call, wire::MetadataRequest request) {
  ask_once(request);
  co_await create_missing(call, request);
  wire::MetadataResponse response;
  const cluster::Image& image = call.broker.image();
  for (auto& endpoint : endpoints_for(call))
    if (!endpoint.fenced)
      response.brokers.push_back({endpoint.node.value, std::move(endpoint.host), endpoint.port, endpoint.rack});
  response.cluster_id = image.cluster_id();
  response.controller_id = call.broker.node().value;  // Every node takes admin requests.
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = authorised_operations(call, ResourceType::kCluster, kClusterResource);
  bool with_operations = request.include_topic_authorized_operations;
  bool all = !request.topics || (call.version() == 0 && request.topics->empty());
  if (!all) {
    for (const auto& asked : *request.topics) add_asked(call, asked, with_operations, response);
    co_return response;
  }
  for (const auto& [name, id] : image.names())
    if (call.allowed(Operation::kDescribe, ResourceType::kTopic, name))
      describe_topic(call, *image.find(id), with_operations, response.topics.emplace_back());
  co_return response;
}

aio::Task<wire::DescribeClusterResponse> describe_cluster(Call& call, wire::DescribeClusterRequest request) {
  wire::DescribeClusterResponse response;
  constexpr int8_t kBrokers = 1;
  response.endpoint_type = request.endpoint_type;
  if (request.endpoint_type != kBrokers) {
    response.error_code = errc_to_wire(Errc::kInvalidRequest);
    response.error_message = "only broker endpoints are answered here";
    co_return response;
  }
  response.cluster_id = call.broker.image().cluster_id();
  response.controller_id = call.broker.node().value;
  for (auto& endpoint : endpoints_for(call))
    if (!endpoint.fenced || request.include_fenced_brokers)
      response.brokers.push_back(
          {endpoint.node.value, std::move(endpoint.host), endpoint.port, endpoint.rack, endpoint.fenced});
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = authorised_operations(call, ResourceType::kCluster, kClusterResource);
  co_return response;
}

// Topics in order of their names, as many partitions as the page holds; the cursor says where the next page begins.
aio::Task<wire::DescribeTopicPartitionsResponse> describe_topic_partitions(
    Call& call, wire::DescribeTopicPartitionsRequest request) {
  wire::DescribeTopicPartitionsResponse response;
  const cluster::Image& image = call.broker.image();
  std::vector<std::string> names;
  for (const auto& topic : request.topics) names.push_back(topic.name);
  if (names.empty())
    for (const auto& [name, id] : image.names()) names.push_back(name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  int32_t left = std::clamp(request.response_partition_limit, 1, 2000);
  for (const auto& name : names) {
    if (request.cursor && name < request.cursor->topic_name) continue;
    bool allowed = call.allowed(Operation::kDescribe, ResourceType::kTopic, name);
    if (!allowed && request.topics.empty()) continue;
    auto& answer = response.topics.emplace_back();
    answer.name = name;
    const cluster::TopicState* topic = image.find(name);
    if (!allowed)
      answer.error_code = errc_to_wire(Errc::kTopicAuthorizationFailed);
    else if (!topic)
      answer.error_code = errc_to_wire(Errc::kUnknownTopicOrPartition);
    if (answer.error_code != 0) continue;
    answer.topic_id = topic->id;
    answer.is_internal = name.starts_with("__");
    answer.topic_authorized_operations = authorised_operations(call, ResourceType::kTopic, name);
    size_t first = request.cursor && request.cursor->topic_name == name
                       ? static_cast<size_t>(std::max(request.cursor->partition_index, 0))
                       : 0;
    for (size_t i = first; i < topic->partitions.size(); ++i) {
      if (left-- == 0) {
        response.next_cursor.emplace();
        response.next_cursor->topic_name = name;
        response.next_cursor->partition_index = static_cast<int32_t>(i);
        co_return response;
      }
      const auto& state = topic->partitions[i];
      auto& one = answer.partitions.emplace_back();
      one.partition_index = static_cast<int32_t>(i);
      one.leader_id = state.leader.value;
      one.leader_epoch = state.leader_epoch.value;
      one.replica_nodes = ids(state.replicas);
      one.isr_nodes = ids(state.isr);
      one.eligible_leader_replicas.emplace();
      one.last_known_elr.emplace();
    }
  }
  co_return response;
}

aio::Task<wire::DescribeQuorumResponse> describe_quorum(Call& call, wire::DescribeQuorumRequest request) {
  if (!call.allowed(Operation::kDescribe, ResourceType::kCluster, kClusterResource)) {
    wire::DescribeQuorumResponse refused;
    refused.error_code = errc_to_wire(Errc::kClusterAuthorizationFailed);
    co_return refused;
  }
  co_return call.broker.quorum().describe(request);
}

}  // namespace

void add_metadata_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::MetadataRequest>(Guard::kByHandler, &metadata);
  dispatcher.add<wire::DescribeClusterRequest>(Guard::kByHandler, &describe_cluster);
  dispatcher.add<wire::DescribeTopicPartitionsRequest>(Guard::kByHandler, &describe_topic_partitions);
  dispatcher.add<wire::DescribeQuorumRequest>(Guard::kByHandler, &describe_quorum);
}

}  // namespace sl::server
