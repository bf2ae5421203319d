// The power goes at every operation of the disk, in the middle of everything a log does; each time a dozen images of
// what may be left are recovered and held against what was acknowledged. 20,000 images and more in the usual
// run, over a million with SL_TEST_LONG=1. And the proof that the sweep can see: with a disk whose syncs do nothing it
// must find losses.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/simulation/recovery_check.h"

namespace sl::simulation {
namespace {

constexpr int kOperations = 200;

bool long_run() {
  return std::getenv("SL_TEST_LONG") != nullptr;
}

struct SweepOptions {
  uint64_t seed = 1;
  bool preallocate = false;
  bool compacting = false;
  bool lying_sync = false;
  bool lying_directory_sync = false;
  bool lying_for_compaction = false;  // they lie while segments are swapped, and never else
  // How many images are taken of each random kind at each cut.
  int rounds = 1;
  size_t failures_max = 1;
};

class Sweep {
 public:
  explicit Sweep(SweepOptions options) : options_(options), random_(options.seed * 7919) {}

  void run() {
    aio::SimDiskOptions disk_options;
    disk_options.seed = options_.seed;
    if (!options_.lying_for_compaction) lie(disk_options, true);
    disk_ = std::make_unique<aio::SimDisk>(disk_options);
    medium_ = std::make_shared<kv::FakeMedium>(8);
    ScriptOptions script_options{options_.seed, options_.preallocate, options_.compacting};
    script_ = std::make_unique<Script>(*disk_, medium_, buffers_, script_options);
    disk_->options().clock = &script_->clock();
    disk_->set_observer([this](aio::DiskOp, const std::string&) {
      if (options_.lying_for_compaction) lie(disk_->options(), compacts());
      cut();
    });
    auto done = script_->begin();
    for (int i = 0; i < kOperations && done && !tired(); ++i) done = script_->step();
    if (!done) fail("the script itself", done.error().context);
    if (done && !tired()) cut();
  }

  const CheckTotals& totals() const { return totals_; }
  uint64_t cuts() const { return cuts_; }
  int swaps() const { return script_->swaps(); }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  void lie(aio::SimDiskOptions& disk, bool lie) const {
    disk.lying_sync = lie && options_.lying_sync;
    disk.lying_directory_sync = lie && options_.lying_directory_sync;
  }
  bool compacts() const { return script_->doing().starts_with("compact"); }
  bool tired() const { return failures_.size() >= options_.failures_max; }

  // What may be left at this moment.
  void cut() {
    if (tired()) return;
    // The other sweep looks at the rest.
    if (options_.compacting && !compacts() && random_.below(8) != 0) {
      commits_seen_ = medium_->commits();
      return;
    }
    ++cuts_;
    look(aio::CrashMode::kNothing, IndexFate::kKept);
    look(aio::CrashMode::kEverything, IndexFate::kKept);
    look(std::nullopt, IndexFate::kKept);
    for (int i = 0; i < options_.rounds; ++i) {
      for (auto mode : {aio::CrashMode::kSubset, aio::CrashMode::kPrefix, aio::CrashMode::kTorn}) {
        look(mode, IndexFate::kKept);
        look(mode, i % 2 == 0 ? IndexFate::kKept : IndexFate::kDamaged);
        look(mode, IndexFate::kLost);
        look(mode, IndexFate::kStale);
      }
    }
    // Commits since the last cut may have been under way when the power went: none of them, or only the first ones.
    uint64_t under_way = std::min<uint64_t>(medium_->commits() - commits_seen_, 2);
    for (uint64_t undone = 1; undone <= under_way; ++undone) look(aio::CrashMode::kSubset, IndexFate::kKept, undone);
    commits_seen_ = medium_->commits();
  }

  // No mode: the process dies and the machine goes on.
  void look(std::optional<aio::CrashMode> mode, IndexFate fate, size_t commits_undone = 0) {
    if (tired()) return;
    CrashImage image;
    image.disk = mode ? disk_->crashed(*mode, random_) : disk_->clone();
    lie(image.disk->options(), false);
    image.index = medium_->clone();
    image.fate = fate;
    image.killed = !mode;
    image.preallocate = options_.preallocate;
    image.index->crash(kv::FakeMedium::CrashMode::kKeepCommitted, random_);
    if (commits_undone > 0) image.index->make_stale("/data/index.lmdb", commits_undone);
    auto wrong = check_recovery(std::move(image), *script_, script_->clock(), buffers_, random_, totals_);
    if (wrong.empty()) return;
    fail(fmt::format("cut {}, crash mode {}, index {}, commits undone {}, in `{}`", cuts_,
                     mode ? static_cast<int>(*mode) : -1, static_cast<int>(fate), commits_undone, script_->doing()),
         wrong);
  }

