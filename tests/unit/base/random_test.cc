// The seeded generator gives the same numbers everywhere, since simulated runs are named by their seed.
#include "base/random.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "base/clock.h"

namespace sl {
namespace {

// xoshiro256** from splitmix64(0), computed by the authors' own C code.
TEST(Random, TheSeedDeterminesTheNumbers) {
  SeededRandom zero(0);
  EXPECT_EQ(zero.next(), 0x99ec5f36cb75f2b4u);
  EXPECT_EQ(zero.next(), 0xbf6e1f784956452au);
  EXPECT_EQ(zero.next(), 0x1a5f849d4933e6e0u);
  SeededRandom one(1), other(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.next(), other.next());
}

TEST(Random, BelowReachesAllAndNothingElse) {
  SeededRandom random(5);
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(*seen.rbegin(), 6u);
}

TEST(Random, FillsEveryByteAndNoMore) {
  SeededRandom random(6);
  for (size_t n = 0; n < 40; ++n) {
    std::vector<uint8_t> bytes(n + 1, 0);
    std::vector<uint8_t> ever(n, 0);
    for (int round = 0; round < 20; ++round) {
      random.fill(std::span(bytes).first(n));
      for (size_t i = 0; i < n; ++i) ever[i] |= bytes[i];
    }
    EXPECT_EQ(bytes[n], 0);
    for (uint8_t byte : ever) EXPECT_NE(byte, 0);
  }
}

TEST(Random, TheSystemsAreDifferentEachTime) {
  EXPECT_NE(system_random()->next(), system_random()->next());
}

TEST(Clock, RunsForward) {
  const Clock& clock = system_clock();
  int64_t before = clock.mono_ns();
  EXPECT_GT(clock.wall_ms(), 1'600'000'000'000);
  EXPECT_GE(clock.mono_ns(), before);
  EXPECT_GE(clock.mono_ms(), before / 1'000'000);
}

}  // namespace
}  // namespace sl
