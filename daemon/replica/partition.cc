#include "replica/partition.h"

namespace sl::replica {

Partition::Partition(Shard& shard, std::unique_ptr<storage::PartitionLog> log, Epoch leader_epoch)
    : shard_(shard),
      log_(std::move(log)),
      leader_epoch_(leader_epoch),
      idle_(shard.runtime),
      pause_(shard.runtime.timers()) {
  log_->assign_epoch(leader_epoch_);
}

Partition::~Partition() {
  assert(waits_.empty() && watchers_.empty() && !writing_);
}

Result<storage::Appended> Partition::append(const storage::CheckedBatch& batch) {
  if (!serving_) return Errc::kNotLeaderOrFollower;
  auto appended = log_->append(batch, leader_epoch_);
  if (appended && !appended->duplicate) start_writer();
  return appended;
}

std::shared_ptr<Durability> Partition::durability(Offset next) {
  auto durability = std::make_shared<Durability>();
  durability->next = next;
  if (high_watermark() >= next) {
    durability->settled = true;
  } else if (!serving_) {
    durability->settled = true;
    durability->result = Errc::kNotLeaderOrFollower;
  } else {
    // In the order of appends, save for those who ask after a duplicate.
    auto at = waits_.end();
    while (at != waits_.begin() && (*std::prev(at))->next > next) --at;
    waits_.insert(at, durability);
  }
  return durability;
}

aio::Task<Status> Partition::wait_durable(std::shared_ptr<Durability> durability) {
  struct Awaiter {
    Durability& durability;
    bool await_ready() const { return durability.settled; }
    void await_suspend(std::coroutine_handle<> h) { durability.waiter = h; }
    Status await_resume() { return std::move(durability.result); }
  };
  Awaiter wait{*durability};
  co_return co_await wait;
}

void Partition::settle(Durability& durability, Status result) {
  durability.settled = true;
  durability.result = std::move(result);
  if (durability.waiter) shard_.runtime.post(durability.waiter);
}

void Partition::start_writer() {
  if (writing_) return;
  writing_ = true;
  tasks_.spawn(write_groups());
}

aio::Task<void> Partition::write_groups() {
  while (auto job = log_->start_write()) {
    co_await run_job(aio::Lane::kAppend, *job);
    auto progress = log_->finish(std::move(job));
    settle(progress);
    idle_.notify();  // sync_now() may have what it waits for, although the writer goes on
  }
  writing_ = false;
  idle_.notify();
}

aio::Task<Status> Partition::sync_now() {
  // What comes later is no part of it: with busy producers the end would move for ever.
  Offset target = log_->log_end();
  for (;;) {
    if (!serving_) co_return Errc::kNotLeaderOrFollower;
    if (log_->synced_end() >= std::min(target, log_->log_end())) co_return Status();
    if (!writing_) break;
    co_await idle_.wait();
  }
  auto job = log_->start_sync();
  if (!job) co_return Status();
  writing_ = true;
  co_await run_job(aio::Lane::kAppend, *job);
  auto progress = log_->finish(std::move(job));
  settle(progress);
  co_await write_groups();
  if (!progress) co_return std::move(progress).error();
  co_return Status();
}

void Partition::settle(const Result<storage::Progress>& progress) {
  if (!progress) {
    shard_.logger.error("partition {}-{}: {}", log_->topic().text(), log_->partition().value, progress.error().context);
    end_waits(progress.error());
    if (log_->poisoned()) shard_.fatal(progress.error());
    return;
  }
  Offset end = high_watermark();
  while (!waits_.empty() && waits_.front()->next <= end) {
    settle(*waits_.front(), Status());
    waits_.pop_front();
  }
  wake_watchers();
}

void Partition::end_waits(const Error& error) {
  for (auto& wait : waits_) settle(*wait, error);
  waits_.clear();
}

void Partition::wake_watchers() {
  auto watchers = std::move(watchers_);
  watchers_.clear();
  for (Watcher* watcher : watchers) watcher->wake();
}

aio::Task<Result<storage::ReadResult>> Partition::read(Offset from, size_t bytes_max, bool strict, bool long_read) {
  // A truncation may overtake a read; then it is planned again.
  for (int attempt = 0; attempt < 8; ++attempt) {
    if (!serving_) co_return Errc::kNotLeaderOrFollower;
    SL_CO_TRY(storage::ReadPlan plan, log_->plan_read(from, bytes_max, high_watermark(), strict));
    if (!plan.job) co_return std::move(plan.result);
    bool in_pool = long_read || plan.job->run_cached().code() == Errc::kWouldBlock;
    if (in_pool) co_await run_job(aio::Lane::kRead, *plan.job);
    auto result = log_->finish(std::move(plan.job));
    idle_.notify();
    if (!result && result.code() == Errc::kOffsetNotAvailable) continue;
    co_return result;
  }
  co_return Errc::kOffsetNotAvailable;
}

// None: the largest time.
aio::Task<Result<std::optional<storage::FoundTime>>> Partition::look_up(std::optional<int64_t> timestamp_ms) {
  // A truncation or a compaction may overtake a look-up, as it may a read.
  for (int attempt = 0; attempt < 8; ++attempt) {
    auto job = timestamp_ms ? log_->find_time(*timestamp_ms, high_watermark()) : log_->find_max_time(high_watermark());
    if (!job) co_return std::optional<storage::FoundTime>();
    co_await run_job(aio::Lane::kRead, *job);
    auto found = log_->finish(std::move(job));
    idle_.notify();
    if (!found && found.code() == Errc::kOffsetNotAvailable && serving_) continue;
    co_return found;
  }
  co_return Errc::kOffsetNotAvailable;
}

aio::Task<Result<std::optional<storage::FoundTime>>> Partition::find_time(int64_t timestamp_ms) {
  return look_up(timestamp_ms);
}

aio::Task<Result<std::optional<storage::FoundTime>>> Partition::find_max_time() {
  return look_up(std::nullopt);
}

aio::Task<Result<Offset>> Partition::advance_log_start(Offset to) {
  while (log_->swap_under_way()) co_await idle_.wait();
  if (!serving_) co_return Errc::kNotLeaderOrFollower;
  SL_CO_TRY(auto job, log_->start_log_start(to, high_watermark()));
  if (job) {
    co_await run_job(aio::Lane::kRead, *job);
    auto done = log_->finish(std::move(job));
    idle_.notify();
    if (!done) co_return std::move(done).error();
  }
  co_return log_->log_start();
}

aio::Task<Status> Partition::set_settings(storage::LogSettings settings) {
  bool tightened = settings.strict() && !log_->settings().strict();
  log_->set_settings(settings);
  if (!tightened) co_return Status();
  co_return co_await sync_now();
}

aio::Task<void> Partition::tend() {
  if (tending_ || !serving_) co_return;
  tending_ = true;
  if (log_->sync_due_ns() <= shard_.runtime.mono_ns()) (void)co_await sync_now();
  while (log_->swap_under_way()) co_await idle_.wait();
  if (serving_) {
    if (auto job = log_->start_rebuild()) {
      co_await run_job(aio::Lane::kBackground, *job);
      if (auto done = log_->finish(std::move(job)); !done)
        shard_.logger.warn("index rebuild: {}", done.error().context);
      idle_.notify();
    }
  }
  while (log_->swap_under_way()) co_await idle_.wait();
  if (serving_) {
    if (auto job = log_->start_retention(shard_.runtime.wall_ms(), high_watermark())) {
      co_await run_job(aio::Lane::kBackground, *job);
      if (auto done = log_->finish(std::move(job)); !done) {
        shard_.logger.warn("retention: {}", done.error().context);
        if (log_->poisoned()) shard_.fatal(done.error());
      }
    }
    if (serving_) start_writer();  // The roll of an active segment that is due, though nobody writes.
  }
  tending_ = false;
  idle_.notify();
}

aio::Task<void> Partition::stop(Errc why, bool cleanly) {
  serving_ = false;
  pause_.cancel();
  if (!cleanly) end_waits(Error{why, {}});
  wake_watchers();
  while (writing_ || tending_ || compacting_ || jobs_ > 0) co_await idle_.wait();
  end_waits(Error{why, {}});
  if (cleanly) {
    if (auto close = log_->start_close(); close && *close) {
      auto job = *std::move(close);
      co_await run_job(aio::Lane::kAppend, *job);
      auto done = log_->finish(std::move(job));
      if (!done) {
        shard_.logger.error("close: {}", done.error().context);
        if (log_->poisoned()) shard_.fatal(done.error());
      }
    }
  }
  co_await tasks_.drained();
}

}  // namespace sl::replica
