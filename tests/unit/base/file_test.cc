// The real file system behind the seam, in a directory of its own.
#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace sl {
namespace {

using Mode = FileSystem::Mode;

class PosixFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "sl-file-test-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { EXPECT_TRUE(files_.remove_tree(dir_)); }
  std::string path(std::string_view name) const { return dir_ + "/" + std::string(name); }
  void write(const std::string& name, std::string_view content) {
    auto file = files_.open(path(name), Mode::kCreate);
    ASSERT_TRUE(file) << file.error().context;
    Bytes piece = as_bytes(content);
    ASSERT_TRUE((*file)->write_at(std::span(&piece, 1), 0));
  }
  std::string read(const std::string& name) { return *files_.read_whole(path(name), 1 << 20); }

  FileSystem& files_ = system_files();
  std::string dir_;
};

TEST_F(PosixFiles, WritesInPiecesAndReadsBack) {
  auto file = files_.open(path("a"), Mode::kCreateNew);
  ASSERT_TRUE(file);
  Bytes pieces[] = {as_bytes("one "), {}, as_bytes("two "), as_bytes("three")};
  ASSERT_TRUE((*file)->write_at(pieces, 3));
  ASSERT_TRUE((*file)->sync());
  EXPECT_EQ(*(*file)->size(), 16u);
  uint8_t into[32];
  EXPECT_EQ(*(*file)->read_at(into, 7), 9u) << "fewer at the end of the file";
  EXPECT_EQ(as_text({into, 9}), "two three");
  EXPECT_EQ(*(*file)->read_at(into, 100), 0u);
  EXPECT_EQ(*(*file)->read_at(MutableBytes(into, 3), 0), 3u);
  EXPECT_EQ(into[0], 0) << "the hole before the first byte";
  ASSERT_TRUE((*file)->truncate(5));
  EXPECT_EQ(read("a"), std::string("\0\0\0on", 5));
}

TEST_F(PosixFiles, MorePiecesThanOneCallTakes) {
  auto file = files_.open(path("many"), Mode::kCreate);
  std::string letters;
  for (int i = 0; i < 3000; ++i) letters += static_cast<char>('a' + i % 26);
  std::vector<Bytes> pieces;
  for (size_t i = 0; i < letters.size(); ++i) pieces.push_back(as_bytes(std::string_view(letters).substr(i, 1)));
  ASSERT_TRUE((*file)->write_at(pieces, 0));
  EXPECT_EQ(read("many"), letters);
}

TEST_F(PosixFiles, CachedReadsNeverWait) {
  write("warm", std::string(100, 'w'));
  auto file = files_.open(path("warm"), Mode::kRead);
  uint8_t into[200];
  auto n = (*file)->read_at_cached(into, 0);
  // Some file systems cannot say; then the answer is that it would have to wait.
  if (n)
    EXPECT_EQ(*n, 100u);
  else
    EXPECT_EQ(n.code(), Errc::kWouldBlock);
}

