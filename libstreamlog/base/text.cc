#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace sl {
namespace {

template <class Number>
Result<Number> parse_number(std::string_view text, std::string_view what) {
  Number v{};
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (text.empty() || failed != std::errc{} || end != text.data() + text.size())
    return Error{Errc::kUsage, fmt::format("'{}' is not {}", text, what)};
  return v;
}

struct Unit {
  std::string_view name;
  int64_t factor;
};

// A number, maybe with a fraction, followed by one of the units.
Result<int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units, int64_t bare,
                                std::string_view what) {
  size_t digits = text.find_first_not_of("0123456789.+-");
  std::string_view number = text.substr(0, digits);
  std::string_view unit = digits == text.npos ? "" : text.substr(digits);
  int64_t factor = 0;
  if (unit.empty()) factor = bare;
  for (const Unit& u : units)
    if (u.name == unit) factor = u.factor;
  Error wrong{Errc::kUsage, fmt::format("'{}' is not {}", text, what)};
  if (factor == 0) return wrong;
  if (auto whole = parse_int(number)) {
    int64_t product;
    if (__builtin_mul_overflow(*whole, factor, &product)) return wrong;
    return product;
  }
  auto fraction = parse_double(number);
  if (!fraction || !std::isfinite(*fraction) || std::abs(*fraction) * static_cast<double>(factor) > 9e18) return wrong;
  return static_cast<int64_t>(std::llround(*fraction * static_cast<double>(factor)));
}

bool all_digits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<int64_t> parse_int(std::string_view text) {
  return parse_number<int64_t>(text, "a whole number");
}
Result<double> parse_double(std::string_view text) {
  return parse_number<double>(text, "a number");
}

Result<bool> parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return Error{Errc::kUsage, fmt::format("'{}' is neither true nor false", text)};
}

Result<int64_t> parse_size(std::string_view text) {
  static constexpr Unit kUnits[] = {
      {"B", 1},         {"K", 1 << 10},          {"KB", 1 << 10},          {"KiB", 1 << 10},         {"k", 1 << 10},
      {"M", 1 << 20},   {"MB", 1 << 20},         {"MiB", 1 << 20},         {"G", 1 << 30},           {"GB", 1 << 30},
      {"GiB", 1 << 30}, {"T", int64_t{1} << 40}, {"TB", int64_t{1} << 40}, {"TiB", int64_t{1} << 40}};
  return parse_with_unit(text, kUnits, 1, "a size like 512, 64KiB or 1.5GiB");
}

Result<int64_t> parse_duration_ms(std::string_view text, int64_t unit_ms) {
  static constexpr Unit kUnits[] = {{"ms", 1},        {"s", 1000},       {"m", 60'000},     {"min", 60'000},
                                    {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}};
  return parse_with_unit(text, kUnits, unit_ms, "a duration like 250ms, 10s, 5m, 2h or 7d");
}

std::string format_time(int64_t wall_ms) {
  using namespace std::chrono;
  sys_time<milliseconds> t{milliseconds(wall_ms)};
  auto day = floor<days>(t);
  year_month_day ymd{day};
  hh_mm_ss<milliseconds> hms{t - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()), hms.hours().count(),
                     hms.minutes().count(), hms.seconds().count(), hms.subseconds().count());
}

