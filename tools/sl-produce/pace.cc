#include "tools/sl-produce/pace.h"

#include <fmt/core.h>

#include "base/text.h"

namespace sl::tools::produce {
namespace {

// 1,000 records a nanosecond, or what any disk can do.
constexpr double kRateMax = 1e12;

}  // namespace

Result<Rate> parse_rate(std::string_view text) {
  std::string_view amount = text;
  double seconds = 1;
  if (size_t slash = text.rfind('/'); slash != text.npos) {
    std::string_view unit = text.substr(slash + 1);
    if (unit == "m" || unit == "min") {
      seconds = 60;
    } else if (unit == "h") {
      seconds = 3600;
    } else if (unit != "s") {
      return Error{Errc::kUsage, fmt::format("'{}' is not a rate: after the slash comes s, m or h", text)};
    }
    amount = text.substr(0, slash);
  }
  Rate rate;
  if (auto records = parse_double(amount)) {
    rate.per_second = *records / seconds;
  } else if (auto bytes = parse_size(amount)) {
    rate.per_second = static_cast<double>(*bytes) / seconds;
    rate.bytes = true;
  }
  if (rate.per_second > 0 && rate.per_second <= kRateMax) return rate;
  return Error{Errc::kUsage, fmt::format("'{}' is not a rate: write 100/s for records, 5MiB/s for bytes", text)};
}

}  // namespace sl::tools::produce
