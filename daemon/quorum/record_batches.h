// The metadata log's batches, both ways: records as one batch, and what a batch holds. Both files that are made of
// them, the log's segments and the snapshots, go through here.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/result.h"
#include "record/batch_builder.h"
#include "record/compression.h"
#include "wire/control_records.h"
#include "wire/metadata_records.h"

namespace sl::quorum {

struct PlacedRecord {
  Offset offset;
  wire::MetadataRecord record;
};

// What one batch says: ordinary records, or control records by their kind.
struct BatchContent {
  std::vector<PlacedRecord> records;
  std::optional<wire::LeaderChangeMessage> leader_change;
  std::optional<int16_t> kraft_version;
  std::optional<wire::VotersRecord> voters;
  std::optional<wire::SnapshotHeaderRecord> snapshot_header;
  bool snapshot_footer = false;
};

// The batch's CRC was checked. kUnsupportedVersion where a record is unknown here, with its offset: a newer version
// wrote it, and a node that passed over it would have another state than its peers. kCorrupt where it cannot be read.
Result<BatchContent> read_batch(record::BatchView batch, record::Decompressor& decompressor);

// One batch of encoded records. kTooLarge over `bytes_max` of them.
Result<Slice> build_batch(BufferPool& buffers, std::span<const std::string> encoded, int64_t timestamp_ms,
                          const record::BatchStamp& stamp, size_t bytes_max);
std::vector<std::string> encode_all(std::span<const wire::MetadataRecord> records);

}  // namespace sl::quorum
