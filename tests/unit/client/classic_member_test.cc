// The classic protocol's member by itself: what it sends, and what it makes of the answers.
#include "client/classic_member.h"

#include <gtest/gtest.h>

#include "wire/consumer_protocol.h"

namespace sl::client {
namespace {

using Kind = GroupEvent::Kind;
using Step = ClassicMember::Step;

class ClassicMemberTest : public testing::Test {
 public:
  ClassicMemberTest() { member.subscribe({"t"}); }

  static GroupOptions group_options() {
    GroupOptions options;
    options.group = "g";
    return options;
  }
  // Through JoinGroup, in the first generation or a later one; a follower unless it is named leader.
  void join(std::string assignor, int32_t generation, bool leader = false) {
    ASSERT_EQ(member.due(now), Step::kJoin);
    request = member.join_request();
    wire::JoinGroupResponse answer;
    answer.generation_id = generation;
    answer.protocol_name = std::move(assignor);
    answer.member_id = "me";
    answer.leader = leader ? "me" : "another";
    if (leader) answer.members.push_back({"me", {}, request.protocols.front().metadata});
    ASSERT_TRUE(member.joined(answer, now).ok());
    ASSERT_EQ(member.due(now), Step::kSync);
  }
  Result<GroupOutcome> sync(std::vector<int32_t> partitions, Errc code = Errc::kNone) {
    wire::ConsumerProtocolAssignment assignment;
    if (!partitions.empty()) assignment.assigned_partitions.push_back({"t", std::move(partitions)});
    wire::SyncGroupResponse answer;
    answer.error_code = errc_to_wire(code);
    answer.assignment.value = wire::encode_versioned(assignment);
    return member.synced(answer, now);
  }
  Result<GroupOutcome> hear(Errc code) {
    now += 1'000;
    EXPECT_EQ(member.due(now), Step::kHeartbeat);
    EXPECT_EQ(member.heartbeat_request(now).generation_id, member.generation());
    wire::HeartbeatResponse answer;
    answer.error_code = errc_to_wire(code);
    return member.heard(answer, now);
  }
  // The next event, as "assigned 0 1".
  std::string event() {
    if (!handover.any()) return "none";
    GroupEvent event = handover.take();
    std::string text = event.kind == Kind::kAssigned ? "assigned" : event.kind == Kind::kRevoked ? "revoked" : "lost";
    for (const TopicPartition& each : event.partitions) text += " " + std::to_string(each.partition.value);
    return text;
  }
  wire::ConsumerProtocolSubscription subscription() const {
    return *wire::decode_versioned<wire::ConsumerProtocolSubscription>(
        as_bytes(request.protocols.front().metadata.value));
  }

