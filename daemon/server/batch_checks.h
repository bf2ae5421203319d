// BatchChecks: looks at the batches of a produce before a log takes them. What is soon done is done on the loop,
// without a detour; what must be decompressed, compressed anew or is long goes to the pool, for the loop must not stand
// still. A stranger decides how much work a batch is, so it is bounded twice: only a few requests are checked at a
// time, which leaves the pool's other threads to reads and appends, and one request may only cause so much of it.
#pragma once
#include <memory>
#include <vector>

#include "aio/runtime.h"
#include "base/buffer.h"
#include "replica/partition.h"
#include "server/permits.h"
#include "storage/batch_check.h"

namespace sl::server {

// One batch on its way through a check on the pool.
struct BatchCheck {
  std::shared_ptr<replica::Partition> partition;  // whose settings decide
  Slice batch;
  Result<storage::CheckedBatch> checked = Errc::kRequestTimedOut;
};

class BatchChecks {
 public:
  BatchChecks(aio::Runtime& runtime, BufferPool& buffers)
      : runtime_(runtime), buffers_(buffers), slots_(runtime, kAtOnce) {}

  // About how long the check of a batch takes, from what its header says, in steps of which a record is one: 8 ns.
  // kStepsUnknown where it has to be decompressed or compressed.
  static size_t steps(Bytes batch, const storage::LogSettings& settings);
  static constexpr size_t kStepsUnknown = size_t{1} << 32;
  // So many may be taken on the loop for one request: half a millisecond. A megabyte of records of 10 bytes is that,
  // or 5 MB of records of 100.
  static constexpr size_t kStepsOnLoop = 64 << 10;

  // As storage::check_batch().
  Result<storage::CheckedBatch> check_here(Slice batch, const storage::LogSettings& settings);
  // Checks all of one request on the pool, when it has its turn there. Those for which the work is too much get
  // kRequestTimedOut: a retriable error, and next time others are first.
  aio::Task<void> check_in_pool(std::vector<BatchCheck>& checks);

 private:
  static constexpr size_t kAtOnce = 4;
  aio::Runtime& runtime_;
  BufferPool& buffers_;
  storage::BatchChecker here_;
  Permits slots_;
  std::vector<std::unique_ptr<storage::BatchChecker>> resting_;  // for the pool; at most kAtOnce
};

}  // namespace sl::server
