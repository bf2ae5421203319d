#include "group/offsets_partition.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "group/record_codec.h"
#include "record/batch_builder.h"
#include "record/record_cursor.h"

namespace sl::group {
namespace {

// What a load reads and applies without letting others have the loop: about a millisecond's work.
constexpr size_t kLoadBytes = 128 << 10;

}  // namespace

OffsetsPartition::OffsetsPartition(CoordinatorShard& shard, std::shared_ptr<replica::Partition> log)
    : shard_(shard), log_(std::move(log)), groups_(shard.settings), loaded_(shard.runtime) {}

OffsetsPartition::~OffsetsPartition() {
  assert(questions_.empty() && pending_.empty());
}

aio::Task<Status> OffsetsPartition::load() {
  record::Decompressor decompressor(&shard_.buffers);
  Offset next = log_->log().log_start();
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

Result<storage::CheckedBatch> OffsetsPartition::batch_of(const std::vector<Record>& records) {
  std::vector<wire::GroupRecordBytes> encoded;
  encoded.reserve(records.size());
  size_t bytes = 0;
  for (const Record& record : records) {
    encoded.push_back(encode(record));
    bytes += encoded.back().key.size() + (encoded.back().value ? encoded.back().value->size() : 0);
  }
  constexpr size_t kRecordOverhead = 32;
  size_t bytes_max = std::min(kProduceFrameBytesMax, static_cast<size_t>(log_->log().settings().segment_bytes));
  record::BatchBuilder builder(shard_.buffers, bytes_max,
                               record::kBatchHeaderBytes + bytes + kRecordOverhead * records.size());
  int64_t wall_ms = shard_.runtime.wall_ms();
  for (const auto& [key, value] : encoded) {
    std::optional<Bytes> value_bytes;
    if (value) value_bytes = as_bytes(*value);
    if (!builder.append(wall_ms, as_bytes(key), value_bytes))
      return Error{Errc::kRecordListTooLarge, fmt::format("a change of {} records is over {} bytes, which is the most "
                                                          "that one batch of __consumer_offsets may have",
                                                          records.size(), bytes_max)};
  }
  storage::CheckedBatch batch;
  batch.record_count = builder.count();
  batch.max_timestamp_ms = wall_ms;
  batch.batch = builder.finish(record::BatchStamp());
  return batch;
}

void OffsetsPartition::append(Append append) {
  Pending pending{std::move(append.group), append.source, append.ticket, Errc::kNone, nullptr};
  auto batch = batch_of(append.records);
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
