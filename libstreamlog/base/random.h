// Random numbers through a seam, so that a simulated run is its seed.
#pragma once
#include <cstdint>
#include <memory>
#include <span>

namespace sl {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t next() = 0;
  void fill(std::span<uint8_t> into);
  // Uniform enough in [0, bound); bound > 0.
  uint64_t below(uint64_t bound) { return next() % bound; }
};

// xoshiro256**: the same numbers for the same seed on every machine.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed);
  uint64_t next() override;

 private:
  uint64_t state_[4];
};

// Seeded by the kernel; ids and jitter come from it, never secrets.
std::unique_ptr<Random> system_random();

}  // namespace sl
