// Who reads what: range and roundrobin as Java computes them, and a sticky assignor that moves what it must.
#include "client/assignors.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sl::client {
namespace {

AssigningMember assigning(std::string id, std::vector<std::string> topics) {
  AssigningMember member;
  member.id = std::move(id);
  member.topics = std::move(topics);
  return member;
}

std::string text_of(const PartitionNames& names) {
  std::string text;
  for (const TopicPartition& each : names) text += each.topic + std::to_string(each.partition.value) + " ";
  return text;
}

size_t assigned_count(const Assignments& assignments) {
  size_t sum = 0;
  for (const auto& [member, partitions] : assignments) sum += partitions.size();
  return sum;
}

// As the next rebalance finds them.
void own(std::vector<AssigningMember>& members, const Assignments& assignments, int32_t generation) {
  for (AssigningMember& member : members) {
    auto found = assignments.find(member.id);
    if (found == assignments.end()) continue;
    member.owned.assign(found->second.begin(), found->second.end());
    member.generation = generation;
  }
}

// RangeAssignorTest of Kafka: two consumers, two topics of three partitions.
TEST(Assignors, RangeIsJavas) {
  std::vector<AssigningMember> members = {assigning("b", {"s", "t"}), assigning("a", {"t", "s"})};
  Assignments assignments = assign_range(members, {{"s", 3}, {"t", 3}});
  EXPECT_EQ(text_of(assignments["a"]), "s0 s1 t0 t1 ");
  EXPECT_EQ(text_of(assignments["b"]), "s2 t2 ");
  members.push_back(assigning("c", {"t"}));
  assignments = assign_range(members, {{"s", 3}, {"t", 2}});
  EXPECT_EQ(text_of(assignments["a"]), "s0 s1 t0 ");
  EXPECT_EQ(text_of(assignments["b"]), "s2 t1 ");
  EXPECT_EQ(text_of(assignments["c"]), "");
}

TEST(Assignors, StaticMembersComeFirstInTheOrderOfTheirInstances) {
  std::vector<AssigningMember> members = {assigning("a", {"t"}), assigning("b", {"t"}), assigning("c", {"t"})};
  members[1].instance_id = "z";
  members[2].instance_id = "y";
  Assignments assignments = assign_range(members, {{"t", 4}});
  EXPECT_EQ(text_of(assignments["c"]), "t0 t1 ");
  EXPECT_EQ(text_of(assignments["b"]), "t2 ");
  EXPECT_EQ(text_of(assignments["a"]), "t3 ");
}

// RoundRobinAssignorTest of Kafka, with mixed topics: consumer 1 reads all, 0 and 2 one each.
TEST(Assignors, RoundRobinIsJavas) {
  std::vector<AssigningMember> members = {assigning("c0", {"t1"}), assigning("c1", {"t1", "t2"}),
                                          assigning("c2", {"t1", "t2", "t3"})};
  Assignments assignments = assign_round_robin(members, {{"t1", 1}, {"t2", 2}, {"t3", 3}});
  EXPECT_EQ(text_of(assignments["c0"]), "t10 ");
  EXPECT_EQ(text_of(assignments["c1"]), "t20 ");
  EXPECT_EQ(text_of(assignments["c2"]), "t21 t30 t31 t32 ");
  assignments = assign_round_robin({assigning("a", {"t"}), assigning("b", {"t"})}, {{"t", 3}, {"nobodys", 2}});
  EXPECT_EQ(text_of(assignments["a"]), "t0 t2 ");
  EXPECT_EQ(text_of(assignments["b"]), "t1 ");
}

TEST(Assignors, StickyMovesNothingButForBalance) {
  std::vector<AssigningMember> members = {assigning("a", {"t"}), assigning("b", {"t"})};
  PartitionCounts counts = {{"t", 4}};
  Assignments two = assign_sticky(members, counts);
  EXPECT_EQ(two["a"].size(), 2u);
  own(members, two, 1);
  EXPECT_EQ(assign_sticky(members, counts), two) << "nothing has changed";

  members.push_back(assigning("c", {"t"}));
  Assignments three = assign_sticky(members, counts);
  EXPECT_EQ(three["c"].size(), 1u);
  size_t moved = 0;
  for (const char* id : {"a", "b"})
    for (const TopicPartition& each : two[id]) moved += !three[id].contains(each);
  EXPECT_EQ(moved, 1u);

  own(members, three, 2);
  members.erase(members.begin());
  Assignments left = assign_sticky(members, counts);
  EXPECT_EQ(assigned_count(left), 4u);
  EXPECT_EQ(left["b"].size(), 2u);
  for (const TopicPartition& each : three["b"]) EXPECT_TRUE(left["b"].contains(each));
  for (const TopicPartition& each : three["c"]) EXPECT_TRUE(left["c"].contains(each));
}

TEST(Assignors, AFifthMemberCostsTheOthersNoMoreThanItsShare) {
  std::vector<AssigningMember> members;
  for (const char* id : {"a", "b", "c", "d"}) members.push_back(assigning(id, {"t"}));
  PartitionCounts counts = {{"t", 16}};
  Assignments before = assign_sticky(members, counts);
  own(members, before, 1);
  members.push_back(assigning("e", {"t"}));
  Assignments after = assign_sticky(members, counts);
  EXPECT_EQ(after["e"].size(), 3u);
  for (auto& [id, partitions] : before) {
    EXPECT_GE(after[id].size(), 3u);
    EXPECT_TRUE(std::includes(partitions.begin(), partitions.end(), after[id].begin(), after[id].end())) << id;
  }
}

TEST(Assignors, StickyGivesOnlyWhatIsWantedAndExists) {
  std::vector<AssigningMember> members = {assigning("a", {"s", "t"}), assigning("b", {"t", "t", "gone"})};
  members[0].owned = {{"t", Partition(0)}, {"t", Partition(1)}, {"t", Partition(9)}, {"other", Partition(0)}};
  members[0].generation = 3;
  Assignments assignments = assign_sticky(members, {{"s", 3}, {"t", 2}});
  EXPECT_EQ(text_of(assignments["a"]), "s0 s1 s2 ");
  EXPECT_EQ(text_of(assignments["b"]), "t0 t1 ");
}

TEST(Assignors, StickyIsEvenWithManyMembers) {
  std::vector<AssigningMember> members;
  for (int i = 0; i < 37; ++i) members.push_back(assigning("m" + std::to_string(i), {"s", "t"}));
  PartitionCounts counts = {{"s", 100}, {"t", 51}};
  for (int32_t generation = 1; members.size() > 1; ++generation) {
    Assignments assignments = assign_sticky(members, counts);
    EXPECT_EQ(assigned_count(assignments), 151u);
    for (const auto& [member, partitions] : assignments) {
      EXPECT_GE(partitions.size(), 151 / members.size());
      EXPECT_LE(partitions.size(), 151 / members.size() + 1);
    }
    own(members, assignments, generation);
    members.erase(members.begin() + generation % static_cast<int32_t>(members.size()));
  }
}

TEST(Assignors, WhatAnotherStillOwnsIsWithheld) {
  std::vector<AssigningMember> members = {assigning("a", {"t"}), assigning("b", {"t"})};
  members[0].owned = {{"t", Partition(0)}, {"t", Partition(1)}};
  members[0].generation = 5;
  Assignments assignments = assign_sticky(members, {{"t", 2}});
  EXPECT_EQ(assignments["b"].size(), 1u);
  withhold_claimed(assignments, members);
  EXPECT_EQ(assignments["a"].size(), 1u);
  EXPECT_EQ(assignments["b"].size(), 0u);
}

TEST(Assignors, TheNewestClaimCountsAndADisputedOneDoesNot) {
  std::vector<AssigningMember> members = {assigning("a", {"t"}), assigning("b", {"t"}), assigning("c", {"t"})};
  members[0].owned = {{"t", Partition(0)}, {"t", Partition(3)}};
  members[0].generation = 4;
  members[1].owned = {{"t", Partition(0)}, {"t", Partition(1)}, {"t", Partition(2)}};
  members[1].generation = 5;
  members[2].owned = {{"t", Partition(1)}, {"t", Partition(2)}};
  members[2].generation = 5;
  auto owners = claims(members);
  EXPECT_EQ(owners.size(), 2u);
  EXPECT_EQ(owners.at({"t", Partition(0)}), "b");
  EXPECT_EQ(owners.at({"t", Partition(3)}), "a");
}

}  // namespace
}  // namespace sl::client
