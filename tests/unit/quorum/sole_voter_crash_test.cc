// Power cuts at every operation of the disk, from the first start on: what was answered is there afterwards, epochs
// never come twice, and a node always starts again.
#include "life.h"

namespace sl::quorum::testing {
namespace {

// Puts values until the disk is cut off; those that were answered are in `answered`, the others may be there or not.
struct Script {
  State answered;
  State asked;
};

void live(Life& life, Script& script, int life_number) {
  if (!life.start()) return;
  for (int i = 0; i < 6; ++i) {
    std::string key = std::to_string(i);
    std::string value = std::to_string(life_number) + ":" + std::to_string(i);
    script.asked[key] = value;
    if (!life.put(key, value)) return;
    script.answered[key] = value;
    if (i == 3) life.checkpoint();
  }
}

// The epochs that a log on this disk shows, each with the node's LeaderChange.
Epoch newest_vote(aio::SimDisk& disk) {
  auto vote = read_vote(disk, "/data/meta");
  return vote && *vote ? (*vote)->epoch : Epoch(0);
}

void check_after(Machine& machine, const Script& script, Epoch seen, uint64_t cut) {
  Life after(machine);
  auto started = after.start();
  ASSERT_TRUE(started) << "cut " << cut << ": " << started.error().context;
  EXPECT_GT(after.quorum->epoch(), seen) << "cut " << cut;
  for (const auto& [key, value] : script.answered) {
    auto at = after.listener.values().find(key);
    ASSERT_NE(at, after.listener.values().end()) << "cut " << cut << ": " << key << " was answered and is lost";
    EXPECT_TRUE(at->second == value || at->second == script.asked.at(key)) << "cut " << cut;
  }
  for (const auto& [key, value] : after.listener.values()) EXPECT_TRUE(script.asked.contains(key)) << "cut " << cut;
  EXPECT_TRUE(after.put("after", "v"));
  EXPECT_EQ(after.data->format().cluster_id, after.listener.cluster_id);
  after.stop(true);
}

// Runs two lives, the second of which meets the cut; true once the cut lies behind its end.
bool sweep_one(uint64_t cut, aio::CrashMode mode, bool first_start) {
  Machine machine(1000 + cut);
  Script script;
  if (!first_start) {
    Life life(machine);
    live(life, script, 1);
    EXPECT_EQ(script.answered.size(), 6u);
    life.kill();
  }
  Epoch before = newest_vote(machine.node.disk());
  Life life(machine);
  uint64_t operations = machine.node.disk().operations();
  machine.node.disk().cut_after(cut);
  live(life, script, 2);
  bool ended = machine.node.disk().operations() - operations <= cut;
  Epoch seen = life.quorum ? std::max(before, life.quorum->epoch()) : before;
  life.power_cut(mode);
  check_after(machine, script, seen, cut);
  return ended;
}

void sweep(aio::CrashMode mode, bool first_start) {
  uint64_t cut = 0;
  while (!sweep_one(cut, mode, first_start) && !::testing::Test::HasFailure()) {
    ++cut;
    ASSERT_LT(cut, 500u) << "the script never ends";
  }
  EXPECT_GT(cut, 15u);
}

TEST(SoleVoterCrash, AtEveryOperationOfTheFirstStart) {
  for (aio::CrashMode mode : aio::kCrashModes) sweep(mode, true);
}

TEST(SoleVoterCrash, AtEveryOperationOfALaterLife) {
  for (aio::CrashMode mode : aio::kCrashModes) sweep(mode, false);
}

// Between the vote and the epoch's first batch: the epoch is used up all the same.
TEST(SoleVoterCrash, AVoteWithoutABatchUsesItsEpochUp) {
  Machine machine(5);
  {
    Life life(machine);
    ASSERT_TRUE(life.start());
    life.kill();
  }
  {
    Life life(machine);
    machine.node.disk().fail_from(aio::DiskOp::kWrite, 1, Errc::kDiskFull, ".log");
    EXPECT_EQ(life.start().code(), Errc::kDiskFull);
    machine.node.disk().heal();
    EXPECT_EQ(newest_vote(machine.node.disk()), Epoch(2));
    life.kill();
  }
  Life life(machine);
  ASSERT_TRUE(life.start());
  EXPECT_EQ(life.quorum->epoch(), Epoch(3));
}

// Without syncs the same sweep must find losses, or it would prove nothing.
TEST(SoleVoterCrash, ALyingDiskIsFoundOut) {
  Machine machine(6);
  Life life(machine);
  ASSERT_TRUE(life.start());
  machine.node.disk().options().lying_sync = true;
  ASSERT_TRUE(life.put("k", "v"));
  life.power_cut(aio::CrashMode::kNothing);
  Life after(machine);
  ASSERT_TRUE(after.start());
  EXPECT_FALSE(after.listener.values().contains("k"));
}

}  // namespace
}  // namespace sl::quorum::testing
