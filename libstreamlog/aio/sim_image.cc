#include "aio/sim_image.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace sl::aio {
namespace {

// Disks write sectors of this size whole; some of 4 KiB.
constexpr uint64_t kSmallSectorBytes = 512;
constexpr uint64_t kLargeSectorBytes = 4096;
constexpr uint64_t kBlockBytes = 4096;

uint64_t round_to_blocks(uint64_t bytes) {
  return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

void apply_change(PageSet& content, const FileChange& change) {
  if (change.bytes)
    content.write(*change.bytes, change.at);
  else
    content.resize(change.at);
}

void set_name(std::map<std::string, uint64_t>& names, const NameChange::Entry& entry) {
  if (entry.inode)
    names[entry.name] = entry.inode;
  else
    names.erase(entry.name);
}

using NameKey = std::pair<uint64_t, std::string>;

}  // namespace

size_t PageSet::read(MutableBytes into, uint64_t at) const {
  if (at >= size_) return 0;
  size_t total = static_cast<size_t>(std::min<uint64_t>(into.size(), size_ - at));
  for (size_t done = 0; done < total;) {
    uint64_t place = at + done;
    size_t index = static_cast<size_t>(place / kPageBytes), offset = static_cast<size_t>(place % kPageBytes);
    size_t n = std::min(total - done, kPageBytes - offset);
    const Page* page = index < table_->size() ? (*table_)[index].get() : nullptr;
    if (page)
      std::memcpy(into.data() + done, page->data() + offset, n);
    else
      std::memset(into.data() + done, 0, n);
    done += n;
  }
  return total;
}

PageSet::Page& PageSet::page_to_edit(size_t index) {
  if (table_.use_count() > 1) table_ = std::make_shared<Table>(*table_);
  if (index >= table_->size()) table_->resize(index + 1);
  auto& page = (*table_)[index];
  if (!page)
    page = std::make_shared<Page>();  // zeroed
  else if (page.use_count() > 1)
    page = std::make_shared<Page>(*page);
  return *page;
}

void PageSet::write(Bytes bytes, uint64_t at) {
  size_ = std::max(size_, at + bytes.size());
  for (size_t done = 0; done < bytes.size();) {
    uint64_t place = at + done;
    size_t offset = static_cast<size_t>(place % kPageBytes);
    size_t n = std::min(bytes.size() - done, kPageBytes - offset);
    std::memcpy(page_to_edit(static_cast<size_t>(place / kPageBytes)).data() + offset, bytes.data() + done, n);
    done += n;
  }
}

void PageSet::resize(uint64_t size) {
  if (size < size_) {
    size_t pages = static_cast<size_t>((size + kPageBytes - 1) / kPageBytes);
    size_t tail = static_cast<size_t>(size % kPageBytes);
    if (pages < table_->size()) {
      if (table_.use_count() > 1) table_ = std::make_shared<Table>(*table_);
      table_->resize(pages);
    }
    if (tail != 0 && pages <= table_->size() && (*table_)[pages - 1]) {
      Page& page = page_to_edit(pages - 1);
      std::memset(page.data() + tail, 0, kPageBytes - tail);
    }
  }
  size_ = size;
}

SimImage::SimImage() {
  inodes_[kRoot] = std::make_shared<Inode>();
  inodes_[kRoot]->is_directory = true;
}

const Inode* SimImage::find(uint64_t id) const {
  auto found = inodes_.find(id);
  return found == inodes_.end() ? nullptr : found->second.get();
}

Inode& SimImage::edit(uint64_t id) {
  auto found = inodes_.find(id);
  assert(found != inodes_.end());
  if (found->second.use_count() > 1) found->second = std::make_shared<Inode>(*found->second);
  return *found->second;
}

uint64_t SimImage::add_inode(bool is_directory) {
  auto inode = std::make_shared<Inode>();
  inode->is_directory = is_directory;
  inodes_[++last_inode_] = std::move(inode);
  return last_inode_;
}

void SimImage::apply_names(NameChange change) {
  for (const auto& entry : change.entries) set_name(edit(entry.directory).names, entry);
  change.sequence = ++last_sequence_;
  name_changes_.push_back(std::move(change));
}

void SimImage::write(uint64_t id, Bytes bytes, uint64_t at) {
  if (bytes.empty()) return;
  Inode& inode = edit(id);
  inode.now.write(bytes, at);
  inode.allocated = std::max(inode.allocated, round_to_blocks(at + bytes.size()));
  auto copy = std::make_shared<const std::vector<uint8_t>>(bytes.begin(), bytes.end());
  inode.changes.push_back({++last_sequence_, at, std::move(copy)});
}

void SimImage::set_size(uint64_t id, uint64_t size, bool reserve) {
  Inode& inode = edit(id);
  inode.now.resize(size);
  if (reserve)
    inode.allocated = std::max(inode.allocated, round_to_blocks(size));
  else
    inode.allocated = std::min(inode.allocated, round_to_blocks(size));
  inode.changes.push_back({++last_sequence_, size, nullptr});
}

void SimImage::sync(uint64_t id) {
  if (find(id)->changes.empty()) return;
  Inode& inode = edit(id);
  // After a failed sync `now` holds more than the disk ever will.
  if (inode.diverged) {
    for (const auto& change : inode.changes) apply_change(inode.durable, change);
  } else {
    inode.durable = inode.now;
  }
  inode.changes.clear();
}

void SimImage::drop_changes(uint64_t id) {
  if (find(id)->changes.empty()) return;
  Inode& inode = edit(id);
  inode.changes.clear();
  inode.diverged = true;
}

void SimImage::forget_cached(uint64_t id) {
  if (!find(id)->diverged) return;
  Inode& inode = edit(id);
  inode.now = inode.durable;
  for (const auto& change : inode.changes) apply_change(inode.now, change);
  inode.diverged = false;
}

void SimImage::sync_names(uint64_t directory) {
  // A change takes the earlier ones of the same names with it: going back from the newest, collect what is needed.
  std::set<NameKey> needed;
  std::vector<bool> chosen(name_changes_.size());
  for (size_t i = name_changes_.size(); i-- > 0;) {
    for (const auto& entry : name_changes_[i].entries)
      if (entry.directory == directory || needed.contains({entry.directory, entry.name})) chosen[i] = true;
    if (!chosen[i]) continue;
    for (const auto& entry : name_changes_[i].entries) needed.insert({entry.directory, entry.name});
  }
  std::vector<NameChange> left;
  for (size_t i = 0; i < name_changes_.size(); ++i) {
    if (!chosen[i]) {
      left.push_back(std::move(name_changes_[i]));
      continue;
    }
    for (const auto& entry : name_changes_[i].entries)
      if (find(entry.directory)) set_name(edit(entry.directory).durable_names, entry);
  }
  name_changes_ = std::move(left);
}

std::set<uint64_t> SimImage::reachable(bool durable_too) const {
  std::set<uint64_t> seen{kRoot};
  std::vector<uint64_t> left{kRoot};
  auto add = [&](uint64_t id) {
    if (id != 0 && seen.insert(id).second) left.push_back(id);
  };
  // An unsynced creation that was renamed or removed since is named by the list of changes alone.
  if (durable_too)
    for (const auto& change : name_changes_)
      for (const auto& entry : change.entries) add(entry.inode), add(entry.directory);
  while (!left.empty()) {
    const Inode* inode = find(left.back());
    left.pop_back();
    if (!inode) continue;
    for (const auto& [name, id] : inode->names) add(id);
    if (durable_too)
      for (const auto& [name, id] : inode->durable_names) add(id);
  }
  return seen;
}

void SimImage::collect(const std::map<uint64_t, int>& open) {
  std::set<uint64_t> kept = reachable(true);
  std::erase_if(inodes_, [&](const auto& item) { return !kept.contains(item.first) && !open.contains(item.first); });
}

uint64_t SimImage::allocated_bytes(const std::map<uint64_t, int>& open) const {
  std::set<uint64_t> counted = reachable(false);
  for (const auto& [id, count] : open) counted.insert(id);
  uint64_t total = 0;
  for (uint64_t id : counted)
    if (const Inode* inode = find(id)) total += inode->allocated;
  return total;
}

size_t SimImage::unsynced_changes() const {
  size_t count = name_changes_.size();
  for (const auto& [id, inode] : inodes_) count += inode->changes.size();
  return count;
}

// ---- crashes

struct SimImage::Pending {
  uint64_t sequence;
  uint64_t inode;            // 0: a change of names
  const FileChange* change;  // null there
  const NameChange* names;
};

std::vector<SimImage::Pending> SimImage::pending_in_order() const {
  std::vector<Pending> pending;
  for (const auto& change : name_changes_) pending.push_back({change.sequence, 0, nullptr, &change});
  for (const auto& [id, inode] : inodes_)
    for (const auto& change : inode->changes) pending.push_back({change.sequence, id, &change, nullptr});
  std::sort(pending.begin(), pending.end(), [](auto& a, auto& b) { return a.sequence < b.sequence; });
  return pending;
}

namespace {

// Decides, change by change, in order, what survives.
class Survival {
 public:
  enum class Fate { kKept, kLost, kGarbage };

