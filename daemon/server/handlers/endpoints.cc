#include "server/handlers/endpoints.h"

namespace sl::server {

std::vector<Endpoint> endpoints_for(Call& call) {
  std::vector<Endpoint> endpoints;
  const ListenerName* asked = call.broker.listener(call.session.listener);
  for (const auto& [id, broker] : call.broker.image().brokers()) {
    Endpoint endpoint{id, {}, 0, broker.rack, broker.fenced};
    if (id == call.broker.node() && asked) {
      endpoint.host = asked->host;
      endpoint.port = asked->port;
    } else if (!broker.endpoints.empty()) {
      const auto* same = &broker.endpoints.front();
      for (const auto& one : broker.endpoints)
        if (one.listener == call.session.listener) same = &one;
      endpoint.host = same->host;
      endpoint.port = same->port;
    }
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

}  // namespace sl::server
