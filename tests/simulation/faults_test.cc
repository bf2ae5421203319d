// One fault in the life of a whole daemon, at every operation of its disk: an error, a full disk, a torn write, for
// once or for a while. The daemon may answer errors, heal, or stop, as the rules say: a failed sync ends it with
// kSyncFailed, and nothing else ends a daemon that was ready. Afterwards, on the same disk, sometimes after a power cut
// on top, all that was acknowledged is there once and where the acknowledgement said.
//
// SL_TEST_LONG=1 sweeps two hundred seeds instead of four: other orders of the same life.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "aio/sim_network.h"
#include "aio/sim_world.h"
#include "tests/simulation/fault_script.h"
#include "tests/simulation/sim_daemon.h"

namespace sl::simulation {
namespace {

using aio::DiskOp;

enum class Kind { kNone, kIo, kIoForAWhile, kFull, kFullForAWhile, kTorn, kTornFull, kReading, kIndex, kIndexFull };

struct Fault {
  Kind kind = Kind::kNone;
  uint64_t nth = 0;  // operation that changes the disk; for kReading one of `reading`; for kIndex* a commit or put
  DiskOp reading = DiskOp::kRead;
  uint64_t seed = 1;
  bool lying_sync = false;

  std::string text() const {
    return fmt::format("seed {}, fault {} at {} (reading {})", seed, static_cast<int>(kind), nth,
                       static_cast<int>(reading));
  }
};

struct Outcome {
  std::string wrong;
  std::string said;
  std::string struck;              // the operation and its path
  std::vector<DiskOp> operations;  // of the whole life
  uint64_t commits = 0;
  int segments_deleted = 0;
  bool hit = false;
  bool ended_by_itself = false;
  bool needed_restart = false;
};

bool is_sync(DiskOp op) {
  return op == DiskOp::kSync || op == DiskOp::kSyncDirectory;
}

// What a full disk refuses.
bool takes_room(DiskOp op) {
  return op == DiskOp::kCreate || op == DiskOp::kWrite || op == DiskOp::kPreallocate || op == DiskOp::kMakeDirectory ||
         op == DiskOp::kRename;
}

// One life with one fault, and the one after it.
class Life {
 public:
  explicit Life(Fault fault)
      : fault_(fault),
        world_(fault.seed, options(fault)),
        daemon_(world_.add_node("broker"), settings()),
        script_(world_.add_node("client").start_process()) {}

  Outcome go() {
    arm();
    daemon_.start();
    tasks_.spawn(script_.run());
    drive([&] { return script_.half_done(); });
    stop();
    start();
    script_.go_on();
    drive([&] { return script_.done(); });
    stop();
    outcome_.commits = daemon_.index().commits();
    heal();
    cut_power();
    start();
    tasks_.spawn(script_.judge());
    drive([&] { return script_.judged(); });
    require(script_.verdict().empty(), script_.verdict());
    end();
    return outcome_;
  }

 private:
  static aio::SimOptions options(const Fault& fault) {
    aio::SimOptions options;
    options.disk.lying_sync = fault.lying_sync;
    return options;
  }
  static std::vector<std::pair<std::string, std::string>> settings() {
    return {{"log.retention.check.interval.ms", "300"}};
  }
  aio::SimDisk& disk() { return daemon_.node().disk(); }

  void require(bool holds, const std::string& sentence) {
    if (holds || !outcome_.wrong.empty()) return;
    outcome_.wrong = sentence;
    outcome_.said = daemon_.said();
  }

  void arm() {
    if (fault_.kind == Kind::kReading) disk().fail_at(fault_.reading, fault_.nth, Errc::kIo);
    if (fault_.kind == Kind::kIndex) daemon_.index().fail_commit_at(fault_.nth);
    if (fault_.kind == Kind::kIndexFull) daemon_.index().full_at_put(fault_.nth, 4);
    disk().set_observer([this](DiskOp op, const std::string& path) {
      outcome_.operations.push_back(op);
      bool now = outcome_.operations.size() == fault_.nth;
      if (now) strike(op, path);
      outcome_.segments_deleted += op == DiskOp::kRename && path.ends_with(".log");
      syncs_struck_ |= is_sync(op) && (lasting_ || now) && breaks_syncs();
    });
  }

  bool breaks_syncs() const { return fault_.kind == Kind::kIo || fault_.kind == Kind::kIoForAWhile; }

