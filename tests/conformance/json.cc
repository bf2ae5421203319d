#include "tests/conformance/json.h"

#define SIMDJSON_EXCEPTIONS 0
#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <cstdlib>

#include "query/format.h"
#include "query/name.h"

namespace sl::conformance {
namespace {

namespace od = simdjson::ondemand;
using Kind = Json::Kind;

std::string_view trimmed(std::string_view token) {
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

Status take(od::value value, Json& out) {
  auto broken = [](simdjson::error_code code) { return Error{Errc::kMalformed, simdjson::error_message(code)}; };
  auto token = trimmed(value.raw_json_token());
  switch (token.empty() ? ' ' : token[0]) {
    case '{': {
      out.kind = Kind::kObject;
      od::object object;
      if (auto code = value.get_object().get(object)) return broken(code);
      for (auto result : object) {
        od::field field;
        if (auto code = std::move(result).get(field)) return broken(code);
        std::string_view name;
        if (auto code = field.unescaped_key().get(name)) return broken(code);
        out.fields.emplace_back(std::string(name), Json());
        SL_CHECK(take(field.value(), out.fields.back().second));
      }
      return {};
    }
    case '[': {
      out.kind = Kind::kArray;
      od::array array;
      if (auto code = value.get_array().get(array)) return broken(code);
      for (auto result : array) {
        od::value item;
        if (auto code = std::move(result).get(item)) return broken(code);
        SL_CHECK(take(item, out.items.emplace_back()));
      }
      return {};
    }
    case '"': {
      out.kind = Kind::kString;
      std::string_view text;
      // Lone surrogates, which Java's strings may hold, are replaced.
      if (auto code = value.get_string().get(text)) {
        out.text = std::string(token.substr(1, token.size() - 2));
        return code == simdjson::STRING_ERROR ? Status() : Status(broken(code));
      }
      out.text = text;
      return {};
    }
    case 'n':
      return {};
    case 't':
    case 'f':
      out.kind = Kind::kBoolean;
      out.text = token;
      return {};
    default:
      out.kind = Kind::kNumber;
      out.text = token;
      return {};
  }
}

bool same_number(const std::string& a, const std::string& b) {
  if (a == b) return true;
  double x = std::strtod(a.c_str(), nullptr), y = std::strtod(b.c_str(), nullptr);
  return x == y || std::fabs(x - y) <= 1e-6 * std::max(1.0, std::max(std::fabs(x), std::fabs(y)));
}

const Json* find_loosely(const Json& object, const std::string& name) {
  if (const auto* exact = object.find(name)) return exact;
  for (const auto& [other, value] : object.fields)
    if (query::same_name(other, name)) return &value;
  return nullptr;
}

bool covers(const Json& one, const Json& other) {
  for (const auto& [name, value] : one.fields) {
    const auto* match = find_loosely(other, name);
    if (!same_result(value, match ? *match : Json())) return false;
  }
  return true;
}

}  // namespace

const Json* Json::find(std::string_view name) const {
  for (const auto& [field, value] : fields)
    if (field == name) return &value;
  return nullptr;
}

std::string Json::string_or(std::string_view name, std::string_view otherwise) const {
  const auto* value = find(name);
  return value && value->kind != Kind::kNull ? value->text : std::string(otherwise);
}

Result<Json> parse_json(std::string_view text) {
  simdjson::padded_string wrapped(fmt::format("[{}]", text));
  od::parser parser;
  od::document document;
  if (auto code = parser.iterate(wrapped).get(document)) return Error{Errc::kMalformed, simdjson::error_message(code)};
  od::value value;
  if (auto code = document.get_value().get(value)) return Error{Errc::kMalformed, simdjson::error_message(code)};
  Json out;
  SL_CHECK(take(value, out));
  if (out.items.size() != 1) return Error{Errc::kMalformed, "it is not one JSON value"};
  return std::move(out.items[0]);
}

std::string to_text(const Json& json) {
  auto quoted = [](const std::string& text) {
    std::string out;
    query::append_json(out, query::Value::text(text), *query::simple_type(query::Base::kString));
    return out;
  };
  std::string out;
  switch (json.kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
    case Kind::kNumber:
      return json.text;
    case Kind::kString:
      return quoted(json.text);
    case Kind::kArray:
      for (const auto& item : json.items) out += (out.empty() ? "" : ",") + to_text(item);
      return "[" + out + "]";
    case Kind::kObject:
      for (const auto& [name, value] : json.fields)
        out += (out.empty() ? "" : ",") + quoted(name) + ":" + to_text(value);
      return "{" + out + "}";
  }
  return out;
}

bool same_result(const Json& expected, const Json& actual) {
  // The suite writes some decimals in quotes.
  auto scalar = [](const Json& json) { return json.kind == Kind::kString || json.kind == Kind::kNumber; };
  if (expected.kind != actual.kind && scalar(expected) && scalar(actual)) return expected.text == actual.text;
  if (expected.kind != actual.kind) return false;
  if (expected.kind == Kind::kNumber) return same_number(expected.text, actual.text);
  if (expected.kind == Kind::kObject) return covers(expected, actual) && covers(actual, expected);
  if (expected.kind != Kind::kArray) return expected.text == actual.text;
  if (expected.items.size() != actual.items.size()) return false;
  for (size_t i = 0; i < expected.items.size(); ++i)
    if (!same_result(expected.items[i], actual.items[i])) return false;
  return true;
}

}  // namespace sl::conformance
