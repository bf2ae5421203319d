// Rebalance storms: members of a group that come and go while records pour in, with and without trouble on the way and
// in the daemon. Every record is delivered, in order and by one owner at a time. SL_TEST_LONG=1: ten times the seeds.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "aio/sim_network.h"
#include "aio/sim_world.h"
#include "tests/simulation/group_storm.h"
#include "tests/simulation/sim_daemon.h"
#include "tests/simulation/workload.h"

namespace sl::simulation {
namespace {

constexpr int32_t kPartitions = 16;
constexpr int kPlaces = 50;

struct Storm {
  explicit Storm(uint64_t seed) : random(seed * 37 + 11), world(seed, options()) {}

  aio::SimOptions options() {
    aio::SimOptions made;
    constexpr unsigned kResets[] = {0, 0, 1, 5};
    made.reset_permille = kResets[random.below(4)];
    return made;
  }
  void require(bool holds, const std::string& sentence) {
    if (!holds && wrong.empty()) wrong = sentence;
  }

  void go(client::GroupProtocol protocol) {
    SimDaemon daemon(world.add_node("broker"));
    aio::SimRuntime& client = world.add_node("client").start_process();
    WorkloadOptions load;
    load.partitions = kPartitions;
    load.records = 2000;
    load.pause_ms_max = 100;
    load.value_bytes_max = 60;
    Workload workload(client, load);
    GroupStormOptions about;
    about.protocol = protocol;
    bool kills = random.below(2) == 0;
    about.troubled = kills || world.options().reset_permille > 0;
    GroupStorm storm(client, about);
    aio::TaskGroup tasks;
    daemon.start();
    tasks.spawn(workload.create_topic());
    require(world.run_until([&] { return workload.topic_made(); }, 60'000), "no topic");
    tasks.spawn(workload.produce());
    for (int i = 0; i < kPlaces; ++i) tasks.spawn(storm.inhabit(i == 0));
    for (int second = 0; second < 60 && storm.trouble().empty(); ++second) {
      world.run_for_ms(1000);
      if (kills && random.below(15) == 0) {
        end(daemon);
        world.run_for_ms(static_cast<int64_t>(random.below(500)));
        daemon.start();
      }
    }
    // The one that stays reads what is left.
    storm.calm_down();
    world.options().reset_permille = 0;
    require(world.run_until([&] { return workload.produced() || !storm.trouble().empty(); }, 600'000),
            "the producer does not come to its end");
    bool read = false;
    tasks.spawn(read_all(&workload, &read));
    require(world.run_until([&] { return read; }, 600'000), "the topic cannot be read");
    auto all_delivered = [&] {
      int64_t delivered = 0;
      for (int32_t p = 0; p < kPartitions; ++p) delivered += storm.delivered(p);
      return delivered == static_cast<int64_t>(workload.acknowledged()) || !storm.trouble().empty();
    };
    require(world.run_until(all_delivered, 120'000), "not everything was delivered");
    storm.stop();
    workload.abandon();
    require(world.run_until([&] { return tasks.live() == 0; }, 600'000), "clients that do not end");
    daemon.stop();
    require(world.run_until([&] { return daemon.all_ended(); }, 60'000), "a daemon that does not end");
    if (!storm.trouble().empty()) wrong = storm.trouble();
    require(workload.verdict().empty(), workload.verdict());
    lives = storm.lives();
    handovers = storm.handovers();
    refused = storm.refused_commits();
  }
  // By a kill, by the loss of power, or cleanly, and then the groups come out of the index.
  void end(SimDaemon& daemon) {
    uint64_t how = random.below(3);
    if (how == 0) return daemon.kill();
    if (how == 1) return daemon.power_cut(aio::kCrashModes[random.below(aio::kCrashModes.size())]);
    daemon.stop();
    require(world.run_until([&] { return !daemon.running(); }, 60'000), "the daemon does not stop");
  }
  static aio::Task<void> read_all(Workload* workload, bool* read) {
    co_await workload->read_all();
    *read = true;
  }

  SeededRandom random;
  aio::SimWorld world;
  std::string wrong;
  uint64_t lives = 0, handovers = 0, refused = 0;
};

void storms(client::GroupProtocol protocol, uint64_t first) {
  uint64_t seeds = std::getenv("SL_TEST_LONG") ? 200 : 20;
  if (const char* one = std::getenv("SL_SEED")) first = static_cast<uint64_t>(std::atoll(one)), seeds = 1;
  uint64_t lives = 0, handovers = 0, refused = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    Storm storm(seed);
    storm.go(protocol);
    ASSERT_EQ(storm.wrong, "") << "seed " << seed;
    lives += storm.lives;
    handovers += storm.handovers;
    refused += storm.refused;
  }
  fmt::print("{} seeds, {} members, {} partitions taken over, {} commits of those who had left refused\n", seeds, lives,
             handovers, refused);
  EXPECT_GT(handovers, 30 * seeds) << "hardly anything happened";
  EXPECT_GT(refused, 0U);
}

TEST(RebalanceStorm, ClassicMembers) {
  storms(client::GroupProtocol::kClassic, 1);
}
TEST(RebalanceStorm, MembersOfTheNewerProtocol) {
  storms(client::GroupProtocol::kConsumer, 1001);
}
TEST(RebalanceStorm, MembersThatTakeTheGroupAsItIs) {
  storms(client::GroupProtocol::kAuto, 2001);
}

}  // namespace
}  // namespace sl::simulation
