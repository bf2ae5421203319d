// Partition: one replica of a partition on this node, and the tasks that move its bytes. The log itself is storage's;
// here is who waits for what: producers until their batch is durable, readers until there is more.
//
// Write: append() puts a checked batch into the log's queue and starts the writer if it sleeps; the writer takes all
// that waits as one group (pwritev and fdatasync on the pool) and goes on until nothing waits: that is the group
// commit. A group that fails gives its error to everybody who waited, for the log has undone all of it. After a failed
// sync nothing may go on: `fatal` is called and the daemon stops.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "aio/event.h"
#include "aio/runtime.h"
#include "aio/timer.h"
#include "replica/clean_pace.h"
#include "storage/partition_log.h"

namespace sl::replica {

// What the partitions of a shard share. Outlives them.
struct Shard {
  aio::Runtime& runtime;
  Logger& logger;
  BufferPool& buffers;
  // Called once with the reason when the node must not go on (EIO on sync): the daemon exits 74.
  std::function<void(Error)> fatal;
};

// Woken, once, when a partition has more to read or is no longer here. It must not change the partition from within.
class Watcher {
 public:
  virtual void wake() = 0;

 protected:
  ~Watcher() = default;
};

// What became of an append, known at some time after it, whether somebody waits already or not.
struct Durability {
  Offset next;
  bool settled = false;
  Status result;
  std::coroutine_handle<> waiter = nullptr;
};

class Partition {
 public:
  Partition(Shard& shard, std::unique_ptr<storage::PartitionLog> log, Epoch leader_epoch);
  ~Partition();
  Partition(const Partition&) = delete;

  storage::PartitionLog& log() { return *log_; }
  const storage::PartitionLog& log() const { return *log_; }
  Epoch leader_epoch() const { return leader_epoch_; }
  // Where readers end: everything below it will survive this node's crash, and is on every replica that counts.
  Offset high_watermark() const { return log_->readable_end(); }
  // False once it is being closed or deleted: whoever holds it looks it up again.
  bool serving() const { return serving_; }

  // Queues a batch; `next` of what it returns is what to wait for. Synchronous, so the order of calls is the order of
  // the log.
  Result<storage::Appended> append(const storage::CheckedBatch& batch);
  // What becomes of the records before `next`, which are in the log or in its queue now. It must be asked for before
  // the loop runs again: a write that fails takes its batches back, and later ones get the same offsets.
  std::shared_ptr<Durability> durability(Offset next);
  // Until the high watermark has reached it; an error says that the records are not in the log.
  static aio::Task<Status> wait_durable(std::shared_ptr<Durability> durability);
  aio::Task<Status> wait_durable(Offset next) { return wait_durable(durability(next)); }

  // Whole batches from `from` to the high watermark, from memory, the page cache or the disk, in this order; `strict`
  // as for PartitionLog::plan_read. What is not in memory is copied and its checksums taken: on the loop where it lies
  // in the page cache and `long_read` does not say that it takes too long there.
  aio::Task<Result<storage::ReadResult>> read(Offset from, size_t bytes_max, bool strict, bool long_read = false);

  aio::Task<Result<std::optional<storage::FoundTime>>> find_time(int64_t timestamp_ms);
  aio::Task<Result<std::optional<storage::FoundTime>>> find_max_time();
  // DeleteRecords: the new log start. Everything before it is gone for readers.
  aio::Task<Result<Offset>> advance_log_start(Offset to);
  // Takes new settings; a topic that was relaxed and is strict now has all it wrote synced before this returns.
  aio::Task<Status> set_settings(storage::LogSettings settings);

  void watch(Watcher& watcher) { watchers_.push_back(&watcher); }
  void unwatch(Watcher& watcher) { std::erase(watchers_, &watcher); }

  // Periodic work: old segments, due syncs, index repairs. One at a time.
  aio::Task<void> tend();
  // How dirty the log is, where a pass of compaction is due.
  std::optional<double> compaction_due();
  // One pass of compaction, if one is due; true where it came to its end. Appends and reads go on meanwhile.
  aio::Task<bool> compact(CleanPace& pace, storage::CleanOptions options);
  // Stops serving, ends the waiters with `why`, and lets what runs come to its end. With `cleanly`, everything written
  // is synced and the file cut to size. Afterwards only checkpoints touch the log.
  aio::Task<void> stop(Errc why, bool cleanly);

 private:
  template <class Job>
  aio::Task<void> run_job(aio::Lane lane, Job& job) {
    ++jobs_;
    Job* running = &job;
    std::function<void()> work = [running] { running->run(); };
    co_await shard_.runtime.run_in_pool(lane, std::move(work));
    --jobs_;
  }
  void start_writer();
  aio::Task<void> write_groups();
  aio::Task<Status> sync_now();
  void settle(const Result<storage::Progress>& progress);
  void end_waits(const Error& error);
  void wake_watchers();
  aio::Task<Result<std::optional<storage::FoundTime>>> look_up(std::optional<int64_t> timestamp_ms);
  aio::Task<void> swap_segments(storage::CleanJob& job);

  Shard& shard_;
  std::unique_ptr<storage::PartitionLog> log_;
  Epoch leader_epoch_;
  bool serving_ = true;
  bool writing_ = false;
  bool tending_ = false;
  bool compacting_ = false;
  void settle(Durability& durability, Status result);
  std::deque<std::shared_ptr<Durability>> waits_;  // by offset
  std::vector<Watcher*> watchers_;
  aio::Event idle_;   // the writer or a job has ended
  aio::Timer pause_;  // of a compaction
  int jobs_ = 0;      // run by callers outside the writer
  aio::TaskGroup tasks_;
};

}  // namespace sl::replica
