// Settings of topics and brokers, read and changed.
#include <map>
#include <set>

#include "server/broker.h"
#include "server/handlers/families.h"
#include "server/handlers/repeats.h"

namespace sl::server {
namespace {

bool may(const Call& call, Operation operation, int8_t resource_type, std::string_view name) {
  if (resource_type == cluster::kTopicResource) return call.allowed(operation, ResourceType::kTopic, name);
  return call.allowed(operation, ResourceType::kCluster, kClusterResource);
}

Errc refusal(int8_t resource_type) {
  return resource_type == cluster::kTopicResource ? Errc::kTopicAuthorizationFailed : Errc::kClusterAuthorizationFailed;
}

// Each resource once, with all the keys that any of its mentions asks for, each once.
void ask_once(wire::DescribeConfigsRequest& request) {
  using Keys = std::set<std::string>;
  auto key_of = [](const wire::DescribeConfigsRequest::Resource& asked) {
    return std::pair(asked.resource_type, asked.resource_name);
  };
  std::map<std::pair<int8_t, std::string>, std::optional<Keys>> wanted;  // nullopt: all keys
  for (const auto& asked : request.resources) {
    std::optional<Keys>& keys = wanted.try_emplace(key_of(asked), Keys()).first->second;
    if (!asked.configuration_keys || asked.configuration_keys->empty())
      keys.reset();
    else if (keys)
      keys->insert(asked.configuration_keys->begin(), asked.configuration_keys->end());
  }
  drop_repeats(request.resources, key_of);
  for (auto& asked : request.resources) {
    const std::optional<Keys>& keys = wanted.at(key_of(asked));
    asked.configuration_keys.reset();
    if (keys) asked.configuration_keys.emplace(keys->begin(), keys->end());
  }
}

// Takes the resources that the session may not touch out of a request and answers them.
template <class Request, class Resource>
std::vector<Resource> take_refused(const Call& call, Operation operation, Request& request) {
  std::vector<Resource> refused;
  std::erase_if(request.resources, [&](const auto& resource) {
    if (may(call, operation, resource.resource_type, resource.resource_name)) return false;
    auto& answer = refused.emplace_back();
    answer.resource_type = resource.resource_type;
    answer.resource_name = resource.resource_name;
    answer.error_code = errc_to_wire(refusal(resource.resource_type));
    return true;
  });
  return refused;
}

// Settings take effect on this node's logs before the answer leaves.
aio::Task<void> settle(Broker& broker) {
  auto settled = co_await broker.replicas().reconcile(broker.image());
  if (!settled) broker.logger().error("settings: {}", settled.error().context);
}

aio::Task<wire::DescribeConfigsResponse> describe_configs(Call& call, wire::DescribeConfigsRequest request) {
  ask_once(request);
  auto refused = take_refused<wire::DescribeConfigsRequest, wire::DescribeConfigsResponse::Resource>(
      call, Operation::kDescribeConfigs, request);
  auto response = call.broker.controller().describe_configs(request);
  for (auto& answer : refused) response.results.push_back(std::move(answer));
  co_return response;
}

aio::Task<wire::IncrementalAlterConfigsResponse> incremental_alter_configs(
    Call& call, wire::IncrementalAlterConfigsRequest request) {
  auto refused = take_refused<wire::IncrementalAlterConfigsRequest, wire::IncrementalAlterConfigsResponse::Resource>(
      call, Operation::kAlterConfigs, request);
  auto response = co_await call.broker.controller().alter_configs(std::move(request));
  co_await settle(call.broker);
  for (auto& answer : refused) response.responses.push_back(std::move(answer));
  co_return response;
}

aio::Task<wire::AlterConfigsResponse> alter_configs(Call& call, wire::AlterConfigsRequest request) {
  auto refused = take_refused<wire::AlterConfigsRequest, wire::AlterConfigsResponse::Resource>(
      call, Operation::kAlterConfigs, request);
  auto response = co_await call.broker.controller().replace_configs(std::move(request));
  co_await settle(call.broker);
  for (auto& answer : refused) response.responses.push_back(std::move(answer));
  co_return response;
}

}  // namespace

void add_config_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::DescribeConfigsRequest>(Guard::kByHandler, &describe_configs);
  dispatcher.add<wire::IncrementalAlterConfigsRequest>(Guard::kByHandler, &incremental_alter_configs);
  dispatcher.add<wire::AlterConfigsRequest>(Guard::kByHandler, &alter_configs);
}

}  // namespace sl::server
