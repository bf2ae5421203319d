// Append and write. What is hard is going back: a failed write undoes everything that was queued, newest first, so that
// offsets, epochs and sequences are as if those batches had never come, and their producers may send them again.
#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "storage/partition_log.h"

namespace sl::storage {
namespace {

// A group ends here though more waits. A producer has at most five batches of 1 MB in flight on a partition: were all
// of them to share one sync, it could send nothing meanwhile. With two groups' worth on their way, the next one is
// received and checked while this one is being made durable.
constexpr size_t kGroupBytesWanted = 2'200'000;

MutableBytes writable(const Slice& batch) {
  return {const_cast<uint8_t*>(batch.bytes.data()), batch.bytes.size()};
}

}  // namespace

Status PartitionLog::refuse_change() const {
  if (poisoned_)
    return Error{Errc::kSyncFailed, fmt::format("'{}' takes no more writes since a sync failed", directory())};
  if (closed_ || cut_under_way_)
    return Error{Errc::kKafkaStorageError, fmt::format("'{}' is being {}", directory(), closed_ ? "closed" : "cut")};
  return {};
}

Result<Appended> PartitionLog::append(const CheckedBatch& batch, Epoch leader_epoch) {
  SL_TRY(Appended appended, append(batch.batch, leader_epoch));
  appended.log_append_time_ms = batch.log_append_time_ms;
  return appended;
}

Result<Appended> PartitionLog::append(Slice batch, Epoch leader_epoch) {
  SL_CHECK(refuse_change());
  record::BatchView view(batch.bytes);
  if (view.producer_id().value >= 0 && view.base_sequence() >= 0) {
    SL_TRY(auto known, producers_.check(view));
    if (known) return Appended{known->base, known->last + 1, true, -1};
  }
  if (leader_epoch < epochs_.latest())
    return Error{Errc::kFencedLeaderEpoch,
                 fmt::format("leader epoch {} is over, {} has begun", leader_epoch.value, epochs_.latest().value)};
  record::set_base_offset(writable(batch), log_end_);
  record::set_leader_epoch(writable(batch), leader_epoch);
  Appended appended{log_end_, view.next_offset(), false, -1};
  bool begins_epoch = epochs_.assign(leader_epoch, log_end_);
  queue(std::move(batch), begins_epoch);
  return appended;
}

Result<Offset> PartitionLog::append_as_follower(Slice batches) {
  SL_CHECK(refuse_change());
  // All are looked at before the first one is taken.
  Offset expected = log_end_;
  Epoch epoch = epochs_.latest();
  for (Bytes left = batches.bytes; !left.empty();) {
    SL_TRY(record::BatchView view, record::parse_batch(left));
    if (view.base_offset() != expected)
      return Error{Errc::kOffsetOutOfRange, fmt::format("a batch at offset {} does not continue a log that ends at {}",
                                                        view.base_offset().value, expected.value)};
    if (view.leader_epoch() < epoch)
      return Error{Errc::kCorruptMessage, fmt::format("a batch of epoch {} cannot follow one of epoch {}",
                                                      view.leader_epoch().value, epoch.value)};
    expected = view.next_offset();
    epoch = view.leader_epoch();
    left = left.subspan(view.size());
  }
  for (Bytes left = batches.bytes; !left.empty();) {
    record::BatchView view = *record::parse_batch(left);
    log_end_ = view.base_offset();
    bool begins_epoch = epochs_.assign(view.leader_epoch(), log_end_);
    queue(Slice{batches.owner, view.bytes()}, begins_epoch);
    left = left.subspan(view.size());
  }
  return log_end_;
}

// The batch has its offsets and epoch.
void PartitionLog::queue(Slice batch, bool begins_epoch) {
  record::BatchView view(batch.bytes);
  QueuedBatch queued;
  queued.base = view.base_offset();
  queued.next = view.next_offset();
  queued.begins_epoch = begins_epoch;
  if (view.producer_id().value >= 0)
    queued.producer = std::make_unique<ProducerUndo>(producers_.apply(view, clock().wall_ms()));
  if (begins_epoch) ++epochs_version_;
  log_end_ = queued.next;
  last_append_ns_ = clock().mono_ns();
  queued.batch = std::move(batch);
  queue_.push_back(std::move(queued));
}

std::unique_ptr<WriteJob> PartitionLog::start_write() {
  return make_write(false);
}
std::unique_ptr<WriteJob> PartitionLog::start_sync() {
  return make_write(true);
}

int64_t PartitionLog::sync_due_ns() const {
  if (written_end_ == synced_end_ || settings_.flush_ms == kUnlimited) return INT64_MAX;
  if (settings_.flush_ms > (INT64_MAX - unsynced_since_ns_) / 1'000'000) return INT64_MAX;
  return unsynced_since_ns_ + settings_.flush_ms * 1'000'000;
}

std::unique_ptr<WriteJob> PartitionLog::make_write(bool force_sync) {
  if (write_under_way_ || refuse_change().code() != Errc::kNone) return nullptr;
  Segment& segment = active();
  bool roll = roll_wanted_ && segment.stats.bytes > 0;
  bool due = written_end_ > synced_end_ && (force_sync || sync_due_ns() <= clock().mono_ns());
  if (queue_.empty() && !roll && !due) return nullptr;

  auto job = std::make_unique<WriteJob>();
  job->place_ = place_;
  job->file_ = segment.file;
  job->position_ = segment.stats.bytes;
  job->file_bytes_ = segment.file_bytes;
  job->reserve_max_ = static_cast<uint64_t>(std::max<int64_t>(settings_.segment_bytes, 0));
  job->cut_first_ = cut_before_write_;
  job->roll_ = roll || (!queue_.empty() && must_roll(*job, queue_.front()));
  if (job->roll_) {
    job->roll_base_ = queue_.empty() ? written_end_ : queue_.front().base;
    job->sync_before_roll_ = written_end_ > synced_end_;
  }
  take_batches(*job);
  job->sync_ = sync_wanted(*job, force_sync || due);
  write_under_way_ = true;
  return job;
}

// Whether `batch` must go to a new segment, if the job's batches are in the active one before it.
bool PartitionLog::must_roll(const WriteJob& job, const QueuedBatch& batch) const {
  uint64_t bytes = (job.roll_ ? 0 : active().stats.bytes) + job.bytes_;
  if (bytes == 0) return false;
  if (bytes + batch.batch.bytes.size() > static_cast<uint64_t>(settings_.segment_bytes)) return true;
  Offset base = job.roll_ ? job.roll_base_ : active().base;
  if (batch.next - base > INT32_MAX) return true;
  int64_t first_ms = active().stats.first_timestamp_ms;
  if (job.roll_ || active().stats.bytes == 0)
    first_ms = record::BatchView(job.batches_.front().batch.bytes).max_timestamp_ms();
  int64_t this_ms = record::BatchView(batch.batch.bytes).max_timestamp_ms();
  return first_ms >= 0 && this_ms >= 0 && this_ms - first_ms > settings_.segment_ms;
}

// One group: at most 16 MiB (so that a torn tail never is longer), all in one segment.
void PartitionLog::take_batches(WriteJob& job) {
  size_t count = 0;
  job.batches_.reserve(queue_.size());
  for (QueuedBatch& queued : queue_) {
    size_t size = queued.batch.bytes.size();
    if (count > 0 && job.bytes_ + size > kGroupBytesWanted) break;
    bool fresh = job.roll_ && count == 0;
    if (!fresh && must_roll(job, queued)) break;
    job.bytes_ += size;
    job.batches_.push_back(std::move(queued));
    ++count;
  }
  if (count == queue_.size())
    queue_.clear();
  else
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(count));
}

