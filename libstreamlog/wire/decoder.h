// Decoder: the walk that reads bytes from outside. The first thing that does not fit stops it; everything after that
// is skipped, so the walk needs no way out of the field list. No length is believed before it was compared with the
// bytes that are left, and the number of structs is capped for the whole message, since a struct in memory is up to
// thirty times as large as on the wire.
#pragma once
#include <algorithm>
#include <bit>
#include <concepts>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "wire/fields.h"

namespace sl::wire {

class Decoder {
 public:
  // `owner` is what `body` lies in; records keep it.
  Decoder(Bytes body, int16_t version, bool flexible, const Buffer& owner)
      : at_(body.data()), end_(at_ + body.size()), owner_(owner), version_(version), flexible_(flexible) {}

  // kMalformed with the message's name and the field's, if anything did not fit or bytes are left that may not be.
  Status finish(const char* message, bool may_leave_bytes);

  template <class T>
  void operator()(const char* name, T& v, Range range = {}) {
    if (why_ || wanted_tag_ != kNoTag || !range.has(version_)) return;
    name_ = name;
    value(v, range);
  }

  template <class T>
  void tag(uint32_t number, const char* name, T& v, Range range = {}, const std::type_identity_t<T>& = T{}) {
    if (why_ || wanted_tag_ != number || !range.has(version_)) return;
    name_ = name;
    value(v, range);
    found_tag_ = true;
  }

  template <Struct M>
  void structure(M& m) {
    if (structs_left_ == 0) return fail("is one struct too many");
    --structs_left_;
    uint64_t outer = std::exchange(wanted_tag_, kNoTag);
    M::fields(m, *this);
    if (flexible_) tags(m);
    wanted_tag_ = outer;
  }

 private:
  static constexpr uint64_t kNoTag = UINT64_MAX;

  template <class T>
  void value(T& v, Range range) {
    if constexpr (std::same_as<T, bool>) {
      v = take<uint8_t>() != 0;
    } else if constexpr (std::integral<T>) {
      v = take<T>();
    } else if constexpr (std::same_as<T, double>) {
      v = std::bit_cast<double>(take<uint64_t>());
    } else if constexpr (std::same_as<T, Uuid>) {
      if (const uint8_t* from = bytes(v.bytes.size())) std::copy_n(from, v.bytes.size(), v.bytes.begin());
    } else if constexpr (kIsOptional<T>) {
      optional(v, range);
    } else if constexpr (std::same_as<T, Records>) {
      records(v);
    } else if constexpr (Struct<T>) {
      structure(v);
    } else {
      int64_t count = length(std::same_as<T, std::string>);
      if (count < 0) return fail("is null");
      counted(v, static_cast<size_t>(count));
    }
  }

  template <class T>
  void optional(std::optional<T>& v, Range range) {
    v.reset();
    if constexpr (Struct<T>) {
      if (take<int8_t>() >= 0 && !why_) structure(v.emplace());
    } else {
      int64_t count = length(std::same_as<T, std::string>);
      if (count >= 0) return counted(v.emplace(), static_cast<size_t>(count));
      if (range.nullable_from > version_) fail("is null");
    }
  }

  void counted(std::string& v, size_t count) {
    if (const uint8_t* from = bytes(count)) v.assign(as_text({from, count}));
  }
  void counted(Blob& v, size_t count) { counted(v.value, count); }
  template <class T>
  void counted(std::vector<T>& v, size_t count) {
    // A struct or string is at least a byte, so that more elements than bytes are a lie.
    constexpr size_t kElementBytes = std::integral<T> || std::same_as<T, Uuid> ? sizeof(T) : 1;
    v.clear();
    if (count > kArrayElementsMax) return fail("has too many elements");
    if (count * kElementBytes > left()) return fail("is cut off");
    v.reserve(kElementBytes > 1 ? count : std::min(count, kReservedMax));
    const char* name = name_;
    while (!why_ && v.size() < count) {
      name_ = name;
      value(v.emplace_back(), {});
    }
  }
  void records(Records& v);

  template <class M>
  void tags(M& m) {
    for (uint32_t count = uvarint(); count > 0 && !why_; --count) {
      uint32_t number = uvarint();
      uint32_t size = uvarint();
      if (why_) return;
      if (size > left()) return fail("has a tag that is cut off");
      const uint8_t* outer_end = std::exchange(end_, at_ + size);
      wanted_tag_ = number;
      found_tag_ = false;
      M::fields(m, *this);
      if (!why_ && found_tag_ && at_ != end_) fail("has bytes behind it");
      at_ = end_;  // An unknown tag is skipped.
      end_ = outer_end;
    }
  }

  template <std::integral Int>
  Int take() {
    const uint8_t* from = bytes(sizeof(Int));
    return from ? load_be<Int>(from) : Int{};
  }
  // The next `count` bytes, or null where they are not there.
  const uint8_t* bytes(size_t count) {
    if (why_) return nullptr;
    if (count > left()) {
      fail("is cut off");
      return nullptr;
    }
    return std::exchange(at_, at_ + count);
  }
  uint32_t uvarint();
  // Of a string (`short_length`: int16 before the flexible versions), bytes or an array; -1 is null.
  int64_t length(bool short_length);
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  void fail(const char* why) {
    if (!why_) why_ = why;
  }

  static constexpr size_t kReservedMax = 256;
  const uint8_t* at_;
  const uint8_t* end_;
  const Buffer& owner_;
  const int16_t version_;
  const bool flexible_;
  bool found_tag_ = false;
  uint64_t wanted_tag_ = kNoTag;  // While a tag is read: its number.
  size_t structs_left_ = kArrayElementsMax;
  const char* name_ = "the first field";
  const char* why_ = nullptr;
};

}  // namespace sl::wire
