// ReadJob: batches from a segment file: find the position, read, check each CRC, trim. Run it first with `cached_only`
// on the shard: that never waits for the disk; where it answers kWouldBlock the pool runs it again, whole.
//
// Nothing damaged leaves: base offset and leader epoch, which no CRC covers, are compared with what the log knows.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "base/buffer.h"
#include "base/ids.h"
#include "base/result.h"
#include "record/batch.h"
#include "storage/job.h"
#include "storage/log_place.h"
#include "storage/segment.h"

namespace sl::storage {

// Whole batches; the first one holds the offset that was asked for, or the next that exists.
struct ReadResult {
  std::vector<Slice> slices;
  size_t bytes = 0;
  Offset next;  // where to read on
};

// What a job knows of the segment it reads.
struct SegmentView {
  Offset base;
  std::shared_ptr<File> file;  // null: to be opened
  uint64_t bytes = 0;          // of whole batches
  Offset next;
  bool indexed = false;    // older index entries are in the store
  bool compacted = false;  // see Continuation
};

// Opens the segment's file where no one has it open.
Status open_segment(const LogPlace& place, SegmentView& segment);

// The sentence with file and byte.
Error damage_error(const LogPlace& place, Offset segment, const DamagedRange& range, std::string_view why);

class ReadJob final : public Job {
 public:
  void run() override { (void)attempt(false); }
  // kWouldBlock where the disk or the index is needed. Anything else, an error too, is kept for finish().
  Status run_cached() { return attempt(true); }

 private:
  friend class PartitionLog;
  enum class Step { kDone, kReadOn };
  Status attempt(bool cached_only);
  Status read();
  Status locate();
  void step_back();
  Status fill(size_t size);
  Result<Step> take();
  Result<Step> accept(record::BatchView batch);
  Result<Step> damaged(std::string_view why);

  std::shared_ptr<const LogPlace> place_;
  SegmentView segment_;
  Offset from_;
  Offset limit_;
  size_t bytes_max_ = 0;
  bool strict_ = false;     // not even the first batch may go beyond it
  bool located_ = false;    // `position_` is that of the batch `expected_`
  uint64_t position_ = 0;   // of the next batch to look at
  Offset expected_;         // its offset
  Epoch epoch_ = kNoEpoch;  // of `from`; not compared where it is none
  Offset epoch_end_ = kNoOffset;
  uint64_t layout_ = 0;
  // While running.
  bool cached_only_ = false;
  bool by_index_ = false;  // the position is the store's word, not yet confirmed
  bool mistaken_ = false;  // and it was wrong
  std::optional<IndexEntry> entry_before_;
  Buffer buffer_;
  uint64_t buffer_at_ = 0;
  size_t buffer_bytes_ = 0;
  size_t size_wanted_ = 0;
  // Results.
  Status status_;
  ReadResult result_;
  uint64_t begin_ = 0;  // of the result, in the buffer
  uint64_t next_position_ = 0;
  std::optional<DamagedRange> damage_;
  bool index_wrong_ = false;
};

}  // namespace sl::storage
