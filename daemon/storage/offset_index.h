// OffsetIndex: the sparse index of one segment: an entry for its first batch and then for about every 32 KiB. One entry
// serves three questions: where is an offset, where is a time, how many records lie before. Entries are kept in chunks
// of 64, one value of the store each; full chunks that are stored leave memory, so a log keeps a short tail of its
// index and no more. What an entry says follows from the segment's bytes alone, so a rebuilt index is equal.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"

namespace sl::storage {

struct IndexEntry {
  Offset offset;                         // of the batch at `position`
  uint32_t position = 0;                 // bytes from the start of the file
  uint32_t records_before = 0;           // in this segment, control records not counted
  int64_t max_timestamp_before_ms = -1;  // of all batches before; -1 where there is none
  bool operator==(const IndexEntry&) const = default;
};

class OffsetIndex {
 public:
  static constexpr size_t kChunkEntries = 64;

  // Whether a batch at `position` is to have an entry. Positions rise.
  bool due(uint64_t position) const;
  void add(const IndexEntry& entry);
  // The last entry at or before `offset`, if memory can tell; nothing means: ask the store (or there is none at all).
  std::optional<IndexEntry> find(Offset offset) const;
  // The last entry before which every time is less than `timestamp_ms`, if memory can tell.
  std::optional<IndexEntry> find_time(int64_t timestamp_ms) const;
  // Entries at `position` or later go.
  void truncate_to(uint64_t position);

  // Entries over all, in memory or not.
  size_t size() const { return dropped_ + entries_.size(); }
  // Those that are not in memory, but in the store.
  size_t dropped() const { return dropped_; }
  // Entries over all that lie below `position`.
  size_t count_below(uint64_t position) const;

  // Entries that the store does not have yet, below a position, from the start of the chunk that the first of them
  // belongs to. Numbers count from the segment's first entry.
  struct Unstored {
    size_t first = 0;
    size_t end = 0;
    std::span<const IndexEntry> entries;
  };
  Unstored to_store(uint64_t position) const;
  // The store has the first `count` entries now; `sealed`: nothing will be added.
  void stored(size_t count, bool sealed);
  // As found in the store: `dropped` entries and then `tail`.
  void restore(size_t dropped, std::vector<IndexEntry> tail);
  std::span<const IndexEntry> in_memory() const { return entries_; }

 private:
  std::vector<IndexEntry> entries_;
  size_t dropped_ = 0;  // a multiple of kChunkEntries, or all of a sealed segment's
  size_t stored_ = 0;
};

}  // namespace sl::storage
