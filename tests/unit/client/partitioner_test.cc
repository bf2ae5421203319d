#include "client/partitioner.h"

#include <gtest/gtest.h>

#include <map>

namespace sl::client {
namespace {

std::optional<Bytes> key(std::string_view text) {
  return as_bytes(text);
}

TEST(PartitionerTest, KeysLandWhereJavaPutsThem) {
  SeededRandom random(1);
  Partitioner ten(PartitionerKind::kMurmur2, 10, random);
  EXPECT_EQ(ten.pick(key("wu")), 0);
  Partitioner fifteen(PartitionerKind::kMurmur2, 15, random);
  EXPECT_EQ(fifteen.pick(key("TT0124")), 10);
  EXPECT_EQ(ten.pick(key("")), static_cast<int32_t>((275646681u & 0x7fffffff) % 10)) << "an empty key is a key";
  Partitioner sticky(PartitionerKind::kSticky, 10, random);
  EXPECT_EQ(sticky.pick(key("wu")), 0);
}

TEST(PartitionerTest, WithoutAKeyRecordsGoRound) {
  SeededRandom random(5);
  std::map<int32_t, int> starts;
  for (int run = 0; run < 200; ++run) {
    Partitioner partitioner(PartitionerKind::kMurmur2, 4, random);
    int32_t first = partitioner.pick(std::nullopt);
    ++starts[first];
    for (int32_t i = 0; i < 12; ++i) {
      int32_t chosen = partitioner.pick(std::nullopt);
      EXPECT_EQ(chosen, (first + i) % 4);
      EXPECT_EQ(partitioner.pick(std::nullopt), chosen) << "the choice stays until it was used";
      partitioner.used(std::nullopt);
      partitioner.used(key("k"));  // A keyed record in between does not count.
    }
  }
  for (int32_t p = 0; p < 4; ++p) EXPECT_GT(starts[p], 25) << "the start is random";
}

TEST(PartitionerTest, RoundRobinAndRandomIgnoreKeys) {
  SeededRandom random(5);
  Partitioner round(PartitionerKind::kRoundRobin, 3, random);
  int32_t first = round.pick(key("wu"));
  round.used(key("wu"));
  EXPECT_EQ(round.pick(key("wu")), (first + 1) % 3);
  Partitioner any(PartitionerKind::kRandom, 4, random);
  std::map<int32_t, int> counts;
  for (int i = 0; i < 4000; ++i) {
    ++counts[any.pick(key("wu"))];
    any.used(key("wu"));
  }
  for (int32_t p = 0; p < 4; ++p) EXPECT_NEAR(counts[p], 1000, 150);
}

TEST(PartitionerTest, StickyStaysUntilItsBatchIsFull) {
  SeededRandom random(9);
  Partitioner sticky(PartitionerKind::kSticky, 5, random);
  std::map<int32_t, int> counts;
  for (int batch = 0; batch < 1000; ++batch) {
    int32_t chosen = sticky.pick(std::nullopt);
    ++counts[chosen];
    for (int i = 0; i < 10; ++i) sticky.used(std::nullopt);
    EXPECT_EQ(sticky.pick(std::nullopt), chosen);
    sticky.batch_full((chosen + 1) % 5);
    EXPECT_EQ(sticky.pick(std::nullopt), chosen) << "another's batch";
    sticky.batch_full(chosen);
    EXPECT_NE(sticky.pick(std::nullopt), chosen);
  }
  for (int32_t p = 0; p < 5; ++p) EXPECT_NEAR(counts[p], 200, 60);
}

TEST(PartitionerTest, Names) {
  EXPECT_EQ(*parse_partitioner("roundrobin"), PartitionerKind::kRoundRobin);
  EXPECT_EQ(parse_partitioner("crc32").code(), Errc::kUsage);
}

}  // namespace
}  // namespace sl::client
