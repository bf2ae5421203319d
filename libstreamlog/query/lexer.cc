#include "query/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "query/parser.h"

namespace sl::query {
namespace {

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

// Walks the text and keeps count of lines and columns.
class Reader {
 public:
  Reader(std::string_view text, const Position& at) : text_(text), at_(at), base_(at.offset) {}

  bool done() const { return next_ == text_.size(); }
  char peek(size_t ahead = 0) const { return next_ + ahead < text_.size() ? text_[next_ + ahead] : '\0'; }
  bool sees(std::string_view what) const { return text_.substr(next_).starts_with(what); }
  void step(size_t count = 1) {
    for (; count > 0 && !done(); --count) {
      bool line = text_[next_++] == '\n';
      at_.line += line;
      at_.column = line ? 1 : at_.column + 1;
    }
  }
  Position here() const {
    Position at = at_;
    at.offset = base_ + static_cast<uint32_t>(next_);
    return at;
  }
  size_t next() const { return next_; }
  std::string_view since(size_t from) const { return text_.substr(from, next_ - from); }

  // Blanks and comments.
  Status skip_blanks() {
    for (;;) {
      if (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') {
        step();
      } else if (sees("--") || sees("/*")) {
        SL_CHECK(skip_comment());
      } else {
        return {};
      }
    }
  }
  // Where one begins.
  Status skip_comment() {
    if (sees("--")) {
      while (!done() && peek() != '\n') step();
    } else if (sees("/*")) {
      auto at = here();
      step(2);
      while (!done() && !sees("*/")) step();
      if (done()) return error_at(at, "the comment that begins here has no end: */ is missing");
      step(2);
    }
    return {};
  }
  // What stands between two `quote`s; a doubled one is one.
  Result<std::string> quoted(char quote) {
    auto at = here();
    std::string out;
    for (step();; step()) {
      if (done()) return error_at(at, fmt::format("the quote that begins here has no end: {} is missing", quote));
      if (peek() == quote) {
        step();
        if (peek() != quote) return out;
      }
      out += peek();
    }
  }

