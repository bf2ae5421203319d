#include "query/time_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "query/name.h"
#include "query/time_text.h"

namespace sl::query {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};

bool take_digits(std::string_view& text, size_t least, size_t most, int64_t& out) {
  size_t n = 0;
  out = 0;
  while (n < most && n < text.size() && text[n] >= '0' && text[n] <= '9') out = out * 10 + (text[n++] - '0');
  text.remove_prefix(n);
  return n >= least && n > 0;
}

template <size_t N>
bool take_name(std::string_view& text, const std::array<std::string_view, N>& names, bool full, size_t& index) {
  for (index = 0; index < N; ++index) {
    auto name = full ? names[index] : names[index].substr(0, 3);
    if (text.size() < name.size() || !same_name(text.substr(0, name.size()), name)) continue;
    text.remove_prefix(name.size());
    return true;
  }
  return false;
}

// An offset (+01:00, +0100, Z) or a zone's name.
bool take_zone(std::string_view& text, std::optional<Zone>& zone) {
  size_t end = 0;
  auto part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '+' || c == '-' || c == ':';
  };
  while (end < text.size() && part(text[end])) ++end;
  zone = Zone::find(text.substr(0, end));
  text.remove_prefix(end);
  return zone.has_value();
}

}  // namespace

struct TimePattern::Fields {
  int64_t year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0, day_of_year = 0;
  bool afternoon = false, half_days = false;
  std::optional<Zone> zone;
};

Result<TimePattern> TimePattern::make(std::string_view pattern) {
  TimePattern out;
  constexpr std::string_view kKnown = "yuMLdDHhkKmsSaEXxZzVn";
  for (size_t at = 0; at < pattern.size();) {
    char c = pattern[at];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter) {
      size_t from = at;
      while (at < pattern.size() && pattern[at] == c) ++at;
      if (kKnown.find(c) == std::string_view::npos)
        return Error{Errc::kMalformed,
                     fmt::format("the pattern '{}' has a letter that means no part of a time: {}", pattern, c)};
      out.parts_.push_back({c, at - from, {}});
      continue;
    }
    std::string text;
    if (c == '\'') {
      for (++at;; ++at) {
        if (at >= pattern.size())
          return Error{Errc::kMalformed, fmt::format("the pattern '{}' has a quote without an end", pattern)};
        if (pattern[at] == '\'') {
          ++at;
          if (at >= pattern.size() || pattern[at] != '\'') break;
        }
        text += pattern[at];
      }
      if (text.empty()) text = "'";
    } else if (c == '[' || c == ']') {
      ++at;
      continue;
    } else {
      text = c;
      ++at;
    }
    out.parts_.push_back({0, 0, std::move(text)});
  }
  return out;
}

bool TimePattern::take(const Part& part, bool fixed, std::string_view& text, Fields& f) {
  if (part.letter == 0) {
    if (!text.starts_with(part.text)) return false;
    text.remove_prefix(part.text.size());
    return true;
  }
  size_t most = fixed ? part.count : part.count >= 2 ? part.count : 19;
  size_t index = 0;
  switch (part.letter) {
    case 'y':
    case 'u': {
      bool two = part.count == 2;
      if (!take_digits(text, two ? 2 : part.count,
                       two     ? 2
                       : fixed ? part.count
                               : std::max<size_t>(part.count, 4),
                       f.year))
        return false;
      if (two) f.year += 2000;
      return true;
    }
    case 'M':
    case 'L':
      if (part.count >= 3) {
        if (!take_name(text, kMonths, part.count >= 4, index)) return false;
        f.month = static_cast<int64_t>(index) + 1;
        return true;
      }
      return take_digits(text, part.count, std::max<size_t>(part.count, 2), f.month);
    case 'd':
      return take_digits(text, part.count, std::max<size_t>(part.count, 2), f.day);
    case 'D':
      return take_digits(text, 1, 3, f.day_of_year);
    case 'H':
    case 'k':
      return take_digits(text, part.count, std::max<size_t>(part.count, 2), f.hour);
    case 'h':
    case 'K':
      f.half_days = true;
      return take_digits(text, part.count, std::max<size_t>(part.count, 2), f.hour);
    case 'm':
      return take_digits(text, part.count, std::max<size_t>(part.count, 2), f.minute);
    case 's':
      return take_digits(text, part.count, std::max<size_t>(part.count, 2), f.second);
    case 'S': {
      std::string_view digits = text.substr(0, part.count);
      int64_t value = 0;
      if (!take_digits(text, part.count, part.count, value)) return false;
      f.ms = 0;
      for (size_t i = 0; i < 3; ++i) f.ms = f.ms * 10 + (i < digits.size() ? digits[i] - '0' : 0);
      return true;
    }
    case 'a':
      if (text.size() < 2) return false;
      f.afternoon = upper(text[0]) == 'P';
      text.remove_prefix(2);
      return true;
    case 'E':
      return take_name(text, kDays, part.count >= 4, index);
    case 'n':
      return take_digits(text, 1, most, f.ms);
    default:
      return take_zone(text, f.zone);
  }
}

