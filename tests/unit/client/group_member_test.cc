// Whole members against brokers that coordinate a group by the test's own script: what is asked of whom, what the
// reader hears, and what happens to commits while things move.
#include "client/group_member.h"

#include "tests/unit/client/client_test.h"
#include "wire/consumer_protocol.h"
#include "wire/messages/committed_offsets.h"
#include "wire/messages/groups.h"

namespace sl::client {
namespace {

using Kind = GroupEvent::Kind;

// A group of one member, and whoever else the test speaks of.
struct ScriptedGroup {
  int32_t node = 1;
  bool newer = false;
  std::vector<int32_t> assigned = {0, 1};
  int32_t generation = 1;
  std::string assignor = "cooperative-sticky";
  std::string member_id = "me";
  std::optional<std::vector<int32_t>> owned;  // as the newer protocol's member said last
  std::map<int32_t, int64_t> committed;
  std::deque<Errc> heartbeats;  // answers to come; then none
  std::deque<Errc> commits;
  std::deque<Errc> finds;
  Errc join = Errc::kNone;
  std::vector<std::string> log;

  Errc next(std::deque<Errc>& answers) {
    if (answers.empty()) return Errc::kNone;
    Errc code = answers.front();
    answers.pop_front();
    return code;
  }
  std::optional<wire::Encoded> answer(int32_t id, const wire::RequestFrame& frame);

