// What compaction does to one batch: which of its records stay, and the batch anew without the others. Offsets, order,
// sequences and the records' own bytes do not change; the batch keeps its first and last offset, so that a log has no
// holes after compaction and whoever reads it still knows that nothing is missing (KIP-98, "Record Batch").
#pragma once
#include <cstdint>
#include <vector>

#include "base/buffer.h"
#include "record/batch.h"
#include "record/compression.h"
#include "record/record_cursor.h"
#include "storage/key_hash.h"
#include "storage/offset_map.h"
#include "storage/settings.h"

namespace sl::storage {

// What decides about a record.
struct CleanRules {
  const OffsetMap* newest = nullptr;
  HashSecret secret;
  Offset log_start;  // records before it are gone for readers, and go
  Offset end;        // records from it on were not looked at and stay
  int64_t now_ms = 0;
  int64_t delete_retention_ms = 0;    // how long a tombstone stays after the first pass that saw it (KIP-534)
  int level = record::kDefaultLevel;  // of compression, where `level_of` is the batch's codec
  record::Codec level_of = record::Codec::kNone;
};

struct CleanedBatch {
  enum class Fate { kSame, kChanged, kEmpty };
  Fate fate = Fate::kSame;
  Slice changed;                   // where records went or a horizon was set
  int64_t horizon_ms = INT64_MAX;  // when the next of its tombstones may go
};

class BatchCleaner {
 public:
  explicit BatchCleaner(BufferPool& buffers) : buffers_(&buffers), decompressor_(&buffers) {}
  // `keep_tombstones`: an older record of their keys may have been left behind, so they stay. A batch whose records
  // cannot be read is an error; so is one that does not fit into a batch any more (kTooLarge).
  Result<CleanedBatch> clean(record::BatchView batch, const CleanRules& rules, bool keep_tombstones);
  // The newest offsets of the batch's keys, below `end`. False where the map became full: then `full_at` is the first
  // offset that is not in it.
  Result<bool> learn(record::BatchView batch, const HashSecret& secret, OffsetMap& map, Offset& full_at);

 private:
  struct Kept {
    size_t records = 0;
    size_t bytes = 0;  // of their encoding
    int64_t max_timestamp_ms = -1;
    bool tombstone = false;
    bool all = true;
  };
  Result<Kept> choose(record::RecordCursor cursor, const CleanRules& rules, bool drop_tombstones);
  Result<Slice> rebuild(record::BatchView batch, record::RecordCursor cursor, const Kept& kept, int64_t horizon_ms,
                        const CleanRules& rules);

  BufferPool* buffers_;
  record::Decompressor decompressor_;
  record::Decompressor plain_;
  record::Compressor compressor_;
  std::vector<bool> chosen_;  // by the batch's records, in order
};

// A batch of no records that stands for the offsets [base, next): nobody's, or that of the producer whose last batch
// `like` was.
void empty_batch(MutableBytes header, Offset base, Offset next, Epoch epoch);
void empty_batch(MutableBytes header, record::BatchView like);

}  // namespace sl::storage