  Survival(CrashMode mode, Random& random, uint64_t sectors, uint64_t others) : mode_(mode), random_(random) {
    sector_bytes_ = random.below(4) == 0 ? kLargeSectorBytes : kSmallSectorBytes;
    constexpr unsigned kChances[] = {10, 50, 90};
    keep_percent_ = kChances[random.below(3)];
    if (mode == CrashMode::kTorn && sectors == 0) mode_ = CrashMode::kPrefix;
    if (mode_ == CrashMode::kTorn) left_ = random.below(sectors);
    if (mode_ == CrashMode::kPrefix) left_ = random.below(sectors + others + 1);
    if (mode_ != CrashMode::kSubset) sector_bytes_ = kSmallSectorBytes;
  }

  uint64_t sector_bytes() const { return sector_bytes_; }
  bool independent() const { return mode_ == CrashMode::kSubset; }

  // For a name or a size.
  bool keep() { return fate(false) == Fate::kKept; }
  Fate sector() { return fate(true); }

  // The bytes of a write that came out as garbage: it never touches what was durable beside it in the same sector,
  // since disks write sectors whole.
  std::vector<uint8_t> garbage(size_t bytes) {
    std::vector<uint8_t> noise(bytes);
    random_.fill(noise);
    return noise;
  }

 private:
  Fate fate(bool is_sector) {
    switch (mode_) {
      case CrashMode::kNothing:
        return Fate::kLost;
      case CrashMode::kEverything:
        return Fate::kKept;
      case CrashMode::kSubset:
        return random_.below(100) < keep_percent_ ? Fate::kKept : Fate::kLost;
      case CrashMode::kPrefix:
        if (left_ == 0) return Fate::kLost;
        --left_;
        return Fate::kKept;
      case CrashMode::kTorn:
        if (over_) return Fate::kLost;
        if (!is_sector) return Fate::kKept;
        if (left_-- > 0) return Fate::kKept;
        over_ = true;
        return Fate::kGarbage;
    }
    return Fate::kLost;
  }

