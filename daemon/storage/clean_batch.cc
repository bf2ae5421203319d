// Two walks over a batch: one that decides, one that copies where not everything stays. A record's bytes hold its
// offset and time as distances from the batch's first, so they are copied as they are; only a new delete horizon, which
// takes the place of the base time, makes the times be written anew.
#include "storage/clean_batch.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "record/batch_builder.h"
#include "record/rewrite.h"

namespace sl::storage {
namespace {

constexpr int16_t kHorizonBit = 64;
constexpr int16_t kCodecBits = 7;

// A record with its time as the distance from another base.
uint8_t* put_retimed(uint8_t* to, const uint8_t* from, const uint8_t* end, int64_t distance_ms) {
  int32_t length = 0;
  int64_t old_distance = 0;
  const uint8_t* attributes = get_varint(from, end, length);
  const uint8_t* rest = get_varlong(attributes + 1, end, old_distance);
  size_t rest_bytes = static_cast<size_t>(end - rest);
  to = put_varint(to, static_cast<int32_t>(1 + varlong_size(distance_ms) + rest_bytes));
  *to++ = *attributes;
  to = put_varlong(to, distance_ms);
  std::memcpy(to, rest, rest_bytes);
  return to + rest_bytes;
}

int64_t distance(int64_t timestamp_ms, int64_t base_ms) {
  return static_cast<int64_t>(static_cast<uint64_t>(timestamp_ms) - static_cast<uint64_t>(base_ms));
}

}  // namespace

Result<bool> BatchCleaner::learn(record::BatchView batch, const HashSecret& secret, OffsetMap& map, Offset& full_at) {
  SL_TRY(auto cursor, record::RecordCursor::open(batch, decompressor_));
  record::RecordView record;
  for (;;) {
    SL_TRY(bool more, cursor.next(record));
    if (!more) return true;
    if (!record.key || map.put(hash_key(secret, *record.key), record.offset)) continue;
    full_at = record.offset;
    return false;
  }
}

Result<BatchCleaner::Kept> BatchCleaner::choose(record::RecordCursor cursor, const CleanRules& rules,
                                                bool drop_tombstones) {
  Kept kept;
  chosen_.clear();
  record::RecordView record;
  for (;;) {
    const uint8_t* from = cursor.at();
    SL_TRY(bool more, cursor.next(record));
    if (!more) return kept;
    bool stays = record.offset >= rules.end;
    if (!stays && record.offset >= rules.log_start && record.key && (record.value || !drop_tombstones)) {
      auto newest = rules.newest->find(hash_key(rules.secret, *record.key));
      stays = !newest || record.offset >= *newest;
    }
    chosen_.push_back(stays);
    kept.all = kept.all && stays;
    if (!stays) continue;
    ++kept.records;
    kept.bytes += static_cast<size_t>(cursor.at() - from);
    kept.max_timestamp_ms = std::max(kept.max_timestamp_ms, record.timestamp_ms);
    kept.tombstone = kept.tombstone || !record.value;
  }
}

Result<CleanedBatch> BatchCleaner::clean(record::BatchView batch, const CleanRules& rules, bool keep_tombstones) {
  CleanedBatch cleaned;
  if (batch.base_offset() >= rules.end || batch.control()) return cleaned;
  SL_TRY(auto cursor, record::RecordCursor::open(batch, decompressor_));
  bool has_horizon = batch.has_delete_horizon();
  bool passed = has_horizon && batch.base_timestamp_ms() <= rules.now_ms;
  SL_TRY(Kept kept, choose(cursor, rules, passed && !keep_tombstones));
  if (kept.records == 0) {
    cleaned.fate = CleanedBatch::Fate::kEmpty;
    return cleaned;
  }
  // A batch of which a part was not looked at waits for the next pass.
  bool sets = kept.tombstone && !has_horizon && !keep_tombstones && batch.next_offset() <= rules.end;
  int64_t horizon_ms = has_horizon ? batch.base_timestamp_ms() : INT64_MAX;
  if (sets) {
    bool endless = rules.delete_retention_ms > INT64_MAX - 1 - rules.now_ms;
    horizon_ms = endless ? INT64_MAX - 1 : rules.now_ms + rules.delete_retention_ms;
  }
  if (kept.tombstone && !keep_tombstones) cleaned.horizon_ms = horizon_ms;
  if (kept.all && !sets) return cleaned;
  cleaned.fate = CleanedBatch::Fate::kChanged;
  SL_TRY(cleaned.changed, rebuild(batch, cursor, kept, sets ? horizon_ms : INT64_MAX, rules));
  return cleaned;
}

Result<Slice> BatchCleaner::rebuild(record::BatchView batch, record::RecordCursor cursor, const Kept& kept,
                                    int64_t horizon_ms, const CleanRules& rules) {
  bool retime = horizon_ms != INT64_MAX;
  size_t room = record::kBatchHeaderBytes + kept.bytes + (retime ? kept.records * 2 * kVarint64BytesMax : 0);
  Buffer block = buffers_->take(room);
  uint8_t* header = block.data();
  uint8_t* to = header + record::kBatchHeaderBytes;
  record::RecordView record;
  for (size_t number = 0;; ++number) {
    const uint8_t* from = cursor.at();
    SL_TRY(bool more, cursor.next(record));
    if (!more) break;
    if (!chosen_[number]) continue;
    if (retime) {
      to = put_retimed(to, from, cursor.at(), distance(record.timestamp_ms, horizon_ms));
    } else {
      std::memcpy(to, from, static_cast<size_t>(cursor.at() - from));
      to += cursor.at() - from;
    }
  }
  std::memcpy(header, batch.bytes().data(), record::kBatchHeaderBytes);
  int16_t attributes = static_cast<int16_t>(batch.attributes() & ~kCodecBits);
  if (retime) attributes = static_cast<int16_t>(attributes | kHorizonBit);
  if (retime) store_be(header + 27, horizon_ms);
  store_be(header + 21, attributes);
  // The time of the append is that of all records, whichever are left.
  if (!batch.log_append_time()) store_be(header + 35, kept.max_timestamp_ms);
  store_be(header + 57, static_cast<int32_t>(kept.records));
  MutableBytes whole(header, static_cast<size_t>(to - header));
  store_be(header + 8, static_cast<int32_t>(whole.size() - record::kBatchPrefixBytes));
  record::set_crc(whole);
  Slice plain{block, whole};
  if (batch.codec() != record::Codec::kNone) {
    int level = batch.codec() == rules.level_of ? rules.level : record::kDefaultLevel;
    SL_TRY(Slice packed,
           record::recompress(record::BatchView(whole), batch.codec(), level, plain_, compressor_, *buffers_));
    size_t records = whole.size() - record::kBatchHeaderBytes;
    size_t packed_records = packed.bytes.size() - record::kBatchHeaderBytes;
    if (records <= record::decompressed_limit(packed_records)) plain = std::move(packed);
  }
  if (plain.bytes.size() > kProduceFrameBytesMax)
    return Error{Errc::kTooLarge,
                 fmt::format("the batch at offset {} would become too large", batch.base_offset().value)};
  return plain;
}

void empty_batch(MutableBytes header, Offset base, Offset next, Epoch epoch) {
  std::memset(header.data(), 0, record::kBatchHeaderBytes);
  store_be(header.data(), base.value);
  store_be(header.data() + 8, static_cast<int32_t>(record::kBatchHeaderBytes - record::kBatchPrefixBytes));
  store_be(header.data() + 12, epoch.value);
  header[16] = static_cast<uint8_t>(record::kMagic);
  store_be(header.data() + 23, static_cast<int32_t>(next - base - 1));
  store_be(header.data() + 27, int64_t{-1});
  store_be(header.data() + 35, int64_t{-1});
  store_be(header.data() + 43, int64_t{-1});
  store_be(header.data() + 51, int16_t{-1});
  store_be(header.data() + 53, int32_t{-1});
  record::set_crc(header.first(record::kBatchHeaderBytes));
}

void empty_batch(MutableBytes header, record::BatchView like) {
  empty_batch(header, like.base_offset(), like.next_offset(), like.leader_epoch());
  constexpr int16_t kTransactional = 16;
  store_be(header.data() + 21, static_cast<int16_t>(like.attributes() & kTransactional));
  std::memcpy(header.data() + 43, like.bytes().data() + 43, 57 - 43);
  record::set_crc(header.first(record::kBatchHeaderBytes));
}

}  // namespace sl::storage
