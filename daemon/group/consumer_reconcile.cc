// The target and each member's way to it; and a group as its records tell it.
#include <algorithm>

#include "group/consumer_group.h"

namespace sl::group {
namespace {

PartitionSet common(const PartitionSet& a, const PartitionSet& b) {
  PartitionSet both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  return both;
}

PartitionSet without(const PartitionSet& a, const PartitionSet& b) {
  PartitionSet rest;
  std::ranges::set_difference(a, b, std::back_inserter(rest));
  return rest;
}

constexpr int32_t kUsualMembers = 100;

}  // namespace

std::vector<std::string> ConsumerGroup::topic_names(const MemberRecord::Value& metadata, const Topics& topics) const {
  auto names = metadata.topic_names;
  if (metadata.topic_regex) {
    for (auto& name : topics.matching(*metadata.topic_regex)) names.push_back(std::move(name));
  }
  return names;
}

// FNV-1a over what the target depends on. It only has to differ when that differs.
int64_t ConsumerGroup::metadata_hash(const Topics& topics) const {
  std::map<std::string, Topics::Topic> subscribed;
  for (const auto& [id, member] : members_) {
    for (const auto& name : topic_names(member.metadata, topics)) {
      if (subscribed.contains(name)) continue;
      if (auto topic = topics.find(name)) subscribed[name] = *topic;
    }
  }
  uint64_t hash = 0xcbf29ce484222325;
  auto mix = [&](uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3; };
  for (const auto& [name, topic] : subscribed) {
    for (char c : name) mix(static_cast<uint8_t>(c));
    for (uint8_t byte : topic.id.bytes) mix(byte);
    for (int shift = 0; shift < 32; shift += 8) mix(static_cast<uint8_t>(topic.partitions >> shift));
  }
  return subscribed.empty() ? 0 : static_cast<int64_t>(hash);
}

// The one that most members ask for; a tie goes to the default, as does a group that asks for none.
std::string ConsumerGroup::assignor() const {
  std::map<std::string, size_t> votes;
  for (const auto& [id, member] : members_) {
    if (member.metadata.assignor) ++votes[*member.metadata.assignor];
  }
  std::string chosen(kDefaultAssignor);
  for (const auto& [name, count] : votes) {
    if (count > votes[chosen]) chosen = name;
  }
  return chosen;
}

int32_t ConsumerGroup::heartbeat_interval_ms() const {
  auto members = static_cast<int64_t>(members_.size());
  int64_t grown = settings_.consumer_heartbeat_interval_ms * members / kUsualMembers;
  grown = std::max<int64_t>(grown, settings_.consumer_heartbeat_interval_crowd_ms);
  // Three fit into a session.
  grown = std::min<int64_t>(grown, settings_.consumer_session_timeout_ms / 3);
  return std::max(settings_.consumer_heartbeat_interval_ms, static_cast<int32_t>(grown));
}

void ConsumerGroup::refresh_target(const Topics& topics, Now now, Change& change) {
  if (members_.empty() && change.records.empty()) return;
  if (change.new_epoch || topics_version_ != topics.version()) {
    int64_t hash = metadata_hash(topics);
    topics_version_ = topics.version();
    if (hash != hash_) change.new_epoch = true;
    hash_ = hash;
  }
  if (!change.new_epoch && target_epoch_ == epoch_) return;
  if (change.new_epoch) {
    ++epoch_;
    change.records.push_back(GroupEpochRecord{id_, GroupEpochRecord::Value{epoch_, hash_}});
  }
  AssigningMembers assigning;
  PartitionCounts counts;
  for (const auto& [id, member] : members_) {
    AssigningMember one{member.metadata.instance_id.value_or(id), {}, member.target};
    for (const auto& name : topic_names(member.metadata, topics)) {
      auto topic = topics.find(name);
      if (!topic) continue;
      one.topics.push_back(topic->id);
      counts[topic->id] = topic->partitions;
    }
    std::ranges::sort(one.topics);
    one.topics.erase(std::unique(one.topics.begin(), one.topics.end()), one.topics.end());
    assigning.emplace(id, std::move(one));
  }
  for (auto& [id, target] : assign(assignor(), assigning, counts)) {
    if (members_.at(id).target == target) continue;
    touch(id, change).target = target;
    change.records.push_back(TargetAssignmentRecord{id_, id, std::move(target)});
  }
  target_epoch_ = epoch_;
  target_wall_ms_ = now.wall_ms;
  change.records.push_back(TargetEpochRecord{id_, TargetEpochRecord::Value{target_epoch_, target_wall_ms_}});
}

// A later heartbeat of the same batch may have removed the member.
void ConsumerGroup::reconcile(const Taken& taken, Now now, Change& change) {
  ConsumerHeartbeatAnswer answer;
  answer.member_id = taken.member_id;
  auto found = members_.find(taken.member_id);
  if (found == members_.end()) {
    answer.error = Errc::kUnknownMemberId;
    change.answers.push_back({taken.request, std::move(answer)});
    return;
  }
  auto& member = found->second;
  auto next = next_assignment(taken.member_id, member, taken.owned);
  bool moved = next.assigned != member.current.assigned;
  bool differs = taken.owned && *taken.owned != next.assigned;
  if (next != member.current) {
    write_current(taken.member_id, std::move(next), change);
    member.revoke_until_ms = kNever;
    if (member.current.state == MemberState::kUnrevokedPartitions) {
      member.revoke_until_ms = now.mono_ms + member.metadata.rebalance_timeout_ms;
      deadlines_.add(member.revoke_until_ms, {Wait::kRevoke, taken.member_id});
    }
  }
  answer.epoch = member.current.epoch;
  answer.heartbeat_interval_ms = heartbeat_interval_ms();
  if (taken.tell_all || moved || differs) answer.assignment = member.current.assigned;
  change.answers.push_back({taken.request, std::move(answer)});
}

CurrentAssignmentRecord::Value ConsumerGroup::next_assignment(const std::string& member_id,
                                                              const ConsumerMember& member,
                                                              const std::optional<PartitionSet>& owned) const {
  const auto& current = member.current;
  auto still_has = [&](const PartitionSet& set) { return !set.empty() && (!owned || !common(*owned, set).empty()); };
  if (current.state == MemberState::kStable && current.epoch == target_epoch_) return current;
  if (current.state == MemberState::kUnrevokedPartitions && still_has(current.pending_revocation)) return current;

  CurrentAssignmentRecord::Value next;
  next.previous_epoch = current.epoch;
  next.assigned = common(current.assigned, member.target);
  auto revoke = without(current.assigned, member.target);
  if (still_has(revoke)) {
    next.epoch = current.epoch;
    next.state = MemberState::kUnrevokedPartitions;
    next.pending_revocation = std::move(revoke);
    return next;
  }
  bool waits = false;
  for (const auto& partition : without(member.target, next.assigned)) {
    auto owner = owners_.find(partition);
    if (owner == owners_.end() || owner->second == member_id)
      next.assigned.push_back(partition);
    else
      waits = true;
  }
  std::ranges::sort(next.assigned);
  next.epoch = target_epoch_;
  next.state = waits ? MemberState::kUnreleasedPartitions : MemberState::kStable;
  bool same = current.state == next.state && current.epoch == next.epoch && current.assigned == next.assigned;
  return same ? current : next;
}

void ConsumerGroup::write_current(const std::string& member_id, CurrentAssignmentRecord::Value value, Change& change) {
  auto& member = touch(member_id, change);
  unindex(member_id, member);
  member.current = value;
  index(member_id, member);
  change.records.push_back(CurrentAssignmentRecord{id_, member_id, std::move(value)});
}

void ConsumerGroup::index(const std::string& member_id, const ConsumerMember& member) {
  for (const auto& partition : member.current.assigned) owners_[partition] = member_id;
  for (const auto& partition : member.current.pending_revocation) owners_[partition] = member_id;
  if (member.metadata.instance_id) instances_[*member.metadata.instance_id] = member_id;
}

void ConsumerGroup::unindex(const std::string& member_id, const ConsumerMember& member) {
  auto forget = [&](const TopicPartition& partition) {
    auto owner = owners_.find(partition);
    if (owner != owners_.end() && owner->second == member_id) owners_.erase(owner);
  };
  std::ranges::for_each(member.current.assigned, forget);
  std::ranges::for_each(member.current.pending_revocation, forget);
  if (!member.metadata.instance_id) return;
  auto holder = instances_.find(*member.metadata.instance_id);
  if (holder != instances_.end() && holder->second == member_id) instances_.erase(holder);
}

void ConsumerGroup::add_session(const std::string& member_id, ConsumerMember& member, Now now) {
  member.session_until_ms = member.session_entry_ms = now.mono_ms + settings_.consumer_session_timeout_ms;
  deadlines_.add(member.session_entry_ms, {Wait::kSession, member_id});
}

Errc ConsumerGroup::check_commit(const std::string& member_id, int32_t epoch) const {
  if (member_id.empty() && epoch < 0) return members_.empty() ? Errc::kNone : Errc::kUnknownMemberId;
  auto found = members_.find(member_id);
  if (found == members_.end()) return Errc::kUnknownMemberId;
  return found->second.current.epoch == epoch ? Errc::kNone : Errc::kStaleMemberEpoch;
}

void ConsumerGroup::apply(const Record& record) {
  if (const auto* group = std::get_if<GroupEpochRecord>(&record)) {
    auto value = group->value.value_or(GroupEpochRecord::Value{});
    epoch_ = value.epoch;
    hash_ = value.metadata_hash;
  } else if (const auto* epoch = std::get_if<TargetEpochRecord>(&record)) {
    auto value = epoch->value.value_or(TargetEpochRecord::Value{});
    target_epoch_ = value.epoch;
    target_wall_ms_ = value.wall_ms;
  } else if (const auto* member = std::get_if<MemberRecord>(&record)) {
    if (member->value) {
      members_[member->member_id].metadata = *member->value;
      members_[member->member_id].described = true;
    } else {
      members_.erase(member->member_id);
    }
  } else if (const auto* target = std::get_if<TargetAssignmentRecord>(&record)) {
    if (target->value)
      members_[target->member_id].target = *target->value;
    else if (auto known = members_.find(target->member_id); known != members_.end())
      known->second.target.clear();
  } else if (const auto* current = std::get_if<CurrentAssignmentRecord>(&record)) {
    if (current->value)
      members_[current->member_id].current = *current->value;
    else if (auto known = members_.find(current->member_id); known != members_.end())
      known->second.current = {};
  }
}

void ConsumerGroup::loaded(Now now) {
  // Records of a member come in any order after compaction, and tombstones of one that left may outlive each other.
  std::erase_if(members_, [](const auto& entry) { return !entry.second.described; });
  owners_.clear();
  instances_.clear();
  for (auto& [id, member] : members_) {
    index(id, member);
    add_session(id, member, now);
    if (member.current.state != MemberState::kUnrevokedPartitions) continue;
    member.revoke_until_ms = now.mono_ms + member.metadata.rebalance_timeout_ms;
    deadlines_.add(member.revoke_until_ms, {Wait::kRevoke, id});
  }
}

ConsumerGroup::Description ConsumerGroup::describe() const {
  Description d{ConsumerState::kEmpty, epoch_, target_epoch_, assignor(), members_};
  if (in_flight_) {
    d.epoch = in_flight_->epoch;
    d.target_epoch = in_flight_->target_epoch;
    for (const auto& [id, before] : in_flight_->before) {
      if (before)
        d.members[id] = *before;
      else
        d.members.erase(id);
    }
  }
  if (d.members.empty()) return d;
  bool stable = std::ranges::all_of(d.members, [&](const auto& entry) {
    const auto& current = entry.second.current;
    return current.state == MemberState::kStable &&
           (current.epoch == d.target_epoch || current.epoch == kLeaveForAWhileEpoch);
  });
  d.state = d.epoch > d.target_epoch ? ConsumerState::kAssigning
            : stable                 ? ConsumerState::kStable
                                     : ConsumerState::kReconciling;
  return d;
}

std::vector<Record> ConsumerGroup::image() const {
  std::vector<Record> records;
  for (const auto& [id, member] : members_) {
    records.push_back(MemberRecord{id_, id, member.metadata});
    records.push_back(TargetAssignmentRecord{id_, id, member.target});
    records.push_back(CurrentAssignmentRecord{id_, id, member.current});
  }
  records.push_back(GroupEpochRecord{id_, GroupEpochRecord::Value{epoch_, hash_}});
  records.push_back(TargetEpochRecord{id_, TargetEpochRecord::Value{target_epoch_, target_wall_ms_}});
  return records;
}

std::vector<Record> ConsumerGroup::tombstones() const {
  auto records = image();
  for (auto& record : records) {
    std::visit([](auto& r) { r.value.reset(); }, record);
  }
  return records;
}

bool ConsumerGroup::subscribes(const std::string& topic, const Topics& topics) const {
  return std::ranges::any_of(members_, [&](const auto& entry) {
    auto names = topic_names(entry.second.metadata, topics);
    return std::ranges::find(names, topic) != names.end();
  });
}

}  // namespace sl::group
