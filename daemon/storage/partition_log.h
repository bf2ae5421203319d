// PartitionLog: one partition's log on this machine: segments, offsets, epochs, producers. Plain synchronous state,
// touched on its shard only; whatever blocks is a Job that it hands out and takes back with finish().
//
// The positions, in order: log_start <= synced_end <= written_end <= log_end. A batch is queued (log_end), written,
// synced. Readers see up to readable_end(): the synced end on strict topics (flush.messages=1), the written end else.
//
// Write: append() checks sequences, stamps offset and epoch into the batch and queues it; start_write() takes all that
// waits; run; finish(). One write at a time, at most 16 MiB, never across a roll. When one fails (disk full), it and
// everything queued behind it is undone, offsets and producer state too, and finish() says why; the next append tries
// again. When a sync fails the log is poisoned for good: the daemon must stop (exit 74).
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/batch_check.h"
#include "storage/change_jobs.h"
#include "storage/checkpoint.h"
#include "storage/clean_job.h"
#include "storage/epochs.h"
#include "storage/log_place.h"
#include "storage/lookup_job.h"
#include "storage/producers.h"
#include "storage/read_job.h"
#include "storage/segment.h"
#include "storage/swap_job.h"
#include "storage/tail_cache.h"
#include "storage/write_job.h"

namespace sl::storage {

struct OpenOptions {
  std::string directory;  // made if missing, its parents too, durably
  Uuid topic;
  Partition partition;
  LogSettings settings;
  // After a clean stop: what the index says is believed without a look at the log.
  bool clean = false;
  // After a failed sync: the page cache may show what the disk does not have.
  bool distrust_cache = false;
  // The first damage ends the opening with kCorrupt, and leaves the files as they are: the next start must find it too.
  bool refuse_damage = false;
  // What the metadata says; the log begins there or later.
  Offset log_start{0};
  // The same, where it is known to be complete: no batch is of a later epoch. No CRC covers that field.
  Epoch epoch_max = kNoEpoch;
};

struct RecoveryReport {
  uint64_t scanned_bytes = 0;
  uint64_t cut_bytes = 0;             // torn tail, kept aside in a .torn file
  std::vector<std::string> damage;    // a sentence each, with file and byte
  bool rebuilt = false;               // the index had nothing usable
  Offset checkpoint_end = kNoOffset;  // what the last checkpoint had seen synced
  bool lost_synced = false;           // the log ends before that
};

// A log to which nothing was appended for so long, or whose end nobody read for so long, keeps no tail in memory; the
// page cache serves its readers.
inline constexpr int64_t kTailIdleNs = 2'000'000'000;

struct OpenedLog;

struct Appended {
  Offset base;
  Offset next;  // durable when the end (synced or written, see readable_end) has reached it
  bool duplicate = false;
  int64_t log_append_time_ms = -1;
};

struct Progress {
  Offset written_end;
  Offset synced_end;
  bool rolled = false;
};

struct ReadPlan {
  ReadResult result;             // complete where there is no job
  std::unique_ptr<ReadJob> job;  // otherwise: run_cached() here, else run() on the pool, then finish()
};

class PartitionLog {
 public:
  // Recovers what is there, or makes a new log at options.log_start. Blocks: for the pool.
  static Result<OpenedLog> open(const Seams& seams, OpenOptions options);
  ~PartitionLog();
  PartitionLog(const PartitionLog&) = delete;
  PartitionLog& operator=(const PartitionLog&) = delete;

  const Uuid& topic() const { return place_->topic; }
  Partition partition() const { return place_->partition; }
  const std::string& directory() const { return place_->directory; }
  const LogSettings& settings() const { return settings_; }
  // When a relaxed topic is tightened: run start_sync() and wait for synced_end == written_end before answering.
  void set_settings(const LogSettings& settings) { settings_ = settings; }

  // --- positions
  Offset log_start() const { return log_start_; }
  Offset log_end() const { return log_end_; }
  Offset written_end() const { return written_end_; }
  Offset synced_end() const { return synced_end_; }
  Offset readable_end() const { return settings_.strict() ? synced_end_ : written_end_; }
  // Exact: records at or after log_start that are written; control records not counted.
  int64_t record_count() const { return records_ - records_before_start_; }
  uint64_t size_bytes() const { return bytes_; }
  size_t segment_count() const { return segments_.size(); }
  // After a failed sync; every change is refused with kSyncFailed.
  bool poisoned() const { return poisoned_; }

  // --- epochs (D4)
  Epoch latest_epoch() const { return epochs_.latest(); }
  EpochEnd end_offset_for(Epoch epoch) const { return epochs_.end_offset_for(epoch, log_end_); }
  EpochEnd epoch_at(Offset offset) const { return epochs_.at(offset); }
  // This node leads `epoch` from log_end on.
  void assign_epoch(Epoch epoch);

