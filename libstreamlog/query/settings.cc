#include "query/settings.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "query/name.h"

namespace sl::query {
namespace {

Result<bool> truth(std::string_view name, std::string_view value) {
  if (same_name(value, "true")) return true;
  if (same_name(value, "false")) return false;
  return Error{Errc::kInvalidConfig, fmt::format("{} is true or false, not '{}'", name, value)};
}

Error one_of(std::string_view name, std::string_view values, std::string_view value) {
  return {Errc::kInvalidConfig, fmt::format("{} is {}, not '{}'", name, values, value)};
}

struct Setting {
  std::string_view name;
  Status (*set)(Settings& settings, std::string_view name, std::string_view value);
  std::string (*get)(const Settings& settings);
};

std::string text(bool v) {
  return v ? "true" : "false";
}

// Whole numbers; -1 is none.
Status take_limit(size_t& limit, std::string_view name, std::string_view value) {
  auto number = parse_int(value);
  if (!number || *number < -1) return one_of(name, "a number of values, or -1 for all", value);
  limit = *number < 0 ? SIZE_MAX : static_cast<size_t>(*number);
  return {};
}
std::string limit_text(size_t limit) {
  return limit == SIZE_MAX ? "-1" : std::to_string(limit);
}

constexpr std::array<Setting, 11> kSettings = {{
    {"auto.offset.reset",
     [](Settings& s, std::string_view name, std::string_view value) -> Status {
       if (!same_name(value, "earliest") && !same_name(value, "latest"))
         return one_of(name, "earliest or latest", value);
       s.start_at_end = same_name(value, "latest");
       return {};
     },
     [](const Settings& s) { return std::string(s.start_at_end ? "latest" : "earliest"); }},
    {"dialect.strict",
     [](Settings& s, std::string_view name, std::string_view value) -> Status {
       SL_TRY(s.strict, truth(name, value));
       return {};
     },
     [](const Settings& s) { return text(s.strict); }},
    {"functions.collect_list.limit",
     [](Settings& s, std::string_view name, std::string_view value) {
       return take_limit(s.aggregate_limits.collect_list, name, value);
     },
     [](const Settings& s) { return limit_text(s.aggregate_limits.collect_list); }},
    {"functions.collect_set.limit",
     [](Settings& s, std::string_view name, std::string_view value) {
       return take_limit(s.aggregate_limits.collect_set, name, value);
     },
     [](const Settings& s) { return limit_text(s.aggregate_limits.collect_set); }},
    {"identifier.case",
     [](Settings& s, std::string_view name, std::string_view value) -> Status {
       if (!same_name(value, "upper") && !same_name(value, "preserve")) return one_of(name, "upper or preserve", value);
       s.identifiers = same_name(value, "upper") ? IdentifierCase::kUpper : IdentifierCase::kPreserve;
       return {};
     },
     [](const Settings& s) { return std::string(s.identifiers == IdentifierCase::kUpper ? "upper" : "preserve"); }},
    {"new.query.planner.enabled",
     [](Settings& s, std::string_view name, std::string_view value) -> Status {
       SL_TRY(s.key_from_projection, truth(name, value));
       return {};
     },
     [](const Settings& s) { return text(s.key_from_projection); }},
    {"output.topic.name.prefix",
     [](Settings& s, std::string_view, std::string_view value) -> Status {
       s.topic_prefix = value;
       return {};
     },
     [](const Settings& s) { return s.topic_prefix; }},
    {"persistence.default.format.key",
     [](Settings& s, std::string_view, std::string_view value) -> Status {
       SL_TRY(s.default_key_format, parse_format(value));
       return {};
     },
     [](const Settings& s) { return std::string(format_name(s.default_key_format)); }},
    {"persistence.default.format.value",
     [](Settings& s, std::string_view, std::string_view value) -> Status {
       SL_TRY(s.default_value_format, parse_format(value));
       return {};
     },
     [](const Settings& s) { return std::string(s.default_value_format ? format_name(*s.default_value_format) : ""); }},
    {"persistence.wrap.single.values",
     [](Settings& s, std::string_view name, std::string_view value) -> Status {
       SL_TRY(s.wrap_single_values, truth(name, value));
       return {};
     },
     [](const Settings& s) { return text(s.wrap_single_values); }},
    {"window.idle.close.ms",
     [](Settings& s, std::string_view name, std::string_view value) -> Status {
       auto ms = parse_int(value);
       if (!ms || *ms < -1) return one_of(name, "a number of milliseconds, or -1 for never", value);
       s.window_idle_close_ms = *ms;
       return {};
     },
     [](const Settings& s) { return std::to_string(s.window_idle_close_ms); }},
}};

}  // namespace

Status Settings::set(std::string_view name, std::string_view value) {
  if (name.starts_with("ksql.")) name.remove_prefix(5);
  if (name.starts_with("streams.")) name.remove_prefix(8);
  std::vector<std::string_view> names;
  for (const auto& setting : kSettings) {
    if (setting.name == name) return setting.set(*this, name, value);
    names.push_back(setting.name);
  }
  auto near = nearest_name(name, names);
  return Error{Errc::kNotFound,
               fmt::format("there is no property {}{}", name, near ? "; did you mean " + *near + "?" : "")};
}

std::map<std::string, std::string> Settings::list() const {
  std::map<std::string, std::string> out;
  for (const auto& setting : kSettings) out[std::string(setting.name)] = setting.get(*this);
  return out;
}

}  // namespace sl::query