std::optional<int64_t> TimePattern::parse(std::string_view text, const Zone* zone) const {
  Fields f;
  for (size_t i = 0; i < parts_.size(); ++i) {
    // Digits directly followed by digits have no more than their letters.
    bool fixed = i + 1 < parts_.size() && parts_[i + 1].letter != 0;
    if (!take(parts_[i], fixed, text, f)) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  if (f.half_days) f.hour = f.hour % 12 + (f.afternoon ? 12 : 0);
  CivilDate date{f.year, static_cast<int>(f.month), static_cast<int>(f.day)};
  if (!valid_date(date) || f.hour > 24 || f.minute > 59 || f.second > 59) return std::nullopt;
  int64_t days = days_of_civil(date) + (f.day_of_year ? f.day_of_year - 1 : 0);
  int64_t local = days * kDayMs + ((f.hour % 24 * 60 + f.minute) * 60 + f.second) * 1000 + f.ms;
  if (f.zone) zone = &*f.zone;
  return zone ? local - zone->offset_at_local(local) : local;
}

namespace {

// A moment taken apart, on the wall clock of its zone.
struct Moment {
  int64_t utc_ms = 0;
  int64_t offset_ms = 0;
  int64_t days = 0;
  int64_t of_day = 0;
  CivilDate date{};
  int64_t hour() const { return of_day / 3'600'000; }
};

// What a letter that stands for a number means; none for the others.
std::optional<int64_t> number_of(char letter, size_t count, const Moment& at) {
  switch (letter) {
    case 'y':
    case 'u':
      return count == 2 ? at.date.year % 100 : at.date.year;
    case 'M':
    case 'L':
      return count < 3 ? std::optional<int64_t>(at.date.month) : std::nullopt;
    case 'd':
      return at.date.day;
    case 'D':
      return at.days - days_of_civil({at.date.year, 1, 1}) + 1;
    case 'H':
      return at.hour();
    case 'k':
      return at.hour() == 0 ? 24 : at.hour();
    case 'K':
      return at.hour() % 12;
    case 'h':
      return at.hour() % 12 == 0 ? 12 : at.hour() % 12;
    case 'm':
      return at.of_day / 60'000 % 60;
    case 's':
      return at.of_day / 1000 % 60;
    case 'n':
      return at.of_day % 1000 * 1'000'000;
    default:
      return std::nullopt;
  }
}

std::string zone_text(char letter, size_t count, const Moment& at, const Zone* zone) {
  if (letter == 'z' || letter == 'V') return zone ? zone->abbreviation_at(at.utc_ms) : "UTC";
  if (at.offset_ms == 0 && letter == 'X') return "Z";
  int64_t minutes = std::abs(at.offset_ms / 60'000);
  bool colon = letter != 'Z' && count >= 3;
  return fmt::format("{}{:02}{}{:02}", at.offset_ms < 0 ? '-' : '+', minutes / 60, colon ? ":" : "", minutes % 60);
}

std::string text_of(char letter, size_t count, const Moment& at, const Zone* zone) {
  auto named = [count](std::string_view name) { return std::string(count >= 4 ? name : name.substr(0, 3)); };
  switch (letter) {
    case 'M':
    case 'L':
      return named(kMonths[static_cast<size_t>(at.date.month - 1)]);
    case 'E':
      return named(kDays[static_cast<size_t>(((at.days + 3) % 7 + 7) % 7)]);
    case 'a':
      return at.hour() < 12 ? "AM" : "PM";
    case 'S': {
      auto digits = fmt::format("{:03}", at.of_day % 1000);
      digits.resize(count, '0');
      return digits;
    }
    default:
      return zone_text(letter, count, at, zone);
  }
}

}  // namespace

std::string TimePattern::format(int64_t ms, const Zone* zone) const {
  Moment at;
  at.utc_ms = ms;
  at.offset_ms = zone ? zone->offset_at(ms) : 0;
  int64_t local = ms + at.offset_ms;
  at.days = local / kDayMs - (local % kDayMs < 0);
  at.of_day = local - at.days * kDayMs;
  at.date = civil_of_days(at.days);
  std::string out;
  for (const auto& part : parts_) {
    if (part.letter == 0) {
      out += part.text;
    } else if (auto number = number_of(part.letter, part.count, at)) {
      out += fmt::format("{:0{}}", *number, part.count);
    } else {
      out += text_of(part.letter, part.count, at, zone);
    }
  }
  return out;
}

}  // namespace sl::query
