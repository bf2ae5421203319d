// Damage does not stop a count: what cannot be read is not counted, and the count goes on behind it.
#include "storage/batch_count.h"

#include "record/record_cursor.h"
#include "storage/batch_scan.h"
#include "storage/stored_log.h"

namespace sl::storage {
namespace {

Result<int64_t> count_in_batch(record::BatchView batch, Offset to) {
  record::Decompressor decompressor;
  SL_TRY(auto cursor, record::RecordCursor::open(batch, decompressor));
  record::RecordView record;
  for (int64_t count = 0;; ++count) {
    SL_TRY(bool more, cursor.next(record));
    if (!more || record.offset >= to) return count;
  }
}

// Damage ends the count of what lies before it and goes on behind it: what cannot be read is not counted.
Result<int64_t> count_from(const LogPlace& place, const SegmentView& segment, const IndexEntry& entry, Offset to) {
  BufferPool& buffers = place.seams.buffers;
  int64_t count = entry.records_before;
  uint64_t position = entry.position;
  Offset expected = entry.offset;
  while (position < segment.bytes) {
    BatchScanner scanner(*segment.file, buffers, position, segment.bytes, 128 << 10);
    for (;;) {
      SL_TRY(auto found, scanner.next());
      if (found != BatchScanner::Found::kBatch) break;
      record::BatchView batch = scanner.batch();
      if (batch.base_offset() >= to) return count;
      expected = batch.next_offset();
      if (batch.control()) continue;
      if (batch.next_offset() <= to) {
        count += batch.record_count();
        continue;
      }
      auto part = count_in_batch(batch, to);
      return part ? count + *part : count;
    }
    if (scanner.position() >= segment.bytes) return count;
    SL_TRY(auto next, find_resumption(*segment.file, buffers, scanner.position(), segment.bytes,
                                      {expected, kNoEpoch, segment.compacted, segment.next}));
    if (!next) return count;
    position = next->position;
    expected = next->base;
  }
  return count;
}

}  // namespace

Result<int64_t> count_before(const LogPlace& place, SegmentView segment, std::optional<IndexEntry> entry, Offset to) {
  if (to <= segment.base) return int64_t{0};
  SL_CHECK(open_segment(place, segment));
  if (!entry && segment.indexed) {
    auto found = find_stored(place, segment.base, to);
    if (found) entry = found->entry;
  }
  if (entry) {
    // Only an entry that points at its batch is believed.
    BatchScanner scanner(*segment.file, place.seams.buffers, entry->position, segment.bytes, 64 << 10);
    SL_TRY(auto found, scanner.next());
    if (found != BatchScanner::Found::kBatch || scanner.batch().base_offset() != entry->offset) entry.reset();
  }
  return count_from(place, segment, entry.value_or(IndexEntry{segment.base, 0, 0, -1}), to);
}

}  // namespace sl::storage
