// What a broker may change behind the CRC.
#include "record/rewrite.h"

#include <gtest/gtest.h>

#include "tests/unit/record/sample_batches.h"

namespace sl::record {
namespace {

using namespace samples;

TEST(Rewrite, LogAppendTimeIsTheTimeOfAllRecords) {
  BufferPool pool(0);
  BatchBuilder builder(pool, 10'000);
  for (int64_t t : {100, 50, 200}) ASSERT_TRUE(builder.append(t, as_bytes("k"), {}));
  Slice slice = builder.finish({.producer_id = ProducerId(3), .producer_epoch = 1, .base_sequence = 9});
  set_log_append_time(slice.owner.bytes().first(slice.bytes.size()), 5000);
  BatchView batch(slice.bytes);
  EXPECT_TRUE(batch.crc_ok());
  EXPECT_TRUE(batch.log_append_time());
  EXPECT_EQ(batch.max_timestamp_ms(), 5000);
  EXPECT_EQ(batch.base_timestamp_ms(), 100);
  EXPECT_EQ(batch.producer_id(), ProducerId(3));
  Decompressor decompressor;
  auto records = read_all(batch, decompressor);
  ASSERT_TRUE(records);
  for (const auto& record : *records) EXPECT_EQ(record.timestamp_ms, 5000);
}

TEST(Rewrite, MaxTimestampIsCorrected) {
  auto bytes = from_hex(kVector);
  set_max_timestamp(bytes, 1'700'000'000'000);
  EXPECT_EQ(to_hex(bytes), kVector);
  set_max_timestamp(bytes, 1'700'000'000'001);
  EXPECT_EQ(BatchView(bytes).max_timestamp_ms(), 1'700'000'000'001);
  EXPECT_TRUE(BatchView(bytes).crc_ok());
}

TEST(Rewrite, RecompressionKeepsEverythingElse) {
  BufferPool pool(4 << 20);
  Compressor compressor;
  Decompressor decompressor(&pool);
  SeededRandom random(11);
  for (int from = 0; from <= 4; ++from) {
    BatchBuilder builder(pool, 1 << 20);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(append(builder, random_sample(random)));
    BatchStamp stamp{.base_offset = Offset(77),
                     .leader_epoch = Epoch(3),
                     .producer_id = ProducerId(5),
                     .producer_epoch = 1,
                     .base_sequence = 10,
                     .transactional = true};
    Slice slice = builder.finish(stamp, static_cast<Codec>(from), kDefaultLevel, compressor);
    BatchView before(slice.bytes);
    auto expected = read_all(before, decompressor);
    ASSERT_TRUE(expected);
    for (int to = 0; to <= 4; ++to) {
      auto again = recompress(before, static_cast<Codec>(to), kDefaultLevel, decompressor, compressor, pool);
      ASSERT_TRUE(again) << again.error().context;
      auto after = parse_batch(again->bytes);
      ASSERT_TRUE(after);
      EXPECT_TRUE(after->crc_ok());
      EXPECT_EQ(after->codec(), static_cast<Codec>(to));
      EXPECT_TRUE(after->transactional());
      EXPECT_EQ(after->last_offset(), before.last_offset());
      EXPECT_EQ(after->leader_epoch(), Epoch(3));
      EXPECT_EQ(after->max_timestamp_ms(), before.max_timestamp_ms());
      EXPECT_EQ(after->base_sequence(), 10);
      auto records = read_all(*after, decompressor);
      ASSERT_TRUE(records) << records.error().context;
      EXPECT_EQ(*records, *expected);
    }
  }
}

TEST(Rewrite, DamagedRecordsAreNotRecompressed) {
  BufferPool pool(0);
  Compressor compressor;
  Decompressor decompressor;
  auto batch = batch_of(as_bytes("not zstd"), 1, 0, 4);
  EXPECT_EQ(recompress(BatchView(batch), Codec::kLz4, kDefaultLevel, decompressor, compressor, pool).code(),
            Errc::kCorruptMessage);
}

}  // namespace
}  // namespace sl::record
