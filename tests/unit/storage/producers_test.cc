// The producer table against the rules of D6, and its ways back.
#include "storage/producers.h"

#include <gtest/gtest.h>

#include "record/batch_builder.h"

namespace sl::storage {
namespace {

struct ProducerTableTest : ::testing::Test {
  record::BatchView make(int16_t epoch, int32_t sequence, int records, int64_t base = 0) {
    record::BatchBuilder builder(buffers, 1 << 20);
    for (int i = 0; i < records; ++i) builder.append(1, std::nullopt, as_bytes("v"));
    record::BatchStamp stamp;
    stamp.base_offset = Offset(base);
    stamp.producer_id = ProducerId(9);
    stamp.producer_epoch = epoch;
    stamp.base_sequence = sequence;
    kept.push_back(builder.finish(stamp));
    return record::BatchView(kept.back().bytes);
  }
  BufferPool buffers{1 << 20};
  std::vector<Slice> kept;
  ProducerTable table;
};

TEST_F(ProducerTableTest, SequencesMustFollow) {
  EXPECT_FALSE((*table.check(make(0, 17, 2))).has_value());  // nothing known: anything goes
  table.apply(make(0, 17, 2, 100), 1);
  EXPECT_FALSE((*table.check(make(0, 19, 1))).has_value());
  EXPECT_EQ(table.check(make(0, 20, 1)).code(), Errc::kOutOfOrderSequenceNumber);
  EXPECT_EQ(table.check(make(0, 16, 1)).code(), Errc::kOutOfOrderSequenceNumber);
  EXPECT_EQ(table.check(make(-1, 19, 1)).code(), Errc::kInvalidProducerEpoch);
  EXPECT_EQ(table.check(make(1, 19, 1)).code(), Errc::kOutOfOrderSequenceNumber);
  EXPECT_TRUE(table.check(make(1, 0, 1)).ok());
}

TEST_F(ProducerTableTest, FiveBatchesAreKnownAgain) {
  for (int i = 0; i < 6; ++i) table.apply(make(0, i * 2, 2, i * 2), 1);
  EXPECT_EQ(table.check(make(0, 0, 2)).code(), Errc::kOutOfOrderSequenceNumber);
  for (int i = 1; i < 6; ++i) {
    auto known = table.check(make(0, i * 2, 2));
    ASSERT_TRUE(known.ok() && *known) << i;
    EXPECT_EQ((*known)->base, Offset(i * 2));
    EXPECT_EQ((*known)->last, Offset(i * 2 + 1));
  }
  // The same start with another length is no retry.
  EXPECT_EQ(table.check(make(0, 10, 1)).code(), Errc::kOutOfOrderSequenceNumber);
}

TEST_F(ProducerTableTest, SequencesWrap) {
  table.apply(make(0, INT32_MAX - 1, 3, 0), 1);
  EXPECT_EQ(table.find(ProducerId(9))->batches[0].last_sequence, 0);
  EXPECT_TRUE(table.check(make(0, 1, 1)).ok());
  EXPECT_EQ(sequence_after(INT32_MAX, 1), 0);
}

TEST_F(ProducerTableTest, UndoRestoresWhatWas) {
  table.apply(make(0, 0, 2, 0), 1);
  ProducerEntry before = *table.find(ProducerId(9));
  auto first = table.apply(make(0, 2, 1, 2), 1);
  auto second = table.apply(make(1, 0, 1, 3), 1);
  table.undo(second);
  table.undo(first);
  EXPECT_EQ(table.find(ProducerId(9))->batches, before.batches);
  EXPECT_EQ(table.find(ProducerId(9))->epoch, 0);
  EXPECT_EQ(table.find(ProducerId(9))->next_sequence, 2);
}

// Batches that were on their way behind a first one that was refused must not be taken for the first.
TEST_F(ProducerTableTest, AProducerWhoseFirstBatchIsUndoneIsStillExpectedThere) {
  auto first = table.apply(make(0, 3, 2, 0), 1);
  auto second = table.apply(make(0, 5, 1, 2), 1);
  table.undo(second);
  table.undo(first);
  EXPECT_EQ(table.check(make(0, 6, 1)).code(), Errc::kOutOfOrderSequenceNumber);
  EXPECT_EQ(table.check(make(0, 5, 1)).code(), Errc::kOutOfOrderSequenceNumber);
  EXPECT_TRUE(table.check(make(0, 3, 2)).ok());
  EXPECT_TRUE(table.check(make(1, 0, 1)).ok()) << "a new epoch begins anew";
}

TEST_F(ProducerTableTest, TruncationKnowsTheNextSequenceStill) {
  for (int i = 0; i < 7; ++i) table.apply(make(0, i, 1, i), 1);
  table.truncate_to(Offset(4));
  EXPECT_EQ(table.find(ProducerId(9))->next_sequence, 4);
  EXPECT_TRUE(table.check(make(0, 4, 1)).ok());
  table.truncate_to(Offset(0));  // all five gone: the oldest of them tells what came before
  EXPECT_EQ(table.find(ProducerId(9))->next_sequence, 2);
  EXPECT_EQ(table.check(make(0, 5, 1)).code(), Errc::kOutOfOrderSequenceNumber);
}

TEST_F(ProducerTableTest, DirtyOnesAreTakenOnceAndExpire) {
  table.apply(make(0, 0, 1, 0), 50);
  EXPECT_EQ(table.take_dirty().size(), 1u);
  EXPECT_FALSE(table.any_dirty());
  table.apply(make(0, 1, 1, 1), 60);
  EXPECT_TRUE(table.any_dirty());
  table.take_dirty();
  table.expire(60);
  EXPECT_EQ(table.size(), 1u);
  table.expire(61);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.take_dirty(), std::vector{ProducerId(9)});
}

}  // namespace
}  // namespace sl::storage
