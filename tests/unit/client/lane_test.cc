// One partition's queue under every order of answers that hurts.
#include "client/lane.h"

#include <gtest/gtest.h>

#include "record/record_cursor.h"

namespace sl::client {
namespace {

class LaneTest : public testing::Test {
 protected:
  BatchPtr add(int records) {
    for (int i = 0; i < records; ++i) EXPECT_TRUE(lane.builder.append(1000 + i, std::nullopt, as_bytes("value")));
    lane.seal(sealing);
    return lane.batches.back();
  }
  static int32_t sequence(const BatchPtr& batch) { return record::BatchView(batch->bytes.bytes).base_sequence(); }
  static int16_t epoch(const BatchPtr& batch) { return record::BatchView(batch->bytes.bytes).producer_epoch(); }
  BatchPtr send() {
    BatchPtr batch = lane.next(5);
    if (batch) lane.sent(*batch);
    return batch;
  }

  // The first batch is stored, so that others may be in flight together. Sequence 1 comes next.
  void begin() {
    BatchPtr first = add(1);
    EXPECT_EQ(send(), first);
    lane.settled(*first, false);
  }

  BufferPool pool{1 << 20};
  Lane lane{pool, nullptr, 0, 64 << 10};
  Sealing sealing{{ProducerId(7), 3}, record::Codec::kNone, record::kDefaultLevel, {}};
};

TEST_F(LaneTest, SequencesFollowOneAnotherAndWrapAround) {
  EXPECT_EQ(sequence(add(3)), 0);
  EXPECT_EQ(sequence(add(2)), 3);
  EXPECT_EQ(sequence(add(1)), 5);
  EXPECT_EQ(sequence_after(INT32_MAX, 1), 0);
  EXPECT_EQ(sequence_after(INT32_MAX - 1, 5), 3);
}

TEST_F(LaneTest, TheFirstBatchGoesAlone) {
  BatchPtr a = add(1), b = add(1);
  EXPECT_EQ(send(), a);
  EXPECT_EQ(send(), nullptr) << "a leader that refuses a would store b, since it knows no sequence of ours";
  EXPECT_FALSE(lane.could_send(5));
  lane.settled(*a, false);
  EXPECT_EQ(send(), b);
  EXPECT_TRUE(lane.could_send(5));
}

TEST_F(LaneTest, FiveInFlightInOrder) {
  begin();
  std::vector<BatchPtr> batches;
  for (int i = 0; i < 7; ++i) batches.push_back(add(1));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send(), batches[static_cast<size_t>(i)]);
  EXPECT_EQ(send(), nullptr);
  EXPECT_FALSE(lane.could_send(5));
  lane.settled(*batches[0], false);
  EXPECT_EQ(send(), batches[5]);
}

TEST_F(LaneTest, AFailedBatchIsSentAgainAloneAndBeforeTheRest) {
  begin();
  BatchPtr a = add(1), b = add(1), c = add(1);
  send();
  send();
  lane.returned(*a, true);
  EXPECT_EQ(send(), nullptr) << "b is still in flight";
  lane.returned(*b, false);
  EXPECT_EQ(send(), a);
  EXPECT_EQ(sequence(a), 1) << "the same number, so that it cannot be stored twice";
  EXPECT_EQ(send(), nullptr) << "only one at a time now";
  lane.settled(*a, false);
  EXPECT_EQ(send(), b);
  EXPECT_EQ(send(), nullptr);
  lane.settled(*b, false);
  EXPECT_EQ(send(), c);
  EXPECT_TRUE(lane.could_send(5)) << "nothing that failed is left";
}

TEST_F(LaneTest, AGapIsHealedInANewEpoch) {
  begin();
  BatchPtr a = add(2), b = add(3), c = add(1);
  send();
  send();
  lane.settled(*a, true);  // refused for good
  EXPECT_EQ(send(), nullptr);
  EXPECT_TRUE(lane.heal(sealing.identity).empty()) << "b is still in flight";
  EXPECT_TRUE(lane.gap());
  lane.returned(*b, false);  // out of order, as was to be expected
  EXPECT_TRUE(lane.heal(sealing.identity).empty());
  EXPECT_EQ(send(), b);
  EXPECT_EQ(epoch(b), 4);
  EXPECT_EQ(sequence(b), 0);
  EXPECT_EQ(sequence(c), 3);
  EXPECT_TRUE(record::BatchView(c->bytes.bytes).crc_ok());
  BatchPtr d = add(1);
  EXPECT_EQ(epoch(d), 4);
  EXPECT_EQ(sequence(d), 4);
}

TEST_F(LaneTest, WhatMayHaveBeenStoredIsNotRenumbered) {
  begin();
  BatchPtr a = add(1), b = add(1), c = add(1);
  send();
  send();
  lane.returned(*b, true);  // the connection was lost
  lane.settled(*a, true);
  std::vector<BatchPtr> unknown = lane.heal(sealing.identity);
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(unknown[0], b);
  EXPECT_EQ(send(), c);
  EXPECT_EQ(sequence(c), 0);
}

TEST_F(LaneTest, WithoutAnIdThereAreNoNumbersAndNoGaps) {
  sealing.identity = {};
  BatchPtr a = add(1), b = add(1);
  EXPECT_EQ(sequence(a), -1);
  send();
  lane.settled(*a, true);
  EXPECT_FALSE(lane.gap());
  EXPECT_EQ(send(), b);
}

TEST_F(LaneTest, ATooLargeBatchIsCutInPlace) {
  std::string value(1000, 'v');
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(lane.builder.append(i, as_bytes("k"), as_bytes(value)));
  lane.first_input = 50;
  lane.seal(sealing);
  BatchPtr whole = lane.batches.back();
  BatchPtr after = add(1);
  send();
  lane.returned(*whole, false);
  auto parts = lane.split(*whole, sealing);
  ASSERT_TRUE(parts.ok());
  ASSERT_GE(parts->size(), 2u);
  int32_t count = 0;
  record::Decompressor decompressor;
  for (const BatchPtr& part : *parts) {
    record::BatchView view(part->bytes.bytes);
    EXPECT_EQ(view.base_sequence(), count);
    EXPECT_LT(view.size(), whole->bytes.bytes.size() * 6 / 10);
    EXPECT_TRUE(view.crc_ok());
    EXPECT_TRUE(record::check_records(view, decompressor).ok());
    EXPECT_EQ(view.base_timestamp_ms(), count);
    count += part->count;
  }
  EXPECT_EQ(count, 10);
  EXPECT_EQ(sequence(after), 10);
  EXPECT_EQ(lane.batches.size(), parts->size() + 1);
  EXPECT_EQ(lane.batches.back(), after);

  BatchPtr lonely = add(1);
  EXPECT_EQ(lane.split(*lonely, sealing).code(), Errc::kMessageTooLarge);
}

}  // namespace
}  // namespace sl::client
