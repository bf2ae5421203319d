// What a client asks first: what is spoken here, and who coordinates.
#include "server/broker.h"
#include "server/handlers/families.h"

namespace sl::server {
namespace {

aio::Task<wire::ApiVersionsResponse> api_versions(Call& call, wire::ApiVersionsRequest) {
  wire::ApiVersionsResponse response = wire::listed_apis();
  const Dispatcher& dispatcher = call.broker.dispatcher();
  std::erase_if(response.api_keys, [&](const auto& api) { return !dispatcher.serves(api.api_key); });
  co_return response;
}

// Groups and transactions are not built yet. The error is one that clients do not retry for ever.
aio::Task<wire::FindCoordinatorResponse> find_coordinator(Call& call, wire::FindCoordinatorRequest request) {
  wire::FindCoordinatorResponse response;
  auto error = errc_to_wire(Errc::kUnsupportedVersion);
  std::string sentence =
      request.key_type == 0 ? "this server has no consumer groups yet" : "this server has no transactions yet";
  response.error_code = error;
  response.error_message = sentence;
  response.node_id = -1;
  response.port = -1;
  for (auto& key : request.coordinator_keys) {
    if (!call.allowed(Operation::kDescribe, ResourceType::kGroup, key))
      error = errc_to_wire(Errc::kGroupAuthorizationFailed);
    response.coordinators.push_back({std::move(key), -1, "", -1, error, sentence});
  }
  co_return response;
}

}  // namespace

void add_connection_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::ApiVersionsRequest>(Guard::kOpen, &api_versions);
  dispatcher.add<wire::FindCoordinatorRequest>(Guard::kByHandler, &find_coordinator);
}

}  // namespace sl::server
