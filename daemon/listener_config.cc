#include "listener_config.h"

#include <fmt/core.h>

#include "base/text.h"

namespace sl::daemon {
namespace {

constexpr std::string_view kUnixName = "UNIX";
constexpr std::string_view kPlainName = "PLAINTEXT";
constexpr size_t kUnixPathBytesMax = 107;  // sockaddr_un's, without its last zero

Error bad(std::string sentence) {
  return Error{Errc::kBadConfig, std::move(sentence)};
}

bool is_wildcard(const aio::Address& address) {
  return address.host == "0.0.0.0" || address.host == "::" || address.host == "*";
}

// A name that only begins with 127. could be anybody's.
bool is_loopback(const aio::Address& address) {
  bool number = address.host.find_first_not_of("0123456789.") == std::string::npos;
  return address.is_unix() || address.host == "localhost" || address.host == "::1" ||
         (number && address.host.starts_with("127."));
}

// "NAME=ADDR" or "ADDR".
Result<ListenerConfig> parse_flag(std::string_view text) {
  ListenerConfig listener;
  std::string_view address = text;
  size_t equals = text.find('=');
  if (equals != text.npos && text.substr(0, equals).find_first_of(":/") == text.npos) {
    listener.name = std::string(text.substr(0, equals));
    address = text.substr(equals + 1);
  }
  auto parsed = aio::Address::parse(address);
  if (!parsed) return bad(fmt::format("--listen {}: {}", text, parsed.error().context));
  listener.address = *std::move(parsed);
  if (listener.name.empty()) listener.name = std::string(listener.address.is_unix() ? kUnixName : kPlainName);
  listener.advertised = listener.address;
  return listener;
}

// "NAME://HOST:PORT,…"; a unix socket is UNIX:///PATH.
Result<std::vector<ListenerConfig>> parse_key(std::string_view key, std::string_view text) {
  std::vector<ListenerConfig> listeners;
  for (std::string_view item : split(text, ',')) {
    item = trim(item);
    if (item.empty()) continue;
    size_t at = item.find("://");
    if (at == item.npos || at == 0) return bad(fmt::format("{}: '{}' is not NAME://HOST:PORT", key, item));
    ListenerConfig listener;
    listener.name = std::string(item.substr(0, at));
    std::string_view rest = item.substr(at + 3);
    std::string address = rest.starts_with('/') ? fmt::format("unix:{}", rest) : std::string(rest);
    if (address.starts_with(':')) address = "0.0.0.0" + address;  // Kafka's "all interfaces"
    auto parsed = aio::Address::parse(address);
    if (!parsed) return bad(fmt::format("{}: {}", key, parsed.error().context));
    listener.address = *std::move(parsed);
    listener.advertised = listener.address;
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

Status advertise(std::vector<ListenerConfig>& listeners, std::string_view text) {
  SL_TRY(auto advertised, parse_key("advertised.listeners", text));
  for (auto& one : advertised) {
    auto at = std::find_if(listeners.begin(), listeners.end(), [&](const auto& l) { return l.name == one.name; });
    if (at == listeners.end())
      return bad(fmt::format("advertised.listeners names {}, but no listener has that name", one.name));
    if (is_wildcard(one.address))
      return bad(fmt::format("advertised.listeners: nobody can connect to {}", one.address.text()));
    at->advertised = one.address;
  }
  return {};
}

Status refuse_open(const ListenerConfig& listener) {
  std::string address = listener.address.text();
  return bad(fmt::format(
      "refusing to listen at {}: without TLS and authentication everybody who reaches this address could read, write "
      "and delete everything.\n"
      "Do one of these instead:\n"
      "  streamlogd --listen 127.0.0.1:{}          # loopback only; reach it from elsewhere through ssh -L\n"
      "  streamlogd                                # the unix socket only, the default\n"
      "  streamlogd --listen {} --i-understand-this-listener-is-open   # open to all, knowingly",
      address, listener.address.port, address));
}

Status check(const std::vector<ListenerConfig>& listeners, bool open_accepted) {
  for (size_t i = 0; i < listeners.size(); ++i) {
    if (listeners[i].address.unix_path.size() > kUnixPathBytesMax)
      return bad(fmt::format("the path of a unix socket has at most {} bytes; this one has {}: {}", kUnixPathBytesMax,
                             listeners[i].address.unix_path.size(), listeners[i].address.unix_path));
    for (size_t j = 0; j < i; ++j)
      if (listeners[j].name == listeners[i].name)
        return bad(fmt::format("two listeners are called {}: give one another name, like --listen OTHER={}",
                               listeners[i].name, listeners[i].address.text()));
    if (!is_loopback(listeners[i].address) && !open_accepted) return refuse_open(listeners[i]);
    if (is_wildcard(listeners[i].advertised))
      return bad(
          fmt::format("clients cannot connect to {}: add the address that they should use, like\n"
                      "  --set advertised.listeners={}://THIS-HOST:{}",
                      listeners[i].address.text(), listeners[i].name, listeners[i].address.port));
  }
  return {};
}

}  // namespace

std::string listeners_text(const std::vector<ListenerConfig>& listeners) {
  std::string text;
  for (const auto& one : listeners) {
    if (!text.empty()) text += ',';
    text += one.name + "://" + (one.address.is_unix() ? one.address.unix_path : one.address.text());
  }
  return text;
}

Result<std::vector<ListenerConfig>> make_listeners(const ListenerInputs& inputs) {
  SL_TRY(auto listeners, parse_key("listeners", inputs.listeners_key));
  for (const auto& text : inputs.flags) {
    SL_TRY(ListenerConfig listener, parse_flag(text));
    listeners.push_back(std::move(listener));
  }
  bool has_unix = std::any_of(listeners.begin(), listeners.end(), [](const auto& l) { return l.address.is_unix(); });
  if (!has_unix && !inputs.no_socket) {
    ListenerConfig socket;
    socket.name = kUnixName;
    socket.address.unix_path = inputs.default_socket;
    socket.advertised = socket.address;
    listeners.insert(listeners.begin(), std::move(socket));
  }
  if (inputs.no_socket) std::erase_if(listeners, [](const auto& l) { return l.address.is_unix(); });
  if (listeners.empty()) return bad("there is nothing to listen at: --no-socket needs a --listen HOST:PORT");
  SL_CHECK(advertise(listeners, inputs.advertised_key));
  SL_CHECK(check(listeners, inputs.open_accepted));
  return listeners;
}

}  // namespace sl::daemon
