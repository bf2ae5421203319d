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
  for (const auto& [topic, count] : counts) {
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
  int32_t newest = -1;
  for (const AssigningMember& member : members) newest = std::max(newest, member.generation);
  std::map<TopicPartition, std::string> owners;
  // Those that name their generation first: what they claim nobody may claim without.
  for (bool dated : {true, false}) {
    std::map<TopicPartition, std::string> claimed;
    std::set<TopicPartition> contested;
    for (const AssigningMember& member : members) {
      bool counts = dated ? member.generation >= 0 && member.generation == newest : member.generation < 0;
      if (!counts) continue;
      for (const TopicPartition& each : member.owned)
        if (!claimed.emplace(each, member.id).second) contested.insert(each);
    }
    for (const TopicPartition& each : contested) claimed.erase(each);
    owners.merge(claimed);
  }
  return owners;
}

void withhold_claimed(Assignments& assignments, const std::vector<AssigningMember>& members) {
  std::map<TopicPartition, std::string> owners = claims(members);
  for (auto& [member, partitions] : assignments) {
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
