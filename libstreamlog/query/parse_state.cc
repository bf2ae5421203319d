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

// Keywords that may stand where an alias without AS may; shorter words are near to too many names.
constexpr std::array<std::string_view, 12> kBehindAlias = {"FROM",  "WHERE", "GROUP",     "HAVING", "WINDOW", "EMIT",
                                                           "LIMIT", "JOIN",  "PARTITION", "LEFT",   "INNER",  "WITHIN"};
constexpr size_t kKeywordBytesMin = 4;

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
  if (next_ > 0 && behind_bare_alias_ == next_ && tokens_[next_ - 1].text.size() >= kKeywordBytesMin) {
    const auto& alias = tokens_[next_ - 1];
    if (auto keyword = nearest_name(upper_name(alias.text), kBehindAlias))
      return error_at(alias.at,
                      fmt::format("expected {}, found {}; did you mean {}?", expected, shown(alias), *keyword));
  }
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

Result<std::string> Parser::bare_alias(std::string_view what) {
  SL_TRY(auto name, identifier(what));
  if (tokens_[next_ - 1].kind == Token::Kind::kWord) behind_bare_alias_ = next_;
  return name;
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

}  // namespace sl::query
