// CleanPace: how fast all compactions of a shard together may move bytes (log.cleaner.io.max.bytes.per.second).
#pragma once
#include <algorithm>
#include <cstdint>

namespace sl::replica {

class CleanPace {
 public:
  explicit CleanPace(double bytes_per_second) : bytes_per_second_(bytes_per_second) {}
  // A step that is about a tenth of a second's, within bounds.
  uint64_t step_bytes() const {
    return static_cast<uint64_t>(std::clamp(bytes_per_second_ / 10, double{64 << 10}, double{8 << 20}));
  }
  // `bytes` were moved: when, in monotonic time, the mover may go on.
  int64_t moved(uint64_t bytes, int64_t now_ns) {
    constexpr double kHourNs = 3.6e12;
    double cost_ns = static_cast<double>(bytes) / bytes_per_second_ * 1e9;
    free_at_ns_ = std::max(free_at_ns_, now_ns) + static_cast<int64_t>(std::min(cost_ns, kHourNs));
    return free_at_ns_;
  }

 private:
  double bytes_per_second_;
  int64_t free_at_ns_ = 0;
};

}  // namespace sl::replica
