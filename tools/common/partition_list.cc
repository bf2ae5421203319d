// A set keeps them sorted and single.
#include "tools/common/partition_list.h"

#include <fmt/core.h>

#include <set>

#include "base/text.h"

namespace sl::tools {

Result<std::vector<int32_t>> parse_partition_list(std::string_view text, int32_t count) {
  std::set<int32_t> chosen;
  if (text.empty())
    for (int32_t p = 0; p < count; ++p) chosen.insert(p);
  for (std::string_view part : split(text, ',')) {
    if (text.empty()) break;
    size_t dash = part.find('-');
    auto first = parse_int(part.substr(0, dash));
    auto last = dash == part.npos ? first : parse_int(part.substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first)
      return Error{Errc::kUsage, fmt::format("'{}' is not a list of partitions like 0,3,5-7", text)};
    if (*last >= count)
      return Error{Errc::kUnknownTopicOrPartition,
                   fmt::format("has no partition {}: it has {} (0 to {})", *last, count, count - 1)};
    for (int64_t p = *first; p <= *last; ++p) chosen.insert(static_cast<int32_t>(p));
  }
  return std::vector<int32_t>(chosen.begin(), chosen.end());
}

}  // namespace sl::tools
