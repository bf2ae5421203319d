// The kinds of nodes that need no types beyond their own: constants, columns, logic, CASE, access to nested values and
// their construction. Operators, casts and functions are nodes too, over arithmetic.h, cast.h and function.h.
#pragma once
#include <memory>
#include <vector>

#include "query/arithmetic.h"
#include "query/cast.h"
#include "query/expression.h"
#include "query/function.h"

namespace sl::query {

// `value` is copied.
NodePtr constant_node(const Value& value, TypePtr type);
// A parameter of the lambdas around, counted from the outermost one.
NodePtr variable_node(size_t index, TypePtr type);

NodePtr and_node(NodePtr left, NodePtr right);
NodePtr or_node(NodePtr left, NodePtr right);
NodePtr not_node(NodePtr inner);
NodePtr is_null_node(NodePtr inner, bool negated);
// Equal in value or both null; `negated` for IS DISTINCT FROM. Both of one type.
NodePtr not_distinct_node(NodePtr left, NodePtr right, bool negated);
// `items` are of the value's type. A null is in no list.
NodePtr in_node(NodePtr value, std::vector<NodePtr> items, bool negated);
// `escape` may be null.
NodePtr like_node(NodePtr text, NodePtr pattern, char escape, bool negated);
// `conditions[i]` chooses `results[i]`; one more result is the ELSE. All results are of one type.
NodePtr case_node(std::vector<NodePtr> conditions, std::vector<NodePtr> results, TypePtr type);

NodePtr binary_node(const BinaryOperation& operation, NodePtr left, NodePtr right);
NodePtr cast_node(Caster caster, NodePtr inner, TypePtr type);

NodePtr field_node(NodePtr row, size_t field, TypePtr type);
// One-based, from the end where negative; outside the array it is null.
NodePtr element_node(NodePtr array, NodePtr index, TypePtr type);
NodePtr map_value_node(NodePtr map, NodePtr key, TypePtr type);
// ARRAY[…], STRUCT(…) and, of keys and values in turn, MAP(…).
NodePtr construct_node(std::vector<NodePtr> parts, TypePtr type);

// A lambda of a call: how many variables it has and its body, which may use those of the lambdas around it.
struct BoundLambda {
  size_t outer_variables = 0;
  size_t parameters = 0;
  NodePtr body;
};
struct CallArgument {
  NodePtr value;  // or:
  std::unique_ptr<BoundLambda> lambda;
};
NodePtr call_node(ScalarCall call, std::vector<CallArgument> arguments);

}  // namespace sl::query
