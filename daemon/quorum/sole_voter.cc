// Proposals: from the queue through one write and one sync for all that wait, to the listener and back.
#include "quorum/sole_voter.h"

#include "quorum/record_batches.h"

namespace sl::quorum {

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kFollower:
      return "follower";
    case Role::kLeader:
      return "leader";
    case Role::kStopped:
      return "stopped";
    case Role::kUnattached:
      break;
  }
  return "unattached";
}

SoleVoter::SoleVoter(QuorumSeams seams, SoleVoterOptions options, Listener& listener)
    : seams_(std::move(seams)),
      options_(std::move(options)),
      listener_(listener),
      written_(seams_.runtime),
      snapshot_due_(seams_.runtime.timers(), [this] { start_snapshot(); }) {
  tails_.bytes_max = 0;  // Nobody reads at the tail: what is committed here was proposed here.
}

SoleVoter::~SoleVoter() {
  assert(pending_.empty() && !writing_);
}

aio::Task<Result<Offset>> SoleVoter::propose(std::vector<wire::MetadataRecord> records) {
  if (role_ != Role::kLeader || stopping_ || failed_) co_return Errc::kNotController;
  if (records.empty()) co_return Errc::kInvalidRequest;
  int64_t now_ms = seams_.runtime.wall_ms();
  record::BatchStamp stamp;
  SL_CO_TRY(Slice batch, build_batch(seams_.buffers, encode_all(records), now_ms, stamp, kProposalBytesMax));
  Pending pending;
  pending.timestamp_ms = now_ms;
  pending.records = std::move(records);
  co_return co_await queue_and_wait(std::move(batch), std::move(pending));
}

// Puts a batch behind those that wait. Synchronous, so the order of calls is the order of the log.
Status SoleVoter::queue(Slice batch, Pending pending) {
  pending.bytes = batch.bytes.size();
  SL_TRY(storage::Appended appended, log_->append(std::move(batch), vote_.epoch));
  pending.base = appended.base;
  pending.next = appended.next;
  pending_.push_back(std::move(pending));
  start_writer();
  return {};
}

aio::Task<Result<Offset>> SoleVoter::queue_and_wait(Slice batch, Pending pending) {
  struct Wait {
    Proposal& proposal;
    bool await_ready() const noexcept { return proposal.done; }
    void await_suspend(std::coroutine_handle<> h) noexcept { proposal.waiter = h; }
    void await_resume() noexcept {}
  };
  Proposal proposal;
  pending.proposal = &proposal;
  SL_CO_CHECK(queue(std::move(batch), std::move(pending)));
  Wait wait{proposal};
  co_await wait;
  co_return std::move(proposal.result);
}

aio::Task<void> SoleVoter::run_job(aio::Lane lane, storage::Job& job) {
  storage::Job* running = &job;
  std::function<void()> work = [running] { running->run(); };
  co_await seams_.runtime.run_in_pool(lane, std::move(work));
}

void SoleVoter::start_writer() {
  if (writing_) return;
  writing_ = true;
  tasks_.spawn(write_groups());
}

aio::Task<void> SoleVoter::write_groups() {
  while (auto job = log_->start_write()) {
    co_await run_job(aio::Lane::kAppend, *job);
    auto progress = log_->finish(std::move(job));
    ++groups_written_;
    if (progress) {
      commit();
      continue;
    }
    seams_.logger.error("metadata log: {}", progress.error().context);
    end_waits(progress.error());
    if (log_->poisoned()) fail(std::move(progress).error());
  }
  writing_ = false;
  written_.notify();
}

// The leader's own share is what is synced, and alone it is the majority; but nothing counts before a record of this
// epoch does.
void SoleVoter::commit() {
  if (log_->synced_end() <= epoch_start_) return;
  high_watermark_ = std::max(high_watermark_, log_->synced_end());
  while (!failed_ && !pending_.empty() && pending_.front().next <= high_watermark_) {
    Pending pending = std::move(pending_.front());
    pending_.pop_front();
    take_committed(pending);
  }
}

void SoleVoter::take_committed(Pending& pending) {
  Status taken;
  Offset offset = pending.base;
  for (const auto& record : pending.records) {
    taken = listener_.on_committed(record, offset);
    if (!taken) break;
    ++offset;
  }
  applied_ = pending.next;
  last_timestamp_ms_ = pending.timestamp_ms;
  if (pending.proposal) {
    pending.proposal->result = taken ? Result<Offset>(pending.base) : Result<Offset>(taken.error());
    pending.proposal->done = true;
    if (pending.proposal->waiter) seams_.runtime.post(pending.proposal->waiter);
  }
  if (!taken) {
    fail(std::move(taken).error());
    end_waits(Error{Errc::kNotController, {}});
    return;
  }
  note_unsnapshotted(pending.bytes);
}

void SoleVoter::end_waits(const Error& error) {
  for (Pending& pending : pending_) {
    if (!pending.proposal) continue;
    pending.proposal->result = error;
    pending.proposal->done = true;
    if (pending.proposal->waiter) seams_.runtime.post(pending.proposal->waiter);
  }
  pending_.clear();
}

void SoleVoter::fail(Error error) {
  if (failed_) return;
  failed_ = true;
  if (seams_.fatal) seams_.fatal(std::move(error));
}

aio::Task<void> SoleVoter::stop(bool cleanly) {
  stopping_ = true;
  snapshot_due_.disarm();
  while (writing_) co_await written_.wait();
  co_await tasks_.drained();
  end_waits(Error{Errc::kNotController, {}});
  role_ = Role::kStopped;
  if (!cleanly || !log_ || failed_) co_return;
  auto close = log_->start_close();
  if (!close || !*close) co_return;
  auto job = *std::move(close);
  co_await run_job(aio::Lane::kAppend, *job);
  auto done = log_->finish(std::move(job));
  if (done) co_return;
  seams_.logger.error("metadata log: {}", done.error().context);
  if (log_->poisoned()) fail(std::move(done).error());
}

}  // namespace sl::quorum
