// Views over bytes, and big-endian loads and stores: the wire, the batches and the index keys are all big-endian.
#pragma once
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace sl {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The caller has checked that sizeof(Int) bytes are there.
template <std::integral Int>
inline Int load_be(const uint8_t* from) {
  std::make_unsigned_t<Int> v;
  std::memcpy(&v, from, sizeof v);
  if constexpr (sizeof(Int) > 1) v = std::byteswap(v);
  return static_cast<Int>(v);
}

template <std::integral Int>
inline void store_be(uint8_t* to, Int value) {
  auto v = static_cast<std::make_unsigned_t<Int>>(value);
  if constexpr (sizeof(Int) > 1) v = std::byteswap(v);
  std::memcpy(to, &v, sizeof v);
}

static_assert(std::endian::native == std::endian::little, "the byte swaps above assume a little-endian machine");

}  // namespace sl
