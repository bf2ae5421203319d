// Groups out of their log and back into records.
#include <algorithm>

#include "group/groups.h"

namespace sl::group {

void Groups::apply(const Record& record) {
  const auto& id = group_of(record);
  if (const auto* offset = std::get_if<OffsetRecord>(&record)) {
    if (offset->value || find(id)) make(id).offsets.apply(*offset);
    return;
  }
  bool tombstone = std::visit([](const auto& r) { return !r.value; }, record);
  if (const auto* classic = std::get_if<ClassicGroupRecord>(&record)) {
    if (tombstone && !find(id)) return;
    auto& group = make(id);
    group.stored = classic->value;
    // The newest record that says something tells the protocol.
    if (!tombstone) group.members = std::monostate();
    return;
  }
  auto* group = find(id);
  auto* consumer = group ? std::get_if<ConsumerGroup>(&group->members) : nullptr;
  if (!consumer) {
    if (tombstone) return;
    group = &make(id);
    group->stored.reset();
    consumer = &group->members.emplace<ConsumerGroup>(id, settings_);
  }
  consumer->apply(record);
}

void Groups::loaded(Now now) {
  for (auto entry = groups_.begin(); entry != groups_.end();) {
    auto& [id, group] = *entry;
    if (group.stored) group.members.emplace<ClassicGroup>(id, settings_, *group.stored, now);
    group.stored.reset();
    auto* consumer = std::get_if<ConsumerGroup>(&group.members);
    if (consumer) consumer->loaded(now);
    // Tombstones may have taken all of it.
    if (consumer && consumer->empty() && consumer->epoch() == 0) group.members = std::monostate();
    note_deadline(id, group);
    bool nothing = std::holds_alternative<std::monostate>(group.members) && group.offsets.all().empty();
    entry = nothing ? groups_.erase(entry) : std::next(entry);
  }
}

void Groups::unload(Errc error, Outcome& out) {
  for (auto& [id, group] : groups_) {
    group.offsets.die(error, out);
    if (auto* classic = std::get_if<ClassicGroup>(&group.members)) classic->die(error, out);
    if (auto* consumer = std::get_if<ConsumerGroup>(&group.members)) consumer->die(error, out);
    if (group.deletion_request) out.answer(*group.deletion_request, DeleteAnswer{error, {}});
  }
  groups_.clear();
  deadlines_.clear();
}

std::vector<Groups::Listed> Groups::list() const {
  std::vector<Listed> listed;
  for (const auto& [id, group] : groups_) {
    if (const auto* consumer = std::get_if<ConsumerGroup>(&group.members)) {
      listed.push_back({id, "Consumer", "consumer", name_of(consumer->describe().state)});
    } else if (const auto* classic = std::get_if<ClassicGroup>(&group.members)) {
      listed.push_back({id, "Classic", classic->protocol_type(), name_of(classic->state())});
    } else if (!group.offsets.all().empty()) {
      listed.push_back({id, "Classic", "", name_of(ClassicState::kEmpty)});
    }
  }
  return listed;
}

bool Groups::settled() const {
  return std::ranges::none_of(groups_, [](const auto& entry) {
    const auto* classic = std::get_if<ClassicGroup>(&entry.second.members);
    bool rests = !classic || classic->state() == ClassicState::kEmpty || classic->state() == ClassicState::kStable;
    return !rests || has_unsettled(entry.second);
  });
}

std::vector<Record> Groups::image() const {
  std::vector<Record> records;
  for (const auto& [id, group] : groups_) {
    const auto* classic = std::get_if<ClassicGroup>(&group.members);
    const auto* consumer = std::get_if<ConsumerGroup>(&group.members);
    if (classic && classic->generation() > 0) records.push_back(classic->record());
    if (consumer && consumer->epoch() > 0) std::ranges::move(consumer->image(), std::back_inserter(records));
    std::ranges::move(group.offsets.image(), std::back_inserter(records));
  }
  return records;
}

}  // namespace sl::group
