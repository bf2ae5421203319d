// KIP-848: the way of a member to its target, fencing, static members, failed appends; and the assignors.
#include <algorithm>

#include "base/random.h"
#include "group_fixture.h"

namespace sl::group {
namespace {

PartitionSet set_of(uint8_t topic, std::initializer_list<int32_t> partitions) {
  PartitionSet set;
  Uuid id;
  id.bytes[15] = topic;
  for (int32_t p : partitions) set.push_back({id, Partition(p)});
  return set;
}

class ConsumerGroups : public ::testing::Test {
 protected:
  World w;
  ConsumerGroups() { w.topics.set("t", 1, 4); }

  static ConsumerHeartbeat joining(const std::string& member) {
    ConsumerHeartbeat heartbeat;
    heartbeat.group = "g";
    heartbeat.member_id = member;
    heartbeat.rebalance_timeout_ms = 20'000;
    heartbeat.topic_names = {"t"};
    heartbeat.owned = PartitionSet{};
    return heartbeat;
  }
  static ConsumerHeartbeat beating(const std::string& member, int32_t epoch,
                                   std::optional<PartitionSet> owned = std::nullopt) {
    ConsumerHeartbeat heartbeat;
    heartbeat.group = "g";
    heartbeat.member_id = member;
    heartbeat.epoch = epoch;
    heartbeat.owned = std::move(owned);
    return heartbeat;
  }
  ConsumerHeartbeatAnswer ask(const ConsumerHeartbeat& heartbeat) {
    auto id = w.consumer(heartbeat);
    w.drain();
    return *w.answer<ConsumerHeartbeatAnswer>(id);
  }
  ConsumerGroup::Description group() { return w.groups.consumer("g")->describe(); }
  std::string_view state() { return name_of(group().state); }
};

TEST_F(ConsumerGroups, PartitionsAreGivenUpBeforeTheyAreGiven) {
  auto a = ask(joining("a"));
  EXPECT_EQ(a.epoch, 1);
  EXPECT_EQ(a.heartbeat_interval_ms, 500);
  EXPECT_EQ(a.assignment, set_of(1, {0, 1, 2, 3}));
  EXPECT_EQ(state(), "Stable");
  auto b = ask(joining("b"));
  EXPECT_EQ(b.epoch, 2);
  EXPECT_EQ(b.assignment, PartitionSet{}) << "still another's";
  EXPECT_EQ(state(), "Reconciling");
  a = ask(beating("a", 1));
  EXPECT_EQ(a.epoch, 1) << "it has not given anything up yet";
  EXPECT_EQ(a.assignment, set_of(1, {0, 1}));
  EXPECT_EQ(ask(beating("b", 2)).assignment, std::nullopt);
  EXPECT_EQ(ask(beating("a", 1)).epoch, 1) << "no word of what it owns";
  EXPECT_EQ(ask(beating("a", 1, set_of(1, {0, 1, 3}))).epoch, 1);
  a = ask(beating("a", 1, set_of(1, {0, 1})));
  EXPECT_EQ(a.epoch, 2);
  EXPECT_EQ(ask(beating("b", 2)).assignment, set_of(1, {2, 3}));
  EXPECT_EQ(state(), "Stable");
  EXPECT_EQ(w.replayed(), w.groups.image());
}

TEST_F(ConsumerGroups, ACrowdedCoordinatorIsCalledLessOften) {
  w.settings.consumer_heartbeat_interval_crowd_ms = 2'500;
  EXPECT_EQ(ask(joining("a")).heartbeat_interval_ms, 2'500);
  w.settings.consumer_heartbeat_interval_crowd_ms = 1'000'000;
  EXPECT_EQ(ask(joining("b")).heartbeat_interval_ms, w.settings.consumer_session_timeout_ms / 3);
}

TEST_F(ConsumerGroups, NothingIsToldBeforeItIsDurable) {
  auto a = w.consumer(joining("a"));
  auto b = w.consumer(joining("b"));
  auto c = w.consumer(joining("c"));
  EXPECT_TRUE(w.answers.empty());
  EXPECT_EQ(state(), "Empty");
  EXPECT_EQ(w.appends.size(), 1U);
  w.settle_one();
  EXPECT_NE(w.answer<ConsumerHeartbeatAnswer>(a), nullptr);
  EXPECT_EQ(w.appends.size(), 1U) << "those that waited share one append";
  w.settle_one();
  EXPECT_EQ(w.answer<ConsumerHeartbeatAnswer>(b)->epoch, 2);
  EXPECT_EQ(w.answer<ConsumerHeartbeatAnswer>(c)->epoch, 2);
}

TEST_F(ConsumerGroups, AFailedAppendPutsBackWhatWas) {
  ask(joining("a"));
  auto before = w.groups.image();
  auto b = w.consumer(joining("b"));
  w.settle_one(Errc::kDiskFull);
  EXPECT_EQ(w.answer<ConsumerHeartbeatAnswer>(b)->error, Errc::kNotCoordinator);
  EXPECT_EQ(w.groups.image(), before);
  EXPECT_EQ(w.replayed(), before);
  EXPECT_EQ(ask(beating("a", 1, set_of(1, {0, 1, 2, 3}))).epoch, 1);
  EXPECT_EQ(ask(joining("b")).epoch, 2);
}

TEST_F(ConsumerGroups, WrongEpochsAreFenced) {
  EXPECT_EQ(ask(beating("x", 4)).error, Errc::kUnknownMemberId);
  ask(joining("a"));
  EXPECT_EQ(ask(beating("x", 4)).error, Errc::kUnknownMemberId);
  EXPECT_EQ(ask(beating("a", 2)).error, Errc::kFencedMemberEpoch);
  w.topics.set("t", 1, 6);
  auto a = ask(beating("a", 1, set_of(1, {0, 1, 2, 3})));
  EXPECT_EQ(a.epoch, 2);
  EXPECT_EQ(a.assignment->size(), 6U);
  // That answer was lost: the last epoch is good with what it had, and with nothing else.
  EXPECT_EQ(ask(beating("a", 1)).error, Errc::kFencedMemberEpoch);
  EXPECT_EQ(ask(beating("a", 1, set_of(1, {0, 9}))).error, Errc::kFencedMemberEpoch);
  a = ask(beating("a", 1, set_of(1, {0, 1, 2, 3})));
  EXPECT_EQ(a.epoch, 2);
  EXPECT_EQ(a.assignment->size(), 6U);
  // A fenced member joins again and is told what is its own.
  a = ask(joining("a"));
  EXPECT_EQ(a.epoch, 2);
  EXPECT_EQ(a.assignment->size(), 6U);
  EXPECT_EQ(w.committed(commit_of("a", 1, 5)), Errc::kStaleMemberEpoch);
  EXPECT_EQ(w.committed(commit_of("a", 2, 5)), Errc::kNone);
  EXPECT_EQ(w.committed(commit_of("", -1, 5)), Errc::kUnknownMemberId);
  EXPECT_EQ(w.groups.check_fetch("g", "a", 1), Errc::kStaleMemberEpoch);
}

TEST_F(ConsumerGroups, AMemberThatDoesNotRevokeIsRemoved) {
  ask(joining("a"));
  ask(joining("b"));
  ask(beating("a", 1));
  for (int i = 0; i < 3; ++i) {
    w.pass(5'000);
    EXPECT_EQ(ask(beating("b", 2)).assignment, std::nullopt);
    EXPECT_EQ(ask(beating("a", 1)).error, Errc::kNone);
  }
  w.pass(5'000);
  EXPECT_EQ(ask(beating("a", 1)).error, Errc::kUnknownMemberId);
  EXPECT_EQ(ask(beating("b", 2)).assignment->size(), 4U);
}

TEST_F(ConsumerGroups, SessionsEndAndMembersLeave) {
  ask(joining("a"));
  ask(joining("b"));
  w.pass(30'000);
  ask(beating("b", 2));
  w.pass(15'000);
  EXPECT_EQ(group().members.size(), 1U);
  EXPECT_EQ(ask(beating("b", 2)).assignment->size(), 4U);
  EXPECT_EQ(ask(beating("b", -1)).epoch, -1);
  EXPECT_EQ(state(), "Empty");
  EXPECT_EQ(w.replayed(), w.groups.image());
  EXPECT_EQ(w.committed(commit_of("", -1, 5)), Errc::kNone);
}

TEST_F(ConsumerGroups, AStaticMemberComesBackToItsOwn) {
  auto heartbeat = joining("s1");
  heartbeat.instance_id = "i";
  ask(heartbeat);
  ask(joining("b"));
  auto second = joining("s2");
  second.instance_id = "i";
  EXPECT_EQ(ask(second).error, Errc::kUnreleasedInstanceId);
  auto bye = beating("s1", -2);
  EXPECT_EQ(ask(bye).error, Errc::kInvalidRequest);
  bye.instance_id = "i";
  EXPECT_EQ(ask(bye).epoch, -2);
  int32_t epoch = group().epoch;
  EXPECT_EQ(ask(beating("b", 2)).assignment, std::nullopt);
  auto back = ask(second);
  EXPECT_EQ(back.epoch, epoch) << "no new epoch for a restart";
  EXPECT_EQ(back.assignment->size(), 2U);
  auto late = beating("s1", 1);
  late.instance_id = "i";
  EXPECT_EQ(ask(late).error, Errc::kFencedInstanceId);
  EXPECT_EQ(ask(beating("b", 2)).assignment->size(), 2U);
  EXPECT_EQ(w.replayed(), w.groups.image());
}

TEST_F(ConsumerGroups, SubscriptionsChangeAndPatternsFollowTopics) {
  w.topics.set("u1", 2, 2);
  auto heartbeat = joining("a");
  heartbeat.topic_names = std::nullopt;
  heartbeat.topic_regex = "u";
  EXPECT_EQ(ask(heartbeat).assignment, set_of(2, {0, 1}));
  w.topics.set("u2", 3, 1);
  EXPECT_EQ(ask(beating("a", 1)).assignment->size(), 3U);
  auto change = beating("a", 2, PartitionSet(group().members.at("a").current.assigned));
  change.topic_names = {"t"};
  change.topic_regex = "";
  auto changed = ask(change);
  EXPECT_EQ(changed.epoch, 2);
  EXPECT_EQ(changed.assignment, PartitionSet{});
  EXPECT_EQ(ask(beating("a", 2, PartitionSet{})).assignment, set_of(1, {0, 1, 2, 3}));
}

TEST_F(ConsumerGroups, BadRequestsLeaveNoGroup) {
  auto heartbeat = joining("a");
  heartbeat.assignor = "mine";
  EXPECT_EQ(ask(heartbeat).error, Errc::kUnsupportedAssignor);
  heartbeat = joining("a");
  heartbeat.topic_names.reset();
  EXPECT_EQ(ask(heartbeat).error, Errc::kInvalidRequest);
  EXPECT_EQ(w.groups.consumer("g"), nullptr);
  EXPECT_TRUE(w.groups.list().empty());
}

TEST(Assignors, RangeGivesRunsAndUniformBalances) {
  PartitionCounts topics;
  for (const auto& p : set_of(1, {0})) topics[p.topic] = 5;
  for (const auto& p : set_of(2, {0})) topics[p.topic] = 3;
  std::vector<Uuid> both;
  for (const auto& [id, count] : topics) both.push_back(id);
  AssigningMembers members{{"a", {"a", both, {}}}, {"b", {"b", both, {}}}, {"c", {"c", both, {}}}};
  auto range = assign_range(members, topics);
  EXPECT_EQ(range["a"].size(), 3U);
  EXPECT_EQ(range["c"].size(), 2U);
  EXPECT_EQ(range["b"].front().partition, Partition(2));
  auto uniform = assign_uniform(members, topics);
  for (auto& [id, set] : uniform) EXPECT_TRUE(set.size() == 2 || set.size() == 3) << id;
  EXPECT_EQ(assign_uniform(AssigningMembers{}, topics).size(), 0U);
}

TEST(Assignors, UniformIsCompleteBalancedAndSticky) {
  SeededRandom random(7);
  for (int round = 0; round < 200; ++round) {
    PartitionCounts topics;
    std::vector<Uuid> ids;
    for (uint8_t t = 1; t <= 1 + random.below(5); ++t) {
      ids.push_back(set_of(t, {0}).front().topic);
      topics[ids.back()] = static_cast<int32_t>(random.below(20));
    }
    bool same = random.below(2) == 0;
    AssigningMembers members;
    for (uint64_t m = 0; m < 1 + random.below(12); ++m) {
      AssigningMember member{"", {}, {}};
      for (const auto& id : ids) {
        if (same || random.below(2) == 0) member.topics.push_back(id);
      }
      members["m" + std::to_string(m)] = member;
    }
    auto check = [&](const Assignment& assignment) {
      std::map<TopicPartition, int> owners;
      size_t least = SIZE_MAX, most = 0;
      for (const auto& [id, set] : assignment) {
        least = std::min(least, set.size());
        most = std::max(most, set.size());
        for (const auto& p : set) {
          EXPECT_EQ(++owners[p], 1);
          EXPECT_TRUE(std::ranges::binary_search(members.at(id).topics, p.topic));
        }
      }
      for (const auto& [topic, count] : topics) {
        bool wanted = std::ranges::any_of(
            members, [&](const auto& m) { return std::ranges::binary_search(m.second.topics, topic); });
        for (int32_t p = 0; p < count; ++p) EXPECT_EQ(owners.contains({topic, Partition(p)}), wanted);
      }
      EXPECT_TRUE(!same || most - least <= 1);
    };
    auto first = assign_uniform(members, topics);
    check(first);
    for (auto& [id, member] : members) member.target = first[id];
    EXPECT_EQ(assign_uniform(members, topics), first) << "nothing changed, so nothing moves";
    members.erase(members.begin());
    if (members.empty()) continue;
    auto second = assign_uniform(members, topics);
    check(second);
    for (const auto& [id, set] : second) {
      EXPECT_TRUE(!same || std::ranges::includes(set, first[id])) << "who stays keeps what it had";
    }
  }
}

}  // namespace
}  // namespace sl::group
