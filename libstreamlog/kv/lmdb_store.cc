// LMDB behind the Store interface. Readers pass a gate, so that the writer can wait until none is inside when the map
// must grow; their transactions are kept and renewed, which spares LMDB's reader mutex.
//
// Failure modes: a full map aborts, drains, doubles and runs the change once more. A file that is shorter than its
// pages would end the process by SIGBUS, so open refuses it; LMDB itself may leave such a file, when pages taken at the
// end were given back before the commit, and then write() lengthens it.
#include "kv/lmdb_store.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <lmdb.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "base/file.h"

namespace sl::kv {
namespace {

// Two per pool thread would do; a slot is 64 bytes of the lock file.
constexpr unsigned kReaderSlots = 256;

Errc code_of(int rc) {
  switch (rc) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
      return Errc::kCorrupt;
    case MDB_MAP_FULL:
      return Errc::kMapFull;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Errc::kDiskFull;
    case ENOENT:
    case ENOTDIR:
      return Errc::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return Errc::kPermissionDenied;
    case EAGAIN:
      return Errc::kLocked;
    default:
      return Errc::kIo;
  }
}

Error failure(std::string_view doing, const std::string& path, int rc) {
  return Error{code_of(rc), fmt::format("cannot {} '{}': {}", doing, path, mdb_strerror(rc))};
}

Error closed(const std::string& path) {
  return Error{Errc::kIo, fmt::format("'{}' is closed", path)};
}

MDB_val to_val(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}
std::string_view to_view(const MDB_val& val) {
  return {static_cast<const char*>(val.mv_data), val.mv_size};
}

struct EnvCloser {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};
using Env = std::unique_ptr<MDB_env, EnvCloser>;
struct TxnAborter {
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
using Txn = std::unique_ptr<MDB_txn, TxnAborter>;

// Counts the readers inside; one writer may wait for them to leave and keep new ones out meanwhile.
class Gate {
 public:
  // False once it is shut.
  bool enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !draining_; });
    if (shut_) return false;
    ++inside_;
    return true;
  }
  void leave() {
    std::lock_guard lock(mutex_);
    if (--inside_ == 0) changed_.notify_all();
  }
  void drain() {
    std::unique_lock lock(mutex_);
    draining_ = true;
    changed_.wait(lock, [this] { return inside_ == 0; });
  }
  void reopen() {
    std::lock_guard lock(mutex_);
    draining_ = false;
    changed_.notify_all();
  }
  // Drains for good.
  void shut() {
    drain();
    std::lock_guard lock(mutex_);
    shut_ = true;
    draining_ = false;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool draining_ = false;
  bool shut_ = false;
};

// What a transaction of either kind can look up.
struct View {
  MDB_txn* txn;
  MDB_dbi dbi;
  const std::string& path;
  int cursors = 0;

  Result<std::optional<std::string_view>> get(std::string_view key) {
    if (key.empty()) return std::optional<std::string_view>{};
    MDB_val k = to_val(key), v{};
    int rc = mdb_get(txn, dbi, &k, &v);
    if (rc == MDB_NOTFOUND) return std::optional<std::string_view>{};
    if (rc != 0) return failure("read", path, rc);
    return std::optional<std::string_view>{to_view(v)};
  }
};

class LmdbPosition final : public Position {
 public:
  LmdbPosition(MDB_cursor* cursor, View& view) : cursor_(cursor), view_(view) { ++view_.cursors; }
  ~LmdbPosition() override {
    mdb_cursor_close(cursor_);
    --view_.cursors;
  }
  LmdbPosition(const LmdbPosition&) = delete;
  LmdbPosition& operator=(const LmdbPosition&) = delete;

  Found at_or_after(std::string_view key) override {
    return key.empty() ? move(MDB_FIRST) : move(MDB_SET_RANGE, to_val(key));
  }
  Found before(std::string_view key) override {
    if (key.empty()) return move(MDB_LAST);
    SL_TRY(auto found, move(MDB_SET_RANGE, to_val(key)));
    return move(found ? MDB_PREV : MDB_LAST);
  }
  Found next() override { return move(MDB_NEXT); }
  Found prev() override { return move(MDB_PREV); }

