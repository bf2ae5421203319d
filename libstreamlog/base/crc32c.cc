#include "base/crc32c.h"

#include <isa-l/crc.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace sl {
namespace {

// Below this many bytes the call into isa-l costs more than it saves.
constexpr size_t kShort = 256;
// isa-l takes an int length.
constexpr size_t kPieceMax = size_t{1} << 30;

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t crc_short(Bytes bytes, uint32_t crc) {
  const uint8_t* p = bytes.data();
  size_t n = bytes.size();
  uint64_t wide = crc;
  for (; n >= 8; p += 8, n -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = static_cast<uint32_t>(wide);
  for (; n > 0; ++p, --n) crc = _mm_crc32_u8(crc, *p);
  return crc;
}
bool has_crc_instruction() {
  static const bool has = __builtin_cpu_supports("sse4.2");
  return has;
}
#endif

}  // namespace

uint32_t crc32c(Bytes bytes, uint32_t seed) {
  uint32_t crc = ~seed;
#if defined(__x86_64__)
  if (bytes.size() < kShort && has_crc_instruction()) return ~crc_short(bytes, crc);
#endif
  while (!bytes.empty()) {
    size_t n = std::min(bytes.size(), kPieceMax);
    crc = crc32_iscsi(const_cast<uint8_t*>(bytes.data()), static_cast<int>(n), crc);
    bytes = bytes.subspan(n);
  }
  return ~crc;
}

}  // namespace sl
