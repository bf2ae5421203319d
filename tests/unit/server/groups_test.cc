// Groups through the wire: who coordinates, both protocols, committed offsets with what they survive, and
// administration.
#include <gtest/gtest.h>

#include "group/stored_groups.h"
#include "record/batch_builder.h"
#include "storage/stored_log.h"
#include "tests/support/raw_peer.h"

namespace sl::server {
namespace {

using support::RawPeer;
using support::SimBroker;

class GroupsTest : public testing::Test {
 protected:
  GroupsTest() : peer_(broker_) {
    broker_.create_topic("t", 4);
    topic_ = broker_.image().find("t")->id;
    EXPECT_EQ(find("g").error_code, 0);
  }

  // The request and its answer, which must come.
  template <wire::Request M>
  typename M::Response ask(const M& request, int16_t version) {
    auto response = peer_.call(request, version);
    EXPECT_TRUE(response) << wire::message_name<M>();
    return response ? *std::move(response) : typename M::Response();
  }
  wire::FindCoordinatorResponse find(const std::string& group) {
    wire::FindCoordinatorRequest request;
    request.key = group;
    return ask(request, 3);
  }
  static wire::JoinGroupRequest join_of(const std::string& member, const std::string& group = "g") {
    wire::JoinGroupRequest request;
    request.group_id = group;
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 60'000;
    request.member_id = member;
    request.protocol_type = "consumer";
    request.protocols.push_back({"range", {"m"}});
    return request;
  }
  wire::SyncGroupResponse sync(const wire::JoinGroupResponse& joined, const std::string& assignment) {
    wire::SyncGroupRequest request;
    request.group_id = "g";
    request.generation_id = joined.generation_id;
    request.member_id = joined.member_id;
    request.assignments.push_back({joined.member_id, {assignment}});
    return ask(request, 4);
  }
  // The one member of the group, which is stable.
  wire::JoinGroupResponse settle_one() {
    auto first = ask(join_of(""), 5);
    EXPECT_EQ(errc_from_wire(first.error_code), Errc::kMemberIdRequired);
    auto joined = ask(join_of(first.member_id), 5);
    EXPECT_EQ(joined.error_code, 0);
    EXPECT_EQ(sync(joined, "share").assignment.value, "share");
    return joined;
  }
  Errc commit(int64_t offset, const std::string& member = "", int32_t generation = -1, const std::string& topic = "t",
              int32_t partition = 0) {
    wire::OffsetCommitRequest request;
    request.group_id = "g";
    request.member_id = member;
    request.generation_id_or_member_epoch = generation;
    request.topics.push_back({topic, {}, {{partition, offset, 3, "note"}}});
    return errc_from_wire(ask(request, 8).topics.at(0).partitions.at(0).error_code);
  }
  // Of partition 0; -1 where there is none.
  int64_t committed(const std::string& topic = "t") {
    wire::OffsetFetchRequest request;
    request.group_id = "g";
    request.topics.emplace().push_back({topic, {}, {0}});
    auto answer = ask(request, 7);
    EXPECT_EQ(answer.error_code, 0);
    return answer.topics.at(0).partitions.at(0).committed_offset;
  }
  wire::ConsumerGroupHeartbeatResponse beat(const std::string& member, int32_t epoch, const std::string& group = "k") {
    wire::ConsumerGroupHeartbeatRequest request;
    request.group_id = group;
    request.member_id = member;
    request.member_epoch = epoch;
    if (epoch == 0) {
      request.rebalance_timeout_ms = 30'000;
      request.subscribed_topic_names = {"t"};
      request.topic_partitions.emplace();
    }
    return ask(request, 1);
  }
  wire::DescribeGroupsResponse::Group described(const std::string& group) {
    wire::DescribeGroupsRequest request;
    request.groups.push_back(group);
    return ask(request, 6).groups.at(0);
  }

