// Assignors of the classic group protocol: who of the members shall read what. Pure functions; range and roundrobin
// give exactly what Java's and librdkafka's give, so that members of ours and theirs may lead in turn.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/handover.h"

namespace sl::client {

inline constexpr std::string_view kRangeAssignor = "range";
inline constexpr std::string_view kRoundRobinAssignor = "roundrobin";
inline constexpr std::string_view kCooperativeStickyAssignor = "cooperative-sticky";

struct AssigningMember {
  std::string id;
  std::optional<std::string> instance_id;
  std::vector<std::string> topics;
  // What it says it owns, as of which generation; -1 where it does not say.
  std::vector<TopicPartition> owned;
  int32_t generation = -1;
};
// By topic; one that does not exist is not in it.
using PartitionCounts = std::map<std::string, int32_t>;
// By member id; every member is in it.
using Assignments = std::map<std::string, PartitionNames>;

// Of each topic a contiguous run to each subscriber, longer by one for the first.
Assignments assign_range(std::vector<AssigningMember> members, const PartitionCounts& counts);
// All partitions in turn.
Assignments assign_round_robin(std::vector<AssigningMember> members, const PartitionCounts& counts);
// As even as one-partition moves can make it, and of what members own as much as possible stays.
Assignments assign_sticky(std::vector<AssigningMember> members, const PartitionCounts& counts);

// Who owns what, as far as the members' claims can be believed: a partition belongs to who claims it with the newest
// generation, and to none where several do (KIP-792). An older claim that nobody disputes stands: its member may have
// missed the answer to a join, and reads on until it is told otherwise.
std::map<TopicPartition, std::string> claims(const std::vector<AssigningMember>& members);
// Takes from every member what another still owns; it is handed over in the next rebalance (KIP-429).
void withhold_claimed(Assignments& assignments, const std::vector<AssigningMember>& members);

// By its name; an unknown one assigns nothing.
Assignments assign(std::string_view assignor, const std::vector<AssigningMember>& members,
                   const PartitionCounts& counts);

}  // namespace sl::client
