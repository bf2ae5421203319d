// SimDisk: a FileSystem in memory that fails, tears, fills, lies and forgets on demand. The hard part, what a crash
// leaves, is sim_image.h's; here are the calls, the faults, and views: each process of a simulated machine sees the
// disk through a view of its own, so that one process can be cut off while the disk lives on. Not for several threads.
#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aio/sim_image.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"

namespace sl::aio {

// Those up to kSyncDirectory change the disk and are counted by operations(). kAny stands for each of these.
enum class DiskOp {
  kCreate,
  kWrite,
  kTruncate,
  kPreallocate,
  kSync,
  kMakeDirectory,
  kRename,
  kRemove,
  kSyncDirectory,
  kOpen,
  kRead,
  kList,
  kStat,
  kLock,
  kAny
};

struct SimDiskOptions {
  uint64_t seed = 1;
  const Clock* clock = nullptr;  // for modification times; must outlive the disk and its crashed images
  uint64_t capacity_bytes = std::numeric_limits<uint64_t>::max();
  // Syncs answer ok and do nothing. A crash test must fail with it, or it proves nothing.
  bool lying_sync = false;
  bool lying_directory_sync = false;
  // Of a thousand calls, how many: find nothing in the page cache (read_at_cached), fail with kIo, fail to sync.
  unsigned cache_miss_permille = 100;
  unsigned read_error_permille = 0;
  unsigned write_error_permille = 0;
  unsigned sync_error_permille = 0;
};

class SimDisk final : public FileSystem {
 public:
  explicit SimDisk(SimDiskOptions options = {});
  ~SimDisk() override;
  SimDisk(const SimDisk&) = delete;

  Result<std::unique_ptr<File>> open(const std::string& path, Mode mode) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<FileInfo> stat(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<Space> space(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

  // --- views and copies; options go with each, planned faults, counters and locks do not, unless it says so
  // Another process's view of this very disk.
  std::unique_ptr<SimDisk> share();
  // An independent disk with the same bytes, synced or not: what another process finds after a kill -9.
  std::unique_ptr<SimDisk> clone() const;
  // An independent disk as the next boot finds it if the power fails now.
  std::unique_ptr<SimDisk> crashed(CrashMode mode, Random& random) const;

  // --- cuts: every later call through the view, or the disk, fails with kCancelled and does nothing
  void cut_view();
  void cut();
  // Lets the next `n` operations through and cuts the whole disk then.
  void cut_after(uint64_t n);

  // --- faults, for all views
  // The nth operation of this kind from now (1: the next), on a path that contains `path_part`, fails with `code` and
  // has no effect; a failed sync also drops what was unsynced, as Linux does.
  void fail_at(DiskOp op, uint64_t nth, Errc code, std::string path_part = {});
  // That one and all after it, until heal().
  void fail_from(DiskOp op, uint64_t nth, Errc code, std::string path_part = {});
  // The nth write from now writes only its first `bytes` and then fails with `code`.
  void short_write_at(uint64_t nth, uint64_t bytes, Errc code, std::string path_part = {});
  void heal();
  SimDiskOptions& options();
  // How many planned faults have struck.
  uint64_t faults_struck() const;

  // --- for the sweep: counts calls that would change something, cut and failed ones too
  uint64_t operations() const;
  // Mixed from each operation's kind, place and size.
  uint64_t trace_hash() const;
  // Called before each operation. It may take images, and must not change the disk.
  void set_observer(std::function<void(DiskOp, const std::string& path)> observer);

  // --- damage behind everyone's back, durable at once; false where there is no such byte
  bool flip(const std::string& path, uint64_t byte, unsigned bit);
  bool damage(const std::string& path, uint64_t at, Bytes bytes);
  // Bytes of the file that a crash certainly keeps, if it keeps the name; changes of all files and names that it may
  // lose.
  Result<uint64_t> durable_size(const std::string& path) const;
  size_t unsynced_changes() const;

 private:
  struct Shared;
  struct View;
  struct Place;
  class OpenFile;
  class HeldLock;
  explicit SimDisk(std::shared_ptr<Shared> shared);
  Result<Place> locate(const std::string& path) const;
  std::unique_ptr<SimDisk> copy_with(SimImage image, uint64_t seed) const;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<View> view_;
};

}  // namespace sl::aio
