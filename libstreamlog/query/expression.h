// Expressions that run. Binding (bind.h) makes a tree of Nodes of the parser's tree: names are slots, types are known,
// casts are written out. A node computes a whole column at a time: one call a batch and node, and a plain loop within.
//
// A failure is a value (Kind::kError) that travels to the top of the expression, past branches that were not taken;
// what becomes of the row there depends on the clause: null and counted in a projection, no row in a condition.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "query/arena.h"
#include "query/type.h"
#include "query/value.h"

namespace sl::query {

// The rows an expression is computed for: columns by slot, and where only some of their rows are meant (a branch of
// CASE, the body of a lambda), which.
struct Frame {
  size_t rows = 0;
  const Value* const* columns = nullptr;
  const uint32_t* row_of = nullptr;  // the columns' row of each row here; null: the same
  Arena* arena = nullptr;
  int64_t now_ms = 0;
  Random* random = nullptr;
  const Value* variables = nullptr;  // of the lambdas around, innermost last; a frame that has some has one row
};

class Node {
 public:
  explicit Node(TypePtr type) : type_(std::move(type)) {}
  virtual ~Node() = default;
  const TypePtr& type() const { return type_; }
  // `frame.rows` values, in the frame's arena or in a column.
  virtual const Value* evaluate(const Frame& frame) const = 0;
  // Its value where it is the same for every row; null otherwise.
  virtual const Value* constant() const { return nullptr; }

 private:
  TypePtr type_;
};
using NodePtr = std::unique_ptr<Node>;

// The rows of `frame` at `rows` (indexes into it), as a frame of their own.
Frame narrowed(const Frame& frame, const std::vector<uint32_t>& rows);

}  // namespace sl::query