  // --- append
  // As leader. The batch is checked (check_batch), or built here. kInvalidProducerEpoch, kOutOfOrderSequenceNumber,
  // kSyncFailed, kKafkaStorageError while a truncation is under way.
  Result<Appended> append(const CheckedBatch& batch, Epoch leader_epoch);
  Result<Appended> append(Slice batch, Epoch leader_epoch);
  // As follower: whole batches with offsets and epochs, checked by check_replicated(), the first at log_end. The new
  // log_end. kOffsetOutOfRange where they do not continue the log.
  Result<Offset> append_as_follower(Slice batches);

  // --- write
  // Null while a write or a truncation is under way, or where nothing waits and no sync is due.
  std::unique_ptr<WriteJob> start_write();
  // The same, and syncs all that is written.
  std::unique_ptr<WriteJob> start_sync();
  Result<Progress> finish(std::unique_ptr<WriteJob> job);
  bool write_under_way() const { return write_under_way_; }
  bool has_queued() const { return !queue_.empty(); }
  // Monotonic time at which a relaxed topic's written records want a sync (flush.ms); INT64_MAX: never.
  int64_t sync_due_ns() const;

  // --- read
  // Whole batches from `from`, below `limit` (exclusive, at most readable_end for clients; followers may pass it too).
  // A first batch of more than `bytes_max` comes nevertheless, or with `strict` nothing does (KIP-74).
  // kOffsetOutOfRange outside [log_start, log_end]; kCorruptMessage where `from` is in a damaged range.
  Result<ReadPlan> plan_read(Offset from, size_t bytes_max, Offset limit, bool strict = false);
  // kCorruptMessage with file and byte; kOffsetNotAvailable where the log was cut meanwhile: plan again.
  Result<ReadResult> finish(std::unique_ptr<ReadJob> job);
  // The first record at or after `timestamp_ms` and below `limit`. Null where no segment has one.
  std::unique_ptr<LookupJob> find_time(int64_t timestamp_ms, Offset limit);
  // The first record with the largest timestamp.
  std::unique_ptr<LookupJob> find_max_time(Offset limit);
  Result<std::optional<FoundTime>> finish(std::unique_ptr<LookupJob> job);

  // --- change. Truncations refuse with kWouldBlock while a write or another truncation is under way; what is queued
  // is dropped by them.
  // Ends the log at `to`, or before the batch that holds it; `to` beyond the end changes nothing (a null job).
  Result<std::unique_ptr<TruncateJob>> start_truncate(Offset to);
  // Drops everything and begins at `start`.
  Result<std::unique_ptr<TruncateJob>> start_anew(Offset start);
  Status finish(std::unique_ptr<TruncateJob> job);
  // DeleteRecords. kOffsetOutOfRange beyond `high_watermark`; a null job where the log begins there or later.
  Result<std::unique_ptr<LogStartJob>> start_log_start(Offset to, Offset high_watermark);
  Status finish(std::unique_ptr<LogStartJob> job);
  // Whole segments by time, size and log start, never one at or above `high_watermark`. Null where none is due. An
  // active segment that is due is rolled by the next start_write() and goes at a later call.
  std::unique_ptr<RetentionJob> start_retention(int64_t now_ms, Offset high_watermark);
  Status finish(std::unique_ptr<RetentionJob> job);
  // The active segment is to be sealed by the next start_write(), though nothing may be appended for long.
  bool roll_due() const { return roll_wanted_; }
  // Whole segments lie before the log start, as after a DeleteRecords.
  bool trim_due() const { return !retention_under_way_ && segments_.size() > 1 && segments_[1]->base <= log_start_; }
  // An index that was found wrong; null where none was.
  bool rebuild_due() const { return !wrong_indexes_.empty() && !rebuild_under_way_; }
  std::unique_ptr<RebuildJob> start_rebuild();
  Status finish(std::unique_ptr<RebuildJob> job);
  // --- compaction, below `limit`: the high watermark, or where the last stable transaction ends.
  // The dirty part of what could be cleaned, where cleaning is due. An active segment that is overdue is rolled by the
  // next start_write().
  std::optional<double> clean_due(int64_t now_ms, Offset limit);
  // One pass; null where none is due. Run it, swap when it says so, and hand it back when it is done or has failed.
  std::unique_ptr<CleanJob> start_clean(const CleanOptions& options, int64_t now_ms, Offset limit);
  // kWouldBlock while something else changes the segments; any other error: the pass is void, give it up.
  Result<std::unique_ptr<SwapJob>> start_swap(CleanJob& job);
  Status finish(CleanJob& job, std::unique_ptr<SwapJob> swap);
  void finish(std::unique_ptr<CleanJob> job);
  // Truncations, log starts, retention and rebuilds wait (kWouldBlock, or nothing is due).
  bool swap_under_way() const { return swap_under_way_; }
  // Compacted up to here.
  Offset clean_end() const { return clean_end_; }
  // After this only checkpoints. kWouldBlock while a write is under way.
  Result<std::unique_ptr<CloseJob>> start_close();
  Status finish(std::unique_ptr<CloseJob> job);

