// The fake store for simulation: an ordered map in memory that forgets at a crash exactly what LMDB would. LMDB syncs
// each commit before it says so: a committed transaction survives, one that was not committed leaves nothing, and
// only a commit that was under way (its caller has no answer) may have gone either way.
//
// The contents lie in a FakeMedium, which survives the Store objects as a disk survives a process. It also plays what
// disks and people do to an index: it vanishes, comes back from an old backup, is damaged, fails, is full.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>

#include "base/random.h"
#include "kv/store.h"

namespace sl::kv {

class FakeMedium {
 public:
  using Entries = std::map<std::string, std::string, std::less<>>;
  enum class CrashMode {
    kKeepCommitted,
    kLoseLast,     // the newest commit of each store is undone; right only if nobody has seen it answered
    kMayLoseLast,  // one of the two above, by chance
    kStale,        // an image from the past: any number of commits is undone, by chance
  };

  // `history_commits_max` is how far back an image can go, in commits of one store.
  explicit FakeMedium(size_t history_commits_max = 64) : history_commits_max_(history_commits_max) {}
  // A medium of the same contents and history with no faults planned, to crash in its place.
  std::shared_ptr<FakeMedium> clone() const;

  // Ends a life: every store and opener from before it fails from now on, with kIo and without effect. Never to be
  // called by a function inside read() or write().
  void crash(CrashMode mode, Random& random);
  // Undoes the last `commits` commits of a store that is not open, as far as history goes; says how many.
  size_t make_stale(const std::string& path, size_t commits);
  // Opening it answers kCorrupt until it is destroyed.
  void damage(const std::string& path);
  // Removes all stores, as `rm` does while the daemon is down.
  void wipe();

  // Faults, counted from the next operation, which is number 1.
  // That commit fails with kIo, without effect.
  void fail_commit_at(uint64_t number);
  // That put finds the map full, and so do the `times - 1` after it. The store "grows" and runs the function again, so
  // once is healed by itself and two fail the write with kMapFull.
  void full_at_put(uint64_t number, uint64_t times = 1);
  // The power goes during that commit: it is kept or not, its caller gets kIo, and the life ends as in crash().
  void cut_at_commit(uint64_t number, bool kept);

  // Commits that changed something, over all stores and lives.
  uint64_t commits() const;
  // What is committed, for comparing; empty where there is no such store.
  Entries contents(const std::string& path) const;

 private:
  friend class FakeStore;
  friend class FakeWriter;
  friend class FakeOpener;
  // What the keys a commit touched held before it.
  using Undo = std::map<std::string, std::optional<std::string>, std::less<>>;
  struct Image {
    Entries entries;
    std::deque<Undo> history;
    bool damaged = false;
  };
  static void undo(Entries& entries, const Undo& before);
  static size_t rewind(Image& image, size_t commits);
  Status commit(Image& image, Undo before);
  bool put_finds_map_full();

  mutable std::shared_mutex mutex_;
  std::map<std::string, Image> images_;
  size_t history_commits_max_;
  uint64_t life_ = 0;
  uint64_t commits_ = 0;
  // Countdowns; zero is off.
  uint64_t fail_commit_in_ = 0;
  uint64_t cut_commit_in_ = 0;
  bool cut_keeps_ = false;
  uint64_t full_put_in_ = 0;
  uint64_t full_put_times_ = 0;
};

// Opens stores on a medium, for one life of a simulated node: after a crash the node needs a new opener.
class FakeOpener final : public Opener {
 public:
  explicit FakeOpener(std::shared_ptr<FakeMedium> medium);
  Result<std::unique_ptr<Store>> open(const std::string& path) override;
  Status destroy(const std::string& path) override;

 private:
  std::shared_ptr<FakeMedium> medium_;
  uint64_t life_;
};

}  // namespace sl::kv
