#include "tools/common/plain_text.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

namespace sl::tools {
namespace {

// A file with that text, gone at the end.
class TextFile {
 public:
  explicit TextFile(const std::string& text) {
    int fd = ::mkstemp(path_);
    EXPECT_GE(fd, 0);
    EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(fd);
  }
  ~TextFile() { ::unlink(path_); }
  std::string path() const { return path_; }

 private:
  char path_[32] = "/tmp/sl_lines.XXXXXX";
};

Result<std::vector<OffsetLine>> lines_of(const std::string& text) {
  TextFile file(text);
  return read_offset_lines(file.path());
}

TEST(OffsetLines, BlanksTabsAndCommas) {
  auto lines = lines_of("t 0 5\n# old\n  t   1    6  # kept\n\nu\t2\t7\nv,3,8\r\n\"a,\"\"b\",w,4,9\ng#1,x,5,10");
  ASSERT_TRUE(lines.ok());
  ASSERT_EQ(lines->size(), 6u);
  EXPECT_EQ((*lines)[0].topic, "t");
  EXPECT_EQ((*lines)[1].partition, Partition(1));
  EXPECT_EQ((*lines)[1].offset, Offset(6));
  EXPECT_EQ((*lines)[2].topic, "u");
  EXPECT_EQ((*lines)[3].topic, "v");
  EXPECT_FALSE((*lines)[3].group);
  EXPECT_EQ((*lines)[4].group, "a,\"b");
  EXPECT_EQ((*lines)[4].topic, "w");
  EXPECT_EQ((*lines)[5].group, "g#1");
  EXPECT_TRUE(lines_of("")->empty());
}

TEST(OffsetLines, AnythingElseIsSaidWithItsPlace) {
  for (const char* wrong : {"t 0", "t 0 5 6", "t 0 -1", "t -1 5", "t x 5", "t 2147483648 5", "t,0", "t,0,5x", "t"}) {
    auto lines = lines_of(std::string("t 0 1\n") + wrong + "\n");
    ASSERT_FALSE(lines.ok()) << wrong;
    EXPECT_EQ(lines.code(), Errc::kUsage);
    EXPECT_TRUE(lines.error().context.ends_with(":2: a line is TOPIC PARTITION OFFSET")) << lines.error().context;
  }
  EXPECT_EQ(read_offset_lines("/nowhere/at/all").code(), Errc::kNotFound);
}

}  // namespace
}  // namespace sl::tools
