// When a snapshot is taken, and what it makes superfluous: the oldest snapshot first, then the log before the one that
// is now the oldest. A crash in between leaves more than is needed, never less.
#include "quorum/sole_voter.h"

namespace sl::quorum {

void SoleVoter::note_unsnapshotted(size_t bytes) {
  if (bytes_since_snapshot_ == 0 && bytes > 0) snapshot_due_.arm_ms(options_.snapshots.interval_ms);
  bytes_since_snapshot_ += bytes;
  if (bytes_since_snapshot_ >= options_.snapshots.record_bytes) start_snapshot();
}

void SoleVoter::start_snapshot() {
  // During the start the voters may not be known yet; the next commit comes here again.
  if (snapshotting_ || stopping_ || failed_ || role_ != Role::kLeader) return;
  snapshotting_ = true;
  tasks_.spawn(take_snapshot());
}

aio::Task<void> SoleVoter::take_snapshot() {
  // All of this is as of one moment: between two batches, with everything committed applied.
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->id = SnapshotId{applied_, log_->epoch_at(applied_ - 1).epoch};
  snapshot->last_timestamp_ms = last_timestamp_ms_;
  snapshot->kraft_version = kraft_version_;
  snapshot->voters = *voters_;
  snapshot->records = listener_.state();
  // Counted from here on, after a failure too: it is tried again when as much has come once more.
  bytes_since_snapshot_ = 0;
  snapshot_due_.disarm();

  Status written;
  std::function<void()> work = [this, snapshot, &written] {
    written = write_snapshot(seams_.runtime.files(), seams_.buffers, seams_.data.meta_path(), *snapshot);
  };
  co_await seams_.runtime.run_in_pool(aio::Lane::kBackground, std::move(work));
  if (written) {
    snapshots_.push_back(snapshot->id);
    written = co_await drop_old_snapshots();
  }
  snapshotting_ = false;
  if (written) co_return;
  seams_.logger.warn("metadata snapshot: {}", written.error().context);
  if (log_->poisoned()) fail(std::move(written).error());
}

aio::Task<Status> SoleVoter::drop_old_snapshots() {
  while (snapshots_.size() > kSnapshotsKept) {
    std::string directory = seams_.data.meta_path();
    std::string path = directory + "/" + snapshots_.front().file_name();
    Status removed;
    std::function<void()> work = [this, directory, path, &removed] {
      removed = seams_.runtime.files().remove(path);
      if (removed) removed = seams_.runtime.files().sync_directory(directory);
    };
    co_await seams_.runtime.run_in_pool(aio::Lane::kBackground, std::move(work));
    SL_CO_CHECK(std::move(removed));
    snapshots_.erase(snapshots_.begin());
  }
  if (snapshots_.size() < kSnapshotsKept) co_return Status();
  SL_CO_TRY(auto start, log_->start_log_start(snapshots_.front().end, high_watermark_));
  if (start) {
    co_await run_job(aio::Lane::kBackground, *start);
    SL_CO_CHECK(log_->finish(std::move(start)));
  }
  auto drop = log_->start_retention(seams_.runtime.wall_ms(), high_watermark_);
  if (!drop) co_return Status();
  co_await run_job(aio::Lane::kBackground, *drop);
  co_return log_->finish(std::move(drop));
}

}  // namespace sl::quorum
