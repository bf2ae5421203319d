#include "aio/sim_disk.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/crc32c.h"

namespace sl::aio {
namespace {

struct PlannedFault {
  DiskOp op;
  uint64_t countdown;  // strikes when it comes to 0
  Errc code;
  std::string path_part;
  bool lasting;
  std::optional<uint64_t> bytes;  // of a short write
};

bool changes_disk(DiskOp op) {
  return op <= DiskOp::kSyncDirectory;
}

std::string_view name_of(DiskOp op) {
  constexpr std::string_view kNames[] = {"create",   "write",
                                         "truncate", "reserve room in",
                                         "sync",     "make directory",
                                         "rename",   "remove",
                                         "sync",     "open",
                                         "read",     "list",
                                         "stat",     "lock"};
  return kNames[static_cast<size_t>(op)];
}

Error failure(Errc code, DiskOp op, const std::string& path) {
  return Error{code, fmt::format("cannot {} '{}' on the simulated disk", name_of(op), path)};
}

}  // namespace

struct SimDisk::View {
  uint64_t id;
  bool cut = false;
};

struct SimDisk::Shared {
  SimDiskOptions options;
  SeededRandom random;
  SimImage image;
  bool cut = false;
  uint64_t cut_at = std::numeric_limits<uint64_t>::max();
  uint64_t operations = 0;
  uint64_t hash = 0xcbf29ce484222325;
  uint64_t last_view = 0;
  std::vector<PlannedFault> faults;
  uint64_t struck = 0;
  std::map<uint64_t, int> open;  // handles of each inode
  std::set<uint64_t> cold;       // inodes whose next read needs the disk
  struct Lock {
    uint64_t view;
    uint64_t serial;
  };
  std::map<uint64_t, Lock> locks;
  uint64_t last_lock = 0;
  std::function<void(DiskOp, const std::string&)> observer;

  Shared(SimDiskOptions o, SimImage i) : options(o), random(o.seed), image(std::move(i)) {}

  void mix(uint64_t value) {
    hash = (hash ^ value) * 0x100000001b3;
    hash ^= hash >> 29;
  }
  int64_t now_ms() const { return options.clock ? options.clock->wall_ms() : 0; }
  bool by_chance(unsigned permille) { return permille != 0 && random.below(1000) < permille; }

  // The planned fault that strikes this operation, if any.
  std::optional<PlannedFault> strike(DiskOp op, const std::string& path) {
    for (size_t i = 0; i < faults.size(); ++i) {
      PlannedFault& fault = faults[i];
      bool meant = fault.op == op || (fault.op == DiskOp::kAny && changes_disk(op));
      if (!meant || path.find(fault.path_part) == path.npos || --fault.countdown > 0) continue;
      ++struck;
      PlannedFault found = fault;
      if (fault.lasting)
        fault.countdown = 1;
      else
        faults.erase(faults.begin() + static_cast<ptrdiff_t>(i));
      return found;
    }
    return std::nullopt;
  }

  // Counts, cuts and fails. A short write is told to the caller through `short_bytes`.
  Status begin(const View& view, DiskOp op, const std::string& path, std::optional<uint64_t>* short_bytes = nullptr) {
    bool is_change = changes_disk(op);
    if (is_change) {
      ++operations;
      if (operations > cut_at) cut = true;
      if (observer && !cut && !view.cut) observer(op, path);
    }
    if (cut || view.cut) return failure(Errc::kCancelled, op, path);
    if (is_change) {
      mix(static_cast<uint64_t>(op));
      mix(crc32c(as_bytes(path)));
    }
    if (auto fault = strike(op, path)) {
      if (fault->bytes && short_bytes) *short_bytes = *fault->bytes;
      return failure(fault->code, op, path);
    }
    if (op == DiskOp::kRead && by_chance(options.read_error_permille)) return failure(Errc::kIo, op, path);
    if (op == DiskOp::kWrite && by_chance(options.write_error_permille)) return failure(Errc::kIo, op, path);
    if (op == DiskOp::kSync && by_chance(options.sync_error_permille)) return failure(Errc::kSyncFailed, op, path);
    return {};
  }

