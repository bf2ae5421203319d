// Dates, times and their patterns. The expected values are ksqlDB's and Java's DateTimeFormatter's.
#include <gtest/gtest.h>

#include "query/time_pattern.h"
#include "query/time_text.h"
#include "tests/unit/query/expression_text.h"

namespace sl::query {
namespace {

constexpr int64_t kMoment = 1'526'000'469'123;  // 2018-05-11T01:01:09.123Z, a Friday

std::string shown(std::string_view pattern, std::string_view zone = "UTC", int64_t ms = kMoment) {
  auto made_pattern = TimePattern::make(pattern);
  auto found = Zone::find(zone);
  if (!made_pattern) return made_pattern.error().context;
  return found ? made_pattern->format(ms, &*found) : "no zone";
}
// What the text is in UTC, in ISO form.
std::string seen(std::string_view pattern, std::string_view text, std::string_view zone = "UTC") {
  auto made_pattern = TimePattern::make(pattern);
  auto found = Zone::find(zone);
  if (!made_pattern) return made_pattern.error().context;
  auto ms = made_pattern->parse(text, &*found);
  return ms ? timestamp_text(*ms) : "none";
}

TEST(TimePattern, Formats) {
  EXPECT_EQ(shown("yyyy-MM-dd'T'HH:mm:ss.SSS"), "2018-05-11T01:01:09.123");
  EXPECT_EQ(shown("yy/M/d H:m:s"), "18/5/11 1:1:9");
  EXPECT_EQ(shown("EEE, d MMM yyyy"), "Fri, 11 May 2018");
  EXPECT_EQ(shown("EEEE MMMM D"), "Friday May 131");
  EXPECT_EQ(shown("hh:mm a", "UTC", 0), "12:00 AM");
  EXPECT_EQ(shown("h a K k", "UTC", 13 * 3'600'000), "1 PM 1 13");
  EXPECT_EQ(shown("S SS SSSSSS"), "1 12 123000");
  EXPECT_EQ(shown("'it''s' yyyy ''"), "it's 2018 '");
  EXPECT_EQ(shown("yyyy[-MM]"), "2018-05");
  EXPECT_EQ(shown("yyyy-MM-dd", "UTC", -1), "1969-12-31");
  EXPECT_EQ(shown("HH:mm:ss.SSS", "UTC", -1), "23:59:59.999");
}

TEST(TimePattern, FormatsZones) {
  EXPECT_EQ(shown("HH:mm X", "UTC"), "01:01 Z");
  EXPECT_EQ(shown("HH:mm X XX_XXX", "Europe/Paris"), "03:01 +02 +0200_+02:00");
  EXPECT_EQ(shown("HH:mm X", "Asia/Kolkata"), "06:31 +0530");
  EXPECT_EQ(shown("x xx xxx Z ZZZZ ZZZZZ", "UTC"), "+00 +0000 +00:00 +0000 GMT Z");
  EXPECT_EQ(shown("z VV", "America/Los_Angeles"), "PDT America/Los_Angeles");
  EXPECT_EQ(shown("z", "America/Los_Angeles", 0), "PST");
  EXPECT_EQ(shown("HH:mm VV", "-03:30"), "21:31 -03:30");
}

TEST(TimePattern, Parses) {
  EXPECT_EQ(seen("yyyy-MM-dd HH:mm:ss.SSS", "2018-05-11 01:01:09.123"), "2018-05-11T01:01:09.123");
  EXPECT_EQ(seen("yyyyMMddHHmmss", "20180511010109"), "2018-05-11T01:01:09.000");
  EXPECT_EQ(seen("d/M/yy", "1/12/18"), "2018-12-01T00:00:00.000");
  EXPECT_EQ(seen("dd-MMM-yyyy", "01-jan-2022"), "2022-01-01T00:00:00.000");
  EXPECT_EQ(seen("EEEE, d MMMM yyyy", "Friday, 11 May 2018"), "2018-05-11T00:00:00.000");
  EXPECT_EQ(seen("yyyy DDD", "2020 366"), "2020-12-31T00:00:00.000");
  EXPECT_EQ(seen("hh:mm a", "12:05 am"), "1970-01-01T00:05:00.000");
  EXPECT_EQ(seen("hh:mm a", "12:05 PM"), "1970-01-01T12:05:00.000");
  EXPECT_EQ(seen("kk:mm", "24:30"), "1970-01-01T00:30:00.000");
  EXPECT_EQ(seen("ss.SSSSSS", "01.123456"), "1970-01-01T00:00:01.123");
  EXPECT_EQ(seen("ss.S", "01.5"), "1970-01-01T00:00:01.500");
  EXPECT_EQ(seen("ss n", "01 5000000"), "1970-01-01T00:00:01.005");
}

TEST(TimePattern, RefusesTextsOfAnotherForm) {
  EXPECT_EQ(seen("yyyy-MM-dd", "2019-02-29"), "none");
  EXPECT_EQ(seen("yyyy-MM-dd", "2019-02-28 "), "none");
  EXPECT_EQ(seen("yyyy-MM-dd", "19-2-28"), "none");
  EXPECT_EQ(seen("yyyy-MM-dd", ""), "none");
  EXPECT_EQ(seen("yyyy DDD", "2019 366"), "none");
  EXPECT_EQ(seen("yyyy DDD", "2019 000"), "none");
  EXPECT_EQ(seen("HH", "24"), "none");
  EXPECT_EQ(seen("hh a", "13 AM"), "none");
  EXPECT_EQ(seen("hh a", "00 AM"), "none");
  EXPECT_EQ(seen("hh a", "11 XX"), "none");
  EXPECT_EQ(seen("HH:mm X", "11:00 Nowhere/Land"), "none");
  EXPECT_EQ(seen("yyyyyyyy", "99999999"), "99999999-01-01T00:00:00.000");
}

TEST(TimePattern, WhatStandsInBracketsMayBeMissing) {
  constexpr std::string_view kPattern = "yyyy-MM-dd[ HH:mm[:ss]]['Z']";
  EXPECT_EQ(seen(kPattern, "2018-05-11"), "2018-05-11T00:00:00.000");
  EXPECT_EQ(seen(kPattern, "2018-05-11 10:20"), "2018-05-11T10:20:00.000");
  EXPECT_EQ(seen(kPattern, "2018-05-11 10:20:30Z"), "2018-05-11T10:20:30.000");
  EXPECT_EQ(seen(kPattern, "2018-05-11Z"), "2018-05-11T00:00:00.000");
  // A section that fits by half has taken nothing.
  EXPECT_EQ(seen("[dd/HH:mm][dd]", "11"), "1970-01-11T00:00:00.000");
  EXPECT_EQ(seen(kPattern, "2018-05-11 10"), "none");
}

TEST(TimePattern, ParsesZones) {
  EXPECT_EQ(seen("HH:mm X", "11:00 +02"), "1970-01-01T09:00:00.000");
  EXPECT_EQ(seen("HH:mmXXX", "11:00-03:30", "Europe/Paris"), "1970-01-01T14:30:00.000");
  EXPECT_EQ(seen("yyyy-MM-dd HH:mm z", "2018-05-11 11:00 PDT"), "2018-05-11T18:00:00.000");
  EXPECT_EQ(seen("yyyy-MM-dd HH:mm VV", "2018-01-11 11:00 Europe/London"), "2018-01-11T11:00:00.000");
  EXPECT_EQ(seen("yyyy-MM-dd HH:mm", "2018-07-11 11:00", "America/New_York"), "2018-07-11T15:00:00.000");
}

TEST(TimePattern, RefusesPatterns) {
  EXPECT_EQ(shown("yyyy-QQ"), "the pattern 'yyyy-QQ' has a letter that means no part of a time: Q");
  EXPECT_EQ(shown("ddd"), "the pattern 'ddd' has more than 2 of d");
  EXPECT_EQ(shown("yyyy'T"), "the pattern 'yyyy'T' has a quote without an end");
  EXPECT_EQ(shown("yyyy]"), "the pattern 'yyyy]' has a ] without a [");
  EXPECT_EQ(shown("[yyyy"), "the pattern '[yyyy' has a [ without a ]");
  EXPECT_EQ(shown(std::string(100'000, 'y')).substr(0, 11), "the pattern");
}

TEST(Zone, NamesThatAreNoZonesOpenNothing) {
  for (auto name :
       {"", "/etc/passwd", "../../etc/passwd", "Europe/../UTC", "Europe//London", "UTC\n", "Nowhere/Land", "+99"})
    EXPECT_FALSE(Zone::find(name)) << name;
  EXPECT_FALSE(Zone::find(std::string(1000, 'a')));
  for (auto name : {"UTC", "Etc/GMT+3", "America/Argentina/Buenos_Aires", "pst", "UTC+01:00", "-0330"})
    EXPECT_TRUE(Zone::find(name)) << name;
}

TEST(TimeFunctions, TextsOfTimes) {
  SL_EXPECT_SAID(
      {"FORMAT_TIMESTAMP(FROM_UNIXTIME(1526000469123), 'yyyy-MM-dd HH:mm:ss')", "2018-05-11 01:01:09"},
      {"FORMAT_TIMESTAMP(FROM_UNIXTIME(1526000469123), 'HH:mm X', 'Europe/Paris')", "03:01 +02"},
      {"FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'HH', 'Nowhere')", "error: there is no time zone 'Nowhere'"},
      {"TIMESTAMPTOSTRING(1526000469123, 'MMM d')", "May 11"},
      {"TIMESTAMPTOSTRING(0, 'HH:mm', 'America/Los_Angeles')", "16:00"},
      {"TIMESTAMPTOSTRING(CAST(NULL AS BIGINT), 'HH:mm')", "null"},
      {"FORMAT_DATE(FROM_DAYS(17662), 'dd/MM/yyyy')", "11/05/2018"}, {"DATETOSTRING(17662, 'yyyy')", "2018"},
      {"FORMAT_DATE(FROM_DAYS(17662), 'HH')", "error: the pattern 'HH' speaks of what a DATE has not"},
      {"FORMAT_TIME(PARSE_TIME('11:05', 'HH:mm'), 'h:mm a')", "11:05 AM"},
      {"FORMAT_TIME(PARSE_TIME('11:05', 'HH:mm'), 'yyyy')", "error: the pattern 'yyyy' speaks of what a TIME has not"});
}

TEST(TimeFunctions, TimesOfTexts) {
  SL_EXPECT_SAID({"STRINGTOTIMESTAMP('2018-05-11', 'yyyy-MM-dd')", "1525996800000"},
                 {"STRINGTOTIMESTAMP('2018-05-11 02', 'yyyy-MM-dd HH', 'Europe/Paris')", "1525996800000"},
                 {"STRINGTOTIMESTAMP('2018', 'yyyy')", "1514764800000"},
                 {"STRINGTOTIMESTAMP('x', 'yyyy')", "error: 'x' is not of the form 'yyyy'"},
                 {"PARSE_TIMESTAMP('11/05/18 10', 'dd/MM/yy HH')", "2018-05-11T10:00:00.000"},
                 {"PARSE_DATE('2018-05-11Lit', 'yyyy-MM-dd''Lit''')", "2018-05-11"},
                 {"PARSE_DATE('MAY-2018', 'MMM-yyyy')", "2018-05-01"},
                 {"PARSE_DATE('2018-05-11 10', 'yyyy-MM-dd HH')",
                  "error: the pattern 'yyyy-MM-dd HH' speaks of what a DATE has not"},
                 {"STRINGTODATE('2018-05-11 10', 'yyyy-MM-dd HH')", "17662"},
                 {"STRINGTODATE('1969-12-31', 'yyyy-MM-dd')", "-1"},
                 {"PARSE_TIME('10:11:12.5', 'HH:mm:ss.S')", "10:11:12.500"},
                 {"PARSE_TIME('2018 10', 'yyyy HH')", "error: the pattern 'yyyy HH' speaks of what a TIME has not"},
                 {"PARSE_TIME(CAST(NULL AS STRING), 'HH')", "null"});
}

TEST(TimeFunctions, Numbers) {
  SL_EXPECT_SAID({"UNIX_TIMESTAMP(FROM_UNIXTIME(-5))", "-5"}, {"UNIX_DATE(FROM_DAYS(-5))", "-5"}, {"UNIX_DATE()", "0"},
                 {"UNIX_TIMESTAMP()", "0"}, {"FROM_UNIXTIME(1526000469123)", "2018-05-11T01:01:09.123"},
                 {"FROM_DAYS(17662)", "2018-05-11"}, {"FROM_DAYS(-1)", "1969-12-31"});
}

TEST(TimeFunctions, LaterAndEarlier) {
  SL_EXPECT_SAID(
      {"DATEADD(DAYS, 10, FROM_DAYS(10))", "1970-01-21"}, {"DATEADD(DAY, -11, FROM_DAYS(10))", "1969-12-31"},
      {"DATEADD(HOURS, 25, FROM_DAYS(10))", "1970-01-12"}, {"DATESUB(HOURS, 1, FROM_DAYS(10))", "1970-01-10"},
      {"DATEADD(MONTHS, 1, FROM_DAYS(30))", "1970-02-28"}, {"DATESUB(YEAR, 1, FROM_DAYS(789))", "1971-02-28"},
      {"DATEADD(WEEKS, 2000000000, FROM_DAYS(0))", "error: the moment is too far away"},
      {"TIMEADD(MINUTES, 90, PARSE_TIME('23:00', 'HH:mm'))", "00:30"},
      {"TIMESUB(SECONDS, 1, PARSE_TIME('00:00', 'HH:mm'))", "23:59:59"},
      {"TIMEADD(MONTHS, 1, PARSE_TIME('00:00', 'HH:mm'))", "error: a TIME has no months"},
      {"TIMESTAMPADD(MILLISECONDS, 5, FROM_UNIXTIME(-10))", "1969-12-31T23:59:59.995"},
      {"TIMESTAMPSUB(MONTHS, 1, PARSE_TIMESTAMP('2020-03-31 10', 'yyyy-MM-dd HH'))", "2020-02-29T10:00:00.000"},
      {"TIMESTAMPADD(DAYS, 2000000000, FROM_UNIXTIME(9223372036854775807))", "error: the moment is too far away"},
      {"TIMESTAMPADD(YEARS, 2000000000, FROM_UNIXTIME(0))", "error: the moment is too far away"},
      {"TIMESTAMPADD(DAYS, CAST(NULL AS INT), FROM_UNIXTIME(0))", "null"});
}

TEST(TimeFunctions, WallClocksOfOtherZones) {
  SL_EXPECT_SAID({"CONVERT_TZ(FROM_UNIXTIME(0), 'UTC', 'America/Los_Angeles')", "1969-12-31T16:00:00.000"},
                 {"CONVERT_TZ(FROM_UNIXTIME(0), '+02:00', 'UTC')", "1969-12-31T22:00:00.000"},
                 {"CONVERT_TZ(FROM_UNIXTIME(1526000469123), 'Europe/London', 'Asia/Tokyo')", "2018-05-11T09:01:09.123"},
                 {"CONVERT_TZ(FROM_UNIXTIME(0), 'UTC', 'Mars')", "error: there is no time zone 'Mars'"});
}

}  // namespace
}  // namespace sl::query
