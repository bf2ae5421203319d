// The simulated disk as a file system, and its faults. What survives a crash is in sim_crash_test.cc.
#include "aio/sim_disk.h"

#include <gtest/gtest.h>

namespace sl::aio {
namespace {

std::unique_ptr<File> made(SimDisk& disk, const std::string& path) {
  auto file = disk.open(path, FileSystem::Mode::kCreate);
  EXPECT_TRUE(file.ok()) << path;
  return *std::move(file);
}

Status put(File& file, std::string_view text, uint64_t at) {
  Bytes piece = as_bytes(text);
  return file.write_at(std::span(&piece, 1), at);
}

std::string whole(SimDisk& disk, const std::string& path) {
  auto text = disk.read_whole(path, 1 << 20);
  return text ? *text : "error " + std::to_string(static_cast<int>(text.code()));
}

TEST(SimDisk, KeepsBytesAndZerosTheGaps) {
  SimDisk disk;
  auto file = made(disk, "/f");
  ASSERT_TRUE(put(*file, "abc", 0));
  ASSERT_TRUE(put(*file, "xyz", 20'000));
  EXPECT_EQ(*file->size(), 20'003u);
  uint8_t bytes[8];
  EXPECT_EQ(*file->read_at(bytes, 19'998), 5u);
  EXPECT_EQ(as_text({bytes, 5}), std::string_view("\0\0xyz", 5));
  ASSERT_TRUE(file->truncate(2));
  ASSERT_TRUE(file->truncate(4));
  EXPECT_EQ(whole(disk, "/f"), std::string("ab\0\0", 4));
  ASSERT_TRUE(file->preallocate(10));
  EXPECT_EQ(*file->size(), 10u);
  ASSERT_TRUE(file->preallocate(5));
  EXPECT_EQ(*file->size(), 10u) << "a reservation never shrinks a file";
}

TEST(SimDisk, PathsAndModes) {
  SimDisk disk;
  using Mode = FileSystem::Mode;
  EXPECT_EQ(disk.open("/f", Mode::kRead).code(), Errc::kNotFound);
  EXPECT_EQ(disk.open("/no/f", Mode::kCreate).code(), Errc::kNotFound);
  EXPECT_EQ(disk.make_directory("/no/dir").code(), Errc::kNotFound);
  ASSERT_TRUE(disk.make_directories("/a/b"));
  ASSERT_TRUE(disk.make_directory("/a/b"));
  made(disk, "/a/b/f");
  EXPECT_EQ(disk.open("/a/b/f", Mode::kCreateNew).code(), Errc::kExists);
  EXPECT_EQ(disk.make_directory("/a/b/f").code(), Errc::kExists);
  EXPECT_TRUE(disk.open("a/./b/../b//f", Mode::kReadWrite).ok());
  EXPECT_EQ(disk.open("/a/b", Mode::kReadWrite).code(), Errc::kIo);
  auto reader = disk.open("/a/b/f", Mode::kRead);
  EXPECT_EQ(put(**reader, "x", 0).code(), Errc::kIo);

  made(disk, "/a/z");
  EXPECT_EQ(*disk.list("/a"), (std::vector<std::string>{"b", "z"}));
  EXPECT_EQ(disk.list("/a/z").code(), Errc::kNotFound);
  EXPECT_TRUE(disk.stat("/a/b")->is_directory);
  EXPECT_FALSE(disk.stat("/a/z")->is_directory);
  EXPECT_EQ(disk.remove("/a/b").code(), Errc::kIo) << "not empty";
  EXPECT_EQ(disk.rename("/a/z", "/a/b").code(), Errc::kIo) << "a file over a directory";
  EXPECT_EQ(disk.remove("/a/none").code(), Errc::kNotFound);
  ASSERT_TRUE(disk.rename("/a/z", "/a/b/f"));
  EXPECT_EQ(*disk.list("/a"), (std::vector<std::string>{"b"}));
  ASSERT_TRUE(disk.remove_tree("/a"));
  EXPECT_EQ(*disk.list("/"), std::vector<std::string>{});
}

TEST(SimDisk, AnOpenFileOutlivesItsName) {
  SimDisk disk;
  auto file = made(disk, "/f");
  ASSERT_TRUE(put(*file, "abc", 0));
  ASSERT_TRUE(disk.remove("/f"));
  ASSERT_TRUE(disk.sync_directory("/"));
  uint8_t bytes[3];
  EXPECT_EQ(*file->read_at(bytes, 0), 3u);
}

TEST(SimDisk, LocksAreHeldByOneAndDieWithTheirProcess) {
  SimDisk disk;
  auto one = disk.share(), other = disk.share();
  auto lock = one->lock("/lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(other->lock("/lock").code(), Errc::kLocked);
  one->cut_view();
  auto second = other->lock("/lock");
  ASSERT_TRUE(second.ok());
  lock->reset();  // The dead one's handle goes; the new holder keeps its own.
  EXPECT_EQ(disk.lock("/lock").code(), Errc::kLocked);
  second->reset();
  EXPECT_TRUE(disk.lock("/lock").ok());
}

TEST(SimDisk, CachedReadsMissNowAndThen) {
  SimDisk disk;
  auto file = made(disk, "/f");
  ASSERT_TRUE(put(*file, "0123456789", 0));
  int missed = 0, shorter = 0;
  for (int i = 0; i < 1000; ++i) {
    uint8_t bytes[10];
    auto n = file->read_at_cached(bytes, 0);
    if (!n) {
      EXPECT_EQ(n.code(), Errc::kWouldBlock);
      ++missed;
    } else if (*n < 10) {
      EXPECT_EQ(as_text({bytes, *n}), std::string_view("0123456789").substr(0, *n));
      ++shorter;
    }
  }
  EXPECT_GT(missed, 50);
  EXPECT_LT(missed, 200);
  EXPECT_GT(shorter, 50);
  disk.options().cache_miss_permille = 0;
  file->forget_cached();
  uint8_t byte[1];
  EXPECT_EQ(file->read_at_cached(byte, 0).code(), Errc::kWouldBlock);
  ASSERT_TRUE(file->read_at(byte, 0));
  EXPECT_TRUE(file->read_at_cached(byte, 0).ok());
}

TEST(SimDisk, FailsTheNthOperationOfAKindAndPath) {
  SimDisk disk;
  auto log = made(disk, "/log"), other = made(disk, "/other");
  disk.fail_at(DiskOp::kWrite, 2, Errc::kIo, "log");
  ASSERT_TRUE(put(*log, "1", 0));
  ASSERT_TRUE(put(*other, "1", 0));
  EXPECT_EQ(put(*log, "2", 0).code(), Errc::kIo);
  EXPECT_EQ(whole(disk, "/log"), "1");
  ASSERT_TRUE(put(*log, "3", 0));
  EXPECT_EQ(disk.faults_struck(), 1u);

  disk.fail_from(DiskOp::kRead, 1, Errc::kIo);
  EXPECT_EQ(disk.read_whole("/log", 10).code(), Errc::kIo);
  EXPECT_EQ(disk.read_whole("/other", 10).code(), Errc::kIo);
  disk.heal();
  EXPECT_EQ(whole(disk, "/log"), "3");

  disk.fail_at(DiskOp::kRename, 1, Errc::kIo);
  EXPECT_EQ(disk.rename("/log", "/new").code(), Errc::kIo);
  EXPECT_EQ(whole(disk, "/log"), "3");
}

TEST(SimDisk, AnyOperationCanBeTheOneThatFails) {
  // As a sweep does: the nth operation of a script fails, for each n until the script gets through.
  auto script = [](SimDisk& disk) -> Status {
    SL_CHECK(disk.make_directory("/d"));
    SL_CHECK(disk.replace("/d/f", as_bytes("content")));
    return disk.sync_directory("/");
  };
  int failed = 0;
  for (uint64_t n = 1; n < 100; ++n) {
    SimDisk disk;
    disk.fail_at(DiskOp::kAny, n, Errc::kIo);
    if (script(disk).ok()) {
      EXPECT_EQ(disk.faults_struck(), 0u);
      break;
    }
    ++failed;
  }
  EXPECT_EQ(failed, 8);  // mkdir, create, truncate, write, sync, rename and two directory syncs
}

TEST(SimDisk, ShortWritesLeaveTheirBeginning) {
  SimDisk disk;
  auto file = made(disk, "/f");
  disk.short_write_at(1, 3, Errc::kDiskFull);
  EXPECT_EQ(put(*file, "abcdef", 0).code(), Errc::kDiskFull);
  EXPECT_EQ(whole(disk, "/f"), "abc");
}

TEST(SimDisk, FillsAndHealsByDeleting) {
  SimDisk disk({.capacity_bytes = 64 << 10});
  auto big = made(disk, "/big");
  std::string block(60 << 10, 'b');
  ASSERT_TRUE(put(*big, block, 0));
  EXPECT_EQ(disk.space("/")->free_bytes, 4u << 10);
  auto small = made(disk, "/small");
  EXPECT_EQ(put(*small, std::string(8 << 10, 's'), 0).code(), Errc::kDiskFull);
  EXPECT_EQ(*small->size(), 4u << 10) << "what fits is written before it fails";
  EXPECT_EQ(disk.space("/")->free_bytes, 0u);
  EXPECT_TRUE(put(*big, "over", 0)) << "overwriting needs no room";
  EXPECT_EQ(disk.open("/third", FileSystem::Mode::kCreate).code(), Errc::kDiskFull);
  ASSERT_TRUE(disk.remove("/big"));
  EXPECT_EQ(put(*small, std::string(8 << 10, 's'), 0).code(), Errc::kDiskFull) << "an open file keeps its room";
  big.reset();
  EXPECT_TRUE(put(*small, std::string(8 << 10, 's'), 0));
  EXPECT_EQ(small->preallocate(1 << 20).code(), Errc::kDiskFull);
  EXPECT_EQ(*small->size(), 8u << 10);
  EXPECT_TRUE(small->preallocate(60 << 10));
  EXPECT_EQ(disk.space("/")->total_bytes, 64u << 10);
}

TEST(SimDisk, ACutDiskDoesNothingMore) {
  SimDisk disk;
  auto file = made(disk, "/f");
  disk.cut_after(2);
  EXPECT_TRUE(put(*file, "1", 0));
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(put(*file, "2", 0).code(), Errc::kCancelled);
  EXPECT_EQ(file->sync().code(), Errc::kCancelled);
  EXPECT_EQ(disk.list("/").code(), Errc::kCancelled);
  EXPECT_EQ(file->size().code(), Errc::kCancelled);
  auto after = disk.clone();
  EXPECT_EQ(whole(*after, "/f"), "1");
}

TEST(SimDisk, OneViewIsCutAndTheOthersGoOn) {
  SimDisk disk;
  auto dead = disk.share(), alive = disk.share();
  auto file = made(*dead, "/f");
  ASSERT_TRUE(put(*file, "kept", 0));
  dead->cut_view();
  EXPECT_EQ(put(*file, "lost", 0).code(), Errc::kCancelled);
  EXPECT_EQ(dead->remove("/f").code(), Errc::kCancelled);
  EXPECT_EQ(whole(*alive, "/f"), "kept");
}

TEST(SimDisk, FlipsABitOnTheDisk) {
  SimDisk disk;
  ASSERT_TRUE(disk.replace("/f", as_bytes("abc")));
  EXPECT_TRUE(disk.flip("/f", 1, 0));
  EXPECT_EQ(whole(disk, "/f"), "acc");
  EXPECT_FALSE(disk.flip("/f", 3, 0));
  EXPECT_FALSE(disk.flip("/none", 0, 0));
  SeededRandom random(1);
  EXPECT_EQ(whole(*disk.crashed(CrashMode::kNothing, random), "/f"), "acc");
  EXPECT_TRUE(disk.damage("/f", 0, as_bytes("zz")));
  EXPECT_EQ(whole(disk, "/f"), "zzc");
}

TEST(SimDisk, CountsAndTracesWhatChangesIt) {
  auto run = [](std::string_view text) {
    SimDisk disk;
    std::vector<DiskOp> seen;
    disk.set_observer([&](DiskOp op, const std::string&) { seen.push_back(op); });
    EXPECT_TRUE(disk.replace("/f", as_bytes(text)));
    EXPECT_EQ(whole(disk, "/f"), text);
    EXPECT_EQ(disk.operations(), 6u);
    EXPECT_EQ(seen, (std::vector<DiskOp>{DiskOp::kCreate, DiskOp::kTruncate, DiskOp::kWrite, DiskOp::kSync,
                                         DiskOp::kRename, DiskOp::kSyncDirectory}));
    return disk.trace_hash();
  };
  EXPECT_EQ(run("one"), run("one"));
  EXPECT_NE(run("one"), run("two"));
}

}  // namespace
}  // namespace sl::aio
