#include "server/dispatch.h"

#include <fmt/core.h>

#include "server/broker.h"

namespace sl::server {

bool Call::allowed(Operation operation, ResourceType type, std::string_view name) const {
  return broker.authoriser().allows(session.principal, operation, type, name);
}

aio::Task<Result<Answer>> Dispatcher::dispatch(Broker& broker, SessionView& session, wire::RequestFrame frame,
                                               Buffer owner) const {
  int16_t api_key = frame.header.api_key;
  bool is_handshake = api_key == static_cast<int16_t>(wire::ApiKey::kApiVersions);
  auto entry = entries_.find(api_key);
  if (entry == entries_.end() || (!frame.known && !is_handshake))
    co_return Error{Errc::kUnsupportedVersion,
                    fmt::format("request {} in version {} is not served", api_key, frame.header.api_version)};
  if (!frame.known) {  // A newer client asks for more than we know: it learns what we know (KIP-511).
    co_return Answer(wire::encode_api_versions_refusal(frame.header.correlation_id));
  }
  Call call{broker, session, std::move(frame.header)};
  co_return co_await entry->second.serve(call, frame.body, owner);
}

}  // namespace sl::server
