// The fake changes its map in place and keeps, per commit, what the touched keys held before: rolling that back is an
// abort, a lost commit, or an older image. A shared lock stands for LMDB's snapshots; simulated nodes run on one
// thread, so nobody waits.
#include "kv/fake_store.h"

#include <fmt/core.h>

#include <algorithm>
#include <mutex>

#include "kv/key.h"

namespace sl::kv {

namespace {

// Stands by key, not by iterator, so that changes in the same transaction cannot leave it dangling.
class FakePosition final : public Position {
 public:
  explicit FakePosition(const FakeMedium::Entries& entries) : entries_(entries) {}
  Found at_or_after(std::string_view key) override { return stand(entries_.lower_bound(key)); }
  Found before(std::string_view key) override {
    return step_back(key.empty() ? entries_.end() : entries_.lower_bound(key));
  }
  Found next() override { return stand(entries_.upper_bound(at_)); }
  Found prev() override { return step_back(entries_.lower_bound(at_)); }

 private:
  Found step_back(FakeMedium::Entries::const_iterator it) {
    return stand(it == entries_.begin() ? entries_.end() : std::prev(it));
  }
  Found stand(FakeMedium::Entries::const_iterator it) {
    if (it == entries_.end()) return std::optional<Entry>{};
    at_ = it->first;
    return std::optional<Entry>{{it->first, it->second}};
  }
  const FakeMedium::Entries& entries_;
  std::string at_;
};

Result<std::optional<std::string_view>> find(const FakeMedium::Entries& entries, std::string_view key) {
  auto it = entries.find(key);
  if (it == entries.end()) return std::optional<std::string_view>{};
  return std::optional<std::string_view>{it->second};
}

Result<std::unique_ptr<Position>> stand_on(const FakeMedium::Entries& entries) {
  return std::unique_ptr<Position>(std::make_unique<FakePosition>(entries));
}

class FakeReader final : public Reader {
 public:
  explicit FakeReader(const FakeMedium::Entries& entries) : entries_(entries) {}
  Result<std::optional<std::string_view>> get(std::string_view key) override { return find(entries_, key); }

 protected:
  Result<std::unique_ptr<Position>> position() override { return stand_on(entries_); }

 private:
  const FakeMedium::Entries& entries_;
};

Error gone(const std::string& path) {
  return Error{Errc::kIo, fmt::format("'{}' is closed", path)};
}

}  // namespace

class FakeWriter final : public Writer {
 public:
  FakeWriter(FakeMedium& medium, FakeMedium::Entries& entries) : medium_(medium), entries_(entries) {}

  Result<std::optional<std::string_view>> get(std::string_view key) override { return find(entries_, key); }

  Status put(std::string_view key, std::string_view value) override {
    if (Status valid = check_entry(key, value); !valid) return spoil(std::move(valid).error());
    if (medium_.put_finds_map_full()) return spoil(Errc::kMapFull);
    remember(key);
    entries_.insert_or_assign(std::string(key), std::string(value));
    return {};
  }

  Status erase(std::string_view key) override {
    auto it = entries_.find(key);
    if (it == entries_.end()) return {};
    remember(key);
    entries_.erase(it);
    return {};
  }

  Result<uint64_t> erase_range(std::string_view from, std::string_view to) override {
    uint64_t erased = 0;
    auto it = entries_.lower_bound(from);
    while (it != entries_.end() && (to.empty() || it->first < to)) {
      remember(it->first);
      it = entries_.erase(it);
      ++erased;
    }
    return erased;
  }

  Status spoilt() const {
    if (failure_) return *failure_;
    return {};
  }
  FakeMedium::Undo take_undo() { return std::move(undo_); }

 protected:
  Result<std::unique_ptr<Position>> position() override { return stand_on(entries_); }

 private:
  Error spoil(Error error) {
    if (!failure_) failure_ = error;
    return error;
  }
  Error spoil(Errc code) { return spoil(Error{code, {}}); }

  void remember(std::string_view key) {
    if (undo_.contains(key)) return;
    auto it = entries_.find(key);
    undo_.emplace(std::string(key), it == entries_.end() ? std::nullopt : std::optional(it->second));
  }

  FakeMedium& medium_;
  FakeMedium::Entries& entries_;
  FakeMedium::Undo undo_;
  std::optional<Error> failure_;
};

class FakeStore final : public Store {
 public:
  FakeStore(std::shared_ptr<FakeMedium> medium, std::string path, uint64_t life)
      : medium_(std::move(medium)), path_(std::move(path)), life_(life) {}
  ~FakeStore() override { FakeStore::close(); }

  Status read(const std::function<Status(Reader&)>& look) override {
    std::shared_lock lock(medium_->mutex_);
    FakeMedium::Image* image = find_image();
    if (!image) return gone(path_);
    FakeReader reader(image->entries);
    return look(reader);
  }

  Status write(const std::function<Status(Writer&)>& change) override {
    std::unique_lock lock(medium_->mutex_);
    FakeMedium::Image* image = find_image();
    if (!image) return gone(path_);
    Status done = attempt(*image, change);
    if (done.code() == Errc::kMapFull) done = attempt(*image, change);
    return done;
  }

  Result<Stats> stats() override {
    std::shared_lock lock(medium_->mutex_);
    FakeMedium::Image* image = find_image();
    if (!image) return gone(path_);
    Stats stats{image->entries.size(), 0, uint64_t{64} << 30};
    for (const auto& [key, value] : image->entries) stats.used_bytes += key.size() + value.size();
    return stats;
  }