  GroupOptions options = group_options();
  Handover handover;
  ClassicMember member{options, handover};
  wire::JoinGroupRequest request;
  int64_t now = 1'000'000;
};

TEST_F(ClassicMemberTest, JoinsWithTheIdItIsGiven) {
  EXPECT_EQ(member.due(now), Step::kJoin);
  request = member.join_request();
  EXPECT_EQ(request.member_id, "");
  EXPECT_EQ(request.session_timeout_ms, 10'000);
  std::vector<std::string> offered;
  for (const auto& each : request.protocols) offered.push_back(each.name);
  EXPECT_EQ(offered, (std::vector<std::string>{"cooperative-sticky", "range", "roundrobin"}));
  wire::JoinGroupResponse answer;
  answer.error_code = errc_to_wire(Errc::kMemberIdRequired);
  answer.member_id = "me";
  EXPECT_EQ(*member.joined(answer, now), GroupOutcome::kGoOn);
  EXPECT_EQ(member.due(now), Step::kJoin);
  EXPECT_EQ(member.join_request().member_id, "me");
  EXPECT_EQ(event(), "none");
}

TEST_F(ClassicMemberTest, TheFirstAssignmentIsToldEvenIfEmptyAndThenHeartbeatsFollow) {
  join("range", 1);
  EXPECT_TRUE(sync({}).ok());
  EXPECT_EQ(event(), "assigned");
  EXPECT_EQ(member.due(now), Step::kWait);
  EXPECT_EQ(member.wait_ms(now), 1'000);
  EXPECT_TRUE(hear(Errc::kNone).ok());
  EXPECT_EQ(member.due(now), Step::kWait);
}

TEST_F(ClassicMemberTest, AnEagerMemberGivesUpAllBeforeItJoinsAgain) {
  join("range", 1);
  EXPECT_TRUE(sync({0, 1}).ok());
  EXPECT_EQ(event(), "assigned 0 1");
  EXPECT_TRUE(hear(Errc::kRebalanceInProgress).ok());
  EXPECT_EQ(member.due(now), Step::kWait) << "the reader first";
  EXPECT_FALSE(handover.let_go()) << "the reader has not heard of it";
  EXPECT_EQ(event(), "revoked 0 1");
  EXPECT_TRUE(hear(Errc::kRebalanceInProgress).ok()) << "heartbeats go on meanwhile";
  EXPECT_EQ(handover.owned().size(), 2u) << "so that it may commit";
  EXPECT_TRUE(handover.let_go());
  join("range", 2);
  EXPECT_TRUE(subscription().owned_partitions.empty());
  EXPECT_TRUE(sync({1}).ok());
  EXPECT_EQ(event(), "assigned 1");
  EXPECT_EQ(event(), "none");
}

TEST_F(ClassicMemberTest, ACooperativeMemberKeepsWhatStaysAndMeetsAgainForWhatGoes) {
  join("cooperative-sticky", 1);
  EXPECT_TRUE(sync({0, 1, 2}).ok());
  EXPECT_EQ(event(), "assigned 0 1 2");
  EXPECT_TRUE(hear(Errc::kRebalanceInProgress).ok());
  join("cooperative-sticky", 2);
  EXPECT_EQ(subscription().owned_partitions.front().partitions, (std::vector<int32_t>{0, 1, 2}));
  EXPECT_EQ(subscription().generation_id, 1);
  EXPECT_TRUE(sync({0, 1, 3}).ok());
  EXPECT_EQ(event(), "assigned 3");
  EXPECT_EQ(event(), "revoked 2");
  EXPECT_EQ(member.due(now), Step::kWait) << "until the reader has let go";
  EXPECT_TRUE(handover.let_go());
  join("cooperative-sticky", 3);
  EXPECT_EQ(subscription().owned_partitions.front().partitions, (std::vector<int32_t>{0, 1, 3}));
  EXPECT_TRUE(sync({0, 1, 3}).ok());
  EXPECT_EQ(event(), "none");
  EXPECT_EQ(member.due(now), Step::kWait);
}

TEST_F(ClassicMemberTest, WhereTheGroupTurnsEagerWhatGoesIsGivenUpBeforeTheNextMeeting) {
  join("cooperative-sticky", 1);
  EXPECT_TRUE(sync({0, 1}).ok());
  EXPECT_EQ(event(), "assigned 0 1");
  EXPECT_TRUE(hear(Errc::kRebalanceInProgress).ok());
  join("range", 2);
  EXPECT_TRUE(sync({0}).ok());
  EXPECT_EQ(event(), "revoked 1");
  EXPECT_TRUE(handover.let_go());
  EXPECT_EQ(member.due(now), Step::kWait);
  EXPECT_EQ(event(), "revoked 0") << "it meets again, and eagerly";
  EXPECT_TRUE(handover.let_go());
  join("range", 3);
  EXPECT_TRUE(subscription().owned_partitions.empty());
}

TEST_F(ClassicMemberTest, TheLeaderSharesOutAndWithholdsWhatIsClaimed) {
  request = member.join_request();
  wire::ConsumerProtocolSubscription other;
  other.topics = {"t", "u"};
  other.owned_partitions.push_back({"t", {0, 1, 2, 3}});
  other.generation_id = 7;
  wire::JoinGroupResponse answer;
  answer.generation_id = 8;
  answer.protocol_name = "cooperative-sticky";
  answer.member_id = answer.leader = "me";
  answer.members.push_back({"me", {}, request.protocols.front().metadata});
  answer.members.push_back({"other", {}, {wire::encode_versioned(other)}});
  answer.members.push_back({"mad", {}, {"\x7f"}});
  EXPECT_TRUE(member.joined(answer, now).ok());
  EXPECT_TRUE(member.leads());
  EXPECT_EQ(member.group_topics(), (std::set<std::string>{"t", "u"}));
  auto sync = member.sync_request({{"t", 4}});
  EXPECT_EQ(sync.generation_id, 8);
  ASSERT_EQ(sync.assignments.size(), 3u);
  for (const auto& each : sync.assignments) {
    auto given = *wire::decode_versioned<wire::ConsumerProtocolAssignment>(as_bytes(each.assignment.value));
    size_t count = given.assigned_partitions.empty() ? 0 : given.assigned_partitions.front().partitions.size();
    EXPECT_EQ(count, each.member_id == "other" ? 2u : 0u) << each.member_id;
  }
  answer.skip_assignment = true;
  EXPECT_TRUE(member.joined(answer, now).ok());
  EXPECT_TRUE(member.sync_request({{"t", 4}}).assignments.empty()) << "KIP-814: what is assigned stays";
}

TEST_F(ClassicMemberTest, AMemberThatIsNotKnownAnyMoreHasLostAllAndBeginsAnew) {
  join("cooperative-sticky", 1);
  EXPECT_TRUE(sync({0}).ok());
  EXPECT_EQ(event(), "assigned 0");
  uint64_t life = member.life();
  EXPECT_TRUE(hear(Errc::kUnknownMemberId).ok());
  EXPECT_EQ(event(), "lost 0");
  EXPECT_NE(member.life(), life);
  EXPECT_EQ(member.generation(), -1);
  EXPECT_EQ(member.due(now), Step::kJoin);
  EXPECT_EQ(member.join_request().member_id, "");
}

TEST_F(ClassicMemberTest, AnOldGenerationLosesAllAndKeepsItsId) {
  join("range", 1);
  EXPECT_TRUE(sync({0}).ok());
  EXPECT_EQ(event(), "assigned 0");
  EXPECT_TRUE(hear(Errc::kIllegalGeneration).ok());
  EXPECT_EQ(event(), "lost 0");
  EXPECT_EQ(member.due(now), Step::kJoin);
  EXPECT_EQ(member.join_request().member_id, "me");
}

TEST_F(ClassicMemberTest, LosingEndsARevocationThatTheReaderStillWorksOn) {
  join("range", 1);
  EXPECT_TRUE(sync({0}).ok());
  EXPECT_TRUE(hear(Errc::kRebalanceInProgress).ok());
  EXPECT_EQ(member.due(now), Step::kWait);
  EXPECT_EQ(event(), "assigned 0");
  EXPECT_EQ(event(), "revoked 0");
  EXPECT_TRUE(hear(Errc::kUnknownMemberId).ok());
  join("range", 2);
  EXPECT_TRUE(sync({0}).ok());
  EXPECT_TRUE(hear(Errc::kRebalanceInProgress).ok());
  EXPECT_EQ(member.due(now), Step::kWait);
  EXPECT_FALSE(handover.let_go()) << "that was about the first one";
  EXPECT_EQ(event(), "lost 0");
  EXPECT_EQ(event(), "assigned 0");
  EXPECT_FALSE(handover.let_go());
  EXPECT_EQ(event(), "revoked 0");
  EXPECT_TRUE(handover.let_go());
}

TEST_F(ClassicMemberTest, WhoHasSleptThroughItsSessionOwnsNothing) {
  join("range", 1);
  EXPECT_TRUE(sync({0}).ok());
  EXPECT_EQ(event(), "assigned 0");
  now += options.session_timeout_ms + 1;
  EXPECT_EQ(member.due(now), Step::kJoin);
  EXPECT_EQ(event(), "lost 0");
}

TEST_F(ClassicMemberTest, AnOutageOfTheCoordinatorLosesNothing) {
  join("range", 1);
  EXPECT_TRUE(sync({0}).ok());
  EXPECT_EQ(event(), "assigned 0");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(*hear(i % 2 ? Errc::kNotCoordinator : Errc::kCoordinatorNotAvailable), GroupOutcome::kMoved);
    member.lost(Step::kHeartbeat, now);
  }
  EXPECT_EQ(*hear(Errc::kCoordinatorLoadInProgress), GroupOutcome::kRetry);
  EXPECT_TRUE(hear(Errc::kNone).ok());
  EXPECT_EQ(event(), "none");
  EXPECT_EQ(member.due(now), Step::kWait);
}

TEST_F(ClassicMemberTest, ARebalanceInTheMiddleOfOneBeginsItAnew) {
  join("cooperative-sticky", 1);
  EXPECT_EQ(*sync({}, Errc::kRebalanceInProgress), GroupOutcome::kGoOn);
  join("cooperative-sticky", 2);
  member.lost(Step::kSync, now);
  join("cooperative-sticky", 3);
  EXPECT_EQ(*sync({}, Errc::kNotCoordinator), GroupOutcome::kMoved);
  join("cooperative-sticky", 4);
  EXPECT_TRUE(sync({2}).ok());
  EXPECT_EQ(event(), "assigned 2");
}

TEST_F(ClassicMemberTest, AnotherSubscriptionJoinsAgainAndTheSameDoesNot) {
  join("cooperative-sticky", 1);
  EXPECT_TRUE(sync({0}).ok());
  member.subscribe({"t"});
  EXPECT_EQ(member.due(now), Step::kWait);
  member.subscribe({"t", "u"});
  join("cooperative-sticky", 2);
  EXPECT_EQ(subscription().topics, (std::vector<std::string>{"t", "u"}));
}

TEST_F(ClassicMemberTest, WhatEndsAMemberSaysWhatToDo) {
  wire::JoinGroupResponse answer;
  answer.error_code = errc_to_wire(Errc::kInconsistentGroupProtocol);
  Result<GroupOutcome> refused = member.joined(answer, now);
  EXPECT_EQ(refused.code(), Errc::kInconsistentGroupProtocol);
  EXPECT_NE(refused.error().context.find("--group-protocol"), std::string::npos) << refused.error().context;
  answer.error_code = errc_to_wire(Errc::kGroupMaxSizeReached);
  EXPECT_EQ(member.joined(answer, now).code(), Errc::kGroupMaxSizeReached);
  answer.error_code = 0;
  answer.protocol_name = "foreign";
  EXPECT_EQ(member.joined(answer, now).code(), Errc::kInconsistentGroupProtocol);
  join("range", 1);
  EXPECT_EQ(sync({}, Errc::kFencedInstanceId).code(), Errc::kFencedInstanceId);
  join("range", 2);
  EXPECT_TRUE(sync({}).ok());
  EXPECT_EQ(hear(Errc::kGroupAuthorizationFailed).code(), Errc::kGroupAuthorizationFailed);
}

TEST_F(ClassicMemberTest, OnlyADynamicMemberLeaves) {
  EXPECT_FALSE(member.leave_request());
  join("range", 1);
  EXPECT_EQ(member.leave_request()->members.front().member_id, "me");
  options.instance_id = "static";
  EXPECT_FALSE(member.leave_request());
}

}  // namespace
}  // namespace sl::client
