#include "group/offsets_partition.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "group/record_codec.h"
#include "group/stored_groups.h"
#include "record/record_cursor.h"

namespace sl::group {
namespace {

// What a load reads and applies without letting others have the loop: about a millisecond's work.
constexpr size_t kLoadBytes = 128 << 10;
// A start reads at most about so many records behind the groups that the index holds.
constexpr int64_t kUnstoredMax = 5'000;

}  // namespace

OffsetsPartition::OffsetsPartition(CoordinatorShard& shard, std::shared_ptr<replica::Partition> log)
    : shard_(shard), log_(std::move(log)), groups_(shard.settings), loaded_(shard.runtime) {}

OffsetsPartition::~OffsetsPartition() {
  assert(questions_.empty() && pending_.empty());
}

aio::Task<Status> OffsetsPartition::load() {
  record::Decompressor decompressor(&shard_.buffers);
  auto stored = co_await take_stored();
  if (stored && !stored->batch.empty()) apply_batch(record::BatchView(as_bytes(stored->batch)), decompressor);
  Offset next = stored_ = stored ? stored->applied : log_->log().log_start();
  Status status;
  while (state_ == State::kLoading && next < log_->high_watermark()) {
    auto read = co_await log_->read(next, kLoadBytes, false);
    if (!read) {
      status = read.error();
      break;
    }
    if (read->bytes == 0) break;
    for (const Slice& slice : read->slices)
      for (Bytes left = slice.bytes; !left.empty();) {
        record::BatchView batch = *record::parse_batch(left);  // what a log reads has been checked
        apply_batch(batch, decompressor);
        left = left.subspan(batch.size());
      }
    next = read->next;
  }
  if (status && state_ != State::kLoading) status = Errc::kNotCoordinator;
  if (status) groups_.loaded(now());
  if (state_ == State::kLoading) state_ = status ? State::kActive : State::kClosed;
  if (active()) shard_.deadline(groups_.next_deadline_ms());
  loaded_.notify();
  co_return status;
}

// What the index holds, where it may be believed. Compaction may have taken away the tombstones of what is in it, once
// they were old enough.
aio::Task<std::optional<StoredGroups>> OffsetsPartition::take_stored() {
  Result<std::optional<StoredGroups>> stored = Errc::kCancelled;
  std::function<void()> work = [this, &stored] {
    stored = load_groups(shard_.index, log_->log().topic(), log_->log().partition());
  };
  co_await shard_.runtime.run_in_pool(aio::Lane::kRead, std::move(work));
  if (!stored) {
    shard_.logger.warn("groups in the index: {}", stored.error().context);
    co_return std::nullopt;
  }
  const storage::PartitionLog& log = log_->log();
  bool usable = *stored && (*stored)->applied >= log.log_start() && (*stored)->applied <= log_->high_watermark() &&
                shard_.runtime.wall_ms() - (*stored)->wall_ms < log.settings().delete_retention_ms;
  if (!usable) co_return std::nullopt;
  co_return *std::move(stored);
}

aio::Task<void> OffsetsPartition::store(bool all) {
  Offset applied = log_->high_watermark();
  if (!active() || storing_ || !pending_.empty() || telling_ || !groups_.settled()) co_return;
  if (applied == stored_ || (!all && applied - stored_ < kUnstoredMax)) co_return;
  storing_ = true;
  std::vector<Record> records = groups_.image();
  int64_t wall_ms = shard_.runtime.wall_ms();
  Status done;
  std::function<void()> work = [this, &records, &done, applied, wall_ms] {
    done = store_groups(shard_.index, log_->log().topic(), log_->log().partition(), applied, wall_ms, records,
                        shard_.buffers);
  };
  co_await shard_.runtime.run_in_pool(aio::Lane::kBackground, std::move(work));
  storing_ = false;
  if (done) stored_ = applied;
  if (!done) shard_.logger.warn("groups are not stored in the index: {}", done.error().context);
}

void OffsetsPartition::apply_batch(record::BatchView batch, record::Decompressor& decompressor) {
  if (batch.control()) return;
  auto skip = [&](Offset offset, const Error& why) {
    // A record that nobody understands must not take all other groups with it.
    shard_.logger.error("{}-{}: the record at offset {} is passed over: {}", log_->log().topic().text(),
                        log_->log().partition().value, offset.value, why.context);
  };
  auto cursor = record::RecordCursor::open(batch, decompressor);
  if (!cursor) return skip(batch.base_offset(), cursor.error());
  record::RecordView record;
  for (;;) {
    auto more = cursor->next(record);
    if (!more) return skip(batch.base_offset(), more.error());
    if (!*more) return;
    if (!record.key) continue;
    auto decoded = decode(*record.key, record.value);
    // Groups of kinds that are not served here (KIP-932, KIP-1071) may lie in a log that another server wrote.
    if (!decoded && decoded.code() != Errc::kUnsupportedVersion) skip(record.offset, decoded.error());
    if (decoded && *decoded) groups_.apply(**decoded);
  }
}

aio::Task<Status> OffsetsPartition::loaded() {
  while (state_ == State::kLoading) co_await loaded_.wait();
  if (state_ == State::kClosed) co_return Errc::kNotCoordinator;
  co_return Status();
}

void OffsetsPartition::carry_out(Outcome out) {
  for (Answer& answer : out.answers) {
    auto question = questions_.find(answer.request);
    if (question == questions_.end()) continue;
    question->second->settle(std::move(answer));
    questions_.erase(question);
  }
  for (Append& one : out.appends) append(std::move(one));
  // Only now: the fate of the first of these must not bring forth others of its group before the second is queued.
  if (!telling_ && !pending_.empty()) tasks_.spawn(tell_fates());
  if (active()) shard_.deadline(groups_.next_deadline_ms());
}

Result<storage::CheckedBatch> OffsetsPartition::checked_batch(const std::vector<Record>& records) {
  size_t bytes_max = std::min(kProduceFrameBytesMax, static_cast<size_t>(log_->log().settings().segment_bytes));
  int64_t wall_ms = shard_.runtime.wall_ms();
  storage::CheckedBatch batch;
  SL_TRY(batch.batch, batch_of(records, wall_ms, bytes_max, shard_.buffers));
  batch.record_count = static_cast<int32_t>(records.size());
  batch.max_timestamp_ms = wall_ms;
  return batch;
}

void OffsetsPartition::append(Append append) {
  Pending pending{std::move(append.group), append.source, append.ticket, Errc::kNone, nullptr};
  auto batch = checked_batch(append.records);
  Result<storage::Appended> appended = batch ? log_->append(*batch) : Result<storage::Appended>(batch.error());
  if (appended) {
    pending.durability = log_->durability(appended->next);
  } else {
    pending.error = appended.code();
    shard_.logger.error("group '{}': {}", pending.group, appended.error().context);
  }
  pending_.push_back(std::move(pending));
}

aio::Task<void> OffsetsPartition::tell_fates() {
  telling_ = true;
  while (!pending_.empty()) {
    Pending next = std::move(pending_.front());
    pending_.pop_front();
    if (next.durability) {
      auto durable = co_await replica::Partition::wait_durable(std::move(next.durability));
      next.error = durable.code();
    }
    Outcome out;
    groups_.settled(next.group, next.source, next.ticket, next.error, shard_.topics, now(), out);
    carry_out(std::move(out));
  }
  telling_ = false;
}

aio::Task<void> OffsetsPartition::close(Errc error) {
  state_ = State::kClosed;
  loaded_.notify();
  Outcome out;
  groups_.unload(error, out);
  carry_out(std::move(out));
  // Whoever asks after this is refused; the appends under way end with the log, whatever becomes of them.
  co_await tasks_.drained();
}

}  // namespace sl::group