  SimBroker broker_{{}};
  Uuid topic_;
  RawPeer peer_;
};

TEST_F(GroupsTest, TheFirstGroupMakesTheTopic) {
  const auto* topic = broker_.image().find("__consumer_offsets");
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->partitions.size(), 50U);
  EXPECT_EQ(topic->settings.at("cleanup.policy"), "compact");
  auto found = find("g");
  EXPECT_EQ(found.node_id, broker_.broker().node().value);
  EXPECT_EQ(found.host, broker_.address().text());
  wire::FindCoordinatorRequest many;
  many.coordinator_keys = {"a", "b"};
  auto both = ask(many, 4);
  ASSERT_EQ(both.coordinators.size(), 2U);
  EXPECT_EQ(both.coordinators[1].key, "b");
  EXPECT_EQ(both.coordinators[1].node_id, found.node_id);
}

TEST_F(GroupsTest, AMemberJoinsIsAliveAndLeaves) {
  auto joined = settle_one();
  EXPECT_EQ(joined.leader, joined.member_id);
  ASSERT_EQ(joined.members.size(), 1U);
  EXPECT_EQ(joined.members[0].metadata.value, "m");
  wire::HeartbeatRequest heartbeat{"g", joined.generation_id, joined.member_id, std::nullopt};
  EXPECT_EQ(ask(heartbeat, 3).error_code, 0);
  auto group = described("g");
  EXPECT_EQ(group.group_state, "Stable");
  EXPECT_EQ(group.protocol_data, "range");
  ASSERT_EQ(group.members.size(), 1U);
  EXPECT_EQ(group.members[0].client_id, "raw");
  EXPECT_EQ(group.members[0].member_assignment.value, "share");
  wire::LeaveGroupRequest leave;
  leave.group_id = "g";
  leave.members.push_back({joined.member_id, std::nullopt, std::nullopt});
  EXPECT_EQ(ask(leave, 3).members.at(0).error_code, 0);
  EXPECT_EQ(described("g").group_state, "Empty");
  EXPECT_EQ(errc_from_wire(ask(heartbeat, 3).error_code), Errc::kUnknownMemberId);
}

TEST_F(GroupsTest, ASilentMemberIsPutOut) {
  auto joined = settle_one();
  broker_.world().run_for_ms(11'000);
  EXPECT_EQ(described("g").group_state, "Empty");
}

TEST_F(GroupsTest, OnlyTheGroupsOwnGenerationCommits) {
  EXPECT_EQ(commit(7), Errc::kNone);
  EXPECT_EQ(committed(), 7);
  auto joined = settle_one();
  EXPECT_EQ(commit(8, joined.member_id, joined.generation_id), Errc::kNone);
  EXPECT_EQ(commit(9, joined.member_id, joined.generation_id - 1), Errc::kIllegalGeneration);
  EXPECT_EQ(commit(9, "stranger", joined.generation_id), Errc::kUnknownMemberId);
  EXPECT_EQ(commit(9), Errc::kUnknownMemberId) << "from outside, while the group has members";
  EXPECT_EQ(committed(), 8);
  EXPECT_EQ(commit(1, joined.member_id, joined.generation_id, "nowhere"), Errc::kUnknownTopicOrPartition);
  EXPECT_EQ(commit(1, joined.member_id, joined.generation_id, "t", 4), Errc::kUnknownTopicOrPartition);
}

TEST_F(GroupsTest, WhatIsCommittedIsReadByTopicByIdAndAll) {
  EXPECT_EQ(commit(7), Errc::kNone);
  wire::OffsetFetchRequest by_id;
  by_id.groups.push_back({"g", std::nullopt, -1, {{{"", topic_, {0, 1}}}}});
  by_id.groups.push_back({"g", std::nullopt, -1, std::nullopt});
  by_id.groups.push_back({"nobody", std::nullopt, -1, std::nullopt});
  auto answer = ask(by_id, 10);
  ASSERT_EQ(answer.groups.size(), 3U);
  EXPECT_EQ(answer.groups[0].topics.at(0).partitions.at(0).committed_offset, 7);
  EXPECT_EQ(answer.groups[0].topics.at(0).partitions.at(0).metadata, "note");
  EXPECT_EQ(answer.groups[0].topics.at(0).partitions.at(1).committed_offset, -1);
  EXPECT_EQ(answer.groups[1].topics.at(0).topic_id, topic_);
  EXPECT_EQ(answer.groups[1].topics.at(0).partitions.at(0).committed_leader_epoch, 3);
  EXPECT_TRUE(answer.groups[2].topics.empty());
  EXPECT_EQ(answer.groups[2].error_code, 0);
}

// Other coordinators over the same log, as after restarts: the first reads the log and stores the groups in the index,
// the second finds them there, the third has to read on.
TEST_F(GroupsTest, GroupsComeBackOutOfTheirLogAndTheIndex) {
  EXPECT_EQ(beat("m1", 0).error_code, 0);
  auto joined = settle_one();
  EXPECT_EQ(commit(42, joined.member_id, joined.generation_id), Errc::kNone);
  auto& server = broker_.broker();
  Offset expected(42);
  auto look = [](group::Coordinator& coordinator, std::string member, Offset offset, bool& seen) -> aio::Task<void> {
    auto classic = co_await coordinator.find("g");
    auto consumer = co_await coordinator.find("k");
    EXPECT_TRUE(classic && consumer);
    const auto* group = (*classic)->groups().classic("g");
    EXPECT_TRUE(group && group->state() == group::ClassicState::kStable && group->members().contains(member));
    EXPECT_EQ((*classic)->groups().offsets("g")->find("t", sl::Partition(0))->offset, offset);
    const auto* k = (*consumer)->groups().consumer("k");
    EXPECT_TRUE(k && k->describe().members.at("m1").current.assigned.size() == 4);
    co_await coordinator.stop(true);
    seen = true;
  };
  const Uuid topic = broker_.image().find(group::kOffsetsTopicName)->id;
  const sl::Partition partition = group::partition_for("g", 50);
  for (int life = 0; life < 3; ++life) {
    auto stored = group::load_groups(server.data().index(), topic, partition);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->has_value(), life > 0);
    if (life == 2) {
      expected = Offset(43);
      EXPECT_EQ(commit(43, joined.member_id, joined.generation_id), Errc::kNone);
    }
    group::Coordinator::Seams seams{server.runtime(),      server.logger(),   server.buffers(),
                                    server.data().index(), server.settings(), server.image(),
                                    server.controller(),   server.replicas(), server.node()};
    group::Coordinator again(std::move(seams));
    again.refresh();
    bool done = false;
    broker_.world().run(look(again, joined.member_id, expected, done));
    EXPECT_TRUE(done);
  }
}

// What the index holds is believed only as far as it is whole.
TEST_F(GroupsTest, DamagedRowsOfTheIndexAreNone) {
  BufferPool pool(0);
  kv::Store& index = broker_.broker().data().index();
  std::vector<group::Record> records;
  for (int i = 0; i < 200; ++i) {
    group::OffsetRecord record{"g", "t", sl::Partition(i), group::OffsetRecord::Value()};
    record.value->metadata = std::string(50, 'm');
    records.push_back(std::move(record));
  }
  const Uuid id = topic_;
  ASSERT_TRUE(group::store_groups(index, id, sl::Partition(9), Offset(1), 5, records, pool));
  auto whole = group::load_groups(index, id, sl::Partition(9));
  ASSERT_TRUE(whole && *whole);
  EXPECT_EQ((*whole)->applied, Offset(1));
  EXPECT_EQ((*whole)->wall_ms, 5);
  EXPECT_EQ(record::parse_batch(as_bytes((*whole)->batch))->record_count(), 200);
  std::string last;
  ASSERT_TRUE(index.read([&](kv::Reader& reader) -> Status {
    SL_TRY(kv::Cursor cursor, reader.cursor(storage::log_prefix(id, sl::Partition(9))));
    SL_TRY(auto row, cursor.last());
    last = row->key;
    return {};
  }));
  ASSERT_TRUE(index.write([&](kv::Writer& writer) { return writer.put(last, "other bytes"); }));
  auto damaged = group::load_groups(index, id, sl::Partition(9));
  ASSERT_TRUE(damaged);
  EXPECT_FALSE(damaged->has_value());
  ASSERT_TRUE(index.write([&](kv::Writer& writer) { return writer.erase(last); }));
  damaged = group::load_groups(index, id, sl::Partition(9));
  ASSERT_TRUE(damaged);
  EXPECT_FALSE(damaged->has_value());
}

TEST_F(GroupsTest, TheNewerProtocolAssignsByItself) {
  auto first = beat("m1", 0);
  EXPECT_EQ(first.error_code, 0);
  EXPECT_EQ(first.heartbeat_interval_ms, 500);
  ASSERT_TRUE(first.assignment);
  EXPECT_EQ(first.assignment->topic_partitions.at(0).partitions.size(), 4U);
  auto second = beat("m2", 0);
  ASSERT_TRUE(second.assignment);
  EXPECT_TRUE(second.assignment->topic_partitions.empty()) << "the first one has not given anything up";
  wire::ConsumerGroupDescribeRequest describe;
  describe.group_ids = {"k", "g"};
  auto answer = ask(describe, 1);
  EXPECT_EQ(answer.groups.at(0).group_state, "Reconciling");
  EXPECT_EQ(answer.groups.at(0).members.size(), 2U);
  EXPECT_EQ(errc_from_wire(answer.groups.at(1).error_code), Errc::kGroupIdNotFound);
  EXPECT_EQ(errc_from_wire(ask(join_of("", "k"), 3).error_code), Errc::kInconsistentGroupProtocol);
  // An administrator takes one out, by the request of the classic protocol.
  wire::LeaveGroupRequest leave;
  leave.group_id = "k";
  leave.members.push_back({"m1", std::nullopt, std::nullopt});
  leave.members.push_back({"m9", std::nullopt, std::nullopt});
  auto left = ask(leave, 3);
  EXPECT_EQ(left.members.at(0).error_code, 0);
  EXPECT_EQ(errc_from_wire(left.members.at(1).error_code), Errc::kUnknownMemberId);
  EXPECT_EQ(errc_from_wire(beat("m1", first.member_epoch).error_code), Errc::kUnknownMemberId);
}

TEST_F(GroupsTest, ABadExpressionIsRefused) {
  wire::ConsumerGroupHeartbeatRequest request;
  request.group_id = "k";
  request.member_id = "m";
  request.rebalance_timeout_ms = 1000;
  request.topic_partitions.emplace();
  request.subscribed_topic_regex = "t(";
  auto answer = ask(request, 1);
  EXPECT_EQ(errc_from_wire(answer.error_code), Errc::kInvalidRegularExpression);
  EXPECT_TRUE(answer.error_message && !answer.error_message->empty());
  request.subscribed_topic_regex = "t.*";
  EXPECT_EQ(ask(request, 1).assignment.value().topic_partitions.at(0).partitions.size(), 4U);
}

// The join of a second member waits for the first, which does not come; its client goes.
TEST_F(GroupsTest, WhoHangsUpWhileTheBarrierIsClosedHoldsNothing) {
  auto joined = settle_one();
  {
    RawPeer other(broker_);
    other.ask(1, join_of(""), 3);
    EXPECT_FALSE(other.wait_frames(1, 2000));
    EXPECT_EQ(described("g").group_state, "PreparingRebalance");
  }
  wire::HeartbeatRequest heartbeat{"g", joined.generation_id, joined.member_id, std::nullopt};
  EXPECT_EQ(errc_from_wire(ask(heartbeat, 3).error_code), Errc::kRebalanceInProgress);
}

TEST_F(GroupsTest, AFullDiskAnswersACommitAndKeepsTheOldOne) {
  EXPECT_EQ(commit(7), Errc::kNone);
  broker_.node().disk().fail_from(aio::DiskOp::kAny, 1, Errc::kDiskFull);
  EXPECT_NE(commit(8), Errc::kNone);
  EXPECT_EQ(committed(), 7);
  broker_.node().disk().heal();
  EXPECT_EQ(commit(9), Errc::kNone);
  EXPECT_EQ(committed(), 9);
}

TEST_F(GroupsTest, GroupsAreListedForgottenAndDeleted) {
  EXPECT_EQ(commit(7), Errc::kNone);
  EXPECT_EQ(beat("m1", 0).error_code, 0);
  wire::ListGroupsRequest list;
  EXPECT_EQ(ask(list, 5).groups.size(), 2U);
  list.types_filter = {"consumer"};
  auto consumers = ask(list, 5).groups;
  ASSERT_EQ(consumers.size(), 1U);
  EXPECT_EQ(consumers[0].group_id, "k");
  list.types_filter.clear();
  list.states_filter = {"empty"};
  auto empty = ask(list, 5).groups;
  ASSERT_EQ(empty.size(), 1U);
  EXPECT_EQ(empty[0].group_id, "g");

  wire::OffsetDeleteRequest forget{"g", {{"t", {{0}, {1}}}}};
  auto forgotten = ask(forget, 0);
  EXPECT_EQ(forgotten.error_code, 0);
  EXPECT_EQ(forgotten.topics.at(0).partitions.size(), 2U);
  EXPECT_EQ(committed(), -1);

  EXPECT_EQ(commit(7), Errc::kNone);
  wire::DeleteGroupsRequest remove;
  remove.groups_names = {"g", "k", "nobody"};
  auto results = ask(remove, 2).results;
  EXPECT_EQ(results.at(0).error_code, 0);
  EXPECT_EQ(errc_from_wire(results.at(1).error_code), Errc::kNonEmptyGroup);
  EXPECT_EQ(errc_from_wire(results.at(2).error_code), Errc::kGroupIdNotFound);
  EXPECT_EQ(errc_from_wire(described("g").error_code), Errc::kGroupIdNotFound);
}

TEST_F(GroupsTest, OffsetsGoWithTheirTopic) {
  EXPECT_EQ(commit(7), Errc::kNone);
  wire::DeleteTopicsRequest remove;
  remove.topic_names = {"t"};
  EXPECT_EQ(ask(remove, 3).responses.at(0).error_code, 0);
  broker_.create_topic("t", 4);
  EXPECT_EQ(committed(), -1);
}

TEST_F(GroupsTest, TheTopicIsTheCoordinatorsOwn) {
  BufferPool pool(0);
  record::BatchBuilder builder(pool, 1 << 20, 1 << 10);
  builder.append(1'700'000'000'000, as_bytes("key"), as_bytes("value"));
  wire::ProduceRequest produce;
  produce.acks = -1;
  produce.timeout_ms = 1000;
  auto& topic = produce.topic_data.emplace_back();
  topic.name = "__consumer_offsets";
  topic.partition_data.emplace_back().records = wire::Records(builder.finish({}));
  EXPECT_EQ(errc_from_wire(ask(produce, 8).responses.at(0).partition_responses.at(0).error_code), Errc::kInvalidTopic);
  wire::CreatePartitionsRequest grow;
  grow.topics.push_back({"__consumer_offsets", 60, std::nullopt});
  EXPECT_EQ(errc_from_wire(ask(grow, 2).results.at(0).error_code), Errc::kInvalidTopic);
}

}  // namespace
}  // namespace sl::server