  uint64_t free_bytes() const {
    if (options.capacity_bytes == std::numeric_limits<uint64_t>::max()) return uint64_t{1} << 40;
    uint64_t used = image.allocated_bytes(open);
    return used > options.capacity_bytes ? 0 : options.capacity_bytes - used;
  }

  // How far the file may grow now: the end of its last block that the disk has room for.
  uint64_t end_max(uint64_t inode) const {
    if (options.capacity_bytes == std::numeric_limits<uint64_t>::max()) return options.capacity_bytes;
    return image.find(inode)->allocated + free_bytes() / 4096 * 4096;
  }
};

class SimDisk::OpenFile final : public File {
 public:
  OpenFile(std::shared_ptr<Shared> shared, std::shared_ptr<View> view, uint64_t inode, std::string path, bool writable)
      : shared_(std::move(shared)), view_(std::move(view)), inode_(inode), path_(std::move(path)), writable_(writable) {
    ++shared_->open[inode_];
  }
  ~OpenFile() override {
    if (--shared_->open[inode_] == 0) shared_->open.erase(inode_);
  }
  OpenFile(const OpenFile&) = delete;

  Result<size_t> read_at(MutableBytes into, uint64_t at) override {
    SL_CHECK(shared_->begin(*view_, DiskOp::kRead, path_));
    shared_->cold.erase(inode_);
    return content().read(into, at);
  }

  Result<size_t> read_at_cached(MutableBytes into, uint64_t at) override {
    if (shared_->cut || view_->cut) return failure(Errc::kCancelled, DiskOp::kRead, path_);
    if (shared_->cold.contains(inode_) || shared_->by_chance(shared_->options.cache_miss_permille))
      return Errc::kWouldBlock;
    // Now and then only the first of the pages is in memory.
    if (into.size() > 1 && shared_->by_chance(shared_->options.cache_miss_permille))
      into = into.first(1 + static_cast<size_t>(shared_->random.below(into.size() - 1)));
    return content().read(into, at);
  }

  Status write_at(std::span<const Bytes> pieces, uint64_t at) override {
    std::vector<uint8_t> all;
    for (Bytes piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
    std::optional<uint64_t> short_bytes;
    auto begun = begin_change(DiskOp::kWrite, &short_bytes);
    shared_->mix(at);
    shared_->mix(crc32c(all));
    if (!begun) {
      if (short_bytes) put(Bytes(all).first(static_cast<size_t>(std::min<uint64_t>(*short_bytes, all.size()))), at);
      return begun;
    }
    uint64_t end_max = shared_->end_max(inode_);
    if (at + all.size() <= end_max) {
      put(all, at);
      return {};
    }
    // As a kernel does, it writes what fits before it fails.
    if (at < end_max) put(Bytes(all).first(static_cast<size_t>(end_max - at)), at);
    return failure(Errc::kDiskFull, DiskOp::kWrite, path_);
  }

  Status sync() override {
    auto begun = shared_->begin(*view_, DiskOp::kSync, path_);
    if (!begun) {
      if (begun.code() == Errc::kCancelled) return begun;
      shared_->image.drop_changes(inode_);
      return failure(Errc::kSyncFailed, DiskOp::kSync, path_);
    }
    if (!shared_->options.lying_sync) shared_->image.sync(inode_);
    return {};
  }

  Result<uint64_t> size() override {
    if (shared_->cut || view_->cut) return failure(Errc::kCancelled, DiskOp::kStat, path_);
    return content().size();
  }

  Status truncate(uint64_t size) override {
    SL_CHECK(begin_change(DiskOp::kTruncate, nullptr));
    shared_->mix(size);
    shared_->image.set_size(inode_, size, false);
    touch();
    return {};
  }

  Status preallocate(uint64_t size) override {
    SL_CHECK(begin_change(DiskOp::kPreallocate, nullptr));
    shared_->mix(size);
    if (size > shared_->end_max(inode_)) return failure(Errc::kDiskFull, DiskOp::kPreallocate, path_);
    shared_->image.set_size(inode_, std::max(size, content().size()), true);
    touch();
    return {};
  }

  void forget_cached() override {
    if (shared_->cut || view_->cut) return;
    shared_->image.forget_cached(inode_);
    shared_->cold.insert(inode_);
  }

 private:
  const PageSet& content() const { return shared_->image.find(inode_)->now; }
  Status begin_change(DiskOp op, std::optional<uint64_t>* short_bytes) {
    SL_CHECK(shared_->begin(*view_, op, path_, short_bytes));
    if (!writable_) return Error{Errc::kIo, fmt::format("'{}' was opened for reading only", path_)};
    return {};
  }
  void put(Bytes bytes, uint64_t at) {
    shared_->image.write(inode_, bytes, at);
    touch();
  }
  void touch() { shared_->image.edit(inode_).modified_ms = shared_->now_ms(); }

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<View> view_;
  uint64_t inode_;
  std::string path_;
  bool writable_;
};

class SimDisk::HeldLock final : public FileLock {
 public:
  HeldLock(std::shared_ptr<Shared> shared, uint64_t inode, uint64_t serial)
      : shared_(std::move(shared)), inode_(inode), serial_(serial) {}
  // A cut may have let go of it before, and another may hold it now.
  ~HeldLock() override {
    auto held = shared_->locks.find(inode_);
    if (held != shared_->locks.end() && held->second.serial == serial_) shared_->locks.erase(held);
  }

