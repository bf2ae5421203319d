// Numbers, sizes, durations and times in settings and flags; globs, UTF-8, nearest names.
#include "base/text.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace sl {
namespace {

TEST(Text, WholeNumbersOnly) {
  EXPECT_EQ(*parse_int("0"), 0);
  EXPECT_EQ(*parse_int("-12"), -12);
  EXPECT_EQ(*parse_int("010"), 10) << "no octal";
  EXPECT_EQ(*parse_int("9223372036854775807"), INT64_MAX);
  for (const char* text : {"", " 1", "1 ", "0x10", "1.0", "9223372036854775808", "-", "one"})
    EXPECT_EQ(parse_int(text).code(), Errc::kUsage) << text;
  EXPECT_TRUE(*parse_bool("true"));
  EXPECT_FALSE(*parse_bool("false"));
  EXPECT_FALSE(parse_bool("yes"));
  EXPECT_EQ(*parse_double("0.25"), 0.25);
  EXPECT_FALSE(parse_double("0.25x"));
}

TEST(Text, Sizes) {
  EXPECT_EQ(*parse_size("512"), 512);
  EXPECT_EQ(*parse_size("512B"), 512);
  for (const char* text : {"64M", "64MB", "64MiB"}) EXPECT_EQ(*parse_size(text), 64 << 20) << text;
  for (const char* text : {"1k", "1K", "1KiB", "1KB"}) EXPECT_EQ(*parse_size(text), 1024) << text;
  EXPECT_EQ(*parse_size("1.5GiB"), 3LL << 29);
  EXPECT_EQ(*parse_size("2TiB"), 2LL << 40);
  EXPECT_EQ(*parse_size("-1"), -1) << "Kafka's `no limit`";
  for (const char* text : {"", "MiB", "1 MiB", "1X", "9999999999TiB", "1e3", "1..5K", "nan", "inf"})
    EXPECT_EQ(parse_size(text).code(), Errc::kUsage) << text;
}

TEST(Text, Durations) {
  EXPECT_EQ(*parse_duration_ms("250ms", 1), 250);
  EXPECT_EQ(*parse_duration_ms("10s", 1), 10'000);
  EXPECT_EQ(*parse_duration_ms("5m", 1), 300'000);
  EXPECT_EQ(*parse_duration_ms("1.5h", 1), 5'400'000);
  EXPECT_EQ(*parse_duration_ms("7d", 1), 604'800'000);
  EXPECT_EQ(*parse_duration_ms("2w", 1), 1'209'600'000);
  EXPECT_EQ(*parse_duration_ms("10", 1000), 10'000) << "a bare number is in the flag's own unit";
  EXPECT_EQ(*parse_duration_ms("0.5", 1000), 500);
  for (const char* text : {"", "s", "10 s", "10y", "1e400s"})
    EXPECT_EQ(parse_duration_ms(text, 1).code(), Errc::kUsage) << text;
}

TEST(Text, Times) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(1'769'850'900'123), "2026-01-31T09:15:00.123Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999Z");
  const std::pair<const char*, int64_t> kSame[] = {{"2026-01-31T09:15:00.123Z", 1'769'850'900'123},
                                                   {"2026-01-31T09:15:00.1239999", 1'769'850'900'123},
                                                   {"2026-01-31 09:15", 1'769'850'900'000},
                                                   {"2026-01-31t09:15:00z", 1'769'850'900'000},
                                                   {"2026-01-31T11:15:00+02:00", 1'769'850'900'000},
                                                   {"2026-01-31T03:45:00-05:30", 1'769'850'900'000},
                                                   {"1970-01-02", 86'400'000},
                                                   {"2024-02-29", 1'709'164'800'000}};
  for (auto [text, ms] : kSame) {
    auto parsed = parse_time(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, ms) << text;
  }
  for (const char* text : {"", "2026", "2026-13-01", "2026-02-29", "2026-01-31X09:15", "2026-01-31T24:00", "2026-1-1",
                           "2026-01-31T09:15:00+2", "2026-01-31T09:15:00.", "2026-01-31T09:15:00Zulu", "yesterday",
                           "2026-01-31T09", "2026-01-31T09:1", "2026-01-31T09:15:", "2026-01-31T09:15:00+99:99"})
    EXPECT_EQ(parse_time(text).code(), Errc::kUsage) << text;
}

TEST(Text, TimesComeBack) {
  SeededRandom random(1);
  for (int i = 0; i < 2000; ++i) {
    auto ms = static_cast<int64_t>(random.below(253'402'300'800'000));  // to the year 9999
    EXPECT_EQ(*parse_time(format_time(ms)), ms);
  }
}

TEST(Text, SizesForPeople) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(1536), "1.5 KiB");
  EXPECT_EQ(format_size(5ULL << 40), "5.0 TiB");
}

TEST(Text, NearestName) {
  const std::string_view kNames[] = {"retention.ms", "retention.bytes", "cleanup.policy"};
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(nearest_name("retention.mz", kNames), "retention.ms");
  EXPECT_EQ(nearest_name("cleanup-polcy", kNames), "cleanup.policy");
  EXPECT_EQ(nearest_name("bananas", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("x", {}), std::nullopt);
}

TEST(Text, SplitAndTrim) {
  EXPECT_EQ(split("a,b,,c", ','), (std::vector<std::string_view>{"a", "b", "", "c"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Text, Utf8) {
  for (const char* text : {"", "plain", "größe", "日本", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(valid_utf8(text)) << text;
  // Alone, cut off, overlong, surrogates, beyond U+10FFFF, a start byte that none is.
  for (const char* text : {"\x80", "a\xc3", "\xe6\x97", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
                           "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3\x28"})
    EXPECT_FALSE(valid_utf8(text)) << text;
  EXPECT_TRUE(valid_utf8(std::string_view("\0x", 2)));
}

TEST(Text, Globs) {
  const std::pair<const char*, const char*> kMatch[] = {
      {"*", ""},        {"*", "anything"},   {"a*", "abc"},     {"*c", "abc"}, {"a*b*c", "aXbYbZc"}, {"?b?", "abc"},
      {"[abc]x", "bx"}, {"[a-c]*", "chair"}, {"[!a-c]x", "dx"}, {"[^x]", "y"}, {"[]]", "]"},         {"[", "["},
      {"", ""},         {"**", "x"},         {"log.*", "log.1"}};
  for (auto [pattern, text] : kMatch) EXPECT_TRUE(glob_match(pattern, text)) << pattern << " " << text;
  const std::pair<const char*, const char*> kNot[] = {{"a*", "ba"},   {"?", ""},     {"?", "ab"},
                                                      {"[abc]", "d"}, {"[!a]", "a"}, {"abc", "ab"},
                                                      {"", "a"},      {"*b", "abc"}, {"a?c*d", "abcx"}};
  for (auto [pattern, text] : kNot) EXPECT_FALSE(glob_match(pattern, text)) << pattern << " " << text;
  EXPECT_FALSE(glob_match("*a*a*a*a*a*a*a*a*b", std::string(3000, 'a'))) << "and not in exponential time";
}

}  // namespace
}  // namespace sl
