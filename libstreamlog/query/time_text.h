// DATE, TIME and TIMESTAMP as text in ISO form, as ksqlDB casts them to STRING and back.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sl::query {

inline constexpr int64_t kDayMs = 86'400'000;

struct CivilDate {
  int64_t year;
  int month;  // 1 to 12
  int day;    // 1 to 31
};
// Of the proleptic Gregorian calendar.
CivilDate civil_of_days(int64_t days);
int64_t days_of_civil(const CivilDate& date);
bool valid_date(const CivilDate& date);

std::string date_text(int64_t days);                            // 2026-01-31
std::string time_text(int64_t ms);                              // 09:15, 09:15:01, 09:15:01.500
std::string timestamp_text(int64_t ms);                         // 2026-01-31T09:15:00.000
std::optional<int64_t> parse_date_text(std::string_view text);  // also what date a timestamp names
std::optional<int64_t> parse_time_text(std::string_view text);
std::optional<int64_t> parse_timestamp_text(
    std::string_view text);  // parts from the right may be missing; a zone: Z, +01:00

}  // namespace sl::query
