// Scalar and table functions: what they are called, take and give, and the code. A function is a plain function of one
// row's values; expressions call it for every row of a batch. Signatures are declared as text, in the notation of the
// documentation: "ARRAY<T>, T" -> "BOOLEAN", "STRING..." for any number at the end, "LAMBDA(T -> R)" for a lambda.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "query/type.h"
#include "query/value.h"

namespace sl::query {

// A lambda as a function sees it: callable with as many values as it has parameters.
class LambdaBody {
 public:
  virtual ~LambdaBody() = default;
  virtual Value apply(std::span<const Value> arguments) = 0;
};

// What a call knows besides its arguments.
struct CallContext {
  Arena& arena;  // what the result points to lies here, in an argument, or is constant
  std::span<const TypePtr> argument_types;
  const TypePtr& type;                   // of the result
  std::span<LambdaBody* const> lambdas;  // by argument; null where the argument is a value
  int64_t now_ms = 0;                    // wall clock at the start of the batch (UNIX_TIMESTAMP())
  Random* random = nullptr;              // RANDOM(), UUID()
  // Memory that a call site keeps between rows: a compiled pattern, a parsed format. Empty at first.
  std::shared_ptr<void>* site = nullptr;
};
// An error is a Value::error(), which makes the whole expression null and is counted. Arguments are never errors.
using RowFunction = Value (*)(CallContext& call, const Value* arguments);
// Table functions append the rows they make of one.
using TableFunction = void (*)(CallContext& call, const Value* arguments, std::vector<Value>& rows);

// A function resolved for the types of one call.
struct ScalarCall {
  RowFunction function = nullptr;
  TypePtr type;                         // of the result
  std::vector<TypePtr> argument_types;  // what the arguments are to be cast to first; null for a lambda
  bool null_in_null_out = true;         // not called where an argument is null: the result is null
  bool deterministic = true;
};
struct TableCall {
  TableFunction function = nullptr;
  TypePtr type;  // of each row
  std::vector<TypePtr> argument_types;
};

// What stands in one place of a call before it is resolved: a value's type, or a lambda whose result is known only
// once its parameters are.
struct ArgumentShape {
  TypePtr type;  // null for a lambda
  size_t lambda_parameters = 0;
  bool literal_null = false;
};
// Types a lambda of a call: the argument's place and its parameters' types in, its result's type out.
class LambdaTyper {
 public:
  virtual ~LambdaTyper() = default;
  virtual Result<TypePtr> type_of(size_t argument, std::span<const TypePtr> parameters) = 0;
};

enum class FunctionKind : uint8_t { kNone, kScalar, kTable, kAggregate };
// Names are matched in upper case.
FunctionKind function_kind(std::string_view name);
// kNotFound with the nearest name; kMalformed where no variant takes these arguments, with what there is.
Result<ScalarCall> resolve_scalar(std::string_view name, std::span<const ArgumentShape> arguments,
                                  LambdaTyper& lambdas);
Result<TableCall> resolve_table(std::string_view name, std::span<const ArgumentShape> arguments);

// For SHOW FUNCTIONS and DESCRIBE FUNCTION.
struct FunctionInfo {
  std::string_view name;
  FunctionKind kind;
  std::string_view summary;
  std::vector<std::string> signatures;
};
std::vector<FunctionInfo> all_functions();

}  // namespace sl::query
