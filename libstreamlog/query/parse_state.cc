// The parser's walk: looking ahead, taking words and names, and saying what was expected.
#include "query/parse_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "query/name.h"

namespace sl::query {
namespace {

// Words that cannot be names unless they are quoted.
constexpr std::array<std::string_view, 44> kReserved = {
    "SELECT", "FROM",  "WHERE", "GROUP",    "BY",     "HAVING",   "AS",      "ON",     "JOIN",  "LEFT",   "RIGHT",
    "FULL",   "INNER", "OUTER", "WITHIN",   "CREATE", "INSERT",   "INTO",    "DROP",   "WITH",  "AND",    "OR",
    "NOT",    "IN",    "LIKE",  "BETWEEN",  "IS",     "NULL",     "TRUE",    "FALSE",  "CASE",  "WHEN",   "THEN",
    "ELSE",   "END",   "CAST",  "DISTINCT", "DELETE", "DESCRIBE", "EXPLAIN", "VALUES", "LIMIT", "EXISTS", "USING"};

std::string shown(const Token& token) {
  if (token.kind == Token::Kind::kEnd) return "the end";
  if (token.kind == Token::Kind::kString) return fmt::format("the text '{}'", token.text);
  return fmt::format("'{}'", token.text);
}

}  // namespace

bool Parser::sees(std::string_view word, size_t ahead) const {
  const auto& token = peek(ahead);
  if (token.kind == Token::Kind::kSymbol) return token.text == word;
  return token.kind == Token::Kind::kWord && same_name(token.text, word);
}

bool Parser::accept(std::string_view word) {
  if (!sees(word)) return false;
  take();
  return true;
}

bool Parser::accept_all(std::initializer_list<std::string_view> words) {
  size_t ahead = 0;
  for (auto word : words)
    if (!sees(word, ahead++)) return false;
  for (size_t i = 0; i < words.size(); ++i) take();
  return true;
}

Status Parser::expect(std::string_view word) {
  if (accept(word)) return {};
  return unexpected(word, {word});
}

Error Parser::unexpected(std::string_view expected, std::initializer_list<std::string_view> near) const {
  const auto& token = peek();
  auto text = fmt::format("expected {}, found {}", expected, shown(token));
  if (token.kind == Token::Kind::kWord && near.size() > 0) {
    std::vector<std::string_view> words(near);
    if (auto nearest = nearest_name(upper_name(token.text), words)) text += fmt::format("; did you mean {}?", *nearest);
  }
  return error_at(token.at, text);
}

bool Parser::identifier_next() const {
  if (peek().kind == Token::Kind::kIdentifier) return true;
  if (peek().kind != Token::Kind::kWord) return false;
  auto word = upper_name(peek().text);
  return std::find(kReserved.begin(), kReserved.end(), word) == kReserved.end();
}

std::string Parser::cased(const std::string& word) const {
  return options_.identifiers == IdentifierCase::kUpper ? upper_name(word) : word;
}

Result<std::string> Parser::identifier(std::string_view what) {
  if (!identifier_next()) return unexpected(what);
  const auto& token = take();
  if (token.text.empty()) return error_at(token.at, "a name cannot be empty");
  return token.kind == Token::Kind::kIdentifier ? token.text : cased(token.text);
}

Result<int64_t> Parser::integer(std::string_view what) {
  if (peek().kind != Token::Kind::kInteger) return unexpected(what);
  const auto& token = take();
  auto number = parse_int(token.text);
  if (!number) return error_at(token.at, fmt::format("{} is too large", token.text));
  return *number;
}

Result<std::string> Parser::string(std::string_view what) {
  if (peek().kind != Token::Kind::kString) return unexpected(fmt::format("{} in quotes", what));
  return take().text;
}

Status Parser::end() {
  if (peek().kind == Token::Kind::kEnd) return {};
  return unexpected("the end of the statement",
                    {"WHERE", "GROUP", "HAVING", "WINDOW", "EMIT", "LIMIT", "PARTITION", "JOIN", "FROM", "WITH"});
}

Result<TypePtr> Parser::type() {
  if (++depth_ > 64) return error_at(peek().at, "the type is nested too deeply");
  struct Leave {
    int& depth;
    ~Leave() { --depth; }
  } leave{depth_};
  auto token = peek();
  if (token.kind != Token::Kind::kWord && token.kind != Token::Kind::kIdentifier) return unexpected("a type");
  take();
  auto name = upper_name(token.text);
  constexpr std::array<std::pair<std::string_view, Base>, 12> kSimple = {{{"BOOLEAN", Base::kBoolean},
                                                                          {"INT", Base::kInt},
                                                                          {"INTEGER", Base::kInt},
                                                                          {"BIGINT", Base::kBigint},
                                                                          {"DOUBLE", Base::kDouble},
                                                                          {"STRING", Base::kString},
                                                                          {"VARCHAR", Base::kString},
                                                                          {"BYTES", Base::kBytes},
                                                                          {"DATE", Base::kDate},
                                                                          {"TIME", Base::kTime},
                                                                          {"TIMESTAMP", Base::kTimestamp},
                                                                          {"DEC", Base::kDecimal}}};
  if (token.kind == Token::Kind::kWord) {
    if (name == "DECIMAL" || name == "DEC") {
      SL_CHECK(expect("("));
      SL_TRY(int64_t precision, integer("the number of digits"));
      int64_t scale = 0;
      if (accept(",")) {
        SL_TRY(scale, integer("the number of digits behind the point"));
      }
      SL_CHECK(expect(")"));
      if (precision < 1 || precision > kDecimalPrecisionMax)
        return error_at(token.at, fmt::format("DECIMAL precision must be >= 1 and <= {}: DECIMAL({},{})",
                                              kDecimalPrecisionMax, precision, scale));
      if (scale > precision)
        return error_at(token.at, fmt::format("DECIMAL precision must be >= scale: DECIMAL({},{})", precision, scale));
      return decimal_type(static_cast<int>(precision), static_cast<int>(scale));
    }
    for (const auto& [word, base] : kSimple) {
      if (name != word) continue;
      if (base == Base::kString && accept("(")) {  // VARCHAR(20) is STRING
        SL_TRY(auto length, integer("a length"));
        static_cast<void>(length);
        SL_CHECK(expect(")"));
      }
      return simple_type(base);
    }
    if (name == "ARRAY") {
      SL_CHECK(expect("<"));
      SL_TRY(auto element, type());
      SL_CHECK(expect(">"));
      return array_type(element);
    }
    if (name == "MAP") {
      SL_CHECK(expect("<"));
      SL_TRY(auto key, type());
      SL_CHECK(expect(","));
      SL_TRY(auto element, type());
      SL_CHECK(expect(">"));
      return map_type(key, element);
    }
    if (name == "STRUCT") {
      std::vector<Field> fields;
      if (accept("<>")) return struct_type({});
      SL_CHECK(expect("<"));
      while (!accept(">")) {
        if (!fields.empty()) SL_CHECK(expect(","));
        SL_TRY(auto field, identifier("a field's name"));
        for (const auto& other : fields)
          if (other.name == field)
            return error_at(token.at, fmt::format("Duplicate field names found in STRUCT: '{}'", field));
        SL_TRY(auto field_type, type());
        fields.push_back({field, field_type});
      }
      return struct_type(std::move(fields));
    }
  }
  auto named = options_.named_type
                   ? options_.named_type(token.kind == Token::Kind::kWord ? cased(token.text) : token.text)
                   : nullptr;
  if (named) return named;
  constexpr std::array<std::string_view, 15> kNames = {"BOOLEAN", "INT",       "INTEGER", "BIGINT", "DOUBLE",
                                                       "DECIMAL", "STRING",    "VARCHAR", "BYTES",  "DATE",
                                                       "TIME",    "TIMESTAMP", "ARRAY",   "MAP",    "STRUCT"};
  auto near = nearest_name(name, kNames);
  return error_at(token.at, fmt::format("Cannot resolve unknown type: {}{}", token.text,
                                        near ? "; did you mean " + *near + "?" : ""));
}

}  // namespace sl::query
