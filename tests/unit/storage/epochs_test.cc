// The epoch cache against the rules of D4.
#include "storage/epochs.h"

#include <gtest/gtest.h>

namespace sl::storage {
namespace {

EpochCache three_epochs() {
  EpochCache cache;
  EXPECT_TRUE(cache.assign(Epoch(2), Offset(0)));
  EXPECT_TRUE(cache.assign(Epoch(4), Offset(10)));
  EXPECT_TRUE(cache.assign(Epoch(7), Offset(25)));
  return cache;
}

TEST(EpochCacheTest, AnswersWhereAnEpochEnds) {
  EpochCache cache = three_epochs();
  Offset end(40);
  EXPECT_EQ(cache.end_offset_for(Epoch(7), end), (EpochEnd{Epoch(7), end}));
  EXPECT_EQ(cache.end_offset_for(Epoch(4), end), (EpochEnd{Epoch(4), Offset(25)}));
  EXPECT_EQ(cache.end_offset_for(Epoch(6), end), (EpochEnd{Epoch(4), Offset(25)}));
  EXPECT_EQ(cache.end_offset_for(Epoch(3), end), (EpochEnd{Epoch(2), Offset(10)}));
  EXPECT_EQ(cache.end_offset_for(Epoch(1), end), (EpochEnd{Epoch(1), Offset(0)}));
  EXPECT_EQ(cache.end_offset_for(Epoch(8), end), EpochEnd{});
  EXPECT_EQ(cache.end_offset_for(kNoEpoch, end), EpochEnd{});
  EXPECT_EQ(EpochCache().end_offset_for(Epoch(1), end), EpochEnd{});
}

TEST(EpochCacheTest, KnowsTheEpochOfAnOffset) {
  EpochCache cache = three_epochs();
  EXPECT_EQ(cache.at(Offset(0)), (EpochEnd{Epoch(2), Offset(10)}));
  EXPECT_EQ(cache.at(Offset(24)), (EpochEnd{Epoch(4), Offset(25)}));
  EXPECT_EQ(cache.at(Offset(25)), (EpochEnd{Epoch(7), kNoOffset}));
}

TEST(EpochCacheTest, AnEpochWithoutRecordsVanishes) {
  EpochCache cache = three_epochs();
  EXPECT_TRUE(cache.assign(Epoch(9), Offset(25)));
  ASSERT_EQ(cache.starts().size(), 3u);
  EXPECT_EQ(cache.starts().back(), (EpochStart{Epoch(9), Offset(25)}));
  EXPECT_FALSE(cache.assign(Epoch(9), Offset(30)));
  EXPECT_FALSE(cache.assign(Epoch(8), Offset(30)));
}

TEST(EpochCacheTest, IsCutAtBothEnds) {
  EpochCache cache = three_epochs();
  EXPECT_TRUE(cache.truncate_to(Offset(25)));
  EXPECT_EQ(cache.latest(), Epoch(4));
  EXPECT_TRUE(cache.advance_start(Offset(12)));
  ASSERT_EQ(cache.starts().size(), 1u);
  EXPECT_EQ(cache.starts()[0], (EpochStart{Epoch(4), Offset(12)}));
  EXPECT_FALSE(cache.advance_start(Offset(12)));
}

TEST(EpochCacheTest, ALeaderKeepsItsEpochWhenItsWriteIsUndone) {
  EpochCache cache = three_epochs();
  EXPECT_TRUE(cache.roll_back_to(Offset(20)));
  EXPECT_EQ(cache.starts().back(), (EpochStart{Epoch(7), Offset(20)}));
  EXPECT_FALSE(cache.roll_back_to(Offset(20)));
}

}  // namespace
}  // namespace sl::storage
