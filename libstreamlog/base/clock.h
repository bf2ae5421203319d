// Time through a seam: wall time for timestamps, monotonic time for everything that waits.
#pragma once
#include <cstdint>

namespace sl {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01 UTC. May step.
  virtual int64_t wall_ms() const = 0;
  // Nanoseconds since an unnamed moment. Never goes back.
  virtual int64_t mono_ns() const = 0;
  int64_t mono_ms() const { return mono_ns() / 1'000'000; }
};

// The machine's own clocks.
const Clock& system_clock();

// Lets whoever waits for this thread's processor have it first. For long work that never waits by itself.
void offer_processor();

}  // namespace sl
