// Nodes of constants, columns, variables and logic. Logic is two-valued: what is null does not hold. The right side is
// computed only for the rows that the left one leaves open, so that it fails only there.
#include "query/bind.h"
#include "query/like.h"
#include "query/nodes.h"

namespace sl::query {
namespace {

class Constant final : public Node {
 public:
  Constant(const Value& value, TypePtr type) : Node(std::move(type)), value_(deep_copy(value, arena_)) {}
  const Value* evaluate(const Frame& frame) const override {
    if (column_.size() < frame.rows) column_.resize(frame.rows, value_);
    return column_.data();
  }
  const Value* constant() const override { return &value_; }

 private:
  Arena arena_;
  Value value_;
  // As many copies as the largest batch had rows. Handing out the old array stays right when it grows only between
  // batches; a frame within a frame is never larger than the outermost.
  mutable std::vector<Value> column_;
};

class Column final : public Node {
 public:
  Column(size_t slot, TypePtr type) : Node(std::move(type)), slot_(slot) {}
  const Value* evaluate(const Frame& frame) const override {
    const auto* column = frame.columns[slot_];
    if (!frame.row_of) return column;
    auto* out = frame.arena->array<Value>(frame.rows);
    for (size_t i = 0; i < frame.rows; ++i) out[i] = column[frame.row_of[i]];
    return out;
  }

 private:
  size_t slot_;
};

class Variable final : public Node {
 public:
  Variable(size_t index, TypePtr type) : Node(std::move(type)), index_(index) {}
  const Value* evaluate(const Frame& frame) const override { return frame.variables + index_; }

 private:
  size_t index_;
};

// AND where `stop_at` is false, OR where it is true: a left side of that value decides.
class Logic final : public Node {
 public:
  Logic(NodePtr left, NodePtr right, bool stop_at)
      : Node(simple_type(Base::kBoolean)), left_(std::move(left)), right_(std::move(right)), stop_at_(stop_at) {}
  const Value* evaluate(const Frame& frame) const override {
    const auto* left = left_->evaluate(frame);
    auto* out = frame.arena->array<Value>(frame.rows);
    std::vector<uint32_t> open;
    for (size_t i = 0; i < frame.rows; ++i) {
      if (left[i].is_error())
        out[i] = left[i];
      else if (left[i].holds() == stop_at_)
        out[i] = Value::boolean(stop_at_);
      else
        open.push_back(static_cast<uint32_t>(i));
    }
    if (open.empty()) return out;
    const auto* right = right_->evaluate(open.size() == frame.rows ? frame : narrowed(frame, open));
    for (size_t i = 0; i < open.size(); ++i)
      out[open[i]] = right[i].is_error() ? right[i] : Value::boolean(right[i].holds());
    return out;
  }

 private:
  NodePtr left_, right_;
  bool stop_at_;
};

// A node that makes one value of one value.
template <class Make>
class Mapped final : public Node {
 public:
  Mapped(NodePtr inner, TypePtr type, Make make) : Node(std::move(type)), inner_(std::move(inner)), make_(make) {}
  const Value* evaluate(const Frame& frame) const override {
    const auto* in = inner_->evaluate(frame);
    auto* out = frame.arena->array<Value>(frame.rows);
    for (size_t i = 0; i < frame.rows; ++i) out[i] = in[i].is_error() ? in[i] : make_(in[i]);
    return out;
  }

 private:
  NodePtr inner_;
  Make make_;
};

template <class Make>
class Paired final : public Node {
 public:
  Paired(NodePtr left, NodePtr right, Make make)
      : Node(simple_type(Base::kBoolean)), left_(std::move(left)), right_(std::move(right)), make_(make) {}
  const Value* evaluate(const Frame& frame) const override {
    const auto* a = left_->evaluate(frame);
    const auto* b = right_->evaluate(frame);
    auto* out = frame.arena->array<Value>(frame.rows);
    for (size_t i = 0; i < frame.rows; ++i) {
      if (a[i].is_error())
        out[i] = a[i];
      else if (b[i].is_error())
        out[i] = b[i];
      else
        out[i] = make_(a[i], b[i]);
    }
    return out;
  }

 private:
  NodePtr left_, right_;
  Make make_;
};

class In final : public Node {
 public:
  In(NodePtr value, std::vector<NodePtr> items, bool negated)
      : Node(simple_type(Base::kBoolean)), value_(std::move(value)), items_(std::move(items)), negated_(negated) {}
  const Value* evaluate(const Frame& frame) const override {
    const auto* value = value_->evaluate(frame);
    std::vector<const Value*> items;
    for (const auto& item : items_) items.push_back(item->evaluate(frame));
    auto* out = frame.arena->array<Value>(frame.rows);
    for (size_t row = 0; row < frame.rows; ++row) out[row] = look(value[row], items, row);
    return out;
  }

