#include "tools/common/offset_spec.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace sl::tools {
namespace {

constexpr std::string_view kGrammar =
    "start, end, 47, +5, -5, a range like 10:20 or :end, or a time like @2026-01-31, @-1h or @T1:T2";

Error wrong(std::string_view text) {
  return {Errc::kUsage, fmt::format("'{}' is not an offset: use {}", text, kGrammar)};
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Position at_time(int64_t ms) {
  return {Position::Kind::kTime, ms};
}

// Without the time forms.
Result<Position> parse_place(std::string_view text, const OffsetGrammar& grammar) {
  using Kind = Position::Kind;
  if (text == "start" || text == "beginning" || text == "earliest") return Position{Kind::kStart, 0};
  if (text == "end" || text == "latest") return Position{Kind::kEnd, 0};
  if (text == "stored") {
    if (grammar.stored_allowed) return Position{Kind::kStored, 0};
    return Error{Errc::kUsage, "'stored' is the committed offset of a group: it needs one"};
  }
  Kind kind = text.starts_with('+') ? Kind::kAfterStart : text.starts_with('-') ? Kind::kBeforeEnd : Kind::kAbsolute;
  std::string_view digits = kind == Kind::kAbsolute ? text : text.substr(1);
  if (!all_digits(digits)) return wrong(text);
  auto number = parse_int(digits);
  if (!number) return wrong(text);
  return Position{kind, *number};
}

// The end of a time range: a time, `end`, or a duration that counts from the beginning.
Result<Position> parse_time_end(std::string_view text, std::optional<int64_t> from_ms, const OffsetGrammar& grammar) {
  if (text == "end" || text == "latest") return Position{Position::Kind::kEnd, 0};
  if (auto moment = parse_moment(text, grammar.now_ms)) return at_time(*moment);
  bool starts_well = !text.empty() && text[0] >= '0' && text[0] <= '9' && !all_digits(text);
  if (auto duration = parse_duration_ms(text, 1); duration && starts_well && from_ms) {
    int64_t to_ms;
    if (!__builtin_add_overflow(*from_ms, *duration, &to_ms)) return at_time(to_ms);
  }
  return wrong(text);
}

// What stands behind the @.
Result<OffsetRange> parse_times(std::string_view text, const OffsetGrammar& grammar) {
  OffsetRange range;
  if (auto moment = parse_moment(text, grammar.now_ms)) {
    range.from = at_time(*moment);
    return range;
  }
  for (size_t colon = text.find(':'); colon != text.npos; colon = text.find(':', colon + 1)) {
    std::string_view left = text.substr(0, colon), right = text.substr(colon + 1);
    if (right.starts_with('@')) right.remove_prefix(1);
    auto from = parse_moment(left, grammar.now_ms);
    if (!from && !left.empty()) continue;
    if (left.empty() && right.empty()) continue;
    std::optional<int64_t> from_ms;
    if (from) from_ms = *from;
    range.from = from ? at_time(*from) : Position{};
    if (right.empty()) return range;
    auto to = parse_time_end(right, from_ms, grammar);
    if (!to) continue;
    range.to = *to;
    return range;
  }
  return Error{Errc::kUsage,
               fmt::format("'@{}' is not a time: use milliseconds or seconds since 1970, a date, RFC 3339, -1h or "
                           "now, or two of them with a colon between",
                           text)};
}

// Both sides of `10:20`, of which one may hold a time: `47:@now`.
Result<OffsetRange> parse_range(std::string_view text, size_t colon, const OffsetGrammar& grammar) {
  std::string_view left = text.substr(0, colon), right = text.substr(colon + 1);
  if (left.empty() && right.empty()) return wrong(text);
  OffsetRange range;
  range.from = Position{};
  if (!left.empty()) {
    SL_TRY(range.from, parse_place(left, grammar));
  }
  if (right.empty()) return range;
  if (right.starts_with('+'))
    return Error{Errc::kUsage,
                 fmt::format("'{}' cannot end a range: use an offset, end, -N or @TIME, or -c N for a count", right)};
  if (right.starts_with('@')) {
    SL_TRY(range.to, parse_time_end(right.substr(1), std::nullopt, grammar));
  } else {
    SL_TRY(range.to, parse_place(right, grammar));
  }
  if (range.to->kind == Position::Kind::kStored || range.to->kind == Position::Kind::kStart) return wrong(text);
  return range;
}

}  // namespace

Result<int64_t> parse_moment(std::string_view text, int64_t now_ms) {
  if (text == "now") return now_ms;
  if (text.size() > 1 && text[0] == '-') {
    auto ago = parse_duration_ms(text.substr(1), 1);
    bool has_unit = text.find_first_not_of("0123456789.", 1) != text.npos && text[1] != '-' && text[1] != '+';
    int64_t moment;
    if (ago && has_unit && !__builtin_sub_overflow(now_ms, *ago, &moment)) return moment;
  } else if (all_digits(text) && text.size() == 13) {
    return parse_int(text);
  } else if (all_digits(text) && (text.size() == 9 || text.size() == 10)) {
    SL_TRY(int64_t seconds, parse_int(text));
    return seconds * 1000;
  } else if (auto time = parse_time(text)) {
    return time;
  }
  return Error{Errc::kUsage, fmt::format("'{}' is not a time: use 13 digits (ms) or 9 or 10 digits (s) since 1970, "
                                         "2026-01-31, 2026-01-31T09:15:00Z, -1h or now",
                                         text)};
}

Result<Position> parse_position(std::string_view text, const OffsetGrammar& grammar) {
  if (text.starts_with('@')) {
    SL_TRY(int64_t moment, parse_moment(text.substr(1), grammar.now_ms));
    return at_time(moment);
  }
  if (text.find(':') != text.npos)
    return Error{Errc::kUsage, fmt::format("'{}' is a range, and one offset is wanted", text)};
  return parse_place(text, grammar);
}

Status parse_offsets(std::string_view text, const OffsetGrammar& grammar, OffsetRange& range) {
  if (text.starts_with("s@") || text.starts_with("e@")) {
    SL_TRY(int64_t moment, parse_moment(text.substr(2), grammar.now_ms));
    (text[0] == 's' ? range.from : range.to) = at_time(moment);
    return {};
  }
  if (text.starts_with('@')) {
    SL_TRY(range, parse_times(text.substr(1), grammar));
  } else if (size_t colon = text.find(':'); colon != text.npos) {
    SL_TRY(range, parse_range(text, colon, grammar));
  } else {
    SL_TRY(Position from, parse_place(text, grammar));
    range = {from, std::nullopt};
  }
  using Kind = Position::Kind;
  bool comparable = range.from && range.to && range.from->kind == range.to->kind &&
                    (range.to->kind == Kind::kAbsolute || range.to->kind == Kind::kTime);
  if (comparable && range.to->value < range.from->value)
    return Error{Errc::kUsage, fmt::format("the range '{}' ends before it begins", text)};
  return {};
}

std::string describe(const Position& position) {
  switch (position.kind) {
    case Position::Kind::kStart:
      return "the start";
    case Position::Kind::kEnd:
      return "the end";
    case Position::Kind::kStored:
      return "the stored offset";
    case Position::Kind::kAbsolute:
      return fmt::format("offset {}", position.value);
    case Position::Kind::kAfterStart:
      return fmt::format("{} after the start", position.value);
    case Position::Kind::kBeforeEnd:
      return fmt::format("{} before the end", position.value);
    case Position::Kind::kTime:
      return format_time(position.value);
  }
  return {};
}

}  // namespace sl::tools
