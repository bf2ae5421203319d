// The member of the newer protocol (KIP-848) by itself: what it sends, and what it makes of the answers.
#include "client/consumer_member.h"

#include <gtest/gtest.h>

namespace sl::client {
namespace {

using Kind = GroupEvent::Kind;

Uuid topic_id(uint8_t number) {
  Uuid id;
  id.bytes[0] = number;
  return id;
}

class ConsumerMemberTest : public testing::Test {
 public:
  ConsumerMemberTest() { member.subscribe({"t"}); }

  static GroupOptions group_options() {
    GroupOptions options;
    options.group = "g";
    return options;
  }
  // One heartbeat that is due, answered with an epoch and, where given, an assignment of topic `id`.
  void beat(int32_t epoch, std::optional<std::vector<int32_t>> assigned = {}, uint8_t id = 1) {
    ASSERT_TRUE(member.due(now));
    request = member.request(now);
    wire::ConsumerGroupHeartbeatResponse answer;
    answer.member_epoch = epoch;
    answer.heartbeat_interval_ms = 500;
    if (assigned) {
      answer.assignment.emplace();
      if (!assigned->empty()) answer.assignment->topic_partitions.push_back({topic_id(id), *assigned});
    }
    ASSERT_TRUE(member.heard(answer, now).ok());
    for (const Uuid& unknown : member.unknown_topics()) member.learn(unknown, "t");
    member.reconcile();
  }
  Result<GroupOutcome> refuse(Errc code, std::string said = {}) {
    now += 500;
    request = member.request(now);
    wire::ConsumerGroupHeartbeatResponse answer;
    answer.error_code = errc_to_wire(code);
    answer.error_message = said;
    return member.heard(answer, now);
  }
  std::string event() {
    if (!handover.any()) return "none";
    GroupEvent event = handover.take();
    std::string text = event.kind == Kind::kAssigned ? "assigned" : event.kind == Kind::kRevoked ? "revoked" : "lost";
    for (const TopicPartition& each : event.partitions) text += " " + std::to_string(each.partition.value);
    return text;
  }
  void let_go() {
    EXPECT_TRUE(handover.let_go());
    member.let_go();
  }
  // What the last request said it owned; none where it said nothing.
  std::optional<std::vector<int32_t>> told() const {
    if (!request.topic_partitions) return std::nullopt;
    return request.topic_partitions->empty() ? std::vector<int32_t>() : request.topic_partitions->front().partitions;
  }

