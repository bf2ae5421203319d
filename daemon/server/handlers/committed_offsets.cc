// Where groups stand: committed, read, forgotten. A commit is checked and appended by the group's coordinator; what is
// read is what is durable.
#include <algorithm>

#include "server/handlers/families.h"
#include "server/handlers/group_call.h"
#include "server/handlers/locate.h"

namespace sl::server {
namespace {

using group::Groups, group::Now, group::Outcome, group::RequestId;

constexpr int16_t kByTopicId = 10;    // of both, commit and fetch
constexpr int16_t kManyGroups = 8;    // of a fetch
constexpr int16_t kErrorOfGroup = 2;  // of a fetch: before, each partition repeats it
constexpr int64_t kNothingCommitted = -1;

bool has_partition(const cluster::TopicState& topic, int32_t index) {
  return index >= 0 && static_cast<size_t>(index) < topic.partitions.size();
}

// One offset of a commit and where its error goes.
struct Commits {
  group::CommitRequest request;
  std::vector<int16_t*> errors;
};

// What can be committed; everything else is refused in `response`, which may grow no more.
Commits commits_of(Call& call, wire::OffsetCommitRequest& asked, wire::OffsetCommitResponse& response) {
  Commits commits;
  bool by_id = call.version() >= kByTopicId;
  response.topics.resize(asked.topics.size());
  for (size_t t = 0; t < asked.topics.size(); ++t) {
    auto& from = asked.topics[t];
    auto& answer = response.topics[t];
    const cluster::TopicState* topic = find_topic(call.broker.image(), from.name, from.topic_id, by_id);
    std::string name = topic ? topic->name : from.name;
    Errc error = by_id ? Errc::kUnknownTopicId : Errc::kUnknownTopicOrPartition;
    bool allowed = call.allowed(Operation::kRead, ResourceType::kTopic, name);
    answer.partitions.resize(from.partitions.size());
    for (size_t p = 0; p < from.partitions.size(); ++p) {
      auto& one = from.partitions[p];
      auto& result = answer.partitions[p];
      result.partition_index = one.partition_index;
      if (!allowed || !topic || !has_partition(*topic, one.partition_index)) {
        if (topic) error = Errc::kUnknownTopicOrPartition;
        result.error_code = errc_to_wire(allowed ? error : Errc::kTopicAuthorizationFailed);
        continue;
      }
      commits.errors.push_back(&result.error_code);
      commits.request.offsets.push_back({name, topic->id, sl::Partition(one.partition_index),
                                         Offset(one.committed_offset), Epoch(one.committed_leader_epoch),
                                         std::move(one.committed_metadata).value_or("")});
    }
    answer.name = std::move(from.name);
    answer.topic_id = from.topic_id;
  }
  commits.request.group = std::move(asked.group_id);
  commits.request.member_id = std::move(asked.member_id);
  commits.request.instance_id = std::move(asked.group_instance_id);
  commits.request.generation_or_epoch = asked.generation_id_or_member_epoch;
  commits.request.retention_ms = asked.retention_time_ms;
  return commits;
}

aio::Task<wire::OffsetCommitResponse> offset_commit(Call& call, wire::OffsetCommitRequest request) {
  wire::OffsetCommitResponse response;
  Commits commits = commits_of(call, request, response);
  if (commits.errors.empty()) co_return response;
  std::string name = commits.request.group;
  auto ask = [commit = std::move(commits.request)](Groups& groups, RequestId id, Now now, Outcome& out) {
    groups.commit(id, commit, now, out);
  };
  auto answer = co_await ask_coordinator<group::CommitAnswer>(call, Operation::kRead, std::move(name), std::move(ask));
  for (size_t i = 0; i < commits.errors.size(); ++i)
    *commits.errors[i] = errc_to_wire(answer ? answer->errors[i] : answer.code());
  co_return response;
}

// A group's offset in a partition of the topic as it is now: one of a topic that was deleted and made anew is none.
void tell_offset(const group::CommittedOffsets* offsets, const std::string& topic, const Uuid& topic_id,
                 int32_t partition, wire::OffsetFetchResponse::Partition& answer) {
  answer.partition_index = partition;
  answer.committed_offset = kNothingCommitted;
  answer.metadata = "";
  const auto* found = offsets ? offsets->find(topic, sl::Partition(partition)) : nullptr;
  if (!found || (!found->topic_id.is_zero() && !topic_id.is_zero() && found->topic_id != topic_id)) return;
  answer.committed_offset = found->offset.value;
  answer.committed_leader_epoch = found->leader_epoch.value;
  answer.metadata = found->metadata;
}

bool may_describe(const Call& call, const std::string& topic) {
  return call.allowed(Operation::kDescribe, ResourceType::kTopic, topic);
}

// All that the group committed, by topic.
void tell_all(Call& call, const group::CommittedOffsets* offsets, bool by_id,
              std::vector<wire::OffsetFetchResponse::Topic>& topics) {
  if (!offsets) return;
  std::string last;
  for (const auto& [key, value] : offsets->all()) {
    const auto& [name, partition] = key;
    const cluster::TopicState* topic = call.broker.image().find(name);
    if (!may_describe(call, name) || (by_id && !topic)) continue;
    if (topics.empty() || last != name) {
      auto& answer = topics.emplace_back();
      answer.name = last = name;
      if (topic) answer.topic_id = topic->id;
    }
    auto& answer = topics.back();
    tell_offset(offsets, name, answer.topic_id, partition.value, answer.partitions.emplace_back());
    if (answer.partitions.back().committed_offset == kNothingCommitted) answer.partitions.pop_back();
  }
}

void tell_asked(Call& call, const group::CommittedOffsets* offsets, bool by_id,
                const std::vector<wire::OffsetFetchRequest::Topic>& asked,
                std::vector<wire::OffsetFetchResponse::Topic>& topics) {
  for (const auto& from : asked) {
    const cluster::TopicState* topic = find_topic(call.broker.image(), from.name, from.topic_id, by_id);
    std::string name = topic ? topic->name : from.name;
    auto& answer = topics.emplace_back();
    answer.name = from.name;
    answer.topic_id = from.topic_id;
    bool allowed = may_describe(call, name);
    for (int32_t partition : from.partition_indexes) {
      auto& one = answer.partitions.emplace_back();
      tell_offset(allowed ? offsets : nullptr, name, topic ? topic->id : Uuid(), partition, one);
      if (!allowed) one.error_code = errc_to_wire(Errc::kTopicAuthorizationFailed);
      if (allowed && by_id && !topic) one.error_code = errc_to_wire(Errc::kUnknownTopicId);
    }
  }
}

aio::Task<Errc> fetch_group(Call& call, const wire::OffsetFetchRequest::Group& asked, bool by_id,
                            std::vector<wire::OffsetFetchResponse::Topic>& topics) {
  if (!call.allowed(Operation::kDescribe, ResourceType::kGroup, asked.group_id))
    co_return Errc::kGroupAuthorizationFailed;
  auto partition = co_await call.broker.coordinator().find(asked.group_id);
  if (!partition) co_return partition.code();
  const Groups& groups = (*partition)->groups();
  Errc error = groups.check_fetch(asked.group_id, asked.member_id.value_or(""), asked.member_epoch);
  if (error != Errc::kNone) co_return error;
  const group::CommittedOffsets* offsets = groups.offsets(asked.group_id);
  if (asked.topics)
    tell_asked(call, offsets, by_id, *asked.topics, topics);
  else
    tell_all(call, offsets, by_id, topics);
  co_return Errc::kNone;
}

// The oldest answer has no place for an error but the partitions.
void spread_error(const wire::OffsetFetchRequest::Group& asked, Errc error,
                  std::vector<wire::OffsetFetchResponse::Topic>& topics) {
  for (const auto& topic : asked.topics.value_or(std::vector<wire::OffsetFetchRequest::Topic>())) {
    auto& answer = topics.emplace_back();
    answer.name = topic.name;
    for (int32_t partition : topic.partition_indexes)
      answer.partitions.push_back({partition, kNothingCommitted, -1, "", errc_to_wire(error)});
  }
}

aio::Task<wire::OffsetFetchResponse> offset_fetch(Call& call, wire::OffsetFetchRequest request) {
  wire::OffsetFetchResponse response;
  bool by_id = call.version() >= kByTopicId;
  if (call.version() >= kManyGroups) {
    for (const auto& asked : request.groups) {
      auto& answer = response.groups.emplace_back();
      answer.group_id = asked.group_id;
      Errc error = co_await fetch_group(call, asked, by_id, answer.topics);
      answer.error_code = errc_to_wire(error);
    }
    co_return response;
  }
  wire::OffsetFetchRequest::Group asked;
  asked.group_id = std::move(request.group_id);
  asked.topics = std::move(request.topics);
  Errc error = co_await fetch_group(call, asked, by_id, response.topics);
  response.error_code = errc_to_wire(error);
  if (error != Errc::kNone && call.version() < kErrorOfGroup) spread_error(asked, error, response.topics);
  co_return response;
}

aio::Task<wire::OffsetDeleteResponse> offset_delete(Call& call, wire::OffsetDeleteRequest request) {
  wire::OffsetDeleteResponse response;
  std::vector<group::CommittedOffsets::Key> keys;
  std::vector<std::pair<size_t, size_t>> places;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    Errc error = Errc::kNone;
    // Offsets in topics that are no more can be forgotten too.
    if (!call.allowed(Operation::kRead, ResourceType::kTopic, topic.name)) error = Errc::kTopicAuthorizationFailed;
    for (const auto& asked : topic.partitions) {
      answer.partitions.push_back({asked.partition_index, errc_to_wire(error)});
      if (error != Errc::kNone) continue;
      keys.emplace_back(topic.name, sl::Partition(asked.partition_index));
      places.emplace_back(response.topics.size() - 1, answer.partitions.size() - 1);
    }
  }
  const group::Topics& topics = call.broker.coordinator().topics();
  std::string name = request.group_id;
  auto ask = [name, keys = std::move(keys), &topics](Groups& groups, RequestId id, Now, Outcome& out) {
    groups.delete_offsets(id, name, keys, topics, out);
  };
  auto answer = co_await ask_coordinator<group::DeleteAnswer>(call, Operation::kDelete, std::move(request.group_id),
                                                              std::move(ask));
  response.error_code = errc_to_wire(answer ? answer->error : answer.code());
  if (!answer || answer->error != Errc::kNone) {
    response.topics.clear();
    co_return response;
  }
  for (size_t i = 0; i < places.size(); ++i)
    response.topics[places[i].first].partitions[places[i].second].error_code = errc_to_wire(answer->errors[i]);
  co_return response;
}

}  // namespace

void add_committed_offset_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::OffsetCommitRequest>(Guard::kByHandler, &offset_commit);
  dispatcher.add<wire::OffsetFetchRequest>(Guard::kByHandler, &offset_fetch);
  dispatcher.add<wire::OffsetDeleteRequest>(Guard::kByHandler, &offset_delete);
}

}  // namespace sl::server
