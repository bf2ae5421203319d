// Operators without state: WHERE, PARTITION BY, table functions, the projection.
#include <algorithm>

#include "query/function.h"
#include "query/operator.h"

namespace sl::query {

Status Operator::finish(const Batch&) {
  return {};
}
Status Operator::idle(const Batch&, int64_t) {
  return {};
}
Status Operator::restore(std::string_view, std::string_view) {
  return Error{Errc::kCorrupt, "state of an operator that keeps none"};
}

namespace {

// A failed expression is null, and counted.
const Value* without_errors(const Value* column, const Batch& batch, Environment& environment) {
  auto failed = [&](size_t row) { return column[row].is_error(); };
  size_t row = 0;
  while (row < batch.rows && !failed(row)) ++row;
  if (row == batch.rows) return column;
  auto* out = batch.arena->array<Value>(batch.rows);
  std::copy_n(column, batch.rows, out);
  for (; row < batch.rows; ++row) {
    if (!failed(row)) continue;
    if (!batch.is_absent(row)) environment.complain(column[row].as_text());
    out[row] = Value::null();
  }
  return out;
}

class Filter final : public Operator {
 public:
  Filter(NodePtr condition, Environment& environment) : condition_(std::move(condition)), environment_(environment) {}

  Status process(size_t, const Batch& batch) override {
    const auto* holds = without_errors(condition_->evaluate(batch.frame()), batch, environment_);
    kept_.clear();
    if (batch.pairs) return changes(batch, holds);
    for (size_t row = 0; row < batch.rows; ++row)
      if (!batch.is_absent(row) && holds[row].holds()) kept_.push_back(static_cast<uint32_t>(row));
    return pass_on(kept_.size() == batch.rows ? batch : gathered(batch, kept_));
  }

 private:
  // A row that no longer passes is a tombstone for those who saw it pass; one that never passed is nothing.
  Status changes(const Batch& batch, const Value* holds) {
    auto* absent = batch.arena->array<uint8_t>(batch.rows);
    for (size_t row = 0; row < batch.rows; ++row) absent[row] = batch.is_absent(row) || !holds[row].holds();
    for (size_t row = 0; row < batch.rows; row += 2) {
      if (absent[row] && absent[row + 1]) continue;
      kept_.push_back(static_cast<uint32_t>(row));
      kept_.push_back(static_cast<uint32_t>(row + 1));
    }
    Batch marked = batch;
    marked.absent = absent;
    return pass_on(kept_.size() == batch.rows ? marked : gathered(marked, kept_));
  }

  NodePtr condition_;
  Environment& environment_;
  std::vector<uint32_t> kept_;
};

// Computes columns: instead of the input's (the projection) or behind them (PARTITION BY).
class Compute final : public Operator {
 public:
  Compute(std::vector<NodePtr> nodes, bool keep_input, Environment& environment)
      : nodes_(std::move(nodes)), keep_input_(keep_input), environment_(environment) {}

  Status process(size_t, const Batch& batch) override {
    Batch out = batch;
    if (!keep_input_) out.columns.clear();
    auto frame = batch.frame();
    for (const auto& node : nodes_)
      out.columns.push_back(node ? without_errors(node->evaluate(frame), batch, environment_) : nullptr);
    return pass_on(out);
  }

 private:
  std::vector<NodePtr> nodes_;  // null: nobody reads the column
  bool keep_input_;
  Environment& environment_;
};

// Table functions: as many rows as the longest of them makes, shorter ones padded with null.
class Explode final : public Operator {
 public:
  struct Function {
    TableCall call;
    std::vector<NodePtr> arguments;
    std::vector<TypePtr> types;
  };
  Explode(std::vector<Function> functions, Environment& environment)
      : functions_(std::move(functions)), environment_(environment) {}

