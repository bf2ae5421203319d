// CleanJob: one pass of compaction over a log. First it learns the newest offset of every key in the part that was not
// cleaned yet; then it writes the segments anew, from the oldest, without the records that a newer one of their key
// makes void, small neighbours together in one file. Each finished file is swapped in (swap_job.h) before the next is
// begun. The job runs in steps, so that whoever drives it can pace it, and stop it between any two.
//
// Why no value comes back from the dead: a tombstone goes only in a pass after the one that saw it first and took away
// everything older of its key. A pass that had to leave a segment out (damage) takes no tombstones behind it.
//
// Transactions are for the caller: its limit is where the last stable one ends. Control batches stay.
#pragma once
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "storage/batch_scan.h"
#include "storage/clean_batch.h"
#include "storage/cleaned_segment.h"
#include "storage/job.h"
#include "storage/read_job.h"

namespace sl::storage {

struct CleanOptions {
  HashSecret secret;              // one that nobody can guess
  size_t map_bytes = 32 << 20;    // log.cleaner.dedupe.buffer.size, a thread's share
  uint64_t step_bytes = 8 << 20;  // about so much is read by one run()
};

class CleanJob final : public Job {
 public:
  enum class State {
    kWorking,  // run() again
    kSwap,     // PartitionLog::start_swap() is due, then run() again
    kDone,     // hand it back
    kFailed,   // hand it back; error() says why
  };
  ~CleanJob() override;
  void run() override;
  // The next run() gives up, and takes away what is half written.
  void give_up() { given_up_ = true; }
  State state() const { return state_; }
  const Error& error() const { return error_; }
  // Read and written by the last run().
  uint64_t moved_bytes() const { return moved_bytes_; }
  // Of the whole pass: read in the log's part that is dirty, and what is left of the segments that were written anew.
  uint64_t read_bytes() const { return read_bytes_; }
  uint64_t written_bytes() const { return written_bytes_; }

 private:
  friend class PartitionLog;
  struct Source {
    Offset base;
    Offset next;
    uint64_t bytes = 0;
    int64_t last_append_ms = -1;
    bool left_out = false;  // damaged: neither read nor written anew
  };
  Status step();
  Status learn_some(uint64_t budget);
  Status begin_group();
  void widen_group();
  bool next_fits() const;
  Status copy_some(uint64_t budget);
  Status copy_batch(const Source& source, record::BatchView batch);
  void leave_out(Source& source);
  std::string note_damage(const Source& source);
  Error refuse(const Source& source);
  Status end_group();
  Result<BatchScanner::Found> next_batch(const Source& source);
  Status open_source(const Source& source);
  void close_source();
  void discard();

  std::shared_ptr<const LogPlace> place_;
  CleanOptions options_;
  std::vector<Source> sources_;                          // by offset
  std::unordered_map<ProducerId, Offset> last_batches_;  // the last offset of each producer's last batch
  Offset dirty_from_;
  Offset log_start_;
  int64_t segment_bytes_ = 0;
  uint64_t layout_ = 0;
  int64_t begun_ms_ = 0;
  bool given_up_ = false;
  // While running.
  std::unique_ptr<OffsetMap> newest_;
  std::unique_ptr<BatchCleaner> cleaner_;
  CleanRules rules_;
  bool learnt_ = false;
  bool keep_tombstones_ = false;
  size_t at_ = 0;        // the source that is read
  size_t group_at_ = 0;  // the group of sources that becomes one file
  size_t group_end_ = 0;
  std::shared_ptr<File> file_;  // of the source
  std::optional<BatchScanner> scanner_;
  Offset expected_;
  std::vector<std::shared_ptr<File>> group_files_;
  std::unique_ptr<CleanedSegment> cleaned_;
  // Results.
  State state_ = State::kWorking;
  Error error_;
  Offset end_;  // the log is clean up to here
  int64_t horizon_ms_ = INT64_MAX;
  uint64_t moved_bytes_ = 0;
  uint64_t read_bytes_ = 0;
  uint64_t written_bytes_ = 0;
  // Segments with damage that was found by this pass, and what to say of it.
  std::vector<std::pair<Offset, std::string>> damaged_;
};

}  // namespace sl::storage