  // The observer is called before the operation is looked up among the planned faults.
  void strike(DiskOp op, const std::string& path) {
    auto code = [](DiskOp at) { return is_sync(at) ? Errc::kSyncFailed : Errc::kIo; };
    if (fault_.kind < Kind::kReading) outcome_.struck = fmt::format("{} {}", static_cast<int>(op), path);
    switch (fault_.kind) {
      case Kind::kIo:
        disk().fail_at(op, 1, code(op));
        break;
      case Kind::kIoForAWhile:
        lasting_ = true;
        for (int i = 0; i <= static_cast<int>(DiskOp::kSyncDirectory); ++i)
          disk().fail_from(static_cast<DiskOp>(i), 1, code(static_cast<DiskOp>(i)));
        break;
      case Kind::kFull:
        if (takes_room(op)) disk().fail_at(op, 1, Errc::kDiskFull);
        break;
      case Kind::kFullForAWhile:
        lasting_ = true;
        for (int i = 0; i <= static_cast<int>(DiskOp::kSyncDirectory); ++i)
          if (takes_room(static_cast<DiskOp>(i))) disk().fail_from(static_cast<DiskOp>(i), 1, Errc::kDiskFull);
        break;
      case Kind::kTorn:
      case Kind::kTornFull: {
        Errc why = fault_.kind == Kind::kTorn ? Errc::kIo : Errc::kDiskFull;
        if (op == DiskOp::kWrite) disk().short_write_at(1, fault_.nth * 37 % 400, why);
        break;
      }
      default:
        break;
    }
  }

  void heal() {
    lasting_ = false;
    struck_ |= disk().faults_struck() > 0;
    disk().heal();
  }

  // Runs on, starting the daemon whenever it has ended as it may, healing what lasts after five seconds.
  void drive(const std::function<bool()>& done) {
    for (int seconds = 0; seconds < 300 && outcome_.wrong.empty(); ++seconds) {
      auto stop_here = [&] { return done() || !daemon_.running(); };
      world_.run_until(stop_here, 1000);
      if (done()) return;
      if (!daemon_.running()) {
        look_at_end(false);
        // The disk may be no better.
        if (!lasting_ || seconds > 5) cut_power();
        daemon_.start();
      } else if (lasting_ && seconds >= 5) {
        heal();
      } else if (seconds % 40 == 39) {
        outcome_.needed_restart = true;
        stop();
        heal();
        start();
      }
    }
    require(false, "no end of " + script_.doing());
  }

  void start() {
    if (outcome_.wrong.empty() && !daemon_.running()) daemon_.start();
  }