 private:
  std::shared_ptr<Shared> shared_;
  uint64_t inode_;
  uint64_t serial_;
};

// Where a path leads: an entry of a directory, and what it names (0: nothing). The root has an empty name.
struct SimDisk::Place {
  uint64_t directory = 0;
  std::string name;
  uint64_t inode = 0;
};

SimDisk::SimDisk(SimDiskOptions options) : SimDisk(std::make_shared<Shared>(options, SimImage())) {}
SimDisk::SimDisk(std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)), view_(std::make_shared<View>(View{++shared_->last_view})) {}
SimDisk::~SimDisk() = default;

Result<SimDisk::Place> SimDisk::locate(const std::string& path) const {
  std::vector<std::string> parts;
  for (size_t at = 0; at < path.size();) {
    size_t end = std::min(path.find('/', at), path.size());
    std::string part = path.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(std::move(part));
    else if (!parts.empty())
      parts.pop_back();
  }
  Place place{SimImage::kRoot, "", SimImage::kRoot};
  for (auto& part : parts) {
    const Inode* directory = place.inode ? shared_->image.find(place.inode) : nullptr;
    if (!directory || !directory->is_directory)
      return Error{Errc::kNotFound, fmt::format("'{}' does not exist on the simulated disk", path)};
    auto found = directory->names.find(part);
    place = Place{place.inode, std::move(part), found == directory->names.end() ? 0 : found->second};
  }
  return place;
}

Result<std::unique_ptr<File>> SimDisk::open(const std::string& path, Mode mode) {
  auto place = locate(path);
  bool may_create = mode == Mode::kCreate || mode == Mode::kCreateNew;
  bool creates = place && place->inode == 0 && may_create;
  DiskOp op = creates ? DiskOp::kCreate : DiskOp::kOpen;
  SL_CHECK(shared_->begin(*view_, op, path));
  if (!place) return std::move(place).error();
  if (place->inode == 0 && !creates) return failure(Errc::kNotFound, op, path);
  if (place->inode != 0 && mode == Mode::kCreateNew) return failure(Errc::kExists, op, path);
  if (creates) {
    if (shared_->free_bytes() == 0) return failure(Errc::kDiskFull, op, path);
    place->inode = shared_->image.add_inode(false);
    shared_->image.edit(place->inode).modified_ms = shared_->now_ms();
    shared_->image.apply_names(NameChange{0, {{place->directory, place->name, place->inode}}});
  }
  if (shared_->image.find(place->inode)->is_directory) return failure(Errc::kIo, op, path);
  return std::unique_ptr<File>(new OpenFile(shared_, view_, place->inode, path, mode != Mode::kRead));
}

Result<std::vector<std::string>> SimDisk::list(const std::string& path) {
  SL_CHECK(shared_->begin(*view_, DiskOp::kList, path));
  SL_TRY(Place place, locate(path));
  const Inode* inode = place.inode ? shared_->image.find(place.inode) : nullptr;
  if (!inode || !inode->is_directory) return failure(Errc::kNotFound, DiskOp::kList, path);
  std::vector<std::string> names;
  for (const auto& [name, id] : inode->names) names.push_back(name);
  return names;
}

Result<FileInfo> SimDisk::stat(const std::string& path) {
  SL_CHECK(shared_->begin(*view_, DiskOp::kStat, path));
  SL_TRY(Place place, locate(path));
  if (place.inode == 0) return failure(Errc::kNotFound, DiskOp::kStat, path);
  const Inode* inode = shared_->image.find(place.inode);
  return FileInfo{inode->now.size(), inode->is_directory, inode->modified_ms};
}

Status SimDisk::make_directory(const std::string& path) {
  auto place = locate(path);
  if (place && place->inode != 0 && shared_->image.find(place->inode)->is_directory) {
    return shared_->begin(*view_, DiskOp::kStat, path);
  }
  SL_CHECK(shared_->begin(*view_, DiskOp::kMakeDirectory, path));
  if (!place) return std::move(place).error();
  if (place->inode != 0) return failure(Errc::kExists, DiskOp::kMakeDirectory, path);
  if (shared_->free_bytes() == 0) return failure(Errc::kDiskFull, DiskOp::kMakeDirectory, path);
  uint64_t made = shared_->image.add_inode(true);
  shared_->image.edit(made).modified_ms = shared_->now_ms();
  shared_->image.apply_names(NameChange{0, {{place->directory, place->name, made}}});
  return {};
}

Status SimDisk::rename(const std::string& from, const std::string& to) {
  SL_CHECK(shared_->begin(*view_, DiskOp::kRename, from));
  SL_TRY(Place source, locate(from));
  SL_TRY(Place target, locate(to));
  shared_->mix(crc32c(as_bytes(to)));
  if (source.inode == 0) return failure(Errc::kNotFound, DiskOp::kRename, from);
  if (source.name.empty() || target.name.empty()) return failure(Errc::kIo, DiskOp::kRename, from);
  if (source.inode == target.inode) return {};
  if (target.inode != 0) {
    const Inode* old = shared_->image.find(target.inode);
    bool same_kind = old->is_directory == shared_->image.find(source.inode)->is_directory;
    if (!same_kind || !old->names.empty()) return failure(Errc::kIo, DiskOp::kRename, to);
  }
  shared_->image.apply_names(
      NameChange{0, {{source.directory, source.name, 0}, {target.directory, target.name, source.inode}}});
  return {};
}

Status SimDisk::remove(const std::string& path) {
  SL_CHECK(shared_->begin(*view_, DiskOp::kRemove, path));
  SL_TRY(Place place, locate(path));
  if (place.inode == 0) return failure(Errc::kNotFound, DiskOp::kRemove, path);
  if (place.name.empty() || !shared_->image.find(place.inode)->names.empty())
    return failure(Errc::kIo, DiskOp::kRemove, path);
  shared_->image.apply_names(NameChange{0, {{place.directory, place.name, 0}}});
  return {};
}

Status SimDisk::sync_directory(const std::string& path) {
  auto begun = shared_->begin(*view_, DiskOp::kSyncDirectory, path);
  if (!begun) return begun;
  SL_TRY(Place place, locate(path));
  const Inode* inode = place.inode ? shared_->image.find(place.inode) : nullptr;
  if (!inode || !inode->is_directory) return failure(Errc::kNotFound, DiskOp::kSyncDirectory, path);
  if (shared_->options.lying_directory_sync) return {};
  shared_->image.sync_names(place.inode);
  shared_->image.collect(shared_->open);
  return {};
}

Result<FileSystem::Space> SimDisk::space(const std::string& path) {
  SL_CHECK(shared_->begin(*view_, DiskOp::kStat, path));
  SL_TRY(Place place, locate(path));
  if (place.inode == 0) return failure(Errc::kNotFound, DiskOp::kStat, path);
  uint64_t free = shared_->free_bytes();
  bool bounded = shared_->options.capacity_bytes != std::numeric_limits<uint64_t>::max();
  return Space{free, bounded ? shared_->options.capacity_bytes : free};
}

Result<std::unique_ptr<FileLock>> SimDisk::lock(const std::string& path) {
  SL_CHECK(shared_->begin(*view_, DiskOp::kLock, path));
  SL_TRY(auto file, open(path, Mode::kCreate));
  SL_TRY(Place place, locate(path));
  if (shared_->locks.contains(place.inode)) return failure(Errc::kLocked, DiskOp::kLock, path);
  uint64_t serial = ++shared_->last_lock;
  shared_->locks[place.inode] = {view_->id, serial};
  return std::unique_ptr<FileLock>(new HeldLock(shared_, place.inode, serial));
}

// ---- views and copies

std::unique_ptr<SimDisk> SimDisk::share() {
  return std::unique_ptr<SimDisk>(new SimDisk(shared_));
}

std::unique_ptr<SimDisk> SimDisk::copy_with(SimImage image, uint64_t seed) const {
  SimDiskOptions options = shared_->options;
  options.seed = seed;
  return std::unique_ptr<SimDisk>(new SimDisk(std::make_shared<Shared>(options, std::move(image))));
}

std::unique_ptr<SimDisk> SimDisk::clone() const {
  return copy_with(shared_->image, shared_->options.seed + 1);
}

std::unique_ptr<SimDisk> SimDisk::crashed(CrashMode mode, Random& random) const {
  uint64_t seed = random.next();
  return copy_with(shared_->image.crashed(mode, random), seed);
}

// ---- cuts and faults

void SimDisk::cut_view() {
  view_->cut = true;
  std::erase_if(shared_->locks, [&](const auto& item) { return item.second.view == view_->id; });
}

void SimDisk::cut() {
  shared_->cut = true;
  shared_->locks.clear();
}

void SimDisk::cut_after(uint64_t n) {
  shared_->cut_at = shared_->operations + n;
}

void SimDisk::fail_at(DiskOp op, uint64_t nth, Errc code, std::string path_part) {
  shared_->faults.push_back({op, nth, code, std::move(path_part), false, std::nullopt});
}

void SimDisk::fail_from(DiskOp op, uint64_t nth, Errc code, std::string path_part) {
  shared_->faults.push_back({op, nth, code, std::move(path_part), true, std::nullopt});
}

void SimDisk::short_write_at(uint64_t nth, uint64_t bytes, Errc code, std::string path_part) {
  shared_->faults.push_back({DiskOp::kWrite, nth, code, std::move(path_part), false, bytes});
}

void SimDisk::heal() {
  shared_->faults.clear();
}
SimDiskOptions& SimDisk::options() {
  return shared_->options;
}
uint64_t SimDisk::faults_struck() const {
  return shared_->struck;
}
uint64_t SimDisk::operations() const {
  return shared_->operations;
}
uint64_t SimDisk::trace_hash() const {
  return shared_->hash;
}

void SimDisk::set_observer(std::function<void(DiskOp, const std::string&)> observer) {
  shared_->observer = std::move(observer);
}

bool SimDisk::flip(const std::string& path, uint64_t byte, unsigned bit) {
  auto place = locate(path);
  if (!place || place->inode == 0) return false;
  uint8_t value = 0;
  if (shared_->image.find(place->inode)->now.read({&value, 1}, byte) != 1) return false;
  value = static_cast<uint8_t>(value ^ (1u << bit));
  return damage(path, byte, Bytes(&value, 1));
}

bool SimDisk::damage(const std::string& path, uint64_t at, Bytes bytes) {
  auto place = locate(path);
  if (!place || place->inode == 0) return false;
  Inode& inode = shared_->image.edit(place->inode);
  if (at + bytes.size() > inode.now.size()) return false;
  inode.now.write(bytes, at);
  if (at < inode.durable.size())
    inode.durable.write(bytes.first(static_cast<size_t>(std::min<uint64_t>(bytes.size(), inode.durable.size() - at))),
                        at);
  return true;
}

Result<uint64_t> SimDisk::durable_size(const std::string& path) const {
  SL_TRY(Place place, locate(path));
  if (place.inode == 0) return failure(Errc::kNotFound, DiskOp::kStat, path);
  return shared_->image.find(place.inode)->durable.size();
}

size_t SimDisk::unsynced_changes() const {
  return shared_->image.unsynced_changes();
}

}  // namespace sl::aio
