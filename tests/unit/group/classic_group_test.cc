// The classic states, cell by cell, and what a lost append leaves.
#include "group_fixture.h"

namespace sl::group {
namespace {

class ClassicGroups : public ::testing::Test {
 protected:
  World w;

  const ClassicGroup& group() { return *w.groups.classic("g"); }
  std::string_view state() { return name_of(group().state()); }
  RequestId join_new(const std::string& id, std::vector<ClassicProtocol> protocols = {{"range", "m"}}) {
    auto first = w.join(join_of("", id, protocols));
    EXPECT_EQ(w.answer<JoinAnswer>(first)->error, Errc::kMemberIdRequired);
    EXPECT_EQ(w.answer<JoinAnswer>(first)->member_id, id);
    return w.join(join_of(id, "", protocols));
  }
  RequestId sync(const std::string& member, std::vector<MemberAssignment> assignments = {}) {
    return w.sync({"g", member, std::nullopt, group().generation(), "consumer", "range", std::move(assignments)});
  }
  // Generation 2, leader "a", follower "b".
  void make_stable() {
    auto a = join_new("a");
    EXPECT_EQ(w.answer<JoinAnswer>(a)->generation, 1);
    auto b = join_new("b");
    EXPECT_EQ(w.answer<JoinAnswer>(b), nullptr);
    EXPECT_EQ(w.beat("a", 1), Errc::kRebalanceInProgress);
    a = w.join(join_of("a"));
    EXPECT_EQ(w.answer<JoinAnswer>(a)->members.size(), 2U);
    EXPECT_TRUE(w.answer<JoinAnswer>(b)->members.empty());
    EXPECT_EQ(w.answer<JoinAnswer>(b)->leader, "a");
    auto follower = sync("b");
    auto leader = sync("a", {{"a", "one"}, {"b", "two"}});
    EXPECT_EQ(w.answer<SyncAnswer>(leader), nullptr) << "told before it is durable";
    w.drain();
    EXPECT_EQ(w.answer<SyncAnswer>(leader)->assignment, "one");
    EXPECT_EQ(w.answer<SyncAnswer>(follower)->assignment, "two");
    EXPECT_EQ(state(), "Stable");
  }
};

TEST_F(ClassicGroups, EmptyKnowsNobodyAndTakesSimpleCommits) {
  EXPECT_EQ(w.beat("x", 1), Errc::kUnknownMemberId);
  make_stable();
  w.leave({{"a", std::nullopt}, {"b", std::nullopt}});
  w.drain();
  EXPECT_EQ(state(), "Empty");
  EXPECT_EQ(group().generation(), 3);
  EXPECT_EQ(w.beat("a", 3), Errc::kUnknownMemberId);
  EXPECT_EQ(w.answer<SyncAnswer>(sync("a"))->error, Errc::kUnknownMemberId);
  EXPECT_EQ(w.committed(commit_of("", -1, 5)), Errc::kNone);
  EXPECT_EQ(w.committed(commit_of("a", 3, 5)), Errc::kUnknownMemberId);
}

TEST_F(ClassicGroups, PreparingParksJoinsAndTakesCommitsOfTheLastGeneration) {
  make_stable();
  auto c = join_new("c");
  EXPECT_EQ(state(), "PreparingRebalance");
  EXPECT_EQ(w.answer<JoinAnswer>(c), nullptr);
  EXPECT_EQ(w.answer<SyncAnswer>(sync("a"))->error, Errc::kRebalanceInProgress);
  EXPECT_EQ(w.beat("a", 2), Errc::kRebalanceInProgress);
  EXPECT_EQ(w.beat("a", 1), Errc::kIllegalGeneration);
  EXPECT_EQ(w.committed(commit_of("a", 2, 7)), Errc::kNone);
  EXPECT_EQ(w.committed(commit_of("a", 1, 6)), Errc::kIllegalGeneration);
  EXPECT_EQ(w.committed(commit_of("", -1, 6)), Errc::kUnknownMemberId);
}

TEST_F(ClassicGroups, CompletingParksFollowersAndRefusesCommits) {
  make_stable();
  auto b = w.join(join_of("b", "", {{"range", "changed"}}));
  w.join(join_of("a"));
  EXPECT_EQ(w.answer<JoinAnswer>(b)->generation, 3);
  EXPECT_EQ(state(), "CompletingRebalance");
  auto follower = sync("b");
  EXPECT_EQ(w.answer<SyncAnswer>(follower), nullptr);
  EXPECT_EQ(w.beat("b", 3), Errc::kRebalanceInProgress);
  EXPECT_EQ(w.committed(commit_of("b", 3, 7)), Errc::kRebalanceInProgress);
  // The answer was lost: the same join gets the same generation.
  EXPECT_EQ(w.answer<JoinAnswer>(w.join(join_of("a")))->generation, 3);
  // A changed one restarts, and who waited for the leader hears of it.
  w.join(join_of("a", "", {{"range", "other"}}));
  EXPECT_EQ(state(), "PreparingRebalance");
  EXPECT_EQ(w.answer<SyncAnswer>(follower)->error, Errc::kRebalanceInProgress);
}

TEST_F(ClassicGroups, StableRestartsForItsLeaderOrAChange) {
  make_stable();
  EXPECT_EQ(w.beat("a", 2), Errc::kNone);
  EXPECT_EQ(w.answer<SyncAnswer>(sync("b"))->assignment, "two");
  EXPECT_EQ(w.answer<JoinAnswer>(w.join(join_of("b")))->generation, 2);
  EXPECT_EQ(state(), "Stable");
  EXPECT_EQ(w.committed(commit_of("b", 2, 9)), Errc::kNone);
  EXPECT_EQ(w.groups.offsets("g")->find("t", Partition(0))->offset, Offset(9));
  EXPECT_EQ(w.committed(commit_of("zombie", 2, 1)), Errc::kUnknownMemberId);
  w.join(join_of("a"));
  EXPECT_EQ(state(), "PreparingRebalance");
}

TEST_F(ClassicGroups, AFailedSyncForgetsTheAssignmentAndMeetsAgain) {
  join_new("a");
  auto leader = sync("a", {{"a", "one"}});
  w.drain(Errc::kDiskFull);
  EXPECT_EQ(w.answer<SyncAnswer>(leader)->error, Errc::kNotCoordinator);
  EXPECT_EQ(state(), "PreparingRebalance");
  EXPECT_TRUE(w.log.empty());
  EXPECT_EQ(w.answer<JoinAnswer>(w.join(join_of("a")))->generation, 2);
  leader = sync("a", {{"a", "two"}});
  w.drain();
  EXPECT_EQ(w.answer<SyncAnswer>(leader)->assignment, "two");
  EXPECT_EQ(w.replayed(), w.groups.image());
}

TEST_F(ClassicGroups, TheLeadersRecordOfAnOlderGenerationChangesNothing) {
  join_new("a");
  sync("a", {{"a", "old"}});
  auto again = w.join(join_of("a", "", {{"range", "new"}}));
  EXPECT_EQ(w.answer<JoinAnswer>(again)->generation, 2);
  w.drain();
  EXPECT_EQ(state(), "CompletingRebalance");
  EXPECT_EQ(group().members().at("a").assignment, "");
}

TEST_F(ClassicGroups, ASilentMemberIsMissedAndOneThatWaitsIsNot) {
  make_stable();
  w.pass(6'000);
  EXPECT_EQ(w.beat("a", 2), Errc::kNone);
  w.pass(4'001);
  EXPECT_EQ(group().members().size(), 1U);
  EXPECT_EQ(state(), "PreparingRebalance");
  auto joined = w.join(join_of("a"));
  EXPECT_EQ(w.answer<JoinAnswer>(joined)->generation, 3);
  auto stable = sync("a", {{"a", "all"}});
  w.drain();
  EXPECT_EQ(w.answer<SyncAnswer>(stable)->error, Errc::kNone);
  // A member that waits at the barrier outlives its session; the one that does not come is left behind.
  auto b = join_new("b");
  for (int i = 0; i < 7; ++i) {
    w.pass(9'000);
    if (group().members().contains("a")) w.beat("a", 3);
  }
  EXPECT_EQ(w.answer<JoinAnswer>(b)->leader, "b");
  EXPECT_EQ(group().members().size(), 1U);
}

TEST_F(ClassicGroups, APendingJoinHoldsTheBarrierForItsSessionOnly) {
  make_stable();
  w.join(join_of("", "slow"));
  w.leave({{"b", std::nullopt}});
  auto a = w.join(join_of("a"));
  EXPECT_EQ(w.answer<JoinAnswer>(a), nullptr);
  w.pass(10'000);
  ASSERT_NE(w.answer<JoinAnswer>(a), nullptr);
  EXPECT_EQ(w.answer<JoinAnswer>(a)->error, Errc::kNone);
  EXPECT_EQ(w.answer<JoinAnswer>(w.join(join_of("slow")))->error, Errc::kUnknownMemberId);
}

TEST_F(ClassicGroups, WhoNeverSyncsIsLeftBehind) {
  make_stable();
  auto b = w.join(join_of("b", "", {{"range", "changed"}}));
  w.join(join_of("a"));
  EXPECT_EQ(w.answer<JoinAnswer>(b)->generation, 3);
  sync("a", {{"a", "x"}});
  w.drain();
  for (int i = 0; i < 7; ++i) {
    w.pass(9'000);
    w.beat("a", 3);
    if (group().members().contains("b")) w.beat("b", 3);
  }
  EXPECT_FALSE(group().members().contains("b"));
}

TEST_F(ClassicGroups, TheProtocolIsVotedAndMustBeCommon) {
  join_new("a", {{"range", ""}, {"sticky", ""}, {"roundrobin", ""}});
  auto b = join_new("b", {{"sticky", ""}, {"range", ""}});
  auto c = join_new("c", {{"sticky", ""}, {"range", ""}});
  w.join(join_of("a", "", {{"range", ""}, {"sticky", ""}, {"roundrobin", ""}}));
  EXPECT_EQ(w.answer<JoinAnswer>(b)->protocol, "sticky");
  EXPECT_EQ(w.answer<JoinAnswer>(c)->protocol, "sticky");
  auto foreign = w.join(join_of("", "d", {{"roundrobin", ""}}));
  EXPECT_EQ(w.answer<JoinAnswer>(foreign)->error, Errc::kInconsistentGroupProtocol);
  auto other = join_of("", "e");
  other.protocol_type = "connect";
  EXPECT_EQ(w.answer<JoinAnswer>(w.join(other))->error, Errc::kInconsistentGroupProtocol);
  auto twice = w.join(join_of("", "f", {{"range", ""}, {"range", ""}}));
  EXPECT_EQ(w.answer<JoinAnswer>(twice)->error, Errc::kInconsistentGroupProtocol);
}

TEST_F(ClassicGroups, LimitsHold) {
  w.settings.size_max = 2;
  make_stable();
  EXPECT_EQ(w.answer<JoinAnswer>(w.join(join_of("", "c")))->error, Errc::kGroupMaxSizeReached);
  auto join = join_of("", "d");
  join.session_timeout_ms = 10;
  EXPECT_EQ(w.answer<JoinAnswer>(w.join(join))->error, Errc::kInvalidSessionTimeout);
}

TEST_F(ClassicGroups, OldClientsJoinInOneStep) {
  auto join = join_of("", "a");
  join.member_id_required = false;
  EXPECT_EQ(w.answer<JoinAnswer>(w.join(join))->member_id, "a");
}

TEST_F(ClassicGroups, AnEmptyGroupWaitsForOthersIfItIsToldTo) {
  w.settings.initial_rebalance_delay_ms = 3'000;
  auto a = join_new("a");
  w.pass(2'000);
  auto b = join_new("b");
  w.pass(2'000);
  EXPECT_EQ(w.answer<JoinAnswer>(a), nullptr);
  w.pass(1'000);
  EXPECT_EQ(w.answer<JoinAnswer>(a)->members.size(), 2U);
  EXPECT_EQ(w.answer<JoinAnswer>(b)->generation, 1);
}

class StaticClassicGroups : public ClassicGroups {
 protected:
  static JoinRequest with_instance(JoinRequest join) {
    join.instance_id = "i";
    return join;
  }
  void make_static() {
    w.join(with_instance(join_of("", "s1")));
    w.sync({"g", "s1", "i", 1, std::nullopt, std::nullopt, {{"s1", "mine"}}});
    w.drain();
    EXPECT_EQ(state(), "Stable");
  }
};

TEST_F(StaticClassicGroups, ARestartKeepsTheGeneration) {
  make_static();
  auto again = w.join(with_instance(join_of("", "s2")));
  EXPECT_EQ(w.answer<JoinAnswer>(again), nullptr) << "told before it is durable";
  w.drain();
  const auto* joined = w.answer<JoinAnswer>(again);
  EXPECT_EQ(joined->generation, 1);
  EXPECT_EQ(joined->leader, "s2");
  EXPECT_TRUE(joined->skip_assignment);
  EXPECT_EQ(joined->members.size(), 1U);
  auto synced = w.sync({"g", "s2", "i", 1, std::nullopt, std::nullopt, {}});
  EXPECT_EQ(w.answer<SyncAnswer>(synced)->assignment, "mine");
  EXPECT_EQ(w.beat("s1", 1, "i"), Errc::kFencedInstanceId);
  EXPECT_EQ(w.beat("s2", 1, "i"), Errc::kNone);
  EXPECT_EQ(w.replayed(), w.groups.image());
  auto old_client = with_instance(join_of("", "s3"));
  old_client.can_skip_assignment = false;
  auto third = w.join(old_client);
  w.drain();
  EXPECT_EQ(w.answer<JoinAnswer>(third)->leader, "s2") << "it must not take itself for the leader";
}

TEST_F(StaticClassicGroups, ARestartThatIsNotDurableDidNotHappen) {
  make_static();
  auto again = w.join(with_instance(join_of("", "s2")));
  w.drain(Errc::kNotEnoughReplicas);
  EXPECT_EQ(w.answer<JoinAnswer>(again)->error, Errc::kCoordinatorNotAvailable);
  EXPECT_EQ(w.beat("s1", 1, "i"), Errc::kNone);
  EXPECT_EQ(w.replayed(), w.groups.image());
}

TEST_F(StaticClassicGroups, SeveralLeaveInOneRequest) {
  make_static();
  auto left = w.leave({{"s9", "i"}, {"", "i"}, {"", "nobody"}});
  const auto* answer = w.answer<LeaveAnswer>(left);
  EXPECT_EQ(answer->members[0].error, Errc::kFencedInstanceId);
  EXPECT_EQ(answer->members[1].error, Errc::kNone);
  EXPECT_EQ(answer->members[2].error, Errc::kUnknownMemberId);
  w.drain();
  EXPECT_EQ(state(), "Empty");
}

TEST_F(ClassicGroups, IdleMembersCostNoDeadlinePerHeartbeat) {
  make_stable();
  int64_t deadline = w.groups.next_deadline_ms();
  for (int i = 0; i < 5'000; ++i) {
    w.now.mono_ms += 1;
    w.beat("a", 2);
    w.beat("b", 2);
  }
  EXPECT_EQ(w.groups.next_deadline_ms(), deadline);
}

}  // namespace
}  // namespace sl::group
