// JSON in, by simdjson's on-demand parser: one pass over an object's fields, of which only the wanted ones are looked
// into. Texts without escapes are views of the record itself. Names match exactly first, then whatever their case; the
// last of several wins.
#define SIMDJSON_EXCEPTIONS 0
#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <cstring>
#include <unordered_map>

#include "base/base64.h"
#include "query/decimal.h"
#include "query/format_kinds.h"
#include "query/name.h"

namespace sl::query {
namespace {

namespace od = simdjson::ondemand;

// Deeper values are refused (Jackson's bound): each level takes stack.
constexpr int kDepthMax = 1000;

// Of a record that is taken apart: where values go and what was wrong.
struct Reading {
  Arena& arena;
  std::string& why;
  int depth = kDepthMax;  // levels that are left
};

class Level {
 public:
  explicit Level(Reading& in) : in_(in) { --in_.depth; }
  ~Level() { ++in_.depth; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  Reading& in_;
};

bool broken(Reading& in, simdjson::error_code code) {
  in.why = fmt::format("it is no JSON: {}", simdjson::error_message(code));
  return false;
}
bool unfit(Reading& in, const Type& type, std::string_view token) {
  in.why = fmt::format("{} is no {}", token.substr(0, 60), to_sql(type));
  return false;
}

std::string_view without_blanks(std::string_view token) {
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t'))
    token.remove_suffix(1);
  return token;
}

// The text of a string; without escapes it is the record's own bytes.
template <class Json>
bool read_string(Json& json, Reading& in, std::string_view& out) {
  auto token = without_blanks(json.raw_json_token());
  if (token.size() >= 2 && token.back() == '"' && !std::memchr(token.data(), '\\', token.size())) {
    out = token.substr(1, token.size() - 2);
    return true;
  }
  std::string_view text;
  if (auto code = json.get_string().get(text)) return broken(in, code);
  out = in.arena.copy(text);
  return true;
}

bool read(od::value& json, const Type& type, Reading& in, Value& out);

bool read_number(std::string_view token, const Type& type, Reading& in, Value& out) {
  bool whole = token.find_first_of(".eE") == std::string_view::npos;
  if (type.base == Base::kDouble) {
    auto value = value_from_text(token, type, in.arena);
    if (!value) return unfit(in, type, token);
    out = *value;
    return true;
  }
  if (type.base == Base::kDecimal) {
    auto parsed = parse_decimal(token);
    auto fitted = parsed ? fit_decimal(parsed->unscaled, parsed->scale, type.precision, type.scale) : std::nullopt;
    if (!fitted || (parsed->scale > type.scale && rescale(*fitted, type.scale, parsed->scale) != parsed->unscaled))
      return unfit(in, type, token);
    out = Value::decimal(*fitted, in.arena);
    return true;
  }
  // Whole numbers: fractions are cut off, what is too large for INT wraps.
  int64_t number = 0;
  if (whole) {
    auto parsed = parse_decimal(token);
    if (!parsed) return unfit(in, type, token);
    number = static_cast<int64_t>(parsed->unscaled);
  } else {
    auto real = value_from_text(token, *simple_type(Base::kDouble), in.arena);
    if (!real || !(std::fabs(real->as_real()) < 0x1p63)) return unfit(in, type, token);
    number = static_cast<int64_t>(real->as_real());
  }
  bool narrow = type.base == Base::kInt || type.base == Base::kDate || type.base == Base::kTime;
  out = Value::integer(narrow ? static_cast<int32_t>(number) : number);
  return true;
}

// The common case: up to 18 digits.
bool fast_integer(std::string_view token, int64_t& out) {
  bool minus = !token.empty() && token[0] == '-';
  if (minus) token.remove_prefix(1);
  if (token.empty() || token.size() > 18) return false;
  int64_t v = 0;
  for (char c : token) {
    if (c < '0' || c > '9') return false;
    v = v * 10 + (c - '0');
  }
  out = minus ? -v : v;
  return true;
}

// Numbers and times, which may stand in quotes.
template <class Json>
bool read_scalar(Json& json, char first, const Type& type, Reading& in, Value& out) {
  if (first == '"') {
    std::string_view text;
    if (!read_string(json, in, text)) return false;
    auto value = value_from_text(text, type, in.arena);
    if (!value) return unfit(in, type, text);
    out = *value;
    return true;
  }
  auto token = without_blanks(json.raw_json_token());
  bool digits = first == '-' || (first >= '0' && first <= '9');
  if (!digits) return unfit(in, type, token);
  int64_t number;
  if ((type.base == Base::kBigint || type.base == Base::kTimestamp) && fast_integer(token, number)) {
    out = Value::integer(number);
    return true;
  }
  return read_number(token, type, in, out);
}

// A STRING takes anything.
bool read_anything(od::value& json, char first, Reading& in, Value& out) {
  std::string_view text;
  if (first == '"') {
    if (!read_string(json, in, text)) return false;
    out = Value::text(text);
    return true;
  }
  if (first == '{') {
    od::object object;
    if (auto code = json.get_object().get(object)) return broken(in, code);
    if (auto code = object.raw_json().get(text)) return broken(in, code);
    std::string compact(text.size() + simdjson::SIMDJSON_PADDING, '\0');
    size_t size = 0;
    if (auto code = simdjson::minify(text.data(), text.size(), compact.data(), size)) return broken(in, code);
    out = Value::text(in.arena.copy({compact.data(), size}));
    return true;
  }
  if (first == '[') {
    od::array array;
    if (auto code = json.get_array().get(array)) return broken(in, code);
    std::string joined = "[";
    for (auto item : array) {
      od::value inner;
      if (auto code = std::move(item).get(inner)) return broken(in, code);
      Value part;
      if (!read(inner, *simple_type(Base::kString), in, part)) return false;
      if (joined.size() > 1) joined += ", ";
      joined += part.is_null() ? "null" : part.as_text();
    }
    out = Value::text(in.arena.copy(joined + "]"));
    return true;
  }
  out = Value::text(in.arena.copy(without_blanks(json.raw_json_token())));
  return true;
}

bool read_array(od::value& json, const Type& type, Reading& in, Value& out) {
  od::array array;
  if (auto code = json.get_array().get(array)) return unfit(in, type, simdjson::error_message(code));
  std::vector<Value> items;
  for (auto item : array) {
    od::value inner;
    if (auto code = std::move(item).get(inner)) return broken(in, code);
    if (!read(inner, *type.element, in, items.emplace_back())) return false;
  }
  auto* copy = in.arena.array<Value>(items.size());
  std::copy(items.begin(), items.end(), copy);
  out = Value::array(copy, items.size());
  return true;
}

// The name of a field, unescaped.
bool read_name(simdjson::simdjson_result<od::field>& result, Reading& in, od::field& field, std::string_view& name) {
  if (auto code = std::move(result).get(field)) return broken(in, code);
  const char* begin = field.key().raw();
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  if (*end == '"') {
    name = {begin, static_cast<size_t>(end - begin)};
    return true;
  }
  if (auto code = field.unescaped_key().get(name)) return broken(in, code);
  name = in.arena.copy(name);
  return true;
}

bool read_map(od::value& json, const Type& type, Reading& in, Value& out) {
  od::object object;
  if (auto code = json.get_object().get(object)) return unfit(in, type, simdjson::error_message(code));
  std::vector<Value> items;
  std::unordered_map<std::string_view, size_t> places;
  for (auto result : object) {
    od::field field;
    std::string_view name;
    if (!read_name(result, in, field, name)) return false;
    auto [place, fresh] = places.try_emplace(name, items.size());
    size_t at = place->second;
    if (fresh) items.resize(at + 2);
    items[at] = Value::text(name);
    if (!read(field.value(), *type.element, in, items[at + 1])) return false;
  }
  auto* copy = in.arena.array<Value>(items.size());
  std::copy(items.begin(), items.end(), copy);
  out = Value::map(copy, items.size() / 2);
  return true;
}

bool read_struct(od::value& json, const Type& type, Reading& in, Value& out) {
  od::object object;
  if (auto code = json.get_object().get(object)) return unfit(in, type, simdjson::error_message(code));
  auto* items = in.arena.array<Value>(type.fields.size());
  std::fill_n(items, type.fields.size(), Value());
  for (auto result : object) {
    od::field field;
    std::string_view name;
    if (!read_name(result, in, field, name)) return false;
    auto at = find_name(type.fields, name, [](const Field& f) -> const std::string& { return f.name; });
    if (at && !read(field.value(), *type.fields[*at].type, in, items[*at])) return false;
  }
  out = Value::row(items, type.fields.size());
  return true;
}

char first_of(std::string_view token) {
  return token.empty() ? '\0' : token[0];
}

bool read(od::value& json, const Type& type, Reading& in, Value& out) {
  char first = first_of(json.raw_json_token());
  if (first == 'n') {
    if (without_blanks(json.raw_json_token()) != "null") return unfit(in, type, json.raw_json_token());
    out = Value::null();
    return true;
  }
  Level level(in);
  if (in.depth < 0) {
    in.why = fmt::format("it is nested more than {} levels deep", kDepthMax);
    return false;
  }
  switch (type.base) {
    case Base::kBoolean: {
      auto token = without_blanks(json.raw_json_token());
      if (token != "true" && token != "false") return unfit(in, type, token);
      out = Value::boolean(token == "true");
      return true;
    }
    case Base::kString:
      return read_anything(json, first, in, out);
    case Base::kArray:
      return read_array(json, type, in, out);
    case Base::kMap:
      return read_map(json, type, in, out);
    case Base::kStruct:
      return read_struct(json, type, in, out);
    default:
      return read_scalar(json, first, type, in, out);
  }
}

class JsonDecoder final : public Decoder {
 public:
  JsonDecoder(const Format& format, std::vector<Field> columns, std::vector<size_t> wanted)
      : unwrapped_(format.unwrapped),
        columns_(std::move(columns)),
        wanted_(std::move(wanted)),
        exact_(wanted_.size()) {}

