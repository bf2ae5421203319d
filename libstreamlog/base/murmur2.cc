#include "base/murmur2.h"

namespace sl {

uint32_t murmur2(Bytes key) {
  constexpr uint32_t kSeed = 0x9747b28c, kM = 0x5bd1e995;
  const uint8_t* p = key.data();
  size_t left = key.size();
  uint32_t h = kSeed ^ static_cast<uint32_t>(left);
  for (; left >= 4; p += 4, left -= 4) {
    uint32_t k;
    std::memcpy(&k, p, 4);  // little-endian words, see bytes.h
    k *= kM;
    k ^= k >> 24;
    k *= kM;
    h = h * kM ^ k;
  }
  if (left >= 3) h ^= uint32_t{p[2]} << 16;
  if (left >= 2) h ^= uint32_t{p[1]} << 8;
  if (left >= 1) h = (h ^ p[0]) * kM;
  h ^= h >> 13;
  h *= kM;
  h ^= h >> 15;
  return h;
}

}  // namespace sl
