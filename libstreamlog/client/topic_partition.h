// TopicPartition: the name of one partition.
#pragma once
#include <compare>
#include <string>

#include "base/ids.h"

namespace sl::client {

struct TopicPartition {
  std::string topic;
  Partition partition;
  auto operator<=>(const TopicPartition&) const = default;
};

}  // namespace sl::client