bool PartitionLog::sync_wanted(const WriteJob& job, bool force) const {
  if (force || settings_.strict()) return !job.batches_.empty() || written_end_ > synced_end_;
  if (job.batches_.empty()) return false;
  int64_t records = unsynced_records_;
  for (const QueuedBatch& queued : job.batches_) records += queued.next - queued.base;
  return records >= settings_.flush_messages;
}

Result<Progress> PartitionLog::finish(std::unique_ptr<WriteJob> job) {
  write_under_way_ = false;
  Progress progress;
  progress.rolled = job->rolled_;
  cut_before_write_ = job->cut_first_;
  if (job->rolled_) adopt_roll(*job);
  active().file_bytes = job->file_bytes_;
  if (!job->result_) {
    poisoned_ |= job->result_.code() == Errc::kSyncFailed;
    roll_back(*job);
    return std::move(job->result_).error();
  }
  accept(*job);
  if (job->sync_) mark_synced();
  progress.written_end = written_end_;
  progress.synced_end = synced_end_;
  return progress;
}

// The roll has synced the old segment: all of it is durable, whatever became of the write behind it.
void PartitionLog::adopt_roll(WriteJob& job) {
  active().file_bytes = active().stats.bytes;
  active().file.reset();
  segments_.push_back(std::make_unique<Segment>(job.roll_base_));
  active().file = job.file_;
  active().file_bytes = job.file_bytes_;
  roll_wanted_ = false;
  mark_synced();
}

void PartitionLog::accept(WriteJob& job) {
  if (job.batches_.empty()) return;
  int64_t now_ms = clock().wall_ms();
  int64_t now_ns = clock().mono_ns();
  if (written_end_ == synced_end_) unsynced_since_ns_ = now_ns;
  bool tail_read = now_ns - last_tail_read_ns_ < kTailIdleNs;
  if (!tail_read && tail_.bytes() > 0) tail_.clear();
  Segment& segment = active();
  int64_t records_before = segment.stats.records;
  for (QueuedBatch& queued : job.batches_) {
    segment.note(record::BatchView(queued.batch.bytes), now_ms);
    unsaved_bytes_ += queued.batch.bytes.size();
    unsynced_records_ += queued.next - queued.base;
    if (tail_read) tail_.push(std::move(queued.batch));
  }
  records_ += segment.stats.records - records_before;
  bytes_ += job.bytes_;
  written_end_ = segment.stats.next;
}

void PartitionLog::mark_synced() {
  synced_end_ = written_end_;
  synced_ = active().stats;
  unsynced_records_ = 0;
  producers_.give_back_dirty(std::exchange(producers_ahead_, {}));
  last_sync_ns_ = clock().mono_ns();
  dirty_ = true;
}

void PartitionLog::roll_back(WriteJob& job) {
  Epoch latest = epochs_.latest();
  bool latest_from_batch = false;
  auto undo = [&](QueuedBatch& queued) {
    if (queued.producer) producers_.undo(*queued.producer);
    if (!queued.begins_epoch) return;
    latest_from_batch |= record::BatchView(queued.batch.bytes).leader_epoch() == latest;
    epochs_.truncate_to(queued.base);
  };
  for (auto queued = queue_.rbegin(); queued != queue_.rend(); ++queued) undo(*queued);
  for (auto queued = job.batches_.rbegin(); queued != job.batches_.rend(); ++queued) undo(*queued);
  queue_.clear();
  // What this node leads it goes on leading, from the end that there is now.
  epochs_.roll_back_to(written_end_);
  if (!latest_from_batch) epochs_.assign(latest, written_end_);
  ++epochs_version_;
  log_end_ = written_end_;
  dirty_ = true;
}

}  // namespace sl::storage
