// The batch header: the known vector, what parse_batch refuses, and that no bit of a batch can change unseen.
#include "record/batch.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "tests/unit/record/sample_batches.h"

namespace sl::record {
namespace {

using namespace samples;

TEST(Batch, TheKnownVectorIsRead) {
  auto bytes = from_hex(kVector);
  auto batch = parse_batch(bytes);
  ASSERT_TRUE(batch) << batch.error().context;
  EXPECT_EQ(batch->size(), 70u);
  EXPECT_EQ(batch->crc(), 0xe99b8dd8u);
  EXPECT_TRUE(batch->crc_ok());
  EXPECT_EQ(batch->codec(), Codec::kNone);
  EXPECT_FALSE(batch->transactional() || batch->control() || batch->log_append_time() || batch->has_delete_horizon());
  EXPECT_EQ(batch->base_offset(), Offset(0));
  EXPECT_EQ(batch->next_offset(), Offset(1));
  EXPECT_EQ(batch->leader_epoch(), Epoch(0));
  EXPECT_EQ(batch->base_timestamp_ms(), 1'700'000'000'000);
  EXPECT_EQ(batch->max_timestamp_ms(), 1'700'000'000'000);
  EXPECT_EQ(batch->producer_id(), ProducerId(-1));
  EXPECT_EQ(batch->producer_epoch(), -1);
  EXPECT_EQ(batch->base_sequence(), -1);
  EXPECT_EQ(batch->record_count(), 1);
  Decompressor decompressor;
  auto records = read_all(*batch, decompressor);
  ASSERT_TRUE(records);
  EXPECT_EQ(*records, (std::vector<Sample>{{1'700'000'000'000, "k", "v", {}}}));
}

TEST(Batch, TheBuilderMakesTheKnownVector) {
  BufferPool pool(0);
  BatchBuilder builder(pool, 1000);
  ASSERT_TRUE(builder.append(1'700'000'000'000, as_bytes("k"), as_bytes("v")));
  EXPECT_EQ(to_hex(builder.finish({.leader_epoch = Epoch(0)}).bytes), kVector);
}

TEST(Batch, OffsetAndEpochAreOutsideTheCrc) {
  auto bytes = from_hex(kVector);
  set_base_offset(bytes, Offset(1'234'567'890'123));
  set_leader_epoch(bytes, Epoch(77));
  BatchView batch(bytes);
  EXPECT_TRUE(batch.crc_ok());
  EXPECT_EQ(batch.last_offset(), Offset(1'234'567'890'123));
  EXPECT_EQ(batch.leader_epoch(), Epoch(77));
}

TEST(Batch, IncompleteBytesAskForMore) {
  auto bytes = from_hex(kVector);
  for (size_t n = 0; n < bytes.size(); ++n) {
    std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n));
    EXPECT_EQ(parse_batch(cut).code(), Errc::kWouldBlock) << n;
  }
  bytes.insert(bytes.end(), {1, 2, 3});
  auto batch = parse_batch(bytes);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->size(), 70u);
}

TEST(Batch, ForeignMagicAndImpossibleLengthsAreRefused) {
  for (int magic : {-1, 0, 1, 3, 127}) {
    auto bytes = from_hex(kVector);
    bytes[16] = static_cast<uint8_t>(magic);
    EXPECT_EQ(parse_batch(bytes).code(), Errc::kMalformed) << magic;
    bytes.resize(17);
    EXPECT_EQ(parse_batch(bytes).code(), Errc::kMalformed) << "refused before the rest has come";
  }
  for (int32_t length : {INT32_MIN, -1, 0, 48}) {
    auto bytes = from_hex(kVector);
    store_be(bytes.data() + 8, length);
    EXPECT_EQ(parse_batch(bytes).code(), Errc::kMalformed) << length;
  }
  auto bytes = from_hex(kVector);
  store_be(bytes.data() + 8, INT32_MAX);
  EXPECT_EQ(parse_batch(bytes).code(), Errc::kWouldBlock);
}

// Sums with a batch's offset must not overflow: a record's, or the one behind the batch.
TEST(Batch, OffsetsThatLeaveNoRoomAreRefused) {
  for (int64_t offset : {INT64_MAX, INT64_MAX - 1, INT64_MIN, (int64_t{1} << 62) + 1}) {
    auto bytes = from_hex(kVector);
    store_be(bytes.data(), offset);
    EXPECT_EQ(parse_batch(bytes).code(), Errc::kMalformed) << offset;
  }
  auto bytes = from_hex(kVector);
  store_be(bytes.data(), int64_t{1} << 62);
  EXPECT_TRUE(parse_batch(bytes).ok());
}

// Reading must survive everything, and the CRC must tell.
TEST(Batch, EveryBitFlipIsSeenAndSurvived) {
  BufferPool pool(0);
  SeededRandom random(7);
  Compressor compressor;
  Decompressor decompressor;
  for (Codec codec : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    BatchBuilder builder(pool, 4096);
    for (int i = 0; i < 6; ++i) {
      Sample sample = random_sample(random);
      if (sample.value && sample.value->size() > 100) sample.value->resize(100);
      ASSERT_TRUE(append(builder, sample));
    }
    Slice slice = builder.finish({}, codec, kDefaultLevel, compressor);
    std::vector<uint8_t> good(slice.bytes.begin(), slice.bytes.end());
    for (size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::vector<uint8_t> bad = good;
      bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ (1 << bit % 8));
      auto batch = parse_batch(bad);
      if (!batch) continue;  // the length or the magic
      bool brokers_own = bit / 8 < 8 || (bit / 8 >= 12 && bit / 8 < 16);
      EXPECT_EQ(batch->crc_ok(), brokers_own) << "bit " << bit << " of " << codec_name(codec);
      auto records = read_all(*batch, decompressor);
      auto stats = check_records(*batch, decompressor);
      EXPECT_TRUE(records || !stats) << "the check is the stricter of the two, bit " << bit;
    }
  }
}

TEST(Batch, EveryTruncationOfTheRecordsIsSurvived) {
  BufferPool pool(0);
  SeededRandom random(8);
  Compressor compressor;
  Decompressor decompressor;
  for (Codec codec : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    BatchBuilder builder(pool, 1 << 20);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(builder, random_sample(random)));
    Slice slice = builder.finish({}, codec, kDefaultLevel, compressor);
    size_t step = slice.bytes.size() / 2000 + 1;
    for (size_t n = kBatchHeaderBytes; n < slice.bytes.size(); n += step) {
      std::vector<uint8_t> cut(slice.bytes.begin(), slice.bytes.begin() + static_cast<ptrdiff_t>(n));
      store_be(cut.data() + 8, static_cast<int32_t>(n - kBatchPrefixBytes));
      set_crc(cut);
      EXPECT_FALSE(read_all(BatchView(cut), decompressor)) << codec_name(codec) << " cut at " << n;
      EXPECT_FALSE(check_records(BatchView(cut), decompressor)) << codec_name(codec) << " cut at " << n;
    }
  }
}

}  // namespace
}  // namespace sl::record
