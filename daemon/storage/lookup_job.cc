// The time index says before which entry every time is smaller; from there batches are read until one's largest time
// is late enough, and in it the records. Times need not rise: a batch may match by its header and hold no record that
// is asked for (below the log start, at the limit), then the search goes on.
#include "storage/lookup_job.h"

#include <algorithm>

#include "record/record_cursor.h"
#include "storage/batch_scan.h"
#include "storage/stored_log.h"

namespace sl::storage {
namespace {

constexpr size_t kReadBytes = 128 << 10;

}  // namespace

void LookupJob::run() {
  result_ = search();
}

Result<std::optional<FoundTime>> LookupJob::search() {
  if (!timestamp_ms_) {
    int64_t largest = -1;
    for (Candidate& candidate : candidates_) {
      int64_t of_segment = candidate.max_timestamp_ms;
      if (candidate.segment.next > limit_) {
        SL_TRY(of_segment, largest_in(candidate));
        candidate.max_timestamp_ms = of_segment;
        candidate.entry.reset();
      }
      largest = std::max(largest, of_segment);
    }
    if (largest < 0) return std::optional<FoundTime>();
    timestamp_ms_ = largest;
  }
  for (Candidate& candidate : candidates_) {
    if (candidate.max_timestamp_ms < *timestamp_ms_) continue;
    SL_TRY(auto found, search_in(candidate, *timestamp_ms_));
    if (found) return found;
  }
  return std::optional<FoundTime>();
}

// Of the batches below the limit. The candidate's entry, if it has one, is that of the limit.
Result<int64_t> LookupJob::largest_in(Candidate& candidate) {
  SL_CHECK(open_segment(*place_, candidate.segment));
  if (!candidate.entry) {
    auto found = find_stored(*place_, candidate.segment.base, limit_);
    if (found) candidate.entry = found->entry;
  }
  IndexEntry start = candidate.entry.value_or(IndexEntry{candidate.segment.base, 0, 0, -1});
  int64_t largest = start.max_timestamp_before_ms;
  BatchScanner scanner(*candidate.segment.file, place_->seams.buffers, start.position, candidate.segment.bytes,
                       kReadBytes);
  for (;;) {
    SL_TRY(auto found, scanner.next());
    if (found != BatchScanner::Found::kBatch || scanner.batch().next_offset() > limit_) return largest;
    largest = std::max(largest, scanner.batch().max_timestamp_ms());
  }
}

Result<std::optional<FoundTime>> LookupJob::search_in(Candidate& candidate, int64_t timestamp_ms) {
  SegmentView& segment = candidate.segment;
  SL_CHECK(open_segment(*place_, segment));
  if (!candidate.entry && segment.indexed) {
    auto found = find_stored_time(*place_, segment.base, timestamp_ms);
    if (found) candidate.entry = *found;  // An index that fails costs time only.
  }
  uint64_t position = candidate.entry ? candidate.entry->position : 0;
  Offset expected = candidate.entry ? candidate.entry->offset : segment.base;
  for (;;) {
    BatchScanner scanner(*segment.file, place_->seams.buffers, position, segment.bytes, kReadBytes);
    std::string_view why;
    for (;;) {
      SL_TRY(auto found, scanner.next());
      if (found == BatchScanner::Found::kEnd) return std::optional<FoundTime>();
      why = found == BatchScanner::Found::kBatch ? misfit(scanner.batch(), {expected, kNoEpoch, segment.compacted})
                                                 : "no whole batch";
      if (!why.empty()) break;
      record::BatchView batch = scanner.batch();
      expected = batch.next_offset();
      if (batch.base_offset() >= limit_) return std::optional<FoundTime>();
      if (batch.next_offset() <= from_ || batch.max_timestamp_ms() < timestamp_ms || batch.control()) continue;
      auto record = search_batch(batch, timestamp_ms);
      if (!record) {  // Its CRC is right and its records are none: damage all the same.
        DamagedRange range{scanner.position(), scanner.position() + batch.size(), batch.base_offset(), expected};
        return damage_error(*place_, segment.base, range, record.error().context);
      }
      if (*record) return record;
    }
    if (candidate.entry && position == candidate.entry->position && scanner.position() == position && position > 0) {
      position = 0;  // The index may be what is wrong.
      expected = segment.base;
      continue;
    }
    return damage_error(*place_, segment.base, {scanner.position(), segment.bytes, expected, segment.next}, why);
  }
}

Result<std::optional<FoundTime>> LookupJob::search_batch(record::BatchView batch, int64_t timestamp_ms) {
  SL_TRY(auto cursor, record::RecordCursor::open(batch, decompressor_));
  record::RecordView record;
  for (;;) {
    SL_TRY(bool more, cursor.next(record));
    if (!more || record.offset >= limit_) return std::optional<FoundTime>();
    if (record.offset < from_ || record.timestamp_ms < timestamp_ms) continue;
    return std::optional(FoundTime{record.offset, record.timestamp_ms, batch.leader_epoch()});
  }
}

}  // namespace sl::storage
