// The broker's look at a batch from outside, before a log takes it: CRC, header, the framing of every record, times and
// sizes; and the only two rewritings there are, LogAppendTime and a topic's own compression. Pure work on bytes: it
// may run on a shard or on a pool thread, knows no offsets, and never sees a sequence (that is the log's part).
#pragma once
#include <cstdint>

#include "base/buffer.h"
#include "base/ids.h"
#include "base/result.h"
#include "record/compression.h"
#include "storage/settings.h"

namespace sl::storage {

// A batch that may be appended. Its bytes are the receiver's to change: the log writes baseOffset and epoch into them.
struct CheckedBatch {
  Slice batch;
  int32_t record_count = 0;
  int64_t max_timestamp_ms = -1;
  int64_t log_append_time_ms = -1;  // what a Produce answer says; -1 for CreateTime
};

// The tools of a check, each kept between batches. One thread at a time.
struct BatchChecker {
  record::Decompressor decompressor;
  record::Compressor compressor;
};

// Checks what a client produced: exactly one batch of magic 2. kCorruptMessage, kInvalidRecord, kInvalidTimestamp,
// kMessageTooLarge, kRecordListTooLarge, kUnsupportedForMessageFormat, kUnsupportedCompressionType.
Result<CheckedBatch> check_batch(Slice batch, const LogSettings& settings, int64_t now_ms, BatchChecker& checker,
                                 BufferPool& buffers);

// Checks what a leader sent: any number of whole batches, a part of one at the end is cut off (Kafka sends those).
// Every CRC, and offsets that continue each other. Returns the bytes of the whole batches. kCorruptMessage.
Result<Bytes> check_replicated(Bytes batches);

}  // namespace sl::storage
