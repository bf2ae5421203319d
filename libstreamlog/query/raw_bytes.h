// Plain values in the bytes of state: as this machine holds them, one behind the other. What reads them is given
// nothing where the bytes are too short.
#pragma once
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace sl::query {

template <class T>
void append_raw(std::string& out, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
std::optional<T> take_raw(std::string_view& in) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (in.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return value;
}

// A text with its length before it.
inline void append_sized(std::string& out, std::string_view text) {
  append_raw(out, static_cast<uint32_t>(text.size()));
  out += text;
}
inline std::optional<std::string_view> take_sized(std::string_view& in) {
  auto size = take_raw<uint32_t>(in);
  if (!size || *size > in.size()) return std::nullopt;
  auto text = in.substr(0, *size);
  in.remove_prefix(*size);
  return text;
}

}  // namespace sl::query
