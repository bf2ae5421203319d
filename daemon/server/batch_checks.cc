#include "server/batch_checks.h"

#include <fmt/core.h>

#include <deque>

#include "record/batch.h"

namespace sl::server {
namespace {

// The checksum costs a step for so many bytes.
constexpr size_t kBytesPerStep = 400;
// Decompressed bytes that one request may cause, and the last batch within that more: one or two seconds of a thread
// with gzip. A request of 16 MiB whose records shrink to a thirtieth stays below it.
constexpr uint64_t kWorkBytesMax = uint64_t{512} << 20;
// A checker that rests keeps no larger block than this: once four of 128 MiB were needed, they would stay for ever.
constexpr size_t kKeptBytesMax = 4 << 20;

struct Work {
  std::vector<BatchCheck>& checks;
  const std::vector<const storage::LogSettings*>& settings;  // by check; null: not to be looked at
  storage::BatchChecker& checker;
  BufferPool& buffers;
  int64_t now_ms;
};

void run(const Work& work) {
  uint64_t before = work.checker.decompressor.work_bytes();
  for (size_t i = 0; i < work.checks.size(); ++i) {
    BatchCheck& check = work.checks[i];
    if (!work.settings[i]) continue;
    if (work.checker.decompressor.work_bytes() - before >= kWorkBytesMax) {
      check.checked =
          Error{Errc::kRequestTimedOut,
                fmt::format("the batches of the request hold more than {} bytes decompressed", kWorkBytesMax)};
      continue;
    }
    check.checked =
        storage::check_batch(std::move(check.batch), *work.settings[i], work.now_ms, work.checker, work.buffers);
  }
}

}  // namespace

size_t BatchChecks::steps(Bytes batch, const storage::LogSettings& settings) {
  auto parsed = record::parse_batch(batch);
  // What is no batch, or too large, is refused at once.
  if (!parsed || static_cast<int64_t>(batch.size()) > settings.max_message_bytes) return 0;
  bool as_it_is = settings.keep_producer_compression || settings.compression == record::Codec::kNone;
  if (parsed->codec() != record::Codec::kNone || !as_it_is) return kStepsUnknown;
  auto records = static_cast<size_t>(std::max(parsed->record_count(), 0));
  return std::min(records, batch.size()) + batch.size() / kBytesPerStep;
}

Result<storage::CheckedBatch> BatchChecks::check_here(Slice batch, const storage::LogSettings& settings) {
  return storage::check_batch(std::move(batch), settings, runtime_.wall_ms(), here_, buffers_);
}

aio::Task<void> BatchChecks::check_in_pool(std::vector<BatchCheck>& checks) {
  Permits::Ask ask(slots_, 1);
  Permits::Share slot = co_await ask;
  // The loop may change a log's settings meanwhile. The partitions of a request are mostly of few topics.
  std::deque<storage::LogSettings> distinct;
  std::vector<const storage::LogSettings*> settings(checks.size(), nullptr);
  for (size_t i = 0; i < checks.size(); ++i) {
    if (!checks[i].partition->serving()) {  // After a stop nothing is worth a look.
      checks[i].checked = Errc::kNotLeaderOrFollower;
      continue;
    }
    const storage::LogSettings& now = checks[i].partition->log().settings();
    if (distinct.empty() || distinct.back() != now) distinct.push_back(now);
    settings[i] = &distinct.back();
  }
  std::unique_ptr<storage::BatchChecker> checker;
  if (resting_.empty()) {
    checker = std::make_unique<storage::BatchChecker>();
  } else {
    checker = std::move(resting_.back());
    resting_.pop_back();
  }
  Work work{checks, settings, *checker, buffers_, runtime_.wall_ms()};
  std::function<void()> job = [&work] { run(work); };
  co_await runtime_.run_in_pool(aio::Lane::kRead, std::move(job));
  checker->decompressor.rest(kKeptBytesMax);
  resting_.push_back(std::move(checker));
}

}  // namespace sl::server
