// Snapshots of a running quorum: when they come, what they make superfluous, what is loaded from them.
#include "life.h"

namespace sl::quorum::testing {
namespace {

SoleVoterOptions small_snapshots(size_t record_bytes = 4000) {
  SoleVoterOptions options;
  options.snapshots.record_bytes = record_bytes;
  options.segment_bytes = 8192;
  return options;
}

void put_rounds(Machine& machine, Life& life, State& expected, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    std::string key = std::to_string(i % 10);
    std::string value = std::to_string(i) + std::string(200, 'x');
    ASSERT_TRUE(life.put(key, value));
    expected[key] = value;
  }
  // A snapshot that was begun comes to its end.
  machine.world.run_for_ms(100);
}

std::vector<std::string> names_ending(FileSystem& files, std::string_view suffix) {
  std::vector<std::string> found;
  auto names = files.list("/data/meta");
  EXPECT_TRUE(names);
  for (const auto& name : *names)
    if (name.ends_with(suffix)) found.push_back(name);
  return found;
}

TEST(SoleVoterSnapshots, ComeByBytesAndCutTheLog) {
  Machine machine(1);
  State expected;
  Life life(machine, small_snapshots());
  ASSERT_TRUE(life.start());
  put_rounds(machine, life, expected, 200);
  EXPECT_EQ(names_ending(life.runtime.files(), ".checkpoint").size(), kSnapshotsKept);
  Offset start = life.quorum->log().log_start();
  EXPECT_GT(start, Offset(100));
  EXPECT_LT(start, life.quorum->snapshot_end());
  EXPECT_FALSE(life.runtime.files().exists("/data/meta/00000000000000000000.log").ok() &&
               *life.runtime.files().exists("/data/meta/00000000000000000000.log"));
  life.stop(true);

  Life next(machine, small_snapshots());
  auto started = next.start();
  ASSERT_TRUE(started) << started.error().context;
  EXPECT_EQ(next.listener.values(), expected);
  EXPECT_EQ(next.listener.snapshots, 1);
  EXPECT_LT(next.listener.heard, 60);
}

TEST(SoleVoterSnapshots, ComeByTimeAndNotWhenIdle) {
  Machine machine(2);
  Life life(machine);
  ASSERT_TRUE(life.start());
  ASSERT_TRUE(life.put("k", "v"));
  EXPECT_EQ(life.quorum->snapshot_end(), Offset(0));
  machine.world.run_for_ms(3'600'000 + 1000);
  Offset end = life.quorum->snapshot_end();
  EXPECT_EQ(end, life.quorum->high_watermark());
  machine.world.run_for_ms(3 * 3'600'000);
  EXPECT_EQ(names_ending(life.runtime.files(), ".checkpoint").size(), 1u);
  ASSERT_TRUE(life.put("l", "w"));
  machine.world.run_for_ms(3'600'000 + 1000);
  EXPECT_EQ(life.quorum->snapshot_end(), end + 1);
}

TEST(SoleVoterSnapshots, AnOlderOneServesForADamagedOne) {
  Machine machine(3);
  State expected;
  {
    Life life(machine, small_snapshots());
    ASSERT_TRUE(life.start());
    put_rounds(machine, life, expected, 150);
    life.stop(true);
  }
  auto names = names_ending(machine.node.disk(), ".checkpoint");
  ASSERT_EQ(names.size(), 2u);
  ASSERT_TRUE(machine.node.disk().flip("/data/meta/" + names[1], 100, 1));
  Life life(machine, small_snapshots());
  auto started = life.start();
  ASSERT_TRUE(started) << started.error().context;
  EXPECT_EQ(life.listener.values(), expected);
  EXPECT_NE(life.logger.text.find("snapshot damaged"), std::string::npos);
}

TEST(SoleVoterSnapshots, WithoutAnyTheCutLogIsRefused) {
  Machine machine(4);
  State expected;
  {
    Life life(machine, small_snapshots());
    ASSERT_TRUE(life.start());
    put_rounds(machine, life, expected, 150);
    life.stop(true);
  }
  for (const auto& name : names_ending(machine.node.disk(), ".checkpoint"))
    ASSERT_TRUE(machine.node.disk().remove("/data/meta/" + name));
  Life life(machine, small_snapshots());
  auto started = life.start();
  EXPECT_EQ(started.code(), Errc::kCorrupt);
  EXPECT_NE(started.error().context.find("snapshot"), std::string::npos) << started.error().context;
}

TEST(SoleVoterSnapshots, TheIndexMayBeLost) {
  Machine machine(5);
  State expected;
  for (int round = 0; round < 4; ++round) {
    Life life(machine, small_snapshots());
    auto started = life.start();
    ASSERT_TRUE(started) << started.error().context;
    EXPECT_EQ(life.listener.values(), expected);
    put_rounds(machine, life, expected, 70);
    life.checkpoint();
    life.kill();
    machine.medium->wipe();
  }
}

TEST(SoleVoterSnapshots, AFullDiskOnlyDelaysThem) {
  Machine machine(6);
  State expected;
  Life life(machine, small_snapshots());
  ASSERT_TRUE(life.start());
  machine.node.disk().fail_from(aio::DiskOp::kCreate, 1, Errc::kDiskFull, ".checkpoint");
  put_rounds(machine, life, expected, 30);
  EXPECT_EQ(life.quorum->snapshot_end(), Offset(0));
  EXPECT_TRUE(life.fatal.empty());
  machine.node.disk().heal();
  put_rounds(machine, life, expected, 60);
  EXPECT_GT(life.quorum->snapshot_end(), Offset(0));
}

// Lives with small snapshots, each cut off at another operation of the disk.
TEST(SoleVoterSnapshots, PowerCutsAtManyOperations) {
  Machine machine(7);
  State answered, asked;
  for (uint64_t number = 0; number < 60; ++number) {
    Life life(machine, small_snapshots(3000));
    auto started = life.start();
    ASSERT_TRUE(started) << number << ": " << started.error().context;
    for (const auto& [key, value] : answered) {
      const auto& found = life.listener.values().at(key);
      EXPECT_TRUE(found == value || found == asked.at(key)) << number;
    }
    answered = asked = life.listener.values();
    machine.node.disk().cut_after(10 + number * 3);
    for (int i = 0; i < 60; ++i) {
      std::string key = std::to_string(i % 7);
      std::string value = std::to_string(number) + "/" + std::to_string(i) + std::string(150, 'y');
      asked[key] = value;
      if (!life.put(key, value)) break;
      answered[key] = value;
    }
    life.power_cut(number % 2 ? aio::CrashMode::kSubset : aio::CrashMode::kNothing);
    if (number % 5 == 0) machine.medium->wipe();
  }
}

}  // namespace
}  // namespace sl::quorum::testing
