#include "client/assignors.h"

#include <algorithm>
#include <set>

namespace sl::client {
namespace {

// Java's order: static members first, by instance id; the others by member id.
bool before(const AssigningMember& a, const AssigningMember& b) {
  if (a.instance_id && b.instance_id) return *a.instance_id < *b.instance_id;
  if (a.instance_id || b.instance_id) return a.instance_id.has_value();
  return a.id < b.id;
}

bool wants(const AssigningMember& member, const std::string& topic) {
  return std::find(member.topics.begin(), member.topics.end(), topic) != member.topics.end();
}

Assignments empty_for(const std::vector<AssigningMember>& members) {
  Assignments assignments;
  for (const AssigningMember& member : members) assignments[member.id];
  return assignments;
}

}  // namespace

Assignments assign_range(std::vector<AssigningMember> members, const PartitionCounts& counts) {
  std::sort(members.begin(), members.end(), before);
  Assignments assignments = empty_for(members);
  for (const auto& [topic, count] : counts) {
    std::vector<const AssigningMember*> subscribers;
    for (const AssigningMember& member : members)
      if (wants(member, topic)) subscribers.push_back(&member);
    if (subscribers.empty()) continue;
    auto among = static_cast<int32_t>(subscribers.size());
    int32_t next = 0;
    for (int32_t i = 0; i < among; ++i) {
      int32_t share = count / among + (i < count % among ? 1 : 0);
      PartitionNames& mine = assignments[subscribers[static_cast<size_t>(i)]->id];
      for (int32_t end = next + share; next < end; ++next) mine.insert({topic, Partition(next)});
    }
  }
  return assignments;
}

Assignments assign_round_robin(std::vector<AssigningMember> members, const PartitionCounts& counts) {
  std::sort(members.begin(), members.end(), before);
  Assignments assignments = empty_for(members);
  size_t turn = 0;
  for (const auto& [name, count] : counts) {
    const std::string& topic = name;
    bool any = std::any_of(members.begin(), members.end(), [&](const auto& member) { return wants(member, topic); });
    for (int32_t partition = 0; any && partition < count; ++partition) {
      while (!wants(members[turn % members.size()], topic)) ++turn;
      assignments[members[turn % members.size()].id].insert({topic, Partition(partition)});
      ++turn;
    }
  }
  return assignments;
}

std::map<TopicPartition, std::string> claims(const std::vector<AssigningMember>& members) {
  struct Claim {
    int32_t generation = -1;
    const AssigningMember* owner = nullptr;  // none where two claim it in one generation
  };
  std::map<TopicPartition, Claim> newest;
  for (const AssigningMember& member : members)
    for (const TopicPartition& each : member.owned) {
      auto [claim, first] = newest.try_emplace(each, Claim{member.generation, &member});
      if (first || member.generation < claim->second.generation) continue;
      bool contested = member.generation == claim->second.generation;
      claim->second = {member.generation, contested ? nullptr : &member};
    }
  std::map<TopicPartition, std::string> owners;
  for (const auto& [partition, claim] : newest)
    if (claim.owner) owners.emplace(partition, claim.owner->id);
  return owners;
}

void withhold_claimed(Assignments& assignments, const std::vector<AssigningMember>& members) {
  std::map<TopicPartition, std::string> owners = claims(members);
  for (auto& [id, partitions] : assignments) {
    const std::string& member = id;
    std::erase_if(partitions, [&](const TopicPartition& each) {
      auto owner = owners.find(each);
      return owner != owners.end() && owner->second != member;
    });
  }
}

Assignments assign(std::string_view assignor, const std::vector<AssigningMember>& members,
                   const PartitionCounts& counts) {
  if (assignor == kRangeAssignor) return assign_range(members, counts);
  if (assignor == kRoundRobinAssignor) return assign_round_robin(members, counts);
  if (assignor == kCooperativeStickyAssignor) return assign_sticky(members, counts);
  return empty_for(members);
}

}  // namespace sl::client