  wire::FindCoordinatorResponse say(const wire::FindCoordinatorRequest& request) {
    wire::FindCoordinatorResponse answer;
    auto& one = answer.coordinators.emplace_back();
    one.key = request.coordinator_keys.front();
    one.error_code = errc_to_wire(next(finds));
    one.node_id = node;
    one.host = "b" + std::to_string(node);
    one.port = 9092;
    return answer;
  }
  wire::ConsumerGroupDescribeResponse say(const wire::ConsumerGroupDescribeRequest&) {
    wire::ConsumerGroupDescribeResponse answer;
    answer.groups.emplace_back().error_code = newer ? int16_t{0} : errc_to_wire(Errc::kGroupIdNotFound);
    return answer;
  }
  wire::JoinGroupResponse say(const wire::JoinGroupRequest& request) {
    wire::JoinGroupResponse answer;
    answer.error_code = errc_to_wire(join);
    if (request.member_id.empty() && join == Errc::kNone) answer.error_code = errc_to_wire(Errc::kMemberIdRequired);
    answer.generation_id = generation;
    answer.protocol_name = assignor;
    answer.member_id = answer.leader = member_id;
    answer.members.push_back({member_id, {}, request.protocols.front().metadata});
    return answer;
  }
  wire::SyncGroupResponse say(const wire::SyncGroupRequest&) {
    wire::ConsumerProtocolAssignment assignment;
    if (!assigned.empty()) assignment.assigned_partitions.push_back({"t", assigned});
    wire::SyncGroupResponse answer;
    answer.assignment.value = wire::encode_versioned(assignment);
    return answer;
  }
  wire::HeartbeatResponse say(const wire::HeartbeatRequest&) {
    wire::HeartbeatResponse answer;
    answer.error_code = errc_to_wire(next(heartbeats));
    return answer;
  }
  wire::LeaveGroupResponse say(const wire::LeaveGroupRequest&) { return {}; }
  wire::ConsumerGroupHeartbeatResponse say(const wire::ConsumerGroupHeartbeatRequest& request) {
    wire::ConsumerGroupHeartbeatResponse answer;
    answer.error_code = errc_to_wire(next(heartbeats));
    if (request.member_epoch < 0) log.push_back("left");
    if (request.topic_partitions) {
      owned.emplace();
      for (const auto& topic : *request.topic_partitions)
        owned->insert(owned->end(), topic.partitions.begin(), topic.partitions.end());
    }
    answer.member_epoch = generation;
    answer.heartbeat_interval_ms = 100;
    Uuid id;
    id.bytes[0] = 1;
    answer.assignment.emplace().topic_partitions.push_back({id, assigned});
    return answer;
  }
  wire::OffsetCommitResponse say(const wire::OffsetCommitRequest& request) {
    wire::OffsetCommitResponse answer;
    Errc code = next(commits);
    if (code == Errc::kNone && request.generation_id_or_member_epoch != generation) code = Errc::kIllegalGeneration;
    for (const auto& topic : request.topics) {
      auto& said = answer.topics.emplace_back();
      said.name = topic.name;
      for (const auto& partition : topic.partitions) {
        said.partitions.push_back({partition.partition_index, errc_to_wire(code)});
        if (code == Errc::kNone) committed[partition.partition_index] = partition.committed_offset;
      }
    }
    return answer;
  }
  wire::OffsetFetchResponse say(const wire::OffsetFetchRequest& request) {
    EXPECT_TRUE(request.require_stable);
    wire::OffsetFetchResponse answer;
    auto& group = answer.groups.emplace_back();
    group.group_id = request.groups.front().group_id;
    for (const auto& topic : *request.groups.front().topics) {
      auto& said = group.topics.emplace_back();
      said.name = topic.name;
      for (int32_t index : topic.partition_indexes) {
        auto& partition = said.partitions.emplace_back();
        partition.partition_index = index;
        partition.committed_offset = committed.contains(index) ? committed[index] : -1;
      }
    }
    return answer;
  }
  template <class M>
  std::optional<wire::Encoded> tell(const wire::RequestFrame& frame) {
    auto request = wire::decode<M>(frame.body, frame.header.api_version, {});
    EXPECT_TRUE(request.ok());
    return wire::encode_response(frame.header.correlation_id, say(*request), frame.header.api_version);
  }
};

std::optional<wire::Encoded> ScriptedGroup::answer(int32_t id, const wire::RequestFrame& frame) {
  auto api = static_cast<wire::ApiKey>(frame.header.api_key);
  log.push_back(std::string(wire::api_name(frame.header.api_key)) + "@" + std::to_string(id));
  switch (api) {
    case wire::ApiKey::kFindCoordinator:
      return tell<wire::FindCoordinatorRequest>(frame);
    case wire::ApiKey::kConsumerGroupDescribe:
      return tell<wire::ConsumerGroupDescribeRequest>(frame);
    case wire::ApiKey::kJoinGroup:
      return tell<wire::JoinGroupRequest>(frame);
    case wire::ApiKey::kSyncGroup:
      return tell<wire::SyncGroupRequest>(frame);
    case wire::ApiKey::kHeartbeat:
      return tell<wire::HeartbeatRequest>(frame);
    case wire::ApiKey::kLeaveGroup:
      return tell<wire::LeaveGroupRequest>(frame);
    case wire::ApiKey::kConsumerGroupHeartbeat:
      return tell<wire::ConsumerGroupHeartbeatRequest>(frame);
    case wire::ApiKey::kOffsetCommit:
      return tell<wire::OffsetCommitRequest>(frame);
    case wire::ApiKey::kOffsetFetch:
      return tell<wire::OffsetFetchRequest>(frame);
    default:
      return std::nullopt;
  }
}

class GroupMemberTest : public fake::ClientTest {
 public:
  GroupMemberTest() {
    state.add_topic("t", 4);
    script = &group;
    fixture = this;
    state.other = [this](int32_t id, const wire::RequestFrame& frame) { return group.answer(id, frame); };
  }
  // Opens a member, runs `body` with it, leaves and closes. The body must not capture.
  template <class Body>
  void with_member(Body body, GroupOptions options = named()) {
    world.run(member_session(this, body, std::move(options)));
  }
  template <class Body>
  static aio::Task<void> member_session(GroupMemberTest* test, Body body, GroupOptions options) {
    Cluster cluster(test->client, bootstrap({"b1:9092"}));
    std::vector<std::string> topics(1, "t");
    Status opened = co_await cluster.open(topics);
    EXPECT_TRUE(opened.ok());
    GroupMember member(cluster, std::move(options));
    member.open();
    co_await body(member);
    co_await member.leave();
    co_await member.close();
    co_await cluster.close();
  }
  static GroupOptions named(GroupProtocol protocol = GroupProtocol::kAuto) {
    GroupOptions options;
    options.group = "g";
    options.subscription.topics.push_back("t");
    options.protocol = protocol;
    options.outage_ms_max = 3'000;
    return options;
  }
  bool asked(const std::string& line) const {
    return std::find(group.log.begin(), group.log.end(), line) != group.log.end();
  }

