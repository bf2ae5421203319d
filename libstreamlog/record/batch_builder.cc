// The builder's rare paths (headers, growing, the last record that still fits), headers and CRCs.
#include "record/batch_builder.h"

#include <algorithm>

#include "base/crc32c.h"

namespace sl::record {
namespace {

constexpr int16_t kTransactionalBit = 16;
constexpr int16_t kControlBit = 32;

size_t bytes_size(size_t n) {
  return varint_size(static_cast<int32_t>(n)) + n;
}
size_t bytes_size(const std::optional<Bytes>& bytes) {
  return bytes ? bytes_size(bytes->size()) : 1;
}

// Encoded, without the count.
size_t headers_size(std::span<const HeaderView> headers) {
  size_t size = 0;
  for (const HeaderView& header : headers) size += bytes_size(header.name.size()) + bytes_size(header.value);
  return size;
}

// Everything but what the overhead of a record covers, which are the lengths of key and value and the count of headers;
// more than any batch where a length would not fit its varint.
size_t content_size(const std::optional<Bytes>& key, const std::optional<Bytes>& value,
                    std::span<const HeaderView> headers) {
  size_t raw = (key ? key->size() : 0) + (value ? value->size() : 0);
  if (headers.empty()) return raw;
  for (const HeaderView& header : headers)
    if (header.name.size() > kDecompressedBytesMax || (header.value && header.value->size() > kDecompressedBytesMax))
      return SIZE_MAX / 2;
  return raw + headers_size(headers);
}

}  // namespace

BatchBuilder::BatchBuilder(BufferPool& pool, size_t bytes_max, size_t first_bytes)
    : pool_(&pool), bytes_max_(std::min(bytes_max, kDecompressedBytesMax)), first_bytes_(first_bytes) {}

size_t BatchBuilder::batch_bytes_max(std::optional<Bytes> key, std::optional<Bytes> value,
                                     std::span<const HeaderView> headers) {
  return kBatchHeaderBytes + kOverheadMax + content_size(key, value, headers);
}

bool BatchBuilder::fits(std::optional<Bytes> key, std::optional<Bytes> value,
                        std::span<const HeaderView> headers) const {
  return size() + kOverheadMax + content_size(key, value, headers) <= bytes_max_;
}

// The room is counted with the longest overhead, so that `fits` needs no timestamp to be exact.
bool BatchBuilder::append_slow(int64_t timestamp_ms, const std::optional<Bytes>& key, const std::optional<Bytes>& value,
                               std::span<const HeaderView> headers) {
  if (!fits(key, value, headers) || count_ == INT32_MAX) return false;
  make_room(kOverheadMax + content_size(key, value, headers));
  if (headers.empty())
    put(timestamp_ms, key, value);
  else
    put_with_headers(timestamp_ms, key, value, headers, headers_size(headers));
  return true;
}

void BatchBuilder::put_with_headers(int64_t timestamp_ms, const std::optional<Bytes>& key,
                                    const std::optional<Bytes>& value, std::span<const HeaderView> headers,
                                    size_t headers_bytes) {
  uint64_t timestamp = timestamp_delta(timestamp_ms);
  auto header_count = static_cast<int32_t>(headers.size());
  size_t body = 1 + uvarint_size(timestamp) + varint_size(count_) + bytes_size(key) + bytes_size(value) +
                varint_size(header_count) + headers_bytes;
  uint8_t* to = put_varint(at_, static_cast<int32_t>(body));
  *to++ = 0;  // attributes
  to = put_uvarint(to, timestamp);
  to = put_varint(to, count_);
  to = put_bytes(to, length_of(key), key);
  to = put_bytes(to, length_of(value), value);
  to = put_varint(to, header_count);
  for (const HeaderView& header : headers) {
    std::optional<Bytes> name = as_bytes(header.name);
    to = put_bytes(to, length_of(name), name);
    to = put_bytes(to, length_of(header.value), header.value);
  }
  at_ = to;
  ++count_;
}

// Growing copies what is there; fourfold steps keep that under a third of the batch.
void BatchBuilder::make_room(size_t bytes) {
  if (bytes <= static_cast<size_t>(limit_ - at_)) return;
  size_t used = size();
  size_t wanted = std::min(bytes_max_, std::max({used + bytes, buffer_ ? buffer_.size() * 4 : first_bytes_}));
  Buffer larger = pool_->take(wanted);
  if (buffer_) std::memcpy(larger.data() + kBatchHeaderBytes, start_, used - kBatchHeaderBytes);
  buffer_ = std::move(larger);
  start_ = buffer_.data() + kBatchHeaderBytes;
  at_ = buffer_.data() + used;
  limit_ = buffer_.data() + std::min(bytes_max_, buffer_.size());
}

bool BatchBuilder::append_control(int64_t timestamp_ms, ControlType type, Bytes value) {
  uint8_t key[4];
  store_be(key, int16_t{0});  // version of the key's layout
  store_be(key + 2, static_cast<int16_t>(type));
  return append(timestamp_ms, Bytes(key), value);
}

void BatchBuilder::write_header(MutableBytes batch, const BatchStamp& stamp, Codec codec) const {
  int attributes =
      static_cast<int>(codec) | (stamp.transactional ? kTransactionalBit : 0) | (stamp.control ? kControlBit : 0);
  uint8_t* to = batch.data();
  store_be(to, stamp.base_offset.value);
  store_be(to + 8, static_cast<int32_t>(batch.size() - kBatchPrefixBytes));
  store_be(to + 12, stamp.leader_epoch.value);
  store_be(to + 16, kMagic);
  store_be(to + 21, static_cast<int16_t>(attributes));
  store_be(to + 23, count_ - 1);
  store_be(to + 27, base_timestamp_ms_);
  store_be(to + 35, max_timestamp_ms_);
  store_be(to + 43, stamp.producer_id.value);
  store_be(to + 51, stamp.producer_epoch);
  store_be(to + 53, stamp.base_sequence);
  store_be(to + 57, count_);
  set_crc(batch);
}

void BatchBuilder::clear() {
  buffer_ = {};
  start_ = at_ = limit_ = nullptr;
  count_ = 0;
  base_timestamp_ms_ = max_timestamp_ms_ = -1;
}

Slice BatchBuilder::finish(const BatchStamp& stamp) {
  assert(!empty());
  MutableBytes batch(buffer_.data(), size());
  write_header(batch, stamp, Codec::kNone);
  Slice slice{std::move(buffer_), batch};
  clear();
  return slice;
}

Slice BatchBuilder::finish(const BatchStamp& stamp, Codec codec, int level, Compressor& compressor) {
  assert(!empty());
  if (codec == Codec::kNone) return finish(stamp);
  Bytes records(start_, at_);
  Buffer block = pool_->take(kBatchHeaderBytes + Compressor::bound(codec, records.size()));
  auto written = compressor.compress(codec, records, level, block.bytes().subspan(kBatchHeaderBytes));
  if (!written || records.size() > decompressed_limit(*written)) return finish(stamp);
  MutableBytes batch(block.data(), kBatchHeaderBytes + *written);
  write_header(batch, stamp, codec);
  clear();
  return Slice{std::move(block), batch};
}

Slice build_control_batch(int64_t timestamp_ms, BatchStamp stamp, std::span<const ControlRecord> records) {
  size_t bytes = kBatchHeaderBytes;
  for (const ControlRecord& record : records) bytes += record.value.size() + 64;
  BufferPool nothing_kept(0);
  BatchBuilder builder(nothing_kept, bytes, bytes);
  for (const ControlRecord& record : records) {
    [[maybe_unused]] bool fitted = builder.append_control(timestamp_ms, record.type, record.value);
    assert(fitted);
  }
  stamp.control = true;
  return builder.finish(stamp);
}

Result<ControlType> control_type(const RecordView& record) {
  // Version, type; a later version may append to it.
  if (!record.key || record.key->size() < 4 || load_be<int16_t>(record.key->data()) < 0)
    return Error{Errc::kMalformed, "a control record has no type in its key"};
  return static_cast<ControlType>(load_be<int16_t>(record.key->data() + 2));
}

void restamp(MutableBytes batch, ProducerId producer_id, int16_t producer_epoch, int32_t base_sequence) {
  store_be(batch.data() + 43, producer_id.value);
  store_be(batch.data() + 51, producer_epoch);
  store_be(batch.data() + 53, base_sequence);
  set_crc(batch);
}

void set_crc(MutableBytes batch) {
  store_be(batch.data() + 17, crc32c(batch.subspan(21)));
}

}  // namespace sl::record
