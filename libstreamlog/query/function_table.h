// How functions are declared: one row a function, one variant a signature. Each file of functions exports one table,
// functions.cc lists the tables. Signatures are text and parsed when a query first names the function.
#pragma once
#include <span>
#include <string_view>

#include "query/function.h"

namespace sl::query {

enum FunctionFlags : unsigned {
  kPlain = 0,
  kTakesNull = 1,  // called with nulls too
  kNotDeterministic = 2,
};

// Gives the result's type where it depends on more than type variables (a decimal's scale).
using ResultType = TypePtr (*)(std::span<const TypePtr> arguments);

struct ScalarVariant {
  // "STRING, INT", "ARRAY<T>, T", "T, T...", "DECIMAL", "MAP<K, V>, LAMBDA(K, V -> R)", "ANY" for whatever type,
  // "STRUCT" for any struct, "INTERVAL" for a unit of time (it arrives as a STRING value). INT arguments may be given
  // where BIGINT, DECIMAL or DOUBLE stand, and so on upwards.
  std::string_view arguments;
  std::string_view result;  // "" where result_type gives it
  RowFunction function;
  unsigned flags = kPlain;
  ResultType result_type = nullptr;
};
struct ScalarEntry {
  std::string_view name;  // upper case
  std::string_view summary;
  std::span<const ScalarVariant> variants;
};

struct TableVariant {
  std::string_view arguments;
  std::string_view result;  // of each row
  TableFunction function;
};
struct TableEntry {
  std::string_view name;
  std::string_view summary;
  std::span<const TableVariant> variants;
};

// The tables, by file (functions_*.cc).
std::span<const ScalarEntry> math_functions();
std::span<const ScalarEntry> string_functions();
std::span<const ScalarEntry> regexp_functions();
std::span<const ScalarEntry> bytes_functions();
std::span<const ScalarEntry> url_functions();
std::span<const ScalarEntry> json_functions();
std::span<const ScalarEntry> null_functions();  // COALESCE, IFNULL, NULLIF, GREATEST, LEAST, AS_VALUE …
std::span<const ScalarEntry> time_functions();
std::span<const ScalarEntry> collection_functions();  // arrays and maps
std::span<const ScalarEntry> lambda_functions();
std::span<const TableEntry> table_functions();

// Names and summaries of the aggregates, for SHOW FUNCTIONS (aggregates.cc).
struct AggregateEntry {
  std::string_view name;
  std::string_view summary;
  std::string_view signatures;
};
std::span<const AggregateEntry> aggregate_functions();

}  // namespace sl::query
