// Record batches for the fuzz targets: made fresh, and made whole again (length, magic, CRC) after a mutation.
#pragma once
#include <string>
#include <vector>

#include "record/batch_builder.h"
#include "record/compression.h"
#include "tests/fuzz/fuzz.h"

namespace sl::fuzz {

inline std::string words(Random& random, size_t bytes_max) {
  std::string text(random.below(bytes_max + 1), 'a');
  bool plain = random.below(2) == 0;
  for (char& c : text) c = static_cast<char>(plain ? 'a' + random.below(3) : random.next());
  return text;
}

// A batch of a few records, compressed in any way there is.
inline std::string any_batch(Random& random) {
  BufferPool pool(0);
  record::Compressor compressor;
  record::BatchBuilder builder(pool, 64 << 10, 4 << 10);
  auto time = static_cast<int64_t>(1'700'000'000'000 + random.below(100'000));
  for (uint64_t count = 1 + random.below(8); count > 0; --count) {
    std::string key = words(random, 8), value = words(random, 60), header = words(random, 5);
    std::vector<record::HeaderView> headers;
    if (random.below(4) == 0) headers.push_back({"name", as_bytes(header)});
    if (random.below(8) == 0) headers.push_back({"null", std::nullopt});
    std::optional<Bytes> key_view, value_view;
    if (random.below(2) == 0) key_view = as_bytes(key);
    if (random.below(8) != 0) value_view = as_bytes(value);
    builder.append(time + static_cast<int64_t>(random.below(50)), key_view, value_view, headers);
  }
  record::BatchStamp stamp;
  stamp.base_offset = Offset(static_cast<int64_t>(random.below(1000)));
  stamp.leader_epoch = Epoch(static_cast<int32_t>(random.below(5)));
  if (random.below(2) == 0) {
    stamp.producer_id = ProducerId(static_cast<int64_t>(random.below(10)));
    stamp.producer_epoch = static_cast<int16_t>(random.below(3));
    stamp.base_sequence = static_cast<int32_t>(random.below(100));
  }
  auto codec = static_cast<record::Codec>(random.below(5));
  Slice batch = builder.finish(stamp, codec, record::kDefaultLevel, compressor);
  return std::string(as_text(batch.bytes));
}

// Makes the bytes one batch again: the length that is there, the magic, the CRC.
inline void make_whole(MutableBytes batch) {
  if (batch.size() < record::kBatchHeaderBytes) return;
  store_be(batch.data() + 8, static_cast<int32_t>(batch.size() - record::kBatchPrefixBytes));
  batch[16] = record::kMagic;
  record::set_crc(batch);
}

}  // namespace sl::fuzz
