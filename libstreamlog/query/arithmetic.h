// Operators of two values: + - * / % and the comparisons, chosen by the types of their sides before anything runs.
// Results have ksqlDB's types (DecimalUtil): INT wraps as Java's int does, decimals grow by fixed rules, dividing by
// nothing is an error.
#pragma once
#include <string_view>

#include "base/result.h"
#include "query/type.h"
#include "query/value.h"

namespace sl::query {

struct BinaryOperation {
  // Computes a column; null or failed sides are handed on: null to arithmetic, FALSE to comparisons.
  using Kernel = void (*)(const Value* a, const Value* b, Value* out, size_t rows, Arena& arena,
                          const BinaryOperation& self);
  TypePtr type;  // of the result
  TypePtr left, right;
  Kernel kernel = nullptr;
};
// kMalformed with a sentence where there is no such operator for these types.
Result<BinaryOperation> resolve_binary(std::string_view op, const TypePtr& left, const TypePtr& right);

}  // namespace sl::query
