// SimImage: what a simulated disk holds, and what a power cut leaves of it.
//
// Every file has two contents: what reads see now, and what is durable, with the ordered list of changes between them;
// every directory has two sets of names, with the ordered list of renames, creations and removals between them. Syncing
// a file moves its changes over, syncing a directory its names; nothing else does (POSIX, taken strictly). Pages and
// inodes are shared between copies and copied on write, so an image of a crash costs microseconds, not megabytes.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"

namespace sl::aio {

// What of the unsynced changes a power cut leaves.
enum class CrashMode {
  kNothing,     // only what was synced
  kEverything,  // as if all had been synced in time
  kSubset,      // each sector, each change of a size and each name by its own coin
  kPrefix,      // all changes up to some sector, in the order they were made, over all files and directories
  kTorn,        // the same, and the next sector to be written holds garbage
};
inline constexpr std::array kCrashModes{CrashMode::kNothing, CrashMode::kEverything, CrashMode::kSubset,
                                        CrashMode::kPrefix, CrashMode::kTorn};

// The bytes of a file, in shared pages; a page that is not there reads as zeros.
class PageSet {
 public:
  static constexpr size_t kPageBytes = 8192;
  uint64_t size() const { return size_; }
  // Reads what of the range lies below the size.
  size_t read(MutableBytes into, uint64_t at) const;
  // Extends the size where the range ends beyond it.
  void write(Bytes bytes, uint64_t at);
  // A smaller size forgets what lay beyond it; a larger one adds zeros.
  void resize(uint64_t size);

 private:
  using Page = std::array<uint8_t, kPageBytes>;
  using Table = std::vector<std::shared_ptr<Page>>;
  Page& page_to_edit(size_t index);
  std::shared_ptr<Table> table_ = std::make_shared<Table>();
  uint64_t size_ = 0;
};

// One unsynced change of a file: a write, or a new size.
struct FileChange {
  uint64_t sequence = 0;                              // order over the whole disk
  uint64_t at = 0;                                    // of a write; the new size otherwise
  std::shared_ptr<const std::vector<uint8_t>> bytes;  // null where it sets the size
};

struct Inode {
  bool is_directory = false;
  int64_t modified_ms = 0;
  // Of files:
  PageSet now;
  PageSet durable;
  uint64_t allocated = 0;  // bytes of the disk it takes
  std::vector<FileChange> changes;
  // A failed sync has dropped changes: `now` shows bytes that are in no list and will never be durable.
  bool diverged = false;
  // Of directories:
  std::map<std::string, uint64_t> names;
  std::map<std::string, uint64_t> durable_names;
};

// One unsynced, atomic change of names: one entry for a creation or removal, two for a rename.
struct NameChange {
  struct Entry {
    uint64_t directory = 0;
    std::string name;
    uint64_t inode = 0;  // 0: the name goes away
  };
  uint64_t sequence = 0;
  std::vector<Entry> entries;
};

class SimImage {
 public:
  static constexpr uint64_t kRoot = 1;
  SimImage();

  const Inode* find(uint64_t id) const;
  // `id` exists.
  Inode& edit(uint64_t id);
  uint64_t add_inode(bool is_directory);
  void apply_names(NameChange change);

  void write(uint64_t id, Bytes bytes, uint64_t at);
  // `reserve` takes room on the disk for all of it, as preallocation does.
  void set_size(uint64_t id, uint64_t size, bool reserve);
  void sync(uint64_t id);
  void sync_names(uint64_t directory);
  // A sync failed: the kernel calls the pages clean, and what was unsynced will never reach the disk.
  void drop_changes(uint64_t id);
  // What is not dirty is read from the disk again.
  void forget_cached(uint64_t id);
  // Forgets inodes that no name, durable or not, leads to, save those in `open`.
  void collect(const std::map<uint64_t, int>& open);
  // Bytes taken by what has a name now or is in `open`.
  uint64_t allocated_bytes(const std::map<uint64_t, int>& open) const;

  // What a machine finds after the power failed now: an image without unsynced changes. `random` decides.
  SimImage crashed(CrashMode mode, Random& random) const;
  size_t unsynced_changes() const;

 private:
  struct Pending;
  std::vector<Pending> pending_in_order() const;
  void make_durable();
  std::set<uint64_t> reachable(bool durable_too) const;
  std::map<uint64_t, std::shared_ptr<Inode>> inodes_;
  std::vector<NameChange> name_changes_;
  uint64_t last_inode_ = kRoot;
  uint64_t last_sequence_ = 0;
};

}  // namespace sl::aio
