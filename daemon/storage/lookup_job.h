// LookupJob: ListOffsets by time: the first record at or after a time, or the first one with the largest time of all.
// Segment, index entry, batch, record: each step narrows it down. Runs on the pool.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "record/compression.h"
#include "storage/job.h"
#include "storage/log_place.h"
#include "storage/read_job.h"

namespace sl::storage {

struct FoundTime {
  Offset offset;
  int64_t timestamp_ms = -1;
  Epoch epoch = kNoEpoch;
};

class LookupJob final : public Job {
 public:
  void run() override;

 private:
  friend class PartitionLog;
  struct Candidate {
    SegmentView segment;
    int64_t max_timestamp_ms = -1;    // of the whole segment
    std::optional<IndexEntry> entry;  // memory's answer: a batch at or before the one that is sought
  };
  Result<std::optional<FoundTime>> search();
  Result<std::optional<FoundTime>> search_in(Candidate& candidate, int64_t timestamp_ms);
  Result<std::optional<FoundTime>> search_batch(record::BatchView batch, int64_t timestamp_ms);
  Result<int64_t> largest_in(Candidate& candidate);

  std::shared_ptr<const LogPlace> place_;
  std::vector<Candidate> candidates_;    // by offset
  std::optional<int64_t> timestamp_ms_;  // none: the largest one
  Offset from_;                          // log start
  Offset limit_;                         // exclusive
  uint64_t layout_ = 0;
  record::Decompressor decompressor_;
  Result<std::optional<FoundTime>> result_ = std::optional<FoundTime>();
};

}  // namespace sl::storage
