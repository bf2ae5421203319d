#include "base/random.h"

#include <sys/random.h>

#include <bit>
#include <cstring>

namespace sl {

void Random::fill(std::span<uint8_t> into) {
  while (!into.empty()) {
    uint64_t word = next();
    size_t n = std::min(into.size(), sizeof word);
    std::memcpy(into.data(), &word, n);
    into = into.subspan(n);
  }
}

SeededRandom::SeededRandom(uint64_t seed) {
  for (auto& word : state_) {  // splitmix64, as the generator's authors advise
    seed += 0x9e3779b97f4a7c15;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
}

uint64_t SeededRandom::next() {
  uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::unique_ptr<Random> system_random() {
  uint64_t seed = 0;
  while (getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) {
  }
  return std::make_unique<SeededRandom>(seed);
}

}  // namespace sl
