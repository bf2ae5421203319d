// Nodes of operators, casts, calls, and of nested values: taken apart and put together.
#include <algorithm>

#include "query/nodes.h"

namespace sl::query {
namespace {

class Binary final : public Node {
 public:
  Binary(const BinaryOperation& operation, NodePtr left, NodePtr right)
      : Node(operation.type), operation_(operation), left_(std::move(left)), right_(std::move(right)) {}
  const Value* evaluate(const Frame& frame) const override {
    const auto* a = left_->evaluate(frame);
    const auto* b = right_->evaluate(frame);
    auto* out = frame.arena->array<Value>(frame.rows);
    operation_.kernel(a, b, out, frame.rows, *frame.arena, operation_);
    return out;
  }

 private:
  BinaryOperation operation_;
  NodePtr left_, right_;
};

class Cast final : public Node {
 public:
  Cast(Caster caster, NodePtr inner, TypePtr type)
      : Node(std::move(type)), caster_(std::move(caster)), inner_(std::move(inner)) {}
  const Value* evaluate(const Frame& frame) const override {
    const auto* in = inner_->evaluate(frame);
    auto* out = frame.arena->array<Value>(frame.rows);
    for (size_t i = 0; i < frame.rows; ++i) out[i] = in[i].present() ? caster_.cast(in[i], *frame.arena) : in[i];
    return out;
  }

 private:
  Caster caster_;
  NodePtr inner_;
};

class FieldOf final : public Node {
 public:
  FieldOf(NodePtr row, size_t field, TypePtr type) : Node(std::move(type)), row_(std::move(row)), field_(field) {}
  const Value* evaluate(const Frame& frame) const override {
    const auto* in = row_->evaluate(frame);
    auto* out = frame.arena->array<Value>(frame.rows);
    for (size_t i = 0; i < frame.rows; ++i) out[i] = in[i].present() ? in[i].item(field_) : in[i];
    return out;
  }

 private:
  NodePtr row_;
  size_t field_;
};

Value element(const Value& array, const Value& index) {
  auto size = static_cast<int64_t>(array.size());
  int64_t at = index.as_integer();
  at = at < 0 ? size + at : at - 1;
  return at >= 0 && at < size ? array.item(static_cast<size_t>(at)) : Value::null();
}

Value map_value(const Value& map, const Value& key) {
  for (size_t i = 0; i < map.size(); ++i)
    if (same_value(map.map_key(i), key)) return map.map_value(i);
  return Value::null();
}

class Subscript final : public Node {
 public:
  using Take = Value (*)(const Value& nested, const Value& index);
  Subscript(NodePtr nested, NodePtr index, TypePtr type, Take take)
      : Node(std::move(type)), nested_(std::move(nested)), index_(std::move(index)), take_(take) {}
  const Value* evaluate(const Frame& frame) const override {
    const auto* nested = nested_->evaluate(frame);
    const auto* index = index_->evaluate(frame);
    auto* out = frame.arena->array<Value>(frame.rows);
    for (size_t i = 0; i < frame.rows; ++i) {
      if (!nested[i].present())
        out[i] = nested[i];
      else if (!index[i].present())
        out[i] = index[i];
      else
        out[i] = take_(nested[i], index[i]);
    }
    return out;
  }

 private:
  NodePtr nested_, index_;
  Take take_;
};

// Builds a nested value of its parts; one that failed is null in it. A map keeps the last value of a key that comes
// twice.
class Construct final : public Node {
 public:
  Construct(std::vector<NodePtr> parts, TypePtr type) : Node(std::move(type)), parts_(std::move(parts)) {}
  const Value* evaluate(const Frame& frame) const override {
    std::vector<const Value*> columns;
    for (const auto& part : parts_) columns.push_back(part->evaluate(frame));
    auto* out = frame.arena->array<Value>(frame.rows);
    for (size_t row = 0; row < frame.rows; ++row) out[row] = build(columns, row, *frame.arena);
    return out;
  }

 private:
  Value build(const std::vector<const Value*>& columns, size_t row, Arena& arena) const {
    auto* items = arena.array<Value>(columns.size());
    for (size_t i = 0; i < columns.size(); ++i) items[i] = columns[i][row].is_error() ? Value::null() : columns[i][row];
    if (type()->base == Base::kArray) return Value::array(items, columns.size());
    if (type()->base == Base::kStruct) return Value::row(items, columns.size());
    size_t pairs = 0;
    for (size_t i = 0; i < columns.size(); i += 2) {
      size_t at = 0;
      while (at < pairs && !same_value(items[2 * at], items[i])) ++at;
      items[2 * at] = items[i];
      items[2 * at + 1] = items[i + 1];
      pairs = std::max(pairs, at + 1);
    }
    return Value::map(items, pairs);
  }

