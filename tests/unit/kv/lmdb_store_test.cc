// What only LMDB has: a map that fills, a file that can be damaged, a lock table that killed processes leave behind.
#include "kv/lmdb_store.h"

#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "fixtures.h"
#include "kv/key.h"

namespace sl::kv {
namespace {

class LmdbStoreTest : public testing::Test {
 protected:
  std::unique_ptr<LmdbStore> open(LmdbOptions options = {}) {
    auto opened = LmdbStore::open(path_, options);
    EXPECT_TRUE(opened.ok()) << opened.error().context;
    return opened ? *std::move(opened) : nullptr;
  }
  Status fill(Store& store, int64_t from, int64_t to) {
    return store.write([&](Writer& writer) -> Status {
      for (int64_t i = from; i < to; ++i) SL_CHECK(writer.put(KeyBuilder().be64(i), std::string(1000, 'v')));
      return {};
    });
  }
  void overwrite(std::string_view content, uint64_t at) {
    auto file = system_files().open(path_, FileSystem::Mode::kCreate);
    Bytes bytes = as_bytes(content);
    ASSERT_TRUE(file.ok() && (*file)->write_at(std::span(&bytes, 1), at).ok());
  }
  void truncate(uint64_t size) {
    auto file = system_files().open(path_, FileSystem::Mode::kCreate);
    ASSERT_TRUE(file.ok() && (*file)->truncate(size).ok());
  }
  uint64_t size() { return system_files().stat(path_)->size; }

  TemporaryDirectory directory_;
  std::string path_ = directory_.index();
};

TEST_F(LmdbStoreTest, AFullMapGrowsAndRunsTheChangeAgain) {
  auto store = open({.map_bytes = 256 << 10});
  int runs = 0;
  Status done = store->write([&](Writer& writer) -> Status {
    ++runs;
    for (int64_t i = 0; i < 300; ++i) SL_CHECK(writer.put(KeyBuilder().be64(i), std::string(1000, 'v')));
    return {};
  });
  EXPECT_TRUE(done.ok()) << done.error().context;
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(store->stats()->entries, 300u);
  EXPECT_EQ(store->stats()->map_bytes, 512u << 10);
}

TEST_F(LmdbStoreTest, AMapThatMayNotGrowIsFullAndStaysUsable) {
  auto store = open({.map_bytes = 256 << 10, .map_bytes_max = 512 << 10});
  EXPECT_TRUE(fill(*store, 0, 100).ok());
  EXPECT_EQ(fill(*store, 100, 5000).code(), Errc::kMapFull);
  EXPECT_EQ(fill(*store, 100, 5000).code(), Errc::kMapFull);
  EXPECT_EQ(store->stats()->entries, 100u);
  Status done = store->write([](Writer& writer) -> Status {
    SL_TRY([[maybe_unused]] uint64_t erased, writer.erase_range("", ""));
    return {};
  });
  EXPECT_TRUE(done.ok()) << done.error().context;
  EXPECT_TRUE(fill(*store, 0, 100).ok());
}

TEST_F(LmdbStoreTest, GrowsWhileOthersRead) {
  auto store = open({.map_bytes = 256 << 10});
  std::atomic<bool> stop{false};
  std::atomic<int> reads{0}, failures{0};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        Status done = store->read([&](Reader& reader) -> Status {
          SL_TRY(Cursor cursor, reader.cursor());
          SL_TRY(auto entry, cursor.last());
          if (entry && entry->value.size() != 1000) return Errc::kCorrupt;
          return {};
        });
        if (!done) ++failures;
        ++reads;
      }
    });
  for (int64_t i = 0; i < 3000 || reads < 10; i += 100) EXPECT_TRUE(fill(*store, i, i + 100).ok());
  stop = true;
  readers.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_GT(store->stats()->map_bytes, 256u << 10);
}

TEST_F(LmdbStoreTest, ASmallerMapStillOpensALargerFile) {
  { EXPECT_TRUE(fill(*open(), 0, 1000).ok()); }
  auto store = open({.map_bytes = 64 << 10});
  EXPECT_EQ(store->stats()->entries, 1000u);
  EXPECT_TRUE(fill(*store, 1000, 1500).ok());
}

TEST_F(LmdbStoreTest, FilesArePrivateAndCloseOnExec) {
  auto store = open();
  for (const std::string& path : {path_, path_ + "-lock"}) {
    struct stat s;
    ASSERT_EQ(::stat(path.c_str(), &s), 0) << path;
    EXPECT_EQ(s.st_mode & 0777u, 0600u) << path;
  }
  int ours = 0;
  for (int fd = 3; fd < 256; ++fd) {
    char target[4096];
    ssize_t n = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), target, sizeof target);
    if (n <= 0 || !std::string_view(target, static_cast<size_t>(n)).starts_with(path_)) continue;
    ++ours;
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0) << std::string(target, static_cast<size_t>(n));
  }
  EXPECT_GE(ours, 3);
}

TEST_F(LmdbStoreTest, AForeignFileIsCorrupt) {
  overwrite(std::string(20000, 'x'), 0);
  EXPECT_EQ(LmdbStore::open(path_).code(), Errc::kCorrupt);
  LmdbOpener opener;
  ASSERT_TRUE(opener.destroy(path_).ok());
  EXPECT_TRUE(opener.open(path_).ok());
}

