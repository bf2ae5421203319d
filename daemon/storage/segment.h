// Segment: one file of a log, `<base offset, 20 digits>.log`, batch behind batch and nothing else. Here is what is
// known of it in memory. All of it follows from the file (except the time of the last append, for which a rebuild takes
// the file's), and the same function, note(), learns it from an append, a recovery and a rebuild.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/ids.h"
#include "record/batch.h"
#include "storage/offset_index.h"

namespace sl::storage {

// Enough of a batch's header to know it again.
struct BatchMark {
  Offset base = kNoOffset;
  uint64_t position = 0;
  uint32_t size = 0;  // 0: no batch
  uint32_t crc = 0;
  bool operator==(const BatchMark&) const = default;
};

struct SegmentStats {
  uint64_t bytes = 0;               // of whole batches
  Offset next;                      // behind the last batch; the base where there is none
  int64_t records = 0;              // without control records
  int64_t first_timestamp_ms = -1;  // of the first batch: its largest
  int64_t max_timestamp_ms = -1;
  int64_t last_append_ms = -1;  // wall time
  BatchMark last;
  bool operator==(const SegmentStats&) const = default;
};

// A part of a file that recovery or a read found damaged: never served, never cut away.
struct DamagedRange {
  uint64_t begin = 0;  // bytes
  uint64_t end = 0;
  Offset first;  // the offsets that are refused
  Offset next;
  bool operator==(const DamagedRange&) const = default;
};

struct Segment {
  explicit Segment(Offset base_offset) : base(base_offset) { stats.next = base_offset; }
  // Takes the batch at `stats.bytes` in.
  void note(record::BatchView batch, int64_t now_ms);
  // Steps over bytes that are damaged: the next batch, at `position`, has offset `next`.
  void skip_to(uint64_t position, Offset next);
  // The range that refuses `offset`, if one does.
  const DamagedRange* damage_at(Offset offset) const;
  // False where it was known.
  bool add_damage(const DamagedRange& range);

  Offset base;
  SegmentStats stats;
  OffsetIndex index;
  std::vector<DamagedRange> damaged;
  std::shared_ptr<File> file;     // open: always for the active one, while it is read for others
  uint64_t file_bytes = 0;        // of the active one: with what is preallocated
  bool stored = false;            // a sealed one's summary is in the index
  bool held = false;              // `file` stays open: a swap is under way
  bool cleaning_refused = false;  // a compaction found it damaged
};

std::string segment_path(std::string_view directory, Offset base);
// Of the notes about its damaged ranges.
std::string note_path(std::string_view directory, Offset base);
// The base offset where `name` is that of a segment.
std::optional<Offset> parse_segment_name(std::string_view name);

}  // namespace sl::storage
