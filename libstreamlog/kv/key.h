// Keys: byte strings whose order as bytes is the order of the fields they are made of, first field first. The hard
// part is that a field must never run into the next one: integers have a fixed width, and a byte string in the middle
// of a key is escaped and closed (0x00 becomes 0x00 0xff, the end is 0x00 0x01), as in CockroachDB's key encoding.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/uuid.h"

namespace sl::kv {

// Composes a key, field by field. Signed numbers order as numbers: -1 comes before 0.
class KeyBuilder {
 public:
  KeyBuilder& u8(uint8_t value) {
    key_ += static_cast<char>(value);
    return *this;
  }
  KeyBuilder& be32(int32_t value) { return fixed(static_cast<uint32_t>(value) ^ 0x8000'0000u); }
  KeyBuilder& be64(int64_t value) { return fixed(static_cast<uint64_t>(value) ^ 0x8000'0000'0000'0000u); }
  template <class Tag>
  KeyBuilder& be32(Id<Tag, int32_t> id) {
    return be32(id.value);
  }
  template <class Tag>
  KeyBuilder& be64(Id<Tag, int64_t> id) {
    return be64(id.value);
  }
  KeyBuilder& uuid(const Uuid& id) {
    key_.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
    return *this;
  }
  // A string of any bytes with further fields after it.
  KeyBuilder& bytes(std::string_view text) {
    for (char c : text) {
      key_ += c;
      if (c == '\0') key_ += '\xff';
    }
    key_.append("\0\1", 2);
    return *this;
  }
  // A string of any bytes that ends the key.
  KeyBuilder& tail(std::string_view text) {
    key_.append(text);
    return *this;
  }

  std::string_view view() const { return key_; }
  operator std::string_view() const { return key_; }

 private:
  template <class Int>
  KeyBuilder& fixed(Int value) {
    uint8_t raw[sizeof value];
    store_be(raw, value);
    key_.append(reinterpret_cast<const char*>(raw), sizeof raw);
    return *this;
  }
  std::string key_;
};

// Takes a key apart again. Keys come from a file, so a short or foreign one is expected: then ok() turns false and
// stays so, and the fields read as zero.
class KeyReader {
 public:
  explicit KeyReader(std::string_view key) : rest_(key) {}
  bool ok() const { return ok_; }
  // Read without failure, and nothing is left.
  bool finished() const { return ok_ && rest_.empty(); }

  uint8_t u8() { return fixed<uint8_t>(); }
  int32_t be32() {
    uint32_t value = fixed<uint32_t>();
    return ok_ ? static_cast<int32_t>(value ^ 0x8000'0000u) : 0;
  }
  int64_t be64() {
    uint64_t value = fixed<uint64_t>();
    return ok_ ? static_cast<int64_t>(value ^ 0x8000'0000'0000'0000u) : 0;
  }
  Uuid uuid() {
    Uuid id;
    std::string_view raw = take(id.bytes.size());
    std::copy(raw.begin(), raw.end(), id.bytes.begin());
    return id;
  }
  std::string bytes() {
    std::string text;
    while (ok_) {
      char c = static_cast<char>(u8());
      if (!ok_) break;
      if (c != '\0') {
        text += c;
        continue;
      }
      uint8_t mark = u8();
      if (mark == 0x01) return text;
      if (mark != 0xff) ok_ = false;
      text += '\0';
    }
    return {};
  }
  std::string_view tail() { return take(rest_.size()); }

 private:
  std::string_view take(size_t size) {
    if (!ok_ || rest_.size() < size) {
      ok_ = false;
      return {};
    }
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <class Int>
  Int fixed() {
    std::string_view raw = take(sizeof(Int));
    return ok_ ? load_be<Int>(reinterpret_cast<const uint8_t*>(raw.data())) : Int{0};
  }
  std::string_view rest_;
  bool ok_ = true;
};

// The smallest key greater than every key that begins with `prefix`; empty where there is none (all 0xff).
inline std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  return end;
}

}  // namespace sl::kv
