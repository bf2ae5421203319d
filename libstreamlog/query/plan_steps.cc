// From FROM to the projection: WHERE, PARTITION BY, table functions, GROUP BY with its window and HAVING.
#include "query/plan_steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "query/bind_aggregate.h"
#include "query/function.h"
#include "query/name.h"
#include "query/rewrite.h"

namespace sl::query {
namespace {

bool is_call_of(const Expression& e, FunctionKind kind) {
  return e.kind == Expression::Kind::kCall && function_kind(e.name) == kind;
}
const Expression* first_call(const Expression& e, FunctionKind kind) {
  const Expression* found = nullptr;
  walk(e, [&](const Expression& part) {
    if (!found && is_call_of(part, kind)) found = &part;
    return found != nullptr;
  });
  return found;
}

PlanPtr step(PlanNode::Kind kind, PlanPtr input) {
  auto node = std::make_unique<PlanNode>();
  node->kind = kind;
  node->table = input->table;
  node->window = input->window;
  node->columns = input->columns;
  node->key = input->key;
  node->inputs.push_back(std::move(input));
  return node;
}

class StepPlanner {
 public:
  StepPlanner(const Select& query, const Catalogue& catalogue, const Settings& settings)
      : query_(query), catalogue_(catalogue), settings_(settings) {}

  Result<Steps> plan() {
    SL_TRY(node_, plan_from(query_, catalogue_, settings_));
    size_t keys = node_->kind == PlanNode::Kind::kSource ? node_->source.key.size() : 0;
    SL_TRY(steps_.items, expand_items(query_, Scope(node_->columns), !query_.joins.empty(), keys));
    steps_.first = catalogue_.find(query_.from.name);
    SL_CHECK(filter());
    SL_CHECK(partition());
    SL_CHECK(group());
    SL_CHECK(explode());
    steps_.result = node_->table ? SourceKind::kTable : SourceKind::kStream;
    steps_.root = std::move(node_);
    return std::move(steps_);
  }

 private:
  Status filter();
  Status partition();
  Status explode();
  Status group();
  Status check_grouping(const Expression* aggregate) const;
  Status group_columns(PlanNode& node);
  Status take_aggregates(PlanNode& node, ExpressionPtr& having);
  Status check_grouped_items(const PlanNode& node) const;
  Status take_window(PlanNode& node);
  const Expression* aggregate_used() const;

