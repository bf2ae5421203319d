#include "tools/common/filter.h"

#include <gtest/gtest.h>

#include "sample_record.h"

namespace sl::tools {
namespace {

using testing::SampleRecord;

TEST(RecordFilter, Keys) {
  SampleRecord user("user-17", "v"), none(std::nullopt, "v");
  RecordFilter filter;
  EXPECT_TRUE(filter.empty());
  EXPECT_TRUE(filter.matches(none.view));
  ASSERT_TRUE(filter.set_key("user-*"));
  EXPECT_FALSE(filter.empty());
  EXPECT_TRUE(filter.matches(user.view));
  EXPECT_FALSE(filter.matches(none.view));
  ASSERT_TRUE(filter.set_key("ser-17"));
  EXPECT_FALSE(filter.matches(user.view));
  ASSERT_TRUE(filter.set_key("/ser-1[0-9]$/"));
  EXPECT_TRUE(filter.matches(user.view));
  ASSERT_FALSE(filter.set_key("/(/"));
}

TEST(RecordFilter, ValuesAndHeadersMustAllHold) {
  SampleRecord record("k", std::string("error: \xff disk", 13), {{"n", "1"}, {"n", std::nullopt}, {"m", "abc"}});
  RecordFilter filter;
  ASSERT_TRUE(filter.set_grep("^error.*disk"));
  EXPECT_TRUE(filter.matches(record.view));
  ASSERT_TRUE(filter.add_header("n=1"));
  ASSERT_TRUE(filter.add_header("m=/^a.c$/"));
  ASSERT_TRUE(filter.add_header("m"));
  EXPECT_TRUE(filter.matches(record.view));
  ASSERT_TRUE(filter.add_header("n="));
  EXPECT_FALSE(filter.matches(record.view)) << "a null header is not an empty one";
  EXPECT_FALSE(filter.add_header("=x"));
}

TEST(RecordFilter, ANullValueIsNotGrepped) {
  SampleRecord tombstone("k", std::nullopt);
  RecordFilter filter;
  ASSERT_TRUE(filter.set_grep(""));
  EXPECT_FALSE(filter.matches(tombstone.view));
  auto refused = filter.set_grep("[");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().context.find("'[' is not a regular expression"), std::string::npos);
}

}  // namespace
}  // namespace sl::tools
