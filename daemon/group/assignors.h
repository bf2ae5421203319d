// Who of a KIP-848 group shall own what. Both are pure functions of the members, the topics and the earlier target;
// the same input gives the same answer on every machine.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "group/records.h"

namespace sl::group {

struct AssigningMember {
  std::string order;         // range gives the first partitions to the smallest: the instance id, else the member id
  std::vector<Uuid> topics;  // ascending, existing ones only
  PartitionSet target;       // of the last assignment; may name partitions that it must not have any more
};
// By member id.
using AssigningMembers = std::map<std::string, AssigningMember>;
using Assignment = std::map<std::string, PartitionSet>;
using PartitionCounts = std::map<Uuid, int32_t>;

// "uniform": members with the same subscription get numbers of partitions that differ by one at most, and nobody loses
// a partition but for balance. With different subscriptions no single move can make it more even.
Assignment assign_uniform(const AssigningMembers& members, const PartitionCounts& topics);

// "range": of each topic's partitions a contiguous run to each subscriber, longer by one for the first ones.
Assignment assign_range(const AssigningMembers& members, const PartitionCounts& topics);

bool is_assignor(std::string_view name);
inline constexpr std::string_view kDefaultAssignor = "uniform";
Assignment assign(std::string_view assignor, const AssigningMembers& members, const PartitionCounts& topics);

}  // namespace sl::group