Result<int64_t> parse_time(std::string_view text) {
  Error wrong{Errc::kUsage, fmt::format("'{}' is not a time like 2026-01-31 or 2026-01-31T09:15:00Z", text)};
  auto number = [&](size_t at, size_t n) -> int {
    if (at + n > text.size() || !all_digits(text.substr(at, n))) return -1;
    return static_cast<int>(*parse_int(text.substr(at, n)));
  };
  int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 0 || month < 0 || day < 0 || text[4] != '-' || text[7] != '-') return wrong;
  using namespace std::chrono;
  year_month_day ymd{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                     std::chrono::day(static_cast<unsigned>(day))};
  if (!ymd.ok()) return wrong;
  int64_t ms = duration_cast<milliseconds>(sys_days(ymd).time_since_epoch()).count();
  if (text.size() == 10) return ms;
  int hour = number(11, 2), minute = number(14, 2);
  if ((text[10] != 'T' && text[10] != ' ' && text[10] != 't') || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      text[13] != ':')
    return wrong;
  ms += (int64_t{hour} * 60 + minute) * 60'000;
  size_t at = 16;
  if (at < text.size() && text[at] == ':') {
    int second = number(17, 2);
    if (second < 0 || second > 60) return wrong;
    ms += int64_t{second} * 1000;
    at = 19;
    if (at < text.size() && text[at] == '.') {
      size_t end = std::min(text.find_first_not_of("0123456789", at + 1), text.size());
      if (end == at + 1) return wrong;
      std::string digits(text.substr(at + 1, std::min<size_t>(3, end - at - 1)));
      digits.resize(3, '0');
      ms += *parse_int(digits);
      at = end;
    }
  }
  std::string_view zone = text.substr(at);
  if (zone.empty() || zone == "Z" || zone == "z") return ms;
  int zone_hour = number(at + 1, 2), zone_minute = number(at + 4, 2);
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || zone_hour < 0 || zone_hour > 23 ||
      zone_minute < 0 || zone_minute > 59)
    return wrong;
  int64_t shift = (int64_t{zone_hour} * 60 + zone_minute) * 60'000;
  return zone[0] == '+' ? ms - shift : ms + shift;
}

std::string format_size(uint64_t bytes) {
  static constexpr std::string_view kNames[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double v = static_cast<double>(bytes);
  size_t unit = 0;
  for (; v >= 1024 && unit + 1 < std::size(kNames); ++unit) v /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", v, kNames[unit]);
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  size_t best = std::max<size_t>(2, name.size() / 3) + 1;
  std::optional<std::string> nearest;
  for (std::string_view candidate : candidates) {
    size_t distance = edit_distance(name, candidate);
    if (distance < best) {
      best = distance;
      nearest = std::string(candidate);
    }
  }
  return nearest;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string_view trim(std::string_view text) {
  size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool valid_utf8(std::string_view text) {
  auto* p = reinterpret_cast<const uint8_t*>(text.data());
  auto* end = p + text.size();
  while (p < end) {
    if (*p < 0x80) {
      ++p;
      continue;
    }
    int more = *p >= 0xf0 && *p < 0xf5 ? 3 : *p >= 0xe0 && *p < 0xf0 ? 2 : *p >= 0xc2 && *p < 0xe0 ? 1 : 0;
    if (more == 0 || end - p <= more) return false;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
        (*p == 0xf4 && p[1] > 0x8f))
      return false;
    for (int i = 1; i <= more; ++i)
      if ((p[i] & 0xc0) != 0x80) return false;
    p += more + 1;
  }
  return true;
}

bool glob_match(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = pattern.npos, mark = 0;
  auto one = [&](size_t& at, char c) {  // whether the single-character pattern at `at` takes c; moves past it
    if (pattern[at] == '?') return ++at, true;
    if (pattern[at] == '[') {
      size_t close = pattern.find(']', at + 2);
      if (close != pattern.npos) {
        bool negated = pattern[at + 1] == '!' || pattern[at + 1] == '^';
        bool found = false;
        for (size_t i = at + 1 + negated; i < close; ++i) {
          if (i + 2 < close && pattern[i + 1] == '-') {
            found |= pattern[i] <= c && c <= pattern[i + 2];
            i += 2;
          } else {
            found |= pattern[i] == c;
          }
        }
        at = close + 1;
        return found != negated;
      }
    }
    return pattern[at++] == c;
  };
  while (t < text.size()) {
    size_t next = p;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && one(next, text[t])) {
      p = next;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace sl
