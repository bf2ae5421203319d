#include "tools/sl-consume/merged.h"

#include <numeric>

#include "tools/sl-consume/follow.h"
#include "tools/sl-consume/time_merge.h"

namespace sl::tools::consume {
namespace {

// The next answer of the consumer, with the output flushed before waiting for it; nothing where the run is over.
aio::Task<std::optional<client::Fetched>> next_answer(Run& run, client::Consumer& consumer) {
  if (!consumer.ready()) co_await run.flush();
  if (run.over()) co_return std::nullopt;
  auto fetched = co_await consumer.next();
  if (!fetched) {
    run.fail(fetched.error());
    co_return std::nullopt;
  }
  if (fetched->kind == client::Fetched::Kind::kSkipped) run.lost(consumer, *fetched, false);
  if (fetched->kind == client::Fetched::Kind::kGone) run.gone(consumer, fetched->index);
  co_return std::optional<client::Fetched>(*std::move(fetched));
}

aio::Task<void> merge(Run& run, client::Consumer& consumer, int64_t skip) {
  TimeMerge merge(consumer, run.session.cluster.pool());
  while (!run.over()) {
    auto step = merge.next();
    if (!step) co_return run.fail(step.error());
    if (*step == TimeMerge::Step::kEnd) co_return run.finished();
    if (*step == TimeMerge::Step::kMore) {
      auto fetched = co_await next_answer(run, consumer);
      if (!fetched) break;
      if (fetched->kind == client::Fetched::Kind::kEnded) run.reached(consumer, *fetched);
      merge.take(*fetched);
      continue;
    }
    if (skip > 0) {
      --skip;
      continue;
    }
    run.printer.print(run.output, merge.context(), merge.record());
    if (run.printer.enough()) run.end();
    if (run.output.full()) co_await run.flush();
  }
}

// Records of a batch with offsets in [from, until).
Result<int64_t> count_in(record::BatchView batch, Offset from, Offset until, record::Decompressor& decompressor) {
  if (batch.base_offset() >= from && batch.last_offset() < until) return int64_t{batch.record_count()};
  SL_TRY(auto cursor, record::RecordCursor::open(batch, decompressor));
  int64_t count = 0;
  record::RecordView record;
  for (;;) {
    SL_TRY(bool more, cursor.next(record));
    if (!more) return count;
    count += record.offset >= from && record.offset < until;
  }
}

// How many records there are in each range. Offsets are no count: compaction and transactions leave gaps.
aio::Task<std::vector<int64_t>> count_records(Run& run, std::vector<Range> ranges) {
  std::vector<int64_t> counts(ranges.size());
  client::Consumer consumer(run.session.cluster, merge_options(run.options.consumer, ranges.size()));
  record::Decompressor decompressor(&run.session.cluster.pool());
  run.enter(consumer);
  auto assigned = co_await consumer.assign(assignments_of(ranges));
  if (!assigned) run.fail(assigned.error());
  while (!run.over()) {
    auto fetched = co_await next_answer(run, consumer);
    if (!fetched || fetched->kind == client::Fetched::Kind::kFinished) break;
    for (const record::BatchView& batch : fetched->batches) {
      auto count = count_in(batch, fetched->from, fetched->until, decompressor);
      if (!count) run.fail(count.error());
      if (run.over()) break;
      counts[fetched->index] += *count;
    }
  }
  co_await run.leave();
  co_return counts;
}

// The ranges widened at their beginning until each holds `count` records or begins with the log; how many they hold.
aio::Task<int64_t> widen(Run& run, std::vector<Range>& ranges, int64_t count) {
  std::vector<int64_t> counts(ranges.size(), -1);
  for (int64_t width = count; !run.over(); width *= 4) {
    std::vector<size_t> asked;
    std::vector<Range> widened;
    for (size_t i = 0; i < ranges.size(); ++i) {
      bool enough = counts[i] >= count || (counts[i] >= 0 && ranges[i].from <= ranges[i].log_start);
      if (enough) continue;
      ranges[i].from = std::max(ranges[i].log_start, ranges[i].until - std::min(width, ranges[i].until.value));
      asked.push_back(i);
      widened.push_back(ranges[i]);
    }
    if (asked.empty()) break;
    auto counted = co_await count_records(run, std::move(widened));
    for (size_t i = 0; i < asked.size(); ++i) counts[asked[i]] = counted[i];
  }
  co_return std::accumulate(counts.begin(), counts.end(), int64_t{0});
}

}  // namespace

aio::Task<void> print_merged(Run& run, std::vector<Range> ranges, int64_t skip) {
  client::Consumer consumer(run.session.cluster, merge_options(run.options.consumer, ranges.size()));
  run.enter(consumer);
  auto assigned = co_await consumer.assign(assignments_of(ranges));
  if (!assigned) {
    run.fail(assigned.error());
  } else {
    for (size_t i = 0; i < consumer.assignment_count(); ++i) run.say_begin(consumer, i);
    co_await merge(run, consumer, skip);
  }
  co_await run.leave();
}

aio::Task<void> print_tail(Run& run, std::vector<client::Assignment> assignments, int64_t count) {
  for (auto& each : assignments) {
    each.from = client::Position::start();
    each.until = client::Position::end();
  }
  auto resolved = co_await resolve(run.session, std::move(assignments), true);
  if (!resolved) co_return run.fail(resolved.error());
  std::vector<Range> ranges = *std::move(resolved);
  if (count > 0) {
    int64_t found = co_await widen(run, ranges, count);
    if (!run.over()) co_await print_merged(run, ranges, std::max<int64_t>(found - count, 0));
  }
  if (run.over() || run.options.exit_at_end) co_return;
  std::vector<client::Assignment> behind;
  for (const Range& range : ranges)
    behind.push_back({range.topic, range.partition, client::Position::at(range.until), std::nullopt});
  co_await follow(run, std::move(behind));
}

}  // namespace sl::tools::consume
