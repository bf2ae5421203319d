// The -p of the tools: numbers and ranges of partitions, like 0,3,5-7.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sl::tools {

// The partitions named, each once, in order; all of `count` where `text` is empty. kUsage where it is no such list,
// kUnknownTopicOrPartition where the topic has no such partition: that sentence continues one that names the topic.
Result<std::vector<int32_t>> parse_partition_list(std::string_view text, int32_t count);

}  // namespace sl::tools
