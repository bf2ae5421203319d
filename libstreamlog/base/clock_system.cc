// The machine's own clocks: the one place that asks the kernel what time it is; and its scheduler.
#include <sched.h>
#include <time.h>

#include "base/clock.h"

namespace sl {
namespace {

int64_t now_ns(clockid_t id) {
  timespec t;
  clock_gettime(id, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

class SystemClock final : public Clock {
 public:
  int64_t wall_ms() const override { return now_ns(CLOCK_REALTIME) / 1'000'000; }
  int64_t mono_ns() const override { return now_ns(CLOCK_MONOTONIC); }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

void offer_processor() {
  sched_yield();
}

}  // namespace sl
