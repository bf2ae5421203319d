// A head, and the batch in pieces that a value of the store can hold. The batch has a CRC of its own; the head says how
// many bytes it has, and is written last in the same transaction.
#include "group/stored_groups.h"

#include "group/record_codec.h"
#include "kv/key.h"
#include "storage/stored_log.h"

namespace sl::group {
namespace {

// Behind the kinds of rows that storage has of a log.
constexpr uint8_t kGroupsKind = 0x40;
constexpr uint8_t kVersion = 1;
constexpr size_t kPieceBytes = 2000;
constexpr size_t kBatchBytesMax = 64 << 20;
constexpr size_t kHeadBytes = 1 + 3 * sizeof(int64_t);

kv::KeyBuilder key_of(const Uuid& topic, sl::Partition partition) {
  kv::KeyBuilder key;
  key.tail(storage::log_prefix(topic, partition)).u8(kGroupsKind);
  return key;
}

std::string head_of(Offset applied, int64_t wall_ms, size_t bytes) {
  std::string head(kHeadBytes, '\0');
  auto* at = reinterpret_cast<uint8_t*>(head.data());
  *at = kVersion;
  store_be(at + 1, applied.value);
  store_be(at + 9, wall_ms);
  store_be(at + 17, static_cast<int64_t>(bytes));
  return head;
}

}  // namespace

Status store_groups(kv::Store& index, const Uuid& topic, sl::Partition partition, Offset applied, int64_t wall_ms,
                    const std::vector<Record>& records, BufferPool& buffers) {
  Slice batch;
  if (!records.empty()) {
    SL_TRY(batch, batch_of(records, wall_ms, kBatchBytesMax, buffers));
  }
  std::string_view bytes = as_text(batch.bytes);
  return index.write([&](kv::Writer& writer) -> Status {
    SL_TRY([[maybe_unused]] auto erased, writer.erase_prefix(key_of(topic, partition)));
    int64_t piece = 0;
    for (size_t at = 0; at < bytes.size(); at += kPieceBytes)
      SL_CHECK(writer.put(key_of(topic, partition).be64(++piece), bytes.substr(at, kPieceBytes)));
    return writer.put(key_of(topic, partition).be64(0), head_of(applied, wall_ms, bytes.size()));
  });
}

Result<std::optional<StoredGroups>> load_groups(kv::Store& index, const Uuid& topic, sl::Partition partition) {
  std::optional<StoredGroups> stored;
  SL_CHECK(index.read([&](kv::Reader& reader) -> Status {
    SL_TRY(kv::Cursor cursor, reader.cursor(key_of(topic, partition)));
    SL_TRY(auto row, cursor.first());
    if (!row || row->key != key_of(topic, partition).be64(0).view() || row->value.size() != kHeadBytes) return {};
    const auto* head = as_bytes(row->value).data();
    if (*head != kVersion) return {};
    StoredGroups found{Offset(load_be<int64_t>(head + 1)), load_be<int64_t>(head + 9), {}};
    auto bytes = static_cast<size_t>(load_be<int64_t>(head + 17));
    if (bytes > kBatchBytesMax) return {};
    while (found.batch.size() < bytes) {
      SL_TRY(row, cursor.next());
      if (!row) return {};
      found.batch += row->value;
    }
    if (!found.batch.empty()) {
      auto batch = record::parse_batch(as_bytes(found.batch));
      if (!batch || batch->size() != found.batch.size() || !batch->crc_ok()) return {};
    }
    stored = std::move(found);
    return {};
  }));
  return stored;
}

}  // namespace sl::group
