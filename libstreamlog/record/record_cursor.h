// Reading the records of a batch. Bytes from outside: every length is checked against what is there before it is
// used, and a batch must hold exactly the records its header announces. RecordCursor walks one by one, for consumers;
// check_records() is the broker's look at a batch that a client produced.
#pragma once
#include "base/varint.h"
#include "record/batch.h"
#include "record/compression.h"
#include "record/record.h"

namespace sl::record {

class RecordCursor {
 public:
  // At the first record of `batch`, decompressed into `decompressor` if need be; the views it yields live as long as
  // the batch, and for a compressed one as long as the decompressor's output (see Decompressor::keep). The CRC is the
  // caller's to check.
  static Result<RecordCursor> open(BatchView batch, Decompressor& decompressor);

  // The next record; false behind the last one. kInvalidRecord where the framing is broken; the cursor stays there.
  Result<bool> next(RecordView& record) {
    if (parse(record)) [[likely]]
      return true;
    if (left_ == 0 && at_ == end_) return false;
    return broken();
  }
  int32_t remaining() const { return left_; }
  // Where the next record's bytes begin; behind the last one, where they end. A copy of a cursor walks on its own.
  const uint8_t* at() const { return at_; }

 private:
  RecordCursor(BatchView batch, Bytes records);
  bool parse(RecordView& record);
  bool parse_headers(RecordView& record, const uint8_t* from, const uint8_t* end);
  Error broken() const;

  const uint8_t* at_;
  const uint8_t* end_;
  int32_t left_;  // records not yet read
  int32_t count_;
  int32_t next_delta_ = 0;  // offset deltas rise: the least the next one may be
  int32_t last_delta_;
  int64_t base_offset_;
  int64_t base_timestamp_ms_;
  bool log_append_time_;
  int64_t max_timestamp_ms_;
};

// What the broker learns by checking a batch.
struct RecordStats {
  int32_t count = 0;
  // Of the records themselves (-1 for none), whatever the header says; a producer's header may lie.
  int64_t max_timestamp_ms = -1;
  int64_t min_timestamp_ms = -1;
  // Offset delta of the first record with max_timestamp_ms.
  int32_t max_timestamp_delta = 0;
  // A compacted topic refuses records without key.
  bool null_key = false;
  // Bytes of the records section, decompressed.
  size_t uncompressed_bytes = 0;
};

struct CheckOptions {
  // Offset deltas must be 0..n-1, as a producer's are; else they only have to rise, as after compaction.
  bool contiguous = true;
};

// Checks the framing of every record. kInvalidRecord with a sentence that names the record, or what decompress()
// answers. The CRC is the caller's to check.
Result<RecordStats> check_records(BatchView batch, Decompressor& decompressor, const CheckOptions& options = {});

// Records are mostly of one size: asks for the one that lies four further on, which the processor does not guess.
// Beyond the end of the batch that is no error, only useless.
inline void prefetch_record(const uint8_t* next, int32_t length) {
  __builtin_prefetch(
      reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(next) + 4 * static_cast<size_t>(length)));
}

// The fast path of the common record, inline: everything but headers.
inline bool RecordCursor::parse(RecordView& record) {
  int32_t length, offset_delta, key_length, value_length, header_count;
  int64_t timestamp_delta;
  const uint8_t* p = get_varint(at_, end_, length);
  if (left_ <= 0 || !p || length < 1 || length > end_ - p) return false;
  const uint8_t* end = p + length;
  prefetch_record(end, length);
  ++p;  // attributes: Kafka defines none and reads past them
  if (!(p = get_varlong(p, end, timestamp_delta))) return false;
  if (!(p = get_varint(p, end, offset_delta))) return false;
  if (offset_delta < next_delta_ || offset_delta > last_delta_) return false;
  if (!(p = get_varint(p, end, key_length)) || key_length < -1 || key_length > end - p) return false;
  if (key_length >= 0) {
    record.key.emplace(p, static_cast<size_t>(key_length));
    p += key_length;
  } else {
    record.key.reset();
  }
  if (!(p = get_varint(p, end, value_length)) || value_length < -1 || value_length > end - p) return false;
  if (value_length >= 0) {
    record.value.emplace(p, static_cast<size_t>(value_length));
    p += value_length;
  } else {
    record.value.reset();
  }
  if (!(p = get_varint(p, end, header_count))) return false;
  record.header_bytes = {};
  record.header_count = 0;
  if (header_count != 0) {
    record.header_count = header_count;
    if (!parse_headers(record, p, end)) return false;
  } else if (p != end) {
    return false;
  }
  record.offset = Offset(base_offset_ + offset_delta);
  record.timestamp_ms =
      log_append_time_
          ? max_timestamp_ms_
          : static_cast<int64_t>(static_cast<uint64_t>(base_timestamp_ms_) + static_cast<uint64_t>(timestamp_delta));
  at_ = end;
  next_delta_ = offset_delta < INT32_MAX ? offset_delta + 1 : offset_delta;
  --left_;
  return true;
}

}  // namespace sl::record