 private:
  Found move(MDB_cursor_op op, MDB_val key = {}) {
    MDB_val value{};
    int rc = mdb_cursor_get(cursor_, &key, &value, op);
    if (rc == MDB_NOTFOUND) return std::optional<Entry>{};
    if (rc != 0) return failure("read", view_.path, rc);
    return std::optional<Entry>{{to_view(key), to_view(value)}};
  }
  MDB_cursor* cursor_;
  View& view_;
};

Result<std::unique_ptr<Position>> stand_on(View& view) {
  MDB_cursor* cursor = nullptr;
  if (int rc = mdb_cursor_open(view.txn, view.dbi, &cursor); rc != 0) return failure("read", view.path, rc);
  return std::unique_ptr<Position>(std::make_unique<LmdbPosition>(cursor, view));
}

class LmdbReader final : public Reader {
 public:
  explicit LmdbReader(View view) : view_(view) {}
  ~LmdbReader() override { assert(view_.cursors == 0 && "a cursor outlived its transaction"); }
  Result<std::optional<std::string_view>> get(std::string_view key) override { return view_.get(key); }

 protected:
  Result<std::unique_ptr<Position>> position() override { return stand_on(view_); }

 private:
  View view_;
};

class LmdbWriter final : public Writer {
 public:
  explicit LmdbWriter(View view) : view_(view) {}
  ~LmdbWriter() override { assert(view_.cursors == 0 && "a cursor outlived its transaction"); }
  Result<std::optional<std::string_view>> get(std::string_view key) override { return view_.get(key); }

  Status put(std::string_view key, std::string_view value) override {
    if (Status valid = check_entry(key, value); !valid) return spoil(std::move(valid).error());
    MDB_val k = to_val(key), v = to_val(value);
    if (int rc = mdb_put(view_.txn, view_.dbi, &k, &v, 0); rc != 0) return spoil(rc);
    return {};
  }

  Status erase(std::string_view key) override {
    if (key.empty() || key.size() > kKeyBytesMax) return {};
    MDB_val k = to_val(key);
    int rc = mdb_del(view_.txn, view_.dbi, &k, nullptr);
    if (rc != 0 && rc != MDB_NOTFOUND) return spoil(rc);
    return {};
  }

