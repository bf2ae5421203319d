// Types: the simple ones by name, DECIMAL with its digits, the nested ones with theirs, and those that CREATE TYPE
// named.
#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "query/name.h"
#include "query/parse_state.h"

namespace sl::query {
namespace {

constexpr int kDepthMax = 64;
constexpr std::array<std::pair<std::string_view, Base>, 11> kSimple = {{{"BOOLEAN", Base::kBoolean},
                                                                        {"INT", Base::kInt},
                                                                        {"INTEGER", Base::kInt},
                                                                        {"BIGINT", Base::kBigint},
                                                                        {"DOUBLE", Base::kDouble},
                                                                        {"STRING", Base::kString},
                                                                        {"VARCHAR", Base::kString},
                                                                        {"BYTES", Base::kBytes},
                                                                        {"DATE", Base::kDate},
                                                                        {"TIME", Base::kTime},
                                                                        {"TIMESTAMP", Base::kTimestamp}}};

Error unknown_type(const Token& token) {
  std::vector<std::string_view> names = {"DECIMAL", "ARRAY", "MAP", "STRUCT"};
  for (const auto& [name, base] : kSimple) names.push_back(name);
  auto near = nearest_name(upper_name(token.text), names);
  return error_at(token.at, fmt::format("Cannot resolve unknown type: {}{}", token.text,
                                        near ? "; did you mean " + *near + "?" : ""));
}

}  // namespace

Result<TypePtr> Parser::type() {
  if (++depth_ > kDepthMax) return error_at(peek().at, "the type is nested too deeply");
  struct Leave {
    int& depth;
    ~Leave() { --depth; }
  } leave{depth_};
  auto token = peek();
  if (token.kind != Token::Kind::kWord && token.kind != Token::Kind::kIdentifier) return unexpected("a type");
  take();
  bool word = token.kind == Token::Kind::kWord;
  auto name = word ? upper_name(token.text) : std::string();
  if (name == "DECIMAL" || name == "DEC") return decimal(token.at);
  if (name == "ARRAY" || name == "MAP") return collection(name == "MAP");
  if (name == "STRUCT") return row_type(token.at);
  for (const auto& [simple, base] : kSimple)
    if (name == simple) return simple_of(base);
  auto named = options_.named_type ? options_.named_type(word ? cased(token.text) : token.text) : nullptr;
  return named ? Result<TypePtr>(named) : Result<TypePtr>(unknown_type(token));
}

// VARCHAR(20) and VARCHAR(STRING) are STRING.
Result<TypePtr> Parser::simple_of(Base base) {
  if (base == Base::kString && accept("(")) {
    if (peek().kind != Token::Kind::kInteger && !sees("STRING")) return unexpected("a length");
    take();
    SL_CHECK(expect(")"));
  }
  return simple_type(base);
}

Result<TypePtr> Parser::decimal(const Position& at) {
  SL_CHECK(expect("("));
  SL_TRY(int64_t precision, integer("the number of digits"));
  int64_t scale = 0;
  if (accept(",")) {
    SL_TRY(scale, integer("the number of digits behind the point"));
  }
  SL_CHECK(expect(")"));
  if (precision < 1 || precision > kDecimalPrecisionMax)
    return error_at(at, fmt::format("DECIMAL precision must be >= 1 and <= {}: DECIMAL({},{})", kDecimalPrecisionMax,
                                    precision, scale));
  if (scale > precision)
    return error_at(at, fmt::format("DECIMAL precision must be >= scale: DECIMAL({},{})", precision, scale));
  return decimal_type(static_cast<int>(precision), static_cast<int>(scale));
}

Result<TypePtr> Parser::collection(bool map) {
  SL_CHECK(expect("<"));
  SL_TRY(auto first, type());
  TypePtr second;
  if (map) {
    SL_CHECK(expect(","));
    SL_TRY(second, type());
  }
  SL_CHECK(expect(">"));
  return map ? map_type(first, second) : array_type(first);
}

Result<TypePtr> Parser::row_type(const Position& at) {
  std::vector<Field> fields;
  if (accept("<>")) return struct_type({});
  SL_CHECK(expect("<"));
  while (!accept(">")) {
    if (!fields.empty()) SL_CHECK(expect(","));
    SL_TRY(auto field, identifier("a field's name"));
    for (const auto& other : fields)
      if (other.name == field) return error_at(at, fmt::format("Duplicate field names found in STRUCT: '{}'", field));
    SL_TRY(auto field_type, type());
    fields.push_back({field, field_type});
  }
  return struct_type(std::move(fields));
}

}  // namespace sl::query
