// BatchBuilder: what goes in comes out, for random records and every codec; limits; stamps; control batches.
#include <gtest/gtest.h>

#include "record/batch_builder.h"
#include "tests/unit/record/sample_batches.h"

namespace sl::record {
namespace {

using namespace samples;

TEST(Builder, RandomRecordsComeBackWithEveryCodec) {
  BufferPool pool(8 << 20);
  Compressor compressor;
  Decompressor decompressor(&pool);
  SeededRandom random(42);
  for (int round = 0; round < 300; ++round) {
    auto codec = static_cast<Codec>(round % 5);
    BatchBuilder builder(pool, 1 << 20, 1 + random.below(100'000));
    std::vector<Sample> in;
    for (uint64_t n = 1 + random.below(100); n > 0; --n) {
      Sample sample = random_sample(random);
      size_t before = builder.size();
      if (!append(builder, sample)) {
        EXPECT_EQ(builder.size(), before);
        break;
      }
      in.push_back(sample);
    }
    ASSERT_EQ(builder.count(), static_cast<int32_t>(in.size()));
    Slice slice = builder.finish({}, codec, kDefaultLevel, compressor);
    auto batch = parse_batch(slice.bytes);
    ASSERT_TRUE(batch) << batch.error().context;
    ASSERT_EQ(batch->size(), slice.bytes.size());
    ASSERT_TRUE(batch->crc_ok());
    ASSERT_EQ(batch->codec(), codec);
    auto out = read_all(*batch, decompressor);
    ASSERT_TRUE(out) << out.error().context;
    ASSERT_EQ(*out, in) << "round " << round;
    auto stats = check_records(*batch, decompressor);
    ASSERT_TRUE(stats) << stats.error().context;
    EXPECT_EQ(stats->count, batch->record_count());
    EXPECT_EQ(stats->max_timestamp_ms, batch->max_timestamp_ms());
    EXPECT_EQ(in[static_cast<size_t>(stats->max_timestamp_delta)].timestamp_ms, stats->max_timestamp_ms);
    bool null_key = false;
    for (const auto& sample : in) null_key |= !sample.key;
    EXPECT_EQ(stats->null_key, null_key);
  }
}

TEST(Builder, NullIsNotEmptyAndHeadersKeepOrderAndDuplicates) {
  BufferPool pool(0);
  BatchBuilder builder(pool, 10'000);
  std::vector<Sample> in = {{5, std::nullopt, std::nullopt, {}},
                            {4, "", "", {}},
                            {6, std::nullopt, "", {{"b", "1"}, {"a", std::nullopt}, {"b", ""}, {"", "x"}}}};
  for (const auto& sample : in) ASSERT_TRUE(append(builder, sample));
  EXPECT_EQ(builder.base_timestamp_ms(), 5);
  Slice slice = builder.finish({});
  Decompressor decompressor;
  auto out = read_all(BatchView(slice.bytes), decompressor);
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, in);
  EXPECT_EQ(BatchView(slice.bytes).base_timestamp_ms(), 5);
  EXPECT_EQ(BatchView(slice.bytes).max_timestamp_ms(), 6);
}

TEST(Builder, NeverExceedsItsBytes) {
  BufferPool pool(0);
  std::string value(100, 'x');
  for (size_t max : {size_t{100}, size_t{250}, size_t{70'000}, size_t{1} << 20}) {
    BatchBuilder builder(pool, max);
    bool fits = builder.fits({}, as_bytes(value));
    while (builder.append(1, {}, as_bytes(value))) {
      EXPECT_TRUE(fits);
      fits = builder.fits({}, as_bytes(value));
    }
    EXPECT_FALSE(fits);
    EXPECT_LE(builder.size(), max);
    if (max < 200) {
      EXPECT_TRUE(builder.empty());
      continue;
    }
    EXPECT_GT(builder.size() + 2 * value.size(), max);
    Slice slice = builder.finish({});
    EXPECT_LE(slice.bytes.size(), max);
    EXPECT_TRUE(BatchView(slice.bytes).crc_ok());
  }
}

TEST(Builder, OneLargeRecordFitsABatchOfItsOwnSize) {
  BufferPool pool(0);
  std::string value(3 << 20, 'x'), key(50, 'k');
  HeaderView header{"name", as_bytes("value")};
  std::span<const HeaderView> headers(&header, 1);
  size_t needed = BatchBuilder::batch_bytes_max(as_bytes(key), as_bytes(value), headers);
  EXPECT_LT(needed, value.size() + 300);
  BatchBuilder builder(pool, needed);
  EXPECT_TRUE(builder.append(1, as_bytes(key), as_bytes(value), headers));
  EXPECT_FALSE(builder.append(1, as_bytes(key), as_bytes(value), headers));
  BatchBuilder smaller(pool, needed - 1);
  EXPECT_FALSE(smaller.append(1, as_bytes(key), as_bytes(value), headers));
  EXPECT_TRUE(smaller.empty());
}

TEST(Builder, IsEmptyAndUsableAfterFinish) {
  BufferPool pool(1 << 20);
  BatchBuilder builder(pool, 10'000);
  ASSERT_TRUE(builder.append(9, {}, as_bytes("first")));
  Slice first = builder.finish({});
  EXPECT_TRUE(builder.empty());
  ASSERT_TRUE(builder.append(3, {}, as_bytes("second")));
  Slice second = builder.finish({});
  Decompressor decompressor;
  EXPECT_EQ((*read_all(BatchView(first.bytes), decompressor))[0].value, "first");
  EXPECT_EQ((*read_all(BatchView(second.bytes), decompressor))[0].value, "second");
  EXPECT_EQ(BatchView(second.bytes).max_timestamp_ms(), 3);
}

TEST(Builder, StampsAreWrittenAndRestamped) {
  BufferPool pool(0);
  BatchBuilder builder(pool, 10'000);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(builder.append(1, {}, as_bytes("v")));
  Slice slice = builder.finish({.base_offset = Offset(10),
                                .leader_epoch = Epoch(4),
                                .producer_id = ProducerId(7),
                                .producer_epoch = 2,
                                .base_sequence = 100,
                                .transactional = true});
  BatchView batch(slice.bytes);
  EXPECT_TRUE(batch.crc_ok());
  EXPECT_EQ(batch.last_offset(), Offset(12));
  EXPECT_EQ(batch.leader_epoch(), Epoch(4));
  EXPECT_EQ(batch.producer_id(), ProducerId(7));
  EXPECT_EQ(batch.producer_epoch(), 2);
  EXPECT_EQ(batch.base_sequence(), 100);
  EXPECT_TRUE(batch.transactional());
  EXPECT_FALSE(batch.control());
  uint32_t crc = batch.crc();
  restamp(slice.owner.bytes().first(slice.bytes.size()), ProducerId(8), 0, 0);
  EXPECT_TRUE(batch.crc_ok());
  EXPECT_NE(batch.crc(), crc);
  EXPECT_EQ(batch.producer_id(), ProducerId(8));
  EXPECT_EQ(batch.producer_epoch(), 0);
  EXPECT_EQ(batch.base_sequence(), 0);
}

TEST(Builder, ControlBatchesCarryTheirTypes) {
  std::string large(100'000, 'z');
  ControlRecord records[] = {{ControlType::kRaftVersion, as_bytes("one")}, {ControlType::kRaftVoters, as_bytes(large)}};
  Slice slice = build_control_batch(123, {.base_offset = Offset(5), .leader_epoch = Epoch(1)}, records);
  auto batch = parse_batch(slice.bytes);
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->crc_ok());
  EXPECT_TRUE(batch->control());
  EXPECT_EQ(batch->next_offset(), Offset(7));
  Decompressor decompressor;
  auto cursor = RecordCursor::open(*batch, decompressor);
  ASSERT_TRUE(cursor);
  RecordView record;
  for (const auto& expected : records) {
    ASSERT_TRUE(*cursor->next(record));
    EXPECT_EQ(*control_type(record), expected.type);
    EXPECT_EQ(as_text(*record.value), as_text(expected.value));
  }
  record.key = as_bytes("abc");
  EXPECT_EQ(control_type(record).code(), Errc::kMalformed);
  record.key.reset();
  EXPECT_EQ(control_type(record).code(), Errc::kMalformed);
}

// Zeros shrink further than any reader's bound on bombs allows; then the batch stays as it is.
TEST(Builder, WhatWouldLookLikeABombIsLeftUncompressed) {
  BufferPool pool(0);
  Compressor compressor;
  Decompressor decompressor;
  std::string zeros(8 << 20, '\0');
  for (Codec codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    BatchBuilder builder(pool, 16 << 20);
    ASSERT_TRUE(builder.append(1, {}, as_bytes(zeros)));
    Slice slice = builder.finish({}, codec, kDefaultLevel, compressor);
    auto out = read_all(BatchView(slice.bytes), decompressor);
    ASSERT_TRUE(out) << codec_name(codec) << out.error().context;
    EXPECT_EQ((*out)[0].value, zeros);
    bool shrinks_too_far = codec == Codec::kZstd || codec == Codec::kGzip;
    EXPECT_EQ(BatchView(slice.bytes).codec(), shrinks_too_far ? Codec::kNone : codec);
  }
}

}  // namespace
}  // namespace sl::record