  Result<uint64_t> erase_range(std::string_view from, std::string_view to) override {
    MDB_cursor* cursor = nullptr;
    if (int rc = mdb_cursor_open(view_.txn, view_.dbi, &cursor); rc != 0) return spoil(rc);
    struct Closer {
      MDB_cursor* cursor;
      ~Closer() { mdb_cursor_close(cursor); }
    } closer{cursor};
    uint64_t erased = 0;
    MDB_val key = to_val(from), value{};
    int rc = mdb_cursor_get(cursor, &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
    while (rc == 0 && (to.empty() || to_view(key) < to)) {
      if (rc = mdb_cursor_del(cursor, 0); rc != 0) break;
      ++erased;
      // After a deletion the cursor stands on the entry that followed, and MDB_NEXT answers just that one.
      rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    if (rc != 0 && rc != MDB_NOTFOUND) return spoil(rc);
    return erased;
  }

  Status spoilt() const {
    if (failure_) return *failure_;
    return {};
  }

 protected:
  Result<std::unique_ptr<Position>> position() override { return stand_on(view_); }

 private:
  Error spoil(Error error) {
    if (!failure_) failure_ = error;
    return error;
  }
  Error spoil(int rc) { return spoil(failure("change", view_.path, rc)); }
  View view_;
  std::optional<Error> failure_;
};

class LmdbFile final : public LmdbStore {
 public:
  LmdbFile(std::string path, LmdbOptions options) : path_(std::move(path)), options_(options) {}
  ~LmdbFile() override { LmdbFile::close(); }

  Status start();
  Status read(const std::function<Status(Reader&)>& look) override;
  Status write(const std::function<Status(Writer&)>& change) override;
  Result<Stats> stats() override;
  void close() override;
  Result<int> drop_dead_readers() override;

 private:
  struct Inside {
    Gate& gate;
    ~Inside() { gate.leave(); }
  };
  // A read transaction, put back on the shelf at the end.
  struct Borrowed {
    LmdbFile& store;
    Txn txn;
    ~Borrowed() { store.give_back(std::move(txn)); }
  };
  Result<Txn> take_reader();
  void give_back(Txn txn);
  Status attempt(const std::function<Status(Writer&)>& change);
  Status grow();
  uint64_t pages_end() const;
  void lengthen();

  const std::string path_;
  const LmdbOptions options_;
  Env env_;
  MDB_dbi dbi_ = 0;
  std::unique_ptr<File> file_;  // the same file, for its length alone
  Gate gate_;
  std::mutex write_mutex_;  // held by write() and close()
  std::mutex shelf_mutex_;
  std::vector<Txn> shelf_;  // reset read transactions; they pin nothing
};

Status LmdbFile::start() {
  MDB_env* env = nullptr;
  if (int rc = mdb_env_create(&env); rc != 0) return failure("open", path_, rc);
  env_.reset(env);
  int rc = mdb_env_set_mapsize(env, options_.map_bytes);
  if (rc == 0) rc = mdb_env_set_maxreaders(env, kReaderSlots);
  // Without read-ahead, look-ups here and there do not pull the whole file into the process.
  if (rc == 0) rc = mdb_env_open(env, path_.c_str(), MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD, 0600);
  if (rc != 0) return failure("open", path_, rc);
  // LMDB 0.9.24 sets close-on-exec on its lock and meta descriptors, but not on the one it reads with.
  int fd = -1;
  if (rc = mdb_env_get_fd(env, &fd); rc != 0) return failure("open", path_, rc);
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return failure("open", path_, errno);
  SL_TRY(file_, system_files().open(path_, FileSystem::Mode::kReadWrite));
  SL_TRY(uint64_t size, file_->size());
  if (size < pages_end())
    return Error{Errc::kCorrupt, fmt::format("'{}' has {} bytes, but its pages end at {}", path_, size, pages_end())};
  SL_TRY([[maybe_unused]] int dead, drop_dead_readers());

  MDB_txn* txn = nullptr;
  if (rc = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn); rc != 0) return failure("open", path_, rc);
  Txn guard(txn);
  if (rc = mdb_dbi_open(txn, nullptr, 0, &dbi_); rc != 0) return failure("open", path_, rc);
  return {};
}

Result<Txn> LmdbFile::take_reader() {
  Txn kept;
  {
    std::lock_guard lock(shelf_mutex_);
    if (!shelf_.empty()) {
      kept = std::move(shelf_.back());
      shelf_.pop_back();
    }
  }
  if (kept) {
    if (int rc = mdb_txn_renew(kept.get()); rc != 0) return failure("read", path_, rc);
    return kept;
  }
  MDB_txn* txn = nullptr;
  int rc = mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn);
  if (rc == MDB_READERS_FULL) {
    int dead = 0;
    mdb_reader_check(env_.get(), &dead);
    if (dead > 0) rc = mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn);
  }
  if (rc != 0) return failure("read", path_, rc);
  return Txn(txn);
}

void LmdbFile::give_back(Txn txn) {
  mdb_txn_reset(txn.get());
  std::lock_guard lock(shelf_mutex_);
  shelf_.push_back(std::move(txn));
}

Status LmdbFile::read(const std::function<Status(Reader&)>& look) {
  if (!gate_.enter()) return closed(path_);
  Inside inside{gate_};
  SL_TRY(Txn txn, take_reader());
  Borrowed borrowed{*this, std::move(txn)};
  LmdbReader reader(View{borrowed.txn.get(), dbi_, path_});
  return look(reader);
}

