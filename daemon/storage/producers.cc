// The rules of D6: what is a duplicate, what is a gap, and how the table goes back in time.
#include "storage/producers.h"

#include <fmt/core.h>

namespace sl::storage {
namespace {

ProducerBatch describe(record::BatchView batch) {
  ProducerBatch described;
  described.first_sequence = batch.base_sequence();
  described.last_sequence = sequence_after(batch.base_sequence(), batch.last_offset_delta());
  described.base = batch.base_offset();
  described.last = batch.last_offset();
  described.timestamp_ms = batch.max_timestamp_ms();
  return described;
}

Error out_of_order(ProducerId id, int32_t got, int32_t wanted) {
  return {Errc::kOutOfOrderSequenceNumber,
          fmt::format("producer {} sent sequence {} where {} comes next", id.value, got, wanted)};
}

}  // namespace

int32_t sequence_after(int32_t sequence, int32_t count) {
  return static_cast<int32_t>((static_cast<uint32_t>(sequence) + static_cast<uint32_t>(count)) & 0x7fff'ffffu);
}

void ProducerEntry::push(const ProducerBatch& batch) {
  if (count == kBatchesMax) {
    std::copy(batches.begin() + 1, batches.end(), batches.begin());
    --count;
  }
  batches[count++] = batch;
  next_sequence = sequence_after(batch.last_sequence, 1);
}

bool ProducerEntry::cut_to(Offset end) {
  uint8_t before = count;
  while (count > 0 && batches[count - 1].last >= end) next_sequence = batches[--count].first_sequence;
  return count != before;
}

Result<std::optional<ProducerBatch>> ProducerTable::check(record::BatchView batch) const {
  const ProducerEntry* entry = find(batch.producer_id());
  if (!entry) return std::optional<ProducerBatch>();
  ProducerBatch offered = describe(batch);
  if (batch.producer_epoch() == entry->epoch) {
    for (size_t i = 0; i < entry->count; ++i) {
      const ProducerBatch& known = entry->batches[i];
      if (known.first_sequence == offered.first_sequence && known.last_sequence == offered.last_sequence)
        return std::optional(known);
    }
    if (offered.first_sequence != entry->next_sequence)
      return out_of_order(batch.producer_id(), offered.first_sequence, entry->next_sequence);
    return std::optional<ProducerBatch>();
  }
  if (batch.producer_epoch() < entry->epoch)
    return Error{Errc::kInvalidProducerEpoch,
                 fmt::format("producer {} is at epoch {}, the batch at {}", batch.producer_id().value, entry->epoch,
                             batch.producer_epoch())};
  if (offered.first_sequence != 0) return out_of_order(batch.producer_id(), offered.first_sequence, 0);
  return std::optional<ProducerBatch>();
}

ProducerUndo ProducerTable::apply(record::BatchView batch, int64_t now_ms) {
  ProducerUndo undo{batch.producer_id(), std::nullopt};
  auto [it, added] = entries_.try_emplace(batch.producer_id());
  ProducerEntry& entry = it->second;
  if (added)
    entry.dirty = false;
  else
    undo.before = entry;
  if (batch.producer_epoch() != entry.epoch) {
    entry.epoch = batch.producer_epoch();
    entry.count = 0;
    entry.next_sequence = 0;
  }
  if (batch.base_sequence() >= 0) entry.push(describe(batch));
  entry.last_used_ms = now_ms;
  mark(it->first, entry);
  return undo;
}

void ProducerTable::undo(const ProducerUndo& undo) {
  if (undo.before) {
    ProducerEntry& entry = entries_[undo.id];
    entry = *undo.before;
    entry.dirty = false;
    mark(undo.id, entry);
    return;
  }
  // Its first batch was refused: the producer stays known, at that batch. Were it forgotten, any later batch that is
  // already on its way would be taken for its first, and those before it be lost or come after.
  auto it = entries_.find(undo.id);
  if (it == entries_.end()) return;
  if (it->second.cut_to(Offset(0))) {
    mark(it->first, it->second);
  } else {
    entries_.erase(it);
    dirty_.push_back(undo.id);
  }
}

void ProducerTable::truncate_to(Offset end) {
  for (auto& [id, entry] : entries_)
    if (entry.cut_to(end)) mark(id, entry);
}

void ProducerTable::expire(int64_t before_ms) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (it->second.last_used_ms >= before_ms) {
      ++it;
      continue;
    }
    if (!it->second.dirty) dirty_.push_back(it->first);
    it = entries_.erase(it);
  }
}

void ProducerTable::clear() {
  for (auto& [id, entry] : entries_)
    if (!entry.dirty) dirty_.push_back(id);
  entries_.clear();
}

const ProducerEntry* ProducerTable::find(ProducerId id) const {
  auto it = entries_.find(id);
  return it == entries_.end() ? nullptr : &it->second;
}

void ProducerTable::restore(ProducerId id, const ProducerEntry& entry) {
  ProducerEntry& kept = entries_[id];
  kept = entry;
  kept.dirty = false;
}

void ProducerTable::mark(ProducerId id, ProducerEntry& entry) {
  if (entry.dirty) return;
  entry.dirty = true;
  dirty_.push_back(id);
}

std::vector<ProducerId> ProducerTable::take_dirty() {
  for (ProducerId id : dirty_)
    if (auto it = entries_.find(id); it != entries_.end()) it->second.dirty = false;
  return std::exchange(dirty_, {});
}

void ProducerTable::give_back_dirty(const std::vector<ProducerId>& ids) {
  for (ProducerId id : ids) {
    auto it = entries_.find(id);
    if (it == entries_.end())
      dirty_.push_back(id);
    else
      mark(id, it->second);
  }
}

std::vector<ProducerId> ProducerTable::ids() const {
  std::vector<ProducerId> all;
  all.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) all.push_back(id);
  return all;
}

}  // namespace sl::storage
