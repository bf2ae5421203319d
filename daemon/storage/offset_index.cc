// Searches in the part of the index that is in memory, and the bookkeeping of what the store has already.
#include "storage/offset_index.h"

#include <algorithm>
#include <cassert>

#include "storage/settings.h"

namespace sl::storage {

bool OffsetIndex::due(uint64_t position) const {
  if (entries_.empty()) return dropped_ == 0;
  return position - entries_.back().position >= kIndexIntervalBytes;
}

void OffsetIndex::add(const IndexEntry& entry) {
  assert(due(entry.position));
  entries_.push_back(entry);
}

std::optional<IndexEntry> OffsetIndex::find(Offset offset) const {
  auto after = std::upper_bound(entries_.begin(), entries_.end(), offset,
                                [](Offset o, const IndexEntry& entry) { return o < entry.offset; });
  if (after != entries_.begin()) return *std::prev(after);
  if (dropped_ == 0 && !entries_.empty()) return entries_.front();
  return std::nullopt;
}

std::optional<IndexEntry> OffsetIndex::find_time(int64_t timestamp_ms) const {
  auto after = std::partition_point(entries_.begin(), entries_.end(), [timestamp_ms](const IndexEntry& entry) {
    return entry.max_timestamp_before_ms < timestamp_ms;
  });
  if (after != entries_.begin()) return *std::prev(after);
  if (dropped_ == 0 && !entries_.empty()) return entries_.front();
  return std::nullopt;
}

void OffsetIndex::truncate_to(uint64_t position) {
  while (!entries_.empty() && entries_.back().position >= position) entries_.pop_back();
  // A chunk that lost entries is to be stored again.
  if (stored_ > size()) stored_ = std::max(size() / kChunkEntries * kChunkEntries, dropped_);
}

size_t OffsetIndex::count_below(uint64_t position) const {
  auto end = std::partition_point(entries_.begin(), entries_.end(),
                                  [position](const IndexEntry& entry) { return entry.position < position; });
  return dropped_ + static_cast<size_t>(end - entries_.begin());
}

OffsetIndex::Unstored OffsetIndex::to_store(uint64_t position) const {
  size_t count = count_below(position);
  if (count <= stored_) return {count, count, {}};
  size_t first = std::max(stored_ - stored_ % kChunkEntries, dropped_);
  return {first, count, std::span(entries_).subspan(first - dropped_, count - first)};
}

void OffsetIndex::stored(size_t count, bool sealed) {
  stored_ = std::min(count, size());
  size_t droppable = sealed ? stored_ : 0;
  // The last chunk stays, so that an active segment always knows its last entry.
  if (!sealed && stored_ > kChunkEntries) droppable = (stored_ - 1) / kChunkEntries * kChunkEntries;
  if (droppable <= dropped_) return;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(droppable - dropped_));
  entries_.shrink_to_fit();
  dropped_ = droppable;
}

void OffsetIndex::restore(size_t dropped, std::vector<IndexEntry> tail) {
  dropped_ = dropped;
  entries_ = std::move(tail);
  stored_ = size();
}

}  // namespace sl::storage
