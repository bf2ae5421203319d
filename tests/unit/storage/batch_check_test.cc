// What the broker refuses, and the two things it rewrites.
#include "storage/batch_check.h"

#include <gtest/gtest.h>

#include "record/batch_builder.h"
#include "record/record_cursor.h"

namespace sl::storage {
namespace {

struct BatchCheckTest : ::testing::Test {
  static constexpr int64_t kNow = 1'700'000'000'000;
  Slice make(int records = 3, int64_t timestamp_ms = kNow, bool key = false) {
    record::BatchBuilder builder(buffers, 4 << 20);
    for (int i = 0; i < records; ++i)
      builder.append(timestamp_ms, key ? std::optional(as_bytes("k")) : std::nullopt, as_bytes("a value"));
    return builder.finish({});
  }
  Result<CheckedBatch> check(Slice batch) { return check_batch(std::move(batch), settings, kNow, checker, buffers); }
  static MutableBytes raw(Slice& batch) { return {const_cast<uint8_t*>(batch.bytes.data()), batch.bytes.size()}; }

  BufferPool buffers{1 << 20};
  LogSettings settings;
  BatchChecker checker;
};

TEST_F(BatchCheckTest, AcceptsAndLeavesAlone) {
  Slice batch = make();
  std::string before(as_text(batch.bytes));
  auto checked = check(batch);
  ASSERT_TRUE(checked.ok()) << checked.error().context;
  EXPECT_EQ(checked->record_count, 3);
  EXPECT_EQ(checked->max_timestamp_ms, kNow);
  EXPECT_EQ(checked->log_append_time_ms, -1);
  EXPECT_EQ(as_text(checked->batch.bytes), before);
}

TEST_F(BatchCheckTest, RefusesEveryFlippedBitOfTheCheckedPart) {
  Slice good = make(2);
  for (size_t byte = 16; byte < good.bytes.size(); ++byte)
    for (int bit = 0; bit < 8; ++bit) {
      Slice bad = {Buffer::copy_of(good.bytes), {}};
      bad.bytes = bad.owner.bytes();
      raw(bad)[byte] ^= static_cast<uint8_t>(1 << bit);
      EXPECT_FALSE(check(bad).ok()) << byte << "." << bit;
    }
}

TEST_F(BatchCheckTest, RefusesWhatIsNotOneBatch) {
  Slice batch = make();
  Buffer two = Buffer::allocate(batch.bytes.size() * 2);
  std::copy(batch.bytes.begin(), batch.bytes.end(), two.data());
  std::copy(batch.bytes.begin(), batch.bytes.end(), two.data() + batch.bytes.size());
  EXPECT_EQ(check({two, two.bytes()}).code(), Errc::kInvalidRecord);
  EXPECT_EQ(check({batch.owner, batch.bytes.first(batch.bytes.size() - 1)}).code(), Errc::kCorruptMessage);
  EXPECT_EQ(check({batch.owner, batch.bytes.first(20)}).code(), Errc::kCorruptMessage);
  EXPECT_EQ(check({}).code(), Errc::kCorruptMessage);
  raw(batch)[16] = 1;
  EXPECT_EQ(check(batch).code(), Errc::kUnsupportedForMessageFormat);
}

TEST_F(BatchCheckTest, RefusesControlBatchesAndLies) {
  auto spoil = [this](size_t at, auto value) {
    Slice batch = make();
    store_be(raw(batch).data() + at, value);
    record::set_crc(raw(batch));
    return check(batch).code();
  };
  EXPECT_EQ(spoil(21, int16_t{32}), Errc::kInvalidRecord);    // control
  EXPECT_EQ(spoil(21, int16_t{8}), Errc::kInvalidTimestamp);  // log append time
  EXPECT_EQ(spoil(23, int32_t{7}), Errc::kInvalidRecord);     // last offset delta
  EXPECT_EQ(spoil(57, int32_t{4}), Errc::kInvalidRecord);     // count
  EXPECT_EQ(spoil(43, int64_t{5}), Errc::kInvalidRecord);     // producer id without a sequence
  EXPECT_EQ(spoil(21, int16_t{7}), Errc::kUnsupportedCompressionType);
}

TEST_F(BatchCheckTest, HoldsTheTopicsLimits) {
  settings.max_message_bytes = 100;
  EXPECT_EQ(check(make(20)).code(), Errc::kMessageTooLarge);
  settings = {};
  settings.segment_bytes = 100;
  EXPECT_EQ(check(make(20)).code(), Errc::kRecordListTooLarge);
  settings = {};
  EXPECT_EQ(check(make(1, kNow + 3'600'001)).code(), Errc::kInvalidTimestamp);
  EXPECT_TRUE(check(make(1, kNow + 3'600'000)).ok());
  settings.timestamp_before_max_ms = 1000;
  EXPECT_EQ(check(make(1, kNow - 1001)).code(), Errc::kInvalidTimestamp);
  settings = {};
  settings.compact = true;
  EXPECT_EQ(check(make(1)).code(), Errc::kInvalidRecord);
  EXPECT_TRUE(check(make(1, kNow, true)).ok());
}

TEST_F(BatchCheckTest, LogAppendTimeStampsTheBatch) {
  settings.timestamp_type = TimestampType::kLogAppendTime;
  auto checked = check(make(2, 5));
  ASSERT_TRUE(checked.ok());
  record::BatchView view(checked->batch.bytes);
  EXPECT_TRUE(view.crc_ok());
  EXPECT_TRUE(view.log_append_time());
  EXPECT_EQ(view.max_timestamp_ms(), kNow);
  EXPECT_EQ(checked->log_append_time_ms, kNow);
}

TEST_F(BatchCheckTest, TheTopicsCompressionWins) {
  settings.keep_producer_compression = false;
  settings.compression = record::Codec::kZstd;
  auto checked = check(make(200));
  ASSERT_TRUE(checked.ok()) << checked.error().context;
  record::BatchView view(checked->batch.bytes);
  EXPECT_EQ(view.codec(), record::Codec::kZstd);
  EXPECT_TRUE(view.crc_ok());
  auto cursor = record::RecordCursor::open(view, checker.decompressor);
  ASSERT_TRUE(cursor.ok());
  record::RecordView record;
  int count = 0;
  for (; *cursor->next(record); ++count) EXPECT_EQ(as_text(*record.value), "a value");
  EXPECT_EQ(count, 200);
}

TEST_F(BatchCheckTest, FollowersTakeWholeBatchesOnly) {
  Slice batch = make();
  EXPECT_EQ(check_replicated(batch.bytes)->size(), batch.bytes.size());
  EXPECT_EQ(check_replicated(batch.bytes.first(batch.bytes.size() - 1))->size(), 0u);
  raw(batch)[70] ^= 1;
  EXPECT_EQ(check_replicated(batch.bytes).code(), Errc::kCorruptMessage);
}

}  // namespace
}  // namespace sl::storage
