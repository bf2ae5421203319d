#include "tools/sl-consume/follow.h"

#include "tools/sl-consume/handover.h"

namespace sl::tools::consume {
namespace {

// One consumer's answers, printed.
class Follower {
 public:
  Follower(Run& run, client::Consumer& consumer, Handover& handover)
      : run_(run), consumer_(consumer), handover_(handover) {}

  aio::Task<void> run_to_end() {
    begun_.assign(consumer_.assignment_count(), false);
    last_record_ms_ = run_.session.runtime.mono_ms();
    while (!run_.over()) {
      if (!consumer_.ready()) co_await handover_.flush();
      if (run_.over()) break;
      auto fetched = co_await consumer_.next(handover_.wait_ms(wait_ms()));
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
        co_await handover_.take(consumer_.assignment(fetched.index), fetched);
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
        co_await handover_.flush(true);
        run_.finished();
        run_.end();
        break;
      case Kind::kTimedOut:
        // It may have been a batch that was waited for.
        if (wait_ms() != 0) break;
        co_await handover_.flush(true);
        run_.end();
        break;
    }
  }

  Run& run_;
  client::Consumer& consumer_;
  Handover& handover_;
  std::vector<bool> begun_;  // of each partition something was read
  int64_t last_record_ms_ = 0;
};

}  // namespace

aio::Task<void> follow(Run& run, std::vector<client::Assignment> assignments) {
  client::Consumer consumer(run.session.cluster, run.options.consumer);
  Handover handover(run, nullptr);
  run.enter(consumer);
  auto opened = co_await handover.open();
  if (!opened) run.fail(opened.error());
  auto assigned = co_await consumer.assign(std::move(assignments));
  if (!assigned) {
    run.fail(assigned.error());
  } else if (!run.over()) {
    for (size_t i = 0; i < consumer.assignment_count(); ++i) run.say_begin(consumer, i);
    if (auto subscription = subscription_of(run.options)) consumer.subscribe(*std::move(subscription));
    if (!run.options.exit_at_end && !run.options.range.to && !run.options.exec.given()) run.watch_output();
    Follower follower(run, consumer, handover);
    co_await follower.run_to_end();
  }
  co_await run.leave();
  co_await handover.close();
}

}  // namespace sl::tools::consume
