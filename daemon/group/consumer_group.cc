// One decision: heartbeats in, one change of the group, one append, and what its end brings.
#include "group/consumer_group.h"

#include <algorithm>

namespace sl::group {
namespace {

bool is_subset(const PartitionSet& part, const PartitionSet& whole) {
  return std::ranges::includes(whole, part);
}

ConsumerHeartbeatAnswer refused(const ConsumerHeartbeat& heartbeat, Errc error, std::string message = {}) {
  ConsumerHeartbeatAnswer answer;
  answer.error = error;
  answer.message = message.empty() ? std::string(error_info(error).text) : std::move(message);
  answer.member_id = heartbeat.member_id;
  answer.epoch = heartbeat.epoch;
  return answer;
}

void normalise(ConsumerHeartbeat& heartbeat) {
  if (heartbeat.topic_names) {
    std::ranges::sort(*heartbeat.topic_names);
    auto& names = *heartbeat.topic_names;
    names.erase(std::unique(names.begin(), names.end()), names.end());
  }
  if (heartbeat.owned) {
    std::ranges::sort(*heartbeat.owned);
    auto& owned = *heartbeat.owned;
    owned.erase(std::unique(owned.begin(), owned.end()), owned.end());
  }
}

}  // namespace

std::string_view name_of(ConsumerState state) {
  switch (state) {
    case ConsumerState::kEmpty:
      return "Empty";
    case ConsumerState::kAssigning:
      return "Assigning";
    case ConsumerState::kReconciling:
      return "Reconciling";
    case ConsumerState::kStable:
      return "Stable";
    case ConsumerState::kDead:
      break;
  }
  return "Dead";
}

void ConsumerGroup::heartbeat(RequestId request, ConsumerHeartbeat heartbeat, const Topics& topics, Now now,
                              Outcome& out) {
  normalise(heartbeat);
  waiting_.push_back({request, std::move(heartbeat)});
  if (!in_flight_) decide(std::exchange(waiting_, {}), topics, now, out);
}

void ConsumerGroup::decide(std::vector<Waiting> batch, const Topics& topics, Now now, Outcome& out) {
  Change change = begin();
  std::vector<Taken> taken;
  for (auto& waiting : batch) {
    if (auto one = take(waiting, change, now)) taken.push_back(std::move(*one));
  }
  refresh_target(topics, now, change);
  for (const auto& one : taken) reconcile(one, now, change);
  finish(std::move(change), out);
}

ConsumerGroup::Change ConsumerGroup::begin() const {
  Change change;
  change.epoch = epoch_;
  change.hash = hash_;
  change.target_epoch = target_epoch_;
  change.target_wall_ms = target_wall_ms_;
  return change;
}

void ConsumerGroup::finish(Change change, Outcome& out) {
  if (change.records.empty()) {
    std::ranges::move(change.answers, std::back_inserter(out.answers));
    return;
  }
  out.appends.push_back({id_, Source::kConsumer, ++last_ticket_, std::move(change.records)});
  in_flight_ = std::make_unique<Change>(std::move(change));
}

void ConsumerGroup::settled(uint64_t ticket, Errc result, const Topics& topics, Now now, Outcome& out) {
  if (!in_flight_ || ticket != last_ticket_) return;
  auto change = std::move(in_flight_);
  if (result != Errc::kNone) {
    undo(*change, now);
    for (auto& answer : change->answers) {
      auto& body = std::get<ConsumerHeartbeatAnswer>(answer.body);
      body.error = answer_for_append(result);
      body.message = std::string(error_info(body.error).text);
      body.assignment.reset();
    }
  }
  std::ranges::move(change->answers, std::back_inserter(out.answers));
  if (!waiting_.empty()) decide(std::exchange(waiting_, {}), topics, now, out);
}

void ConsumerGroup::die(Errc error, Outcome& out) {
  if (in_flight_) {
    for (auto& answer : in_flight_->answers) {
      std::get<ConsumerHeartbeatAnswer>(answer.body) = {};
      std::get<ConsumerHeartbeatAnswer>(answer.body).error = error;
      out.answers.push_back(std::move(answer));
    }
  }
  for (auto& waiting : waiting_) out.answer(waiting.request, refused(waiting.heartbeat, error));
  in_flight_.reset();
  waiting_.clear();
  members_.clear();
  owners_.clear();
  instances_.clear();
  deadlines_.clear();
}

void ConsumerGroup::expire(Now now, const Topics& topics, Outcome& out) {
  if (in_flight_) return;
  Change change = begin();
  Deadline due;
  int64_t announced_ms = 0;
  while (deadlines_.pop_due(now.mono_ms, due, announced_ms)) {
    auto found = members_.find(due.second);
    if (found == members_.end()) continue;
    auto& member = found->second;
    if (due.first == Wait::kRevoke) {
      if (member.revoke_until_ms == announced_ms) remove(due.second, change);
    } else if (member.session_entry_ms == announced_ms) {
      if (member.session_until_ms <= now.mono_ms) {
        remove(due.second, change);
      } else {
        member.session_entry_ms = member.session_until_ms;
        deadlines_.add(member.session_entry_ms, {Wait::kSession, due.second});
      }
    }
  }
  if (change.records.empty()) return;
  refresh_target(topics, now, change);
  finish(std::move(change), out);
}

Errc ConsumerGroup::check(const ConsumerHeartbeat& heartbeat, std::string& message) const {
  if (heartbeat.member_id.empty()) message = "the member id is missing";
  if (heartbeat.epoch < kLeaveForAWhileEpoch) message = "the member epoch is out of range";
  if (heartbeat.instance_id && heartbeat.instance_id->empty()) message = "the instance id is empty";
  if (heartbeat.epoch == kLeaveForAWhileEpoch && !heartbeat.instance_id)
    message = "only a static member can leave for a while";
  if (heartbeat.epoch == 0) {
    if (heartbeat.rebalance_timeout_ms <= 0) message = "a joining member must tell its rebalance timeout";
    if (!heartbeat.topic_names && !heartbeat.topic_regex) message = "a joining member must tell its subscription";
    if (!heartbeat.owned || !heartbeat.owned->empty()) message = "a joining member must own nothing, and say so";
  }
  if (!message.empty()) return Errc::kInvalidRequest;
  if (heartbeat.assignor && !is_assignor(*heartbeat.assignor)) {
    message = "the assignors here are uniform and range";
    return Errc::kUnsupportedAssignor;
  }
  return Errc::kNone;
}

std::optional<ConsumerGroup::Taken> ConsumerGroup::take(Waiting& waiting, Change& change, Now now) {
  auto& heartbeat = waiting.heartbeat;
  std::string message;
  Taken taken{waiting.request, heartbeat.member_id, heartbeat.owned, heartbeat.epoch == 0};
  Errc error = check(heartbeat, message);
  bool leaves = heartbeat.epoch < 0;
  if (error == Errc::kNone) error = leaves ? leave(waiting, change) : admit(heartbeat, change, taken);
  if (error != Errc::kNone) change.answers.push_back({waiting.request, refused(heartbeat, error, std::move(message))});
  if (error != Errc::kNone || leaves) return std::nullopt;
  auto& member = members_.at(heartbeat.member_id);
  if (member.session_entry_ms == 0)
    add_session(heartbeat.member_id, member, now);
  else
    member.session_until_ms = now.mono_ms + settings_.consumer_session_timeout_ms;
  update_metadata(heartbeat, change);
  return taken;
}

Errc ConsumerGroup::leave(const Waiting& waiting, Change& change) {
  const auto& heartbeat = waiting.heartbeat;
  std::string member_id = heartbeat.member_id;
  if (heartbeat.instance_id) {
    auto holder = instances_.find(*heartbeat.instance_id);
    if (holder == instances_.end()) return Errc::kUnknownMemberId;
    if (holder->second != member_id) return Errc::kFencedInstanceId;
  }
  auto found = members_.find(member_id);
  if (found == members_.end()) return Errc::kUnknownMemberId;
  if (heartbeat.epoch == kLeaveForAWhileEpoch) {
    // Its partitions stay its own until it is back under this instance id, or its session ends.
    auto value = found->second.current;
    value.previous_epoch = value.epoch;
    value.epoch = kLeaveForAWhileEpoch;
    value.state = MemberState::kStable;
    value.pending_revocation.clear();
    write_current(member_id, std::move(value), change);
  } else {
    remove(member_id, change);
  }
  ConsumerHeartbeatAnswer answer;
  answer.member_id = member_id;
  answer.epoch = heartbeat.epoch;
  change.answers.push_back({waiting.request, std::move(answer)});
  return Errc::kNone;
}

Errc ConsumerGroup::admit(ConsumerHeartbeat& heartbeat, Change& change, Taken& taken) {
  const auto& id = heartbeat.member_id;
  auto holder = heartbeat.instance_id ? instances_.find(*heartbeat.instance_id) : instances_.end();
  bool held = holder != instances_.end();
  if (heartbeat.instance_id && heartbeat.epoch > 0) {
    if (!held) return Errc::kUnknownMemberId;
    if (holder->second != id) return Errc::kFencedInstanceId;
  }
  if (held) {
    std::string old_id = holder->second;
    if (members_.at(old_id).current.epoch == kLeaveForAWhileEpoch) {
      if (heartbeat.epoch != 0) return Errc::kFencedMemberEpoch;
      replace(old_id, id, change);
      return Errc::kNone;
    }
    if (old_id != id) return Errc::kUnreleasedInstanceId;
  }
  auto found = members_.find(id);
  if (found != members_.end()) {
    // An id cannot change its instance.
    if (found->second.metadata.instance_id != heartbeat.instance_id) {
      if (heartbeat.instance_id || heartbeat.epoch == 0) return Errc::kInvalidRequest;
    }
    return check_epoch(heartbeat, taken);
  }
  if (heartbeat.epoch != 0) return Errc::kUnknownMemberId;
  if (members_.size() >= static_cast<size_t>(std::max(settings_.consumer_size_max, 0)))
    return Errc::kGroupMaxSizeReached;
  touch(id, change).metadata.instance_id = heartbeat.instance_id;
  if (heartbeat.instance_id) instances_[*heartbeat.instance_id] = id;
  change.new_epoch = true;
  return Errc::kNone;
}

Errc ConsumerGroup::check_epoch(const ConsumerHeartbeat& heartbeat, Taken& taken) const {
  const auto& current = members_.at(heartbeat.member_id).current;
  if (heartbeat.epoch == 0) {
    // It joins again, because it was fenced or lost an answer. It is told what it has; nothing is taken from it on
    // the word of a request that may be old.
    taken.owned.reset();
    return Errc::kNone;
  }
  if (heartbeat.epoch == current.epoch) return Errc::kNone;
  // The answer with the new epoch may have been lost.
  bool lost_answer = heartbeat.epoch < current.epoch && heartbeat.epoch == current.previous_epoch && heartbeat.owned &&
                     is_subset(*heartbeat.owned, current.assigned);
  if (!lost_answer) return Errc::kFencedMemberEpoch;
  taken.tell_all = true;
  return Errc::kNone;
}

// A static member is back, perhaps under another id: all that was the old one's is its own, from epoch 0.
void ConsumerGroup::replace(const std::string& old_id, const std::string& new_id, Change& change) {
  ConsumerMember member = members_.at(old_id);
  if (old_id != new_id) {
    bool wanted = change.new_epoch;
    remove(old_id, change);
    change.new_epoch = wanted;
  }
  auto& kept = touch(new_id, change);
  if (old_id != new_id) {
    kept.metadata = member.metadata;
    kept.described = member.described;
    kept.target = member.target;
    instances_[*kept.metadata.instance_id] = new_id;
    change.records.push_back(MemberRecord{id_, new_id, kept.metadata});
    change.records.push_back(TargetAssignmentRecord{id_, new_id, kept.target});
  }
  CurrentAssignmentRecord::Value value{0, 0, MemberState::kStable, std::move(member.current.assigned), {}};
  write_current(new_id, std::move(value), change);
}

void ConsumerGroup::update_metadata(const ConsumerHeartbeat& heartbeat, Change& change) {
  const auto& known = members_.at(heartbeat.member_id);
  MemberRecord::Value value = known.metadata;
  if (heartbeat.rack_id) value.rack_id = heartbeat.rack_id;
  if (heartbeat.rebalance_timeout_ms > 0) value.rebalance_timeout_ms = heartbeat.rebalance_timeout_ms;
  if (heartbeat.topic_names) value.topic_names = *heartbeat.topic_names;
  if (heartbeat.topic_regex) value.topic_regex = heartbeat.topic_regex;
  if (value.topic_regex == "") value.topic_regex.reset();
  if (heartbeat.assignor) value.assignor = heartbeat.assignor;
  value.client_id = heartbeat.client.client_id;
  value.client_host = heartbeat.client.client_host;
  if (known.described && value == known.metadata) return;
  if (value.topic_names != known.metadata.topic_names || value.topic_regex != known.metadata.topic_regex ||
      value.assignor != known.metadata.assignor)
    change.new_epoch = true;
  auto& member = touch(heartbeat.member_id, change);
  member.metadata = value;
  member.described = true;
  change.records.push_back(MemberRecord{id_, heartbeat.member_id, std::move(value)});
}

void ConsumerGroup::remove(const std::string& member_id, Change& change) {
  auto& member = touch(member_id, change);
  unindex(member_id, member);
  members_.erase(member_id);
  change.records.push_back(CurrentAssignmentRecord{id_, member_id, std::nullopt});
  change.records.push_back(TargetAssignmentRecord{id_, member_id, std::nullopt});
  change.records.push_back(MemberRecord{id_, member_id, std::nullopt});
  change.new_epoch = true;
}

ConsumerMember& ConsumerGroup::touch(const std::string& member_id, Change& change) {
  auto found = members_.find(member_id);
  bool exists = found != members_.end();
  change.before.try_emplace(member_id, exists ? std::optional(found->second) : std::nullopt);
  return exists ? found->second : members_[member_id];
}

void ConsumerGroup::undo(const Change& change, Now now) {
  for (const auto& [id, before] : change.before) {
    auto found = members_.find(id);
    if (found == members_.end()) continue;
    unindex(id, found->second);
    members_.erase(found);
  }
  for (const auto& [id, before] : change.before) {
    if (!before) continue;
    auto& member = members_[id] = *before;
    index(id, member);
    add_session(id, member, now);
    if (member.current.state != MemberState::kUnrevokedPartitions) continue;
    member.revoke_until_ms = now.mono_ms + member.metadata.rebalance_timeout_ms;
    deadlines_.add(member.revoke_until_ms, {Wait::kRevoke, id});
  }
  epoch_ = change.epoch;
  hash_ = change.hash;
  target_epoch_ = change.target_epoch;
  target_wall_ms_ = change.target_wall_ms;
  topics_version_.reset();
}

}  // namespace sl::group
