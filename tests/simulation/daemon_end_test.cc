// What a daemon leaves for the next start to know: the clean mark only where every log was recovered and closed, the
// mark of a failed sync before anything else is waited for.
#include <gtest/gtest.h>

#include "aio/sim_network.h"
#include "aio/sim_world.h"
#include "tests/simulation/sim_daemon.h"
#include "tests/simulation/workload.h"

namespace sl::simulation {
namespace {

using aio::DiskOp;

class DaemonEnd : public ::testing::Test {
 protected:
  DaemonEnd()
      : world_(7),
        daemon_(world_.add_node("broker")),
        client_(world_.add_node("client").start_process()),
        workload_(client_, options()) {
    daemon_.start();
    tasks_.spawn(workload_.create_topic());
    EXPECT_TRUE(world_.run_until([this] { return workload_.topic_made(); }));
  }
  ~DaemonEnd() override {
    workload_.abandon();
    disk().heal();
    if (daemon_.running()) daemon_.stop();
    EXPECT_TRUE(world_.run_until([this] { return daemon_.all_ended() && tasks_.live() == 0; }));
  }
  // More partitions than are opened at once.
  static WorkloadOptions options() {
    WorkloadOptions options;
    options.partitions = 12;
    return options;
  }
  aio::SimDisk& disk() { return daemon_.node().disk(); }
  bool marked(const std::string& name) { return disk().stat("/data/" + name).ok(); }
  void produce_all() {
    tasks_.spawn(workload_.produce());
    ASSERT_TRUE(world_.run_until([this] { return workload_.produced(); }));
  }
  void stop() {
    daemon_.stop();
    ASSERT_TRUE(world_.run_until([this] { return !daemon_.running(); }, 60'000));
    EXPECT_TRUE(daemon_.result()) << daemon_.result().error().context;
  }
  void kill_with_mark() {
    daemon_.kill();
    ASSERT_TRUE(disk().open("/data/sync-failed", FileSystem::Mode::kCreate));
  }

  aio::SimWorld world_;
  SimDaemon daemon_;
  aio::SimRuntime& client_;
  Workload workload_;
  aio::TaskGroup tasks_;
};

TEST_F(DaemonEnd, AFailedSyncIsMarkedWhateverTheDrainingWaitsFor) {
  disk().fail_at(DiskOp::kSync, 1, Errc::kSyncFailed, ".log");
  tasks_.spawn(workload_.produce());
  ASSERT_TRUE(world_.run_until([this] { return disk().faults_struck() > 0; }));
  // From now on the pool's jobs hang in the disk.
  world_.options().disk_latency_min_ns = world_.options().disk_latency_max_ns = 30'000'000'000;
  world_.run_for_ms(1000);
  EXPECT_TRUE(daemon_.running());
  EXPECT_TRUE(marked("sync-failed"));
  daemon_.kill();
  EXPECT_FALSE(marked("clean"));
}

TEST_F(DaemonEnd, AStopBeforeEveryLogWasRecoveredIsNotClean) {
  produce_all();
  kill_with_mark();
  bool recovering = false;
  disk().set_observer([&](DiskOp op, const std::string& path) {
    recovering |= op == DiskOp::kSync && path.ends_with(".log") && !path.starts_with("/data/meta");
  });
  daemon_.start();
  ASSERT_TRUE(world_.run_until([&] { return recovering; }));
  disk().set_observer({});
  stop();
  EXPECT_FALSE(daemon_.was_ready());
  EXPECT_FALSE(marked("clean"));
  EXPECT_TRUE(marked("sync-failed"));

  daemon_.start();
  ASSERT_TRUE(world_.run_until([this] { return daemon_.ready(); }));
  stop();
  EXPECT_TRUE(marked("clean"));
  EXPECT_FALSE(marked("sync-failed"));
}

// At every moment of a start: where it ends cleanly, it had recovered everything.
TEST_F(DaemonEnd, AStopAtAnyMomentOfAStart) {
  produce_all();
  int clean = 0, unclean = 0;
  for (int64_t ms = 0; ms < 40; ms += 2) {
    kill_with_mark();
    daemon_.start();
    world_.run_for_ms(ms);
    bool was_ready = daemon_.ready();
    stop();
    bool warned = daemon_.said().find("not every partition was recovered") != std::string::npos;
    EXPECT_NE(marked("clean"), warned) << ms;
    EXPECT_EQ(marked("sync-failed"), warned) << ms;
    EXPECT_FALSE(was_ready && warned) << ms;
    ++(warned ? unclean : clean);
    daemon_.start();
    ASSERT_TRUE(world_.run_until([this] { return daemon_.ready(); }));
  }
  EXPECT_GT(clean, 0);
  EXPECT_GT(unclean, 0);
}

TEST_F(DaemonEnd, NorIsOneWithAPartitionThatDoesNotOpen) {
  produce_all();
  kill_with_mark();
  disk().fail_from(DiskOp::kOpen, 1, Errc::kIo, "/7/");
  daemon_.start();
  ASSERT_TRUE(world_.run_until([this] { return daemon_.ready(); }));
  stop();
  EXPECT_FALSE(marked("clean"));
  EXPECT_TRUE(marked("sync-failed"));

  // It may also come back while the daemon runs.
  daemon_.start();
  ASSERT_TRUE(world_.run_until([this] { return daemon_.ready(); }));
  disk().heal();
  world_.run_for_ms(10'000);
  stop();
  EXPECT_TRUE(marked("clean"));
  EXPECT_FALSE(marked("sync-failed"));
}

}  // namespace
}  // namespace sl::simulation
