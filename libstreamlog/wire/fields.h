// What a message's field list may hold: the wire types beyond C++'s own, and the marks that say in which versions a
// field exists. A message is a plain struct with one list,
//
//   static void fields(auto& m, auto& f) {
//     f("acks", m.acks);
//     f("topic_id", m.topic_id, since(13));
//     f.tag(0, "node_endpoints", m.node_endpoints, since(16));
//   }
//
// and everything that is done with a message (encode, decode, size, describe, fill) walks that list. What is hard is
// that two encodings live in it: the older versions' and the flexible ones' (KIP-482), which are chosen per walk.
//
// bool, int8..int64, uint16, double, Uuid, std::string, Blob, Records, vectors and structs of these are the types.
// std::optional makes one nullable.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/buffer.h"
#include "base/uuid.h"

namespace sl::wire {

// The versions in which a field is on the wire, and those in which it may be null. A null in a version that has none
// is written as an empty string or array, and refused when read.
struct Range {
  int16_t from = 0;
  int16_t until = INT16_MAX;
  int16_t nullable_from = 0;
  constexpr bool has(int16_t version) const { return version >= from && version <= until; }
  constexpr Range nullable_since(int16_t version) const { return {from, until, version}; }
};
constexpr Range since(int16_t version) {
  return {version, INT16_MAX, 0};
}
constexpr Range until(int16_t version) {
  return {0, version, 0};
}
constexpr Range between(int16_t from, int16_t until) {
  return {from, until, 0};
}
constexpr Range nullable_since(int16_t version) {
  return {0, INT16_MAX, version};
}

// Kafka's `bytes`: like a string, but with a wider length before the flexible versions.
struct Blob {
  std::string value;
  bool operator==(const Blob&) const = default;
};

// Kafka's `records`: bytes that hold record batches. A decoded one is at most one piece, a view of the frame that
// keeps the frame's buffer; one to be sent may be many, which leave without being copied. Not null by default.
struct Records {
  std::vector<Slice> pieces;
  bool is_null = false;

  Records() = default;
  explicit Records(Slice piece) { add(std::move(piece)); }
  void add(Slice piece) {
    if (!piece.bytes.empty()) pieces.push_back(std::move(piece));
  }
  size_t size() const;
  bool empty() const { return pieces.empty(); }
  // All bytes: those of the only piece, or of a copy of all, kept by the slice.
  Slice joined() const;
  // Compares bytes; where they are cut into pieces does not matter.
  bool operator==(const Records& other) const;
};

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// Accepts any field list; only there to recognise a struct that has one.
struct AnyFields {
  void operator()(const char*, auto&, Range = {});
  void tag(uint32_t, const char*, auto&, Range = {});
  template <class T>
  void tag(uint32_t, const char*, T&, Range, const std::type_identity_t<T>&);
};
template <class T>
concept Struct = requires(T& m, AnyFields& f) {
  T::fields(m, f);
};

}  // namespace sl::wire