TEST_F(PosixFiles, ModesSayWhatTheyOpen) {
  EXPECT_EQ(files_.open(path("none"), Mode::kRead).code(), Errc::kNotFound);
  EXPECT_EQ(files_.open(path("none"), Mode::kReadWrite).code(), Errc::kNotFound);
  EXPECT_EQ(files_.open(path("no/such/folder"), Mode::kCreate).code(), Errc::kNotFound);
  ASSERT_TRUE(files_.open(path("new"), Mode::kCreateNew));
  EXPECT_EQ(files_.open(path("new"), Mode::kCreateNew).code(), Errc::kExists);
  ASSERT_TRUE(files_.open(path("new"), Mode::kCreate));
  struct stat s;
  ASSERT_EQ(::stat(path("new").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
  ASSERT_EQ(symlink(path("new").c_str(), path("link").c_str()), 0);
  EXPECT_FALSE(files_.open(path("link"), Mode::kRead)) << "links are not followed";
  auto file = files_.open(path("new"), Mode::kRead);
  Bytes piece = as_bytes("x");
  auto failed = (*file)->write_at(std::span(&piece, 1), 0);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().context.find(path("new")), std::string::npos) << "the error names the file";
}

TEST_F(PosixFiles, PreallocatedBytesAreZeros) {
  auto file = files_.open(path("p"), Mode::kCreate);
  ASSERT_TRUE((*file)->preallocate(10'000));
  EXPECT_EQ(*(*file)->size(), 10'000u);
  EXPECT_EQ(read("p"), std::string(10'000, '\0'));
}

TEST_F(PosixFiles, DirectoriesAreMadeListedAndRemoved) {
  ASSERT_TRUE(files_.make_directories(path("x/y/z")));
  ASSERT_TRUE(files_.make_directories(path("x/y/z"))) << "again is no error";
  write("x/b", "1");
  write("x/a", "22");
  EXPECT_EQ(*files_.list(path("x")), (std::vector<std::string>{"a", "b", "y"}));
  EXPECT_TRUE(files_.stat(path("x/y"))->is_directory);
  EXPECT_EQ(files_.stat(path("x/a"))->size, 2u);
  EXPECT_GT(files_.stat(path("x/a"))->modified_ms, 1'600'000'000'000);
  EXPECT_EQ(files_.make_directory(path("x/a")).code(), Errc::kExists) << "a file is in the way";
  EXPECT_FALSE(files_.remove(path("x/y"))) << "not empty";
  ASSERT_TRUE(files_.remove_tree(path("x")));
  EXPECT_FALSE(*files_.exists(path("x")));
  EXPECT_EQ(files_.remove(path("x")).code(), Errc::kNotFound);
  EXPECT_EQ(files_.list(path("x")).code(), Errc::kNotFound);
  EXPECT_TRUE(files_.sync_directory(dir_));
}

TEST_F(PosixFiles, ReplaceLeavesNothingAside) {
  ASSERT_TRUE(files_.replace(path("state"), as_bytes("first, and longer")));
  ASSERT_TRUE(files_.replace(path("state"), as_bytes("second")));
  EXPECT_EQ(read("state"), "second");
  EXPECT_EQ(*files_.list(dir_), (std::vector<std::string>{"state"}));
  write("state.part", std::string(100, 'j'));
  ASSERT_TRUE(files_.replace(path("state"), as_bytes("third"))) << "what a crash left aside is overwritten";
  EXPECT_EQ(read("state"), "third");
}

TEST_F(PosixFiles, ReadWholeIsBounded) {
  write("f", "12345");
  EXPECT_EQ(*files_.read_whole(path("f"), 5), "12345");
  EXPECT_EQ(files_.read_whole(path("f"), 4).code(), Errc::kTooLarge);
}

TEST_F(PosixFiles, ALockIsHeldByOne) {
  auto first = files_.lock(path("lock"));
  ASSERT_TRUE(first);
  EXPECT_EQ(files_.lock(path("lock")).code(), Errc::kLocked);
  first->reset();
  EXPECT_TRUE(files_.lock(path("lock")));
}

TEST_F(PosixFiles, RenameReplacesAndSpaceIsThere) {
  write("from", "new");
  write("to", "old");
  ASSERT_TRUE(files_.rename(path("from"), path("to")));
  EXPECT_EQ(read("to"), "new");
  EXPECT_EQ(files_.rename(path("from"), path("to")).code(), Errc::kNotFound);
  auto space = files_.space(dir_);
  ASSERT_TRUE(space);
  EXPECT_GT(space->total_bytes, 0u);
  EXPECT_LE(space->free_bytes, space->total_bytes);
}

TEST(Paths, Parents) {
  EXPECT_EQ(parent_of("a/b/c"), "a/b");
  EXPECT_EQ(parent_of("c"), ".");
  EXPECT_EQ(parent_of("/c"), "/");
}

}  // namespace
}  // namespace sl
