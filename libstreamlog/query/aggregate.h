// Aggregate functions. A group's state is a few fixed bytes and a text of each aggregate: COUNT, SUM, MIN, MAX and AVG
// of numbers live in the fixed bytes and are updated in place; the others keep a packed value in the text.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "query/function.h"
#include "query/type.h"
#include "query/value.h"

namespace sl::query {

struct AggregateState {
  uint8_t* fixed;     // Aggregate::fixed_bytes() of them, aligned to 8, zero at first
  std::string* text;  // empty at first; null where uses_text() is false
};

// One aggregate of one query, its types resolved and its constant arguments (the K of TOPK, the N of
// LATEST_BY_OFFSET) taken out. It holds no state of a group.
class Aggregate {
 public:
  virtual ~Aggregate() = default;
  virtual const TypePtr& type() const = 0;
  virtual size_t fixed_bytes() const = 0;
  virtual bool uses_text() const = 0;
  // Takes a row in: its values, one for each argument that is no constant, in order. An error (an overflow) leaves the
  // state as it was; the row is then counted as bad. `arena` is for scratch.
  virtual Status add(AggregateState state, const Value* arguments, Arena& arena) const = 0;
  // Takes a row out again; only where undoable() (aggregates of tables).
  virtual bool undoable() const { return false; }
  virtual Status undo(AggregateState state, const Value* arguments, Arena& arena) const;
  // Joins two sessions: `from` was later or earlier in time, `into` gets both. `from_first` says that what `from` saw
  // came before what `into` saw.
  virtual Status merge(AggregateState into, AggregateState from, bool from_first, Arena& arena) const = 0;
  // What it stands at; what it points to lies in the state's text or in `arena`.
  virtual Value result(AggregateState state, Arena& arena) const = 0;
};

// What a call is given in one place: a type, and its value where it is a literal.
struct AggregateArgument {
  TypePtr type;
  const Value* constant = nullptr;
};
struct AggregateCall {
  std::unique_ptr<Aggregate> aggregate;
  // What each argument is to be cast to; null for a constant that the aggregate has taken.
  std::vector<TypePtr> argument_types;
};
// How much the aggregates keep that keep all values: more is left out (ksql.functions.collect_list.limit and its like).
struct AggregateLimits {
  size_t collect_list = SIZE_MAX;
  size_t collect_set = SIZE_MAX;
};
// COUNT(*) and COUNT() have no arguments. kMalformed where no variant takes these.
Result<AggregateCall> resolve_aggregate(std::string_view name, std::span<const AggregateArgument> arguments,
                                        const AggregateLimits& limits);

}  // namespace sl::query
