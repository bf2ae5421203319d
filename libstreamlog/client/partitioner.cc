#include "client/partitioner.h"

#include <fmt/core.h>

namespace sl::client {

Result<PartitionerKind> parse_partitioner(std::string_view name) {
  if (name == "murmur2") return PartitionerKind::kMurmur2;
  if (name == "roundrobin") return PartitionerKind::kRoundRobin;
  if (name == "sticky") return PartitionerKind::kSticky;
  if (name == "random") return PartitionerKind::kRandom;
  return Error{Errc::kUsage,
               fmt::format("'{}' is no partitioner; there are murmur2, roundrobin, sticky and random", name)};
}

}  // namespace sl::client