TEST_F(LmdbStoreTest, DamagedMetaPagesAreCorrupt) {
  { EXPECT_TRUE(fill(*open(), 0, 100).ok()); }
  overwrite(std::string(64, '\0'), 0);
  EXPECT_EQ(LmdbStore::open(path_).code(), Errc::kCorrupt);
}

TEST_F(LmdbStoreTest, EveryTruncationIsCorruptOrEmpty) {
  { EXPECT_TRUE(fill(*open(), 0, 100).ok()); }
  uint64_t whole = size();
  for (uint64_t at = whole - 1; at > 4096; at -= std::min<uint64_t>(at, 3000)) {
    truncate(at);
    EXPECT_EQ(LmdbStore::open(path_).code(), Errc::kCorrupt) << at << " of " << whole;
  }
  truncate(0);
  EXPECT_EQ(open()->stats()->entries, 0u);
}

// Pages taken at the end of the file and freed in the same transaction are never written by LMDB.
TEST_F(LmdbStoreTest, AFileOfFreedPagesOpensAgain) {
  {
    auto store = open();
    Status done = store->write([](Writer& writer) -> Status {
      for (int64_t i = 0; i < 2000; ++i) SL_CHECK(writer.put(KeyBuilder().be64(i), std::string(1000, 'v')));
      // Downwards, since LMDB takes the page it gave back last first.
      for (int64_t i = 1999; i >= 3; --i) SL_CHECK(writer.erase(KeyBuilder().be64(i)));
      return {};
    });
    EXPECT_TRUE(done.ok());
    EXPECT_GE(size(), store->stats()->used_bytes);
  }
  EXPECT_EQ(open()->stats()->entries, 3u);
}

TEST_F(LmdbStoreTest, TheDirectoryMustExist) {
  EXPECT_EQ(LmdbStore::open(path_ + "/no/where").code(), Errc::kNotFound);
}

TEST_F(LmdbStoreTest, NothingChangedWritesNothing) {
  auto store = open();
  EXPECT_TRUE(fill(*store, 0, 10).ok());
  auto bytes_before = system_files().read_whole(path_, 1 << 24);
  EXPECT_TRUE(store->write([](Writer& writer) -> Status { return writer.erase("missing"); }).ok());
  EXPECT_EQ(*bytes_before, *system_files().read_whole(path_, 1 << 24));
}

// Opens the store in a child process, and lets it run until it is killed.
pid_t in_child(const std::function<void(int pipe)>& body, int* pipe_end) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    body(ends[1]);
    ::_exit(1);
  }
  ::close(ends[1]);
  *pipe_end = ends[0];
  return child;
}

void kill_and_wait(pid_t child) {
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_F(LmdbStoreTest, AKilledReaderLeavesNoSlot) {
  int pipe_end = -1;
  pid_t child = in_child(
      [&](int out) {
        auto store = LmdbStore::open(path_);
        if (!store) return;
        Status never = (*store)->read([&](Reader&) -> Status {
          [[maybe_unused]] ssize_t n = ::write(out, "r", 1);
          while (true) ::pause();
        });
      },
      &pipe_end);
  char ready = 0;
  ASSERT_EQ(::read(pipe_end, &ready, 1), 1);
  auto store = open();
  EXPECT_EQ(*store->drop_dead_readers(), 0);
  kill_and_wait(child);
  ::close(pipe_end);
  EXPECT_EQ(*store->drop_dead_readers(), 1);
  EXPECT_EQ(*store->drop_dead_readers(), 0);
  EXPECT_TRUE(fill(*store, 0, 10).ok());
}

// A child commits numbers and reports each one; wherever it is killed, all it reported must be there.
TEST_F(LmdbStoreTest, WhatWasCommittedSurvivesAKill) {
  int64_t next = 0;
  for (int round = 0; round < 8; ++round) {
    int pipe_end = -1;
    pid_t child = in_child(
        [&](int out) {
          auto store = LmdbStore::open(path_);
          if (!store) return;
          for (int64_t i = next;; ++i) {
            if (!fill(**store, i, i + 1)) return;
            if (::write(out, &i, sizeof i) != sizeof i) return;
          }
        },
        &pipe_end);
    int64_t reported = -1;
    for (int i = 0; i <= round * 3; ++i)
      ASSERT_EQ(::read(pipe_end, &reported, sizeof reported), ssize_t{sizeof reported});
    kill_and_wait(child);
    while (::read(pipe_end, &reported, sizeof reported) > 0) {
    }
    ::close(pipe_end);
    auto store = open();
    auto entries = all_of(*store);
    ASSERT_GE(static_cast<int64_t>(entries.size()), reported + 1);
    next = static_cast<int64_t>(entries.size());
    for (int64_t i = 0; i < next; ++i) ASSERT_EQ(KeyReader(entries[static_cast<size_t>(i)].first).be64(), i);
  }
}

TEST_F(LmdbStoreTest, CloseWaitsForReaders) {
  auto store = open();
  EXPECT_TRUE(put_all(*store, {{"a", "1"}}).ok());
  std::atomic<bool> inside{false};
  std::string seen;
  std::jthread reader([&] {
    Status done = store->read([&](Reader& r) -> Status {
      inside = true;
      inside.notify_all();
      for (int i = 0; i < 1000; ++i) SL_CHECK(r.get("a"));
      SL_TRY(auto a, r.get("a"));
      seen = *a;
      return {};
    });
    EXPECT_TRUE(done.ok());
  });
  inside.wait(false);
  store->close();
  reader.join();
  EXPECT_EQ(seen, "1");
}

}  // namespace
}  // namespace sl::kv
