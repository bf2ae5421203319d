// Requests to the group they name, and what no single group can decide.
#include "group/groups.h"

#include <algorithm>

namespace sl::group {

Partition partition_for(std::string_view group, int32_t partitions) {
  uint32_t hash = 0;
  auto add = [&](uint32_t unit) { hash = hash * 31 + unit; };
  for (size_t i = 0; i < group.size();) {
    auto lead = static_cast<uint8_t>(group[i]);
    size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    constexpr uint32_t kReplacement = 0xfffd;
    uint32_t point = length == 0 ? kReplacement : length == 1 ? lead : lead & (0x7fU >> length);
    size_t taken = 1;
    for (; taken < length && i + taken < group.size(); ++taken) {
      auto next = static_cast<uint8_t>(group[i + taken]);
      if (next >> 6 != 2) break;
      point = point << 6 | (next & 0x3fU);
    }
    if (length > 1 && taken < length) point = kReplacement;
    i += taken;
    if (point >= 0x10000) {
      add(0xd800 + ((point - 0x10000) >> 10));
      add(0xdc00 + ((point - 0x10000) & 0x3ff));
    } else {
      add(point);
    }
  }
  auto value = static_cast<int32_t>(hash);
  if (value == std::numeric_limits<int32_t>::min()) return Partition(0);
  return Partition(std::abs(value) % partitions);
}

Groups::Group& Groups::make(const std::string& id) {
  return groups_.try_emplace(id, id).first->second;
}

Groups::Group* Groups::find(const std::string& id) {
  auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : &found->second;
}

const Groups::Group* Groups::find(const std::string& id) const {
  return const_cast<Groups*>(this)->find(id);
}

const CommittedOffsets* Groups::offsets(const std::string& group) const {
  const auto* found = find(group);
  return found ? &found->offsets : nullptr;
}

const ClassicGroup* Groups::classic(const std::string& group) const {
  const auto* found = find(group);
  return found ? std::get_if<ClassicGroup>(&found->members) : nullptr;
}

const ConsumerGroup* Groups::consumer(const std::string& group) const {
  const auto* found = find(group);
  return found ? std::get_if<ConsumerGroup>(&found->members) : nullptr;
}

bool Groups::is_empty(const Group& group) {
  if (const auto* classic = std::get_if<ClassicGroup>(&group.members)) return classic->is_idle();
  if (const auto* consumer = std::get_if<ConsumerGroup>(&group.members)) return consumer->empty();
  return true;
}

bool Groups::has_unsettled(const Group& group) {
  if (group.deleting || group.offsets.has_unsettled_appends()) return true;
  if (const auto* classic = std::get_if<ClassicGroup>(&group.members)) return classic->has_unsettled_appends();
  if (const auto* consumer = std::get_if<ConsumerGroup>(&group.members)) return consumer->has_unsettled_append();
  return false;
}

template <class Kind>
Result<Kind*> Groups::take_up(const std::string& id, Group& group, Outcome& out) {
  if (group.deleting) return Errc::kCoordinatorLoadInProgress;
  if (auto* kind = std::get_if<Kind>(&group.members)) return kind;
  if (!std::holds_alternative<std::monostate>(group.members)) {
    if (!is_empty(group)) return Errc::kInconsistentGroupProtocol;
    if (has_unsettled(group)) return Errc::kCoordinatorLoadInProgress;
    // Should this append fail, the log tells of an empty group that the new one's own records will outweigh.
    std::vector<Record> old;
    if (const auto* consumer = std::get_if<ConsumerGroup>(&group.members))
      old = consumer->tombstones();
    else
      old.push_back(ClassicGroupRecord{id, std::nullopt});
    group.offsets.append_unasked(std::move(old), out);
  }
  return &group.members.emplace<Kind>(id, settings_);
}

void Groups::note_deadline(const std::string& id, Group& group) {
  int64_t next_ms = kNever;
  if (const auto* classic = std::get_if<ClassicGroup>(&group.members)) next_ms = classic->next_deadline_ms();
  if (const auto* consumer = std::get_if<ConsumerGroup>(&group.members)) next_ms = consumer->next_deadline_ms();
  if (next_ms >= group.deadline_entry_ms) return;
  group.deadline_entry_ms = next_ms;
  deadlines_.add(next_ms, id);
}

// A group that was made for a request which it then refused.
void Groups::drop_if_nothing(const std::string& id) {
  auto found = groups_.find(id);
  if (found == groups_.end()) return;
  const auto& group = found->second;
  const auto* classic = std::get_if<ClassicGroup>(&group.members);
  const auto* consumer = std::get_if<ConsumerGroup>(&group.members);
  bool known = (classic && classic->generation() > 0) || (consumer && consumer->epoch() > 0);
  if (!known && is_empty(group) && !has_unsettled(group) && group.offsets.all().empty()) groups_.erase(found);
}

void Groups::join(RequestId request, const JoinRequest& join, Now now, Outcome& out) {
  JoinAnswer refused;
  refused.member_id = join.member_id;
  if (!join.member_id.empty() && !find(join.group)) {
    refused.error = Errc::kUnknownMemberId;
    out.answer(request, std::move(refused));
    return;
  }
  auto& group = make(join.group);
  auto classic = take_up<ClassicGroup>(join.group, group, out);
  if (classic) {
    (*classic)->join(request, join, now, out);
  } else {
    refused.error = classic.code();
    out.answer(request, std::move(refused));
  }
  note_deadline(join.group, group);
  drop_if_nothing(join.group);
}

void Groups::sync(RequestId request, const SyncRequest& sync, Now now, Outcome& out) {
  auto* group = find(sync.group);
  auto* classic = group ? std::get_if<ClassicGroup>(&group->members) : nullptr;
  if (!classic) {
    out.answer(request, SyncAnswer{Errc::kUnknownMemberId, {}, {}, {}});
    return;
  }
  classic->sync(request, sync, now, out);
  note_deadline(sync.group, *group);
}

void Groups::heartbeat(RequestId request, const HeartbeatRequest& heartbeat, Now now, Outcome& out) {
  auto* group = find(heartbeat.group);
  auto* classic = group ? std::get_if<ClassicGroup>(&group->members) : nullptr;
  if (classic)
    classic->heartbeat(request, heartbeat, now, out);
  else
    out.answer(request, HeartbeatAnswer{Errc::kUnknownMemberId});
}

void Groups::leave(RequestId request, const std::string& id, const std::vector<LeavingMember>& members, Now now,
                   Outcome& out) {
  auto* group = find(id);
  auto* classic = group ? std::get_if<ClassicGroup>(&group->members) : nullptr;
  if (!classic) {
    LeaveAnswer answer{Errc::kUnknownMemberId, {}};
    for (const auto& member : members) answer.members.push_back({member, Errc::kUnknownMemberId});
    out.answer(request, std::move(answer));
    return;
  }
  classic->leave(request, members, now, out);
  note_deadline(id, *group);
}

void Groups::consumer_heartbeat(RequestId request, ConsumerHeartbeat heartbeat, const Topics& topics, Now now,
                                Outcome& out) {
  std::string id = heartbeat.group;
  ConsumerHeartbeatAnswer refused;
  refused.member_id = heartbeat.member_id;
  refused.epoch = heartbeat.epoch;
  if (heartbeat.epoch != 0 && !consumer(id)) {
    refused.error = Errc::kUnknownMemberId;
  } else {
    auto consumer = take_up<ConsumerGroup>(id, make(id), out);
    if (consumer) (*consumer)->heartbeat(request, std::move(heartbeat), topics, now, out);
    refused.error = consumer.code();
  }
  if (refused.error != Errc::kNone) {
    refused.message = std::string(error_info(refused.error).text);
    out.answer(request, std::move(refused));
  }
  if (auto* group = find(id)) note_deadline(id, *group);
  drop_if_nothing(id);
}

void Groups::commit(RequestId request, const CommitRequest& commit, Now now, Outcome& out) {
  auto* group = find(commit.group);
  Errc error = Errc::kNone;
  if (!group) {
    if (commit.generation_or_epoch >= 0 || !commit.member_id.empty()) error = Errc::kIllegalGeneration;
    group = &make(commit.group);
  } else if (group->deleting) {
    error = Errc::kCoordinatorLoadInProgress;
  } else if (auto* classic = std::get_if<ClassicGroup>(&group->members)) {
    error = classic->check_commit(commit, now);
  } else if (const auto* consumer = std::get_if<ConsumerGroup>(&group->members)) {
    error = consumer->check_commit(commit.member_id, commit.generation_or_epoch);
  } else if (commit.generation_or_epoch >= 0 || !commit.member_id.empty()) {
    error = Errc::kUnknownMemberId;
  }
  group->offsets.commit(request, commit, error, settings_, now, out);
  drop_if_nothing(commit.group);
}

void Groups::delete_group(RequestId request, const std::string& id, Outcome& out) {
  auto* group = find(id);
  Errc error = !group                  ? Errc::kGroupIdNotFound
               : !is_empty(*group)     ? Errc::kNonEmptyGroup
               : has_unsettled(*group) ? Errc::kCoordinatorLoadInProgress
                                       : Errc::kNone;
  if (error != Errc::kNone) {
    out.answer(request, DeleteAnswer{error, {}});
    return;
  }
  group->deletion_request = request;
  append_deletion(id, *group, out);
}

void Groups::append_deletion(const std::string& id, Group& group, Outcome& out) {
  auto records = group.offsets.tombstones();
  if (std::holds_alternative<ClassicGroup>(group.members)) records.push_back(ClassicGroupRecord{id, std::nullopt});
  if (const auto* consumer = std::get_if<ConsumerGroup>(&group.members))
    std::ranges::move(consumer->tombstones(), std::back_inserter(records));
  group.deleting = true;
  if (records.empty())
    settle_deletion(id, group, Errc::kNone, out);
  else
    out.appends.push_back({id, Source::kDeletion, 0, std::move(records)});
}

void Groups::settle_deletion(const std::string& id, Group& group, Errc result, Outcome& out) {
  if (group.deletion_request) out.answer(*group.deletion_request, DeleteAnswer{answer_for_append(result), {}});
  group.deletion_request.reset();
  group.deleting = false;
  if (result == Errc::kNone) groups_.erase(id);
}

void Groups::delete_offsets(RequestId request, const std::string& id, const std::vector<CommittedOffsets::Key>& keys,
                            const Topics& topics, Outcome& out) {
  auto* group = find(id);
  if (!group || group->deleting) {
    out.answer(request, DeleteAnswer{group ? Errc::kCoordinatorLoadInProgress : Errc::kGroupIdNotFound, {}});
    return;
  }
  std::vector<Errc> errors;
  std::vector<CommittedOffsets::Key> wanted;
  for (const auto& key : keys) {
    const auto* classic = std::get_if<ClassicGroup>(&group->members);
    const auto* consumer = std::get_if<ConsumerGroup>(&group->members);
    bool used = (classic && classic->subscribes(key.first)) || (consumer && consumer->subscribes(key.first, topics));
    errors.push_back(used ? Errc::kGroupSubscribedToTopic : Errc::kNone);
    if (!used) wanted.push_back(key);
  }
  group->offsets.remove(request, wanted, std::move(errors), out);
}

void Groups::expire(const Topics& topics, Now now, Outcome& out) {
  std::string id;
  int64_t announced_ms = 0;
  while (deadlines_.pop_due(now.mono_ms, id, announced_ms)) {
    auto* group = find(id);
    if (!group || group->deadline_entry_ms != announced_ms) continue;
    group->deadline_entry_ms = kNever;
    if (auto* classic = std::get_if<ClassicGroup>(&group->members)) classic->expire(now, out);
    if (auto* consumer = std::get_if<ConsumerGroup>(&group->members)) consumer->expire(now, topics, out);
    note_deadline(id, *group);
    drop_if_nothing(id);
  }
}

void Groups::expire_offsets(const Topics& topics, Now now, Outcome& out) {
  std::vector<std::string> ids;
  for (const auto& [id, group] : groups_) {
    if (!has_unsettled(group)) ids.push_back(id);
  }
  for (const auto& id : ids) {
    auto& group = groups_.at(id);
    bool empty = is_empty(group);
    const auto* classic = std::get_if<ClassicGroup>(&group.members);
    const auto* consumer = std::get_if<ConsumerGroup>(&group.members);
    auto unused_since = [&](const std::string& topic, const OffsetRecord::Value& value) -> std::optional<int64_t> {
      if (empty) {
        int64_t empty_since = classic ? classic->state_wall_ms() : consumer ? consumer->target_wall_ms() : -1;
        return std::max(value.commit_wall_ms, empty_since);
      }
      bool used = (classic && classic->subscribes(topic)) || (consumer && consumer->subscribes(topic, topics));
      return used ? std::nullopt : std::optional(value.commit_wall_ms);
    };
    auto keys = group.offsets.expired(unused_since, settings_, now);
    if (empty && keys.size() == group.offsets.all().size())
      append_deletion(id, group, out);
    else if (!keys.empty())
      group.offsets.remove(std::nullopt, keys, {}, out);
  }
}

size_t Groups::consumer_members() const {
  size_t members = 0;
  for (const auto& [id, group] : groups_)
    if (const auto* consumer = std::get_if<ConsumerGroup>(&group.members)) members += consumer->size();
  return members;
}

void Groups::forget_topics(const std::vector<std::string>& names, Outcome& out) {
  for (auto& [id, group] : groups_) {
    std::vector<CommittedOffsets::Key> keys;
    for (const auto& [key, value] : group.offsets.all())
      if (std::ranges::find(names, key.first) != names.end()) keys.push_back(key);
    if (!keys.empty() && !group.deleting) group.offsets.remove(std::nullopt, keys, {}, out);
  }
}

void Groups::settled(const std::string& id, Source source, uint64_t ticket, Errc result, const Topics& topics, Now now,
                     Outcome& out) {
  auto* group = find(id);
  if (!group) return;
  if (source == Source::kDeletion) {
    settle_deletion(std::string(id), *group, result, out);
    return;
  }
  auto* classic = std::get_if<ClassicGroup>(&group->members);
  auto* consumer = std::get_if<ConsumerGroup>(&group->members);
  if (source == Source::kOffsets) group->offsets.settled(ticket, result, out);
  if (source == Source::kClassic && classic) classic->settled(ticket, result, now, out);
  if (source == Source::kConsumer && consumer) consumer->settled(ticket, result, topics, now, out);
  note_deadline(id, *group);
  drop_if_nothing(id);
}

Errc Groups::check_fetch(const std::string& group, const std::string& member_id, int32_t epoch) const {
  const auto* members = consumer(group);
  if (!members || (member_id.empty() && epoch < 0)) return Errc::kNone;
  return members->check_commit(member_id, epoch);
}

}  // namespace sl::group
