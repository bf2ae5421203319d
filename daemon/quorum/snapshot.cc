// Snapshot files, written and read. Offsets inside a file count from 0; its batches carry the epoch of its name.
#include "quorum/snapshot.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "quorum/record_batches.h"

namespace sl::quorum {
namespace {

constexpr std::string_view kSuffix = ".checkpoint";
constexpr std::string_view kPartSuffix = ".part";
constexpr size_t kOffsetDigits = 20;
constexpr size_t kEpochDigits = 10;
// A batch is closed once it holds so many bytes of records.
constexpr size_t kBatchBytes = 256 << 10;
constexpr size_t kFileBytesMax = size_t{1} << 30;

template <class Int>
bool parse_digits(std::string_view text, Int& value) {
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size() && value >= 0;
}

// Appends batches to a file, and counts their offsets.
class Output {
 public:
  Output(File& file, BufferPool& buffers, const Snapshot& snapshot)
      : file_(file), buffers_(buffers), timestamp_ms_(snapshot.last_timestamp_ms) {
    stamp_.leader_epoch = snapshot.id.epoch;
    stamp_.base_offset = Offset(0);
  }
  Status control(std::span<const record::ControlRecord> records) {
    return write(record::build_control_batch(timestamp_ms_, stamp_, records));
  }
  Status records(std::span<const std::string> encoded) {
    SL_TRY(Slice batch, build_batch(buffers_, encoded, timestamp_ms_, stamp_, kMaxBatch));
    return write(batch);
  }

 private:
  static constexpr size_t kMaxBatch = 16 << 20;
  Status write(const Slice& batch) {
    const Bytes bytes = batch.bytes;
    SL_CHECK(file_.write_at(std::span<const Bytes>(&bytes, 1), at_));
    at_ += bytes.size();
    stamp_.base_offset = record::BatchView(bytes).next_offset();
    return {};
  }
  File& file_;
  BufferPool& buffers_;
  int64_t timestamp_ms_;
  record::BatchStamp stamp_;
  uint64_t at_ = 0;
};

Status write_content(Output& output, const Snapshot& snapshot) {
  std::string header = wire::encode_control(wire::SnapshotHeaderRecord{0, snapshot.last_timestamp_ms});
  std::string version = wire::encode_control(wire::KRaftVersionRecord{0, snapshot.kraft_version});
  std::string voters = wire::encode_control(snapshot.voters);
  std::array<record::ControlRecord, 3> first{
      record::ControlRecord{record::ControlType::kSnapshotHeader, as_bytes(header)},
      record::ControlRecord{record::ControlType::kRaftVersion, as_bytes(version)},
      record::ControlRecord{record::ControlType::kRaftVoters, as_bytes(voters)}};
  SL_CHECK(output.control(first));
  std::vector<std::string> waiting;
  size_t bytes = 0;
  for (const auto& record : snapshot.records) {
    waiting.push_back(wire::encode_metadata_record(record));
    bytes += waiting.back().size();
    if (bytes < kBatchBytes) continue;
    SL_CHECK(output.records(waiting));
    waiting.clear();
    bytes = 0;
  }
  if (!waiting.empty()) SL_CHECK(output.records(waiting));
  std::string footer = wire::encode_control(wire::SnapshotFooterRecord{});
  record::ControlRecord last{record::ControlType::kSnapshotFooter, as_bytes(footer)};
  return output.control(std::span<const record::ControlRecord>(&last, 1));
}

Error damaged(const std::string& path, size_t at, std::string_view why) {
  return Error{Errc::kCorrupt, fmt::format("{}, byte {}: {}", path, at, why)};
}

// One batch of the file goes into the snapshot. `ended` once the footer is there.
Status take_content(BatchContent&& content, bool first, Snapshot& snapshot, bool& ended) {
  if (first != content.snapshot_header.has_value())
    return Error{Errc::kCorrupt, "the header is not the first record, and only that"};
  if (first) {
    if (!content.voters || !content.kraft_version) return Error{Errc::kCorrupt, "no voters in the first batch"};
    snapshot.last_timestamp_ms = content.snapshot_header->last_contained_log_timestamp;
    snapshot.kraft_version = *content.kraft_version;
    snapshot.voters = *std::move(content.voters);
  }
  for (auto& placed : content.records) snapshot.records.push_back(std::move(placed.record));
  ended = content.snapshot_footer;
  return {};
}

}  // namespace

std::string SnapshotId::file_name() const {
  return fmt::format("{:020}-{:010}{}", end.value, epoch.value, kSuffix);
}

std::optional<SnapshotId> SnapshotId::parse(std::string_view file_name) {
  if (file_name.size() != kOffsetDigits + 1 + kEpochDigits + kSuffix.size() || !file_name.ends_with(kSuffix) ||
      file_name[kOffsetDigits] != '-')
    return std::nullopt;
  SnapshotId id;
  if (!parse_digits(file_name.substr(0, kOffsetDigits), id.end.value) ||
      !parse_digits(file_name.substr(kOffsetDigits + 1, kEpochDigits), id.epoch.value))
    return std::nullopt;
  return id;
}

Result<std::vector<SnapshotId>> list_snapshots(FileSystem& files, const std::string& directory) {
  std::vector<SnapshotId> found;
  auto names = files.list(directory);
  if (names.code() == Errc::kNotFound) return found;
  if (!names) return std::move(names).error();
  for (const std::string& name : *names) {
    if (auto id = SnapshotId::parse(name)) found.push_back(*id);
    if (name.ends_with(std::string(kSuffix) + std::string(kPartSuffix))) SL_CHECK(files.remove(directory + "/" + name));
  }
  std::sort(found.begin(), found.end());
  return found;
}

Status write_snapshot(FileSystem& files, BufferPool& buffers, const std::string& directory, const Snapshot& snapshot) {
  std::string path = directory + "/" + snapshot.id.file_name();
  std::string part = path + std::string(kPartSuffix);
  auto written = [&]() -> Status {
    SL_TRY(auto file, files.open(part, FileSystem::Mode::kCreate));
    SL_CHECK(file->truncate(0));
    Output output(*file, buffers, snapshot);
    SL_CHECK(write_content(output, snapshot));
    SL_CHECK(file->sync());
    return files.rename(part, path);
  }();
  if (!written) {
    (void)files.remove(part);
    return written;
  }
  return files.sync_directory(directory);
}

Result<Snapshot> read_snapshot(FileSystem& files, const std::string& directory, SnapshotId id) {
  std::string path = directory + "/" + id.file_name();
  SL_TRY(std::string content, files.read_whole(path, kFileBytesMax));
  Snapshot snapshot;
  snapshot.id = id;
  record::Decompressor decompressor;
  Bytes left = as_bytes(content);
  Offset next(0);
  bool ended = false;
  while (!left.empty()) {
    size_t at = content.size() - left.size();
    if (ended) return damaged(path, at, "there is more behind the footer");
    auto batch = record::parse_batch(left);
    if (!batch || !batch->crc_ok() || batch->base_offset() != next) return damaged(path, at, "the batch is damaged");
    auto read = read_batch(*batch, decompressor);
    if (!read) return Error{read.code(), fmt::format("{}: {}", path, read.error().context)};
    auto taken = take_content(*std::move(read), at == 0, snapshot, ended);
    if (!taken) return damaged(path, at, taken.error().context);
    next = batch->next_offset();
    left = left.subspan(batch->size());
  }
  if (!ended) return damaged(path, content.size(), "the file ends before its footer");
  return snapshot;
}

}  // namespace sl::quorum
