// The rules for listeners (DESIGN, "Security by default"): what is opened by default, how addresses are written, and
// what is refused: two listeners of one name, a wildcard address that nobody can connect to, and an address off
// loopback without TLS and authentication.
#pragma once
#include <string>
#include <vector>

#include "config.h"

namespace sl::daemon {

struct ListenerInputs {
  std::vector<std::string> flags;  // --listen, [NAME=]ADDR each
  bool no_socket = false;
  std::string listeners_key;   // `listeners`, Kafka's form
  std::string advertised_key;  // `advertised.listeners`
  std::string default_socket;
  bool open_accepted = false;
};

// kBadConfig with the sentence for the user.
Result<std::vector<ListenerConfig>> make_listeners(const ListenerInputs& inputs);
// As the key `listeners` writes them.
std::string listeners_text(const std::vector<ListenerConfig>& listeners);

}  // namespace sl::daemon
