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

// The pattern and zone that a call site saw last.
struct Site {
  std::string pattern_text, zone_text;
  std::optional<TimePattern> pattern;
  std::optional<Zone> zone;
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

const Zone* zone_of(CallContext& call, const Value& text, Value& error) {
  auto& site = site_of(call);
  if (!site.zone || site.zone_text != text.as_text()) {
    site.zone = Zone::find(text.as_text());
    site.zone_text = text.as_text();
  }
  if (!site.zone) error = failed(call, fmt::format("there is no time zone '{}'", text.as_text()));
  return site.zone ? &*site.zone : nullptr;
}

// What a value of DATE, TIME or TIMESTAMP is in milliseconds, and back.
enum class Unit : uint8_t { kMs, kDays };

template <Unit unit>
Value format(CallContext& call, const Value* a) {
  Value error;
  const Zone* zone = nullptr;
  const auto* pattern = pattern_of(call, a[1], error);
  if (pattern && call.argument_types.size() == 3) zone = zone_of(call, a[2], error);
  if (error.is_error()) return error;
  return made(call, pattern->format(unit == Unit::kDays ? a[0].as_integer() * kDayMs : a[0].as_integer(), zone));
}

template <Unit unit>
Value parse(CallContext& call, const Value* a) {
  Value error;
  const Zone* zone = nullptr;
  const auto* pattern = pattern_of(call, a[1], error);
  if (pattern && call.argument_types.size() == 3) zone = zone_of(call, a[2], error);
  if (error.is_error()) return error;
  auto ms = pattern->parse(a[0].as_text(), zone);
  if (!ms) return failed(call, fmt::format("'{}' is not of the form '{}'", a[0].as_text(), a[1].as_text()));
  return Value::integer(unit == Unit::kDays ? *ms / kDayMs - (*ms % kDayMs < 0) : *ms);
}

Value same(CallContext&, const Value* a) {
  return a[0];
}
Value now(CallContext& call, const Value*) {
  return Value::integer(call.now_ms);
}
Value today(CallContext& call, const Value*) {
  return Value::integer(call.now_ms / kDayMs);
}

Value convert_tz(CallContext& call, const Value* a) {
  Value error;
  const auto* from = zone_of(call, a[1], error);
  if (!from) return error;
  int64_t utc = a[0].as_integer() - from->offset_at_local(a[0].as_integer());
  const auto* to = zone_of(call, a[2], error);
  if (!to) return error;
  return Value::integer(utc + to->offset_at(utc));
}

// Adding months and years keeps the day where the month has it, else takes its last.
int64_t months_later(int64_t ms, int64_t months) {
  int64_t days = ms / kDayMs - (ms % kDayMs < 0), of_day = ms - days * kDayMs;
  auto date = civil_of_days(days);
  int64_t month = date.year * 12 + date.month - 1 + months;
  date.year = month / 12 - (month % 12 < 0);
  date.month = static_cast<int>(month - date.year * 12) + 1;
  while (!valid_date(date)) --date.day;
  return days_of_civil(date) * kDayMs + of_day;
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

// (unit, how many, from)
template <int sign, Base base>
Value add(CallContext& call, const Value* a) {
  auto step = step_of(a[0].as_text());
  if (!step) return failed(call, fmt::format("'{}' is no unit of time", a[0].as_text()));
  if (base == Base::kDate && step->ms != 0 && step->ms < kDayMs)
    return failed(call, "a DATE has no parts smaller than a day");
  if (base == Base::kTime && step->ms == 0) return failed(call, "a TIME has no months");
  int64_t count = a[1].as_integer() * sign, from = base == Base::kDate ? a[2].as_integer() * kDayMs : a[2].as_integer();
  int64_t ms = step->months ? months_later(from, step->months * count) : from + step->ms * count;
  if (base == Base::kDate) return Value::integer(ms / kDayMs - (ms % kDayMs < 0));
  return Value::integer(base == Base::kTime ? ((ms % kDayMs) + kDayMs) % kDayMs : ms);
}

constexpr ScalarVariant kFormatTimestamp[] = {{"TIMESTAMP, STRING", "STRING", format<Unit::kMs>},
                                              {"TIMESTAMP, STRING, STRING", "STRING", format<Unit::kMs>}};
constexpr ScalarVariant kTimestampToString[] = {{"BIGINT, STRING", "STRING", format<Unit::kMs>},
                                                {"BIGINT, STRING, STRING", "STRING", format<Unit::kMs>}};
constexpr ScalarVariant kFormatDate[] = {{"DATE, STRING", "STRING", format<Unit::kDays>}};
constexpr ScalarVariant kDateToString[] = {{"INT, STRING", "STRING", format<Unit::kDays>}};
constexpr ScalarVariant kFormatTime[] = {{"TIME, STRING", "STRING", format<Unit::kMs>}};
constexpr ScalarVariant kParseTimestamp[] = {{"STRING, STRING", "TIMESTAMP", parse<Unit::kMs>},
                                             {"STRING, STRING, STRING", "TIMESTAMP", parse<Unit::kMs>}};
constexpr ScalarVariant kStringToTimestamp[] = {{"STRING, STRING", "BIGINT", parse<Unit::kMs>},
                                                {"STRING, STRING, STRING", "BIGINT", parse<Unit::kMs>}};
constexpr ScalarVariant kParseDate[] = {{"STRING, STRING", "DATE", parse<Unit::kDays>}};
constexpr ScalarVariant kStringToDate[] = {{"STRING, STRING", "INT", parse<Unit::kDays>}};
constexpr ScalarVariant kParseTime[] = {{"STRING, STRING", "TIME", parse<Unit::kMs>}};
constexpr ScalarVariant kFromUnixtime[] = {{"BIGINT", "TIMESTAMP", same}};
constexpr ScalarVariant kFromDays[] = {{"INT", "DATE", same}};
constexpr ScalarVariant kUnixTimestamp[] = {{"", "BIGINT", now, kNotDeterministic}, {"TIMESTAMP", "BIGINT", same}};
constexpr ScalarVariant kUnixDate[] = {{"", "INT", today, kNotDeterministic}, {"DATE", "INT", same}};
constexpr ScalarVariant kConvertTz[] = {{"TIMESTAMP, STRING, STRING", "TIMESTAMP", convert_tz}};
constexpr ScalarVariant kTimestampAdd[] = {{"INTERVAL, INT, TIMESTAMP", "TIMESTAMP", add<1, Base::kTimestamp>}};
constexpr ScalarVariant kTimestampSub[] = {{"INTERVAL, INT, TIMESTAMP", "TIMESTAMP", add<-1, Base::kTimestamp>}};
constexpr ScalarVariant kDateAdd[] = {{"INTERVAL, INT, DATE", "DATE", add<1, Base::kDate>}};
constexpr ScalarVariant kDateSub[] = {{"INTERVAL, INT, DATE", "DATE", add<-1, Base::kDate>}};
constexpr ScalarVariant kTimeAdd[] = {{"INTERVAL, INT, TIME", "TIME", add<1, Base::kTime>}};
constexpr ScalarVariant kTimeSub[] = {{"INTERVAL, INT, TIME", "TIME", add<-1, Base::kTime>}};

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
