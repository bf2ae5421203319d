// Groups as such: listed, described, deleted, members put out.
//
// A group that was described belongs to one of two protocols, and nothing but asking tells which: first it is taken for
// a classic one, and whoever is not found so is asked about in the newer protocol (KIP-848).
#include "client/group_admin.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "client/group_question.h"
#include "client/interruptible.h"
#include "wire/consumer_protocol.h"
#include "wire/messages/groups.h"
#include "wire/messages/membership.h"

namespace sl::client {
namespace {

constexpr int64_t kRetryMs = 100;
constexpr std::string_view kClassic = "Classic";
constexpr std::string_view kConsumer = "Consumer";
constexpr int32_t kLeaveEpoch = -1;  // of a heartbeat of the newer protocol

// What a node says of the groups it coordinates.
struct NodeListing {
  Node node;
  Result<wire::ListGroupsResponse> answer = Errc::kCancelled;
};

aio::Task<void> list_at(Cluster* cluster, NodeListing* into, int64_t timeout_ms) {
  int64_t give_up_ns = cluster->runtime().mono_ns() + timeout_ms * 1'000'000;
  aio::Timer pause(cluster->runtime().timers());
  for (;;) {
    Result<ConnectionPtr> connection = co_await cluster->connect(into->node.id);
    if (!connection) {
      into->answer = std::move(connection).error();
      co_return;
    }
    wire::ListGroupsRequest request;
    into->answer = co_await (*connection)->call(std::move(request), timeout_ms);
    bool loading = into->answer && errc_from_wire(into->answer->error_code) == Errc::kCoordinatorLoadInProgress;
    if (!loading || cluster->runtime().mono_ns() + kRetryMs * 1'000'000 >= give_up_ns) co_return;
    co_await pause.wait_ms(kRetryMs);
  }
}

template <class Groups>
auto* find_group(Groups& groups, const std::string& name) {
  auto found = std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.group_id == name; });
  return found == groups.end() ? nullptr : &*found;
}

class DescribeQuestion : public GroupQuestion {
 public:
  DescribeQuestion(Cluster& cluster, std::vector<std::string> groups, int64_t timeout_ms)
      : GroupQuestion(cluster, std::move(groups), timeout_ms, AfterLoss::kAskAgain), described(size()) {}
  std::vector<GroupDescription> described;

 private:
  aio::Task<void> ask(ConnectionPtr node, std::vector<size_t> items, int64_t timeout_ms) override {
    wire::DescribeGroupsRequest request;
    request.groups = names(items);
    auto answer = co_await call_on(node, std::move(request), timeout_ms);
    if (!answer) {
      fail(items, answer.error());
      co_return;
    }
    std::vector<size_t> others;
    for (size_t item : items) {
      const auto* found = find_group(answer->groups, group(item));
      bool none = !found || errc_from_wire(found->error_code) == Errc::kGroupIdNotFound || found->group_state == "Dead";
      if (none)
        others.push_back(item);
      else
        take(item, *found);
    }
    if (!others.empty()) co_await ask_newer(node, std::move(others), timeout_ms);
  }

  aio::Task<void> ask_newer(ConnectionPtr node, std::vector<size_t> items, int64_t timeout_ms) {
    wire::ConsumerGroupDescribeRequest request;
    request.group_ids = names(items);
    auto answer = co_await call_on(node, std::move(request), timeout_ms);
    bool unknown_here = !answer && answer.code() == Errc::kUnsupportedVersion;
    if (!answer && !unknown_here) {
      fail(items, answer.error());
      co_return;
    }
    for (size_t item : items) {
      const auto* found = answer ? find_group(answer->groups, group(item)) : nullptr;
      bool none = !found || errc_from_wire(found->error_code) == Errc::kGroupIdNotFound;
      if (none)
        settle(item, Errc::kGroupIdNotFound, "there is no such group");
      else
        take(item, *found);
    }
  }

