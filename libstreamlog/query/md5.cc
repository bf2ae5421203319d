#include "query/md5.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string>

namespace sl::query {
namespace {

using State = std::array<uint32_t, 4>;
constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

uint32_t word_of(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) | static_cast<uint32_t>(at[1]) << 8 | static_cast<uint32_t>(at[2]) << 16 |
         static_cast<uint32_t>(at[3]) << 24;
}

// The constants are the sines of 1 to 64, which a double holds exactly enough.
std::array<uint32_t, 64> sines() {
  std::array<uint32_t, 64> out;
  for (size_t i = 0; i < 64; ++i)
    out[i] = static_cast<uint32_t>(std::floor(std::fabs(std::sin(static_cast<double>(i + 1))) * 0x1p32));
  return out;
}

void mix(State& state, const uint8_t* block, const std::array<uint32_t, 64>& sine) {
  auto [a, b, c, d] = state;
  for (size_t i = 0; i < 64; ++i) {
    size_t round = i / 16;
    uint32_t f = round == 0   ? (b & c) | (~b & d)
                 : round == 1 ? (d & b) | (~d & c)
                 : round == 2 ? b ^ c ^ d
                              : c ^ (b | ~d);
    size_t word = round == 0 ? i : round == 1 ? (5 * i + 1) % 16 : round == 2 ? (3 * i + 5) % 16 : 7 * i % 16;
    uint32_t sum = a + f + sine[i] + word_of(block + 4 * word);
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, kTurns[round][i % 4]);
  }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
}

}  // namespace

std::array<uint8_t, 16> md5_of(Bytes bytes) {
  State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  auto sine = sines();
  size_t whole = bytes.size() / 64 * 64;
  for (size_t at = 0; at < whole; at += 64) mix(state, bytes.data() + at, sine);
  // The rest, a one bit, zeros up to eight bytes before a block's end, and the length in bits.
  std::array<uint8_t, 128> last{};
  size_t rest = bytes.size() - whole, end = rest < 56 ? 64 : 128;
  if (rest) std::memcpy(last.data(), bytes.data() + whole, rest);
  last[rest] = 0x80;
  for (size_t i = 0; i < 8; ++i)
    last[end - 8 + i] = static_cast<uint8_t>(static_cast<uint64_t>(bytes.size()) * 8 >> (8 * i));
  for (size_t at = 0; at < end; at += 64) mix(state, last.data() + at, sine);
  std::array<uint8_t, 16> out;
  for (size_t i = 0; i < 16; ++i) out[i] = static_cast<uint8_t>(state[i / 4] >> (8 * (i % 4)));
  return out;
}

}  // namespace sl::query
