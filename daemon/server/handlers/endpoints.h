// How a client of this session reaches the brokers.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/broker.h"

namespace sl::server {

struct Endpoint {
  NodeId node;
  std::string host;  // `unix:PATH`, with port 0, for this node over its unix socket
  uint16_t port = 0;
  std::optional<std::string> rack;
  bool fenced = false;
};

std::vector<Endpoint> endpoints_for(Call& call);

}  // namespace sl::server
