// The only changes a broker makes behind a batch's CRC, each of which computes it anew: the append time of topics with
// message.timestamp.type=LogAppendTime, a true maxTimestamp where a producer's was wrong, and a topic's own
// `compression.type`. Everything else stays as the producer built it.
#pragma once
#include "base/buffer.h"
#include "record/batch.h"
#include "record/compression.h"

namespace sl::record {

// Marks the batch as log-append-time, `now_ms` being the time of all its records.
void set_log_append_time(MutableBytes batch, int64_t now_ms);
// Sets maxTimestamp; nothing happens where it is so already.
void set_max_timestamp(MutableBytes batch, int64_t max_timestamp_ms);
// The batch with its records compressed by `codec`, in a block from `pool`, all else equal. Records are copied, not
// checked: check_records() comes first. Errors are decompress()'s.
Result<Slice> recompress(BatchView batch, Codec codec, int level, Decompressor& decompressor, Compressor& compressor,
                         BufferPool& pool);

}  // namespace sl::record