  ScriptedGroup group;
  // For bodies, which cannot capture.
  static inline ScriptedGroup* script = nullptr;
  static inline GroupMemberTest* fixture = nullptr;
};

std::string told(const Result<GroupEvent>& event) {
  if (!event) return std::string(error_info(event.code()).name);
  std::string text = event->kind == Kind::kAssigned  ? "assigned"
                     : event->kind == Kind::kRevoked ? "revoked"
                     : event->kind == Kind::kLost    ? "lost"
                                                     : "timed out";
  for (const TopicPartition& each : event->partitions) text += " " + std::to_string(each.partition.value);
  return text;
}

aio::Task<void> expect(GroupMember& member, std::string what, int64_t wait_ms_max = -1) {
  auto event = co_await member.next_event(wait_ms_max);
  EXPECT_EQ(told(event), what);
}

GroupOffset position(int32_t partition, int64_t offset) {
  GroupOffset position;
  position.topic = "t";
  position.partition = Partition(partition);
  position.offset = Offset(offset);
  return position;
}

TEST_F(GroupMemberTest, ANewGroupIsJoinedByTheClassicProtocolInFiveRequests) {
  with_member([](GroupMember& member) -> aio::Task<void> {
    co_await expect(member, "assigned 0 1");
    EXPECT_EQ(member.protocol(), GroupProtocol::kClassic);
    EXPECT_EQ(member.generation(), 1);
    EXPECT_EQ(member.assignor(), "cooperative-sticky");
    std::vector<TopicPartition> owned = member.owned();
    auto before = co_await member.committed(owned);
    EXPECT_EQ((*before)[0].offset, kNoOffset);
    std::vector<GroupOffset> offsets(1, position(1, 7));
    auto done = co_await member.commit(offsets);
    EXPECT_EQ((*done)[0].error.code, Errc::kNone);
    auto after = co_await member.committed(owned);
    EXPECT_EQ((*after)[1].offset, Offset(7));
  });
  std::vector<std::string> begin(group.log.begin(), group.log.begin() + 5);
  EXPECT_EQ(begin, (std::vector<std::string>{"FindCoordinator@1", "ConsumerGroupDescribe@1", "JoinGroup@1",
                                             "JoinGroup@1", "SyncGroup@1"}));
  EXPECT_EQ(group.log.back(), "LeaveGroup@1");
}

TEST_F(GroupMemberTest, AGroupOfTheNewerProtocolIsJoinedByIt) {
  group.newer = true;
  with_member([](GroupMember& member) -> aio::Task<void> {
    co_await expect(member, "assigned 0 1");
    EXPECT_EQ(member.protocol(), GroupProtocol::kConsumer);
    std::vector<int32_t> fewer(1, 1);
    script->assigned = fewer;
    co_await expect(member, "revoked 0");
    EXPECT_EQ(script->owned->size(), 2u) << "not before the reader has let go";
    std::vector<GroupOffset> offsets(1, position(0, 5));
    auto done = co_await member.commit(offsets);
    EXPECT_EQ((*done)[0].error.code, Errc::kNone) << "of what is being revoked";
    member.revoked_done();
    co_await expect(member, "timed out", 50);
    EXPECT_EQ(*script->owned, fewer);
  });
  EXPECT_EQ(group.log.back(), "left");
}

TEST_F(GroupMemberTest, TheCoordinatorIsFollowedWhereItGoesAndNothingIsLost) {
  add_broker(2);
  with_member([](GroupMember& member) -> aio::Task<void> {
    co_await expect(member, "assigned 0 1");
    script->node = 2;
    script->heartbeats.push_back(Errc::kNotCoordinator);
    script->finds.push_back(Errc::kCoordinatorNotAvailable);
    script->commits.push_back(Errc::kNotCoordinator);
    std::vector<GroupOffset> offsets(1, position(0, 3));
    auto done = co_await member.commit(offsets);
    EXPECT_EQ((*done)[0].error.code, Errc::kNone);
    co_await expect(member, "timed out", 2'000);
  });
  EXPECT_EQ(group.committed[0], 3);
  EXPECT_TRUE(asked("OffsetCommit@2"));
  EXPECT_TRUE(asked("Heartbeat@2"));
  EXPECT_EQ(group.log.back(), "LeaveGroup@2");
}

TEST_F(GroupMemberTest, AFencedMemberCommitsNothingAndJoinsAgain) {
  with_member([](GroupMember& member) -> aio::Task<void> {
    co_await expect(member, "assigned 0 1");
    script->generation = 5;
    script->heartbeats.push_back(Errc::kIllegalGeneration);
    std::vector<GroupOffset> offsets(1, position(0, 9));
    auto done = co_await member.commit(offsets);
    EXPECT_EQ((*done)[0].error.code, Errc::kIllegalGeneration);
    EXPECT_TRUE(script->committed.empty());
    co_await expect(member, "lost 0 1");
    co_await expect(member, "assigned 0 1");
    EXPECT_EQ(member.generation(), 5);
  });
}

TEST_F(GroupMemberTest, ACommitOfAPartitionThatWentMeanwhileIsNotRepeated) {
  with_member([](GroupMember& member) -> aio::Task<void> {
    co_await expect(member, "assigned 0 1");
    std::vector<int32_t> fewer(1, 1);
    script->assigned = fewer;
    script->generation = 2;
    script->heartbeats.push_back(Errc::kRebalanceInProgress);
    co_await expect(member, "revoked 0");
    script->commits.assign(50, Errc::kRebalanceInProgress);
    struct Late {
      static aio::Task<void> let_go(GroupMember* owner, aio::Runtime* runtime) {
        co_await fake::sleep_for(*runtime, 100);
        owner->revoked_done();
        script->commits.clear();
      }
    };
    aio::TaskGroup beside;
    beside.spawn(Late::let_go(&member, &fixture->client));
    std::vector<GroupOffset> offsets(1, position(0, 9));
    auto done = co_await member.commit(offsets);
    EXPECT_EQ((*done)[0].error.code, Errc::kRebalanceInProgress);
    EXPECT_TRUE(script->committed.empty());
    co_await beside.drained();
  });
}

TEST_F(GroupMemberTest, WhatCannotPassEndsItWithASentence) {
  group.join = Errc::kInconsistentGroupProtocol;
  with_member(
      [](GroupMember& member) -> aio::Task<void> {
        auto event = co_await member.next_event();
        EXPECT_EQ(event.code(), Errc::kInconsistentGroupProtocol);
        EXPECT_NE(event.error().context.find("--group-protocol"), std::string::npos);
        auto again = co_await member.next_event();
        EXPECT_EQ(again.code(), Errc::kInconsistentGroupProtocol);
      },
      named(GroupProtocol::kClassic));
  state.versions[68] = {0, -1};  // ConsumerGroupHeartbeat is not listed.
  with_member(
      [](GroupMember& member) -> aio::Task<void> {
        auto event = co_await member.next_event();
        EXPECT_EQ(event.code(), Errc::kUnsupportedVersion);
        EXPECT_NE(event.error().context.find("--group-protocol"), std::string::npos);
      },
      named(GroupProtocol::kConsumer));
}

TEST_F(GroupMemberTest, AnOutageEndsItAfterItsTime) {
  with_member([](GroupMember& member) -> aio::Task<void> {
    co_await expect(member, "assigned 0 1");
    script->finds.assign(1'000, Errc::kCoordinatorNotAvailable);
    script->heartbeats.assign(1, Errc::kNotCoordinator);
    co_await expect(member, "lost 0 1");
    auto event = co_await member.next_event();
    EXPECT_EQ(event.code(), Errc::kCoordinatorNotAvailable);
  });
}

TEST_F(GroupMemberTest, PartitionsThatAreAddedAreNoticedByTheLeader) {
  GroupOptions options = named();
  options.metadata_max_age_ms = 500;
  with_member(
      [](GroupMember& member) -> aio::Task<void> {
        co_await expect(member, "assigned 0 1");
        fixture->state.topics["t"].logs.resize(6);
        std::vector<int32_t> more(1, 5);
        more.insert(more.begin(), script->assigned.begin(), script->assigned.end());
        script->assigned = more;
        script->generation = 2;
        co_await expect(member, "assigned 5", 2'000);
      },
      std::move(options));
}

}  // namespace
}  // namespace sl::client
