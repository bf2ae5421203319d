// The sparse index: what is due, what is found, what is stored and dropped.
#include "storage/offset_index.h"

#include <gtest/gtest.h>

#include "storage/settings.h"

namespace sl::storage {
namespace {

IndexEntry entry(int64_t n) {
  return {Offset(100 + n * 10), static_cast<uint32_t>(n * static_cast<int64_t>(kIndexIntervalBytes)),
          static_cast<uint32_t>(n * 10), n == 0 ? -1 : 1000 + n};
}

OffsetIndex filled(int64_t entries) {
  OffsetIndex index;
  for (int64_t n = 0; n < entries; ++n) index.add(entry(n));
  return index;
}

TEST(OffsetIndexTest, AnEntryIsDueAtTheStartAndThenByBytes) {
  OffsetIndex index;
  EXPECT_TRUE(index.due(0));
  index.add(entry(0));
  EXPECT_FALSE(index.due(kIndexIntervalBytes - 1));
  EXPECT_TRUE(index.due(kIndexIntervalBytes));
}

TEST(OffsetIndexTest, FindsTheEntryBefore) {
  OffsetIndex index = filled(10);
  EXPECT_EQ(index.find(Offset(100)), entry(0));
  EXPECT_EQ(index.find(Offset(119)), entry(1));
  EXPECT_EQ(index.find(Offset(5000)), entry(9));
  EXPECT_EQ(index.find(Offset(50)), entry(0));
  EXPECT_EQ(index.find_time(1004), entry(3));
  EXPECT_EQ(index.find_time(0), entry(0));
  EXPECT_FALSE(OffsetIndex().find(Offset(0)).has_value());
}

TEST(OffsetIndexTest, WhatIsStoredLeavesMemoryByChunks) {
  OffsetIndex index = filled(150);
  auto unstored = index.to_store(UINT64_MAX);
  EXPECT_EQ(unstored.first, 0u);
  EXPECT_EQ(unstored.end, 150u);
  index.stored(150, false);
  EXPECT_EQ(index.dropped(), 128u);
  EXPECT_EQ(index.size(), 150u);
  EXPECT_FALSE(index.find(Offset(100 + 127 * 10)).has_value());
  EXPECT_EQ(index.find(Offset(100 + 128 * 10)), entry(128));
  EXPECT_TRUE(index.to_store(UINT64_MAX).entries.empty());
  index.add(entry(150));
  // The chunk that grew is stored whole.
  EXPECT_EQ(index.to_store(UINT64_MAX).first, 128u);
  EXPECT_EQ(index.to_store(UINT64_MAX).entries.size(), 23u);
  // Not what the recovery point does not cover.
  EXPECT_TRUE(index.to_store(150 * kIndexIntervalBytes).entries.empty());
  index.stored(151, true);
  EXPECT_TRUE(index.in_memory().empty());
  EXPECT_EQ(index.dropped(), 151u);
}

TEST(OffsetIndexTest, ATruncatedChunkIsStoredAgain) {
  OffsetIndex index = filled(100);
  index.stored(100, false);
  index.truncate_to(90 * kIndexIntervalBytes);
  EXPECT_EQ(index.size(), 90u);
  EXPECT_EQ(index.to_store(UINT64_MAX).first, 64u);
  EXPECT_EQ(index.to_store(UINT64_MAX).entries.size(), 26u);
}

}  // namespace
}  // namespace sl::storage
