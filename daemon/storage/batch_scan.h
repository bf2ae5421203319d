// BatchScanner: walks a segment file batch by batch, each CRC checked, in large reads: for recovery, rebuilds, look-ups
// by time. And the search for a place to go on behind damage, which must not be fooled by a record value that holds a
// segment itself.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/buffer.h"
#include "base/file.h"
#include "base/ids.h"
#include "base/result.h"
#include "record/batch.h"

namespace sl::storage {

// What a batch must be to continue a log at some place.
struct Continuation {
  Offset expected;
  Epoch epoch_min = kNoEpoch;
  bool compacted = false;  // batches without records may stand for many offsets
  Offset end{INT64_MAX};   // where a search goes on, a batch begins before this
};

class BatchScanner {
 public:
  enum class Found {
    kBatch,
    kEnd,    // the range is over
    kZeros,  // nothing but zeros from here to the end of the range
    kBad,    // bytes that are no whole batch with a right CRC; why() says what
  };
  // Reads [position, end) of `file`, `read_bytes` at a time. All three must outlive the scanner.
  BatchScanner(File& file, BufferPool& buffers, uint64_t position, uint64_t end, size_t read_bytes = 1 << 20);

  // The batch at position(); errors are the disk's.
  Result<Found> next();
  // After kBatch, until the next call. Its records may be read.
  record::BatchView batch() const { return record::BatchView(batch_); }
  // Where the batch, or the bad bytes, begin.
  uint64_t position() const { return position_; }
  std::string_view why() const { return why_; }

 private:
  Result<bool> fill(size_t size);
  Result<Found> bad(std::string_view why);
  Result<bool> only_zeros();
  Bytes ahead() const { return Bytes(buffer_.data(), filled_).subspan(at_); }

  File* file_;
  BufferPool* buffers_;
  uint64_t position_;
  uint64_t end_;
  size_t read_bytes_;
  Buffer buffer_;
  size_t at_ = 0;      // of position_, in the buffer
  size_t filled_ = 0;  // bytes in the buffer
  Bytes batch_;
  std::string_view why_;
};

// Whether `batch` may stand where `place` says; if not, why.
std::string_view misfit(record::BatchView batch, const Continuation& place);

struct Resumption {
  uint64_t position = 0;
  Offset base;
};
// The first whole batch that begins at or after `from` and before `end`, and continues a log that stopped at
// `stopped_at` as `place` says. Nothing where there is none.
Result<std::optional<Resumption>> find_batch(File& file, BufferPool& buffers, uint64_t stopped_at, uint64_t from,
                                             uint64_t end, const Continuation& place);
// Where to go on behind the bad bytes at `position`: where its own length points, if a batch is there, else the first
// that find_batch finds.
Result<std::optional<Resumption>> find_resumption(File& file, BufferPool& buffers, uint64_t position, uint64_t end,
                                                  const Continuation& place);

}  // namespace sl::storage
