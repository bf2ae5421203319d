// Functions of ARRAYs and MAPs.
#include <algorithm>

#include "query/call_result.h"
#include "query/function_table.h"
#include "query/name.h"

namespace sl::query {
namespace {

std::vector<Value> items_of(const Value& array) {
  return {array.items(), array.items() + array.size()};
}
ValuePlaces places_of(const Value& array) {
  ValuePlaces out;
  for (size_t i = 0; i < array.size(); ++i) out.put(array.item(i));
  return out;
}

Value contains(CallContext&, const Value* a) {
  if (a[0].is_null()) return Value::boolean(false);
  const auto *from = a[0].items(), *end = from + a[0].size();
  return Value::boolean(std::any_of(from, end, [&](const Value& v) { return same_value(v, a[1]); }));
}
Value length(CallContext&, const Value* a) {
  return Value::integer(static_cast<int64_t>(a[0].size()));
}

Value distinct(CallContext& call, const Value* a) {
  return made_array(call, places_of(a[0]).values());
}
// The different items of the first of which the second has (INTERSECT) or has not (EXCEPT) the like.
template <bool in_both>
Value compared(CallContext& call, const Value* a) {
  auto others = places_of(a[1]);
  ValuePlaces out;
  for (size_t i = 0; i < a[0].size(); ++i)
    if (others.holds(a[0].item(i)) == in_both) out.put(a[0].item(i));
  return made_array(call, out.values());
}
Value united(CallContext& call, const Value* a) {
  auto out = places_of(a[0]);
  for (size_t i = 0; i < a[1].size(); ++i) out.put(a[1].item(i));
  return made_array(call, out.values());
}
Value concatenated(CallContext& call, const Value* a) {
  if (a[0].is_null()) return a[1];
  if (a[1].is_null()) return a[0];
  auto out = items_of(a[0]);
  auto more = items_of(a[1]);
  out.insert(out.end(), more.begin(), more.end());
  return made_array(call, out);
}
Value removed(CallContext& call, const Value* a) {
  if (a[0].is_null()) return Value::null();
  auto out = items_of(a[0]);
  std::erase_if(out, [&](const Value& v) { return same_value(v, a[1]); });
  return made_array(call, out);
}

template <int sign>
Value extreme(CallContext&, const Value* a) {
  Value best;
  for (const auto& item : items_of(a[0]))
    if (item.present() && (best.is_null() || compare_values(item, best) * sign > 0)) best = item;
  return best;
}

// Nulls stand last, whichever way.
Value sorted_way(CallContext& call, const Value& array, bool down) {
  auto out = items_of(array);
  std::stable_sort(out.begin(), out.end(), [down](const Value& x, const Value& y) {
    if (x.is_null() || y.is_null()) return !x.is_null() && y.is_null();
    return down ? compare_values(x, y) > 0 : compare_values(x, y) < 0;
  });
  return made_array(call, out);
}
Value sorted(CallContext& call, const Value* a) {
  return sorted_way(call, a[0], false);
}
Value sorted_by(CallContext& call, const Value* a) {
  auto way = a[1].as_text();
  bool down = same_name(way, "desc") || same_name(way, "descending"),
       up = same_name(way, "asc") || same_name(way, "ascending");
  return down || up ? sorted_way(call, a[0], down) : Value::null();
}

Value joined_by(CallContext& call, const Value& array, std::string_view delimiter) {
  if (array.is_null()) return Value::null();
  std::string out;
  for (size_t i = 0; i < array.size(); ++i) {
    if (i) out += delimiter;
    out += to_text(array.item(i), *call.argument_types[0]->element);
  }
  return made(call, out);
}
Value joined(CallContext& call, const Value* a) {
  return joined_by(call, a[0], ",");
}
Value joined_with(CallContext& call, const Value* a) {
  return joined_by(call, a[0], a[1].is_null() ? "" : a[1].as_text());
}

// One-based, both ends included; null where an end lies outside of the array.
Value slice(CallContext&, const Value* a) {
  if (a[0].is_null()) return Value::null();
  auto size = static_cast<int64_t>(a[0].size());
  int64_t from = a[1].is_null() ? 0 : a[1].as_integer() - 1, to = a[2].is_null() ? size : a[2].as_integer();
  if (from < 0 || to > size || to < from) return Value::null();
  return Value::array(a[0].items() + from, static_cast<size_t>(to - from));
}

constexpr int64_t kSeriesMax = 100'000;
Value series_by(CallContext& call, int64_t from, int64_t to, int64_t step) {
  if (step == 0 || (to > from && step < 0) || (to < from && step > 0))
    return Value::error("the step of a series leads from its start to its end, and is not 0");
  int64_t distance = 0;
  bool far = __builtin_sub_overflow(to, from, &distance);
  if (far || distance == INT64_MIN || distance / step >= kSeriesMax)
    return Value::error("a series has at most 100,000 numbers");
  std::vector<Value> out;
  for (int64_t i = 0; i <= distance / step; ++i) out.push_back(Value::integer(from + i * step));
  return made_array(call, out);
}
Value series(CallContext& call, const Value* a) {
  return series_by(call, a[0].as_integer(), a[1].as_integer(), a[1].as_integer() >= a[0].as_integer() ? 1 : -1);
}
Value series_step(CallContext& call, const Value* a) {
  return series_by(call, a[0].as_integer(), a[1].as_integer(), a[2].as_integer());
}

template <size_t which>
Value side(CallContext& call, const Value* a) {
  std::vector<Value> out;
  for (size_t i = 0; i < a[0].size(); ++i) out.push_back(which ? a[0].map_value(i) : a[0].map_key(i));
  return made_array(call, out);
}

// A key without a value has null.
Value as_map(CallContext& call, const Value* a) {
  std::vector<Value> items;
  for (size_t i = 0; i < a[0].size(); ++i) {
    items.push_back(a[0].item(i));
    items.push_back(i < a[1].size() ? a[1].item(i) : Value::null());
  }
  return made_map(call, items);
}
Value map_union(CallContext& call, const Value* a) {
  if (a[0].is_null() && a[1].is_null()) return Value::null();
  std::vector<Value> items;
  for (size_t one = 0; one < 2; ++one)
    if (a[one].present()) items.insert(items.end(), a[one].items(), a[one].items() + 2 * a[one].size());
  return made_map(call, items);
}

// A MAP as an ARRAY of STRUCT<K, V>, by key where asked for.
TypePtr entry_type(std::span<const TypePtr> types) {
  return array_type(struct_type({{"K", types[0]->key}, {"V", types[0]->element}}));
}
Value entries(CallContext& call, const Value* a) {
  std::vector<Value> out;
  for (size_t i = 0; i < a[0].size(); ++i) out.push_back(Value::row(a[0].items() + 2 * i, 2));
  if (a[1].as_boolean())
    std::stable_sort(out.begin(), out.end(),
                     [](const Value& x, const Value& y) { return compare_values(x.item(0), y.item(0)) < 0; });
  return made_array(call, out);
}

constexpr ScalarVariant kContains[] = {{"ARRAY<T>, T", "BOOLEAN", contains, kTakesNull}};
constexpr ScalarVariant kLength[] = {{"ARRAY<T>", "INT", length}};
constexpr ScalarVariant kDistinct[] = {{"ARRAY<T>", "ARRAY<T>", distinct}};
constexpr ScalarVariant kExcept[] = {{"ARRAY<T>, ARRAY<T>", "ARRAY<T>", compared<false>}};
constexpr ScalarVariant kIntersect[] = {{"ARRAY<T>, ARRAY<T>", "ARRAY<T>", compared<true>}};
constexpr ScalarVariant kUnion[] = {{"ARRAY<T>, ARRAY<T>", "ARRAY<T>", united}};
constexpr ScalarVariant kConcat[] = {{"ARRAY<T>, ARRAY<T>", "ARRAY<T>", concatenated, kTakesNull}};
constexpr ScalarVariant kRemove[] = {{"ARRAY<T>, T", "ARRAY<T>", removed, kTakesNull}};
constexpr ScalarVariant kMax[] = {{"ARRAY<T>", "T", extreme<1>}};
constexpr ScalarVariant kMin[] = {{"ARRAY<T>", "T", extreme<-1>}};
constexpr ScalarVariant kSort[] = {{"ARRAY<T>", "ARRAY<T>", sorted}, {"ARRAY<T>, STRING", "ARRAY<T>", sorted_by}};
constexpr ScalarVariant kJoin[] = {{"ARRAY<T>", "STRING", joined, kTakesNull},
                                   {"ARRAY<T>, STRING", "STRING", joined_with, kTakesNull}};
constexpr ScalarVariant kSlice[] = {{"ARRAY<T>, INT, INT", "ARRAY<T>", slice, kTakesNull}};
constexpr ScalarVariant kSeries[] = {{"INT, INT", "ARRAY<INT>", series},
                                     {"INT, INT, INT", "ARRAY<INT>", series_step},
                                     {"BIGINT, BIGINT", "ARRAY<BIGINT>", series},
                                     {"BIGINT, BIGINT, INT", "ARRAY<BIGINT>", series_step}};
constexpr ScalarVariant kKeys[] = {{"MAP<K, V>", "ARRAY<K>", side<0>}};
constexpr ScalarVariant kValues[] = {{"MAP<K, V>", "ARRAY<V>", side<1>}};
constexpr ScalarVariant kAsMap[] = {{"ARRAY<STRING>, ARRAY<V>", "MAP<STRING, V>", as_map}};
constexpr ScalarVariant kMapUnion[] = {{"MAP<K, V>, MAP<K, V>", "MAP<K, V>", map_union, kTakesNull}};
constexpr ScalarVariant kEntries[] = {{"MAP<STRING, V>, BOOLEAN", "", entries, kPlain, entry_type}};

constexpr ScalarEntry kTable[] = {
    {"ARRAY_CONCAT", "both arrays, one behind the other", kConcat},
    {"ARRAY_CONTAINS", "whether the array holds the value", kContains},
    {"ARRAY_DISTINCT", "each different item once", kDistinct},
    {"ARRAY_EXCEPT", "the different items of the first that are not in the second", kExcept},
    {"ARRAY_INTERSECT", "the different items that are in both", kIntersect},
    {"ARRAY_JOIN", "the items as one text, with commas or the given text between", kJoin},
    {"ARRAY_LENGTH", "how many items", kLength},
    {"ARRAY_MAX", "the largest item", kMax},
    {"ARRAY_MIN", "the smallest item", kMin},
    {"ARRAY_REMOVE", "without the items that equal the value", kRemove},
    {"ARRAY_SORT", "in order, or with 'DESC' the other way round; nulls last", kSort},
    {"ARRAY_UNION", "the different items of both", kUnion},
    {"AS_MAP", "(keys, values) as a MAP", kAsMap},
    {"ENTRIES", "(map, sorted): its entries as an ARRAY of STRUCT<K, V>", kEntries},
    {"GENERATE_SERIES", "(from, to, step): the numbers as an ARRAY", kSeries},
    {"MAP_KEYS", "the keys as an ARRAY", kKeys},
    {"MAP_UNION", "the entries of both; the second's where both have a key", kMapUnion},
    {"MAP_VALUES", "the values as an ARRAY", kValues},
    {"SLICE", "(array, from, to): the items from one place to another", kSlice},
};

}  // namespace

std::span<const ScalarEntry> collection_functions() {
  return kTable;
}

}  // namespace sl::query
