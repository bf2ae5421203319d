// Groups from outside, against brokers whose groups are written down in a few maps: which node coordinates a group is
// the test's to choose and to change, and so is what goes wrong.
#include "client/group_admin.h"

#include <fmt/core.h>

#include "tests/unit/client/client_test.h"
#include "wire/consumer_protocol.h"
#include "wire/messages/committed_offsets.h"
#include "wire/messages/groups.h"
#include "wire/messages/membership.h"

namespace sl::client {
namespace {

struct KnownGroup {
  int32_t node = 1;
  bool newer = false;  // of the protocol of KIP-848
  std::string state = "Stable";
  std::vector<std::pair<std::string, std::string>> members;  // id and instance id, which may be empty
  std::map<std::pair<std::string, int32_t>, int64_t> committed;
};

// The groups of the cluster and what was asked about them.
struct KnownGroups {
  std::map<std::string, KnownGroup> groups;
  std::vector<std::string> asked;  // "DescribeGroups@1: a b"
  int misdirected = 0;             // how many answers still say NOT_COORDINATOR
  int loading = 0;                 // how many still say COORDINATOR_LOAD_IN_PROGRESS
  bool describes_newer = true;

  int16_t trouble() {
    if (misdirected > 0) return --misdirected, errc_to_wire(Errc::kNotCoordinator);
    if (loading > 0) return --loading, errc_to_wire(Errc::kCoordinatorLoadInProgress);
    return 0;
  }
  KnownGroup* find(const std::string& name) {
    auto found = groups.find(name);
    return found == groups.end() ? nullptr : &found->second;
  }
  void note(const char* what, int32_t node, const std::vector<std::string>& names) {
    std::string line = fmt::format("{}@{}:", what, node);
    for (const auto& name : names) line += " " + name;
    asked.push_back(std::move(line));
  }