  void take(size_t item, const wire::DescribeGroupsResponse::Group& from) {
    settle(item, errc_from_wire(from.error_code), from.error_message.value_or(""));
    GroupDescription& group = described[item];
    group.state = from.group_state;
    group.type = kClassic;
    group.protocol_type = from.protocol_type;
    group.assignor = from.protocol_data;
    group.members.clear();
    for (const auto& each : from.members) {
      MemberDescription& member = group.members.emplace_back();
      member.id = each.member_id;
      member.instance_id = each.group_instance_id;
      member.client_id = each.client_id;
      member.host = each.client_host;
      if (from.protocol_type != "consumer" || each.member_assignment.value.empty()) continue;
      // What a member of another program put there in its own way has no partitions to show.
      auto assignment =
          wire::decode_versioned<wire::ConsumerProtocolAssignment>(as_bytes(each.member_assignment.value));
      if (!assignment) continue;
      for (const auto& topic : assignment->assigned_partitions)
        for (int32_t p : topic.partitions) member.assigned.push_back({topic.topic, Partition(p)});
      std::sort(member.assigned.begin(), member.assigned.end());
    }
  }

  void take(size_t item, const wire::ConsumerGroupDescribeResponse::Group& from) {
    settle(item, errc_from_wire(from.error_code), from.error_message.value_or(""));
    GroupDescription& group = described[item];
    group.state = from.group_state;
    group.type = kConsumer;
    group.protocol_type = "consumer";
    group.assignor = from.assignor_name;
    group.members.clear();
    for (const auto& each : from.members) {
      MemberDescription& member = group.members.emplace_back();
      member.id = each.member_id;
      member.instance_id = each.instance_id;
      member.client_id = each.client_id;
      member.host = each.client_host;
      for (const auto& topic : each.assignment.topic_partitions)
        for (int32_t p : topic.partitions) member.assigned.push_back({topic.topic_name, Partition(p)});
      std::sort(member.assigned.begin(), member.assigned.end());
    }
  }
};

class DeleteQuestion : public GroupQuestion {
 public:
  DeleteQuestion(Cluster& cluster, std::vector<std::string> groups, int64_t timeout_ms)
      : GroupQuestion(cluster, std::move(groups), timeout_ms, AfterLoss::kGiveUp) {}

 private:
  aio::Task<void> ask(ConnectionPtr node, std::vector<size_t> items, int64_t timeout_ms) override {
    wire::DeleteGroupsRequest request;
    request.groups_names = names(items);
    auto answer = co_await call_on(node, std::move(request), timeout_ms);
    if (!answer) {
      fail(items, answer.error());
      co_return;
    }
    for (size_t item : items) {
      const auto* found = find_group(answer->results, group(item));
      settle(item, found ? errc_from_wire(found->error_code) : Errc::kProtocolMismatch);
    }
  }
};

// Members out of one classic group; a static one is named by its instance id (KIP-345).
class LeaveQuestion : public GroupQuestion {
 public:
  LeaveQuestion(Cluster& cluster, std::string group, std::vector<MemberDescription> members, int64_t timeout_ms)
      : GroupQuestion(cluster, std::vector<std::string>(1, std::move(group)), timeout_ms, AfterLoss::kGiveUp),
        errors(members.size()),
        members_(std::move(members)) {}
  std::vector<Error> errors;

 private:
  static constexpr int16_t kSeveralFrom = 3;

  aio::Task<void> ask(ConnectionPtr node, std::vector<size_t> items, int64_t timeout_ms) override {
    auto version = node->version_for<wire::LeaveGroupRequest>();
    if (version && *version < kSeveralFrom) {
      Error why{Errc::kUnsupportedVersion, "the node cannot put members out (LeaveGroup before version 3)"};
      fail(items, why);
      co_return;
    }
    wire::LeaveGroupRequest request;
    request.group_id = group(items[0]);
    for (const auto& member : members_) {
      auto& each = request.members.emplace_back();
      if (!member.instance_id) each.member_id = member.id;
      each.group_instance_id = member.instance_id;
      each.reason = "put out by an operator";
    }
    auto answer = co_await call_on(node, std::move(request), timeout_ms);
    if (!answer) {
      fail(items, answer.error());
      co_return;
    }
    settle(items[0], errc_from_wire(answer->error_code));
    for (size_t i = 0; i < members_.size(); ++i) {
      errors[i] = Error{Errc::kProtocolMismatch, "the answer does not mention it"};
      for (const auto& each : answer->members) {
        bool same = members_[i].instance_id ? each.group_instance_id == members_[i].instance_id
                                            : each.member_id == members_[i].id;
        if (same) errors[i] = Error{errc_from_wire(each.error_code), {}};
      }
    }
  }
  std::vector<MemberDescription> members_;
};

