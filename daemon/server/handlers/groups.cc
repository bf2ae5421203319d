// Groups as an operator sees them: listed, described, deleted.
#include <algorithm>
#include <cctype>

#include "server/handlers/families.h"
#include "server/handlers/group_call.h"
#include "server/handlers/locate.h"

namespace sl::server {
namespace {

using group::Groups, group::Now, group::Outcome, group::RequestId;

// From here on an unknown group is an error and not a group that is Dead.
constexpr int16_t kUnknownIsError = 6;

bool may_describe(const Call& call, const std::string& group) {
  return call.allowed(Operation::kDescribe, ResourceType::kGroup, group);
}

// Names of states and types are written as people like.
bool wanted(const std::vector<std::string>& filter, std::string_view value) {
  auto same = [](char a, char b) { return std::tolower(a) == std::tolower(b); };
  return filter.empty() ||
         std::ranges::any_of(filter, [&](const std::string& one) { return std::ranges::equal(one, value, same); });
}

aio::Task<wire::ListGroupsResponse> list_groups(Call& call, wire::ListGroupsRequest request) {
  wire::ListGroupsResponse response;
  bool all = call.allowed(Operation::kDescribe, ResourceType::kCluster, kClusterResource);
  auto partitions = co_await call.broker.coordinator().all();
  for (const auto& partition : partitions)
    for (auto& listed : partition->groups().list()) {
      if (!wanted(request.states_filter, listed.state) || !wanted(request.types_filter, listed.type)) continue;
      if (!all && !may_describe(call, listed.group)) continue;
      response.groups.push_back({std::move(listed.group), std::move(listed.protocol_type), std::string(listed.state),
                                 std::string(listed.type)});
    }
  co_return response;
}

void describe_classic(const group::ClassicGroup& classic, wire::DescribeGroupsResponse::Group& answer) {
  answer.group_state = std::string(name_of(classic.state()));
  answer.protocol_type = classic.protocol_type();
  // Before a group is stable its members have not agreed on anything.
  bool stable = classic.state() == group::ClassicState::kStable;
  if (stable) answer.protocol_data = classic.protocol();
  for (const auto& [id, member] : classic.members()) {
    auto& one = answer.members.emplace_back();
    one.member_id = id;
    one.group_instance_id = member.instance_id;
    one.client_id = member.client.client_id;
    one.client_host = member.client.client_host;
    if (!stable) continue;
    if (const std::string* metadata = member.metadata_of(classic.protocol())) one.member_metadata.value = *metadata;
    one.member_assignment.value = member.assignment;
  }
}

aio::Task<void> describe_one(Call& call, std::string name, bool with_operations,
                             wire::DescribeGroupsResponse::Group& answer) {
  answer.group_id = name;
  if (!may_describe(call, name)) {
    answer.error_code = errc_to_wire(Errc::kGroupAuthorizationFailed);
    co_return;
  }
  auto partition = co_await call.broker.coordinator().find(name);
  if (!partition) {
    answer.error_code = errc_to_wire(partition.code());
    co_return;
  }
  if (with_operations) answer.authorized_operations = authorised_operations(call, ResourceType::kGroup, name);
  const Groups& groups = (*partition)->groups();
  const group::CommittedOffsets* offsets = groups.offsets(name);
  if (const group::ClassicGroup* classic = groups.classic(name)) {
    describe_classic(*classic, answer);
  } else if (!groups.consumer(name) && offsets && !offsets->all().empty()) {
    answer.group_state = std::string(name_of(group::ClassicState::kEmpty));
  } else {
    answer.group_state = std::string(name_of(group::ClassicState::kDead));
    if (call.version() < kUnknownIsError) co_return;
    answer.error_code = errc_to_wire(Errc::kGroupIdNotFound);
    answer.error_message =
        groups.consumer(name) ? "Group " + name + " is not a classic group." : "Group " + name + " not found.";
  }
}

aio::Task<wire::DescribeGroupsResponse> describe_groups(Call& call, wire::DescribeGroupsRequest request) {
  wire::DescribeGroupsResponse response;
  for (auto& name : request.groups)
    co_await describe_one(call, std::move(name), request.include_authorized_operations, response.groups.emplace_back());
  co_return response;
}

// Partitions by topic, with the names of topics that there are.
wire::ConsumerGroupDescribeResponse::Assignment assignment_of(const cluster::Image& image,
                                                              const group::PartitionSet& set) {
  wire::ConsumerGroupDescribeResponse::Assignment assignment;
  auto& topics = assignment.topic_partitions;
  for (const auto& [id, partition] : set) {
    const cluster::TopicState* topic = image.find(id);
    if (!topic) continue;
    if (topics.empty() || topics.back().topic_id != id) topics.push_back({id, topic->name, {}});
    topics.back().partitions.push_back(partition.value);
  }
  return assignment;
}

void describe_consumer(const cluster::Image& image, const group::ConsumerGroup& consumer,
                       wire::ConsumerGroupDescribeResponse::Group& answer) {
  constexpr int8_t kNewProtocol = 1;
  auto description = consumer.describe();
  answer.group_state = std::string(name_of(description.state));
  answer.group_epoch = description.epoch;
  answer.assignment_epoch = description.target_epoch;
  answer.assignor_name = std::move(description.assignor);
  for (const auto& [id, member] : description.members) {
    auto& one = answer.members.emplace_back();
    one.member_id = id;
    one.instance_id = member.metadata.instance_id;
    one.rack_id = member.metadata.rack_id;
    one.member_epoch = member.current.epoch;
    one.client_id = member.metadata.client_id;
    one.client_host = member.metadata.client_host;
    one.subscribed_topic_names = member.metadata.topic_names;
    one.subscribed_topic_regex = member.metadata.topic_regex;
    one.assignment = assignment_of(image, member.current.assigned);
    one.target_assignment = assignment_of(image, member.target);
    one.member_type = kNewProtocol;
  }
}

aio::Task<wire::ConsumerGroupDescribeResponse> consumer_group_describe(Call& call,
                                                                       wire::ConsumerGroupDescribeRequest request) {
  wire::ConsumerGroupDescribeResponse response;
  for (auto& name : request.group_ids) {
    auto& answer = response.groups.emplace_back();
    answer.group_id = name;
    if (!may_describe(call, name)) {
      answer.error_code = errc_to_wire(Errc::kGroupAuthorizationFailed);
      continue;
    }
    auto partition = co_await call.broker.coordinator().find(name);
    const group::ConsumerGroup* consumer = partition ? (*partition)->groups().consumer(name) : nullptr;
    if (consumer) {
      describe_consumer(call.broker.image(), *consumer, answer);
      if (request.include_authorized_operations)
        answer.authorized_operations = authorised_operations(call, ResourceType::kGroup, name);
      continue;
    }
    answer.error_code = errc_to_wire(partition ? Errc::kGroupIdNotFound : partition.code());
    answer.error_message = "Group " + name + " is not a consumer group.";
  }
  co_return response;
}

aio::Task<void> delete_one(Call& call, std::string name, int16_t& error_code) {
  auto ask = [name](Groups& groups, RequestId id, Now, Outcome& out) { groups.delete_group(id, name, out); };
  auto answer =
      co_await ask_coordinator<group::DeleteAnswer>(call, Operation::kDelete, std::move(name), std::move(ask));
  error_code = errc_to_wire(answer ? answer->error : answer.code());
}

// Many at once, so that those of one partition share a sync.
aio::Task<wire::DeleteGroupsResponse> delete_groups(Call& call, wire::DeleteGroupsRequest request) {
  wire::DeleteGroupsResponse response;
  response.results.resize(request.groups_names.size());
  constexpr size_t kAtOnce = 1'000;
  aio::TaskGroup deletions;
  for (size_t i = 0; i < response.results.size(); ++i) {
    if (i % kAtOnce == 0) co_await deletions.drained();
    response.results[i].group_id = request.groups_names[i];
    deletions.spawn(delete_one(call, std::move(request.groups_names[i]), response.results[i].error_code));
  }
  co_await deletions.drained();
  co_return response;
}

}  // namespace

void add_group_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::ListGroupsRequest>(Guard::kByHandler, &list_groups);
  dispatcher.add<wire::DescribeGroupsRequest>(Guard::kByHandler, &describe_groups);
  dispatcher.add<wire::ConsumerGroupDescribeRequest>(Guard::kByHandler, &consumer_group_describe);
  dispatcher.add<wire::DeleteGroupsRequest>(Guard::kByHandler, &delete_groups);
}

}  // namespace sl::server
