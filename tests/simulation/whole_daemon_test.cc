// A whole daemon and its clients in one process, in virtual time, from one seed: connections reset, bytes arrive in
// pieces, the daemon is stopped, killed, cut from power in the middle of everything; every acknowledged record comes
// back once. The same seed is the same run, event by event.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "aio/sim_network.h"
#include "aio/sim_world.h"
#include "tests/simulation/sim_daemon.h"
#include "tests/simulation/workload.h"

namespace sl::simulation {
namespace {

bool long_run() {
  return std::getenv("SL_TEST_LONG") != nullptr;
}

struct Outcome {
  uint64_t trace = 0;
  uint64_t steps = 0;
  int64_t virtual_ms = 0;
  uint64_t acknowledged = 0;
  size_t lives = 0;
  std::string wrong;
};

// One seed: it draws its own mix of faults.
class Run {
 public:
  explicit Run(uint64_t seed, bool lying_sync = false)
      : seed_(seed), lying_sync_(lying_sync), random_(seed * 31 + 7), world_(seed, world_options()) {}

  Outcome go() {
    SimDaemon daemon(world_.add_node("broker"));
    aio::SimRuntime& client = world_.add_node("client").start_process();
    Workload workload(client, workload_options());
    aio::TaskGroup tasks;
    daemon.start();
    tasks.spawn(workload.create_topic());
    play(daemon, [&] { return workload.topic_made(); });
    tasks.spawn(workload.produce());
    tasks.spawn(workload.follow());
    play(daemon, [&] { return workload.produced(); });
    heal(daemon);
    finish(workload, tasks);
    end(daemon, workload, tasks);
    return outcome(daemon, workload);
  }

