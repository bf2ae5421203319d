// The barrier and the leader's decision: join, sync, and what their appends bring.
#include <algorithm>
#include <set>

#include "group/classic_group.h"

namespace sl::group {
namespace {

JoinAnswer refused(Errc error, std::string member_id) {
  JoinAnswer answer{.error = error};
  answer.member_id = std::move(member_id);
  return answer;
}

}  // namespace

void ClassicGroup::join(RequestId request, const JoinRequest& join, Now now, Outcome& out) {
  if (Errc error = check_join(join); error != Errc::kNone) {
    out.answer(request, refused(error, join.member_id));
  } else if (join.member_id.empty()) {
    join_new_member(request, join, now, out);
  } else {
    join_known_member(request, join, now, out);
  }
}

Errc ClassicGroup::check_join(const JoinRequest& join) const {
  if (state_ == ClassicState::kDead) return Errc::kUnknownMemberId;
  if (join.session_timeout_ms < settings_.session_timeout_min_ms ||
      join.session_timeout_ms > settings_.session_timeout_max_ms)
    return Errc::kInvalidSessionTimeout;
  bool known = members_.contains(join.member_id) || pending_.contains(join.member_id) ||
               (join.instance_id && instances_.contains(*join.instance_id));
  size_t places = members_.size() + pending_.size();
  if (!known && places >= static_cast<size_t>(std::max(settings_.size_max, 0))) return Errc::kGroupMaxSizeReached;
  return supports(join) ? Errc::kNone : Errc::kInconsistentGroupProtocol;
}

bool ClassicGroup::supports(const JoinRequest& join) const {
  if (join.protocol_type.empty() || join.protocols.empty()) return false;
  std::set<std::string_view> names;
  for (const auto& protocol : join.protocols) {
    if (!names.insert(protocol.name).second) return false;
  }
  if (members_.empty()) return true;
  if (join.protocol_type != protocol_type_) return false;
  // What the member itself offered until now does not bind it.
  std::string own = join.member_id;
  if (auto holder = instances_.find(join.instance_id.value_or("")); own.empty() && holder != instances_.end())
    own = holder->second;
  return std::ranges::any_of(join.protocols, [&](const ClassicProtocol& offered) {
    return std::ranges::all_of(
        members_, [&](const auto& entry) { return entry.first == own || entry.second.metadata_of(offered.name); });
  });
}

void ClassicGroup::join_new_member(RequestId request, const JoinRequest& join, Now now, Outcome& out) {
  if (join.instance_id && instances_.contains(*join.instance_id)) {
    replace_static_member(request, join, now, out);
  } else if (!join.instance_id && join.member_id_required) {
    int64_t until_ms = now.mono_ms + join.session_timeout_ms;
    pending_[join.new_member_id] = until_ms;
    deadlines_.add(until_ms, {Wait::kPendingJoin, join.new_member_id, 0});
    out.answer(request, refused(Errc::kMemberIdRequired, join.new_member_id));
  } else {
    add_member(request, join, join.new_member_id, now, out);
  }
}

void ClassicGroup::join_known_member(RequestId request, const JoinRequest& join, Now now, Outcome& out) {
  if (pending_.erase(join.member_id) > 0) {
    add_member(request, join, join.member_id, now, out);
    return;
  }
  auto known = member_of(join.member_id, join.instance_id);
  if (!known) {
    out.answer(request, refused(known.code(), join.member_id));
    return;
  }
  auto& member = **known;
  bool changed = member.protocols != join.protocols;
  // A member whose answer was lost asks again; the leader of a stable group wants a new generation by asking.
  bool repeats = !changed && (state_ == ClassicState::kCompletingRebalance ||
                              (state_ == ClassicState::kStable && member.member_id != leader_));
  if (repeats) {
    renew_session(member, now);
    out.answer(request, joined(member));
  } else {
    update_and_rebalance(member, request, join, now, out);
  }
}

void ClassicGroup::add_member(RequestId request, const JoinRequest& join, const std::string& member_id, Now now,
                              Outcome& out) {
  if (members_.empty()) {
    protocol_type_ = join.protocol_type;
    protocol_.clear();
  }
  auto& member = members_[member_id];
  member.member_id = member_id;
  member.instance_id = join.instance_id;
  if (join.instance_id) instances_[*join.instance_id] = member_id;
  if (leader_.empty()) leader_ = member_id;
  // A group that was empty gives others the time to come too.
  if (state_ == ClassicState::kPreparingRebalance && join_not_before_ms_ > now.mono_ms) {
    join_not_before_ms_ = std::min(now.mono_ms + settings_.initial_rebalance_delay_ms, join_until_ms_);
    deadlines_.add(join_not_before_ms_, {Wait::kJoin, {}, round_});
  }
  update_and_rebalance(member, request, join, now, out);
}

void ClassicGroup::update_and_rebalance(ClassicMember& member, RequestId request, const JoinRequest& join, Now now,
                                        Outcome& out) {
  take_join(member, request, join, out);
  add_session(member, now);
  if (state_ == ClassicState::kPreparingRebalance)
    try_complete_join(now, out);
  else
    prepare_rebalance(now, out);
}

void ClassicGroup::take_join(ClassicMember& member, RequestId request, const JoinRequest& join, Outcome& out) {
  member.client = join.client;
  member.rebalance_timeout_ms = join.rebalance_timeout_ms < 0 ? join.session_timeout_ms : join.rebalance_timeout_ms;
  member.session_timeout_ms = join.session_timeout_ms;
  member.protocols = join.protocols;
  if (member.parked_join)
    out.answer(*member.parked_join, refused(Errc::kRebalanceInProgress, member.member_id));
  else
    ++parked_joins_;
  member.parked_join = request;
}

// A static member that restarted takes its old place under a new id. In a stable group nobody else need notice, if the
// protocol stays; then the new id is written down before it is told, for the old one must be fenced after a crash too.
void ClassicGroup::replace_static_member(RequestId request, const JoinRequest& join, Now now, Outcome& out) {
  std::string old_id = instances_.at(*join.instance_id);
  auto before = std::make_shared<ClassicMember>(members_.at(old_id));
  rename(old_id, join.new_member_id);
  auto& member = members_.at(join.new_member_id);
  if (member.parked_join) {
    out.answer(*member.parked_join, refused(Errc::kFencedInstanceId, old_id));
    member.parked_join.reset();
    --parked_joins_;
  }
  if (member.parked_sync) {
    out.answer(*member.parked_sync, SyncAnswer{Errc::kFencedInstanceId, {}, {}, {}});
    member.parked_sync.reset();
  }
  member.protocols = join.protocols;
  if (state_ != ClassicState::kStable || select_protocol() != protocol_) {
    update_and_rebalance(member, request, join, now, out);
    return;
  }
  member.client = join.client;
  member.session_timeout_ms = join.session_timeout_ms;
  add_session(member, now);
  Unsettled why{.why = Unsettled::Why::kReplaced};
  why.generation = generation_;
  why.member_id = join.new_member_id;
  why.before = std::move(before);
  why.request = request;
  why.can_skip_assignment = join.can_skip_assignment;
  append(record(), std::move(why), out);
}

void ClassicGroup::rename(const std::string& from, const std::string& to) {
  auto node = members_.extract(from);
  node.key() = to;
  node.mapped().member_id = to;
  instances_[*node.mapped().instance_id] = to;
  members_.insert(std::move(node));
  if (leader_ == from) leader_ = to;
}

void ClassicGroup::settle_replacement(const Unsettled& settled, Errc result, Now now, Outcome& out) {
  auto found = members_.find(settled.member_id);
  Errc error = answer_for_append(result);
  if (found == members_.end()) {
    if (error == Errc::kNone) error = Errc::kUnknownMemberId;
  } else if (error == Errc::kNone && (state_ != ClassicState::kStable || generation_ != settled.generation)) {
    error = Errc::kRebalanceInProgress;
  }
  if (result != Errc::kNone && found != members_.end() && !found->second.parked_join) {
    rename(settled.member_id, settled.before->member_id);
    auto& member = members_.at(settled.before->member_id);
    member.protocols = settled.before->protocols;
    member.client = settled.before->client;
    member.session_timeout_ms = settled.before->session_timeout_ms;
    add_session(member, now);
  }
  if (error != Errc::kNone) {
    out.answer(settled.request, refused(error, settled.member_id));
    return;
  }
  JoinAnswer answer = joined(found->second);
  if (leader_ == settled.member_id) {
    // It must not share out again. Who cannot be told so is told that its old self leads.
    answer.skip_assignment = settled.can_skip_assignment;
    if (!settled.can_skip_assignment) {
      answer.leader = settled.before->member_id;
      answer.members.clear();
    }
  }
  out.answer(settled.request, std::move(answer));
}

void ClassicGroup::prepare_rebalance(Now now, Outcome& out) {
  if (state_ == ClassicState::kCompletingRebalance) end_assignment(Errc::kRebalanceInProgress, out);
  bool was_empty = state_ == ClassicState::kEmpty;
  enter(ClassicState::kPreparingRebalance, now);
  ++round_;
  join_until_ms_ = now.mono_ms + rebalance_timeout_ms();
  deadlines_.add(join_until_ms_, {Wait::kJoin, {}, round_});
  join_not_before_ms_ = now.mono_ms;
  if (was_empty && settings_.initial_rebalance_delay_ms > 0) {
    join_not_before_ms_ = std::min(now.mono_ms + settings_.initial_rebalance_delay_ms, join_until_ms_);
    deadlines_.add(join_not_before_ms_, {Wait::kJoin, {}, round_});
  }
  try_complete_join(now, out);
}

void ClassicGroup::try_complete_join(Now now, Outcome& out) {
  if (state_ != ClassicState::kPreparingRebalance || now.mono_ms < join_not_before_ms_) return;
  if (parked_joins_ == members_.size() && pending_.empty()) complete_join(now, out);
}

void ClassicGroup::complete_join(Now now, Outcome& out) {
  std::vector<std::string> absent;
  for (const auto& [id, member] : members_) {
    if (!member.parked_join && !member.instance_id) absent.push_back(id);
  }
  for (const auto& id : absent) remove_member(id, out);
  if (!members_.empty() && parked_joins_ == 0) {
    // Only static members are left and none has come back: their sessions decide.
    join_until_ms_ = now.mono_ms + std::max(rebalance_timeout_ms(), 1);
    deadlines_.add(join_until_ms_, {Wait::kJoin, {}, round_});
    return;
  }
  ++generation_;
  if (members_.empty()) {
    enter(ClassicState::kEmpty, now);
    protocol_.clear();
    leader_.clear();
    append(record(), {.why = Unsettled::Why::kEmptied, .generation = generation_}, out);
    return;
  }
  if (!members_.at(leader_).parked_join) {
    auto present = std::ranges::find_if(members_, [](const auto& m) { return m.second.parked_join.has_value(); });
    leader_ = present->first;
  }
  protocol_ = select_protocol();
  enter(ClassicState::kCompletingRebalance, now);
  ++round_;
  deadlines_.add(now.mono_ms + rebalance_timeout_ms(), {Wait::kSync, {}, round_});
  for (auto& [id, member] : members_) {
    member.synced = false;
    member.assignment.clear();
    if (!member.parked_join) continue;
    out.answer(*member.parked_join, joined(member));
    member.parked_join.reset();
    renew_session(member, now);
  }
  parked_joins_ = 0;
}

void ClassicGroup::sync(RequestId request, const SyncRequest& sync, Now now, Outcome& out) {
  auto known = member_of(sync.member_id, sync.instance_id);
  Errc error = known.code();
  if (known) {
    if (sync.generation != generation_)
      error = Errc::kIllegalGeneration;
    else if ((sync.protocol_type && *sync.protocol_type != protocol_type_) ||
             (sync.protocol && *sync.protocol != protocol_))
      error = Errc::kInconsistentGroupProtocol;
    else if (state_ == ClassicState::kPreparingRebalance)
      error = Errc::kRebalanceInProgress;
  }
  if (error != Errc::kNone) {
    out.answer(request, SyncAnswer{error, {}, {}, {}});
    return;
  }
  auto& member = **known;
  member.synced = true;
  renew_session(member, now);
  if (state_ == ClassicState::kStable) {
    out.answer(request, assigned(member));
    return;
  }
  if (member.parked_sync) out.answer(*member.parked_sync, SyncAnswer{Errc::kRebalanceInProgress, {}, {}, {}});
  member.parked_sync = request;
  if (member.member_id != leader_ || assigning_) return;
  assigning_ = true;
  for (const auto& share : sync.assignments) {
    if (members_.contains(share.member_id)) assignments_[share.member_id] = share.assignment;
  }
  auto decided = record_with(&assignments_);
  decided.value->state_wall_ms = now.wall_ms;
  append(std::move(decided), {.why = Unsettled::Why::kAssigned, .generation = generation_, .wall_ms = now.wall_ms},
         out);
}

void ClassicGroup::settled(uint64_t ticket, Errc result, Now now, Outcome& out) {
  auto found = unsettled_.find(ticket);
  if (found == unsettled_.end()) return;
  Unsettled settled = std::move(found->second);
  unsettled_.erase(found);
  if (settled.why == Unsettled::Why::kReplaced) {
    settle_replacement(settled, result, now, out);
    return;
  }
  // That the group is empty is only said earlier by it: without the record its members' sessions end after a restart.
  if (settled.why == Unsettled::Why::kEmptied) return;
  if (state_ != ClassicState::kCompletingRebalance || generation_ != settled.generation) return;
  if (result != Errc::kNone) {
    end_assignment(answer_for_append(result), out);
    prepare_rebalance(now, out);
    return;
  }
  for (auto& [id, member] : members_) member.assignment = std::move(assignments_[id]);
  assignments_.clear();
  assigning_ = false;
  state_ = ClassicState::kStable;
  state_wall_ms_ = settled.wall_ms;
  for (auto& [id, member] : members_) {
    if (!member.parked_sync) continue;
    out.answer(*member.parked_sync, assigned(member));
    member.parked_sync.reset();
    renew_session(member, now);
  }
}

void ClassicGroup::end_assignment(Errc error, Outcome& out) {
  assignments_.clear();
  assigning_ = false;
  for (auto& [id, member] : members_) {
    member.assignment.clear();
    if (!member.parked_sync) continue;
    out.answer(*member.parked_sync, SyncAnswer{error, {}, {}, {}});
    member.parked_sync.reset();
  }
}

JoinAnswer ClassicGroup::joined(const ClassicMember& member) const {
  JoinAnswer answer{Errc::kNone, generation_, protocol_type_, protocol_, leader_, member.member_id, false, {}};
  if (member.member_id != leader_) return answer;
  for (const auto& [id, other] : members_) {
    const auto* metadata = other.metadata_of(protocol_);
    answer.members.push_back({id, other.instance_id, metadata ? *metadata : ""});
  }
  return answer;
}

SyncAnswer ClassicGroup::assigned(const ClassicMember& member) const {
  return {Errc::kNone, protocol_type_, protocol_, member.assignment};
}

// Each member votes for the first of its list that all can speak; a tie goes to what the leader likes better.
std::string ClassicGroup::select_protocol() const {
  std::map<std::string, size_t> speakers;
  for (const auto& [id, member] : members_) {
    for (const auto& protocol : member.protocols) ++speakers[protocol.name];
  }
  auto common = [&](const ClassicProtocol& p) { return speakers.at(p.name) == members_.size(); };
  std::map<std::string, size_t> votes;
  for (const auto& [id, member] : members_) {
    auto favourite = std::ranges::find_if(member.protocols, common);
    if (favourite != member.protocols.end()) ++votes[favourite->name];
  }
  std::string chosen;
  for (const auto& protocol : members_.at(leader_).protocols) {
    if (votes.contains(protocol.name) && (chosen.empty() || votes[protocol.name] > votes[chosen]))
      chosen = protocol.name;
  }
  return chosen;
}

int32_t ClassicGroup::rebalance_timeout_ms() const {
  int32_t longest = 0;
  for (const auto& [id, member] : members_) longest = std::max(longest, member.rebalance_timeout_ms);
  return longest;
}

}  // namespace sl::group