  void fail(const std::string& where, const std::string& what) {
    failures_.push_back(fmt::format("seed {}: {}: {}", options_.seed, where, what));
  }

  SweepOptions options_;
  SeededRandom random_;
  BufferPool buffers_{64 << 20};
  std::unique_ptr<aio::SimDisk> disk_;
  std::shared_ptr<kv::FakeMedium> medium_;
  std::unique_ptr<Script> script_;
  CheckTotals totals_;
  uint64_t cuts_ = 0;
  uint64_t commits_seen_ = 0;
  std::vector<std::string> failures_;
};

// Sweeps until there are so many images, one script after the other.
void sweep_many(uint64_t first_seed, uint64_t images_min, int rounds, bool compacting = false) {
  uint64_t images = 0, cuts = 0, torn_bytes = 0;
  int swaps = 0;
  for (uint64_t seed = first_seed; images < images_min; ++seed) {
    SweepOptions options;
    options.seed = seed;
    options.preallocate = seed % 2 == 0;
    options.rounds = rounds;
    options.compacting = compacting;
    Sweep sweep(options);
    sweep.run();
    images += sweep.totals().images;
    cuts += sweep.cuts();
    torn_bytes += sweep.totals().torn_bytes;
    swaps += sweep.swaps();
    for (const auto& failure : sweep.failures()) ADD_FAILURE() << failure;
    if (testing::Test::HasFailure()) return;
  }
  fmt::print("{} images at {} cuts, {} torn bytes kept aside, {} compacted segments\n", images, cuts, torn_bytes,
             swaps);
  EXPECT_GT(torn_bytes, 0u) << "nothing was ever torn: the sweep has seen nothing";
  EXPECT_GT(swaps, compacting ? 30 : 0);
}

TEST(PowerCut, NothingAcknowledgedIsLostWhereverThePowerGoes) {
  if (long_run())
    sweep_many(1000, 1'000'000, 2);
  else
    sweep_many(1, 12'000, 1);
}

TEST(PowerCut, CompactionLosesNoNewestValueAndBringsNothingBack) {
  if (long_run())
    sweep_many(50'000, 400'000, 2, true);
  else
    sweep_many(50'000, 12'000, 1, true);
}

// How many of three scripts the sweep finds to have lost what was acknowledged. Not every failure is a loss: a data
// directory whose `format` is empty does not even start.
int scripts_with_losses(SweepOptions options, std::string_view word) {
  int found = 0;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    options.seed = seed;
    options.failures_max = 2000;
    Sweep sweep(options);
    sweep.run();
    auto is_loss = [word](const std::string& failure) { return failure.find(word) != failure.npos; };
    found += std::any_of(sweep.failures().begin(), sweep.failures().end(), is_loss);
  }
  return found;
}

TEST(PowerCut, WithoutTheSyncsOfFilesTheSweepFindsLosses) {
  SweepOptions options;
  options.lying_sync = true;
  EXPECT_EQ(scripts_with_losses(options, " lost: ends at"), 3);
}

TEST(PowerCut, WithoutTheSyncsOfDirectoriesTheSweepFindsLosses) {
  SweepOptions options;
  options.lying_directory_sync = true;
  EXPECT_EQ(scripts_with_losses(options, " is gone"), 3);
}

TEST(PowerCut, WithoutTheSyncsOfASwapTheSweepFindsLosses) {
  SweepOptions options;
  options.compacting = options.lying_for_compaction = true;
  options.lying_sync = true;
  EXPECT_EQ(scripts_with_losses(options, "damage where there is none"), 3);
  options.lying_sync = false;
  options.lying_directory_sync = true;
  // Other syncs of the folder make up for it soon.
  EXPECT_GE(scripts_with_losses(options, "damage where there is none"), 1);
}

}  // namespace
}  // namespace sl::simulation