// One member out of a group of the newer protocol, where only a member's own heartbeat says that it leaves.
class LeavingHeartbeat : public GroupQuestion {
 public:
  LeavingHeartbeat(Cluster& cluster, std::string group, std::string member, int64_t timeout_ms)
      : GroupQuestion(cluster, std::vector<std::string>(1, std::move(group)), timeout_ms, AfterLoss::kGiveUp),
        member_(std::move(member)) {}

 private:
  aio::Task<void> ask(ConnectionPtr node, std::vector<size_t> items, int64_t timeout_ms) override {
    wire::ConsumerGroupHeartbeatRequest request;
    request.group_id = group(items[0]);
    request.member_id = member_;
    request.member_epoch = kLeaveEpoch;
    auto answer = co_await call_on(node, std::move(request), timeout_ms);
    if (answer)
      settle(items[0], errc_from_wire(answer->error_code), answer->error_message.value_or(""));
    else
      fail(items, answer.error());
  }
  std::string member_;
};

}  // namespace

aio::Task<Result<ListedGroups>> GroupAdmin::list() {
  SL_CO_CHECK(co_await cluster_.refresh_nodes());
  std::vector<NodeListing> listings;
  std::vector<Node> nodes = cluster_.nodes();
  for (Node& node : nodes) listings.push_back({std::move(node)});
  aio::TaskGroup asking;
  for (NodeListing& each : listings) asking.spawn(list_at(&cluster_, &each, timeout_ms_));
  co_await asking.drained();
  ListedGroups listed;
  for (const NodeListing& each : listings) {
    std::string name = fmt::format("node {}", each.node.id.value);
    Errc code = each.answer ? errc_from_wire(each.answer->error_code) : each.answer.code();
    if (code != Errc::kNone) {
      listed.errors.push_back({std::move(name), each.answer ? Error{code, {}} : each.answer.error()});
      continue;
    }
    for (const auto& group : each.answer->groups) {
      auto& added = listed.groups.emplace_back();
      added = {group.group_id, group.protocol_type, group.group_state, group.group_type};
      // Kafka writes "classic" since 4.0 and wrote "Classic" before.
      if (!added.type.empty()) added.type[0] = static_cast<char>(std::toupper(static_cast<uint8_t>(added.type[0])));
    }
  }
  std::sort(listed.groups.begin(), listed.groups.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  co_return listed;
}

aio::Task<std::vector<GroupDescription>> GroupAdmin::describe(std::vector<std::string> groups) {
  DescribeQuestion question(cluster_, std::move(groups), timeout_ms_);
  co_await question.run();
  for (size_t i = 0; i < question.size(); ++i) {
    GroupDescription& group = question.described[i];
    group.name = question.group(i);
    group.error = question.error(i);
    group.coordinator = cluster_.coordinator(group.name).value_or(NodeId(-1));
  }
  co_return std::move(question.described);
}

aio::Task<std::vector<ItemResult>> GroupAdmin::remove(std::vector<std::string> groups) {
  DeleteQuestion question(cluster_, std::move(groups), timeout_ms_);
  co_await question.run();
  std::vector<ItemResult> results;
  for (size_t i = 0; i < question.size(); ++i) results.push_back({question.group(i), question.error(i)});
  co_return results;
}

aio::Task<std::vector<Error>> GroupAdmin::evict(GroupDescription group, std::vector<MemberDescription> members) {
  std::vector<Error> errors;
  if (group.type == kConsumer) {
    for (const auto& member : members) {
      LeavingHeartbeat question(cluster_, group.name, member.id, timeout_ms_);
      co_await question.run();
      errors.push_back(question.error(0));
    }
    co_return errors;
  }
  LeaveQuestion question(cluster_, group.name, std::move(members), timeout_ms_);
  co_await question.run();
  errors = std::move(question.errors);
  bool failed = question.error(0).code != Errc::kNone;
  for (Error& error : errors)
    if (failed) error = question.error(0);
  co_return errors;
}

}  // namespace sl::client
