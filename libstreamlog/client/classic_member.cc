#include "client/classic_member.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "wire/consumer_protocol.h"

namespace sl::client {
namespace {

constexpr std::string_view kProtocolType = "consumer";
// Which of them the group elects is the one that most members name first of those that all know: with ours alone the
// one that stops nobody, with others range, which is what they name first.
constexpr std::array kOffered = {kCooperativeStickyAssignor, kRangeAssignor, kRoundRobinAssignor};

// TopicPartitions of the embedded subscription and assignment, sorted by topic.
template <class Wire>
std::vector<Wire> by_topic(const PartitionNames& names) {
  std::vector<Wire> topics;
  for (const TopicPartition& name : names) {
    if (topics.empty() || topics.back().topic != name.topic) topics.emplace_back().topic = name.topic;
    topics.back().partitions.push_back(name.partition.value);
  }
  return topics;
}

template <class Wire>
PartitionNames names_of(const std::vector<Wire>& topics) {
  PartitionNames names;
  for (const Wire& topic : topics)
    for (int32_t partition : topic.partitions) names.insert({topic.topic, Partition(partition)});
  return names;
}

int64_t heartbeat_interval(const GroupOptions& options) {
  if (options.heartbeat_interval_ms > 0) return options.heartbeat_interval_ms;
  return std::clamp<int64_t>(options.session_timeout_ms / 3, 1, 1'000);
}

}  // namespace

ClassicMember::ClassicMember(const GroupOptions& options, Handover& handover)
    : options_(options), handover_(handover), heartbeat_ms_(heartbeat_interval(options)) {}

void ClassicMember::subscribe(std::vector<std::string> topics) {
  topics_ = std::move(topics);
  if (topics_ != joined_topics_) rejoin_ = true;
}

ClassicMember::Step ClassicMember::due(int64_t now_ms) {
  bool slept = generation_ >= 0 && now_ms - awake_ms_ > options_.session_timeout_ms;
  if (slept) lose_place(true);
  awake_ms_ = now_ms;
  bool give_up_all = rejoin_ && !cooperative() && !handover_.owned().empty();
  if (give_up_all && !handover_.revoking()) handover_.revoke(handover_.owned());
  if (!handover_.revoking()) {
    if (rejoin_) return Step::kJoin;
    if (sync_due_) return Step::kSync;
  }
  bool member = generation_ >= 0;
  return member && wait_ms(now_ms) == 0 ? Step::kHeartbeat : Step::kWait;
}

int64_t ClassicMember::wait_ms(int64_t now_ms) const {
  if (heard_ms_ == 0) return 0;
  return std::max<int64_t>(0, heard_ms_ + heartbeat_ms_ - now_ms);
}

std::string ClassicMember::subscription() const {
  wire::ConsumerProtocolSubscription subscription;
  subscription.topics = topics_;
  subscription.owned_partitions = by_topic<wire::ConsumerProtocolSubscription::TopicPartitions>(handover_.owned());
  subscription.generation_id = generation_;
  subscription.rack_id = options_.rack;
  return wire::encode_versioned(subscription);
}

wire::JoinGroupRequest ClassicMember::join_request() {
  joined_topics_ = topics_;
  wire::JoinGroupRequest request;
  request.group_id = options_.group;
  request.session_timeout_ms = static_cast<int32_t>(options_.session_timeout_ms);
  request.rebalance_timeout_ms = static_cast<int32_t>(options_.rebalance_timeout_ms);
  request.member_id = member_id_;
  request.group_instance_id = options_.instance_id;
  request.protocol_type = kProtocolType;
  std::string metadata = subscription();
  for (std::string_view name : kOffered) {
    auto& protocol = request.protocols.emplace_back();
    protocol.name = name;
    protocol.metadata.value = metadata;
  }
  return request;
}

Result<GroupOutcome> ClassicMember::joined(const wire::JoinGroupResponse& answer, int64_t now_ms) {
  Errc code = errc_from_wire(answer.error_code);
  if (code == Errc::kMemberIdRequired) {
    member_id_ = answer.member_id;
    return GroupOutcome::kGoOn;
  }
  if (code == Errc::kRebalanceInProgress) return GroupOutcome::kRetry;
  if (code != Errc::kNone) return refused(code);
  std::string elected = answer.protocol_name.value_or("");
  if (std::find(kOffered.begin(), kOffered.end(), elected) == kOffered.end())
    return group_error(Errc::kInconsistentGroupProtocol, options_.group);
  member_id_ = answer.member_id;
  generation_ = answer.generation_id;
  assignor_ = std::move(elected);
  leader_ = answer.leader == member_id_;
  skip_assignment_ = answer.skip_assignment;
  take_members(answer);
  rejoin_ = topics_ != joined_topics_;
  sync_due_ = true;
  awake_ms_ = heard_ms_ = now_ms;
  return GroupOutcome::kGoOn;
}

void ClassicMember::take_members(const wire::JoinGroupResponse& answer) {
  members_.clear();
  group_topics_.clear();
  if (!leader_) return;
  for (const auto& each : answer.members) {
    AssigningMember& member = members_.emplace_back();
    member.id = each.member_id;
    member.instance_id = each.group_instance_id;
    auto said = wire::decode_versioned<wire::ConsumerProtocolSubscription>(as_bytes(each.metadata.value));
    if (!said) continue;  // It cannot read what we would give it either.
    PartitionNames owned = names_of(said->owned_partitions);
    member.owned.assign(owned.begin(), owned.end());
    member.generation = said->generation_id;
    member.topics = std::move(said->topics);
    group_topics_.insert(member.topics.begin(), member.topics.end());
  }
}

wire::SyncGroupRequest ClassicMember::sync_request(const PartitionCounts& counts) const {
  wire::SyncGroupRequest request;
  request.group_id = options_.group;
  request.generation_id = generation_;
  request.member_id = member_id_;
  request.group_instance_id = options_.instance_id;
  request.protocol_type = kProtocolType;
  request.protocol_name = assignor_;
  if (!leads()) return request;
  Assignments assignments = assign(assignor_, members_, counts);
  withhold_claimed(assignments, members_);
  for (const auto& [member, partitions] : assignments) {
    wire::ConsumerProtocolAssignment assignment;
    assignment.assigned_partitions = by_topic<wire::ConsumerProtocolAssignment::TopicPartitions>(partitions);
    auto& each = request.assignments.emplace_back();
    each.member_id = member;
    each.assignment.value = wire::encode_versioned(assignment);
  }
  return request;
}

Result<GroupOutcome> ClassicMember::synced(const wire::SyncGroupResponse& answer, int64_t now_ms) {
  Errc code = errc_from_wire(answer.error_code);
  if (code != Errc::kNone) {
    sync_due_ = false;
    rejoin_ = true;
    if (code == Errc::kRebalanceInProgress) return GroupOutcome::kGoOn;
    return refused(code);
  }
  PartitionNames assigned;
  if (!answer.assignment.value.empty()) {
    auto said = wire::decode_versioned<wire::ConsumerProtocolAssignment>(as_bytes(answer.assignment.value));
    if (!said)
      return Error{Errc::kProtocolMismatch,
                   fmt::format("group '{}': its leader's assignment cannot be read", options_.group)};
    assigned = names_of(said->assigned_partitions);
  }
  sync_due_ = false;
  awake_ms_ = heard_ms_ = now_ms;
  adopt(assigned);
  return GroupOutcome::kGoOn;
}

// What comes new may be read at once: nobody else owned it when the leader gave it to us.
void ClassicMember::adopt(const PartitionNames& assigned) {
  PartitionNames added, gone;
  const PartitionNames& owned = handover_.owned();
  std::set_difference(assigned.begin(), assigned.end(), owned.begin(), owned.end(), std::inserter(added, added.end()));
  std::set_difference(owned.begin(), owned.end(), assigned.begin(), assigned.end(), std::inserter(gone, gone.end()));
  handover_.assign(added);
  if (gone.empty()) return;
  handover_.revoke(std::move(gone));
  rejoin_ = true;
}

wire::HeartbeatRequest ClassicMember::heartbeat_request(int64_t now_ms) {
  heard_ms_ = now_ms;
  wire::HeartbeatRequest request;
  request.group_id = options_.group;
  request.generation_id = generation_;
  request.member_id = member_id_;
  request.group_instance_id = options_.instance_id;
  return request;
}

Result<GroupOutcome> ClassicMember::heard(const wire::HeartbeatResponse& answer, int64_t now_ms) {
  awake_ms_ = now_ms;
  Errc code = errc_from_wire(answer.error_code);
  if (code == Errc::kNone) return GroupOutcome::kGoOn;
  if (code == Errc::kRebalanceInProgress) {
    rejoin_ = true;
    return GroupOutcome::kGoOn;
  }
  hurry();
  return refused(code);
}

void ClassicMember::lost(Step step, int64_t now_ms) {
  awake_ms_ = now_ms;
  if (step == Step::kHeartbeat) return hurry();
  sync_due_ = false;
  rejoin_ = true;
}

// What the three answers have in common.
Result<GroupOutcome> ClassicMember::refused(Errc code) {
  GroupOutcome outcome = group_outcome(code);
  if (outcome != GroupOutcome::kGoOn) return outcome;
  if (code == Errc::kUnknownMemberId || code == Errc::kIllegalGeneration) {
    lose_place(code == Errc::kIllegalGeneration);
    return GroupOutcome::kGoOn;
  }
  return group_error(code, options_.group);
}

void ClassicMember::lose_place(bool keep_id) {
  handover_.lose();
  if (!keep_id) member_id_.clear();
  generation_ = -1;
  assignor_.clear();
  leader_ = sync_due_ = false;
  members_.clear();
  group_topics_.clear();
  rejoin_ = true;
  ++life_;
}

std::optional<wire::LeaveGroupRequest> ClassicMember::leave_request() const {
  if (member_id_.empty() || options_.instance_id) return std::nullopt;
  wire::LeaveGroupRequest request;
  request.group_id = options_.group;
  request.member_id = member_id_;
  request.members.emplace_back().member_id = member_id_;
  return request;
}

}  // namespace sl::client
