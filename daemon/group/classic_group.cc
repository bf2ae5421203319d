// What every state shares: who is meant, who leaves, sessions, and the record of the whole.
#include "group/classic_group.h"

#include <algorithm>

#include "base/bytes.h"

namespace sl::group {

std::string_view name_of(ClassicState state) {
  switch (state) {
    case ClassicState::kEmpty:
      return "Empty";
    case ClassicState::kPreparingRebalance:
      return "PreparingRebalance";
    case ClassicState::kCompletingRebalance:
      return "CompletingRebalance";
    case ClassicState::kStable:
      return "Stable";
    case ClassicState::kDead:
      break;
  }
  return "Dead";
}

const std::string* ClassicMember::metadata_of(const std::string& protocol) const {
  auto found = std::ranges::find(protocols, protocol, &ClassicProtocol::name);
  return found == protocols.end() ? nullptr : &found->metadata;
}

ClassicGroup::ClassicGroup(std::string id, const GroupSettings& settings, const ClassicGroupRecord::Value& stored,
                           Now now)
    : ClassicGroup(std::move(id), settings) {
  generation_ = stored.generation;
  protocol_type_ = stored.protocol_type;
  protocol_ = stored.protocol.value_or("");
  leader_ = stored.leader.value_or("");
  for (const auto& m : stored.members) {
    ClassicMember member{m.member_id,
                         m.instance_id,
                         {m.client_id, m.client_host},
                         m.rebalance_timeout_ms,
                         m.session_timeout_ms,
                         {{protocol_, m.subscription}},
                         m.assignment};
    member.synced = true;
    auto& kept = members_[m.member_id] = std::move(member);
    if (kept.instance_id) instances_[*kept.instance_id] = kept.member_id;
    add_session(kept, now);
  }
  state_ = members_.empty() ? ClassicState::kEmpty : ClassicState::kStable;
  state_wall_ms_ = stored.state_wall_ms;
}

Result<ClassicMember*> ClassicGroup::member_of(const std::string& member_id,
                                               const std::optional<std::string>& instance_id) {
  if (state_ == ClassicState::kDead) return Errc::kUnknownMemberId;
  if (instance_id) {
    auto holder = instances_.find(*instance_id);
    if (holder == instances_.end()) return Errc::kUnknownMemberId;
    if (holder->second != member_id) return Errc::kFencedInstanceId;
  }
  auto found = members_.find(member_id);
  if (found == members_.end()) return Errc::kUnknownMemberId;
  return &found->second;
}

void ClassicGroup::heartbeat(RequestId request, const HeartbeatRequest& heartbeat, Now now, Outcome& out) {
  auto member = member_of(heartbeat.member_id, heartbeat.instance_id);
  Errc error = member.code();
  if (member && heartbeat.generation != generation_) error = Errc::kIllegalGeneration;
  if (error == Errc::kNone) {
    renew_session(**member, now);
    if (state_ != ClassicState::kStable) error = Errc::kRebalanceInProgress;
  }
  out.answer(request, HeartbeatAnswer{error});
}

Errc ClassicGroup::check_commit(const CommitRequest& commit, Now now) {
  bool no_member = commit.member_id.empty() && !commit.instance_id;
  if (no_member && commit.generation_or_epoch < 0 && state_ == ClassicState::kEmpty) return Errc::kNone;
  auto member = member_of(commit.member_id, commit.instance_id);
  if (!member) return member.code();
  if (commit.generation_or_epoch != generation_) return Errc::kIllegalGeneration;
  if (state_ == ClassicState::kCompletingRebalance) return Errc::kRebalanceInProgress;
  renew_session(**member, now);
  return Errc::kNone;
}

void ClassicGroup::leave(RequestId request, const std::vector<LeavingMember>& members, Now now, Outcome& out) {
  LeaveAnswer answer;
  size_t before = members_.size();
  if (state_ == ClassicState::kDead) answer.error = Errc::kUnknownMemberId;
  for (const auto& leaving : members) answer.members.push_back({leaving, remove_leaving(leaving, out)});
  out.answer(request, std::move(answer));
  after_removal(before, now, out);
}

Errc ClassicGroup::remove_leaving(const LeavingMember& leaving, Outcome& out) {
  std::string member_id = leaving.member_id;
  if (member_id.empty() && leaving.instance_id) {
    auto holder = instances_.find(*leaving.instance_id);
    if (holder == instances_.end()) return Errc::kUnknownMemberId;
    member_id = holder->second;
  }
  if (!leaving.instance_id && pending_.erase(member_id) > 0) return Errc::kNone;
  auto member = member_of(member_id, leaving.instance_id);
  if (!member) return member.code();
  remove_member(member_id, out);
  return Errc::kNone;
}

void ClassicGroup::remove_member(const std::string& member_id, Outcome& out) {
  auto found = members_.find(member_id);
  auto& member = found->second;
  if (member.parked_join) {
    JoinAnswer answer{.error = Errc::kUnknownMemberId};
    answer.member_id = member_id;
    out.answer(*member.parked_join, std::move(answer));
    --parked_joins_;
  }
  if (member.parked_sync) out.answer(*member.parked_sync, SyncAnswer{Errc::kUnknownMemberId, {}, {}, {}});
  if (member.instance_id) instances_.erase(*member.instance_id);
  members_.erase(found);
  if (leader_ == member_id) leader_ = members_.empty() ? "" : members_.begin()->first;
}

void ClassicGroup::after_removal(size_t members_before, Now now, Outcome& out) {
  if (state_ == ClassicState::kPreparingRebalance)
    try_complete_join(now, out);
  else if (members_.size() < members_before)
    prepare_rebalance(now, out);
}

void ClassicGroup::renew_session(ClassicMember& member, Now now) const {
  member.session_until_ms = now.mono_ms + member.session_timeout_ms;
}

void ClassicGroup::add_session(ClassicMember& member, Now now) {
  renew_session(member, now);
  member.session_entry_ms = member.session_until_ms;
  deadlines_.add(member.session_entry_ms, {Wait::kSession, member.member_id, 0});
}

void ClassicGroup::expire(Now now, Outcome& out) {
  Deadline due;
  int64_t announced_ms = 0;
  while (state_ != ClassicState::kDead && deadlines_.pop_due(now.mono_ms, due, announced_ms)) {
    switch (due.what) {
      case Wait::kSession:
        expire_session(due.member_id, announced_ms, now, out);
        break;
      case Wait::kPendingJoin:
        if (auto found = pending_.find(due.member_id); found != pending_.end() && found->second == announced_ms) {
          pending_.erase(found);
          try_complete_join(now, out);
        }
        break;
      case Wait::kJoin:
        if (due.round != round_ || state_ != ClassicState::kPreparingRebalance) break;
        if (now.mono_ms >= join_until_ms_)
          complete_join(now, out);
        else
          try_complete_join(now, out);
        break;
      case Wait::kSync:
        if (due.round == round_ && state_ != ClassicState::kPreparingRebalance) expire_syncs(now, out);
        break;
    }
  }
}

void ClassicGroup::expire_session(const std::string& member_id, int64_t announced_ms, Now now, Outcome& out) {
  auto found = members_.find(member_id);
  if (found == members_.end() || found->second.session_entry_ms != announced_ms) return;
  auto& member = found->second;
  // Who waits for an answer of ours cannot send heartbeats meanwhile.
  if (member.parked_join || member.parked_sync) {
    add_session(member, now);
  } else if (member.session_until_ms > now.mono_ms) {
    member.session_entry_ms = member.session_until_ms;
    deadlines_.add(member.session_entry_ms, {Wait::kSession, member_id, 0});
  } else {
    size_t before = members_.size();
    remove_member(member_id, out);
    after_removal(before, now, out);
  }
}

void ClassicGroup::expire_syncs(Now now, Outcome& out) {
  size_t before = members_.size();
  std::vector<std::string> late;
  for (const auto& [id, member] : members_) {
    if (!member.synced) late.push_back(id);
  }
  for (const auto& id : late) remove_member(id, out);
  after_removal(before, now, out);
}

void ClassicGroup::die(Errc error, Outcome& out) {
  for (auto& [id, member] : members_) {
    if (member.parked_join) {
      JoinAnswer answer{.error = error};
      answer.member_id = id;
      out.answer(*member.parked_join, std::move(answer));
    }
    if (member.parked_sync) out.answer(*member.parked_sync, SyncAnswer{error, {}, {}, {}});
  }
  for (auto& [ticket, why] : unsettled_) {
    if (why.why != Unsettled::Why::kReplaced) continue;
    JoinAnswer answer{.error = error};
    answer.member_id = why.member_id;
    out.answer(why.request, std::move(answer));
  }
  unsettled_.clear();
  members_.clear();
  instances_.clear();
  pending_.clear();
  deadlines_.clear();
  parked_joins_ = 0;
  state_ = ClassicState::kDead;
}

void ClassicGroup::enter(ClassicState state, Now now) {
  state_ = state;
  state_wall_ms_ = now.wall_ms;
}

ClassicGroupRecord ClassicGroup::record() const {
  return record_with(nullptr);
}

ClassicGroupRecord ClassicGroup::record_with(const std::map<std::string, std::string>* assignments) const {
  ClassicGroupRecord::Value value;
  value.protocol_type = protocol_type_;
  value.generation = generation_;
  if (!protocol_.empty()) value.protocol = protocol_;
  if (!leader_.empty()) value.leader = leader_;
  value.state_wall_ms = state_wall_ms_;
  for (const auto& [id, member] : members_) {
    const auto* metadata = member.metadata_of(protocol_);
    std::string assignment = member.assignment;
    if (assignments) {
      auto found = assignments->find(id);
      assignment = found == assignments->end() ? std::string() : found->second;
    }
    value.members.push_back({id, member.instance_id, member.client.client_id, member.client.client_host,
                             member.rebalance_timeout_ms, member.session_timeout_ms, metadata ? *metadata : "",
                             std::move(assignment)});
  }
  return ClassicGroupRecord{id_, std::move(value)};
}

void ClassicGroup::append(Record record, Unsettled why, Outcome& out) {
  unsettled_[++last_ticket_] = std::move(why);
  Append append{id_, Source::kClassic, last_ticket_, {}};
  append.records.push_back(std::move(record));
  out.appends.push_back(std::move(append));
}

bool ClassicGroup::subscribes(const std::string& topic) const {
  for (const auto& [id, member] : members_) {
    const auto* metadata = member.metadata_of(protocol_);
    auto topics = protocol_type_ == "consumer" && metadata ? subscribed_topics(*metadata) : std::nullopt;
    if (!topics || std::ranges::find(*topics, topic) != topics->end()) return true;
  }
  return false;
}

std::optional<std::vector<std::string>> subscribed_topics(std::string_view subscription) {
  // Version int16, then an array of strings with int32 and int16 lengths; what follows is not needed.
  Bytes bytes = as_bytes(subscription);
  constexpr size_t kHeadBytes = 6;
  if (bytes.size() < kHeadBytes) return std::nullopt;
  auto count = load_be<int32_t>(bytes.data() + 2);
  bytes = bytes.subspan(kHeadBytes);
  std::vector<std::string> topics;
  for (int32_t i = 0; i < count; ++i) {
    if (bytes.size() < 2) return std::nullopt;
    auto length = load_be<uint16_t>(bytes.data());
    bytes = bytes.subspan(2);
    if (bytes.size() < length) return std::nullopt;
    topics.emplace_back(reinterpret_cast<const char*>(bytes.data()), length);
    bytes = bytes.subspan(length);
  }
  return topics;
}

}  // namespace sl::group
