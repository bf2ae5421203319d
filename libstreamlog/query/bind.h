// Binding: names to slots, types to every node, casts and functions chosen. Errors point at the place in the text.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "query/ast.h"
#include "query/expression.h"

namespace sl::query {

// A column that expressions may name.
struct Slot {
  std::string source;  // the alias of where it comes from; empty for what a query computed
  std::string name;
  TypePtr type;
  // ROWTIME, ROWPARTITION, ROWOFFSET, WINDOWSTART, WINDOWEND: named only on purpose, never by a star.
  bool system = false;
};

// What can be named in one place of a query. Names are compared exactly first, then whatever their case.
class Scope {
 public:
  Scope() = default;
  explicit Scope(std::vector<Slot> slots) : slots_(std::move(slots)) {}
  const std::vector<Slot>& slots() const { return slots_; }
  // The slot of a column; an empty qualifier looks in all sources. kNotFound with the nearest name, kMalformed where
  // several fit.
  Result<size_t> find(const Expression& column) const;

 private:
  std::vector<Slot> slots_;
};

Result<NodePtr> bind(const Expression& expression, const Scope& scope);
// Bound and cast to `type` where it is not of it.
Result<NodePtr> bind_as(const Expression& expression, const Scope& scope, const TypePtr& type);
// A condition: BOOLEAN or an error that says what it is.
Result<NodePtr> bind_condition(const Expression& expression, const Scope& scope, std::string_view clause);
// What an expression gives, without keeping it.
Result<TypePtr> type_of(const Expression& expression, const Scope& scope);
// A node that casts what `inner` gives; `inner` itself where the types are the same.
Result<NodePtr> cast_to(NodePtr inner, const TypePtr& type);
NodePtr column_node(size_t slot, TypePtr type);
// The value of an expression without columns, in `arena`.
Result<Value> evaluate_constant(const Expression& expression, const TypePtr& type, Arena& arena);

}  // namespace sl::query