  const Select& query_;
  const Catalogue& catalogue_;
  const Settings& settings_;
  PlanPtr node_;
  Steps steps_;
  std::vector<ExpressionPtr> grouping_;  // normalised
};

Status StepPlanner::filter() {
  if (!query_.where) return {};
  if (const auto* call = first_call(*query_.where, FunctionKind::kAggregate))
    return error_at(call->at,
                    fmt::format("Aggregate functions ({}) stand in SELECT and HAVING, not in WHERE", call->name));
  if (const auto* call = first_call(*query_.where, FunctionKind::kTable))
    return error_at(call->at, "Table functions are not allowed in WHERE");
  auto node = step(PlanNode::Kind::kFilter, std::move(node_));
  node->condition = clone(*query_.where);
  Scope scope(node->columns);
  normalise(*node->condition, scope);
  SL_TRY(auto checked, bind_condition(*node->condition, scope, "WHERE"));
  static_cast<void>(checked);
  node_ = std::move(node);
  return {};
}

Status StepPlanner::partition() {
  if (query_.partition_by.empty()) return {};
  const auto& at = query_.partition_by[0]->at;
  if (node_->table)
    return error_at(at,
                    "PARTITION BY is not supported for tables. A table's key cannot be changed, except by GROUP BY");
  if (!query_.group_by.empty()) return error_at(at, "PARTITION BY and GROUP BY stand in different queries");
  if (node_->window) return error_at(at, "PARTITION BY is not supported for windowed sources");
  auto node = step(PlanNode::Kind::kRekey, std::move(node_));
  Scope scope(node->inputs[0]->columns);
  node->key.clear();
  for (size_t i = 0; i < query_.partition_by.size(); ++i) {
    auto expression = clone(*query_.partition_by[i]);
    bool none = expression->kind == Expression::Kind::kNull;
    if (none && query_.partition_by.size() == 1) break;
    if (none) return error_at(expression->at, "Cannot PARTITION BY multiple columns including NULL");
    normalise(*expression, scope);
    for (const auto& other : node->expressions)
      if (same_expression(*other, *expression))
        return error_at(expression->at, fmt::format("{} stands twice in PARTITION BY", to_sql(*expression)));
    if (const auto* call = first_call(*expression, FunctionKind::kAggregate))
      return error_at(call->at, fmt::format("Aggregate functions ({}) are not allowed in PARTITION BY", call->name));
    if (const auto* call = first_call(*expression, FunctionKind::kTable))
      return error_at(call->at, "Table functions are not allowed in PARTITION BY");
    SL_TRY(auto type, type_of(*expression, scope));
    size_t slot = node->columns.size();
    node->columns.push_back({"", made_name("partition", i), type, true});
    node->key.push_back({{slot}});
    for (auto& item : steps_.items) {
      replace_parts(item.expression, [&](const Expression& part) {
        return same_expression(part, *expression) && &part == item.expression.get()
                   ? made_column("partition", i, part.at)
                   : nullptr;
      });
    }
    node->expressions.push_back(std::move(expression));
  }
  node_ = std::move(node);
  return {};
}

Status StepPlanner::explode() {
  std::vector<ExpressionPtr> calls;
  for (auto& item : steps_.items) {
    replace_parts(item.expression, [&](const Expression& part) -> ExpressionPtr {
      if (!is_call_of(part, FunctionKind::kTable)) return nullptr;
      calls.push_back(clone(part));
      return made_column("row", calls.size() - 1, part.at);
    });
  }
  if (calls.empty()) return {};
  const auto& at = calls[0]->at;
  if (steps_.grouped) return error_at(at, "Table functions cannot be used with aggregations.");
  if (node_->table) return error_at(at, "Table source is not supported with table functions");
  auto node = step(PlanNode::Kind::kExplode, std::move(node_));
  Scope scope(node->inputs[0]->columns);
  for (size_t i = 0; i < calls.size(); ++i) {
    for (const auto& argument : calls[i]->args)
      if (const auto* inner = first_call(*argument, FunctionKind::kTable))
        return error_at(inner->at, "Table functions cannot be nested");
    std::vector<ArgumentShape> shapes;
    for (const auto& argument : calls[i]->args) {
      SL_TRY(auto type, type_of(*argument, scope));
      shapes.push_back({type, 0, argument->kind == Expression::Kind::kNull});
    }
    auto resolved = resolve_table(calls[i]->name, shapes);
    if (!resolved) return error_at(calls[i]->at, resolved.error().context);
    node->columns.push_back({"", made_name("row", i), resolved->type, true});
    node->expressions.push_back(std::move(calls[i]));
  }
  node_ = std::move(node);
  return {};
}

const Expression* StepPlanner::aggregate_used() const {
  for (const auto& item : steps_.items)
    if (const auto* call = first_call(*item.expression, FunctionKind::kAggregate)) return call;
  return query_.having ? first_call(*query_.having, FunctionKind::kAggregate) : nullptr;
}

Status StepPlanner::check_grouping(const Expression* aggregate) const {
  if (query_.group_by.empty()) {
    if (aggregate)
      return error_at(aggregate->at,
                      fmt::format("Use of aggregate function {} requires a GROUP BY clause.", aggregate->name));
    if (query_.having) return error_at(query_.having->at, "HAVING clause requires a GROUP BY clause.");
    if (query_.window) return error_at(query_.window->at, "WINDOW clause requires a GROUP BY clause.");
    if (query_.emit == Emit::kFinal)
      return error_at(query_.at, "EMIT FINAL is only supported for windowed aggregations.");
    return {};
  }
  const auto& at = query_.group_by[0]->at;
  if (settings_.strict) SL_CHECK(check_kafka_format(*steps_.first, at, "GROUP BY"));
  if (!aggregate) return error_at(at, "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.");
  if (node_->table && query_.window)
    return error_at(query_.window->at, "WINDOW clause is not supported on a table: its rows have no time of their own");
  if (node_->table && node_->window) return error_at(at, "Windowed tables are not supported in GROUP BY");
  if (query_.emit == Emit::kFinal && !query_.window)
    return error_at(query_.at, "EMIT FINAL is only supported for windowed aggregations.");
  return {};
}

// The grouping expressions become the first columns of the aggregation.
Status StepPlanner::group_columns(PlanNode& node) {
  Scope scope(node.inputs[0]->columns);
  node.columns.clear();
  node.key.clear();
  for (size_t i = 0; i < query_.group_by.size(); ++i) {
    auto expression = clone(*query_.group_by[i]);
    normalise(*expression, scope);
    if (const auto* call = first_call(*expression, FunctionKind::kAggregate))
      return error_at(
          call->at,
          fmt::format("GROUP BY does not support aggregate functions: {} is an aggregate function.", call->name));
    if (const auto* call = first_call(*expression, FunctionKind::kTable))
      return error_at(call->at, "Table functions are not allowed in GROUP BY");
    for (const auto& other : grouping_)
      if (same_expression(*other, *expression))
        return error_at(expression->at, fmt::format("Duplicate GROUP BY expression: {}", to_sql(*expression)));
    SL_TRY(auto type, type_of(*expression, scope));
    if (type->base == Base::kUnknown) return error_at(expression->at, "GROUP BY NULL makes no groups");
    node.columns.push_back({"", made_name("group", i), type, true});
    node.key.push_back({{i}});
    node.expressions.push_back(clone(*expression));
    grouping_.push_back(std::move(expression));
  }
  return {};
}

// Each different aggregate becomes a column behind them; items and HAVING speak of columns only then.
Status StepPlanner::take_aggregates(PlanNode& node, ExpressionPtr& having) {
  Scope scope(node.inputs[0]->columns);
  auto replace = [&](const Expression& part) -> ExpressionPtr {
    for (size_t i = 0; i < grouping_.size(); ++i)
      if (same_expression(*grouping_[i], part)) return made_column("group", i, part.at);
    if (!is_call_of(part, FunctionKind::kAggregate)) return nullptr;
    size_t i = 0;
    while (i < node.aggregates.size() && !same_expression(*node.aggregates[i], part)) ++i;
    if (i == node.aggregates.size()) node.aggregates.push_back(clone(part));
    return made_column("aggregate", i, part.at);
  };
  for (auto& item : steps_.items) replace_parts(item.expression, replace);
  if (having) {
    normalise(*having, scope);
    replace_parts(having, replace);
  }
  for (size_t i = 0; i < node.aggregates.size(); ++i) {
    const auto& call = *node.aggregates[i];
    SL_TRY(auto bound, bind_aggregate(call, scope, settings_.aggregate_limits));
    if (node.inputs[0]->table && !bound.aggregate->undoable())
      return error_at(
          call.at,
          fmt::format("The aggregation function {} cannot be applied to a table source, only to a stream source.",
                      call.name));
    node.columns.push_back({"", made_name("aggregate", i), bound.aggregate->type(), true});
  }
  return {};
}

Status StepPlanner::take_window(PlanNode& node) {
  node.columns.push_back({"", "ROWTIME", simple_type(Base::kBigint), true});
  if (!query_.window) {
    // The groups of a windowed source are windowed as it is only where its whole key is grouped by.
    node.window.reset();
    return {};
  }
  node.windowing = query_.window;
  node.final_only = query_.emit == Emit::kFinal;
  if (node.final_only && !node.windowing->grace_ms) node.windowing->grace_ms = 0;
  bool session = query_.window->kind == Window::Kind::kSession;
  node.window = KeyWindow{query_.window->kind, session ? 0 : query_.window->size_ms};
  node.columns.push_back({"", "WINDOWSTART", simple_type(Base::kBigint), true});
  node.columns.push_back({"", "WINDOWEND", simple_type(Base::kBigint), true});
  return {};
}

Status StepPlanner::check_grouped_items(const PlanNode& node) const {
  Scope scope(node.columns), input(node.inputs[0]->columns);
  for (const auto& item : steps_.items) {
    Status bad;
    walk(*item.expression, [&](const Expression& part) {
      if (bad.ok() && part.kind == Expression::Kind::kColumn && !scope.find(part).ok() && input.find(part).ok())
        bad =
            error_at(item.at, fmt::format("Non-aggregate SELECT expression(s) not part of GROUP BY: {}", to_sql(part)));
      return false;
    });
    SL_CHECK(std::move(bad));
  }
  return {};
}

Status StepPlanner::group() {
  SL_CHECK(check_grouping(aggregate_used()));
  if (query_.group_by.empty()) return {};
  steps_.grouped = true;
  auto node = step(PlanNode::Kind::kAggregate, std::move(node_));
  SL_CHECK(group_columns(*node));
  auto having = query_.having ? clone(*query_.having) : nullptr;
  SL_CHECK(take_aggregates(*node, having));
  SL_CHECK(take_window(*node));
  SL_CHECK(check_grouped_items(*node));
  node->table = true;
  if (having) {
    node->condition = std::move(having);
    SL_TRY(auto checked, bind_condition(*node->condition, Scope(node->columns), "HAVING"));
    static_cast<void>(checked);
  }
  node_ = std::move(node);
  return {};
}

}  // namespace

Result<Steps> plan_steps(const Select& query, const Catalogue& catalogue, const Settings& settings) {
  return StepPlanner(query, catalogue, settings).plan();
}

}  // namespace sl::query
