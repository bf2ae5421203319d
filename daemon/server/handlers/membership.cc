// Being a member of a group: the classic protocol, which waits for members at a barrier, and the newer one of KIP-848,
// where a heartbeat is all.
#include <algorithm>

#include "server/handlers/families.h"
#include "server/handlers/group_call.h"

namespace sl::server {
namespace {

using group::Groups, group::Now, group::Outcome, group::RequestId;

// KIP-394, KIP-814; and who could not yet tell how long a rebalance may last.
constexpr int16_t kMemberIdRequired = 4, kSkipsAssignment = 9, kHasRebalanceTimeout = 1;
constexpr int16_t kLeavesTogether = 3;

bool may_read(const Call& call, const std::string& group) {
  return call.allowed(Operation::kRead, ResourceType::kGroup, group);
}

// As Kafka shows it: "/192.0.2.7".
group::ClientIdentity identity_of(const Call& call) {
  std::string host = call.session.is_unix ? "unix" : call.session.peer.substr(0, call.session.peer.rfind(':'));
  return {call.header.client_id.value_or(""), "/" + host};
}

std::string new_member_id(Call& call, const std::optional<std::string>& instance_id) {
  std::string id = instance_id ? *instance_id : call.header.client_id.value_or("");
  return id + "-" + Uuid::random(call.broker.runtime().random()).text();
}

group::JoinRequest join_of(Call& call, wire::JoinGroupRequest& request) {
  group::JoinRequest join;
  join.new_member_id = new_member_id(call, request.group_instance_id);
  join.group = std::move(request.group_id);
  join.member_id = std::move(request.member_id);
  join.instance_id = std::move(request.group_instance_id);
  join.client = identity_of(call);
  join.member_id_required = call.version() >= kMemberIdRequired;
  join.can_skip_assignment = call.version() >= kSkipsAssignment;
  join.session_timeout_ms = request.session_timeout_ms;
  join.rebalance_timeout_ms =
      call.version() >= kHasRebalanceTimeout ? request.rebalance_timeout_ms : request.session_timeout_ms;
  join.protocol_type = std::move(request.protocol_type);
  for (auto& protocol : request.protocols)
    join.protocols.push_back({std::move(protocol.name), std::move(protocol.metadata.value)});
  return join;
}

aio::Task<wire::JoinGroupResponse> join_group(Call& call, wire::JoinGroupRequest request) {
  wire::JoinGroupResponse response;
  response.member_id = request.member_id;
  std::string name = request.group_id;
  if (name.empty()) {
    response.error_code = errc_to_wire(Errc::kInvalidGroupId);
    co_return response;
  }
  auto ask = [join = join_of(call, request)](Groups& groups, RequestId id, Now now, Outcome& out) {
    groups.join(id, join, now, out);
  };
  auto answer = co_await ask_coordinator<group::JoinAnswer>(call, Operation::kRead, std::move(name), std::move(ask));
  response.error_code = errc_to_wire(answer ? answer->error : answer.code());
  if (!answer) co_return response;
  response.generation_id = answer->generation;
  if (!answer->protocol_type.empty()) response.protocol_type = std::move(answer->protocol_type);
  response.protocol_name = std::move(answer->protocol);
  response.leader = std::move(answer->leader);
  response.skip_assignment = answer->skip_assignment;
  response.member_id = std::move(answer->member_id);
  for (auto& member : answer->members)
    response.members.push_back(
        {std::move(member.member_id), std::move(member.instance_id), {std::move(member.metadata)}});
  co_return response;
}

aio::Task<wire::SyncGroupResponse> sync_group(Call& call, wire::SyncGroupRequest request) {
  wire::SyncGroupResponse response;
  group::SyncRequest sync;
  sync.group = request.group_id;
  sync.member_id = std::move(request.member_id);
  sync.instance_id = std::move(request.group_instance_id);
  sync.generation = request.generation_id;
  sync.protocol_type = std::move(request.protocol_type);
  sync.protocol = std::move(request.protocol_name);
  for (auto& one : request.assignments)
    sync.assignments.push_back({std::move(one.member_id), std::move(one.assignment.value)});
  auto ask = [sync = std::move(sync)](Groups& groups, RequestId id, Now now, Outcome& out) {
    groups.sync(id, sync, now, out);
  };
  std::string name = std::move(request.group_id);
  auto answer = co_await ask_coordinator<group::SyncAnswer>(call, Operation::kRead, std::move(name), std::move(ask));
  response.error_code = errc_to_wire(answer ? answer->error : answer.code());
  if (!answer || answer->error != Errc::kNone) co_return response;
  response.protocol_type = std::move(answer->protocol_type);
  response.protocol_name = std::move(answer->protocol);
  response.assignment.value = std::move(answer->assignment);
  co_return response;
}

aio::Task<wire::HeartbeatResponse> heartbeat(Call& call, wire::HeartbeatRequest request) {
  wire::HeartbeatResponse response;
  group::HeartbeatRequest beat;
  beat.group = request.group_id;
  beat.member_id = std::move(request.member_id);
  beat.instance_id = std::move(request.group_instance_id);
  beat.generation = request.generation_id;
  auto ask = [beat = std::move(beat)](Groups& groups, RequestId id, Now now, Outcome& out) {
    groups.heartbeat(id, beat, now, out);
  };
  std::string name = std::move(request.group_id);
  auto answer =
      co_await ask_coordinator<group::HeartbeatAnswer>(call, Operation::kRead, std::move(name), std::move(ask));
  response.error_code = errc_to_wire(answer ? answer->error : answer.code());
  co_return response;
}

// A member of the newer protocol that an administrator takes out: as if it had said itself that it leaves.
aio::Task<Errc> remove_member(Call& call, std::string name, group::LeavingMember leaving) {
  auto found = co_await call.broker.coordinator().find(name);
  if (!found) co_return found.code();
  const group::ConsumerGroup* members = (*found)->groups().consumer(name);
  if (!members) co_return Errc::kUnknownMemberId;
  group::ConsumerHeartbeat heartbeat;
  heartbeat.group = name;
  heartbeat.epoch = group::kLeaveEpoch;
  heartbeat.member_id = leaving.member_id;
  for (const auto& [id, member] : members->describe().members)
    if (leaving.member_id.empty() && leaving.instance_id && member.metadata.instance_id == leaving.instance_id)
      heartbeat.member_id = id;
  if (heartbeat.member_id.empty()) co_return Errc::kUnknownMemberId;
  const group::Topics& topics = call.broker.coordinator().topics();
  auto ask = [heartbeat, &topics](Groups& groups, RequestId id, Now now, Outcome& out) {
    groups.consumer_heartbeat(id, heartbeat, topics, now, out);
  };
  auto answer =
      co_await ask_coordinator<group::ConsumerHeartbeatAnswer>(call, Operation::kRead, std::move(name), std::move(ask));
  co_return answer ? answer->error : answer.code();
}

aio::Task<Result<group::LeaveAnswer>> leave(Call& call, std::string name, std::vector<group::LeavingMember> members) {
  SL_CO_TRY(auto partition, co_await call.broker.coordinator().find(name));
  if (partition->groups().consumer(name)) {
    group::LeaveAnswer answer;
    for (auto& member : members) {
      Errc error = co_await remove_member(call, name, member);
      answer.members.push_back({std::move(member), error});
    }
    co_return answer;
  }
  auto ask = [name, members = std::move(members)](Groups& groups, RequestId id, Now now, Outcome& out) {
    groups.leave(id, name, members, now, out);
  };
  co_return co_await ask_coordinator<group::LeaveAnswer>(call, Operation::kRead, std::move(name), std::move(ask));
}

aio::Task<wire::LeaveGroupResponse> leave_group(Call& call, wire::LeaveGroupRequest request) {
  wire::LeaveGroupResponse response;
  std::vector<group::LeavingMember> members;
  bool together = call.version() >= kLeavesTogether;
  if (!together) members.push_back({std::move(request.member_id), std::nullopt});
  for (auto& member : request.members)
    members.push_back({std::move(member.member_id), std::move(member.group_instance_id)});
  Result<group::LeaveAnswer> answer = Errc::kGroupAuthorizationFailed;
  if (may_read(call, request.group_id)) answer = co_await leave(call, std::move(request.group_id), std::move(members));
  if (!answer || answer->error != Errc::kNone) {
    response.error_code = errc_to_wire(answer ? answer->error : answer.code());
    co_return response;
  }
  if (!together && !answer->members.empty()) response.error_code = errc_to_wire(answer->members.front().error);
  for (auto& [member, error] : answer->members)
    response.members.push_back({std::move(member.member_id), std::move(member.instance_id), errc_to_wire(error)});
  co_return response;
}

group::ConsumerHeartbeat heartbeat_of(Call& call, wire::ConsumerGroupHeartbeatRequest& request) {
  group::ConsumerHeartbeat beat;
  beat.group = std::move(request.group_id);
  beat.member_id = std::move(request.member_id);
  beat.epoch = request.member_epoch;
  // Until version 1 a member could leave its name to the coordinator.
  if (beat.member_id.empty() && beat.epoch == 0 && call.version() == 0)
    beat.member_id = Uuid::random(call.broker.runtime().random()).text();
  beat.instance_id = std::move(request.instance_id);
  beat.rack_id = std::move(request.rack_id);
  beat.client = identity_of(call);
  beat.rebalance_timeout_ms = request.rebalance_timeout_ms;
  beat.topic_names = std::move(request.subscribed_topic_names);
  beat.topic_regex = std::move(request.subscribed_topic_regex);
  beat.assignor = std::move(request.server_assignor);
  if (!request.topic_partitions) return beat;
  beat.owned.emplace();
  for (const auto& topic : *request.topic_partitions)
    for (int32_t partition : topic.partitions) beat.owned->push_back({topic.topic_id, sl::Partition(partition)});
  return beat;
}

void refuse(wire::ConsumerGroupHeartbeatResponse& response, const Error& error) {
  response.error_code = errc_to_wire(error.code);
  response.error_message = error.context.empty() ? std::string(error_info(error.code).text) : error.context;
}

aio::Task<wire::ConsumerGroupHeartbeatResponse> consumer_group_heartbeat(Call& call,
                                                                         wire::ConsumerGroupHeartbeatRequest request) {
  wire::ConsumerGroupHeartbeatResponse response;
  response.member_id = request.member_id;
  response.member_epoch = request.member_epoch;
  std::string name = request.group_id;
  Status checked;
  if (request.subscribed_topic_regex) checked = group::check_regex(*request.subscribed_topic_regex);
  if (name.empty()) checked = Error{Errc::kInvalidRequest, "the group id is empty"};
  if (!may_read(call, name)) checked = Errc::kGroupAuthorizationFailed;
  for (const auto& topic : request.subscribed_topic_names.value_or(std::vector<std::string>()))
    if (!call.allowed(Operation::kDescribe, ResourceType::kTopic, topic)) checked = Errc::kTopicAuthorizationFailed;
  if (!checked) {
    refuse(response, checked.error());
    co_return response;
  }
  const group::Topics& topics = call.broker.coordinator().topics();
  auto ask = [beat = heartbeat_of(call, request), &topics](Groups& groups, RequestId id, Now now, Outcome& out) {
    groups.consumer_heartbeat(id, beat, topics, now, out);
  };
  auto answer =
      co_await ask_coordinator<group::ConsumerHeartbeatAnswer>(call, Operation::kRead, std::move(name), std::move(ask));
  if (!answer) {
    refuse(response, answer.error());
    co_return response;
  }
  response.error_code = errc_to_wire(answer->error);
  if (answer->error != Errc::kNone) response.error_message = std::move(answer->message);
  response.member_id = std::move(answer->member_id);
  response.member_epoch = answer->epoch;
  response.heartbeat_interval_ms = answer->heartbeat_interval_ms;
  if (!answer->assignment) co_return response;
  auto& assigned = response.assignment.emplace().topic_partitions;
  for (const auto& [topic, partition] : *answer->assignment) {
    if (assigned.empty() || assigned.back().topic_id != topic) assigned.emplace_back().topic_id = topic;
    assigned.back().partitions.push_back(partition.value);
  }
  co_return response;
}

}  // namespace

void add_membership_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::JoinGroupRequest>(Guard::kByHandler, &join_group);
  dispatcher.add<wire::SyncGroupRequest>(Guard::kByHandler, &sync_group);
  dispatcher.add<wire::HeartbeatRequest>(Guard::kByHandler, &heartbeat);
  dispatcher.add<wire::LeaveGroupRequest>(Guard::kByHandler, &leave_group);
  dispatcher.add<wire::ConsumerGroupHeartbeatRequest>(Guard::kByHandler, &consumer_group_heartbeat);
}

}  // namespace sl::server
