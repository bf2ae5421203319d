// --rate: so many records or bytes a second, no more. A timer ends on a millisecond, so at high rates several records
// follow each wait.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace sl::tools::produce {

struct Rate {
  double per_second = 0;  // 0: no limit
  bool bytes = false;
};

// "100/s", "100" (records), "5MiB/s", "0.5/s", "600/m". kUsage.
Result<Rate> parse_rate(std::string_view text);

class Pace {
 public:
  explicit Pace(const Rate& rate) : rate_(rate) {}
  bool limited() const { return rate_.per_second > 0; }
  // When the next record may leave; 0 before the first.
  int64_t due_ns() const { return due_ns_; }
  // A record of so many bytes left.
  void spend(size_t bytes, int64_t now_ns) {
    double amount = rate_.bytes ? static_cast<double>(bytes) : 1.0;
    // Time that was not used is lost beyond this: a stalled input must not be followed by a flood.
    constexpr int64_t kBehindMaxNs = 100'000'000;
    int64_t from_ns = due_ns_ == 0 ? now_ns : std::max(due_ns_, now_ns - kBehindMaxNs);
    due_ns_ = from_ns + static_cast<int64_t>(amount / rate_.per_second * 1e9);
  }

 private:
  Rate rate_;
  int64_t due_ns_ = 0;
};

}  // namespace sl::tools::produce