Status LmdbFile::write(const std::function<Status(Writer&)>& change) {
  std::lock_guard lock(write_mutex_);
  if (!env_) return closed(path_);
  Status done = attempt(change);
  if (done.code() == Errc::kMapFull) {
    SL_CHECK(grow());
    done = attempt(change);
  }
  if (done) lengthen();
  return done;
}

Status LmdbFile::attempt(const std::function<Status(Writer&)>& change) {
  MDB_txn* raw = nullptr;
  if (int rc = mdb_txn_begin(env_.get(), nullptr, 0, &raw); rc != 0) return failure("change", path_, rc);
  Txn txn(raw);
  LmdbWriter writer(View{raw, dbi_, path_});
  Status done = change(writer);
  if (Status spoilt = writer.spoilt(); !spoilt) return spoilt;
  if (!done) return done;
  // Commit frees the transaction, whatever it returns.
  if (int rc = mdb_txn_commit(txn.release()); rc != 0) return failure("change", path_, rc);
  return {};
}

Status LmdbFile::grow() {
  MDB_envinfo info{};
  mdb_env_info(env_.get(), &info);
  uint64_t bytes = std::min<uint64_t>(info.me_mapsize * 2, options_.map_bytes_max);
  if (bytes <= info.me_mapsize)
    return Error{Errc::kMapFull, fmt::format("'{}' is full at {} bytes", path_, info.me_mapsize)};
  gate_.drain();
  int rc = mdb_env_set_mapsize(env_.get(), bytes);
  gate_.reopen();
  if (rc != 0) return failure("grow the map of", path_, rc);
  return {};
}

uint64_t LmdbFile::pages_end() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(env_.get(), &info);
  mdb_env_stat(env_.get(), &stat);
  return (uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
}

// The missing pages are free ones. Where this fails, or the machine stops first, the next open finds the file too short
// and it is built anew.
void LmdbFile::lengthen() {
  uint64_t end = pages_end();
  auto size = file_->size();
  if (!size || *size >= end) return;
  if (auto longer = file_->truncate(end); !longer) return;
  [[maybe_unused]] auto synced = file_->sync();
}

Result<Stats> LmdbFile::stats() {
  if (!gate_.enter()) return closed(path_);
  Inside inside{gate_};
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(env_.get(), &info);
  mdb_env_stat(env_.get(), &stat);
  return Stats{stat.ms_entries, pages_end(), info.me_mapsize};
}

Result<int> LmdbFile::drop_dead_readers() {
  if (!gate_.enter()) return closed(path_);
  Inside inside{gate_};
  int dead = 0;
  if (int rc = mdb_reader_check(env_.get(), &dead); rc != 0) return failure("check the readers of", path_, rc);
  return dead;
}

void LmdbFile::close() {
  std::lock_guard lock(write_mutex_);
  gate_.shut();
  shelf_.clear();
  env_.reset();
  file_.reset();
}

Status remove_if_there(const std::string& path) {
  Status removed = system_files().remove(path);
  if (removed.code() == Errc::kNotFound) return {};
  return removed;
}

}  // namespace

Result<std::unique_ptr<LmdbStore>> LmdbStore::open(const std::string& path, LmdbOptions options) {
  auto store = std::make_unique<LmdbFile>(path, options);
  SL_CHECK(store->start());
  return std::unique_ptr<LmdbStore>(std::move(store));
}

Result<std::unique_ptr<Store>> LmdbOpener::open(const std::string& path) {
  SL_TRY(auto store, LmdbStore::open(path, options_));
  return std::unique_ptr<Store>(std::move(store));
}

Status LmdbOpener::destroy(const std::string& path) {
  SL_CHECK(remove_if_there(path));
  SL_CHECK(remove_if_there(path + "-lock"));
  return system_files().sync_directory(parent_of(path));
}

}  // namespace sl::kv