  void close() override {
    std::unique_lock lock(medium_->mutex_);
    closed_ = true;
  }

 private:
  FakeMedium::Image* find_image() {
    if (closed_ || medium_->life_ != life_) return nullptr;
    auto it = medium_->images_.find(path_);
    return it == medium_->images_.end() ? nullptr : &it->second;
  }

  Status attempt(FakeMedium::Image& image, const std::function<Status(Writer&)>& change) {
    FakeWriter writer(*medium_, image.entries);
    Status done = change(writer);
    if (Status spoilt = writer.spoilt(); !spoilt) done = spoilt;
    FakeMedium::Undo undo = writer.take_undo();
    if (done) return medium_->commit(image, std::move(undo));
    FakeMedium::undo(image.entries, undo);
    return done;
  }

  std::shared_ptr<FakeMedium> medium_;
  std::string path_;
  uint64_t life_;
  bool closed_ = false;
};

void FakeMedium::undo(Entries& entries, const Undo& before) {
  for (const auto& [key, value] : before) {
    if (value)
      entries.insert_or_assign(key, *value);
    else
      entries.erase(key);
  }
}

size_t FakeMedium::rewind(Image& image, size_t commits) {
  size_t undone = 0;
  for (; undone < commits && !image.history.empty(); ++undone) {
    undo(image.entries, image.history.back());
    image.history.pop_back();
  }
  return undone;
}

// As LMDB, it does nothing for a transaction that changed nothing.
Status FakeMedium::commit(Image& image, Undo before) {
  if (before.empty()) return {};
  if (fail_commit_in_ > 0 && --fail_commit_in_ == 0) {
    undo(image.entries, before);
    return Error{Errc::kIo, "a planned failure of a commit"};
  }
  bool cut = cut_commit_in_ > 0 && --cut_commit_in_ == 0;
  if (cut) ++life_;
  if (cut && !cut_keeps_) {
    undo(image.entries, before);
  } else {
    ++commits_;
    image.history.push_back(std::move(before));
    if (image.history.size() > history_commits_max_) image.history.pop_front();
  }
  if (cut) return Error{Errc::kIo, "a planned power cut during a commit"};
  return {};
}

bool FakeMedium::put_finds_map_full() {
  if (full_put_in_ == 0 || --full_put_in_ > 0) return false;
  if (--full_put_times_ > 0) full_put_in_ = 1;
  return true;
}

std::shared_ptr<FakeMedium> FakeMedium::clone() const {
  std::shared_lock lock(mutex_);
  auto copy = std::make_shared<FakeMedium>(history_commits_max_);
  copy->images_ = images_;
  copy->commits_ = commits_;
  return copy;
}

void FakeMedium::crash(CrashMode mode, Random& random) {
  std::unique_lock lock(mutex_);
  ++life_;
  for (auto& [path, image] : images_) {
    size_t lost = 0;
    if (mode == CrashMode::kLoseLast) lost = 1;
    if (mode == CrashMode::kMayLoseLast) lost = random.below(2);
    if (mode == CrashMode::kStale) lost = random.below(image.history.size() + 1);
    rewind(image, lost);
  }
}

size_t FakeMedium::make_stale(const std::string& path, size_t commits) {
  std::unique_lock lock(mutex_);
  auto it = images_.find(path);
  return it == images_.end() ? 0 : rewind(it->second, commits);
}

void FakeMedium::damage(const std::string& path) {
  std::unique_lock lock(mutex_);
  if (auto it = images_.find(path); it != images_.end()) it->second.damaged = true;
}

void FakeMedium::wipe() {
  std::unique_lock lock(mutex_);
  images_.clear();
}

void FakeMedium::fail_commit_at(uint64_t number) {
  std::unique_lock lock(mutex_);
  fail_commit_in_ = number;
}

void FakeMedium::full_at_put(uint64_t number, uint64_t times) {
  std::unique_lock lock(mutex_);
  full_put_in_ = times > 0 ? number : 0;
  full_put_times_ = times;
}

void FakeMedium::cut_at_commit(uint64_t number, bool kept) {
  std::unique_lock lock(mutex_);
  cut_commit_in_ = number;
  cut_keeps_ = kept;
}

uint64_t FakeMedium::commits() const {
  std::shared_lock lock(mutex_);
  return commits_;
}

FakeMedium::Entries FakeMedium::contents(const std::string& path) const {
  std::shared_lock lock(mutex_);
  auto it = images_.find(path);
  return it == images_.end() ? Entries{} : it->second.entries;
}

FakeOpener::FakeOpener(std::shared_ptr<FakeMedium> medium) : medium_(std::move(medium)) {
  std::shared_lock lock(medium_->mutex_);
  life_ = medium_->life_;
}

Result<std::unique_ptr<Store>> FakeOpener::open(const std::string& path) {
  std::unique_lock lock(medium_->mutex_);
  if (medium_->life_ != life_) return gone(path);
  if (medium_->images_[path].damaged) return Error{Errc::kCorrupt, fmt::format("'{}' is damaged", path)};
  return std::unique_ptr<Store>(std::make_unique<FakeStore>(medium_, path, life_));
}

Status FakeOpener::destroy(const std::string& path) {
  std::unique_lock lock(medium_->mutex_);
  if (medium_->life_ != life_) return gone(path);
  medium_->images_.erase(path);
  return {};
}

}  // namespace sl::kv
