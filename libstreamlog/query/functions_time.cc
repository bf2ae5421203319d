// Functions of dates and times. Patterns are Java's; a pattern or a zone that is a literal is read once for each place
// in a query.
#include <fmt/format.h>

#include <memory>

#include "query/call_result.h"
#include "query/function_table.h"
#include "query/name.h"
#include "query/time_pattern.h"
#include "query/time_text.h"

namespace sl::query {
namespace {

// The pattern and the zones that a call site saw last.
struct SiteZone {
  std::string text;
  std::optional<Zone> zone;
};
struct Site {
  std::string pattern_text;
  std::optional<TimePattern> pattern;
  SiteZone zones[2];
};

Site& site_of(CallContext& call) {
  if (!*call.site) *call.site = std::make_shared<Site>();
  return *std::static_pointer_cast<Site>(*call.site);
}

const TimePattern* pattern_of(CallContext& call, const Value& text, Value& error) {
  auto& site = site_of(call);
  if (!site.pattern || site.pattern_text != text.as_text()) {
    auto made_pattern = TimePattern::make(text.as_text());
    if (!made_pattern) {
      error = failed(call, made_pattern.error().context);
      return nullptr;
    }
    site.pattern = *std::move(made_pattern);
    site.pattern_text = text.as_text();
  }
  return &*site.pattern;
}

const Zone* zone_of(CallContext& call, const Value& text, Value& error, size_t place = 0) {
  auto& site = site_of(call).zones[place];
  if (!site.zone || site.text != text.as_text()) {
    site.zone = Zone::find(text.as_text());
    site.text = text.as_text();
  }
  if (!site.zone) error = failed(call, fmt::format("there is no time zone '{}'", text.as_text()));
  return site.zone ? &*site.zone : nullptr;
}

int64_t floor_days(int64_t ms) {
  return ms / kDayMs - (ms % kDayMs < 0);
}

// What the value is: its milliseconds or days, and what a pattern may speak of.
enum class What : uint8_t { kTimestamp, kDate, kTime };

template <What kind>
const TimePattern* fitting_pattern(CallContext& call, const Value& text, Value& error) {
  const auto* pattern = pattern_of(call, text, error);
  if (!pattern) return nullptr;
  bool foreign = kind == What::kDate ? pattern->has_time() : kind == What::kTime && pattern->has_date();
  if (!foreign) return pattern;
  error = failed(call, fmt::format("the pattern '{}' speaks of what a {} has not", text.as_text(),
                                   kind == What::kDate ? "DATE" : "TIME"));
  return nullptr;
}

template <What kind>
Value format(CallContext& call, const Value* a) {
  Value error;
  const Zone* zone = nullptr;
  const auto* pattern = fitting_pattern<kind>(call, a[1], error);
  if (pattern && call.argument_types.size() == 3) zone = zone_of(call, a[2], error);
  if (error.is_error()) return error;
  return made(call, pattern->format(kind == What::kDate ? a[0].as_integer() * kDayMs : a[0].as_integer(), zone));
}

Value not_of_the_form(CallContext& call, const Value* a) {
  return failed(call, fmt::format("'{}' is not of the form '{}'", a[0].as_text(), a[1].as_text()));
}

Value parse_timestamp(CallContext& call, const Value* a) {
  Value error;
  const Zone* zone = nullptr;
  const auto* pattern = pattern_of(call, a[1], error);
  if (pattern && call.argument_types.size() == 3) zone = zone_of(call, a[2], error);
  if (error.is_error()) return error;
  auto ms = pattern->parse(a[0].as_text(), zone);
  return ms ? Value::integer(*ms) : not_of_the_form(call, a);
}

// PARSE_DATE refuses a pattern with a time of day, STRINGTODATE passes over it.
template <bool time_too>
Value parse_date(CallContext& call, const Value* a) {
  Value error;
  const auto* pattern = time_too ? pattern_of(call, a[1], error) : fitting_pattern<What::kDate>(call, a[1], error);
  if (!pattern) return error;
  auto ms = pattern->parse(a[0].as_text());
  return ms ? Value::integer(floor_days(*ms)) : not_of_the_form(call, a);
}

Value parse_time(CallContext& call, const Value* a) {
  Value error;
  const auto* pattern = fitting_pattern<What::kTime>(call, a[1], error);
  if (!pattern) return error;
  auto ms = pattern->parse(a[0].as_text());
  return ms ? Value::integer(*ms) : not_of_the_form(call, a);
}

Value same(CallContext&, const Value* a) {
  return a[0];
}
Value now(CallContext& call, const Value*) {
  return Value::integer(call.now_ms);
}
Value today(CallContext& call, const Value*) {
  return Value::integer(floor_days(call.now_ms));
}

Value convert_tz(CallContext& call, const Value* a) {
  Value error;
  const auto *from = zone_of(call, a[1], error, 0), *to = from ? zone_of(call, a[2], error, 1) : nullptr;
  if (!to) return error;
  int64_t utc = a[0].as_integer() - from->offset_at_local(a[0].as_integer());
  return Value::integer(utc + to->offset_at(utc));
}

struct Step {
  int64_t ms = 0;
  int64_t months = 0;
};
std::optional<Step> step_of(std::string_view unit) {
  auto name = upper_name(unit);
  if (!name.empty() && name.back() == 'S') name.pop_back();
  if (name == "MILLISECOND") return Step{1, 0};
  if (name == "SECOND") return Step{1000, 0};
  if (name == "MINUTE") return Step{60'000, 0};
  if (name == "HOUR") return Step{3'600'000, 0};
  if (name == "DAY") return Step{kDayMs, 0};
  if (name == "WEEK") return Step{7 * kDayMs, 0};
  if (name == "MONTH") return Step{0, 1};
  if (name == "YEAR") return Step{0, 12};
  return std::nullopt;
}

// Adding months and years keeps the day where the month has it, else takes its last. None where it leaves 64 bits.
std::optional<int64_t> later(int64_t from, const Step& step, int64_t count) {
  int64_t out = 0;
  if (!step.months) {
    bool far = __builtin_mul_overflow(step.ms, count, &out) || __builtin_add_overflow(out, from, &out);
    return far ? std::nullopt : std::optional(out);
  }
  int64_t days = floor_days(from), of_day = from - days * kDayMs;
  auto date = civil_of_days(days);
  int64_t month = date.year * 12 + date.month - 1 + step.months * count;
  date.year = month / 12 - (month % 12 < 0);
  date.month = static_cast<int>(month - date.year * 12) + 1;
  while (!valid_date(date)) --date.day;
  bool far = __builtin_mul_overflow(days_of_civil(date), kDayMs, &out) || __builtin_add_overflow(out, of_day, &out);
  return far ? std::nullopt : std::optional(out);
}

// (unit, how many, from). A DATE loses what is less than a day, a TIME goes round.
template <int sign, What kind>
Value add(CallContext& call, const Value* a) {
  auto step = step_of(a[0].as_text());
  if (!step) return failed(call, fmt::format("'{}' is no unit of time", a[0].as_text()));
  if (kind == What::kTime && step->months) return failed(call, "a TIME has no months");
  int64_t from = a[2].as_integer() * (kind == What::kDate ? kDayMs : 1);
  auto ms = later(from, *step, a[1].as_integer() * sign);
  bool fits = ms && (kind != What::kDate || (*ms / kDayMs >= INT32_MIN && *ms / kDayMs <= INT32_MAX));
  if (!fits) return Value::error("the moment is too far away");
  if (kind == What::kDate) return Value::integer(*ms / kDayMs);
  return Value::integer(kind == What::kTime ? *ms - floor_days(*ms) * kDayMs : *ms);
}

constexpr ScalarVariant kFormatTimestamp[] = {{"TIMESTAMP, STRING", "STRING", format<What::kTimestamp>},
                                              {"TIMESTAMP, STRING, STRING", "STRING", format<What::kTimestamp>}};
constexpr ScalarVariant kTimestampToString[] = {{"BIGINT, STRING", "STRING", format<What::kTimestamp>},
                                                {"BIGINT, STRING, STRING", "STRING", format<What::kTimestamp>}};
constexpr ScalarVariant kFormatDate[] = {{"DATE, STRING", "STRING", format<What::kDate>}};
constexpr ScalarVariant kDateToString[] = {{"INT, STRING", "STRING", format<What::kDate>}};
constexpr ScalarVariant kFormatTime[] = {{"TIME, STRING", "STRING", format<What::kTime>}};
constexpr ScalarVariant kParseTimestamp[] = {{"STRING, STRING", "TIMESTAMP", parse_timestamp},
                                             {"STRING, STRING, STRING", "TIMESTAMP", parse_timestamp}};
constexpr ScalarVariant kStringToTimestamp[] = {{"STRING, STRING", "BIGINT", parse_timestamp},
                                                {"STRING, STRING, STRING", "BIGINT", parse_timestamp}};
constexpr ScalarVariant kParseDate[] = {{"STRING, STRING", "DATE", parse_date<false>}};
constexpr ScalarVariant kStringToDate[] = {{"STRING, STRING", "INT", parse_date<true>}};
constexpr ScalarVariant kParseTime[] = {{"STRING, STRING", "TIME", parse_time}};
constexpr ScalarVariant kFromUnixtime[] = {{"BIGINT", "TIMESTAMP", same}};
constexpr ScalarVariant kFromDays[] = {{"INT", "DATE", same}};
constexpr ScalarVariant kUnixTimestamp[] = {{"", "BIGINT", now, kNotDeterministic}, {"TIMESTAMP", "BIGINT", same}};
constexpr ScalarVariant kUnixDate[] = {{"", "INT", today, kNotDeterministic}, {"DATE", "INT", same}};
constexpr ScalarVariant kConvertTz[] = {{"TIMESTAMP, STRING, STRING", "TIMESTAMP", convert_tz}};
constexpr ScalarVariant kTimestampAdd[] = {{"INTERVAL, INT, TIMESTAMP", "TIMESTAMP", add<1, What::kTimestamp>}};
constexpr ScalarVariant kTimestampSub[] = {{"INTERVAL, INT, TIMESTAMP", "TIMESTAMP", add<-1, What::kTimestamp>}};
constexpr ScalarVariant kDateAdd[] = {{"INTERVAL, INT, DATE", "DATE", add<1, What::kDate>}};
constexpr ScalarVariant kDateSub[] = {{"INTERVAL, INT, DATE", "DATE", add<-1, What::kDate>}};
constexpr ScalarVariant kTimeAdd[] = {{"INTERVAL, INT, TIME", "TIME", add<1, What::kTime>}};
constexpr ScalarVariant kTimeSub[] = {{"INTERVAL, INT, TIME", "TIME", add<-1, What::kTime>}};

constexpr ScalarEntry kTable[] = {
    {"CONVERT_TZ", "(timestamp, from zone, to zone): the wall clock of the other zone", kConvertTz},
    {"DATEADD", "(unit, how many, date): later by so much", kDateAdd},
    {"DATESUB", "(unit, how many, date): earlier by so much", kDateSub},
    {"DATETOSTRING", "days since 1970 as a text of the pattern", kDateToString},
    {"FORMAT_DATE", "a DATE as a text of the pattern", kFormatDate},
    {"FORMAT_TIME", "a TIME as a text of the pattern", kFormatTime},
    {"FORMAT_TIMESTAMP", "(timestamp, pattern, zone) as a text", kFormatTimestamp},
    {"FROM_DAYS", "days since 1970 as a DATE", kFromDays},
    {"FROM_UNIXTIME", "milliseconds since 1970 as a TIMESTAMP", kFromUnixtime},
    {"PARSE_DATE", "(text, pattern) as a DATE", kParseDate},
    {"PARSE_TIME", "(text, pattern) as a TIME", kParseTime},
    {"PARSE_TIMESTAMP", "(text, pattern, zone) as a TIMESTAMP", kParseTimestamp},
    {"STRINGTODATE", "(text, pattern) as days since 1970", kStringToDate},
    {"STRINGTOTIMESTAMP", "(text, pattern, zone) as milliseconds since 1970", kStringToTimestamp},
    {"TIMEADD", "(unit, how many, time): later by so much, past midnight from the start", kTimeAdd},
    {"TIMESTAMPADD", "(unit, how many, timestamp): later by so much", kTimestampAdd},
    {"TIMESTAMPSUB", "(unit, how many, timestamp): earlier by so much", kTimestampSub},
    {"TIMESTAMPTOSTRING", "(milliseconds, pattern, zone) as a text", kTimestampToString},
    {"TIMESUB", "(unit, how many, time): earlier by so much", kTimeSub},
    {"UNIX_DATE", "today, or a DATE, as days since 1970", kUnixDate},
    {"UNIX_TIMESTAMP", "now, or a TIMESTAMP, as milliseconds since 1970", kUnixTimestamp},
};

}  // namespace

std::span<const ScalarEntry> time_functions() {
  return kTable;
}

}  // namespace sl::query