 private:
  Value look(const Value& value, const std::vector<const Value*>& items, size_t row) const {
    if (value.is_error()) return value;
    bool found = false;
    for (const auto* item : items) {
      if (item[row].is_error()) return item[row];
      found = found || (value.present() && same_value(value, item[row]));
    }
    return Value::boolean(found != negated_);
  }

  NodePtr value_;
  std::vector<NodePtr> items_;
  bool negated_;
};

class Case final : public Node {
 public:
  Case(std::vector<NodePtr> conditions, std::vector<NodePtr> results, TypePtr type)
      : Node(std::move(type)), conditions_(std::move(conditions)), results_(std::move(results)) {}
  const Value* evaluate(const Frame& frame) const override {
    auto* out = frame.arena->array<Value>(frame.rows);
    std::vector<uint32_t> open(frame.rows);
    for (size_t i = 0; i < frame.rows; ++i) open[i] = static_cast<uint32_t>(i);
    for (size_t branch = 0; branch < conditions_.size() && !open.empty(); ++branch) {
      const auto* condition = conditions_[branch]->evaluate(narrowed(frame, open));
      std::vector<uint32_t> taken, rest;
      for (size_t i = 0; i < open.size(); ++i) {
        if (condition[i].is_error())
          out[open[i]] = condition[i];
        else
          (condition[i].holds() ? taken : rest).push_back(open[i]);
      }
      fill(frame, *results_[branch], taken, out);
      open = std::move(rest);
    }
    if (results_.size() > conditions_.size())
      fill(frame, *results_.back(), open, out);
    else
      for (auto row : open) out[row] = Value::null();
    return out;
  }

 private:
  static void fill(const Frame& frame, const Node& result, const std::vector<uint32_t>& rows, Value* out) {
    if (rows.empty()) return;
    const auto* values = result.evaluate(narrowed(frame, rows));
    for (size_t i = 0; i < rows.size(); ++i) out[rows[i]] = values[i];
  }

  std::vector<NodePtr> conditions_, results_;
};

template <class Make>
NodePtr mapped(NodePtr inner, TypePtr type, Make make) {
  return std::make_unique<Mapped<Make>>(std::move(inner), std::move(type), make);
}
template <class Make>
NodePtr paired(NodePtr left, NodePtr right, Make make) {
  return std::make_unique<Paired<Make>>(std::move(left), std::move(right), make);
}

}  // namespace

NodePtr constant_node(const Value& value, TypePtr type) {
  return std::make_unique<Constant>(value, std::move(type));
}
NodePtr column_node(size_t slot, TypePtr type) {
  return std::make_unique<Column>(slot, std::move(type));
}
NodePtr variable_node(size_t index, TypePtr type) {
  return std::make_unique<Variable>(index, std::move(type));
}
NodePtr and_node(NodePtr left, NodePtr right) {
  return std::make_unique<Logic>(std::move(left), std::move(right), false);
}
NodePtr or_node(NodePtr left, NodePtr right) {
  return std::make_unique<Logic>(std::move(left), std::move(right), true);
}
NodePtr not_node(NodePtr inner) {
  return mapped(std::move(inner), simple_type(Base::kBoolean),
                [](const Value& v) { return Value::boolean(!v.holds()); });
}
NodePtr is_null_node(NodePtr inner, bool negated) {
  return mapped(std::move(inner), simple_type(Base::kBoolean),
                [negated](const Value& v) { return Value::boolean(v.is_null() != negated); });
}
NodePtr not_distinct_node(NodePtr left, NodePtr right, bool negated) {
  return paired(std::move(left), std::move(right),
                [negated](const Value& a, const Value& b) { return Value::boolean(same_value(a, b) != negated); });
}
NodePtr in_node(NodePtr value, std::vector<NodePtr> items, bool negated) {
  return std::make_unique<In>(std::move(value), std::move(items), negated);
}
NodePtr like_node(NodePtr text, NodePtr pattern, char escape, bool negated) {
  return paired(std::move(text), std::move(pattern), [escape, negated](const Value& a, const Value& b) {
    bool both = a.present() && b.present();
    return Value::boolean(both && like_match(a.as_text(), b.as_text(), escape) != negated);
  });
}
NodePtr case_node(std::vector<NodePtr> conditions, std::vector<NodePtr> results, TypePtr type) {
  return std::make_unique<Case>(std::move(conditions), std::move(results), std::move(type));
}

}  // namespace sl::query
