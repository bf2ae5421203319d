#include "tools/common/offset_spec.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace sl::tools {
namespace {

using Kind = Position::Kind;
constexpr int64_t kNow = 1'700'000'000'000;

OffsetRange parsed(std::string_view text, bool stored = false) {
  OffsetRange range;
  auto done = parse_offsets(text, {kNow, stored}, range);
  EXPECT_TRUE(done) << text << ": " << (done ? "" : done.error().context);
  return range;
}

void expect_range(std::string_view text, Position from, std::optional<Position> to = std::nullopt) {
  OffsetRange range = parsed(text);
  ASSERT_TRUE(range.from.has_value()) << text;
  EXPECT_EQ(*range.from, from) << text << " begins at " << describe(*range.from);
  EXPECT_EQ(range.to, to) << text << " ends at " << (range.to ? describe(*range.to) : "nothing");
}

Position at(std::string_view rfc3339) {
  return {Kind::kTime, *parse_time(rfc3339)};
}
Position at_ms(int64_t ms) {
  return {Kind::kTime, ms};
}

TEST(OffsetSpec, SinglePositions) {
  for (const char* word : {"start", "beginning", "earliest"}) expect_range(word, {Kind::kStart, 0});
  for (const char* word : {"end", "latest"}) expect_range(word, {Kind::kEnd, 0});
  expect_range("47", {Kind::kAbsolute, 47});
  expect_range("+5", {Kind::kAfterStart, 5});
  expect_range("-5", {Kind::kBeforeEnd, 5});
}

TEST(OffsetSpec, Ranges) {
  expect_range("47:", {Kind::kAbsolute, 47});
  expect_range(":47", {Kind::kStart, 0}, Position{Kind::kAbsolute, 47});
  expect_range("10:20", {Kind::kAbsolute, 10}, Position{Kind::kAbsolute, 20});
  expect_range(":end", {Kind::kStart, 0}, Position{Kind::kEnd, 0});
  expect_range("-10:-2", {Kind::kBeforeEnd, 10}, Position{Kind::kBeforeEnd, 2});
  expect_range("47:@now", {Kind::kAbsolute, 47}, at_ms(kNow));
}

TEST(OffsetSpec, Times) {
  expect_range("@1603987358147", at_ms(1603987358147));
  expect_range("@1603987358", at_ms(1603987358000));
  expect_range("@999999999", at_ms(999999999000));
  expect_range("@2022-02-14", at("2022-02-14T00:00:00Z"));
  expect_range("@2022-02-14T10:20:30.5Z", at("2022-02-14T10:20:30.500Z"));
  expect_range("@2022-02-14T10:20:30+02:00", at("2022-02-14T08:20:30Z"));
  expect_range("@-1h", at_ms(kNow - 3'600'000));
  expect_range("@now", at_ms(kNow));
}

TEST(OffsetSpec, TimeRangesFindTheirColon) {
  expect_range("@2022-02-14:1h", at("2022-02-14T00:00:00Z"), at("2022-02-14T01:00:00Z"));
  expect_range("@2022-02-14T10:20:1h", at("2022-02-14T10:20:00Z"), at("2022-02-14T11:20:00Z"));
  expect_range("@2022-02-14T10:20:30Z:2022-02-14T10:21:00Z", at("2022-02-14T10:20:30Z"), at("2022-02-14T10:21:00Z"));
  expect_range("@2022-02-14T10:20:00+01:00:2022-02-15", at("2022-02-14T09:20:00Z"), at("2022-02-15T00:00:00Z"));
  expect_range("@-48h:-24h", at_ms(kNow - 172'800'000), at_ms(kNow - 86'400'000));
  expect_range("@1603987358:1603987359", at_ms(1603987358000), at_ms(1603987359000));
  expect_range("@1603987358:@1603987359", at_ms(1603987358000), at_ms(1603987359000));
  expect_range("@:2022-02-14", {Kind::kStart, 0}, at("2022-02-14T00:00:00Z"));
  expect_range("@-1h:", at_ms(kNow - 3'600'000));
  expect_range("@-1h:end", at_ms(kNow - 3'600'000), Position{Kind::kEnd, 0});
}

TEST(OffsetSpec, KcatsSidesAddUp) {
  OffsetRange range;
  ASSERT_TRUE(parse_offsets("s@1603987358147", {kNow, false}, range));
  ASSERT_TRUE(parse_offsets("e@1603987359000", {kNow, false}, range));
  EXPECT_EQ(range.from, at_ms(1603987358147));
  EXPECT_EQ(range.to, at_ms(1603987359000));
}

TEST(OffsetSpec, StoredNeedsAGroup) {
  EXPECT_EQ(parsed("stored", true).from, (Position{Kind::kStored, 0}));
  OffsetRange range;
  auto refused = parse_offsets("stored", {kNow, false}, range);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.code(), Errc::kUsage);
}

TEST(OffsetSpec, RefusesWithASentence) {
  for (const char* text : {"",
                           ":",
                           "@",
                           "@:",
                           "47x",
                           "-",
                           "+",
                           "--5",
                           "begin",
                           "10:5",
                           "10:+5",
                           ":start",
                           "@2022-13-01",
                           "@12345",
                           "@2022-02-15:2022-02-14",
                           "@tomorrow",
                           "s@",
                           "99999999999999999999",
                           "0x10",
                           " 5",
                           "@-1",
                           "@--1h",
                           "@1h"}) {
    OffsetRange range;
    auto refused = parse_offsets(text, {kNow, false}, range);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.code(), Errc::kUsage) << text;
    EXPECT_FALSE(refused.error().context.empty()) << text;
  }
}

TEST(OffsetSpec, OnePosition) {
  EXPECT_EQ(*parse_position("@-1h", {kNow, false}), at_ms(kNow - 3'600'000));
  EXPECT_EQ(*parse_position("-3", {kNow, false}), (Position{Kind::kBeforeEnd, 3}));
  EXPECT_FALSE(parse_position("1:2", {kNow, false}));
  EXPECT_EQ(*parse_moment("2026-01-31", kNow), *parse_time("2026-01-31"));
}

}  // namespace
}  // namespace sl::tools