  // --- checkpoint; used by Checkpointer
  bool dirty() const { return dirty_ || producers_.any_dirty(); }
  int64_t last_sync_ns() const { return last_sync_ns_; }
  // Appended since the last checkpoint: about what a recovery would have to read.
  uint64_t unsaved_bytes() const { return unsaved_bytes_; }
  std::optional<CheckpointPart> collect();
  void finish(const CheckpointPart& part, bool written);
  // The log is about to be deleted: a checkpoint that is under way leaves it out, lest its rows come back.
  void leave_checkpoint() { ++token_->generation; }
  // Gives memory back that only readers at the tail needed, and forgets idle producers.
  void tick(int64_t now_ms, int64_t now_ns);

  // For tests and tools.
  const EpochCache& epochs() const { return epochs_; }
  const ProducerTable& producers() const { return producers_; }
  const std::vector<std::unique_ptr<Segment>>& segments() const { return segments_; }

 private:
  friend class Recovery;
  struct RecentRead {
    Offset next;
    Offset segment;
    uint64_t position = 0;
  };
  PartitionLog(std::shared_ptr<const LogPlace> place, LogSettings settings);
  const Clock& clock() const { return place_->seams.clock; }
  Segment& active() { return *segments_.back(); }
  const Segment& active() const { return *segments_.back(); }
  Segment* find_segment(Offset base);

  void collect_epochs(CheckpointPart& part);
  void collect_producers(CheckpointPart& part);

  // partition_write.cc
  Status refuse_change() const;
  void queue(Slice batch, bool begins_epoch);
  std::unique_ptr<WriteJob> make_write(bool force_sync);
  bool must_roll(const WriteJob& job, const QueuedBatch& batch) const;
  void take_batches(WriteJob& job);
  bool sync_wanted(const WriteJob& job, bool force) const;
  void adopt_roll(WriteJob& job);
  void accept(WriteJob& job);
  void roll_back(WriteJob& job);
  void mark_synced();

  // partition_read.cc
  SegmentView view_of(const Segment& segment) const;
  Segment* segment_for(Offset offset);
  Result<std::unique_ptr<ReadJob>> make_read(Offset from, size_t bytes_max, Offset limit, bool strict);
  void adopt_file(Offset segment, const std::shared_ptr<File>& file);
  std::unique_ptr<LookupJob> make_lookup(std::optional<int64_t> timestamp_ms, Offset limit);

  // partition_change.cc
  Status refuse_cut() const;
  std::unique_ptr<TruncateJob> begin_cut(Offset to);
  void adopt_cut(TruncateJob& job);
  size_t count_expired(int64_t now_ms, Offset high_watermark);
  StoredState describe_state() const;

  // partition_clean.cc
  bool may_clean(const Segment& segment, int64_t now_ms, Offset limit) const;
  bool may_swap(const CleanJob& job);
  void adopt_swap(SwapJob& swap);

  std::shared_ptr<const LogPlace> place_;
  std::shared_ptr<LogToken> token_;
  LogSettings settings_;
  std::vector<std::unique_ptr<Segment>> segments_;  // by base; the last one is active
  EpochCache epochs_;
  ProducerTable producers_;
  TailCache tail_;
  std::vector<QueuedBatch> queue_;
  std::vector<ProducerId> producers_ahead_;  // of whom the last checkpoint could not yet store everything

  Offset log_start_;
  Offset log_end_;
  Offset written_end_;
  Offset synced_end_;
  SegmentStats synced_;  // of the active segment, as of its last sync
  uint64_t bytes_ = 0;
  int64_t records_ = 0;               // of all segments
  int64_t records_before_start_ = 0;  // in the first ones, before log_start
  uint64_t layout_ = 0;               // rises with each truncation and each swap: what was planned before is void
  int64_t unsynced_records_ = 0;
  int64_t unsynced_since_ns_ = 0;
  int64_t last_sync_ns_ = 0;
  int64_t last_append_ns_ = 0;
  int64_t last_read_ns_ = 0;                   // of a file; 0: none is kept open for readers
  int64_t last_tail_read_ns_ = INT64_MIN / 2;  // a reader stood near the end of the log
  int64_t next_expiry_ms_ = 0;                 // of producers

  bool write_under_way_ = false;
  bool cut_under_way_ = false;
  bool retention_under_way_ = false;
  // Segments that retention has taken from readers and could not delete. They go before any newer one: a next start
  // must not find a hole behind them.
  std::vector<Offset> undeleted_;
  bool rebuild_under_way_ = false;
  int log_starts_under_way_ = 0;
  bool clean_under_way_ = false;
  bool swap_under_way_ = false;
  Offset clean_end_{0};
  int64_t clean_horizon_ms_ = INT64_MAX;  // when the next tombstone may go
  bool roll_wanted_ = false;
  bool cut_before_write_ = false;
  bool poisoned_ = false;
  bool closed_ = false;
  bool dirty_ = false;
  uint64_t unsaved_bytes_ = 0;
  uint64_t epochs_version_ = 1;
  uint64_t epochs_stored_ = 0;
  std::vector<Offset> wrong_indexes_;  // segments
  std::array<RecentRead, 4> recent_;
  uint8_t recent_at_ = 0;
};

struct OpenedLog {
  std::unique_ptr<PartitionLog> log;
  RecoveryReport report;
};

}  // namespace sl::storage
