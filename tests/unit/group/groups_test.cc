// Offsets: what a commit needs, when they expire, how they go; groups among each other; loading and unloading.
#include "group_fixture.h"

namespace sl::group {
namespace {

constexpr int64_t kDayMs = int64_t{24} * 3'600'000;

class GroupsOfAPartition : public ::testing::Test {
 protected:
  World w;
  GroupsOfAPartition() { w.topics.set("t", 1, 4); }

  void expire_offsets() {
    Outcome out;
    w.groups.expire_offsets(w.topics, w.now, out);
    w.take(std::move(out));
  }
  Errc delete_group(const std::string& group) {
    auto id = w.ask([&](RequestId request, Outcome& out) { w.groups.delete_group(request, group, out); });
    w.drain();
    return w.answer<DeleteAnswer>(id)->error;
  }
  RequestId join_consumer(const std::string& member) {
    ConsumerHeartbeat heartbeat;
    heartbeat.group = "g";
    heartbeat.member_id = member;
    heartbeat.rebalance_timeout_ms = 20'000;
    heartbeat.topic_names = {"t"};
    heartbeat.owned = PartitionSet{};
    return w.consumer(heartbeat);
  }
  void join_classic(const std::string& metadata) {
    w.join(join_of("", "a", {{"range", metadata}}));
    w.join(join_of("a", "", {{"range", metadata}}));
    w.sync({"g", "a", std::nullopt, w.groups.classic("g")->generation(), std::nullopt, std::nullopt, {{"a", "x"}}});
    w.drain();
  }
};

TEST(PartitionFor, IsJavasHash) {
  EXPECT_EQ(partition_for("mygroup", 50), Partition(39));
  EXPECT_EQ(partition_for("test-group", 50), Partition(12));
  EXPECT_EQ(partition_for("", 50), Partition(0));
  EXPECT_EQ(partition_for("polygenelubricants", 50), Partition(0)) << "the hash is the smallest integer";
  // U+1F600 is the surrogates d83d de00: 0xd83d * 31 + 0xde00 = 1772899.
  EXPECT_EQ(partition_for("\xf0\x9f\x98\x80", 1'000'000), Partition(772'899));
  EXPECT_EQ(partition_for("\xc3\xa9", 1'000), Partition(0xe9));
}

TEST_F(GroupsOfAPartition, ACommitShowsWhenItIsDurable) {
  auto first = w.commit(commit_of("", -1, 5));
  EXPECT_EQ(w.groups.offsets("g")->find("t", Partition(0)), nullptr);
  auto second = w.commit(commit_of("", -1, 6));
  w.settle_one();
  EXPECT_EQ(w.answer<CommitAnswer>(first)->errors.at(0), Errc::kNone);
  EXPECT_EQ(w.groups.offsets("g")->find("t", Partition(0))->offset, Offset(5));
  w.settle_one(Errc::kDiskFull);
  EXPECT_EQ(w.answer<CommitAnswer>(second)->errors.at(0), Errc::kNotCoordinator);
  EXPECT_EQ(w.groups.offsets("g")->find("t", Partition(0))->offset, Offset(5));
  EXPECT_EQ(w.replayed(), w.groups.image());
}

TEST_F(GroupsOfAPartition, EachOffsetOfACommitIsJudgedByItself) {
  auto commit = commit_of("", -1, 5);
  commit.offsets.push_back(commit.offsets[0]);
  commit.offsets[0].metadata = std::string(4'097, 'x');
  commit.offsets[1].metadata = std::string(4'096, 'x');
  commit.offsets[1].partition = Partition(1);
  auto id = w.commit(commit);
  w.drain();
  EXPECT_EQ(w.answer<CommitAnswer>(id)->errors, (std::vector{Errc::kOffsetMetadataTooLarge, Errc::kNone}));
  EXPECT_EQ(w.committed(commit_of("ghost", 3, 1)), Errc::kUnknownMemberId);
  auto nowhere = commit_of("ghost", 3, 1);
  nowhere.group = "none";
  EXPECT_EQ(w.committed(nowhere), Errc::kIllegalGeneration);
  EXPECT_EQ(w.groups.offsets("none"), nullptr);
}

TEST_F(GroupsOfAPartition, OffsetsOfASimpleGroupExpireByTheirCommit) {
  w.committed(commit_of("", -1, 5));
  w.now.wall_ms += 7 * kDayMs - 1;
  expire_offsets();
  EXPECT_TRUE(w.appends.empty());
  w.now.wall_ms += 1;
  expire_offsets();
  ASSERT_EQ(w.appends.size(), 1U);
  EXPECT_NE(w.groups.offsets("g")->find("t", Partition(0)), nullptr) << "not before it is durable";
  EXPECT_EQ(w.committed(commit_of("", -1, 5)), Errc::kCoordinatorLoadInProgress);
  EXPECT_EQ(w.groups.offsets("g"), nullptr);
  EXPECT_TRUE(w.replayed().empty());
}

TEST_F(GroupsOfAPartition, OffsetsExpireSevenDaysAfterTheGroupIsEmpty) {
  // A subscription of the consumers' protocol: version 0, one topic "t".
  join_classic(std::string("\0\0\0\0\0\1\0\1t", 9));
  EXPECT_EQ(w.committed(commit_of("a", 1, 5)), Errc::kNone);
  auto other = commit_of("a", 1, 5);
  other.offsets[0].topic = "old";
  w.committed(other);
  w.now.wall_ms += 8 * kDayMs;
  expire_offsets();
  w.drain();
  EXPECT_NE(w.groups.offsets("g")->find("t", Partition(0)), nullptr) << "a member reads it";
  EXPECT_EQ(w.groups.offsets("g")->find("old", Partition(0)), nullptr) << "nobody reads it";
  w.leave({{"a", std::nullopt}});
  w.drain();
  w.now.wall_ms += 7 * kDayMs - 1;
  expire_offsets();
  EXPECT_TRUE(w.appends.empty());
  w.now.wall_ms += 1;
  expire_offsets();
  w.drain();
  EXPECT_TRUE(w.groups.list().empty());
  EXPECT_TRUE(w.replayed().empty());
}

TEST_F(GroupsOfAPartition, OnlyAnEmptyGroupIsDeletedAndOnlyDurably) {
  EXPECT_EQ(delete_group("g"), Errc::kGroupIdNotFound);
  join_classic("opaque");
  w.committed(commit_of("a", 1, 5));
  EXPECT_EQ(delete_group("g"), Errc::kNonEmptyGroup);
  w.leave({{"a", std::nullopt}});
  w.drain();
  auto id = w.ask([&](RequestId request, Outcome& out) { w.groups.delete_group(request, "g", out); });
  w.drain(Errc::kDiskFull);
  EXPECT_EQ(w.answer<DeleteAnswer>(id)->error, Errc::kNotCoordinator);
  EXPECT_EQ(w.groups.list().size(), 1U);
  EXPECT_EQ(delete_group("g"), Errc::kNone);
  EXPECT_TRUE(w.groups.list().empty());
  EXPECT_TRUE(w.replayed().empty());
}

TEST_F(GroupsOfAPartition, OffsetsOfTopicsInUseAreNotDeleted) {
  join_consumer("a");
  w.drain();
  auto commit = commit_of("a", 1, 5);
  commit.offsets.push_back({"old", {}, Partition(2), Offset(9), kNoEpoch, ""});
  w.committed(commit);
  std::vector<CommittedOffsets::Key> keys{{"t", Partition(0)}, {"old", Partition(2)}, {"none", Partition(0)}};
  auto id = w.ask([&](RequestId r, Outcome& out) { w.groups.delete_offsets(r, "g", keys, w.topics, out); });
  w.drain();
  EXPECT_EQ(w.answer<DeleteAnswer>(id)->errors, (std::vector{Errc::kGroupSubscribedToTopic, Errc::kNone, Errc::kNone}));
  EXPECT_EQ(w.groups.offsets("g")->all().size(), 1U);
  EXPECT_EQ(w.replayed(), w.groups.image());
}

TEST_F(GroupsOfAPartition, OnlyAnEmptyGroupChangesItsProtocol) {
  join_classic("opaque");
  w.committed(commit_of("a", 1, 5));
  auto refused = join_consumer("c");
  EXPECT_EQ(w.answer<ConsumerHeartbeatAnswer>(refused)->error, Errc::kInconsistentGroupProtocol);
  w.leave({{"a", std::nullopt}});
  w.drain();
  join_consumer("c");
  w.drain();
  ASSERT_NE(w.groups.consumer("g"), nullptr);
  EXPECT_EQ(w.groups.offsets("g")->all().size(), 1U) << "the place is kept";
  EXPECT_EQ(w.replayed(), w.groups.image());
  EXPECT_EQ(w.answer<JoinAnswer>(w.join(join_of("", "a")))->error, Errc::kInconsistentGroupProtocol);
  ConsumerHeartbeat bye;
  bye.group = "g";
  bye.member_id = "c";
  bye.epoch = -1;
  w.consumer(bye);
  w.drain();
  join_classic("opaque");
  EXPECT_EQ(w.groups.list().at(0).type, "Classic");
  EXPECT_EQ(w.replayed(), w.groups.image());
}

TEST_F(GroupsOfAPartition, WhoeverWaitsIsToldWhenThePartitionMoves) {
  join_classic("opaque");
  auto commit = w.commit(commit_of("a", 1, 5));
  w.join(join_of("", "b", {{"range", ""}}));
  auto join = w.join(join_of("b", "", {{"range", ""}}));
  Outcome out;
  w.groups.unload(Errc::kNotCoordinator, out);
  w.take(std::move(out));
  EXPECT_EQ(w.answer<CommitAnswer>(commit)->errors.at(0), Errc::kNotCoordinator);
  EXPECT_EQ(w.answer<JoinAnswer>(join)->error, Errc::kNotCoordinator);
  EXPECT_TRUE(w.groups.list().empty());
  w.drain();
}

TEST_F(GroupsOfAPartition, ALoadedGroupGoesOnWhereItWas) {
  join_classic("opaque");
  w.committed(commit_of("a", 1, 5));
  Groups again(w.settings);
  for (const auto& record : w.log) again.apply(record);
  again.loaded(w.now);
  Outcome out;
  again.heartbeat(1, {"g", "a", std::nullopt, 1}, w.now, out);
  EXPECT_EQ(std::get<HeartbeatAnswer>(out.answers.at(0).body).error, Errc::kNone);
  EXPECT_EQ(again.next_deadline_ms(), w.now.mono_ms + 10'000);
  EXPECT_EQ(again.offsets("g")->find("t", Partition(0))->metadata, "note");
}

}  // namespace
}  // namespace sl::group