  std::vector<NodePtr> parts_;
};

// A lambda while one row's call runs.
class RowLambda final : public LambdaBody {
 public:
  void aim(const BoundLambda& lambda, const Frame& frame, const uint32_t* row) {
    lambda_ = &lambda;
    frame_ = frame;
    frame_.rows = 1;
    frame_.row_of = row;
  }
  Value apply(std::span<const Value> arguments) override {
    auto* variables = frame_.arena->array<Value>(lambda_->outer_variables + lambda_->parameters);
    std::copy_n(outer_, lambda_->outer_variables, variables);
    std::copy(arguments.begin(), arguments.end(), variables + lambda_->outer_variables);
    frame_.variables = variables;
    return *lambda_->body->evaluate(frame_);
  }
  void set_outer(const Value* variables) { outer_ = variables; }

 private:
  const BoundLambda* lambda_ = nullptr;
  Frame frame_;
  const Value* outer_ = nullptr;
};

class Call final : public Node {
 public:
  Call(ScalarCall call, std::vector<CallArgument> arguments)
      : Node(call.type), call_(std::move(call)), arguments_(std::move(arguments)) {
    for (const auto& argument : arguments_) types_.push_back(argument.value ? argument.value->type() : nullptr);
  }
  const Value* evaluate(const Frame& frame) const override {
    std::vector<const Value*> columns;
    for (const auto& argument : arguments_)
      columns.push_back(argument.value ? argument.value->evaluate(frame) : nullptr);
    std::vector<RowLambda> lambdas(arguments_.size());
    std::vector<LambdaBody*> bodies(arguments_.size());
    for (size_t i = 0; i < arguments_.size(); ++i) bodies[i] = arguments_[i].lambda ? &lambdas[i] : nullptr;
    CallContext context{*frame.arena, types_, type(), bodies, frame.now_ms, frame.random, &site_};
    auto* out = frame.arena->array<Value>(frame.rows);
    std::vector<Value> row(arguments_.size());
    for (size_t i = 0; i < frame.rows; ++i) {
      auto at = static_cast<uint32_t>(frame.row_of ? frame.row_of[i] : i);
      aim(lambdas, frame, at);
      out[i] = one(context, columns, i, row);
    }
    return out;
  }

 private:
  void aim(std::vector<RowLambda>& lambdas, const Frame& frame, const uint32_t& row) const {
    for (size_t i = 0; i < arguments_.size(); ++i) {
      if (!arguments_[i].lambda) continue;
      lambdas[i].aim(*arguments_[i].lambda, frame, &row);
      lambdas[i].set_outer(frame.variables);
    }
  }
  Value one(CallContext& context, const std::vector<const Value*>& columns, size_t at, std::vector<Value>& row) const {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (!columns[i]) continue;
      row[i] = columns[i][at];
      // What failed is null to a function that knows what to do with one.
      if (call_.null_in_null_out && !row[i].present()) return row[i];
      if (row[i].is_error()) row[i] = Value::null();
    }
    return call_.function(context, row.data());
  }

  ScalarCall call_;
  std::vector<CallArgument> arguments_;
  std::vector<TypePtr> types_;
  mutable std::shared_ptr<void> site_;
};

}  // namespace

NodePtr binary_node(const BinaryOperation& operation, NodePtr left, NodePtr right) {
  return std::make_unique<Binary>(operation, std::move(left), std::move(right));
}
NodePtr cast_node(Caster caster, NodePtr inner, TypePtr type) {
  return std::make_unique<Cast>(std::move(caster), std::move(inner), std::move(type));
}
NodePtr field_node(NodePtr row, size_t field, TypePtr type) {
  return std::make_unique<FieldOf>(std::move(row), field, std::move(type));
}
NodePtr element_node(NodePtr array, NodePtr index, TypePtr type) {
  return std::make_unique<Subscript>(std::move(array), std::move(index), std::move(type), element);
}
NodePtr map_value_node(NodePtr map, NodePtr key, TypePtr type) {
  return std::make_unique<Subscript>(std::move(map), std::move(key), std::move(type), map_value);
}
NodePtr construct_node(std::vector<NodePtr> parts, TypePtr type) {
  return std::make_unique<Construct>(std::move(parts), std::move(type));
}
NodePtr call_node(ScalarCall call, std::vector<CallArgument> arguments) {
  return std::make_unique<Call>(std::move(call), std::move(arguments));
}

}  // namespace sl::query
