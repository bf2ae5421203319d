// Malformed records, each written by hand, and what the cursor and the broker's check say of them.
#include <gtest/gtest.h>

#include "record/record_cursor.h"
#include "tests/unit/record/sample_batches.h"

namespace sl::record {
namespace {

using namespace samples;

struct BrokenCase {
  const char* what;
  const char* records;  // hexadecimal
  int32_t count = 1;
  int32_t last_delta = 0;
};

// length, attributes, timestamp delta, offset delta, key length ..., value length ..., header count
constexpr BrokenCase kBroken[] = {
    {"no records where one is announced", ""},
    {"length beyond the batch", "12000000026b027600"},
    {"length shorter than the content", "0e000000026b027600"},
    {"length longer than the content", "12000000026b02760000"},
    {"length negative", "0f000000026b027600"},
    {"length zero", "00000000026b027600"},
    {"length over five bytes", "90808080808000000000026b027600"},
    {"length over 32 bits", "ffffffff7f000000026b027600"},
    {"timestamp cut off", "100080808080808080"},
    {"timestamp over 64 bits", "2000ffffffffffffffffffff7f000101000000"},
    {"offset delta negative", "10000001026b027600"},
    {"offset delta above the last", "10000002026b027600"},
    {"key length below null", "10000000036b027600"},
    {"key beyond the record", "10000000206b027600"},
    {"value length below null", "10000000026b037600"},
    {"value beyond the record", "10000000026b107600"},
    {"header count negative", "10000000026b027601"},
    {"header count beyond the record", "10000000026b027602"},
    {"header name null", "14000000026b0276020101"},
    {"header name beyond the record", "14000000026b0276022001"},
    {"header value below null", "14000000026b0276020003"},
    {"header value beyond the record", "14000000026b0276020020"},
    {"bytes behind the last record", "10000000026b02760000"},
    {"more records than announced", "10000000026b02760010000000026b027600"},
    {"fewer records than announced", "10000000026b027600", 2, 1},
    {"a count no batch can hold", "10000000026b027600", INT32_MAX, INT32_MAX - 1},
    {"count negative", "10000000026b027600", -1, 0},
    {"last offset delta negative", "10000000026b027600", 1, -1},
    {"offset delta twice", "10000000026b02760010000000026b027600", 2, 1},
    {"offset delta falling", "10000002026b02760010000000026b027600", 2, 1},
};

TEST(Cursor, MalformedRecordsAreRefused) {
  Decompressor decompressor;
  for (const auto& broken : kBroken) {
    auto batch = batch_of(from_hex(broken.records), broken.count, broken.last_delta);
    EXPECT_EQ(read_all(BatchView(batch), decompressor).code(), Errc::kInvalidRecord) << broken.what;
    for (bool contiguous : {false, true})
      EXPECT_EQ(check_records(BatchView(batch), decompressor, {.contiguous = contiguous}).code(), Errc::kInvalidRecord)
          << broken.what;
  }
}

TEST(Cursor, TheErrorNamesTheRecord) {
  Decompressor decompressor;
  auto batch = batch_of(from_hex("10000000026b02760010000002036b027600"), 2, 1);
  auto stats = check_records(BatchView(batch), decompressor);
  ASSERT_FALSE(stats);
  EXPECT_EQ(stats.error().context, "record 2 of 2 is malformed: its key is broken");
  auto cursor = RecordCursor::open(BatchView(batch), decompressor);
  RecordView record;
  ASSERT_TRUE(cursor->next(record));
  for (int again = 0; again < 2; ++again) EXPECT_EQ(cursor->next(record).code(), Errc::kInvalidRecord);
}

// Compaction removes records and leaves the last offset delta: read, but not accepted from a producer.
TEST(Cursor, GapsAreReadButNotProduced) {
  Decompressor decompressor;
  auto batch = batch_of(from_hex("10000002026b02760010000008026b027600"), 2, 9);
  set_base_offset(batch, Offset(100));
  auto cursor = RecordCursor::open(BatchView(batch), decompressor);
  ASSERT_TRUE(cursor);
  EXPECT_EQ(cursor->remaining(), 2);
  RecordView record;
  ASSERT_TRUE(*cursor->next(record));
  EXPECT_EQ(record.offset, Offset(101));
  ASSERT_TRUE(*cursor->next(record));
  EXPECT_EQ(record.offset, Offset(104));
  EXPECT_FALSE(*cursor->next(record));
  EXPECT_FALSE(*cursor->next(record));
  EXPECT_EQ(check_records(BatchView(batch), decompressor).code(), Errc::kInvalidRecord);
  EXPECT_TRUE(check_records(BatchView(batch), decompressor, {.contiguous = false}));
}

TEST(Cursor, AnEmptyBatchHasNoRecords) {
  Decompressor decompressor;
  for (int16_t codec : std::initializer_list<int16_t>{0, 1, 4}) {
    auto batch = batch_of({}, 0, 9, codec);
    auto records = read_all(BatchView(batch), decompressor);
    ASSERT_TRUE(records);
    EXPECT_TRUE(records->empty());
    auto stats = check_records(BatchView(batch), decompressor, {.contiguous = false});
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->max_timestamp_ms, -1);
    EXPECT_EQ(check_records(BatchView(batch), decompressor).code(), Errc::kInvalidRecord);
  }
}

TEST(Cursor, RecordAttributesAreReadPastButNotProduced) {
  Decompressor decompressor;
  auto batch = batch_of(from_hex("10010000026b027600"), 1, 0);
  EXPECT_TRUE(read_all(BatchView(batch), decompressor));
  EXPECT_EQ(check_records(BatchView(batch), decompressor).code(), Errc::kInvalidRecord);
}

TEST(Cursor, UnknownCodecsAreRefused) {
  Decompressor decompressor;
  for (int16_t codec : std::initializer_list<int16_t>{5, 6, 7}) {
    auto batch = batch_of(from_hex("10000000026b027600"), 1, 0, codec);
    EXPECT_EQ(read_all(BatchView(batch), decompressor).code(), Errc::kUnsupportedCompressionType);
    EXPECT_EQ(check_records(BatchView(batch), decompressor).code(), Errc::kUnsupportedCompressionType);
  }
}

TEST(Cursor, RandomBytesNeverDoHarm) {
  Decompressor decompressor;
  SeededRandom random(3);
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint8_t> records(random.below(60));
    random.fill(records);
    // Small numbers get further into a record than large ones.
    for (auto& byte : records)
      if (random.below(3) != 0) byte = static_cast<uint8_t>(byte % 8);
    auto count = static_cast<int32_t>(random.below(4));
    auto batch = batch_of(records, count, count, static_cast<int16_t>(random.below(5)));
    auto read = read_all(BatchView(batch), decompressor);
    auto stats = check_records(BatchView(batch), decompressor, {.contiguous = false});
    if (stats) {
      ++accepted;
      EXPECT_TRUE(read);
    }
  }
  EXPECT_GT(accepted, 0);
}

