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
  constexpr int8_t kGroupKey = 0;
  bool group = request.key_type == kGroupKey;
  std::string sentence = group ? "this server has no consumer groups yet" : "this server has no transactions yet";
  auto error_for = [&](const std::string& key) {
    if (call.allowed(Operation::kDescribe, group ? ResourceType::kGroup : ResourceType::kTransactionalId, key))
      return Errc::kUnsupportedVersion;
    return group ? Errc::kGroupAuthorizationFailed : Errc::kClusterAuthorizationFailed;
  };
  wire::FindCoordinatorResponse response;
  response.node_id = -1;
  response.port = -1;
  constexpr int16_t kManyKeys = 4;
  if (call.version() < kManyKeys) {
    response.error_code = errc_to_wire(error_for(request.key));
    response.error_message = sentence;
  }
  for (auto& key : request.coordinator_keys) {
    int16_t error = errc_to_wire(error_for(key));
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
