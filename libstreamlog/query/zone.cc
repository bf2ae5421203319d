#include "query/zone.h"

#include <absl/time/time.h>

#include <array>

#include "query/name.h"

namespace sl::query {
namespace {

// Abbreviations that people and Java's 'zzz' use for regions.
constexpr std::array<std::pair<std::string_view, const char*>, 14> kAbbreviations = {{{"PST", "America/Los_Angeles"},
                                                                                      {"PDT", "America/Los_Angeles"},
                                                                                      {"MST", "America/Denver"},
                                                                                      {"MDT", "America/Denver"},
                                                                                      {"CST", "America/Chicago"},
                                                                                      {"CDT", "America/Chicago"},
                                                                                      {"EST", "America/New_York"},
                                                                                      {"EDT", "America/New_York"},
                                                                                      {"BST", "Europe/London"},
                                                                                      {"CET", "Europe/Paris"},
                                                                                      {"CEST", "Europe/Paris"},
                                                                                      {"JST", "Asia/Tokyo"},
                                                                                      {"GMT", "UTC"},
                                                                                      {"Z", "UTC"}}};

std::optional<int> fixed_offset_seconds(std::string_view name) {
  if (name.starts_with("UTC") || name.starts_with("GMT")) name.remove_prefix(3);
  if (name.size() < 3 || (name[0] != '+' && name[0] != '-')) return std::nullopt;
  int sign = name[0] == '-' ? -1 : 1, digits = 0, value = 0;
  for (char c : name.substr(1)) {
    if (c == ':') continue;
    if (c < '0' || c > '9' || ++digits > 4) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  int hours = digits <= 2 ? value : value / 100, minutes = digits <= 2 ? 0 : value % 100;
  if (hours > 18 || minutes > 59) return std::nullopt;
  return sign * (hours * 3600 + minutes * 60);
}

// Letters, digits and -+_/, a letter first and after each slash.
bool plausible(std::string_view name) {
  constexpr size_t kLongest = 40;
  bool begin = true;
  for (char c : name) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    bool other = (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '_' || c == '/';
    if (!letter && (begin || !other)) return false;
    begin = c == '/';
  }
  return !name.empty() && name.size() <= kLongest;
}

}  // namespace

struct Zone::Loaded {
  absl::TimeZone zone;
};

std::optional<Zone> Zone::find(std::string_view name) {
  Loaded data;
  Zone out;
  std::string full(name);
  for (const auto& [abbreviation, region] : kAbbreviations)
    if (same_name(abbreviation, name)) full = region;
  if (auto seconds = fixed_offset_seconds(name))
    data.zone = absl::FixedTimeZone(*seconds);
  else if (!plausible(full) || !absl::LoadTimeZone(full, &data.zone))
    return std::nullopt;
  out.loaded_ = std::make_shared<const Loaded>(data);
  return out;
}

int64_t Zone::offset_at(int64_t utc_ms) const {
  return int64_t{loaded_->zone.At(absl::FromUnixMillis(utc_ms)).offset} * 1000;
}

int64_t Zone::offset_at_local(int64_t local_ms) const {
  auto civil = absl::ToCivilSecond(absl::FromUnixMillis(local_ms), absl::UTCTimeZone());
  auto moment = absl::ToUnixMillis(loaded_->zone.At(civil).pre);
  return (local_ms - moment) / 1000 * 1000;
}

std::string Zone::name() const {
  auto name = loaded_->zone.name();
  // Abseil calls an offset Fixed/UTC+02:00:00.
  constexpr std::string_view kFixed = "Fixed/UTC";
  return name.starts_with(kFixed) ? name.substr(kFixed.size(), 6) : name;
}

std::string Zone::abbreviation_at(int64_t utc_ms) const {
  return loaded_->zone.At(absl::FromUnixMillis(utc_ms)).zone_abbr;
}

}  // namespace sl::query