// Consumers hold on to a compressed batch's records while the next one is decompressed.
TEST(Cursor, KeptOutputOutlivesTheNextBatch) {
  BufferPool pool(4 << 20);
  Compressor compressor;
  Decompressor decompressor(&pool);
  auto make = [&](std::string_view value) {
    BatchBuilder builder(pool, 100'000);
    EXPECT_TRUE(builder.append(1, {}, as_bytes(value)));
    return builder.finish({}, Codec::kZstd, kDefaultLevel, compressor);
  };
  Slice first = make(std::string(1000, 'a')), second = make(std::string(1000, 'b'));
  RecordView record, other;
  auto cursor = RecordCursor::open(BatchView(first.bytes), decompressor);
  ASSERT_TRUE(*cursor->next(record));
  Buffer kept = decompressor.keep();
  auto next = RecordCursor::open(BatchView(second.bytes), decompressor);
  ASSERT_TRUE(*next->next(other));
  EXPECT_EQ(as_text(*record.value), std::string(1000, 'a'));
  EXPECT_EQ(as_text(*other.value), std::string(1000, 'b'));
  EXPECT_GE(record.value->data(), kept.data());
  EXPECT_LT(record.value->data(), kept.data() + kept.size());
}

}  // namespace
}  // namespace sl::record