  wire::FindCoordinatorResponse find_coordinator(int32_t node, const wire::FindCoordinatorRequest& request);
  wire::ListGroupsResponse list(int32_t node, const wire::ListGroupsRequest& request);
  wire::DescribeGroupsResponse describe(int32_t node, const wire::DescribeGroupsRequest& request);
  wire::ConsumerGroupDescribeResponse describe_newer(int32_t node, const wire::ConsumerGroupDescribeRequest& request);
  wire::OffsetFetchResponse fetch(int32_t node, const wire::OffsetFetchRequest& request);
  wire::OffsetCommitResponse commit(int32_t node, const wire::OffsetCommitRequest& request);
  wire::OffsetDeleteResponse forget(int32_t node, const wire::OffsetDeleteRequest& request);
  wire::DeleteGroupsResponse remove(int32_t node, const wire::DeleteGroupsRequest& request);
  wire::LeaveGroupResponse leave(int32_t node, const wire::LeaveGroupRequest& request);
  wire::ConsumerGroupHeartbeatResponse heartbeat(int32_t node, const wire::ConsumerGroupHeartbeatRequest& request);
};

wire::FindCoordinatorResponse KnownGroups::find_coordinator(int32_t, const wire::FindCoordinatorRequest& request) {
  wire::FindCoordinatorResponse answer;
  for (const auto& name : request.coordinator_keys) {
    auto& one = answer.coordinators.emplace_back();
    one.key = name;
    one.node_id = find(name) ? find(name)->node : 1;
    one.host = fmt::format("b{}", one.node_id);
    one.port = 9092;
  }
  return answer;
}

wire::ListGroupsResponse KnownGroups::list(int32_t node, const wire::ListGroupsRequest&) {
  wire::ListGroupsResponse answer;
  answer.error_code = trouble();
  for (const auto& [name, group] : groups)
    if (group.node == node && answer.error_code == 0)
      answer.groups.push_back({name, "consumer", group.state, group.newer ? "Consumer" : "classic"});
  return answer;
}

wire::DescribeGroupsResponse KnownGroups::describe(int32_t node, const wire::DescribeGroupsRequest& request) {
  note("DescribeGroups", node, request.groups);
  wire::DescribeGroupsResponse answer;
  for (const auto& name : request.groups) {
    auto& one = answer.groups.emplace_back();
    one.group_id = name;
    one.error_code = trouble();
    const KnownGroup* group = find(name);
    if (one.error_code != 0) continue;
    if (!group || group->newer) {
      one.error_code = errc_to_wire(Errc::kGroupIdNotFound);
      continue;
    }
    one.group_state = group->state;
    one.protocol_type = "consumer";
    one.protocol_data = "range";
    int32_t partition = 0;
    for (const auto& [id, instance] : group->members) {
      auto& member = one.members.emplace_back();
      member.member_id = id;
      if (!instance.empty()) member.group_instance_id = instance;
      member.client_id = "c";
      member.client_host = "/h";
      wire::ConsumerProtocolAssignment assignment;
      assignment.assigned_partitions.push_back({"t", {partition + 1, partition}});
      partition += 2;
      member.member_assignment.value = wire::encode_versioned(assignment);
    }
  }
  return answer;
}

wire::ConsumerGroupDescribeResponse KnownGroups::describe_newer(int32_t node,
                                                                const wire::ConsumerGroupDescribeRequest& request) {
  note("ConsumerGroupDescribe", node, request.group_ids);
  wire::ConsumerGroupDescribeResponse answer;
  for (const auto& name : request.group_ids) {
    auto& one = answer.groups.emplace_back();
    one.group_id = name;
    const KnownGroup* group = find(name);
    if (!group || !group->newer) {
      one.error_code = errc_to_wire(Errc::kGroupIdNotFound);
      continue;
    }
    one.group_state = group->state;
    one.assignor_name = "uniform";
    for (const auto& [id, instance] : group->members) {
      auto& member = one.members.emplace_back();
      member.member_id = id;
      if (!instance.empty()) member.instance_id = instance;
      member.assignment.topic_partitions.push_back({Uuid(), "t", {0}});
    }
  }
  return answer;
}

wire::OffsetFetchResponse KnownGroups::fetch(int32_t node, const wire::OffsetFetchRequest& request) {
  wire::OffsetFetchResponse answer;
  std::vector<std::string> names;
  if (request.groups.empty()) names.push_back(request.group_id);
  for (const auto& group : request.groups) names.push_back(group.group_id);
  note("OffsetFetch", node, names);
  for (const auto& name : names) {
    auto& one = answer.groups.emplace_back();
    one.group_id = name;
    one.error_code = trouble();
    if (!find(name) || one.error_code != 0) continue;
    for (const auto& [where, offset] : find(name)->committed) {
      auto& topic = one.topics.emplace_back();
      topic.name = where.first;
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = where.second;
      partition.committed_offset = offset;
    }
  }
  answer.error_code = answer.groups[0].error_code;
  answer.topics = answer.groups[0].topics;
  return answer;
}

wire::OffsetCommitResponse KnownGroups::commit(int32_t node, const wire::OffsetCommitRequest& request) {
  note("OffsetCommit", node, {request.group_id});
  EXPECT_EQ(request.generation_id_or_member_epoch, -1);
  EXPECT_EQ(request.member_id, "");
  wire::OffsetCommitResponse answer;
  KnownGroup* group = find(request.group_id);
  int16_t error = trouble();
  if (error == 0 && group && !group->members.empty()) error = errc_to_wire(Errc::kUnknownMemberId);
  for (const auto& topic : request.topics) {
    auto& answered = answer.topics.emplace_back();
    answered.name = topic.name;
    for (const auto& partition : topic.partitions) {
      int16_t code = error == 0 && topic.name == "nope" ? errc_to_wire(Errc::kUnknownTopicOrPartition) : error;
      answered.partitions.push_back({partition.partition_index, code});
      if (code == 0)
        groups[request.group_id].committed[{topic.name, partition.partition_index}] = partition.committed_offset;
    }
  }
  return answer;
}

wire::OffsetDeleteResponse KnownGroups::forget(int32_t node, const wire::OffsetDeleteRequest& request) {
  note("OffsetDelete", node, {request.group_id});
  wire::OffsetDeleteResponse answer;
  KnownGroup* group = find(request.group_id);
  if (!group) answer.error_code = errc_to_wire(Errc::kGroupIdNotFound);
  for (const auto& topic : request.topics) {
    if (!group) break;
    auto& answered = answer.topics.emplace_back();
    answered.name = topic.name;
    for (const auto& partition : topic.partitions) {
      bool read = topic.name == "read";
      if (!read) group->committed.erase({topic.name, partition.partition_index});
      answered.partitions.push_back(
          {partition.partition_index, read ? errc_to_wire(Errc::kGroupSubscribedToTopic) : int16_t{0}});
    }
  }
  return answer;
}

wire::DeleteGroupsResponse KnownGroups::remove(int32_t node, const wire::DeleteGroupsRequest& request) {
  note("DeleteGroups", node, request.groups_names);
  wire::DeleteGroupsResponse answer;
  for (const auto& name : request.groups_names) {
    Errc code = Errc::kGroupIdNotFound;
    if (KnownGroup* group = find(name)) code = group->members.empty() ? Errc::kNone : Errc::kNonEmptyGroup;
    answer.results.push_back({name, errc_to_wire(code)});
    if (code == Errc::kNone) groups.erase(name);
  }
  return answer;
}

wire::LeaveGroupResponse KnownGroups::leave(int32_t node, const wire::LeaveGroupRequest& request) {
  note("LeaveGroup", node, {request.group_id});
  wire::LeaveGroupResponse answer;
  auto& members = groups[request.group_id].members;
  for (const auto& leaving : request.members) {
    size_t gone = std::erase_if(members, [&](const auto& member) {
      return leaving.group_instance_id ? member.second == *leaving.group_instance_id && leaving.member_id.empty()
                                       : member.first == leaving.member_id;
    });
    int16_t code = gone > 0 ? int16_t{0} : errc_to_wire(Errc::kUnknownMemberId);
    answer.members.push_back({leaving.member_id, leaving.group_instance_id, code});
  }
  return answer;
}

wire::ConsumerGroupHeartbeatResponse KnownGroups::heartbeat(int32_t node,
                                                            const wire::ConsumerGroupHeartbeatRequest& request) {
  note("ConsumerGroupHeartbeat", node, {request.group_id});
  EXPECT_EQ(request.member_epoch, -1);
  wire::ConsumerGroupHeartbeatResponse answer;
  size_t gone = std::erase_if(groups[request.group_id].members,
                              [&](const auto& member) { return member.first == request.member_id; });
  if (gone == 0) {
    answer.error_code = errc_to_wire(Errc::kUnknownMemberId);
    answer.error_message = "not here";
  }
  return answer;
}

class GroupAdminTest : public fake::ClientTest {
 protected:
  GroupAdminTest() {
    state.other = [this](int32_t node, const wire::RequestFrame& frame) -> std::optional<wire::Encoded> {
      switch (static_cast<wire::ApiKey>(frame.header.api_key)) {
        case wire::ApiKey::kFindCoordinator:
          return answer(frame, node, &KnownGroups::find_coordinator);
        case wire::ApiKey::kListGroups:
          return answer(frame, node, &KnownGroups::list);
        case wire::ApiKey::kDescribeGroups:
          return answer(frame, node, &KnownGroups::describe);
        case wire::ApiKey::kConsumerGroupDescribe:
          return answer(frame, node, &KnownGroups::describe_newer);
        case wire::ApiKey::kOffsetFetch:
          return answer(frame, node, &KnownGroups::fetch);
        case wire::ApiKey::kOffsetCommit:
          return answer(frame, node, &KnownGroups::commit);
        case wire::ApiKey::kOffsetDelete:
          return answer(frame, node, &KnownGroups::forget);
        case wire::ApiKey::kDeleteGroups:
          return answer(frame, node, &KnownGroups::remove);
        case wire::ApiKey::kLeaveGroup:
          return answer(frame, node, &KnownGroups::leave);
        case wire::ApiKey::kConsumerGroupHeartbeat:
          return answer(frame, node, &KnownGroups::heartbeat);
        default:
          return std::nullopt;
      }
    };
    add_broker(2);
    shared = &known;
  }
  template <class M>
  wire::Encoded answer(const wire::RequestFrame& frame, int32_t node,
                       typename M::Response (KnownGroups::*handle)(int32_t, const M&)) {
    auto request = wire::decode<M>(frame.body, frame.header.api_version, {});
    EXPECT_TRUE(request.ok());
    return wire::encode_response(frame.header.correlation_id, (known.*handle)(node, *request),
                                 frame.header.api_version);
  }
  static std::vector<std::string> names(std::initializer_list<const char*> list) { return {list.begin(), list.end()}; }

