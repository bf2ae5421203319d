// Commits become records, records become what is fetched.
#include "group/committed_offsets.h"

#include <algorithm>

namespace sl::group {

void CommittedOffsets::commit(RequestId request, const CommitRequest& commit, Errc error, const GroupSettings& settings,
                              Now now, Outcome& out) {
  Unsettled unsettled{request, false, {}, {}};
  std::vector<Record> records;
  for (const auto& one : commit.offsets) {
    Errc own = error;
    if (own == Errc::kNone && one.partition.value < 0) own = Errc::kUnknownTopicOrPartition;
    if (own == Errc::kNone && one.metadata.size() > static_cast<size_t>(settings.offset_metadata_bytes_max))
      own = Errc::kOffsetMetadataTooLarge;
    unsettled.errors.push_back(own);
    if (own != Errc::kNone) continue;
    int64_t expires_ms = commit.retention_ms < 0 ? -1 : now.wall_ms + commit.retention_ms;
    OffsetRecord::Value value{one.offset, one.leader_epoch, one.metadata, now.wall_ms, expires_ms, one.topic_id};
    unsettled.records.push_back({group_, one.topic, one.partition, std::move(value)});
    records.push_back(unsettled.records.back());
  }
  if (records.empty())
    answer(unsettled, Errc::kNone, out);
  else
    append(std::move(unsettled), std::move(records), out);
}

void CommittedOffsets::remove(std::optional<RequestId> request, const std::vector<Key>& keys, std::vector<Errc> errors,
                              Outcome& out) {
  Unsettled unsettled{request, true, std::move(errors), {}};
  std::vector<Record> records;
  for (const auto& [topic, partition] : keys) {
    // One that is not there yet may be on its way.
    if (unsettled_.empty() && !find(topic, partition)) continue;
    unsettled.records.push_back({group_, topic, partition, std::nullopt});
    records.push_back(unsettled.records.back());
  }
  if (records.empty())
    answer(unsettled, Errc::kNone, out);
  else
    append(std::move(unsettled), std::move(records), out);
}

void CommittedOffsets::append_unasked(std::vector<Record> records, Outcome& out) {
  append({}, std::move(records), out);
}

void CommittedOffsets::append(Unsettled unsettled, std::vector<Record> records, Outcome& out) {
  unsettled_.emplace(++last_ticket_, std::move(unsettled));
  out.appends.push_back({group_, Source::kOffsets, last_ticket_, std::move(records)});
}

void CommittedOffsets::answer(const Unsettled& unsettled, Errc failure, Outcome& out) {
  if (!unsettled.request) return;
  auto errors = unsettled.errors;
  if (failure != Errc::kNone) std::ranges::replace(errors, Errc::kNone, failure);
  if (unsettled.deletes)
    out.answer(*unsettled.request, DeleteAnswer{failure, std::move(errors)});
  else
    out.answer(*unsettled.request, CommitAnswer{std::move(errors)});
}

void CommittedOffsets::settled(uint64_t ticket, Errc result, Outcome& out) {
  auto found = unsettled_.find(ticket);
  if (found == unsettled_.end()) return;
  if (result == Errc::kNone) std::ranges::for_each(found->second.records, [&](const auto& r) { apply(r); });
  answer(found->second, answer_for_append(result), out);
  unsettled_.erase(found);
}

void CommittedOffsets::die(Errc error, Outcome& out) {
  for (const auto& [ticket, unsettled] : unsettled_) answer(unsettled, error, out);
  unsettled_.clear();
  values_.clear();
}

void CommittedOffsets::apply(const OffsetRecord& record) {
  Key key{record.topic, record.partition};
  if (record.value)
    values_[std::move(key)] = *record.value;
  else
    values_.erase(key);
}

std::vector<CommittedOffsets::Key> CommittedOffsets::expired(const UnusedSince& since_ms, const GroupSettings& settings,
                                                             Now now) const {
  std::vector<Key> keys;
  for (const auto& [key, value] : values_) {
    auto since = since_ms(key.first, value);
    if (!since) continue;
    int64_t until_ms = value.expire_wall_ms >= 0 ? value.expire_wall_ms : *since + settings.offsets_retention_ms;
    if (now.wall_ms >= until_ms) keys.push_back(key);
  }
  return keys;
}

const OffsetRecord::Value* CommittedOffsets::find(const std::string& topic, Partition partition) const {
  auto found = values_.find({topic, partition});
  return found == values_.end() ? nullptr : &found->second;
}

std::vector<Record> CommittedOffsets::image() const {
  std::vector<Record> records;
  for (const auto& [key, value] : values_) records.push_back(OffsetRecord{group_, key.first, key.second, value});
  return records;
}

std::vector<Record> CommittedOffsets::tombstones() const {
  std::vector<Record> records;
  for (const auto& [key, value] : values_) records.push_back(OffsetRecord{group_, key.first, key.second, std::nullopt});
  return records;
}

}  // namespace sl::group
