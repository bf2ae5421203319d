// Rewriting in place where only the header changes; recompression into a new block.
#include "record/rewrite.h"

#include "record/batch_builder.h"

namespace sl::record {

void set_log_append_time(MutableBytes batch, int64_t now_ms) {
  auto attributes = load_be<int16_t>(batch.data() + 21);
  store_be(batch.data() + 21, static_cast<int16_t>(attributes | 8));
  store_be(batch.data() + 35, now_ms);
  set_crc(batch);
}

void set_max_timestamp(MutableBytes batch, int64_t max_timestamp_ms) {
  if (load_be<int64_t>(batch.data() + 35) == max_timestamp_ms) return;
  store_be(batch.data() + 35, max_timestamp_ms);
  set_crc(batch);
}

Result<Slice> recompress(BatchView batch, Codec codec, int level, Decompressor& decompressor, Compressor& compressor,
                         BufferPool& pool) {
  SL_TRY(Bytes records, decompressor.decompress(batch.codec(), batch.records()));
  Buffer block = pool.take(kBatchHeaderBytes + Compressor::bound(codec, records.size()));
  uint8_t* to = block.data();
  SL_TRY(size_t size, compressor.compress(codec, records, level, block.bytes().subspan(kBatchHeaderBytes)));
  std::memcpy(to, batch.bytes().data(), kBatchHeaderBytes);
  store_be(to + 8, static_cast<int32_t>(kBatchHeaderBytes - kBatchPrefixBytes + size));
  store_be(to + 21, static_cast<int16_t>((batch.attributes() & ~7) | static_cast<int16_t>(codec)));
  MutableBytes whole(to, kBatchHeaderBytes + size);
  set_crc(whole);
  return Slice{std::move(block), whole};
}

}  // namespace sl::record
