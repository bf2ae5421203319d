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
constexpr std::array<std::string_view, 2> kHalves = {"AM", "PM"};

bool take_digits(std::string_view& text, size_t least, size_t most, int64_t& out) {
  size_t n = 0;
  out = 0;
  most = std::min<size_t>(most, 18);  // as many as fit
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

namespace {

// The letters, how often each may stand, and what it says something about.
struct Letter {
  char letter;
  size_t most;
  bool date, time;
};
constexpr Letter kLetters[] = {
    {'y', 8, true, false},  {'u', 8, true, false},  {'M', 4, true, false},  {'L', 4, true, false},
    {'d', 2, true, false},  {'D', 3, true, false},  {'E', 4, true, false},  {'H', 2, false, true},
    {'k', 2, false, true},  {'h', 2, false, true},  {'K', 2, false, true},  {'m', 2, false, true},
    {'s', 2, false, true},  {'S', 9, false, true},  {'n', 9, false, true},  {'a', 1, false, true},
    {'X', 3, false, false}, {'x', 3, false, false}, {'Z', 5, false, false}, {'z', 4, false, false},
    {'V', 2, false, false},
};
const Letter* find_letter(char c) {
  const auto* at =
      std::find_if(std::begin(kLetters), std::end(kLetters), [c](const Letter& l) { return l.letter == c; });
  return at == std::end(kLetters) ? nullptr : at;
}

// A quoted text, or one character that stands for itself.
Result<std::string> take_literal(std::string_view pattern, size_t& at) {
  if (pattern[at] != '\'') return std::string(1, pattern[at++]);
  std::string text;
  for (++at;; ++at) {
    if (at >= pattern.size())
      return Error{Errc::kMalformed, fmt::format("the pattern '{}' has a quote without an end", pattern)};
    if (pattern[at] == '\'') {
      ++at;
      if (at >= pattern.size() || pattern[at] != '\'') break;
    }
    text += pattern[at];
  }
  return text.empty() ? "'" : text;
}

}  // namespace

Result<TimePattern> TimePattern::make(std::string_view pattern) {
  TimePattern out;
  std::vector<size_t> open;
  auto wrong = [&](std::string_view what) {
    return Error{Errc::kMalformed, fmt::format("the pattern '{}' {}", pattern, what)};
  };
  for (size_t at = 0; at < pattern.size();) {
    char c = pattern[at];
    if (c == '[') {
      open.push_back(out.parts_.size());
    } else if (c == ']') {
      if (open.empty()) return wrong("has a ] without a [");
      out.parts_[open.back()].count = out.parts_.size();
      open.pop_back();
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      size_t from = at;
      while (at < pattern.size() && pattern[at] == c) ++at;
      const auto* letter = find_letter(c);
      if (!letter) return wrong(fmt::format("has a letter that means no part of a time: {}", c));
      if (at - from > letter->most) return wrong(fmt::format("has more than {} of {}", letter->most, c));
      out.parts_.push_back({c, at - from, {}});
      out.has_date_ |= letter->date;
      out.has_time_ |= letter->time;
      continue;
    } else {
      SL_TRY(auto text, take_literal(pattern, at));
      out.parts_.push_back({0, 0, std::move(text)});
      continue;
    }
    out.parts_.push_back({c, 0, {}});
    ++at;
  }
  if (!open.empty()) return wrong("has a [ without a ]");
  return out;
}

bool TimePattern::take(const Part& part, bool fixed, std::string_view& text, Fields& f) {
  size_t count = part.count, index = 0;
  int64_t* number = nullptr;
  switch (part.letter) {
    case 0:
      if (!text.starts_with(part.text)) return false;
      text.remove_prefix(part.text.size());
      return true;
    case 'y':
    case 'u':
      if (!take_digits(text, count, fixed || count == 2 ? count : std::max<size_t>(count, 4), f.year)) return false;
      if (count == 2) f.year += 2000;
      return true;
    case 'M':
    case 'L':
      if (count < 3) {
        number = &f.month;
        break;
      }
      if (!take_name(text, kMonths, count >= 4, index)) return false;
      f.month = static_cast<int64_t>(index) + 1;
      return true;
    case 'd':
      number = &f.day;
      break;
    case 'D':
      return take_digits(text, count, 3, f.day_of_year) && f.day_of_year > 0;
    case 'H':
      number = &f.hour;
      break;
    case 'm':
      number = &f.minute;
      break;
    case 's':
      number = &f.second;
      break;
    case 'k':
    case 'h':
    case 'K':
      return take_other_hour(part, text, f);
    case 'S':
    case 'n': {
      // A fraction's digits count from the left, nanoseconds from the right.
      size_t before = text.size();
      if (!take_digits(text, part.letter == 'S' ? count : 1, part.letter == 'S' ? count : 9, f.ms)) return false;
      for (size_t digits = part.letter == 'S' ? before - text.size() : 9; digits != 3; digits += digits < 3 ? 1 : -1)
        f.ms = digits < 3 ? f.ms * 10 : f.ms / 10;
      return true;
    }
    case 'a':
      if (!take_name(text, kHalves, true, index)) return false;
      f.afternoon = index == 1;
      return true;
    case 'E':
      return take_name(text, kDays, count >= 4, index);
    default:
      return take_zone(text, f.zone);
  }
  return take_digits(text, count, 2, *number);
}

// 'k' runs from 1 to 24, 'h' from 1 to 12, 'K' from 0 to 11.
bool TimePattern::take_other_hour(const Part& part, std::string_view& text, Fields& f) {
  if (!take_digits(text, part.count, 2, f.hour)) return false;
  int64_t most = part.letter == 'k' ? 24 : part.letter == 'h' ? 12 : 11;
  if (f.hour > most || (part.letter != 'K' && f.hour == 0)) return false;
  if (part.letter != 'K') f.hour %= most;
  f.half_days = part.letter != 'k';
  return true;
}

bool TimePattern::take_all(std::string_view text, Fields& f) const {
  // Where a section [in brackets] does not fit, what it took is given back and it is passed over.
  struct Open {
    size_t begin;
    std::string_view text;
    Fields fields;
  };
  std::vector<Open> open;
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].letter == '[') {
      open.push_back({i, text, f});
      continue;
    }
    if (parts_[i].letter == ']') {
      open.pop_back();
      continue;
    }
    // Digits directly followed by others have no more than their letters.
    char next = i + 1 < parts_.size() ? parts_[i + 1].letter : '\0';
    if (take(parts_[i], next != 0 && next != '[' && next != ']', text, f)) continue;
    if (open.empty()) return false;
    i = parts_[open.back().begin].count;
    text = open.back().text;
    f = open.back().fields;
    open.pop_back();
  }
  return text.empty();
}

