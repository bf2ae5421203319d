// What a topic's settings mean to its logs. Names, units and defaults are Kafka's (kafka.apache.org/documentation,
// "Topic Configs"), except flush.messages, which is 1 here: acknowledged means durable.
#pragma once
#include <cstdint>
#include <limits>

#include "record/batch.h"

namespace sl::storage {

inline constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

enum class TimestampType { kCreateTime, kLogAppendTime };

struct LogSettings {
  int64_t segment_bytes = int64_t{1} << 30;                   // segment.bytes; at most 2^31 - 1
  int64_t segment_ms = 7 * int64_t{86'400'000};               // segment.ms
  int64_t retention_ms = 7 * int64_t{86'400'000};             // retention.ms; negative: for ever
  int64_t retention_bytes = -1;                               // retention.bytes; negative: no limit
  int64_t flush_messages = 1;                                 // flush.messages
  int64_t flush_ms = kUnlimited;                              // flush.ms
  int64_t max_message_bytes = 1048588;                        // max.message.bytes, of a whole batch
  int64_t timestamp_before_max_ms = kUnlimited;               // message.timestamp.before.max.ms
  int64_t timestamp_after_max_ms = 3'600'000;                 // message.timestamp.after.max.ms
  TimestampType timestamp_type = TimestampType::kCreateTime;  // message.timestamp.type
  bool keep_producer_compression = true;                      // compression.type=producer
  record::Codec compression = record::Codec::kNone;           // otherwise
  int compression_level = std::numeric_limits<int>::min();    // record::kDefaultLevel
  bool delete_old = true;                                     // cleanup.policy has "delete"
  bool compact = false;                                       // cleanup.policy has "compact"
  int64_t delete_retention_ms = 86'400'000;                   // delete.retention.ms, of tombstones
  int64_t min_compaction_lag_ms = 0;                          // min.compaction.lag.ms
  int64_t max_compaction_lag_ms = kUnlimited;                 // max.compaction.lag.ms
  double min_cleanable_dirty_ratio = 0.5;                     // min.cleanable.dirty.ratio

  // Whether a record is synced before it is acknowledged and before anybody sees it. Otherwise written is enough.
  bool strict() const { return flush_messages <= 1 && flush_ms == kUnlimited; }
  bool operator==(const LogSettings&) const = default;
};

// How the daemon lays files out, for all logs.
struct StorageOptions {
  // Segments grow in steps that double from 64 KiB to 16 MiB; zeros mark the end of the log then.
  bool preallocate = false;
  // A producer of which nothing was heard for so long is forgotten (producer.id.expiration.ms).
  int64_t producer_expiration_ms = 86'400'000;
};

// A sparse index has an entry for about so many bytes of log. A constant, not a setting: then an index that is built
// again is equal to the one that was lost.
inline constexpr uint64_t kIndexIntervalBytes = 32 << 10;

}  // namespace sl::storage
