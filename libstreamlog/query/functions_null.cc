// Functions that choose among values: COALESCE, IFNULL, NULLIF, GREATEST, LEAST, AS_VALUE.
#include "query/function_table.h"

namespace sl::query {
namespace {

Value coalesce_n(const Value* a, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (!a[i].is_null()) return a[i];
  return Value::null();
}
Value coalesce(CallContext& call, const Value* a) {
  return coalesce_n(a, call.argument_types.size());
}
Value null_if(CallContext&, const Value* a) {
  return same_value(a[0], a[1]) ? Value::null() : a[0];
}
Value as_value(CallContext&, const Value* a) {
  return a[0];
}

template <int sign>
Value extreme(CallContext& call, const Value* a) {
  Value best;
  for (size_t i = 0; i < call.argument_types.size(); ++i)
    if (a[i].present() && (best.is_null() || compare_values(a[i], best) * sign > 0)) best = a[i];
  return best;
}

constexpr ScalarVariant kCoalesce[] = {{"T, T...", "T", coalesce, kTakesNull}};
constexpr ScalarVariant kIfNull[] = {{"T, T", "T", coalesce, kTakesNull}};
constexpr ScalarVariant kNullIf[] = {{"T, T", "T", null_if, kTakesNull}};
constexpr ScalarVariant kAsValue[] = {{"T", "T", as_value, kTakesNull}};
constexpr ScalarVariant kGreatest[] = {{"T...", "T", extreme<1>, kTakesNull}};
constexpr ScalarVariant kLeast[] = {{"T...", "T", extreme<-1>, kTakesNull}};

constexpr ScalarEntry kTable[] = {
    {"AS_VALUE", "a copy of a key column among the value's columns", kAsValue},
    {"COALESCE", "the first that is not null", kCoalesce},
    {"GREATEST", "the largest; nulls are left out", kGreatest},
    {"IFNULL", "the second where the first is null", kIfNull},
    {"LEAST", "the smallest; nulls are left out", kLeast},
    {"NULLIF", "null where both are equal, else the first", kNullIf},
};

}  // namespace

std::span<const ScalarEntry> null_functions() {
  return kTable;
}

}  // namespace sl::query