 private:
  aio::SimOptions world_options() {
    aio::SimOptions options;
    constexpr unsigned kResets[] = {0, 0, 2, 10};
    options.reset_permille = kResets[random_.below(4)];
    constexpr int64_t kLatencies[] = {200'000, 2'000'000, 20'000'000};
    options.network_latency_max_ns = kLatencies[random_.below(3)];
    options.disk_latency_max_ns = kLatencies[random_.below(3)];
    if (random_.below(2) == 0) options.window_max_bytes = 8 << 10;
    options.disk.lying_sync = lying_sync_;
    return options;
  }

  WorkloadOptions workload_options() {
    WorkloadOptions options;
    options.partitions = 1 + static_cast<int32_t>(random_.below(3));
    options.records = 100 + random_.below(500);
    options.pause_ms_max = 1 + static_cast<int64_t>(random_.below(80));
    options.producer.linger_ms = static_cast<int64_t>(random_.below(8));
    options.producer.codec = static_cast<record::Codec>(random_.below(5));
    options.producer.batch_bytes = 1 << (9 + random_.below(8));
    if (random_.below(2) == 0) options.topic_settings.emplace_back("segment.bytes", "1048576");
    return options;
  }

  // Faults, until `done`, but not for ever.
  void play(SimDaemon& daemon, const std::function<bool()>& done) {
    int64_t end_ns = world_.now_ns() + 20'000'000'000;
    while (!done() && world_.now_ns() < end_ns && wrong_.empty()) {
      if (world_.run_until(done, 20 + static_cast<int64_t>(random_.below(800)))) return;
      strike(daemon);
    }
  }

  void strike(SimDaemon& daemon) {
    switch (random_.below(5)) {
      case 0:
        world_.network().reset_all();
        return;
      case 1:
        daemon.stop();
        require(world_.run_until([&] { return !daemon.running(); }, 60'000), "the daemon does not stop");
        check_end(daemon, true);
        break;
      case 2:
        daemon.kill();
        break;
      case 3:
        daemon.power_cut(aio::kCrashModes[random_.below(aio::kCrashModes.size())]);
        break;
      default:
        if (daemon.running()) daemon.pause_for_ms(static_cast<int64_t>(random_.below(3000)));
        return;
    }
    world_.run_for_ms(static_cast<int64_t>(random_.below(300)));
    start(daemon);
  }

  void start(SimDaemon& daemon) {
    daemon.start();
    // Half of the time the next fault may come before it is ready.
    if (random_.below(2) == 0) return;
    world_.run_until([&] { return daemon.ready() || !daemon.running(); }, 60'000);
    check_end(daemon, false);
  }

  void heal(SimDaemon& daemon) {
    world_.options().reset_permille = 0;
    world_.network().heal_all();
    if (!daemon.running()) daemon.start();
    world_.run_until([&] { return daemon.ready() || !daemon.running(); }, 60'000);
    check_end(daemon, false);
  }

  // A daemon that has ended by itself is wrong, and so is one that was told to and complains.
  void check_end(SimDaemon& daemon, bool was_told) {
    if (daemon.running()) return;
    if (!was_told) require(false, "the daemon ended by itself");
    require(daemon.result().ok(), daemon.result() ? "" : daemon.result().error().context);
    if (!wrong_.empty()) wrong_ += "\n" + daemon.said();
  }

  void finish(Workload& workload, aio::TaskGroup& tasks) {
    if (!wrong_.empty()) return;
    require(world_.run_until([&] { return workload.produced(); }, 600'000), "the producer does not come to its end");
    workload.stop_following();
    require(world_.run_until([&] { return workload.followed(); }, 600'000), "the reader does not come to its end");
    bool read = false;
    tasks.spawn(read_all(&workload, &read));
    require(world_.run_until([&] { return read; }, 600'000), "the last reader does not come to its end");
  }

  static aio::Task<void> read_all(Workload* workload, bool* read) {
    co_await workload->read_all();
    *read = true;
  }

  void end(SimDaemon& daemon, Workload& workload, aio::TaskGroup& tasks) {
    workload.abandon();
    if (daemon.running()) daemon.stop();
    bool ended = world_.run_until([&] { return daemon.all_ended() && tasks.live() == 0; }, 600'000);
    if (!ended) {
      fmt::print(stderr, "seed {}: tasks that do not end ({}); the last events:\n{}\n", seed_, wrong_,
                 world_.recent_events());
      std::abort();
    }
    check_end(daemon, true);
  }

  Outcome outcome(SimDaemon& daemon, const Workload& workload) {
    require(workload.failed() == 0, "records failed: " + workload.first_failure());
    if (wrong_.empty()) wrong_ = workload.verdict();
    world_.note(workload.fingerprint());
    Outcome made;
    made.trace = world_.trace_hash();
    made.steps = world_.steps();
    made.virtual_ms = world_.now_ns() / 1'000'000;
    made.acknowledged = workload.acknowledged();
    made.lives = daemon.lives();
    made.wrong = wrong_;
    return made;
  }

  void require(bool holds, const std::string& sentence) {
    if (!holds && wrong_.empty()) wrong_ = sentence;
  }

  uint64_t seed_;
  bool lying_sync_;
  SeededRandom random_;
  aio::SimWorld world_;
  std::string wrong_;
};

Outcome run(uint64_t seed, bool lying_sync = false) {
  return Run(seed, lying_sync).go();
}

TEST(WholeDaemon, WhatWasAcknowledgedComesBackOnceWhateverHappens) {
  uint64_t seeds = long_run() ? 40'000 : 500;
  uint64_t first = long_run() ? 10'000 : 1;
  uint64_t lives = 0, acknowledged = 0, steps = 0;
  int64_t virtual_ms = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    Outcome outcome = run(seed);
    ASSERT_EQ(outcome.wrong, "") << "seed " << seed;
    lives += outcome.lives;
    acknowledged += outcome.acknowledged;
    virtual_ms += outcome.virtual_ms;
    steps += outcome.steps;
  }
  fmt::print("{} seeds, {} lives of a daemon, {} records acknowledged, {} events, {} simulated s\n", seeds, lives,
             acknowledged, steps, virtual_ms / 1000);
  EXPECT_GT(lives, 2 * seeds) << "hardly anything happened";
}

// The proof that the runs can see: a disk that forgets.
TEST(WholeDaemon, WithoutSyncsLossesAreFound) {
  int wrong = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) wrong += !run(seed, true).wrong.empty();
  EXPECT_GT(wrong, 5);
}

TEST(WholeDaemon, OneSeedIsOneRun) {
  for (uint64_t seed : {3, 14, 15, 92}) {
    Outcome once = run(seed), again = run(seed), other = run(seed + 1000);
    ASSERT_EQ(once.wrong, "") << "seed " << seed;
    EXPECT_EQ(once.trace, again.trace) << "seed " << seed;
    EXPECT_EQ(once.steps, again.steps) << "seed " << seed;
    EXPECT_NE(once.trace, other.trace) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sl::simulation