 private:
  std::string_view text_;
  Position at_;
  uint32_t base_;
  size_t next_ = 0;
};

Token::Kind read_number(Reader& in) {
  auto kind = Token::Kind::kInteger;
  while (digit(in.peek())) in.step();
  // 1R is a name, as ksqlDB has it; 1E5 is a number.
  bool exponent_next =
      (in.peek() == 'e' || in.peek() == 'E') && (digit(in.peek(1)) || in.peek(1) == '-' || in.peek(1) == '+');
  if (letter(in.peek()) && !exponent_next) {
    while (letter(in.peek()) || digit(in.peek())) in.step();
    return Token::Kind::kWord;
  }
  if (in.peek() == '.' && digit(in.peek(1))) {
    kind = Token::Kind::kDecimal;
    in.step();
    while (digit(in.peek())) in.step();
  } else if (in.peek() == '.' && !letter(in.peek(1)) && in.peek(1) != '.') {
    kind = Token::Kind::kDecimal;
    in.step();
  }
  char sign = in.peek(1);
  bool exponent =
      (in.peek() == 'e' || in.peek() == 'E') && (digit(sign) || ((sign == '-' || sign == '+') && digit(in.peek(2))));
  if (!exponent) return kind;
  in.step(2);
  while (digit(in.peek())) in.step();
  return Token::Kind::kDouble;
}

constexpr std::array<std::string_view, 8> kLongSymbols = {"<>", "!=", "<=", ">=", "=>", "->", ":=", "||"};

Result<Token> read_token(Reader& in) {
  Token token;
  token.at = in.here();
  size_t from = in.next();
  char c = in.peek();
  if (c == '\'') {
    token.kind = Token::Kind::kString;
    SL_TRY(token.text, in.quoted('\''));
  } else if (c == '`' || c == '"') {
    token.kind = Token::Kind::kIdentifier;
    SL_TRY(token.text, in.quoted(c));
  } else if (digit(c) || (c == '.' && digit(in.peek(1)))) {
    token.kind = read_number(in);
    token.text = in.since(from);
  } else if (letter(c)) {
    token.kind = Token::Kind::kWord;
    while (letter(in.peek()) || digit(in.peek())) in.step();
    token.text = in.since(from);
  } else {
    token.kind = Token::Kind::kSymbol;
    auto symbol = std::find_if(kLongSymbols.begin(), kLongSymbols.end(), [&](auto s) { return in.sees(s); });
    constexpr std::string_view kShort = "()[]<>=+-*/%,.;:$";
    if (symbol == kLongSymbols.end() && kShort.find(c) == std::string_view::npos)
      return error_at(token.at, fmt::format("'{}' begins nothing that SQL knows", c));
    in.step(symbol == kLongSymbols.end() ? 1 : 2);
    token.text = in.since(from);
  }
  token.at.length = static_cast<uint32_t>(in.next() - from);
  return token;
}

}  // namespace

Error error_at(const Position& at, std::string_view text) {
  if (text.starts_with("line ")) return {Errc::kMalformed, std::string(text)};
  return {Errc::kMalformed, fmt::format("line {}:{}: {}", at.line, at.column, text)};
}

Result<std::vector<Token>> tokens_of(std::string_view text, const Position& at) {
  Reader in(text, at);
  std::vector<Token> out;
  for (;;) {
    SL_CHECK(in.skip_blanks());
    if (in.done()) break;
    SL_TRY(auto token, read_token(in));
    out.push_back(std::move(token));
  }
  Token end;
  end.at = in.here();
  out.push_back(std::move(end));
  return out;
}

Result<Script> split_script(std::string_view text) {
  Reader in(text, {});
  Script script;
  bool open = false;
  size_t from = 0;
  Position at;
  auto close = [&](size_t to) {
    if (open) script.statements.push_back({text.substr(from, to - from), at});
    open = false;
  };
  for (;;) {
    SL_CHECK(in.skip_blanks());
    if (in.done()) break;
    if (in.peek() == ';') {
      close(in.next());
      in.step();
      continue;
    }
    if (!open) {
      open = true;
      from = in.next();
      at = in.here();
    }
    char c = in.peek();
    if (c == '\'' || c == '`' || c == '"') {
      SL_TRY(auto quoted, in.quoted(c));
      static_cast<void>(quoted);
    } else {
      in.step();
    }
  }
  script.complete = !open;
  close(text.size());
  return script;
}

Result<std::string> substituted(std::string_view text, const Position& at,
                                const std::map<std::string, std::string>& variables) {
  constexpr size_t kBytesMax = 16 << 20;
  Reader in(text, at);
  std::string out;
  for (char quote = 0;;) {
    size_t from = in.next();
    if (!quote) SL_CHECK(in.skip_comment());
    out += in.since(from);
    if (in.done()) return out;
    if (quote == '`' || !in.sees("${")) {
      char c = in.peek();
      if (quote ? c == quote : c == '\'' || c == '`' || c == '"') quote = quote ? '\0' : c;
      out += c;
      in.step();
      continue;
    }
    auto where = in.here();
    auto end = text.find('}', in.next());
    if (end == std::string_view::npos) return error_at(where, "the variable that begins here has no end: } is missing");
    auto name = std::string(text.substr(in.next() + 2, end - in.next() - 2));
    auto value = variables.find(name);
    if (value == variables.end())
      return error_at(where, fmt::format("there is no variable ${{{}}}: DEFINE {} = '…' makes it", name, name));
    if (out.size() + value->second.size() > kBytesMax) return error_at(where, "the statement is longer than 16 MiB");
    out += value->second;
    in.step(end + 1 - in.next());
  }
}

}  // namespace sl::query
