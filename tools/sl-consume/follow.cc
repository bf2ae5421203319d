#include "tools/sl-consume/follow.h"

namespace sl::tools::consume {
namespace {

// One consumer's answers, printed.
class Follower {
 public:
  Follower(Run& run, client::Consumer& consumer)
      : run_(run), consumer_(consumer), decompressor_(&run.session.cluster.pool()) {}

  aio::Task<void> run_to_end() {
    begun_.assign(consumer_.assignment_count(), false);
    last_record_ms_ = run_.session.runtime.mono_ms();
    while (!run_.over()) {
      if (!consumer_.ready()) co_await run_.flush();
      if (run_.over()) break;
      auto fetched = co_await consumer_.next(wait_ms());
      if (!fetched) {
        run_.fail(fetched.error());
        break;
      }
      co_await take(*fetched);
    }
  }

 private:
  int64_t wait_ms() const {
    if (run_.options.idle_ms < 0) return -1;
    return std::max<int64_t>(last_record_ms_ + run_.options.idle_ms - run_.session.runtime.mono_ms(), 0);
  }

  aio::Task<void> take(const client::Fetched& fetched) {
    using Kind = client::Fetched::Kind;
    switch (fetched.kind) {
      case Kind::kRecords:
        begun_[fetched.index] = true;
        co_await print(fetched);
        if (run_.options.idle_ms >= 0) last_record_ms_ = run_.session.runtime.mono_ms();
        break;
      case Kind::kCaughtUp:
      case Kind::kEnded:
        run_.reached(consumer_, fetched);
        break;
      case Kind::kSkipped:
        run_.lost(consumer_, fetched, !begun_[fetched.index]);
        break;
      case Kind::kAdded:
        begun_.resize(fetched.index + 1, false);
        run_.added(consumer_, fetched.index);
        break;
      case Kind::kGone:
        run_.gone(consumer_, fetched.index);
        break;
      case Kind::kFinished:
        run_.finished();
        run_.end();
        break;
      case Kind::kTimedOut:
        run_.end();
        break;
    }
  }

  aio::Task<void> print(const client::Fetched& fetched) {
    const client::Assignment& of = consumer_.assignment(fetched.index);
    for (const record::BatchView& batch : fetched.batches) {
      RecordContext context{of.topic, of.partition, batch.leader_epoch(), batch.log_append_time()};
      auto cursor = record::RecordCursor::open(batch, decompressor_);
      if (!cursor) co_return fail(of, cursor.error());
      for (;;) {
        auto step = run_.printer.print(run_.output, *cursor, context, fetched.from, fetched.until);
        if (!step) co_return fail(of, step.error());
        if (*step == Printer::Step::kEnough) co_return run_.end();
        if (*step == Printer::Step::kDone) break;
        co_await run_.flush();
        if (run_.over()) co_return;
      }
    }
  }

  void fail(const client::Assignment& of, const Error& why) {
    Error error{why.code, fmt::format("{} [{}]: {}", of.topic, of.partition.value, error_text(why))};
    run_.fail(error);
  }

  Run& run_;
  client::Consumer& consumer_;
  record::Decompressor decompressor_;
  std::vector<bool> begun_;  // of each partition something was read
  int64_t last_record_ms_ = 0;
};

}  // namespace

aio::Task<void> follow(Run& run, std::vector<client::Assignment> assignments) {
  client::Consumer consumer(run.session.cluster, run.options.consumer);
  run.enter(consumer);
  auto assigned = co_await consumer.assign(std::move(assignments));
  if (!assigned) {
    run.fail(assigned.error());
  } else {
    for (size_t i = 0; i < consumer.assignment_count(); ++i) run.say_begin(consumer, i);
    if (auto subscription = subscription_of(run.options)) consumer.subscribe(*std::move(subscription));
    if (!run.options.exit_at_end && !run.options.range.to) run.watch_output();
    Follower follower(run, consumer);
    co_await follower.run_to_end();
  }
  co_await run.leave();
}

}  // namespace sl::tools::consume
