// KeyHash: 16 bytes that stand for a record's key. SipHash-2-4 of 128 bits (Aumasson, Bernstein; their reference
// vectors are in the test) under a secret: two keys with one hash would cost one of them its records, and without the
// secret nobody can make such a pair.
#pragma once
#include <cstdint>

#include "base/bytes.h"

namespace sl::storage {

struct KeyHash {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator==(const KeyHash&) const = default;
};

struct HashSecret {
  uint64_t first = 0;
  uint64_t second = 0;
};

KeyHash hash_key(const HashSecret& secret, Bytes key);

}  // namespace sl::storage
