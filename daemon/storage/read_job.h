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
  bool indexed = false;  // older index entries are in the store
  bool gaps = false;     // offsets may be missing (compaction)
};

class ReadJob final : public Job {
 public:
  void run() override { (void)attempt(false); }
  // kWouldBlock where the disk or the index is needed. Anything else, an error too, is kept for finish().
  Status run_cached() { return attempt(true); }

 private:
  friend class PartitionLog;
  Status attempt(bool cached_only);
  Status read(bool cached_only);
  Status locate();
  Status fill(uint64_t position, size_t size, bool cached_only);
  Status take(bool cached_only);
  Error damaged_at(uint64_t position, Bytes rest, std::string_view why);

  std::shared_ptr<const LogPlace> place_;
  SegmentView segment_;
  Offset from_;
  Offset limit_;
  size_t bytes_max_ = 0;
  std::optional<uint64_t> position_;  // of the batch `expected_`
  Offset expected_;
  Epoch epoch_ = kNoEpoch;  // of `from`
  Offset epoch_end_ = kNoOffset;
  uint64_t truncations_ = 0;
  // While running.
  Buffer buffer_;
  uint64_t buffer_at_ = 0;
  size_t buffer_bytes_ = 0;
  // Results.
  Status status_;
  ReadResult result_;
  uint64_t next_position_ = 0;
  std::optional<DamagedRange> damage_;
  bool index_wrong_ = false;
};

}  // namespace sl::storage