  Status process(size_t, const Batch& batch) override {
    auto frame = batch.frame();
    std::vector<std::vector<const Value*>> arguments(functions_.size());
    for (size_t f = 0; f < functions_.size(); ++f)
      for (const auto& node : functions_[f].arguments)
        arguments[f].push_back(without_errors(node->evaluate(frame), batch, environment_));
    std::vector<uint32_t> origin;
    std::vector<std::vector<Value>> made(functions_.size());
    for (size_t row = 0; row < batch.rows; ++row)
      if (!batch.is_absent(row)) one(batch, arguments, row, origin, made);
    Batch out = gathered(batch, origin);
    for (auto& column : made) {
      auto* values = batch.arena->array<Value>(column.size());
      std::copy(column.begin(), column.end(), values);
      out.columns.push_back(values);
    }
    return pass_on(out);
  }

 private:
  void one(const Batch& batch, const std::vector<std::vector<const Value*>>& arguments, size_t row,
           std::vector<uint32_t>& origin, std::vector<std::vector<Value>>& made) {
    size_t longest = origin.size();
    for (size_t f = 0; f < functions_.size(); ++f) {
      auto& function = functions_[f];
      std::vector<Value> values;
      for (const auto* column : arguments[f]) values.push_back(column[row]);
      CallContext context{*batch.arena, function.types, function.call.type, {}, batch.now_ms, batch.random, nullptr};
      function.call.function(context, values.data(), made[f]);
      longest = std::max(longest, made[f].size());
    }
    for (auto& column : made) column.resize(longest);
    origin.resize(longest, static_cast<uint32_t>(row));
  }

  std::vector<Function> functions_;
  Environment& environment_;
};

Result<std::vector<NodePtr>> bind_all(const std::vector<ExpressionPtr>& expressions, const Scope& scope,
                                      const Wanted& wanted, size_t first) {
  std::vector<NodePtr> nodes(expressions.size());
  for (size_t i = 0; i < expressions.size(); ++i) {
    if (!wanted[first + i]) continue;
    SL_TRY(nodes[i], bind(*expressions[i], scope));
  }
  return nodes;
}

}  // namespace

Result<OperatorPtr> make_filter(const PlanNode& node, Environment& environment) {
  SL_TRY(auto condition, bind_condition(*node.condition, Scope(node.inputs[0]->columns), "WHERE"));
  return OperatorPtr(std::make_unique<Filter>(std::move(condition), environment));
}

Result<OperatorPtr> make_rekey(const PlanNode& node, const Wanted& wanted, Environment& environment) {
  const auto& input = node.inputs[0]->columns;
  SL_TRY(auto nodes, bind_all(node.expressions, Scope(input), wanted, input.size()));
  return OperatorPtr(std::make_unique<Compute>(std::move(nodes), true, environment));
}

Result<OperatorPtr> make_project(const PlanNode& node, const Wanted& wanted, Environment& environment) {
  SL_TRY(auto nodes, bind_all(node.expressions, Scope(node.inputs[0]->columns), wanted, 0));
  return OperatorPtr(std::make_unique<Compute>(std::move(nodes), false, environment));
}

Result<OperatorPtr> make_explode(const PlanNode& node, const Wanted&, Environment& environment) {
  Scope scope(node.inputs[0]->columns);
  std::vector<Explode::Function> functions;
  for (const auto& expression : node.expressions) {
    Explode::Function function;
    std::vector<ArgumentShape> shapes;
    for (const auto& argument : expression->args) {
      SL_TRY(auto bound, bind(*argument, scope));
      shapes.push_back({bound->type(), 0, argument->kind == Expression::Kind::kNull});
      function.arguments.push_back(std::move(bound));
    }
    SL_TRY(function.call, resolve_table(expression->name, shapes));
    for (size_t i = 0; i < function.arguments.size(); ++i) {
      SL_TRY(function.arguments[i], cast_to(std::move(function.arguments[i]), function.call.argument_types[i]));
      function.types.push_back(function.arguments[i]->type());
    }
    functions.push_back(std::move(function));
  }
  return OperatorPtr(std::make_unique<Explode>(std::move(functions), environment));
}

}  // namespace sl::query
