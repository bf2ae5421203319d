// Checks in the order in which trust grows: length and magic, CRC, header, records; then what the topic allows.
#include "storage/batch_check.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "record/batch.h"
#include "record/record_cursor.h"
#include "record/rewrite.h"

namespace sl::storage {
namespace {

// Attribute bits that a producer may set: codec, timestamp type (refused below with its own error), transactional.
constexpr int16_t kProducerAttributes = 7 | 8 | 16;

Result<record::BatchView> parse_single(Bytes bytes) {
  if (bytes.size() > 16 && static_cast<int8_t>(bytes[16]) != record::kMagic)
    return Error{Errc::kUnsupportedForMessageFormat,
                 fmt::format("message format {} is too old; only record batches of magic 2 are accepted", bytes[16])};
  auto batch = record::parse_batch(bytes);
  if (!batch) return Error{Errc::kCorruptMessage, "the record batch is cut off or its length is impossible"};
  if (batch->size() != bytes.size())
    return Error{Errc::kInvalidRecord, "a produce request must hold exactly one record batch per partition"};
  return *batch;
}

Status check_header(record::BatchView batch) {
  if (!batch.crc_ok()) return Error{Errc::kCorruptMessage, "the record batch does not match its CRC"};
  if (batch.control()) return Error{Errc::kInvalidRecord, "clients may not write control records"};
  if (batch.attributes() & ~kProducerAttributes)
    return Error{Errc::kInvalidRecord, fmt::format("attributes {:#x} are not a producer's", batch.attributes())};
  if (batch.log_append_time())
    return Error{Errc::kInvalidTimestamp, "clients may not mark a batch as stamped by the log"};
  if (batch.record_count() <= 0) return Error{Errc::kInvalidRecord, "the record batch holds no record"};
  if (batch.last_offset_delta() != batch.record_count() - 1)
    return Error{Errc::kInvalidRecord, fmt::format("{} records do not fit the last offset delta {}",
                                                   batch.record_count(), batch.last_offset_delta())};
  if (batch.producer_id().value >= 0 && (batch.producer_epoch() < 0 || batch.base_sequence() < 0))
    return Error{Errc::kInvalidRecord, "a batch with a producer id needs an epoch and a sequence"};
  if (batch.producer_id().value < 0 && batch.transactional())
    return Error{Errc::kInvalidRecord, "a transactional batch needs a producer id"};
  return {};
}

Status check_size(size_t bytes, const LogSettings& settings) {
  if (bytes > kProduceFrameBytesMax || static_cast<int64_t>(bytes) > settings.max_message_bytes)
    return Error{Errc::kMessageTooLarge,
                 fmt::format("a batch of {} bytes is over the topic's max.message.bytes of {}", bytes,
                             std::min<int64_t>(settings.max_message_bytes, kProduceFrameBytesMax))};
  if (static_cast<int64_t>(bytes) > settings.segment_bytes)
    return Error{Errc::kRecordListTooLarge, fmt::format("a batch of {} bytes is over the topic's segment.bytes of {}",
                                                        bytes, settings.segment_bytes)};
  return {};
}

Status check_times(const record::RecordStats& stats, const LogSettings& settings, int64_t now_ms) {
  if (stats.max_timestamp_ms > now_ms && stats.max_timestamp_ms - now_ms > settings.timestamp_after_max_ms)
    return Error{Errc::kInvalidTimestamp,
                 fmt::format("a record's time {} is more than message.timestamp.after.max.ms ({}) ahead of the server",
                             format_time(stats.max_timestamp_ms), settings.timestamp_after_max_ms)};
  if (stats.min_timestamp_ms >= 0 && settings.timestamp_before_max_ms != kUnlimited &&
      now_ms - stats.min_timestamp_ms > settings.timestamp_before_max_ms)
    return Error{Errc::kInvalidTimestamp,
                 fmt::format("a record's time {} is more than message.timestamp.before.max.ms ({}) in the past",
                             format_time(stats.min_timestamp_ms), settings.timestamp_before_max_ms)};
  return {};
}

MutableBytes writable(const Slice& batch) {
  return {const_cast<uint8_t*>(batch.bytes.data()), batch.bytes.size()};
}

}  // namespace

Result<CheckedBatch> check_batch(Slice batch, const LogSettings& settings, int64_t now_ms, BatchChecker& checker,
                                 BufferPool& buffers) {
  SL_TRY(record::BatchView view, parse_single(batch.bytes));
  SL_CHECK(check_size(view.size(), settings));
  SL_CHECK(check_header(view));
  SL_TRY(record::RecordStats stats, record::check_records(view, checker.decompressor));
  if (settings.compact && stats.null_key)
    return Error{Errc::kInvalidRecord, "a compacted topic needs a key in every record"};

  CheckedBatch checked{std::move(batch), view.record_count(), stats.max_timestamp_ms, -1};
  if (!settings.keep_producer_compression && view.codec() != settings.compression) {
    SL_TRY(checked.batch, record::recompress(view, settings.compression, settings.compression_level,
                                             checker.decompressor, checker.compressor, buffers));
    SL_CHECK(check_size(checked.batch.bytes.size(), settings));
  }
  if (settings.timestamp_type == TimestampType::kLogAppendTime) {
    record::set_log_append_time(writable(checked.batch), now_ms);
    checked.max_timestamp_ms = checked.log_append_time_ms = now_ms;
  } else {
    SL_CHECK(check_times(stats, settings, now_ms));
    record::set_max_timestamp(writable(checked.batch), stats.max_timestamp_ms);
  }
  return checked;
}

Result<Bytes> check_replicated(Bytes batches) {
  size_t whole = 0;
  std::optional<Offset> expected;
  while (whole < batches.size()) {
    auto batch = record::parse_batch(batches.subspan(whole));
    if (!batch && batch.code() == Errc::kWouldBlock) break;
    if (!batch) return Error{Errc::kCorruptMessage, "the leader sent bytes that are no record batch"};
    if (!batch->crc_ok() || batch->last_offset_delta() < 0 || batch->size() > kProduceFrameBytesMax)
      return Error{Errc::kCorruptMessage,
                   fmt::format("the leader's batch at offset {} is damaged", batch->base_offset().value)};
    if (expected && batch->base_offset() < *expected)
      return Error{
          Errc::kCorruptMessage,
          fmt::format("the leader's batch at offset {} does not follow the one before it", batch->base_offset().value)};
    expected = batch->next_offset();
    whole += batch->size();
  }
  return batches.first(whole);
}

}  // namespace sl::storage
