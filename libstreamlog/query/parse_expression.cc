// Expressions, a function for each level of precedence: OR, AND, NOT, comparisons, sums and ||, products, signs, then
// -> and [ ].
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "query/name.h"
#include "query/parse_state.h"

namespace sl::query {
namespace {

using Kind = Expression::Kind;
constexpr int kDepthMax = 200;
// a + b + c … is a tree as high as it is long, and what walks it recurses.
constexpr uint16_t kHeightMax = 1000;
constexpr size_t kCopiedMax = 100'000;

size_t nodes_of(const Expression& e) {
  size_t count = 1;
  for (const auto& part : e.args) count += nodes_of(*part);
  return count;
}

class Deeper {
 public:
  explicit Deeper(int& depth) : depth_(depth) { ++depth_; }
  ~Deeper() { --depth_; }

 private:
  int& depth_;
};

ExpressionPtr with_args(Kind kind, const Position& at, std::string name, ExpressionPtr a, ExpressionPtr b = nullptr) {
  auto out = make_expression(kind, at, std::move(name));
  out->args.push_back(std::move(a));
  if (b) out->args.push_back(std::move(b));
  return out;
}

bool interval_unit(std::string_view word) {
  constexpr std::array<std::string_view, 16> kUnits = {
      "MILLISECONDS", "SECONDS", "MINUTES", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS",
      "MILLISECOND",  "SECOND",  "MINUTE",  "HOUR",  "DAY",  "WEEK",  "MONTH",  "YEAR"};
  return std::find(kUnits.begin(), kUnits.end(), word) != kUnits.end();
}
bool takes_interval(std::string_view function) {
  return function == "TIMESTAMPADD" || function == "TIMESTAMPSUB" || function == "DATEADD" || function == "DATESUB" ||
         function == "TIMEADD" || function == "TIMESUB";
}

}  // namespace

ExpressionPtr make_expression(Kind kind, const Position& at, std::string name) {
  auto out = std::make_unique<Expression>();
  out->kind = kind;
  out->at = at;
  out->name = std::move(name);
  return out;
}

Result<ExpressionPtr> Parser::expression() {
  Deeper deeper(depth_);
  if (depth_ > kDepthMax)
    return error_at(peek().at, fmt::format("the expression is nested deeper than {} levels", kDepthMax));
  return disjunction();
}

// Takes the height of a node whose parts are all there.
Result<ExpressionPtr> Parser::measured(ExpressionPtr made) const {
  for (const auto& part : made->args) made->height = std::max<uint16_t>(made->height, part->height + 1);
  if (made->height > kHeightMax)
    return error_at(made->at, fmt::format("the expression has more than {} levels", kHeightMax));
  return made;
}

Result<ExpressionPtr> Parser::disjunction() {
  SL_TRY(auto left, conjunction());
  while (sees("OR")) {
    auto at = take().at;
    SL_TRY(auto right, conjunction());
    SL_TRY(left, measured(with_args(Kind::kBinary, at, "OR", std::move(left), std::move(right))));
  }
  return left;
}

Result<ExpressionPtr> Parser::conjunction() {
  SL_TRY(auto left, negation());
  while (sees("AND")) {
    auto at = take().at;
    SL_TRY(auto right, negation());
    SL_TRY(left, measured(with_args(Kind::kBinary, at, "AND", std::move(left), std::move(right))));
  }
  return left;
}

Result<ExpressionPtr> Parser::negation() {
  if (!sees("NOT")) return predicate();
  Deeper deeper(depth_);
  if (depth_ > kDepthMax) return error_at(peek().at, "too many NOTs");
  auto at = take().at;
  SL_TRY(auto inner, negation());
  return measured(with_args(Kind::kUnary, at, "NOT", std::move(inner)));
}

Result<ExpressionPtr> Parser::predicate() {
  SL_TRY(auto left, sum());
  for (;;) {
    size_t before = next_;
    SL_TRY(left, predicate_of(std::move(left)));
    if (next_ == before) return left;
    SL_TRY(left, measured(std::move(left)));
  }
}

// One comparison behind `left`; `left` itself where there is none.
Result<ExpressionPtr> Parser::predicate_of(ExpressionPtr left) {
  auto at = peek().at;
  if (peek().kind == Token::Kind::kSymbol) {
    for (std::string_view op : {"=", "<>", "!=", "<", "<=", ">", ">="}) {
      if (!sees(op)) continue;
      take();
      SL_TRY(auto right, sum());
      return with_args(Kind::kBinary, at, op == "!=" ? "<>" : std::string(op), std::move(left), std::move(right));
    }
    return left;
  }
  if (sees("IS")) {
    take();
    bool negated = accept("NOT");
    if (accept("NULL")) {
      auto out = with_args(Kind::kIsNull, at, "", std::move(left));
      out->negated = negated;
      return out;
    }
    if (!accept_all({"DISTINCT", "FROM"})) return unexpected("NULL or DISTINCT FROM");
    SL_TRY(auto right, sum());
    return with_args(Kind::kBinary, at, negated ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM", std::move(left),
                     std::move(right));
  }
  bool negated = sees("NOT") && (sees("BETWEEN", 1) || sees("IN", 1) || sees("LIKE", 1));
  if (negated) take();
  if (accept("BETWEEN")) {
    auto out = with_args(Kind::kBetween, at, "", std::move(left));
    SL_TRY(auto low, sum());
    SL_CHECK(expect("AND"));
    SL_TRY(auto high, sum());
    out->args.push_back(std::move(low));
    out->args.push_back(std::move(high));
    out->negated = negated;
    return out;
  }
  if (accept("IN")) {
    auto out = with_args(Kind::kIn, at, "", std::move(left));
    SL_CHECK(expect("("));
    do {
      SL_TRY(auto item, expression());
      out->args.push_back(std::move(item));
    } while (accept(","));
    SL_CHECK(expect(")"));
    out->negated = negated;
    return out;
  }
  if (accept("LIKE")) {
    auto out = with_args(Kind::kLike, at, "", std::move(left));
    SL_TRY(auto pattern, sum());
    out->args.push_back(std::move(pattern));
    if (accept("ESCAPE")) {
      auto where = peek().at;
      SL_TRY(auto text, string("the escape character"));
      out->args.push_back(make_expression(Kind::kString, where, text));
    }
    out->negated = negated;
    return out;
  }
  return left;
}

Result<ExpressionPtr> Parser::sum() {
  SL_TRY(auto left, product());
  while (sees("+") || sees("-") || sees("||")) {
    const auto& op = take();
    SL_TRY(auto right, product());
    SL_TRY(left, measured(with_args(Kind::kBinary, op.at, op.text == "||" ? "+" : op.text, std::move(left),
                                    std::move(right))));
  }
  return left;
}

Result<ExpressionPtr> Parser::product() {
  SL_TRY(auto left, sign());
  while (sees("*") || sees("/") || sees("%")) {
    const auto& op = take();
    SL_TRY(auto right, sign());
    SL_TRY(left, measured(with_args(Kind::kBinary, op.at, op.text, std::move(left), std::move(right))));
  }
  return left;
}

Result<ExpressionPtr> Parser::sign() {
  if (!sees("-") && !sees("+")) return postfix();
  Deeper deeper(depth_);
  if (depth_ > kDepthMax) return error_at(peek().at, "too many signs");
  const auto op = take();
  auto next = peek().kind;
  bool number = next == Token::Kind::kInteger || next == Token::Kind::kDecimal || next == Token::Kind::kDouble;
  if (op.text == "-" && number) {
    // The sign is the number's, so that the smallest BIGINT can be written.
    auto digits = take();
    auto kind = next == Token::Kind::kInteger   ? Kind::kInteger
                : next == Token::Kind::kDecimal ? Kind::kDecimal
                                                : Kind::kDouble;
    return make_expression(kind, op.at, "-" + digits.text);
  }
  SL_TRY(auto inner, sign());
  return measured(with_args(Kind::kUnary, op.at, op.text, std::move(inner)));
}

Result<ExpressionPtr> Parser::postfix() {
  SL_TRY(auto left, primary());
  for (;;) {
    auto at = peek().at;
    if (accept("->")) {
      if (accept("*")) return measured(with_args(Kind::kAllFields, at, "", std::move(left)));
      SL_TRY(auto name, identifier("a field's name"));
      SL_TRY(left, measured(with_args(Kind::kField, at, name, std::move(left))));
    } else if (accept("[")) {
      SL_TRY(auto index, expression());
      SL_CHECK(expect("]"));
      SL_TRY(left, measured(with_args(Kind::kSubscript, at, "", std::move(left), std::move(index))));
    } else {
      return left;
    }
  }
}

Result<ExpressionPtr> Parser::primary() {
  SL_TRY(auto made, primary_of());
  return measured(std::move(made));
}

Result<ExpressionPtr> Parser::primary_of() {
  const auto& token = peek();
  switch (token.kind) {
    case Token::Kind::kInteger:
      return make_expression(Kind::kInteger, token.at, take().text);
    case Token::Kind::kDecimal:
      return make_expression(Kind::kDecimal, token.at, take().text);
    case Token::Kind::kDouble:
      return make_expression(Kind::kDouble, token.at, take().text);
    case Token::Kind::kString:
      return make_expression(Kind::kString, token.at, take().text);
    case Token::Kind::kIdentifier:
    case Token::Kind::kWord:
      return word();
    case Token::Kind::kSymbol:
      if (token.text == "(") return lambda_next() ? lambda() : parenthesised();
      break;
    case Token::Kind::kEnd:
      break;
  }
  return unexpected("an expression");
}

Result<ExpressionPtr> Parser::parenthesised() {
  SL_CHECK(expect("("));
  SL_TRY(auto inner, expression());
  SL_CHECK(expect(")"));
  return inner;
}

Result<ExpressionPtr> Parser::word() {
  if (lambda_next()) return lambda();
  const auto& token = peek();
  if (token.kind == Token::Kind::kWord) {
    auto upper = upper_name(token.text);
    if (upper == "NULL") return make_expression(Kind::kNull, take().at);
    if (upper == "TRUE" || upper == "FALSE") return make_expression(Kind::kBoolean, take().at, upper);
    if (upper == "CASE") return choice();
    if (upper == "CAST" && sees("(", 1)) return cast();
    if (upper == "ARRAY" && sees("[", 1)) return array();
    if (upper == "MAP" && sees("(", 1)) return map();
    if (upper == "STRUCT" && sees("(", 1)) return structure();
    if (sees("(", 1)) return call(take());
    if (!identifier_next()) return unexpected("an expression");
  }
  auto at = token.at;
  SL_TRY(auto name, identifier("a column"));
  if (!sees(".")) return make_expression(Kind::kColumn, at, name);
  take();
  auto out = make_expression(Kind::kColumn, at);
  out->qualifier = name;
  SL_TRY(out->name, identifier("a column's name"));
  return out;
}

Result<ExpressionPtr> Parser::call(Token name) {
  auto out = make_expression(Kind::kCall, name.at, upper_name(name.text));
  SL_CHECK(expect("("));
  if (accept(")")) return out;
  if (sees("*") && sees(")", 1)) {
    take();
    take();
    out->star = true;
    return out;
  }
  do {
    bool unit = out->args.empty() && takes_interval(out->name) && peek().kind == Token::Kind::kWord &&
                interval_unit(upper_name(peek().text));
    if (unit) {
      auto token = take();
      out->args.push_back(make_expression(Kind::kInterval, token.at, upper_name(token.text)));
      continue;
    }
    SL_TRY(auto argument, expression());
    out->args.push_back(std::move(argument));
  } while (accept(","));
  SL_CHECK(expect(")"));
  return out;
}

Result<ExpressionPtr> Parser::choice() {
  auto out = make_expression(Kind::kCase, take().at);
  ExpressionPtr operand;
  if (!sees("WHEN")) {
    SL_TRY(operand, expression());
  }
  while (accept("WHEN")) {
    auto at = peek().at;
    SL_TRY(auto condition, expression());
    // Simple CASEs within operands of simple CASEs would double with each level.
    if (operand && (copied_ += nodes_of(*operand)) > kCopiedMax)
      return error_at(at, "CASE operands repeat each other too often");
    if (operand) condition = with_args(Kind::kBinary, at, "=", clone(*operand), std::move(condition));
    SL_TRY(condition, measured(std::move(condition)));
    SL_CHECK(expect("THEN"));
    SL_TRY(auto result, expression());
    out->args.push_back(std::move(condition));
    out->args.push_back(std::move(result));
  }
  if (out->args.empty()) return unexpected("WHEN");
  if (accept("ELSE")) {
    SL_TRY(auto otherwise, expression());
    out->args.push_back(std::move(otherwise));
    out->has_else = true;
  }
  SL_CHECK(expect("END"));
  return out;
}

Result<ExpressionPtr> Parser::cast() {
  auto out = make_expression(Kind::kCast, take().at);
  SL_CHECK(expect("("));
  SL_TRY(auto inner, expression());
  SL_CHECK(expect("AS"));
  SL_TRY(out->type, type());
  SL_CHECK(expect(")"));
  out->args.push_back(std::move(inner));
  return out;
}

Result<ExpressionPtr> Parser::array() {
  auto out = make_expression(Kind::kArray, take().at);
  SL_CHECK(expect("["));
  if (accept("]")) return out;
  do {
    SL_TRY(auto item, expression());
    out->args.push_back(std::move(item));
  } while (accept(","));
  SL_CHECK(expect("]"));
  return out;
}

Result<ExpressionPtr> Parser::map() {
  auto out = make_expression(Kind::kMap, take().at);
  SL_CHECK(expect("("));
  if (accept(")")) return out;
  do {
    SL_TRY(auto key, expression());
    SL_CHECK(expect(":="));
    SL_TRY(auto value, expression());
    out->args.push_back(std::move(key));
    out->args.push_back(std::move(value));
  } while (accept(","));
  SL_CHECK(expect(")"));
  return out;
}

Result<ExpressionPtr> Parser::structure() {
  auto out = make_expression(Kind::kStruct, take().at);
  SL_CHECK(expect("("));
  if (accept(")")) return out;
  do {
    SL_TRY(auto name, identifier("a field's name"));
    if (std::find(out->names.begin(), out->names.end(), name) != out->names.end())
      return error_at(peek().at, fmt::format("Duplicate field names found in STRUCT: '{}'", name));
    SL_CHECK(expect(":="));
    SL_TRY(auto value, expression());
    out->names.push_back(name);
    out->args.push_back(std::move(value));
  } while (accept(","));
  SL_CHECK(expect(")"));
  return out;
}

// x => …, (x, y) => …
bool Parser::lambda_next() const {
  if (identifier_next() && sees("=>", 1)) return true;
  if (!sees("(")) return false;
  for (size_t i = 1;; i += 2) {
    auto kind = peek(i).kind;
    if (kind != Token::Kind::kWord && kind != Token::Kind::kIdentifier) return false;
    if (sees(")", i + 1)) return sees("=>", i + 2);
    if (!sees(",", i + 1)) return false;
  }
}

Result<ExpressionPtr> Parser::lambda() {
  auto out = make_expression(Kind::kLambda, peek().at);
  bool several = accept("(");
  do {
    SL_TRY(auto name, identifier("a parameter"));
    out->names.push_back(name);
  } while (several && accept(","));
  if (several) SL_CHECK(expect(")"));
  SL_CHECK(expect("=>"));
  SL_TRY(auto body, expression());
  out->args.push_back(std::move(body));
  return out;
}

}  // namespace sl::query
