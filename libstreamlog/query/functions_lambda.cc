// Functions that take lambdas: TRANSFORM, FILTER and REDUCE of arrays and maps.
#include "query/call_result.h"
#include "query/function_table.h"

namespace sl::query {
namespace {

Value transform_array(CallContext& call, const Value* a) {
  std::vector<Value> out;
  for (size_t i = 0; i < a[0].size(); ++i) {
    out.push_back(call.lambdas[1]->apply({&a[0].item(i), 1}));
    if (out.back().is_error()) return out.back();
  }
  return made_array(call, out);
}

Value transform_map(CallContext& call, const Value* a) {
  std::vector<Value> out;
  for (size_t i = 0; i < a[0].size(); ++i)
    for (size_t side = 1; side <= 2; ++side) {
      out.push_back(call.lambdas[side]->apply({a[0].items() + 2 * i, 2}));
      if (out.back().is_error()) return out.back();
      if (side == 1 && out.back().is_null()) return Value::error("the key of a MAP cannot be null");
    }
  return made_map(call, out);
}

Value filter_array(CallContext& call, const Value* a) {
  std::vector<Value> out;
  for (size_t i = 0; i < a[0].size(); ++i) {
    auto keep = call.lambdas[1]->apply({&a[0].item(i), 1});
    if (keep.is_error()) return keep;
    if (keep.holds()) out.push_back(a[0].item(i));
  }
  return made_array(call, out);
}

Value filter_map(CallContext& call, const Value* a) {
  std::vector<Value> out;
  for (size_t i = 0; i < a[0].size(); ++i) {
    auto keep = call.lambdas[1]->apply({a[0].items() + 2 * i, 2});
    if (keep.is_error()) return keep;
    if (!keep.holds()) continue;
    out.push_back(a[0].map_key(i));
    out.push_back(a[0].map_value(i));
  }
  return made_map(call, out);
}

// A null collection leaves the state as it is; a null state gives null.
template <size_t width>
Value reduce(CallContext& call, const Value* a) {
  Value state = a[1];
  if (a[0].is_null() || state.is_null()) return state;
  for (size_t i = 0; i < a[0].size(); ++i) {
    Value arguments[3] = {state, a[0].item(width * i), width == 2 ? a[0].item(width * i + 1) : Value()};
    state = call.lambdas[2]->apply({arguments, 1 + width});
    if (state.is_error()) return state;
  }
  return state;
}

constexpr ScalarVariant kTransform[] = {
    {"ARRAY<T>, LAMBDA(T -> R)", "ARRAY<R>", transform_array},
    {"MAP<K, V>, LAMBDA(K, V -> R), LAMBDA(K, V -> S)", "MAP<R, S>", transform_map}};
constexpr ScalarVariant kFilter[] = {{"ARRAY<T>, LAMBDA(T -> BOOLEAN)", "ARRAY<T>", filter_array},
                                     {"MAP<K, V>, LAMBDA(K, V -> BOOLEAN)", "MAP<K, V>", filter_map}};
constexpr ScalarVariant kReduce[] = {{"ARRAY<T>, S, LAMBDA(S, T -> S)", "S", reduce<1>, kTakesNull},
                                     {"MAP<K, V>, S, LAMBDA(S, K, V -> S)", "S", reduce<2>, kTakesNull}};

constexpr ScalarEntry kTable[] = {
    {"FILTER", "(array or map, condition): what the condition holds for", kFilter},
    {"REDUCE", "(array or map, state, (state, item) => …): the last state", kReduce},
    {"TRANSFORM", "(array, x => …) or (map, (k, v) => new key, (k, v) => new value)", kTransform},
};

}  // namespace

std::span<const ScalarEntry> lambda_functions() {
  return kTable;
}

}  // namespace sl::query
