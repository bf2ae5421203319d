// Batches of metadata records, built and read.
#include "quorum/record_batches.h"

#include <fmt/core.h>

#include "record/record_cursor.h"

namespace sl::quorum {
namespace {

Status read_control(const record::RecordView& record, BatchContent& content) {
  auto type = record::control_type(record);
  if (!type) return Error{Errc::kCorrupt, "a control record without a type"};
  Bytes value = record.value.value_or(Bytes());
  switch (*type) {
    case record::ControlType::kLeaderChange: {
      SL_TRY(content.leader_change, wire::decode_control<wire::LeaderChangeMessage>(value));
      return {};
    }
    case record::ControlType::kRaftVersion: {
      SL_TRY(auto version, wire::decode_control<wire::KRaftVersionRecord>(value));
      content.kraft_version = version.kraft_version;
      return {};
    }
    case record::ControlType::kRaftVoters: {
      SL_TRY(content.voters, wire::decode_control<wire::VotersRecord>(value));
      return {};
    }
    case record::ControlType::kSnapshotHeader: {
      SL_TRY(content.snapshot_header, wire::decode_control<wire::SnapshotHeaderRecord>(value));
      return {};
    }
    case record::ControlType::kSnapshotFooter: {
      SL_TRY([[maybe_unused]] auto footer, wire::decode_control<wire::SnapshotFooterRecord>(value));
      content.snapshot_footer = true;
      return {};
    }
    default:
      return Error{Errc::kUnsupportedVersion,
                   fmt::format("control records of type {} are unknown here", static_cast<int>(*type))};
  }
}

// The bytes passed their CRC, so what cannot be decoded was not damaged: it was written by somebody who knows more.
Error foreign(Offset offset, const Error& why) {
  return Error{Errc::kUnsupportedVersion,
               fmt::format("offset {} of the metadata: {}; a newer streamlog may have written it: start that one",
                           offset.value, why.context)};
}

}  // namespace

Result<BatchContent> read_batch(record::BatchView batch, record::Decompressor& decompressor) {
  BatchContent content;
  auto cursor = record::RecordCursor::open(batch, decompressor);
  if (!cursor) return Error{Errc::kCorrupt, std::move(cursor).error().context};
  record::RecordView record;
  for (;;) {
    auto more = cursor->next(record);
    if (!more) return Error{Errc::kCorrupt, std::move(more).error().context};
    if (!*more) return content;
    if (batch.control()) {
      auto read = read_control(record, content);
      if (!read) return read.code() == Errc::kCorrupt ? std::move(read).error() : foreign(record.offset, read.error());
      continue;
    }
    auto decoded = wire::decode_metadata_record(record.value.value_or(Bytes()));
    if (!decoded) return foreign(record.offset, decoded.error());
    content.records.push_back({record.offset, *std::move(decoded)});
  }
}

Result<Slice> build_batch(BufferPool& buffers, std::span<const std::string> encoded, int64_t timestamp_ms,
                          const record::BatchStamp& stamp, size_t bytes_max) {
  size_t bytes = 0;
  for (const std::string& value : encoded)
    bytes += record::BatchBuilder::batch_bytes_max(std::nullopt, as_bytes(value)) - record::kBatchHeaderBytes;
  if (bytes > bytes_max)
    return Error{Errc::kTooLarge, fmt::format("{} bytes of metadata in one change, at most {} are possible: ask for "
                                              "less at a time",
                                              bytes, bytes_max)};
  size_t room = bytes + record::kBatchHeaderBytes;
  record::BatchBuilder builder(buffers, room, room);
  for (const std::string& value : encoded) {
    [[maybe_unused]] bool fits = builder.append(timestamp_ms, std::nullopt, as_bytes(value));
    assert(fits);
  }
  return builder.finish(stamp);
}

std::vector<std::string> encode_all(std::span<const wire::MetadataRecord> records) {
  std::vector<std::string> encoded;
  encoded.reserve(records.size());
  for (const auto& record : records) encoded.push_back(wire::encode_metadata_record(record));
  return encoded;
}

}  // namespace sl::quorum
