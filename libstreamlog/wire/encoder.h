// Encoder: the walk that writes. It runs twice over a message: first counting, so that the head is one block of the
// exact size and every length is known before it is written, then writing. What is hard is that tagged fields stand at
// the end of a struct, with their number in front (KIP-482): the field list is walked once for the plain fields, which
// counts the tagged ones that differ from their defaults, and again for those, if there are any.
#pragma once
#include <bit>
#include <cassert>
#include <concepts>

#include "base/bytes.h"
#include "wire/encoded.h"
#include "wire/fields.h"

namespace sl::wire {

class Encoder {
 public:
  // Counts only.
  Encoder(int16_t version, bool flexible) : version_(version), flexible_(flexible) {}
  // Writes into `head`, which is as large as head_bytes() of a counting encoder said.
  Encoder(int16_t version, bool flexible, Buffer head)
      : version_(version), flexible_(flexible), head_(std::move(head)), run_(head_.data()), at_(head_.data()) {}

  size_t total_bytes() const { return total_bytes_; }
  size_t head_bytes() const { return head_bytes_; }
  Encoded finish();

  template <class T>
  void operator()(const char*, const T& v, Range range = {}) {
    if (!in_tags_ && range.has(version_)) value(v, range);
  }

  template <class T>
  void tag(uint32_t number, const char*, const T& v, Range range = {}, const std::type_identity_t<T>& fallback = T{}) {
    if (!flexible_ || !range.has(version_) || v == fallback) return;
    if (!in_tags_) {
      ++tags_;
      return;
    }
    Encoder counter(version_, flexible_);
    counter.value(v, range);
    put_uvarint(number);
    put_uvarint(static_cast<uint32_t>(counter.total_bytes()));
    value(v, range);
  }

  template <std::integral Int>
  void put(Int v) {
    if (uint8_t* to = room(sizeof v)) store_be(to, v);
  }
  void put_uvarint(uint32_t v);
  void put_bytes(Bytes bytes);
  // `ShortLength` is the length's type before the flexible versions.
  template <class ShortLength>
  void put_text(std::string_view text) {
    if constexpr (sizeof(ShortLength) == 2)
      if (!flexible_) text = text.substr(0, INT16_MAX);  // Only a sentence for people can be as long.
    put_length<ShortLength>(text.size());
    put_bytes(as_bytes(text));
  }

  template <Struct M>
  void structure(const M& m) {
    uint32_t outer_tags = std::exchange(tags_, 0);
    bool outer_in_tags = std::exchange(in_tags_, false);
    M::fields(m, *this);
    if (flexible_) {
      put_uvarint(tags_);
      in_tags_ = true;
      if (tags_ > 0) M::fields(m, *this);
    }
    tags_ = outer_tags;
    in_tags_ = outer_in_tags;
  }

 private:
  template <class T>
  void value(const T& v, Range range) {
    if constexpr (std::same_as<T, bool>) {
      put(static_cast<uint8_t>(v));
    } else if constexpr (std::integral<T>) {
      put(v);
    } else if constexpr (std::same_as<T, double>) {
      put(std::bit_cast<uint64_t>(v));
    } else if constexpr (std::same_as<T, Uuid>) {
      put_bytes(v.bytes);
    } else if constexpr (std::same_as<T, std::string>) {
      put_text<int16_t>(v);
    } else if constexpr (std::same_as<T, Blob>) {
      put_text<int32_t>(v.value);
    } else if constexpr (std::same_as<T, Records>) {
      put_records(v);
    } else if constexpr (kIsVector<T>) {
      put_length<int32_t>(v.size());
      for (const auto& element : v) value(element, {});
    } else if constexpr (kIsOptional<T>) {
      optional(v, range);
    } else {
      structure(v);
    }
  }

  template <class T>
  void optional(const std::optional<T>& v, Range range) {
    if constexpr (Struct<T>) {
      put(static_cast<int8_t>(v ? 1 : -1));
      if (v) structure(*v);
    } else if (v) {
      value(*v, range);
    } else if (range.nullable_from > version_) {
      value(T{}, range);
    } else {
      put_null<std::conditional_t<std::same_as<T, std::string>, int16_t, int32_t>>();
    }
  }

  template <class ShortLength>
  void put_length(size_t length) {
    if (flexible_)
      put_uvarint(static_cast<uint32_t>(length) + 1);
    else
      put(static_cast<ShortLength>(length));
  }
  template <class ShortLength>
  void put_null() {
    if (flexible_)
      put_uvarint(0);
    else
      put(ShortLength{-1});
  }
  void put_records(const Records& records);
  void put_piece(const Slice& piece);
  // Where the next `count` bytes go; null while counting.
  uint8_t* room(size_t count) {
    total_bytes_ += count;
    head_bytes_ += count;
    if (!at_) return nullptr;
    assert(head_bytes_ <= head_.size());
    return std::exchange(at_, at_ + count);
  }
  void close_run();

  const int16_t version_;
  const bool flexible_;
  bool in_tags_ = false;
  uint32_t tags_ = 0;
  size_t total_bytes_ = 0;
  size_t head_bytes_ = 0;
  Buffer head_;
  uint8_t* run_ = nullptr;  // Where the head's part that belongs to the next piece begins.
  uint8_t* at_ = nullptr;
  std::vector<Slice> pieces_;
};

}  // namespace sl::wire
