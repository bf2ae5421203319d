#include "query/ast.h"

#include <fmt/format.h>

namespace sl::query {
namespace {

using Kind = Expression::Kind;

std::string list(const Expression& e, size_t from = 0) {
  std::string out;
  for (size_t i = from; i < e.args.size(); ++i) {
    if (i > from) out += ", ";
    if (e.kind == Kind::kStruct)
      out += to_sql(*e.args[i]) + " AS " + quoted_name(e.names[i]);
    else if (e.kind == Kind::kMap)
      out += to_sql(*e.args[i]) + ":=" + to_sql(*e.args[i + 1]), ++i;
    else
      out += to_sql(*e.args[i]);
  }
  return out;
}

std::string case_sql(const Expression& e) {
  std::string out = "(CASE";
  for (size_t i = 0; i + 1 < e.args.size(); i += 2)
    out += fmt::format(" WHEN {} THEN {}", to_sql(*e.args[i]), to_sql(*e.args[i + 1]));
  if (e.has_else) out += " ELSE " + to_sql(*e.args.back());
  return out + " END)";
}

std::string lambda_sql(const Expression& e) {
  if (e.names.size() == 1) return e.names[0] + " => " + to_sql(*e.args[0]);
  return fmt::format("({}) => {}", fmt::join(e.names, ", "), to_sql(*e.args[0]));
}

std::string quoted_text(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += c;
    out += c;
  }
  return out + "'";
}

}  // namespace

bool same_expression(const Expression& a, const Expression& b) {
  bool same = a.kind == b.kind && a.name == b.name && a.qualifier == b.qualifier && a.names == b.names &&
              a.negated == b.negated && a.star == b.star && a.has_else == b.has_else &&
              a.args.size() == b.args.size() && !a.type == !b.type && (!a.type || same_type(*a.type, *b.type));
  for (size_t i = 0; same && i < a.args.size(); ++i) same = same_expression(*a.args[i], *b.args[i]);
  return same;
}

ExpressionPtr clone(const Expression& e) {
  auto out = std::make_unique<Expression>();
  out->kind = e.kind;
  out->at = e.at;
  out->name = e.name;
  out->qualifier = e.qualifier;
  out->names = e.names;
  out->type = e.type;
  out->negated = e.negated;
  out->star = e.star;
  out->has_else = e.has_else;
  out->height = e.height;
  for (const auto& part : e.args) out->args.push_back(clone(*part));
  return out;
}

std::string to_sql(const Expression& e) {
  auto part = [&e](size_t i) { return to_sql(*e.args[i]); };
  std::string_view no = e.negated ? "NOT " : "";
  switch (e.kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
    case Kind::kInteger:
    case Kind::kDecimal:
    case Kind::kDouble:
    case Kind::kInterval:
      return e.name;
    case Kind::kString:
      return quoted_text(e.name);
    case Kind::kColumn:
      return e.qualifier.empty() ? quoted_name(e.name) : quoted_name(e.qualifier) + "." + quoted_name(e.name);
    case Kind::kField:
      return part(0) + "->" + quoted_name(e.name);
    case Kind::kAllFields:
      return part(0) + "->*";
    case Kind::kSubscript:
      return fmt::format("{}[{}]", part(0), part(1));
    case Kind::kCall:
      return fmt::format("{}({})", e.name, e.star ? "*" : list(e));
    case Kind::kLambda:
      return lambda_sql(e);
    case Kind::kUnary:
      return e.name == "NOT" ? "(NOT " + part(0) + ")" : e.name + part(0);
    case Kind::kBinary:
      return fmt::format("({} {} {})", part(0), e.name, part(1));
    case Kind::kBetween:
      return fmt::format("({} {}BETWEEN {} AND {})", part(0), no, part(1), part(2));
    case Kind::kIn:
      return fmt::format("({} {}IN ({}))", part(0), no, list(e, 1));
    case Kind::kLike:
      return fmt::format("({} {}LIKE {}{})", part(0), no, part(1), e.args.size() == 3 ? " ESCAPE " + part(2) : "");
    case Kind::kIsNull:
      return fmt::format("({} IS {}NULL)", part(0), no);
    case Kind::kCase:
      return case_sql(e);
    case Kind::kCast:
      return fmt::format("CAST({} AS {})", part(0), to_sql(*e.type));
    case Kind::kArray:
      return fmt::format("ARRAY[{}]", list(e));
    case Kind::kMap:
      return fmt::format("MAP({})", list(e));
    case Kind::kStruct:
      return fmt::format("STRUCT({})", list(e));
  }
  return "?";
}

}  // namespace sl::query
