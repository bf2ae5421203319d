// Uuid: 16 bytes that name a topic, a directory, an incarnation. Kafka writes them as 22 characters of URL-safe
// base64 without padding; so do we.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sl {

class Random;

struct Uuid {
  std::array<uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
  bool is_zero() const { return *this == Uuid{}; }
  std::string text() const;
  // A random one (RFC 4122 version 4) whose text does not begin with '-', as in Kafka: names of directories and
  // arguments of commands are made of it.
  static Uuid random(Random& random);
  static Result<Uuid> parse(std::string_view text);
};

// Kafka's fixed id of the metadata topic.
inline constexpr Uuid kMetadataTopicId{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

// Standard base64 with padding, for JSON; decoding accepts missing padding and refuses foreign characters.
std::string base64_encode(std::string_view bytes);
Result<std::string> base64_decode(std::string_view text);

}  // namespace sl

template <>
struct std::hash<sl::Uuid> {
  size_t operator()(const sl::Uuid& id) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
  }
};