  CrashMode mode_;
  Random& random_;
  uint64_t sector_bytes_;
  unsigned keep_percent_;
  uint64_t left_ = 0;
  bool over_ = false;
};

uint64_t sectors_of(const FileChange& change) {
  if (!change.bytes) return 0;
  uint64_t last = change.at + change.bytes->size() - 1;
  return last / kSmallSectorBytes - change.at / kSmallSectorBytes + 1;
}

void survive(PageSet& content, const FileChange& change, Survival& survival) {
  if (!change.bytes) {
    if (survival.keep()) content.resize(change.at);
    return;
  }
  uint64_t end = change.at + change.bytes->size();
  // The new size is metadata: by its own coin it may be there without the bytes, or be missing with them.
  if (survival.independent() && end > content.size() && survival.keep()) content.resize(end);
  uint64_t limit = survival.independent() ? content.size() : end;
  for (uint64_t at = change.at; at < end;) {
    uint64_t next = std::min(end, (at / survival.sector_bytes() + 1) * survival.sector_bytes());
    auto fate = survival.sector();
    Bytes piece = Bytes(*change.bytes).subspan(static_cast<size_t>(at - change.at), static_cast<size_t>(next - at));
    std::vector<uint8_t> noise;
    if (fate == Survival::Fate::kGarbage) {
      noise = survival.garbage(piece.size());
      piece = noise;
    }
    if (at < limit) piece = piece.first(static_cast<size_t>(std::min<uint64_t>(piece.size(), limit - at)));
    if (at < limit && fate != Survival::Fate::kLost) content.write(piece, at);
    at = next;
  }
}

}  // namespace

void SimImage::make_durable() {
  for (auto& [id, shared] : inodes_) {
    if (shared->changes.empty() && !shared->diverged) continue;
    Inode& inode = edit(id);
    inode.changes.clear();
    inode.diverged = false;
    inode.durable = inode.now;
    inode.allocated = round_to_blocks(inode.now.size());
  }
}

SimImage SimImage::crashed(CrashMode mode, Random& random) const {
  std::vector<Pending> pending = pending_in_order();
  uint64_t sectors = 0, others = 0;
  for (const auto& p : pending) {
    if (p.change && p.change->bytes)
      sectors += sectors_of(*p.change);
    else
      ++others;
  }
  Survival survival(mode, random, sectors, others);

  SimImage image(*this);
  image.name_changes_.clear();
  for (const auto& [id, inode] : inodes_)
    if (!inode->changes.empty() || inode->diverged) image.edit(id).now = inode->durable;
  for (const auto& change : name_changes_)
    for (const auto& entry : change.entries)
      if (const Inode* directory = find(entry.directory)) image.edit(entry.directory).names = directory->durable_names;

  // A journal never keeps a change of a name without the earlier ones of the same name.
  std::set<NameKey> lost;
  for (const auto& p : pending) {
    if (p.change) {
      survive(image.edit(p.inode).now, *p.change, survival);
      continue;
    }
    bool kept = survival.keep();
    for (const auto& entry : p.names->entries) kept = kept && !lost.contains({entry.directory, entry.name});
    for (const auto& entry : p.names->entries) {
      if (!kept)
        lost.insert({entry.directory, entry.name});
      else if (image.find(entry.directory))
        set_name(image.edit(entry.directory).names, entry);
    }
  }
  for (const auto& change : name_changes_)
    for (const auto& entry : change.entries)
      if (image.find(entry.directory)) image.edit(entry.directory).durable_names = image.find(entry.directory)->names;
  image.make_durable();
  image.collect({});
  return image;
}

}  // namespace sl::aio