  bool decode(Bytes data, size_t slack, Value* const* columns, size_t row, Arena& arena, std::string& why) override {
    Reading in{arena, why};
    auto text = as_text(data);
    if (slack < simdjson::SIMDJSON_PADDING) {
      auto* copy = arena.array<char>(text.size() + simdjson::SIMDJSON_PADDING);
      std::memcpy(copy, text.data(), text.size());
      std::memset(copy + text.size(), 0, simdjson::SIMDJSON_PADDING);
      text = {copy, text.size()};
    }
    for (size_t i = 0; i < wanted_.size(); ++i) columns[i][row] = Value::null();
    od::document document;
    if (auto code = parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING).get(document))
      return broken(in, code);
    if (unwrapped_) return single(document, columns, row, in);
    od::object object;
    if (document.get_object().get(object)) {
      if (without_blanks(text) == "null") return true;
      why = fmt::format("it is no JSON object: {}", text.substr(0, 60));
      return false;
    }
    return fields(object, columns, row, in);
  }

 private:
  bool fields(od::object& object, Value* const* columns, size_t row, Reading& in) {
    std::fill(exact_.begin(), exact_.end(), false);
    size_t hint = 0;
    for (auto result : object) {
      od::field field;
      std::string_view name;
      if (!read_name(result, in, field, name)) return false;
      auto at = place(name, hint);
      if (!at) continue;
      hint = *at + 1;
      if (!read(field.value(), *columns_[wanted_[*at]].type, in, columns[*at][row])) {
        in.why = fmt::format("column {}: {}", columns_[wanted_[*at]].name, in.why);
        return false;
      }
    }
    return true;
  }
  // Which wanted column a field is; the one behind the last is tried first.
  std::optional<size_t> place(std::string_view name, size_t hint) {
    if (hint < wanted_.size() && columns_[wanted_[hint]].name == name) {
      exact_[hint] = true;
      return hint;
    }
    for (size_t i = 0; i < wanted_.size(); ++i) {
      if (columns_[wanted_[i]].name != name) continue;
      exact_[i] = true;
      return i;
    }
    for (size_t i = 0; i < wanted_.size(); ++i)
      if (!exact_[i] && same_name(columns_[wanted_[i]].name, name)) return i;
    return std::nullopt;
  }
  // A document that is the column's value itself.
  bool single(od::document& document, Value* const* columns, size_t row, Reading& in) {
    if (wanted_.empty()) return true;
    const auto& type = *columns_[0].type;
    auto& out = columns[0][row];
    // On-demand keeps documents that are scalars apart from values.
    std::string_view token;
    if (auto code = document.raw_json_token().get(token)) return broken(in, code);
    char first = first_of(token);
    if (first == '{' || first == '[') {
      od::value value;
      if (auto code = document.get_value().get(value)) return broken(in, code);
      return read(value, type, in, out);
    }
    if (without_blanks(token) == "null") return true;
    if (type.base == Base::kBoolean || type.base == Base::kString) {
      auto plain = without_blanks(token);
      if (type.base == Base::kBoolean) {
        if (plain != "true" && plain != "false") return unfit(in, type, plain);
        out = Value::boolean(plain == "true");
        return true;
      }
      std::string_view text = plain;
      if (first == '"') {
        if (auto code = document.get_string().get(text)) return broken(in, code);
      }
      out = Value::text(in.arena.copy(text));
      return true;
    }
    if (type.nested()) return unfit(in, type, token);
    if (first == '"') {
      std::string_view text;
      if (auto code = document.get_string().get(text)) return broken(in, code);
      auto value = value_from_text(in.arena.copy(text), type, in.arena);
      if (!value) return unfit(in, type, text);
      out = *value;
      return true;
    }
    bool digits = first == '-' || (first >= '0' && first <= '9');
    return digits ? read_number(without_blanks(token), type, in, out) : unfit(in, type, token);
  }

  bool unwrapped_;
  std::vector<Field> columns_;
  std::vector<size_t> wanted_;
  std::vector<bool> exact_;
  od::parser parser_;
};

}  // namespace

std::unique_ptr<Decoder> json_decoder(const Format& format, std::vector<Field> columns, std::vector<size_t> wanted) {
  return std::make_unique<JsonDecoder>(format, std::move(columns), std::move(wanted));
}

std::optional<Value> value_from_json(std::string_view json, const Type& type, Arena& arena, std::string& why) {
  Format format{.unwrapped = true};
  JsonDecoder decoder(format, {{"", std::make_shared<const Type>(type)}}, {0});
  Value out;
  Value* column = &out;
  if (!decoder.decode(as_bytes(json), 0, &column, 0, arena, why)) return std::nullopt;
  return out;
}

}  // namespace sl::query