  KnownGroups known;
  static inline KnownGroups* shared = nullptr;  // for the bodies, which must not capture
};

TEST_F(GroupAdminTest, ListsTheGroupsOfEveryNode) {
  known.groups["b"].node = 2;
  known.groups["a"].newer = true;
  known.loading = 1;
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    GroupAdmin admin(cluster, 2'000);
    auto listed = co_await admin.list();
    EXPECT_TRUE(listed.ok());
    EXPECT_TRUE(listed->errors.empty());
    EXPECT_EQ(listed->groups.size(), 2u);
    EXPECT_EQ(listed->groups[0].name, "a");
    EXPECT_EQ(listed->groups[0].type, "Consumer");
    EXPECT_EQ(listed->groups[1].type, "Classic");
    EXPECT_EQ(listed->groups[1].state, "Stable");
  });
}

TEST_F(GroupAdminTest, DescribesGroupsOfBothProtocolsAtTheirCoordinators) {
  known.groups["classic"].members = {{"m1", ""}, {"m2", "static"}};
  known.groups["newer"].newer = true;
  known.groups["newer"].node = 2;
  known.groups["newer"].members = {{"n1", ""}};
  known.groups["newer"].state = "Reconciling";
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    GroupAdmin admin(cluster, 2'000);
    auto asked = names({"newer", "nope", "classic"});
    auto groups = co_await admin.describe(std::move(asked));
    EXPECT_EQ(groups.size(), 3u);
    EXPECT_EQ(groups[0].type, "Consumer");
    EXPECT_EQ(groups[0].assignor, "uniform");
    EXPECT_EQ(groups[0].coordinator, NodeId(2));
    EXPECT_FALSE(groups[0].settled());
    EXPECT_EQ(groups[0].members[0].assigned[0], (TopicPartition{"t", Partition(0)}));
    EXPECT_EQ(groups[1].error.code, Errc::kGroupIdNotFound);
    EXPECT_EQ(groups[1].error.context, "there is no such group");
    EXPECT_EQ(groups[2].type, "Classic");
    EXPECT_TRUE(groups[2].settled());
    EXPECT_EQ(groups[2].members[1].instance_id, "static");
    EXPECT_EQ(groups[2].members[1].assigned[0], (TopicPartition{"t", Partition(2)}));
  });
  // One request to each node, and the newer one only about those that are not classic.
  std::sort(known.asked.begin(), known.asked.end());
  EXPECT_EQ(known.asked, names({"ConsumerGroupDescribe@1: nope", "ConsumerGroupDescribe@2: newer",
                                "DescribeGroups@1: nope classic", "DescribeGroups@2: newer"}));
}

