// Functions of JSON in STRINGs. What is no JSON is an error, and so is a path that is none; a part that is not there is
// null.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "query/call_result.h"
#include "query/decimal.h"
#include "query/format.h"
#include "query/function_table.h"
#include "query/json_text.h"
#include "query/time_text.h"

namespace sl::query {
namespace {

Value no_json(CallContext& call, std::string_view text) {
  return failed(call, fmt::format("Invalid JSON format: {}", text.substr(0, 200)));
}
bool empty(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string compact(std::string_view value) {
  std::string out;
  append_compact_json(out, value);
  return out;
}
// A string itself, anything else as JSON.
Value plain(CallContext& call, std::string_view value) {
  return made(call, json_is_string(value) ? json_string(value) : compact(value));
}

// $.name[0]["any name"]: the names and places that lead to a part. Kept by the call site.
struct Path {
  std::string text;
  std::vector<std::string> steps;
  bool right = false;
};
// Takes what stands in brackets, with or without quotes.
bool take_bracketed(std::string_view& rest, std::string& step) {
  char quote = rest.empty() ? '\0' : rest.front();
  if (quote != '"' && quote != '\'') {
    auto end = rest.find(']');
    if (end == std::string_view::npos || end == 0) return false;
    step = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return true;
  }
  for (rest.remove_prefix(1); !rest.empty() && rest.front() != quote; rest.remove_prefix(1)) {
    if (rest.front() == '\\') rest.remove_prefix(1);
    if (rest.empty()) return false;
    step += rest.front();
  }
  if (rest.size() < 2 || rest[1] != ']') return false;
  rest.remove_prefix(2);
  return true;
}
bool parse_path(std::string_view rest, std::vector<std::string>& steps) {
  if (!rest.starts_with('$')) return false;
  rest.remove_prefix(1);
  while (!rest.empty()) {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == ' ') continue;
    auto& step = steps.emplace_back();
    if (c == '[') {
      if (!take_bracketed(rest, step)) return false;
      continue;
    }
    auto end = std::min(rest.find_first_of(".[ "), rest.size());
    if (c != '.' || end == 0) return false;
    step = rest.substr(0, end);
    rest.remove_prefix(end);
  }
  return true;
}
std::shared_ptr<Path> path_of(CallContext& call, std::string_view text) {
  auto kept = call.site ? std::static_pointer_cast<Path>(*call.site) : nullptr;
  if (kept && kept->text == text) return kept;
  kept = std::make_shared<Path>();
  kept->text = text;
  kept->right = parse_path(text, kept->steps);
  if (call.site) *call.site = kept;
  return kept;
}

std::optional<std::string_view> part_of(std::string_view value, const std::string& step) {
  if (json_is_object(value)) return json_member(value, step);
  if (!json_is_array(value)) return std::nullopt;
  size_t place = 0;
  auto [end, code] = std::from_chars(step.data(), step.data() + step.size(), place);
  if (code != std::errc() || end != step.data() + step.size()) return std::nullopt;
  auto items = json_items(value);
  return place < items.size() ? std::optional(items[place]) : std::nullopt;
}

// What stands behind the value is not looked at. A null that is there is the text "null".
Value extract_field(CallContext& call, const Value* a) {
  auto text = a[0].as_text();
  auto path = path_of(call, a[1].as_text());
  if (!path->right) return failed(call, fmt::format("Invalid JSON path: '{}'", path->text));
  if (empty(text)) return Value::null();
  auto value = take_json(text);
  if (!value) return no_json(call, a[0].as_text());
  for (const auto& step : path->steps) {
    value = part_of(*value, step);
    if (!value) return Value::null();
  }
  return plain(call, *value);
}

Value is_json(CallContext&, const Value* a) {
  return Value::boolean(!a[0].is_null() && whole_json(a[0].as_text()));
}

// A number equal to a whole number, or to one with a fraction, by kind as well as by size.
bool equals_number(std::string_view token, const Value& wanted, const Type& type) {
  bool whole = token.find_first_of(".eE") == std::string_view::npos;
  if (whole != type.integer()) return false;
  if (type.base == Base::kDouble) {
    double v = 0;
    std::from_chars(token.data(), token.data() + token.size(), v);
    return v == wanted.as_real();
  }
  auto parsed = parse_decimal(token);
  if (!parsed) return false;
  if (whole) return parsed->unscaled == wanted.as_integer();
  auto same = rescale(wanted.as_decimal(), type.scale, std::max(type.scale, parsed->scale));
  auto other = rescale(parsed->unscaled, parsed->scale, std::max(type.scale, parsed->scale));
  return same && other && *same == *other;
}
bool equals(std::string_view item, const Value& wanted, const Type& type) {
  if (wanted.is_null()) return item == "null";
  switch (type.base) {
    case Base::kBoolean:
      return item == (wanted.as_boolean() ? "true" : "false");
    case Base::kString:
      return json_is_string(item) && json_string(item) == wanted.as_text();
    default:
      return type.numeric() && (item[0] == '-' || (item[0] >= '0' && item[0] <= '9')) &&
             equals_number(item, wanted, type);
  }
}
Value array_contains(CallContext& call, const Value* a) {
  auto array = a[0].is_null() ? std::nullopt : whole_json(a[0].as_text());
  if (!array || !json_is_array(*array)) return Value::boolean(false);
  auto items = json_items(*array);
  return Value::boolean(std::any_of(
      items.begin(), items.end(), [&](std::string_view item) { return equals(item, a[1], *call.argument_types[1]); }));
}

// The value that a text is, where it is of the kind; else what the function gives: null, or an error where it is no
// JSON.
template <bool (*kind)(std::string_view)>
std::optional<std::string_view> of_kind(CallContext& call, std::string_view text, Value& otherwise) {
  if (empty(text)) return std::nullopt;
  auto value = whole_json(text);
  if (!value) otherwise = no_json(call, text);
  return value && kind(*value) ? value : std::nullopt;
}

Value array_length(CallContext& call, const Value* a) {
  Value out;
  if (auto array = of_kind<json_is_array>(call, a[0].as_text(), out))
    out = Value::integer(static_cast<int64_t>(json_items(*array).size()));
  return out;
}
Value items(CallContext& call, const Value* a) {
  Value out;
  auto array = of_kind<json_is_array>(call, a[0].as_text(), out);
  if (!array) return out;
  std::vector<Value> parts;
  for (auto item : json_items(*array)) parts.push_back(made(call, compact(item)));
  return made_array(call, parts);
}
Value keys(CallContext& call, const Value* a) {
  Value out;
  auto object = of_kind<json_is_object>(call, a[0].as_text(), out);
  if (!object) return out;
  std::vector<Value> parts;
  for (auto& member : json_members(*object)) parts.push_back(made(call, member.name));
  return made_array(call, parts);
}
Value records(CallContext& call, const Value* a) {
  Value out;
  auto object = of_kind<json_is_object>(call, a[0].as_text(), out);
  if (!object) return out;
  std::vector<Value> parts;
  for (auto& member : json_members(*object)) {
    parts.push_back(made(call, member.name));
    parts.push_back(plain(call, member.value));
  }
  return Value::map(made_array(call, parts).items(), parts.size() / 2);
}

void append_quoted(std::string& out, std::string_view text) {
  append_json(out, Value::text(text), *simple_type(Base::kString));
}

// As PostgreSQL's ||: objects are united, else the items of all follow each other, what is no array being one of one
// item.
Value concat(CallContext& call, const Value* a) {
  std::vector<std::string_view> values;
  for (size_t i = 0; i < call.argument_types.size(); ++i) {
    auto value = whole_json(a[i].as_text());
    if (!value) return empty(a[i].as_text()) ? Value::null() : no_json(call, a[i].as_text());
    values.push_back(*value);
  }
  if (values.size() == 1) return made(call, compact(values[0]));
  bool objects = std::all_of(values.begin(), values.end(), json_is_object);
  std::string joined;
  // One object whose members follow each other: of those of one name the last counts.
  for (auto value : values) {
    bool opened = objects || json_is_array(value);
    auto inner = opened ? value.substr(1, value.size() - 2) : value;
    if (empty(inner)) continue;
    if (!joined.empty()) joined += ',';
    joined += inner;
  }
  joined = (objects ? "{" : "[") + joined + (objects ? "}" : "]");
  if (!objects) return made(call, compact(joined));
  std::string out = "{";
  for (auto& member : json_members(joined)) {
    if (out.size() > 1) out += ',';
    append_quoted(out, member.name);
    out += ':';
    append_compact_json(out, member.value);
  }
  return made(call, out + "}");
}

// As the JSON format writes it, but times as text and names in order.
void append_readable(std::string& out, const Value& value, const Type& type) {
  if (!value.present()) {
    out += "null";
  } else if (type.base == Base::kDate) {
    append_quoted(out, date_text(value.as_integer()));
  } else if (type.base == Base::kTime) {
    append_quoted(out, time_text(value.as_integer()));
  } else if (type.base == Base::kTimestamp) {
    append_quoted(out, timestamp_text(value.as_integer()));
  } else if (type.base == Base::kArray) {
    for (size_t i = 0; i < value.size(); ++i) {
      out += i ? ',' : '[';
      append_readable(out, value.item(i), *type.element);
    }
    out += value.size() ? "]" : "[]";
  } else if (type.nested()) {
    bool map = type.base == Base::kMap;
    std::vector<std::pair<std::string, size_t>> names;
    for (size_t i = 0; i < value.size(); ++i)
      names.push_back({map ? to_text(value.map_key(i), *type.key) : type.fields[i].name, i});
    std::sort(names.begin(), names.end());
    char before = '{';
    for (const auto& [name, i] : names) {
      out += before;
      before = ',';
      append_quoted(out, name);
      out += ':';
      append_readable(out, map ? value.map_value(i) : value.item(i), map ? *type.element : *type.fields[i].type);
    }
    out += names.empty() ? "{}" : "}";
  } else {
    append_json(out, value, type);
  }
}
Value to_json(CallContext& call, const Value* a) {
  std::string out;
  append_readable(out, a[0], *call.argument_types[0]);
  return made(call, out);
}

constexpr ScalarVariant kExtract[] = {{"STRING, STRING", "STRING", extract_field}};
constexpr ScalarVariant kIsJson[] = {{"STRING", "BOOLEAN", is_json, kTakesNull}};
constexpr ScalarVariant kContains[] = {{"STRING, ANY", "BOOLEAN", array_contains, kTakesNull}};
constexpr ScalarVariant kLength[] = {{"STRING", "INT", array_length}};
constexpr ScalarVariant kConcat[] = {{"STRING...", "STRING", concat}};
constexpr ScalarVariant kItems[] = {{"STRING", "ARRAY<STRING>", items}};
constexpr ScalarVariant kKeys[] = {{"STRING", "ARRAY<STRING>", keys}};
constexpr ScalarVariant kRecords[] = {{"STRING", "MAP<STRING, STRING>", records}};
constexpr ScalarVariant kToJson[] = {{"ANY", "STRING", to_json, kTakesNull}};

constexpr ScalarEntry kTable[] = {
    {"EXTRACTJSONFIELD", "the part of a JSON text at a path such as $.a.b[0], a string without its quotes", kExtract},
    {"IS_JSON_STRING", "whether a text is JSON", kIsJson},
    {"JSON_ARRAY_CONTAINS", "whether a JSON array holds a value", kContains},
    {"JSON_ARRAY_LENGTH", "the length of a JSON array", kLength},
    {"JSON_CONCAT", "JSON objects united, or arrays and values joined to one array", kConcat},
    {"JSON_ITEMS", "the items of a JSON array, as JSON", kItems},
    {"JSON_KEYS", "the names in a JSON object", kKeys},
    {"JSON_RECORDS", "a JSON object as a map of names to values", kRecords},
    {"TO_JSON_STRING", "a value of any type as JSON", kToJson},
};

}  // namespace

std::span<const ScalarEntry> json_functions() {
  return kTable;
}

}  // namespace sl::query
