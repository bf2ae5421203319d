// Addresses as people write them, taken apart: what is missing or impossible is said with the text itself.
#include <fmt/core.h>

#include "aio/stream.h"
#include "base/text.h"

namespace sl::aio {

std::string Address::text() const {
  if (is_unix()) return "unix:" + unix_path;
  if (host.find(':') != host.npos) return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

Result<Address> Address::parse(std::string_view text, uint16_t default_port) {
  Error wrong{Errc::kUsage, fmt::format("'{}' is not an address like HOST:PORT or unix:/PATH", text)};
  Address address;
  if (text.starts_with("unix:")) {
    address.unix_path = std::string(text.substr(5));
    if (address.unix_path.empty()) return wrong;
    return address;
  }
  std::string_view host = text, port;
  if (text.starts_with('[')) {
    size_t close = text.find(']');
    if (close == text.npos) return wrong;
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!port.empty() && port[0] != ':') return wrong;
    if (!port.empty()) port.remove_prefix(1);
  } else if (size_t colon = text.rfind(':'); colon != text.npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (host.find(':') != host.npos) return wrong;  // IPv6 needs brackets
  }
  if (host.empty() || host.find_first_of(" /\t") != host.npos) return wrong;
  address.host = std::string(host);
  if (port.empty()) {
    if (default_port == 0) return wrong;
    address.port = default_port;
    return address;
  }
  auto number = parse_int(port);
  if (!number || *number < 0 || *number > 65535) return wrong;
  address.port = static_cast<uint16_t>(*number);
  return address;
}

}  // namespace sl::aio
