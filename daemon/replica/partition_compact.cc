// Compaction of one partition: the steps of a pass on the pool, each followed by the pause that the pace asks for, so
// that it can end between any two; and the swaps, which wait until nobody else changes the segments.
#include "replica/partition.h"

namespace sl::replica {

std::optional<double> Partition::compaction_due() {
  if (!serving_) return std::nullopt;
  auto ratio = log_->clean_due(shard_.runtime.wall_ms(), high_watermark());
  if (log_->roll_due()) start_writer();
  return ratio;
}

aio::Task<bool> Partition::compact(CleanPace& pace, storage::CleanOptions options) {
  if (compacting_ || !serving_) co_return false;
  auto job = log_->start_clean(options, shard_.runtime.wall_ms(), high_watermark());
  if (!job) co_return false;
  compacting_ = true;
  for (;;) {
    if (!serving_) job->give_up();
    co_await run_job(aio::Lane::kBackground, *job);
    auto state = job->state();
    if (state == storage::CleanJob::State::kDone || state == storage::CleanJob::State::kFailed) break;
    if (state == storage::CleanJob::State::kSwap) co_await swap_segments(*job);
    int64_t go_on_ns = pace.moved(job->moved_bytes(), shard_.runtime.mono_ns());
    if (serving_ && go_on_ns > shard_.runtime.mono_ns()) (void)co_await pause_.wait_until(go_on_ns);
  }
  bool done = job->state() == storage::CleanJob::State::kDone;
  if (!done && job->error().code != Errc::kCancelled)
    shard_.logger.warn("compaction of {}-{}: {}", log_->topic().text(), log_->partition().value, job->error().context);
  log_->finish(std::move(job));
  compacting_ = false;
  idle_.notify();
  co_return done;
}

aio::Task<void> Partition::swap_segments(storage::CleanJob& job) {
  for (;;) {
    auto swap = log_->start_swap(job);
    if (!swap && swap.code() == Errc::kWouldBlock) {
      co_await idle_.wait();
      continue;
    }
    if (!swap) {
      job.give_up();
      co_return;
    }
    auto running = *std::move(swap);
    co_await run_job(aio::Lane::kBackground, *running);
    auto done = log_->finish(job, std::move(running));
    idle_.notify();
    if (done) co_return;
    shard_.logger.error("compaction of {}-{}: {}", log_->topic().text(), log_->partition().value, done.error().context);
    if (log_->poisoned()) shard_.fatal(done.error());
    co_return;
  }
}

}  // namespace sl::replica
