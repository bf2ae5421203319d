// What the index keeps of a log, and how: keys, values, reading it all back. Every key begins with 's', the topic and
// the partition, so a log's share is one range. Every value ends with a CRC over key and value: LMDB has none, and a
// value under a foreign key is as wrong as a damaged one. What does not decode is as if it were not there.
//
//   state       recovery point, its anchor, log start, records before it
//   segment     by base offset: SegmentStats and the number of index entries
//   chunk       by segment and first offset: up to 64 index entries
//   epochs      by number: up to 120 (epoch, start)
//   producer    by id: epoch, next sequence, up to five batches
//   cleaned     how far compaction came, and when the next tombstone may go
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/uuid.h"
#include "kv/store.h"
#include "storage/epochs.h"
#include "storage/log_place.h"
#include "storage/producers.h"
#include "storage/segment.h"

namespace sl::storage {

// Everything before the recovery point is on disk and was whole.
struct StoredState {
  Offset recovery_point;
  Offset segment;         // that holds it
  uint64_t position = 0;  // in it
  BatchMark anchor;       // the batch that ends there; size 0: the segment is empty
  Offset log_start;
  int64_t records_before_start = 0;
  bool operator==(const StoredState&) const = default;
};

struct StoredSegment {
  Offset base;
  SegmentStats stats;
  uint64_t index_entries = 0;
};

// Without it all of the log is compacted again, which changes nothing.
struct StoredCleaned {
  Offset end{0};
  int64_t horizon_ms = INT64_MAX;
};

struct StoredChunk {
  size_t first = 0;  // number of its first entry in the segment
  std::vector<IndexEntry> entries;
};

struct StoredLog {
  StoredState state;
  std::vector<StoredSegment> segments;  // by base
  std::vector<EpochStart> epochs;
  std::vector<std::pair<ProducerId, ProducerEntry>> producers;
  StoredCleaned cleaned;
  StoredChunk tail;  // the last chunk of the segment that holds the recovery point

  const StoredSegment* find(Offset base) const;
};

inline constexpr size_t kEpochsPerValue = 120;

std::string log_prefix(const Uuid& topic, Partition partition);
std::string state_key(const LogPlace& place);
std::string segment_key(const LogPlace& place, Offset base);
std::string chunk_prefix(const LogPlace& place, Offset base);
std::string chunk_key(const LogPlace& place, Offset base, Offset first);
std::string epochs_key(const LogPlace& place, int32_t number);
std::string producer_key(const LogPlace& place, ProducerId id);

std::string cleaned_key(const LogPlace& place);

std::string encode_state(std::string_view key, const StoredState& state);
std::string encode_segment(std::string_view key, const SegmentStats& stats, uint64_t index_entries);
std::string encode_chunk(std::string_view key, size_t first, std::span<const IndexEntry> entries);
std::string encode_epochs(std::string_view key, std::span<const EpochStart> starts);
std::string encode_producer(std::string_view key, const ProducerEntry& entry);
std::string encode_cleaned(std::string_view key, const StoredCleaned& cleaned);
std::optional<StoredChunk> decode_chunk(std::string_view key, std::string_view value);

// The state alone.
Result<std::optional<StoredState>> load_state(kv::Reader& reader, const LogPlace& place);
// All of it but the chunks; nothing where there is no usable state. Errors are the store's.
Result<std::optional<StoredLog>> load_log(const LogPlace& place);

struct FoundEntry {
  std::optional<IndexEntry> entry;   // the last one at or before the offset
  std::optional<IndexEntry> before;  // the one before that, if it is near
};
// Nothing where the index has nothing usable.
Result<FoundEntry> find_stored(const LogPlace& place, Offset base, Offset offset);
// The last entry before which every time is less than `timestamp_ms`.
Result<std::optional<IndexEntry>> find_stored_time(const LogPlace& place, Offset base, int64_t timestamp_ms);

// Forgets a whole log, or one segment of it.
Status forget_log(kv::Store& index, const Uuid& topic, Partition partition);
Status forget_log(kv::Writer& writer, const Uuid& topic, Partition partition);
Status forget_segment(kv::Writer& writer, const LogPlace& place, Offset base);

}  // namespace sl::storage