TEST_F(GroupAdminTest, ANodeWithoutTheNewerProtocolKnowsClassicGroups) {
  state.versions[69] = {0, -1};
  known.groups["g"].state = "Empty";
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    GroupAdmin admin(cluster, 2'000);
    auto asked = names({"g", "nope"});
    auto groups = co_await admin.describe(std::move(asked));
    EXPECT_EQ(groups[0].state, "Empty");
    EXPECT_EQ(groups[1].error.code, Errc::kGroupIdNotFound);
  });
}

TEST_F(GroupAdminTest, ACoordinatorThatMovedOrLoadsIsAskedAgain) {
  known.groups["g"].committed[{"t", 3}] = 7;
  known.misdirected = 2;
  known.loading = 2;
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    GroupAdmin admin(cluster, 2'000);
    auto asked = names({"g"});
    auto offsets = co_await admin.offsets(std::move(asked));
    EXPECT_EQ(offsets[0].error.code, Errc::kNone);
    EXPECT_EQ(offsets[0].offsets.size(), 1u);
    EXPECT_EQ(offsets[0].offsets[0].offset, Offset(7));
    shared->loading = 1'000;
    asked = names({"g"});
    offsets = co_await admin.offsets(std::move(asked));
    EXPECT_EQ(offsets[0].error.code, Errc::kCoordinatorLoadInProgress);
  });
}

