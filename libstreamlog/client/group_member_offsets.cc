// Positions of the group: committing and reading them.
//
// What is hard about a commit that must be repeated: by then its partitions may have gone to another member, who has
// committed further. So it is given up when partitions have left us since it began; whoever called it commits again.
#include <fmt/core.h>

#include <algorithm>

#include "client/group_member.h"
#include "wire/messages/committed_offsets.h"

namespace sl::client {
namespace {

// The last versions that name topics instead of giving their ids.
constexpr int16_t kCommitByName = 9, kFetchByName = 9;
constexpr int64_t kRetryMinMs = 20;
constexpr int64_t kRetryMaxMs = 500;

// The member is not what it was, or the group is about to change; a heartbeat will tell which.
bool place_in_doubt(Errc code) {
  return code == Errc::kIllegalGeneration || code == Errc::kUnknownMemberId || code == Errc::kStaleMemberEpoch ||
         code == Errc::kFencedMemberEpoch || code == Errc::kRebalanceInProgress;
}

bool may_pass(Errc code) {
  return place_in_doubt(code) || group_outcome(code) != GroupOutcome::kGoOn || code == Errc::kUnstableOffsetCommit;
}

void settle_one(GroupOffset& offset, Errc code) {
  offset.error = {};
  if (code != Errc::kNone)
    offset.error = Error{code, fmt::format("{} [{}]: {}", offset.topic, offset.partition.value, error_info(code).text)};
}

// Those whose error is set are still to be asked about.
bool is_open(const GroupOffset& offset) {
  return offset.error.code != Errc::kNone;
}

void settle_open(std::vector<GroupOffset>& offsets, Errc code) {
  for (GroupOffset& each : offsets)
    if (is_open(each)) settle_one(each, code);
}

template <class Topics>
auto& topic_in(Topics& topics, const std::string& name) {
  auto found = std::find_if(topics.begin(), topics.end(), [&](const auto& each) { return each.name == name; });
  if (found != topics.end()) return *found;
  auto& topic = topics.emplace_back();
  topic.name = name;
  return topic;
}

// What an answer says of one partition; null where it says nothing.
template <class Topics>
auto find_in(const Topics& topics, const GroupOffset& offset) -> decltype(&topics[0].partitions[0]) {
  for (const auto& topic : topics) {
    if (topic.name != offset.topic) continue;
    for (const auto& partition : topic.partitions)
      if (partition.partition_index == offset.partition.value) return &partition;
  }
  return nullptr;
}

void add_open(wire::OffsetCommitRequest& request, const std::vector<GroupOffset>& offsets) {
  for (const GroupOffset& each : offsets) {
    if (!is_open(each)) continue;
    auto& partition = topic_in(request.topics, each.topic).partitions.emplace_back();
    partition.partition_index = each.partition.value;
    partition.committed_offset = each.offset.value;
    partition.committed_leader_epoch = each.leader_epoch.value;
    partition.committed_metadata = each.metadata;
  }
}

// Notes the answers; the error that says most about whether to ask again, kNone where all is done.
Errc note(const wire::OffsetCommitResponse& answer, std::vector<GroupOffset>& offsets) {
  Errc open = Errc::kNone;
  for (GroupOffset& each : offsets) {
    if (!is_open(each)) continue;
    const auto* said = find_in(answer.topics, each);
    Errc code = said ? errc_from_wire(said->error_code) : Errc::kProtocolMismatch;
    settle_one(each, code);
    if (may_pass(code)) open = code;
  }
  return open;
}

Errc note(const wire::OffsetFetchResponse& answer, std::vector<GroupOffset>& offsets) {
  bool grouped = !answer.groups.empty();
  Errc code = errc_from_wire(grouped ? answer.groups.front().error_code : answer.error_code);
  if (code != Errc::kNone) {
    settle_open(offsets, code);
    return may_pass(code) ? code : Errc::kNone;
  }
  Errc open = Errc::kNone;
  for (GroupOffset& each : offsets) {
    if (!is_open(each)) continue;
    const wire::OffsetFetchResponse::Partition* said = nullptr;
    if (grouped)
      said = find_in(answer.groups.front().topics, each);
    else
      said = find_in(answer.topics, each);
    code = said ? errc_from_wire(said->error_code) : Errc::kProtocolMismatch;
    settle_one(each, code);
    if (may_pass(code)) open = code;
    if (is_open(each)) continue;
    each.offset = Offset(std::max<int64_t>(said->committed_offset, kNoOffset.value));
    each.leader_epoch = Epoch(said->committed_leader_epoch);
    each.metadata = said->metadata.value_or("");
  }
  return open;
}

template <class Topic>
void add_open(std::vector<Topic>& topics, const std::vector<GroupOffset>& offsets) {
  for (const GroupOffset& each : offsets)
    if (is_open(each)) topic_in(topics, each.topic).partition_indexes.push_back(each.partition.value);
}

wire::OffsetFetchRequest fetch_request(const std::string& group, const std::vector<GroupOffset>& offsets) {
  wire::OffsetFetchRequest request;
  request.require_stable = true;
  request.group_id = group;
  request.topics.emplace();
  add_open(*request.topics, offsets);
  auto& only = request.groups.emplace_back();
  only.group_id = group;
  only.topics = request.topics;
  return request;
}

}  // namespace

// A connection that answers now: while the coordinator holds a join back, that to it as an ordinary node.
aio::Task<Result<ConnectionPtr>> GroupMember::connect_beside() {
  std::optional<NodeId> node = cluster_.coordinator(options_.group);
  if (waits_for_others_ && node) {
    NodeId id = *node;
    co_return co_await cluster_.connect(id);
  }
  co_return co_await cluster_.connect_coordinator(options_.group);
}

template <wire::Request M>
aio::Task<Result<typename M::Response>> GroupMember::ask_beside(M request, int64_t timeout_ms) {
  Error closed{Errc::kCancelled, "the group member is closed"};
  auto connection = co_await asking_.run(connect_beside());
  if (!connection) co_return closed;
  if (!*connection) co_return connection->error();
  int16_t version_max = std::is_same_v<M, wire::OffsetCommitRequest> ? kCommitByName : kFetchByName;
  auto answer = co_await asking_.run(call_on(**std::move(connection), std::move(request), timeout_ms, version_max));
  if (!answer) co_return closed;
  co_return *std::move(answer);
}

// Whether what is open shall be asked again; waits first. `failures` is how often it was open before.
aio::Task<bool> GroupMember::may_ask_again(Errc open, int failures, int64_t give_up_ms) {
  if (group_outcome(open) == GroupOutcome::kMoved) cluster_.forget_coordinator(options_.group);
  int64_t wait_ms = std::min(kRetryMinMs << std::min(failures, 10), kRetryMaxMs);
  if (!may_pass(open) || now_ms() + wait_ms >= give_up_ms) co_return false;
  aio::Timer pause(runtime_.timers());
  co_await pause.wait_ms(wait_ms);
  co_return true;
}

aio::Task<Result<std::vector<GroupOffset>>> GroupMember::commit(std::vector<GroupOffset> offsets) {
  for (GroupOffset& each : offsets) settle_one(each, Errc::kUnknownMemberId);
  if (offsets.empty()) co_return offsets;
  uint64_t began = era();
  int64_t give_up_ms = now_ms() + cluster_.options().request_timeout_ms;
  for (int failures = 0; generation() >= 0 && era() == began; ++failures) {
    wire::OffsetCommitRequest request;
    request.group_id = options_.group;
    request.generation_id_or_member_epoch = generation();
    request.member_id = member_id();
    request.group_instance_id = options_.instance_id;
    add_open(request, offsets);
    auto answer = co_await ask_beside(std::move(request), std::max<int64_t>(1, give_up_ms - now_ms()));
    Errc open = answer ? note(*answer, offsets) : answer.code();
    if (place_in_doubt(open)) hurry();
    bool again = open != Errc::kNone && failure_.code == Errc::kNone;
    if (again) again = co_await may_ask_again(open, failures, give_up_ms);
    if (again) continue;
    if (!answer) co_return std::move(answer).error();
    break;
  }
  co_return offsets;
}

aio::Task<Result<std::vector<GroupOffset>>> GroupMember::committed(std::vector<TopicPartition> partitions) {
  std::vector<GroupOffset> offsets;
  for (TopicPartition& each : partitions) {
    GroupOffset& offset = offsets.emplace_back();
    offset.topic = std::move(each.topic);
    offset.partition = each.partition;
    settle_one(offset, Errc::kRequestTimedOut);
  }
  if (offsets.empty()) co_return offsets;
  int64_t give_up_ms = now_ms() + cluster_.options().request_timeout_ms;
  for (int failures = 0;; ++failures) {
    wire::OffsetFetchRequest request = fetch_request(options_.group, offsets);
    auto answer = co_await ask_beside(std::move(request), std::max<int64_t>(1, give_up_ms - now_ms()));
    Errc open = answer ? note(*answer, offsets) : answer.code();
    bool again = open != Errc::kNone;
    if (again) again = co_await may_ask_again(open, failures, give_up_ms);
    if (again) continue;
    if (!answer) co_return std::move(answer).error();
    co_return offsets;
  }
}

}  // namespace sl::client
