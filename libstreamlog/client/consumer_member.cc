#include "client/consumer_member.h"

#include <algorithm>

namespace sl::client {
namespace {

constexpr int32_t kJoinEpoch = 0;
constexpr int32_t kLeaveEpoch = -1;
constexpr int32_t kWillBeBackEpoch = -2;  // a static member's
// Where an answer says nothing sensible.
constexpr int64_t kIntervalMs = 1'000;

}  // namespace

ConsumerMember::ConsumerMember(const GroupOptions& options, std::string member_id, Handover& handover)
    : options_(options), handover_(handover), member_id_(std::move(member_id)) {}

void ConsumerMember::subscribe(std::vector<std::string> topics) {
  if (subscribed_ && topics == topics_) return;
  topics_ = std::move(topics);
  subscribed_ = tell_topics_ = hurry_ = true;
}

void ConsumerMember::let_go() {
  hurry_ = true;
  reconcile();
}

int64_t ConsumerMember::wait_ms(int64_t now_ms) const {
  if (!subscribed_) return kIntervalMs;
  if (hurry_) return 0;
  return std::max<int64_t>(0, sent_ms_ + interval_ms_ - now_ms);
}

ConsumerMember::Partitions ConsumerMember::owned_by_id() const {
  Partitions owned;
  for (const TopicPartition& each : handover_.owned())
    owned[owned_topics_.at(each.topic)].push_back(each.partition.value);
  return owned;
}

wire::ConsumerGroupHeartbeatRequest ConsumerMember::request(int64_t now_ms) {
  wire::ConsumerGroupHeartbeatRequest request;
  request.group_id = options_.group;
  request.member_id = member_id_;
  request.member_epoch = epoch_;
  request.instance_id = options_.instance_id;
  bool all = tell_all_ || epoch_ == kJoinEpoch;
  if (all) {
    request.rack_id = options_.rack;
    request.rebalance_timeout_ms = static_cast<int32_t>(options_.rebalance_timeout_ms);
  }
  if (all || tell_topics_) request.subscribed_topic_names = topics_;
  Partitions owned = owned_by_id();
  if (all || owned != told_owned_) {
    request.topic_partitions.emplace();
    for (const auto& [id, partitions] : owned) request.topic_partitions->push_back({id, partitions});
    told_owned_ = std::move(owned);
  }
  tell_all_ = tell_topics_ = hurry_ = false;
  asked_ = true;
  sent_ms_ = now_ms;
  return request;
}

void ConsumerMember::lost() {
  tell_all_ = hurry_ = true;
}

Result<GroupOutcome> ConsumerMember::heard(const wire::ConsumerGroupHeartbeatResponse& answer, int64_t now_ms) {
  Errc code = errc_from_wire(answer.error_code);
  if (code != Errc::kNone) return refused(code, answer.error_message.value_or(""), now_ms);
  unreleased_since_ms_ = -1;
  if (answer.member_id && !answer.member_id->empty()) member_id_ = *answer.member_id;
  epoch_ = answer.member_epoch;
  interval_ms_ = answer.heartbeat_interval_ms > 0 ? answer.heartbeat_interval_ms : kIntervalMs;
  if (!answer.assignment) return GroupOutcome::kGoOn;
  assigned_.clear();
  for (const auto& topic : answer.assignment->topic_partitions) {
    auto& partitions = assigned_[topic.topic_id];
    partitions.insert(partitions.end(), topic.partitions.begin(), topic.partitions.end());
  }
  std::erase_if(names_, [&](const auto& each) { return !assigned_.contains(each.first); });
  reconcile();
  return GroupOutcome::kGoOn;
}

std::vector<Uuid> ConsumerMember::unknown_topics() const {
  std::vector<Uuid> unknown;
  for (const auto& [id, partitions] : assigned_)
    if (!names_.contains(id)) unknown.push_back(id);
  return unknown;
}

void ConsumerMember::learn(const Uuid& id, const std::string& name) {
  if (assigned_.contains(id)) names_[id] = name;
}

void ConsumerMember::reconcile() {
  if (handover_.revoking() || epoch_ == kJoinEpoch) return;
  PartitionNames target, added;
  for (const auto& [id, name] : names_) {
    auto owned = owned_topics_.find(name);
    bool other = owned != owned_topics_.end() && owned->second != id;
    for (int32_t partition : assigned_[id]) {
      TopicPartition each{name, Partition(partition)};
      // Of a topic made anew nothing is taken before the old one's partitions are given up.
      if (other && handover_.owned().contains(each)) continue;
      target.insert(std::move(each));
    }
  }
  const PartitionNames& owned = handover_.owned();
  PartitionNames gone;
  std::set_difference(owned.begin(), owned.end(), target.begin(), target.end(), std::inserter(gone, gone.end()));
  std::set_difference(target.begin(), target.end(), owned.begin(), owned.end(), std::inserter(added, added.end()));
  if (gone.empty()) {
    owned_topics_.clear();
    for (const auto& [id, name] : names_) owned_topics_[name] = id;
    if (!added.empty() || unknown_topics().empty()) handover_.assign(added);
    hurry_ = hurry_ || !added.empty();
  } else {
    handover_.revoke(std::move(gone));
  }
}

Result<GroupOutcome> ConsumerMember::refused(Errc code, const std::string& said, int64_t now_ms) {
  tell_all_ = true;
  GroupOutcome outcome = group_outcome(code);
  if (outcome != GroupOutcome::kGoOn) {
    hurry_ = true;
    return outcome;
  }
  if (code == Errc::kFencedMemberEpoch || code == Errc::kUnknownMemberId) {
    lose_place();
    return GroupOutcome::kGoOn;
  }
  // Somebody died under our instance id, or lives: its session will tell.
  if (code == Errc::kUnreleasedInstanceId) {
    if (unreleased_since_ms_ < 0) unreleased_since_ms_ = now_ms;
    hurry_ = true;
    if (now_ms - unreleased_since_ms_ < options_.session_timeout_ms) return GroupOutcome::kRetry;
  }
  return group_error(code, options_.group, said);
}

void ConsumerMember::lose_place() {
  handover_.lose();
  epoch_ = kJoinEpoch;
  assigned_.clear();
  names_.clear();
  owned_topics_.clear();
  told_owned_.clear();
  hurry_ = tell_all_ = true;
  ++life_;
}

std::optional<wire::ConsumerGroupHeartbeatRequest> ConsumerMember::leave_request() const {
  if (!asked_) return std::nullopt;
  wire::ConsumerGroupHeartbeatRequest request;
  request.group_id = options_.group;
  request.member_id = member_id_;
  request.member_epoch = options_.instance_id ? kWillBeBackEpoch : kLeaveEpoch;
  request.instance_id = options_.instance_id;
  return request;
}

}  // namespace sl::client
