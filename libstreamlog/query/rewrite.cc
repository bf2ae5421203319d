#include "query/rewrite.h"

#include <algorithm>

#include "query/name.h"

namespace sl::query {
namespace {

void normalise_within(Expression& e, const Scope& scope, std::vector<std::string>& lambda_names) {
  if (e.kind == Expression::Kind::kColumn) {
    bool variable = e.qualifier.empty() && std::any_of(lambda_names.begin(), lambda_names.end(),
                                                       [&](const auto& name) { return same_name(name, e.name); });
    if (variable) return;
    if (auto slot = scope.find(e); slot.ok()) {
      e.qualifier = scope.slots()[*slot].source;
      e.name = scope.slots()[*slot].name;
    }
    return;
  }
  size_t outer = lambda_names.size();
  if (e.kind == Expression::Kind::kLambda) lambda_names.insert(lambda_names.end(), e.names.begin(), e.names.end());
  for (auto& part : e.args) normalise_within(*part, scope, lambda_names);
  lambda_names.resize(outer);
}

}  // namespace

std::string made_name(std::string_view what, size_t index) {
  return "\x01" + std::string(what) + std::to_string(index);
}

ExpressionPtr column_of(const Slot& slot, const Position& at) {
  auto column = std::make_unique<Expression>();
  column->kind = Expression::Kind::kColumn;
  column->at = at;
  column->qualifier = slot.source;
  column->name = slot.name;
  return column;
}

ExpressionPtr made_column(std::string_view what, size_t index, const Position& at) {
  auto column = std::make_unique<Expression>();
  column->kind = Expression::Kind::kColumn;
  column->at = at;
  column->name = made_name(what, index);
  return column;
}

void normalise(Expression& expression, const Scope& scope) {
  std::vector<std::string> lambda_names;
  normalise_within(expression, scope, lambda_names);
}

void replace_parts(ExpressionPtr& expression, const std::function<ExpressionPtr(const Expression&)>& replacement) {
  if (auto other = replacement(*expression)) {
    expression = std::move(other);
    return;
  }
  for (auto& part : expression->args) replace_parts(part, replacement);
}

void walk(const Expression& expression, const std::function<bool(const Expression&)>& look) {
  if (look(expression)) return;
  for (const auto& part : expression.args) walk(*part, look);
}

}  // namespace sl::query
