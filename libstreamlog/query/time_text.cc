#include "query/time_text.h"

#include <fmt/format.h>

namespace sl::query {
namespace {

// Takes exactly `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int out = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return out;
}
bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int64_t> take_date(std::string_view& text) {
  auto year = take_number(text, 4);
  if (!year) return std::nullopt;
  int month = 1, day = 1;
  if (take(text, '-')) {
    auto m = take_number(text, 2);
    if (!m) return std::nullopt;
    month = *m;
    if (take(text, '-')) {
      auto d = take_number(text, 2);
      if (!d) return std::nullopt;
      day = *d;
    }
  }
  CivilDate date{*year, month, day};
  if (!valid_date(date)) return std::nullopt;
  return days_of_civil(date);
}

std::optional<int64_t> take_time(std::string_view& text) {
  auto hour = take_number(text, 2);
  if (!hour) return std::nullopt;
  int minute = 0, second = 0, ms = 0;
  if (take(text, ':')) {
    auto m = take_number(text, 2);
    if (!m) return std::nullopt;
    minute = *m;
    if (take(text, ':')) {
      auto s = take_number(text, 2);
      if (!s) return std::nullopt;
      second = *s;
      if (take(text, '.')) {
        int unit = 100;
        size_t digits = 0;
        for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits) {
          ms += (text[0] - '0') * unit;
          unit /= 10;
        }
        if (digits == 0 || digits > 9) return std::nullopt;
      }
    }
  }
  if (*hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return ((*hour * 60 + minute) * 60 + second) * int64_t{1000} + ms;
}

// What is to be taken off for a zone: Z, +HH, +HHMM, +HH:MM. Milliseconds.
std::optional<int64_t> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return 0;
  bool minus = text[0] == '-';
  if (!take(text, '-') && !take(text, '+')) return std::nullopt;
  auto hour = take_number(text, 2);
  if (!hour || *hour > 18) return std::nullopt;
  take(text, ':');
  int minute = 0;
  if (!text.empty()) {
    auto m = take_number(text, 2);
    if (!m || *m > 59) return std::nullopt;
    minute = *m;
  }
  int64_t ms = (*hour * 60 + minute) * int64_t{60'000};
  return minus ? -ms : ms;
}

}  // namespace

// Days are counted from 0000-03-01, so that the leap day is a year's last; eras of 400 years are all alike.
CivilDate civil_of_days(int64_t days) {
  days += 719'468;
  int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  int64_t day_of_era = days - era * 146'097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month = (5 * day_of_year + 2) / 153;
  int day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  int civil_month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  return {year_of_era + era * 400 + (civil_month <= 2), civil_month, day};
}

int64_t days_of_civil(const CivilDate& date) {
  int64_t year = date.year - (date.month <= 2);
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

bool valid_date(const CivilDate& date) {
  if (date.month < 1 || date.month > 12 || date.day < 1) return false;
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
  return date.day <= kDays[date.month - 1] + (date.month == 2 && leap);
}

std::string date_text(int64_t days) {
  auto date = civil_of_days(days);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string time_text(int64_t ms) {
  auto out = fmt::format("{:02}:{:02}", ms / 3'600'000, ms / 60'000 % 60);
  if (ms % 60'000 == 0) return out;
  out += fmt::format(":{:02}", ms / 1000 % 60);
  if (ms % 1000) out += fmt::format(".{:03}", ms % 1000);
  return out;
}

std::string timestamp_text(int64_t ms) {
  int64_t days = ms / kDayMs - (ms % kDayMs < 0);
  int64_t of_day = ms - days * kDayMs;
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}", date_text(days), of_day / 3'600'000, of_day / 60'000 % 60,
                     of_day / 1000 % 60, of_day % 1000);
}

std::optional<int64_t> parse_date_text(std::string_view text) {
  auto ms = parse_timestamp_text(text);
  if (!ms) return std::nullopt;
  return *ms / kDayMs - (*ms % kDayMs < 0);
}

std::optional<int64_t> parse_time_text(std::string_view text) {
  auto ms = take_time(text);
  return ms && text.empty() ? ms : std::nullopt;
}

std::optional<int64_t> parse_timestamp_text(std::string_view text) {
  auto days = take_date(text);
  if (!days) return std::nullopt;
  int64_t ms = *days * kDayMs;
  if (!text.empty() && (take(text, 'T') || take(text, ' ')) && !text.empty()) {
    auto of_day = take_time(text);
    if (!of_day) return std::nullopt;
    ms += *of_day;
  }
  auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return ms - *zone;
}

}  // namespace sl::query