TEST_F(GroupAdminTest, OffsetsOfSeveralGroupsComeInOneAnswerOrOneByOne) {
  known.groups["a"].committed[{"u", 0}] = 1;
  known.groups["a"].committed[{"t", 1}] = 2;
  known.groups["b"].committed[{"t", 0}] = 3;
  for (int16_t version : {int16_t{9}, int16_t{5}}) {
    state.versions[9] = {1, version};
    known.asked.clear();
    with_cluster([](Cluster& cluster) -> aio::Task<void> {
      GroupAdmin admin(cluster, 2'000);
      auto asked = names({"a", "b", "nope"});
      auto offsets = co_await admin.offsets(std::move(asked));
      EXPECT_EQ(offsets[0].offsets.size(), 2u);
      EXPECT_EQ(offsets[0].offsets[0].topic, "t");
      EXPECT_EQ(offsets[1].offsets[0].offset, Offset(3));
      EXPECT_TRUE(offsets[2].offsets.empty());
      EXPECT_EQ(offsets[2].error.code, Errc::kNone);
    });
    EXPECT_EQ(known.asked.size(), version >= 8 ? 1u : 3u);
  }
}

TEST_F(GroupAdminTest, CommitsFromOutside) {
  known.groups["busy"].members = {{"m", ""}};
  known.misdirected = 1;
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    GroupAdmin admin(cluster, 2'000);
    std::vector<GroupOffset> offsets(3);
    offsets[0].topic = "t";
    offsets[0].offset = Offset(5);
    offsets[1].topic = "nope";
    offsets[2].topic = "t";
    offsets[2].partition = Partition(1);
    offsets[2].offset = Offset(6);
    auto committed = co_await admin.commit("new", offsets);
    EXPECT_EQ(committed[0].error.code, Errc::kNone);
    EXPECT_EQ(committed[1].error.code, Errc::kUnknownTopicOrPartition);
    EXPECT_EQ(committed[2].error.code, Errc::kNone);
    auto refused = co_await admin.commit("busy", offsets);
    EXPECT_EQ(refused[0].error.code, Errc::kUnknownMemberId);
    EXPECT_EQ(refused[0].error.context, "the group has members");
  });
  EXPECT_EQ((known.groups["new"].committed[{"t", 1}]), 6);
  EXPECT_EQ(known.asked.size(), 3u);
}

TEST_F(GroupAdminTest, ForgetsAndDeletes) {
  known.groups["g"].committed = {{{"t", 0}, 1}, {{"read", 0}, 1}};
  known.groups["busy"].members = {{"m", ""}};
  known.groups["busy"].node = 2;
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    GroupAdmin admin(cluster, 2'000);
    std::vector<TopicPartition> partitions(2);
    partitions[0].topic = "t";
    partitions[1].topic = "read";
    auto forgotten = co_await admin.forget("g", partitions);
    EXPECT_EQ(forgotten[0].code, Errc::kNone);
    EXPECT_EQ(forgotten[1].code, Errc::kGroupSubscribedToTopic);
    EXPECT_EQ(shared->groups["g"].committed.size(), 1u);
    forgotten = co_await admin.forget("nope", partitions);
    EXPECT_EQ(forgotten[1].code, Errc::kGroupIdNotFound);
    auto asked = names({"busy", "g", "nope"});
    auto removed = co_await admin.remove(std::move(asked));
    EXPECT_EQ(removed[0].error.code, Errc::kNonEmptyGroup);
    EXPECT_EQ(removed[1].error.code, Errc::kNone);
    EXPECT_EQ(removed[1].name, "g");
    EXPECT_EQ(removed[2].error.code, Errc::kGroupIdNotFound);
  });
  EXPECT_FALSE(known.groups.contains("g"));
}

TEST_F(GroupAdminTest, EvictsInTheWayOfEachProtocol) {
  known.groups["classic"].members = {{"m1", ""}, {"m2", "static"}, {"m3", ""}};
  known.groups["newer"].newer = true;
  known.groups["newer"].members = {{"n1", "static"}, {"n2", ""}};
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    GroupAdmin admin(cluster, 2'000);
    auto asked = names({"classic", "newer"});
    auto groups = co_await admin.describe(std::move(asked));
    auto members = groups[0].members;
    members.resize(2);
    members.emplace_back().id = "gone";
    auto evicted = co_await admin.evict(groups[0], members);
    EXPECT_EQ(evicted[0].code, Errc::kNone);
    EXPECT_EQ(evicted[1].code, Errc::kNone);
    EXPECT_EQ(evicted[2].code, Errc::kUnknownMemberId);
    members = groups[1].members;
    members[1].id = "gone";
    evicted = co_await admin.evict(groups[1], members);
    EXPECT_EQ(evicted[0].code, Errc::kNone);
    EXPECT_EQ(evicted[1].code, Errc::kUnknownMemberId);
    EXPECT_EQ(evicted[1].context, "not here");
  });
  EXPECT_EQ(known.groups["classic"].members.size(), 1u);
  EXPECT_EQ(known.groups["newer"].members.size(), 1u);
}

}  // namespace
}  // namespace sl::client
