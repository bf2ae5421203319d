// What a client asks first: what is spoken here, and who coordinates.
#include "server/broker.h"
#include "server/handlers/endpoints.h"
#include "server/handlers/families.h"

namespace sl::server {
namespace {

aio::Task<wire::ApiVersionsResponse> api_versions(Call& call, wire::ApiVersionsRequest) {
  wire::ApiVersionsResponse response = wire::listed_apis();
  const Dispatcher& dispatcher = call.broker.dispatcher();
  std::erase_if(response.api_keys, [&](const auto& api) { return !dispatcher.serves(api.api_key); });
  co_return response;
}

constexpr int8_t kGroupKey = 0, kTransactionKey = 1;
constexpr int16_t kManyKeys = 4;

wire::FindCoordinatorResponse::Coordinator nobody(std::string key, const Error& why) {
  std::string sentence = why.context.empty() ? std::string(error_info(why.code).text) : why.context;
  return {std::move(key), -1, "", -1, errc_to_wire(why.code), std::move(sentence)};
}

// Transactions are not built yet: the error is one that clients do not retry for ever.
Status check_key(const Call& call, int8_t key_type, const std::string& key) {
  bool group = key_type == kGroupKey;
  if (!call.allowed(Operation::kDescribe, group ? ResourceType::kGroup : ResourceType::kTransactionalId, key))
    return group ? Errc::kGroupAuthorizationFailed : Errc::kClusterAuthorizationFailed;
  if (!group && key_type != kTransactionKey) return Error{Errc::kInvalidRequest, "the kind of the key is not known"};
  if (!group) return Error{Errc::kUnsupportedVersion, "this server has no transactions yet"};
  return {};
}

aio::Task<wire::FindCoordinatorResponse::Coordinator> coordinator_of(Call& call, int8_t key_type, std::string key) {
  if (auto checked = check_key(call, key_type, key); !checked) co_return nobody(key, checked.error());
  auto node = co_await call.broker.coordinator().locate(key);
  if (!node) co_return nobody(key, node.error());
  for (auto& endpoint : endpoints_for(call))
    if (endpoint.node == *node && !endpoint.fenced)
      co_return wire::FindCoordinatorResponse::Coordinator{
          key, node->value, endpoint.host, endpoint.port, errc_to_wire(Errc::kNone), std::nullopt};
  co_return nobody(key, Error{Errc::kCoordinatorNotAvailable, {}});
}

aio::Task<wire::FindCoordinatorResponse> find_coordinator(Call& call, wire::FindCoordinatorRequest request) {
  wire::FindCoordinatorResponse response;
  if (call.version() >= kManyKeys) {
    for (auto& key : request.coordinator_keys) {
      auto found = co_await coordinator_of(call, request.key_type, std::move(key));
      response.coordinators.push_back(std::move(found));
    }
    co_return response;
  }
  auto found = co_await coordinator_of(call, request.key_type, std::move(request.key));
  response.error_code = found.error_code;
  response.error_message = std::move(found.error_message);
  response.node_id = found.node_id;
  response.host = std::move(found.host);
  response.port = found.port;
  co_return response;
}

}  // namespace

void add_connection_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::ApiVersionsRequest>(Guard::kOpen, &api_versions);
  dispatcher.add<wire::FindCoordinatorRequest>(Guard::kByHandler, &find_coordinator);
}

}  // namespace sl::server
