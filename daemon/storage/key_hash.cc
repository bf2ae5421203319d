// Eight bytes a round, little-endian as the reference reads them.
#include "storage/key_hash.h"

#include <bit>
#include <cstring>

namespace sl::storage {
namespace {

struct State {
  uint64_t a, b, c, d;

  void mix() {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
  }
  void take(uint64_t word) {
    d ^= word;
    mix();
    mix();
    a ^= word;
  }
  uint64_t finish() {
    for (int i = 0; i < 4; ++i) mix();
    return a ^ b ^ c ^ d;
  }
};

}  // namespace

KeyHash hash_key(const HashSecret& secret, Bytes key) {
  State state{secret.first ^ 0x736f6d6570736575, secret.second ^ 0x646f72616e646f6d ^ 0xee,
              secret.first ^ 0x6c7967656e657261, secret.second ^ 0x7465646279746573};
  static_assert(std::endian::native == std::endian::little);
  size_t whole = key.size() / 8;
  for (size_t i = 0; i < whole; ++i) {
    uint64_t word;
    std::memcpy(&word, key.data() + 8 * i, sizeof word);
    state.take(word);
  }
  uint64_t last = uint64_t{key.size()} << 56;
  for (size_t i = 8 * whole; i < key.size(); ++i) last |= uint64_t{key[i]} << (8 * (i % 8));
  state.take(last);
  state.c ^= 0xee;
  KeyHash hash;
  hash.high = state.finish();
  state.b ^= 0xdd;
  hash.low = state.finish();
  return hash;
}

}  // namespace sl::storage
