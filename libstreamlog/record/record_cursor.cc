// The rare paths of RecordCursor (headers, errors), and the broker's check of a produced batch. The check has its own
// loop: it makes no views, so that the common record costs little more than its cache miss.
#include "record/record_cursor.h"

#include <fmt/core.h>

namespace sl::record {
namespace {

// The least a record can be: its length, attributes, four one-byte varints and a header count.
constexpr size_t kRecordBytesMin = 7;
// The least a header can be: two lengths.
constexpr int64_t kRecordHeaderBytesMin = 2;

// Behind `count` headers that begin at `from`, or null where they are broken.
const uint8_t* skip_headers(const uint8_t* from, const uint8_t* end, int32_t count) {
  if (count < 0 || count > (end - from) / kRecordHeaderBytesMin) return nullptr;
  for (int32_t i = 0; i < count; ++i) {
    int32_t length;
    if (!(from = get_varint(from, end, length)) || length < 0 || length > end - from) return nullptr;
    from += length;
    if (!(from = get_varint(from, end, length)) || length < -1 || length > end - from) return nullptr;
    if (length > 0) from += length;
  }
  return from;
}

Result<Bytes> records_of(BatchView batch, Decompressor& decompressor) {
  int32_t count = batch.record_count();
  if (count < 0 || batch.last_offset_delta() < 0)
    return Error{Errc::kInvalidRecord,
                 fmt::format("a batch announces {} records up to offset delta {}", count, batch.last_offset_delta())};
  // Compaction leaves batches that hold nothing but a producer's last sequence.
  if (count == 0 && batch.records().empty()) return Bytes{};
  SL_TRY(Bytes records, decompressor.decompress(batch.codec(), batch.records()));
  if (records.size() / kRecordBytesMin < static_cast<size_t>(count))
    return Error{Errc::kInvalidRecord, fmt::format("a batch announces {} records in {} bytes", count, records.size())};
  return records;
}

// What the check knows on its way through a batch.
struct Check {
  const uint8_t* at;
  const uint8_t* end;
  int32_t least_delta = 0;
  int32_t most_delta = 0;
  bool contiguous;
  int64_t base_timestamp_ms;
  int64_t min_timestamp_ms = INT64_MAX;
  int64_t max_timestamp_ms = INT64_MIN;
  int32_t max_timestamp_delta = 0;
  bool null_key = false;
};

// Moves behind one record; what is wrong with it, or null.
inline const char* check_record(Check& c) {
  int32_t length, offset_delta, field, header_count;
  int64_t timestamp_delta;
  const uint8_t* p = get_varint(c.at, c.end, length);
  if (!p || length < 1 || length > c.end - p) return "its length does not fit the batch";
  const uint8_t* end = p + length;
  prefetch_record(end, length);
  if (*p++ != 0) return "it has attributes that do not exist";
  if (!(p = get_varlong(p, end, timestamp_delta))) return "its timestamp is broken";
  if (!(p = get_varint(p, end, offset_delta))) return "its offset is broken";
  if (offset_delta < c.least_delta || offset_delta > (c.contiguous ? c.least_delta : c.most_delta))
    return "its offset is out of order";
  c.least_delta = offset_delta < INT32_MAX ? offset_delta + 1 : offset_delta;
  if (!(p = get_varint(p, end, field)) || field < -1 || field > end - p) return "its key is broken";
  if (field < 0)
    c.null_key = true;
  else
    p += field;
  if (!(p = get_varint(p, end, field)) || field < -1 || field > end - p) return "its value is broken";
  if (field > 0) p += field;
  if (!(p = get_varint(p, end, header_count))) return "its headers are broken";
  if (header_count != 0 && !(p = skip_headers(p, end, header_count))) return "its headers are broken";
  if (p != end) return "its length is not that of its content";
  auto timestamp_ms =
      static_cast<int64_t>(static_cast<uint64_t>(c.base_timestamp_ms) + static_cast<uint64_t>(timestamp_delta));
  if (timestamp_ms > c.max_timestamp_ms) {
    c.max_timestamp_ms = timestamp_ms;
    c.max_timestamp_delta = offset_delta;
  }
  if (timestamp_ms < c.min_timestamp_ms) c.min_timestamp_ms = timestamp_ms;
  c.at = end;
  return nullptr;
}

}  // namespace

RecordCursor::RecordCursor(BatchView batch, Bytes records)
    : at_(records.data()),
      end_(records.data() + records.size()),
      left_(batch.record_count()),
      count_(batch.record_count()),
      last_delta_(batch.last_offset_delta()),
      base_offset_(batch.base_offset().value),
      base_timestamp_ms_(batch.base_timestamp_ms()),
      log_append_time_(batch.log_append_time()),
      max_timestamp_ms_(batch.max_timestamp_ms()) {}

Result<RecordCursor> RecordCursor::open(BatchView batch, Decompressor& decompressor) {
  SL_TRY(Bytes records, records_of(batch, decompressor));
  return RecordCursor(batch, records);
}

bool RecordCursor::parse_headers(RecordView& record, const uint8_t* from, const uint8_t* end) {
  if (skip_headers(from, end, record.header_count) != end) return false;
  record.header_bytes = {from, end};
  return true;
}

Error RecordCursor::broken() const {
  if (left_ == 0)
    return Error{Errc::kInvalidRecord, fmt::format("{} bytes follow the last record of a batch", end_ - at_)};
  return Error{Errc::kInvalidRecord, fmt::format("record {} of the {} in the batch at offset {} is malformed",
                                                 count_ - left_ + 1, count_, base_offset_)};
}

Result<RecordStats> check_records(BatchView batch, Decompressor& decompressor, const CheckOptions& options) {
  SL_TRY(Bytes records, records_of(batch, decompressor));
  int32_t count = batch.record_count();
  if (options.contiguous && count - 1 != batch.last_offset_delta())
    return Error{Errc::kInvalidRecord, fmt::format("a batch announces {} records but offset deltas up to {}", count,
                                                   batch.last_offset_delta())};
  Check c{.at = records.data(),
          .end = records.data() + records.size(),
          .most_delta = batch.last_offset_delta(),
          .contiguous = options.contiguous,
          .base_timestamp_ms = batch.base_timestamp_ms()};
  for (int32_t i = 0; i < count; ++i) {
    if (const char* wrong = check_record(c)) [[unlikely]]
      return Error{Errc::kInvalidRecord, fmt::format("record {} of {} is malformed: {}", i + 1, count, wrong)};
  }
  if (c.at != c.end)
    return Error{Errc::kInvalidRecord, fmt::format("{} bytes follow the last record of a batch", c.end - c.at)};
  RecordStats stats;
  stats.count = count;
  stats.null_key = c.null_key;
  stats.uncompressed_bytes = records.size();
  if (count > 0) {
    stats.max_timestamp_ms = c.max_timestamp_ms;
    stats.min_timestamp_ms = c.min_timestamp_ms;
    stats.max_timestamp_delta = c.max_timestamp_delta;
  }
  return stats;
}

}  // namespace sl::record
