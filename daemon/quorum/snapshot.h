// Snapshots of the metadata (KIP-630): the whole state at a committed offset, in the record batches of the log itself:
// SnapshotHeader, KRaftVersion and Voters in a control batch, the state's records, a SnapshotFooter. The name says what
// it stands for: <end offset, exclusive, 20 digits>-<epoch of the record before it, 10 digits>.checkpoint.
//
// A file is written under `.part`, synced, renamed, and its directory synced: whatever bears the name is whole. It is
// read with every check all the same; a damaged one is passed over, and an older one with more of the log serves.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/file.h"
#include "base/ids.h"
#include "base/result.h"
#include "wire/control_records.h"
#include "wire/metadata_records.h"

namespace sl::quorum {

// When one is due: so many bytes of records, or so long after the first record that no snapshot has.
struct SnapshotPolicy {
  size_t record_bytes = 20 << 20;
  int64_t interval_ms = 3'600'000;
};
// The newest so many are kept; the log begins at the oldest of them once there are as many.
inline constexpr size_t kSnapshotsKept = 2;

struct SnapshotId {
  Offset end;
  Epoch epoch;
  auto operator<=>(const SnapshotId&) const = default;
  std::string file_name() const;
  static std::optional<SnapshotId> parse(std::string_view file_name);
};

struct Snapshot {
  SnapshotId id;
  int64_t last_timestamp_ms = 0;  // of the last record it stands for
  int16_t kraft_version = 0;
  wire::VotersRecord voters;
  std::vector<wire::MetadataRecord> records;
};

// All block. Those found by name, oldest first; leftovers of an interrupted write are removed.
Result<std::vector<SnapshotId>> list_snapshots(FileSystem& files, const std::string& directory);
Status write_snapshot(FileSystem& files, BufferPool& buffers, const std::string& directory, const Snapshot& snapshot);
// kCorrupt where the file is not whole; kUnsupportedVersion where it holds a record that is unknown here.
Result<Snapshot> read_snapshot(FileSystem& files, const std::string& directory, SnapshotId id);

}  // namespace sl::quorum
