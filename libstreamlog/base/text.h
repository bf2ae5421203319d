// Small text work that settings, flags and messages share: numbers, sizes and durations in, times in and out, and the
// nearest name to a mistyped one.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sl {

// A decimal integer, the whole text; no octal, no hex, no spaces.
Result<int64_t> parse_int(std::string_view text);
Result<double> parse_double(std::string_view text);
Result<bool> parse_bool(std::string_view text);
// "64MiB", "64M", "64MB" (all 2^20), "512", "1.5GiB": bytes.
Result<int64_t> parse_size(std::string_view text);
// "250ms", "10s", "1.5h", "7d"; a bare number is in `unit_ms`. Milliseconds.
Result<int64_t> parse_duration_ms(std::string_view text, int64_t unit_ms);

// RFC 3339 in UTC with milliseconds: 2026-01-31T09:15:00.000Z.
std::string format_time(int64_t wall_ms);
// RFC 3339 with or without zone and fraction, or YYYY-MM-DD; without a zone it is UTC.
Result<int64_t> parse_time(std::string_view text);
// 1536 -> "1.5 KiB".
std::string format_size(uint64_t bytes);

// Levenshtein's distance.
size_t edit_distance(std::string_view a, std::string_view b);
// The candidate nearest to `name` by edit distance, if it is near enough to be meant.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string_view> candidates);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
bool valid_utf8(std::string_view text);
// Shell-style: '*', '?' and [sets].
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace sl