  using Numbers = std::vector<int32_t>;
  GroupOptions options = group_options();
  Handover handover;
  ConsumerMember member{options, "me", handover};
  wire::ConsumerGroupHeartbeatRequest request;
  int64_t now = 1'000'000;
};

TEST_F(ConsumerMemberTest, SaysAllWhenItJoinsAndThenOnlyWhatIsNew) {
  beat(1, Numbers{0, 1});
  EXPECT_EQ(request.member_epoch, 0);
  EXPECT_EQ(request.subscribed_topic_names, (std::vector<std::string>{"t"}));
  EXPECT_EQ(request.rebalance_timeout_ms, 60'000);
  EXPECT_EQ(told(), Numbers{}) << "null is refused of one who joins";
  EXPECT_EQ(event(), "assigned 0 1");
  beat(1);  // At once: the coordinator shall know that it owns them.
  EXPECT_EQ(request.member_epoch, 1);
  EXPECT_EQ(told(), (Numbers{0, 1}));
  EXPECT_FALSE(request.subscribed_topic_names);
  EXPECT_EQ(member.wait_ms(now), 500);
  now += 500;
  beat(1);
  EXPECT_FALSE(told());
  member.subscribe({"t", "u"});
  beat(2);
  EXPECT_EQ(request.subscribed_topic_names, (std::vector<std::string>{"t", "u"}));
  EXPECT_EQ(event(), "none");
}

TEST_F(ConsumerMemberTest, AnEmptyFirstAssignmentIsTold) {
  beat(3, Numbers{});
  EXPECT_EQ(event(), "assigned");
  EXPECT_FALSE(member.due(now));
}

TEST_F(ConsumerMemberTest, WhatGoesIsReportedOnlyOnceTheReaderHasLetGo) {
  beat(1, Numbers{0, 1, 2});
  beat(1);
  EXPECT_EQ(event(), "assigned 0 1 2");
  now += 500;
  beat(1, Numbers{0});
  EXPECT_EQ(event(), "revoked 1 2");
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(member.due(now));
    now += 500;
    beat(1);
    EXPECT_FALSE(told()) << "it still owns all three";
  }
  let_go();
  beat(2);
  EXPECT_EQ(told(), Numbers{0});
  EXPECT_EQ(event(), "none");
}

TEST_F(ConsumerMemberTest, AnAssignmentThatCameDuringARevocationIsTakenAfterIt) {
  beat(1, Numbers{0, 1});
  EXPECT_EQ(event(), "assigned 0 1");
  beat(1, Numbers{0});
  EXPECT_EQ(event(), "revoked 1");
  now += 500;
  beat(2, Numbers{0, 3});
  EXPECT_EQ(event(), "none") << "one thing after the other";
  let_go();
  EXPECT_EQ(event(), "assigned 3");
  beat(2);
  EXPECT_EQ(told(), (Numbers{0, 3}));
}

TEST_F(ConsumerMemberTest, AFencedMemberLosesAllAndJoinsWithEpochZero) {
  beat(4, Numbers{0});
  EXPECT_EQ(event(), "assigned 0");
  EXPECT_TRUE(refuse(Errc::kFencedMemberEpoch).ok());
  EXPECT_EQ(event(), "lost 0");
  EXPECT_EQ(member.life(), 1u);
  beat(6, Numbers{1});
  EXPECT_EQ(request.member_epoch, 0);
  EXPECT_EQ(request.member_id, "me");
  EXPECT_EQ(told(), Numbers{});
  EXPECT_EQ(event(), "assigned 1");
  EXPECT_TRUE(refuse(Errc::kUnknownMemberId).ok());
  EXPECT_EQ(event(), "lost 1");
  EXPECT_EQ(member.life(), 2u);
}

TEST_F(ConsumerMemberTest, AfterALostAnswerItSaysAllAgainAndOwnsWhatItOwned) {
  beat(1, Numbers{0});
  beat(1);
  EXPECT_EQ(event(), "assigned 0");
  now += 500;
  (void)member.request(now);
  member.lost();
  beat(1);
  EXPECT_EQ(request.subscribed_topic_names, (std::vector<std::string>{"t"}));
  EXPECT_EQ(told(), Numbers{0});
  EXPECT_EQ(*refuse(Errc::kNotCoordinator), GroupOutcome::kMoved);
  EXPECT_EQ(*refuse(Errc::kCoordinatorLoadInProgress), GroupOutcome::kRetry);
  EXPECT_EQ(event(), "none");
}

TEST_F(ConsumerMemberTest, ATopicMadeAnewIsAnother) {
  beat(1, Numbers{0}, 1);
  EXPECT_EQ(event(), "assigned 0");
  beat(1);
  now += 500;
  beat(2, Numbers{0}, 2);
  EXPECT_EQ(event(), "revoked 0");
  let_go();
  EXPECT_EQ(event(), "assigned 0");
  beat(2);
  EXPECT_EQ(request.topic_partitions->front().topic_id, topic_id(2));
}

TEST_F(ConsumerMemberTest, ATopicWithoutANameYetIsNotRead) {
  request = member.request(now);
  wire::ConsumerGroupHeartbeatResponse answer;
  answer.member_epoch = 1;
  answer.assignment.emplace().topic_partitions.push_back({topic_id(1), {0}});
  EXPECT_TRUE(member.heard(answer, now).ok());
  EXPECT_EQ(member.unknown_topics(), std::vector<Uuid>{topic_id(1)});
  EXPECT_EQ(event(), "none");
  member.learn(topic_id(1), "t");
  member.reconcile();
  EXPECT_EQ(event(), "assigned 0");
}

TEST_F(ConsumerMemberTest, AnInstanceIdThatIsNotFreeIsWaitedForAsLongAsASession) {
  options.instance_id = "static";
  int64_t began = now;
  Result<GroupOutcome> outcome = GroupOutcome::kRetry;
  while (outcome && now - began < 60'000) outcome = refuse(Errc::kUnreleasedInstanceId);
  EXPECT_EQ(outcome.code(), Errc::kUnreleasedInstanceId);
  EXPECT_NEAR(static_cast<double>(now - began), 10'000.0, 1'000.0);
  EXPECT_EQ(refuse(Errc::kFencedInstanceId).code(), Errc::kFencedInstanceId);
}

TEST_F(ConsumerMemberTest, WhatEndsAMemberSaysWhatToDo) {
  for (Errc code : {Errc::kGroupIdNotFound, Errc::kInconsistentGroupProtocol, Errc::kUnsupportedVersion}) {
    Result<GroupOutcome> refused = refuse(code);
    EXPECT_EQ(refused.code(), code);
    EXPECT_NE(refused.error().context.find("--group-protocol"), std::string::npos) << refused.error().context;
  }
  EXPECT_EQ(refuse(Errc::kInvalidRequest, "it is not allowed").error().context, "group 'g': it is not allowed");
}

TEST_F(ConsumerMemberTest, WhoseJoinIsStillUnansweredLeavesToo) {
  EXPECT_FALSE(member.leave_request());
  (void)member.request(now);
  EXPECT_EQ(member.leave_request()->member_epoch, -1);
}

TEST_F(ConsumerMemberTest, AStaticMemberSaysThatItWillBeBack) {
  beat(1, Numbers{});
  EXPECT_EQ(member.leave_request()->member_epoch, -1);
  options.instance_id = "static";
  EXPECT_EQ(member.leave_request()->member_epoch, -2);
}

}  // namespace
}  // namespace sl::client
