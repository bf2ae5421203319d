// Kafka's variable-length integers: base-128, least significant group first; signed ones are zig-zag mapped
// (https://kafka.apache.org/protocol, "Protocol Primitive Types").
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sl {

inline constexpr size_t kVarint32BytesMax = 5;
inline constexpr size_t kVarint64BytesMax = 10;

constexpr uint32_t zigzag(int32_t v) {
  return (static_cast<uint32_t>(v) << 1) ^ static_cast<uint32_t>(v >> 31);
}
constexpr uint64_t zigzag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
constexpr int32_t unzigzag(uint32_t v) {
  return static_cast<int32_t>((v >> 1) ^ (~(v & 1) + 1));
}
constexpr int64_t unzigzag(uint64_t v) {
  return static_cast<int64_t>((v >> 1) ^ (~(v & 1) + 1));
}

constexpr size_t uvarint_size(uint64_t v) {
  return (static_cast<size_t>(std::bit_width(v | 1)) * 9 + 64) / 64;
}
constexpr size_t varint_size(int32_t v) {
  return uvarint_size(zigzag(v));
}
constexpr size_t varlong_size(int64_t v) {
  return uvarint_size(zigzag(v));
}

// Writes at most kVarint64BytesMax bytes; returns the byte behind the last.
inline uint8_t* put_uvarint(uint8_t* to, uint64_t v) {
  for (; v >= 0x80; v >>= 7) *to++ = static_cast<uint8_t>(v | 0x80);
  *to++ = static_cast<uint8_t>(v);
  return to;
}
inline uint8_t* put_varint(uint8_t* to, int32_t v) {
  return put_uvarint(to, zigzag(v));
}
inline uint8_t* put_varlong(uint8_t* to, int64_t v) {
  return put_uvarint(to, zigzag(v));
}

// Reads one from [from, end); returns the byte behind it, or null where it is cut off or too long.
inline const uint8_t* get_uvarint(const uint8_t* from, const uint8_t* end, uint64_t& v) {
  uint64_t value = 0;
  for (unsigned shift = 0; from != end && shift < 64; shift += 7) {
    uint8_t byte = *from++;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      v = value;
      return from;
    }
  }
  return nullptr;
}
inline const uint8_t* get_uvarint32(const uint8_t* from, const uint8_t* end, uint32_t& v) {
  uint64_t wide;
  const uint8_t* next = get_uvarint(from, end, wide);
  // Java refuses more than five bytes even where the value fits, so what it could not read is not let in.
  if (!next || wide > UINT32_MAX || static_cast<size_t>(next - from) > kVarint32BytesMax) return nullptr;
  v = static_cast<uint32_t>(wide);
  return next;
}
inline const uint8_t* get_varint(const uint8_t* from, const uint8_t* end, int32_t& v) {
  if (from != end && *from < 0x80) [[likely]] {  // Nearly every length and delta of a record is one byte.
    v = unzigzag(static_cast<uint32_t>(*from));
    return from + 1;
  }
  uint32_t raw;
  from = get_uvarint32(from, end, raw);
  if (from) v = unzigzag(raw);
  return from;
}
inline const uint8_t* get_varlong(const uint8_t* from, const uint8_t* end, int64_t& v) {
  uint64_t raw;
  from = get_uvarint(from, end, raw);
  if (from) v = unzigzag(raw);
  return from;
}

}  // namespace sl