  void stop() {
    if (!outcome_.wrong.empty()) return;
    if (daemon_.running()) daemon_.stop();
    require(world_.run_until([&] { return !daemon_.running(); }, 60'000), "the daemon does not stop");
    look_at_end(true);
  }

  // Now and then, where no daemon runs.
  void cut_power() {
    heal();
    if (daemon_.running() || fault_.nth % 3 == 0) return;
    daemon_.power_cut(aio::kCrashModes[fault_.nth % aio::kCrashModes.size()]);
  }

  // A daemon that is not ready yet may end with any error.
  void look_at_end(bool told) {
    if (daemon_.running()) return;
    const Status& result = daemon_.result();
    struck_ |= disk().faults_struck() > 0 || fault_.kind == Kind::kIndex || fault_.kind == Kind::kIndexFull;
    if (!told) outcome_.ended_by_itself = true;
    if (!told) require(struck_ && !result, "the daemon ended by itself");
    if (result) return;
    require(struck_, "it ended with " + result.error().context);
    sync_failed_ |= result.code() == Errc::kSyncFailed;
    if (result.code() == Errc::kSyncFailed)
      require(syncs_struck_, "no sync had failed: " + result.error().context);
    else
      require(!daemon_.was_ready(), "a ready daemon ended with " + result.error().context);
  }

  void end() {
    script_.abandon();
    script_.go_on();
    heal();
    if (daemon_.running()) daemon_.stop();
    bool ended = world_.run_until([&] { return daemon_.all_ended() && tasks_.live() == 0; }, 900'000);
    if (!ended) {
      fmt::print(stderr, "{}: tasks that do not end ({}):\n{}\n", fault_.text(), outcome_.wrong,
                 world_.recent_events());
      std::abort();
    }
    require(daemon_.result().ok(), daemon_.result() ? "" : "at last: " + daemon_.result().error().context);
    require(sync_failed_ == syncs_struck_, "a failed sync did not end the daemon");
    outcome_.hit = struck_;
  }

  Fault fault_;
  aio::SimWorld world_;
  SimDaemon daemon_;
  FaultScript script_;
  aio::TaskGroup tasks_;
  Outcome outcome_;
  bool lasting_ = false;
  bool struck_ = false;
  bool syncs_struck_ = false;
  bool sync_failed_ = false;
};

struct Sweep {
  int faults = 0, ended = 0, restarts = 0;
  void run(Fault fault) {
    Outcome outcome = Life(fault).go();
    if (!outcome.hit) return;
    ++faults;
    ended += outcome.ended_by_itself;
    restarts += outcome.needed_restart;
    EXPECT_EQ(outcome.wrong, "") << fault.text() << ", struck " << outcome.struck << "\n" << outcome.said;
  }
  void tell(const char* what) const {
    fmt::print("{}: {} faults, {} daemons ended by themselves, {} had to be started again\n", what, faults, ended,
               restarts);
  }
};

uint64_t seeds() {
  return std::getenv("SL_TEST_LONG") ? 200 : 4;
}

TEST(Faults, WithoutOneTheLifeIsWhatItShouldBe) {
  Outcome outcome = Life(Fault{}).go();
  EXPECT_EQ(outcome.wrong, "") << outcome.said;
  EXPECT_FALSE(outcome.ended_by_itself || outcome.needed_restart);
  EXPECT_EQ(outcome.segments_deleted, 1);
  fmt::print("{} operations, {} commits\n", outcome.operations.size(), outcome.commits);
}

// The proof that the lives can see: a disk that forgets.
TEST(Faults, WithoutSyncsLossesAreFound) {
  int wrong = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed)
    wrong += !Life(Fault{Kind::kNone, 2 * seed, DiskOp::kRead, seed, true}).go().wrong.empty();
  EXPECT_GT(wrong, 3);
}

class FaultsAt : public testing::TestWithParam<Kind> {};

TEST_P(FaultsAt, EveryOperation) {
  Sweep sweep;
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    auto operations = Life(Fault{Kind::kNone, 0, DiskOp::kRead, seed}).go().operations;
    for (uint64_t nth = 1; nth <= operations.size(); ++nth) {
      DiskOp op = operations[nth - 1];
      bool full = GetParam() == Kind::kFull || GetParam() == Kind::kFullForAWhile;
      bool torn = GetParam() == Kind::kTorn || GetParam() == Kind::kTornFull;
      if ((full && !takes_room(op)) || (torn && op != DiskOp::kWrite)) continue;
      sweep.run(Fault{GetParam(), nth, DiskOp::kRead, seed});
    }
  }
  sweep.tell("changes");
  EXPECT_GT(sweep.faults, 10);
}

INSTANTIATE_TEST_SUITE_P(Kinds, FaultsAt,
                         testing::Values(Kind::kIo, Kind::kIoForAWhile, Kind::kFull, Kind::kFullForAWhile, Kind::kTorn,
                                         Kind::kTornFull));

TEST(Faults, ReadsThatFail) {
  Sweep sweep;
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    for (DiskOp op : {DiskOp::kOpen, DiskOp::kRead, DiskOp::kList, DiskOp::kStat, DiskOp::kLock}) {
      for (uint64_t nth = 1;; ++nth) {
        int before = sweep.faults;
        sweep.run(Fault{Kind::kReading, nth, op, seed});
        if (sweep.faults == before) break;
      }
    }
  }
  sweep.tell("reads");
}

TEST(Faults, TheIndex) {
  Sweep sweep;
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    uint64_t commits = Life(Fault{Kind::kNone, 0, DiskOp::kRead, seed}).go().commits;
    for (uint64_t nth = 1; nth <= commits; ++nth)
      for (Kind kind : {Kind::kIndex, Kind::kIndexFull}) sweep.run(Fault{kind, nth, DiskOp::kRead, seed});
  }
  sweep.tell("the index");
  EXPECT_EQ(sweep.ended, 0);
}

}  // namespace
}  // namespace sl::simulation