std::optional<int64_t> TimePattern::parse(std::string_view text, const Zone* zone) const {
  Fields f;
  if (!take_all(text, f)) return std::nullopt;
  if (f.half_days && f.afternoon) f.hour += 12;
  CivilDate date{f.year, static_cast<int>(f.month), static_cast<int>(f.day)};
  if (!valid_date(date) || f.hour > 23 || f.minute > 59 || f.second > 59) return std::nullopt;
  int64_t days = days_of_civil(date);
  if (f.day_of_year) {
    days = days_of_civil({f.year, 1, 1}) + f.day_of_year - 1;
    if (civil_of_days(days).year != f.year) return std::nullopt;
  }
  int64_t local = days * kDayMs + ((f.hour * 60 + f.minute) * 60 + f.second) * 1000 + f.ms;
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
  if (letter == 'V') return zone ? zone->name() : "UTC";
  if (letter == 'z') return zone ? zone->abbreviation_at(at.utc_ms) : "UTC";
  if (at.offset_ms == 0 && (letter == 'X' || (letter == 'Z' && count == 5))) return "Z";
  int64_t minutes = std::abs(at.offset_ms / 60'000);
  auto out = fmt::format("{}{:02}", at.offset_ms < 0 ? '-' : '+', minutes / 60);
  if (letter == 'Z' && count == 4) return minutes ? fmt::format("GMT{}:{:02}", out, minutes % 60) : "GMT";
  // One X or x leaves whole hours alone.
  if (letter != 'Z' && count == 1 && minutes % 60 == 0) return out;
  bool colon = letter == 'Z' ? count == 5 : count >= 3;
  return out + fmt::format("{}{:02}", colon ? ":" : "", minutes % 60);
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
  int64_t local = 0;
  if (__builtin_add_overflow(ms, at.offset_ms, &local)) local = ms;
  at.days = local / kDayMs - (local % kDayMs < 0);
  at.of_day = local - at.days * kDayMs;
  at.date = civil_of_days(at.days);
  std::string out;
  for (const auto& part : parts_) {
    if (part.letter == 0) {
      out += part.text;
    } else if (part.letter == '[' || part.letter == ']') {
      continue;
    } else if (auto number = number_of(part.letter, part.count, at)) {
      out += fmt::format("{:0{}}", *number, part.count);
    } else {
      out += text_of(part.letter, part.count, at, zone);
    }
  }
  return out;
}

}  // namespace sl::query
