// What a power cut leaves on the simulated disk: the rules that every crash test of the store rests on.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "aio/sim_disk.h"

namespace sl::aio {
namespace {

class SimCrash : public testing::Test {
 protected:
  void write(const std::string& path, std::string_view text, uint64_t at = 0) {
    auto file = disk.open(path, FileSystem::Mode::kCreate);
    ASSERT_TRUE(file.ok());
    Bytes piece = as_bytes(text);
    ASSERT_TRUE((*file)->write_at(std::span(&piece, 1), at));
  }
  void sync(const std::string& path) {
    auto file = disk.open(path, FileSystem::Mode::kReadWrite);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->sync());
  }
  static std::string content(FileSystem& files, const std::string& path) {
    auto text = files.read_whole(path, 1 << 22);
    return text ? *text : "(none)";
  }
  std::string after(CrashMode mode, const std::string& path) { return content(*disk.crashed(mode, random), path); }
  // Every content that many crashes of this kind leave, with how often.
  std::map<std::string, int> outcomes(CrashMode mode, const std::string& path, int crashes = 400) {
    std::map<std::string, int> found;
    for (int i = 0; i < crashes; ++i) ++found[after(mode, path)];
    return found;
  }

  SimDisk disk;
  SeededRandom random{7};
};

TEST_F(SimCrash, BytesAreDurableAfterSyncAndNamesAfterTheDirectorys) {
  write("/f", "abc");
  EXPECT_EQ(after(CrashMode::kNothing, "/f"), "(none)");
  EXPECT_EQ(after(CrashMode::kEverything, "/f"), "abc");
  sync("/f");
  EXPECT_EQ(after(CrashMode::kNothing, "/f"), "(none)") << "the name was never synced";
  ASSERT_TRUE(disk.sync_directory("/"));
  EXPECT_EQ(after(CrashMode::kNothing, "/f"), "abc");
  write("/f", "xyz", 3);
  EXPECT_EQ(after(CrashMode::kNothing, "/f"), "abc");
  EXPECT_EQ(*disk.durable_size("/f"), 3u);
  EXPECT_EQ(content(disk, "/f"), "abcxyz");
  EXPECT_EQ(disk.unsynced_changes(), 1u);
  sync("/f");
  EXPECT_EQ(disk.unsynced_changes(), 0u);
  for (CrashMode mode : kCrashModes) EXPECT_EQ(after(mode, "/f"), "abcxyz");
}

TEST_F(SimCrash, ANameMayBeThereWithoutTheBytes) {
  write("/f", "abc");
  ASSERT_TRUE(disk.sync_directory("/"));
  EXPECT_EQ(after(CrashMode::kNothing, "/f"), "");
  auto found = outcomes(CrashMode::kSubset, "/f");
  EXPECT_TRUE(found.contains("")) << "neither size nor bytes";
  EXPECT_TRUE(found.contains("abc"));
  EXPECT_TRUE(found.contains(std::string(3, '\0'))) << "the size without the bytes";
  EXPECT_FALSE(found.contains("(none)"));
}

TEST_F(SimCrash, RenamingWithoutSyncsLosesTheOldOrTheNew) {
  ASSERT_TRUE(disk.replace("/f", as_bytes("old")));
  // The classic mistake: aside, rename, and no sync of the bytes.
  write("/f.part", "new");
  ASSERT_TRUE(disk.rename("/f.part", "/f"));
  EXPECT_EQ(after(CrashMode::kNothing, "/f"), "old");
  EXPECT_EQ(after(CrashMode::kEverything, "/f"), "new");
  auto found = outcomes(CrashMode::kSubset, "/f");
  EXPECT_TRUE(found.contains("old"));
  EXPECT_TRUE(found.contains("new"));
  EXPECT_TRUE(found.contains("")) << "renamed in time, written too late";
}

TEST_F(SimCrash, ReplaceLeavesTheOldOrTheNewWhereverItIsCut) {
  ASSERT_TRUE(disk.replace("/f", as_bytes("old")));
  std::map<std::string, int> found;
  disk.set_observer([&](DiskOp, const std::string&) {
    for (CrashMode mode : kCrashModes)
      for (int i = 0; i < 100; ++i) ++found[after(mode, "/f")];
  });
  ASSERT_TRUE(disk.replace("/f", as_bytes("new")));
  EXPECT_EQ(found.size(), 2u);
  EXPECT_GT(found["old"], 100);
  EXPECT_GT(found["new"], 10);
}

TEST_F(SimCrash, ALyingSyncIsCaught) {
  ASSERT_TRUE(disk.replace("/f", as_bytes("old")));
  disk.options().lying_sync = true;
  std::set<std::string> found;
  disk.set_observer([&](DiskOp, const std::string&) {
    for (int i = 0; i < 100; ++i) found.insert(after(CrashMode::kSubset, "/f"));
  });
  ASSERT_TRUE(disk.replace("/f", as_bytes("new")));
  for (int i = 0; i < 100; ++i) found.insert(after(CrashMode::kSubset, "/f"));
  EXPECT_TRUE(found.contains("")) << "without its sync, replace() can lose both";
}

TEST_F(SimCrash, RemovalsAndDirectoriesWaitForTheirParents) {
  ASSERT_TRUE(disk.make_directories("/a/b"));
  write("/a/b/f", "abc");
  sync("/a/b/f");
  ASSERT_TRUE(disk.sync_directory("/a/b"));
  EXPECT_EQ(after(CrashMode::kNothing, "/a/b/f"), "(none)");
  ASSERT_TRUE(disk.sync_directory("/a"));
  EXPECT_EQ(after(CrashMode::kNothing, "/a/b/f"), "(none)");
  ASSERT_TRUE(disk.sync_directory("/"));
  EXPECT_EQ(after(CrashMode::kNothing, "/a/b/f"), "abc");
  ASSERT_TRUE(disk.remove("/a/b/f"));
  EXPECT_EQ(after(CrashMode::kNothing, "/a/b/f"), "abc");
  EXPECT_EQ(after(CrashMode::kEverything, "/a/b/f"), "(none)");
  ASSERT_TRUE(disk.sync_directory("/a/b"));
  for (CrashMode mode : kCrashModes) EXPECT_EQ(after(mode, "/a/b/f"), "(none)");
}

TEST_F(SimCrash, ARenameIsOneChangeAndTakesWhatItNeedsWithIt) {
  ASSERT_TRUE(disk.make_directory("/a"));
  ASSERT_TRUE(disk.make_directory("/b"));
  ASSERT_TRUE(disk.sync_directory("/"));
  write("/a/f", "abc");
  sync("/a/f");
  ASSERT_TRUE(disk.rename("/a/f", "/b/f"));
  for (int i = 0; i < 200; ++i) {
    auto image = disk.crashed(CrashMode::kSubset, random);
    EXPECT_FALSE(*image->exists("/a/f") && *image->exists("/b/f"));
  }
  ASSERT_TRUE(disk.sync_directory("/b"));
  EXPECT_EQ(after(CrashMode::kNothing, "/b/f"), "abc");
  ASSERT_TRUE(disk.sync_directory("/a"));
  EXPECT_EQ(after(CrashMode::kNothing, "/a/f"), "(none)") << "the creation must not come back after the rename";
}

TEST_F(SimCrash, SectorsSurviveEachByItself) {
  std::string zeros(2048, '0'), ones(2048, '1');
  ASSERT_TRUE(disk.replace("/f", as_bytes(zeros)));
  write("/f", ones);
  std::set<std::string> patterns;
  for (int i = 0; i < 1000; ++i) {
    std::string text = after(CrashMode::kSubset, "/f");
    ASSERT_EQ(text.size(), 2048u);
    std::string pattern;
    for (size_t at = 0; at < 2048; at += 512) {
      EXPECT_EQ(text.substr(at, 512), std::string(512, text[at])) << "a sector is never torn";
      pattern += text[at];
    }
    patterns.insert(pattern);
  }
  EXPECT_EQ(patterns.size(), 16u);
}

TEST_F(SimCrash, APrefixKeepsTheOrderOverAllFiles) {
  for (std::string path : {"/a", "/b"}) ASSERT_TRUE(disk.replace(path, as_bytes("0")));
  for (int i = 1; i <= 5; ++i) {
    write("/a", std::to_string(i));
    write("/b", std::to_string(i));
  }
  std::set<std::string> pairs;
  for (int i = 0; i < 500; ++i) {
    auto image = disk.crashed(CrashMode::kPrefix, random);
    int a = std::stoi(content(*image, "/a")), b = std::stoi(content(*image, "/b"));
    EXPECT_TRUE(a == b || a == b + 1) << a << " " << b;
    pairs.insert(std::to_string(a) + std::to_string(b));
  }
  EXPECT_EQ(pairs.size(), 11u);
}

TEST_F(SimCrash, ATornWriteEndsInOneSectorOfGarbage) {
  ASSERT_TRUE(disk.replace("/f", as_bytes("durable")));
  write("/f", std::string(3000, 'x'), 7);
  for (int i = 0; i < 300; ++i) {
    std::string text = after(CrashMode::kTorn, "/f");
    EXPECT_EQ(text.substr(0, 7), "durable") << "what was synced is never torn";
    size_t good = std::min(text.find_first_not_of('x', 7), text.size());
    size_t end = std::min<size_t>((good / 512 + 1) * 512, 3007);
    EXPECT_EQ(text.size(), end) << "nothing after the garbage";
  }
}

TEST_F(SimCrash, ATruncationIsAChangeLikeAnother) {
  ASSERT_TRUE(disk.replace("/f", as_bytes("0123456789")));
  auto file = *disk.open("/f", FileSystem::Mode::kReadWrite);
  ASSERT_TRUE(file->truncate(4));
  ASSERT_TRUE(file->preallocate(6));
  EXPECT_EQ(content(disk, "/f"), std::string("0123\0\0", 6));
  EXPECT_EQ(after(CrashMode::kNothing, "/f"), "0123456789");
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(after(CrashMode::kNothing, "/f"), std::string("0123\0\0", 6));
}

TEST_F(SimCrash, AFailedSyncDropsWhatWasDirtyAndTheNextOneSucceeds) {
  ASSERT_TRUE(disk.replace("/f", as_bytes("0000")));
  auto file = *disk.open("/f", FileSystem::Mode::kReadWrite);
  write("/f", "11");
  disk.fail_at(DiskOp::kSync, 1, Errc::kIo);
  EXPECT_EQ(file->sync().code(), Errc::kSyncFailed);
  EXPECT_EQ(content(disk, "/f"), "1100") << "the page cache still shows it";
  write("/f", "2", 3);
  EXPECT_TRUE(file->sync()) << "and the second sync lies";
  for (CrashMode mode : kCrashModes) EXPECT_EQ(after(mode, "/f"), "0002");
  file->forget_cached();
  EXPECT_EQ(content(disk, "/f"), "0002") << "only the disk tells the truth";
}

TEST_F(SimCrash, AFailedDirectorySyncKeepsTheNamesUnsynced) {
  write("/f", "abc");
  sync("/f");
  disk.fail_at(DiskOp::kSyncDirectory, 1, Errc::kSyncFailed);
  EXPECT_EQ(disk.sync_directory("/").code(), Errc::kSyncFailed);
  EXPECT_EQ(after(CrashMode::kNothing, "/f"), "(none)");
}

TEST_F(SimCrash, ImagesAndClonesAreIndependent) {
  ASSERT_TRUE(disk.replace("/f", as_bytes("one")));
  write("/f", "two");
  auto clone = disk.clone();
  auto image = disk.crashed(CrashMode::kNothing, random);
  write("/f", "three");
  ASSERT_TRUE(disk.replace("/g", as_bytes("g")));
  EXPECT_EQ(content(*clone, "/f"), "two");
  EXPECT_EQ(content(*image, "/f"), "one");
  ASSERT_TRUE(clone->replace("/f", as_bytes("four")));
  ASSERT_TRUE(image->remove("/f"));
  EXPECT_EQ(content(disk, "/f"), "three");
  EXPECT_EQ(content(*clone->crashed(CrashMode::kNothing, random), "/f"), "four");
  EXPECT_FALSE(*image->exists("/g"));
  // A clone holds what was unsynced as unsynced.
  EXPECT_EQ(content(*disk.clone()->crashed(CrashMode::kNothing, random), "/f"), "one");
}

TEST_F(SimCrash, TheSameSeedLeavesTheSame) {
  ASSERT_TRUE(disk.replace("/f", as_bytes("0")));
  for (int i = 0; i < 20; ++i)
    write("/f", std::string(700, static_cast<char>('a' + i)), static_cast<uint64_t>(i) * 300);
  for (CrashMode mode : kCrashModes) {
    SeededRandom one(42), two(42);
    for (int i = 0; i < 50; ++i)
      EXPECT_EQ(content(*disk.crashed(mode, one), "/f"), content(*disk.crashed(mode, two), "/f"));
  }
}

TEST_F(SimCrash, ImagesOfALargeDiskAreCheap) {
  // 100 files of 1 MiB and some unsynced writes: 2,000 images share nearly all of it.
  std::string megabyte(1 << 20, 'm');
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(disk.replace("/f" + std::to_string(i), as_bytes(megabyte)));
  for (int i = 0; i < 10; ++i) write("/f" + std::to_string(i), std::string(10'000, 'u'), 1 << 20);
  // Some are kept, so that sharing is what is measured and not a freed page used again.
  std::vector<std::unique_ptr<SimDisk>> images;
  for (int i = 0; i < 2000; ++i) {
    auto image = disk.crashed(CrashMode::kSubset, random);
    EXPECT_EQ(image->list("/")->size(), 100u);
    if (i % 20 == 0) images.push_back(std::move(image));
  }
  for (auto& image : images) EXPECT_EQ(content(*image, "/f99"), megabyte);
}

}  // namespace
}  // namespace sl::aio
