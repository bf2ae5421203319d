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
  ASSERT_TRUE(filter.add_key("user-*"));
  EXPECT_FALSE(filter.empty());
  EXPECT_TRUE(filter.matches(user.view));
  EXPECT_FALSE(filter.matches(none.view));
  RecordFilter others;
  ASSERT_TRUE(others.add_key("ser-17"));
  EXPECT_FALSE(others.matches(user.view)) << "a glob is about the whole key";
  ASSERT_TRUE(others.add_key("/ser-1[0-9]$/"));
  EXPECT_TRUE(others.matches(user.view)) << "one of several is enough";
  EXPECT_FALSE(others.matches(none.view));
  ASSERT_FALSE(others.add_key("/(/"));
}

TEST(RecordFilter, OneOfSeveralExpressionsAndEveryKindOfCondition) {
  SampleRecord first("a", "one"), second("b", "two"), third("c", "three"), other("z", "one");
  RecordFilter filter;
  ASSERT_TRUE(filter.add_grep("^one$"));
  ASSERT_TRUE(filter.add_grep("w"));
  ASSERT_TRUE(filter.add_key("a"));
  ASSERT_TRUE(filter.add_key("[bc]"));
  EXPECT_TRUE(filter.matches(first.view));
  EXPECT_TRUE(filter.matches(second.view));
  EXPECT_FALSE(filter.matches(third.view)) << "its value";
  EXPECT_FALSE(filter.matches(other.view)) << "its key";
}

TEST(RecordFilter, ValuesAndHeadersMustAllHold) {
  SampleRecord record("k", std::string("error: \xff disk", 13), {{"n", "1"}, {"n", std::nullopt}, {"m", "abc"}});
  RecordFilter filter;
  ASSERT_TRUE(filter.add_grep("^error.*disk"));
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
  ASSERT_TRUE(filter.add_grep(""));
  EXPECT_FALSE(filter.matches(tombstone.view));
  auto refused = filter.add_grep("[");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().context.find("'[' is not a regular expression"), std::string::npos);
}

}  // namespace
}  // namespace sl::tools
