// Aggregates that keep values: the earliest and latest, lists, sets, counts of different ones, the largest K. Their
// state is a text of packed values, one behind the other.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "query/aggregate_families.h"
#include "query/group_table.h"

namespace sl::query {
namespace {

constexpr int64_t kKeptMax = 10'000;    // N of the first and last, K of the largest
constexpr size_t kHistogramMax = 1000;  // different values, as in ksqlDB

std::vector<Value> unpacked(std::string_view packed, Arena& arena) {
  std::vector<Value> out;
  while (!packed.empty()) {
    auto value = read_packed(packed, arena);
    if (!value) break;
    out.push_back(*value);
  }
  return out;
}
std::string packed(std::span<const Value> values) {
  std::string out;
  for (const auto& value : values) append_packed(out, value);
  return out;
}
Value array_of(std::span<const Value> values, Arena& arena) {
  auto* items = arena.array<Value>(values.size());
  std::copy(values.begin(), values.end(), items);
  return Value::array(items, values.size());
}

// The first or last N values; N of 0: one value that is no array.
class ByOffset final : public Aggregate {
 public:
  ByOffset(TypePtr value, size_t count, bool latest, bool ignore_nulls)
      : type_(count ? array_type(value) : value), count_(count), latest_(latest), ignore_nulls_(ignore_nulls) {}
  const TypePtr& type() const override { return type_; }
  size_t fixed_bytes() const override { return 0; }
  bool uses_text() const override { return true; }
  Status add(AggregateState state, const Value* a, Arena& arena) const override {
    if (a[0].is_null() && ignore_nulls_) return {};
    size_t keep = std::max<size_t>(count_, 1);
    if (keep == 1) {
      if (!latest_ && !state.text->empty()) return {};
      state.text->clear();
      append_packed(*state.text, a[0]);
      return {};
    }
    auto values = unpacked(*state.text, arena);
    if (values.size() < keep) {
      append_packed(*state.text, a[0]);
    } else if (latest_) {
      values.erase(values.begin());
      values.push_back(a[0]);
      *state.text = packed(values);
    }
    return {};
  }
  Status merge(AggregateState into, AggregateState from, bool from_first, Arena& arena) const override {
    std::string both = from_first ? *from.text + *into.text : *into.text + *from.text;
    auto values = unpacked(both, arena);
    size_t keep = std::max<size_t>(count_, 1);
    if (values.size() > keep) {
      if (latest_)
        values.erase(values.begin(), values.end() - static_cast<ptrdiff_t>(keep));
      else
        values.resize(keep);
    }
    *into.text = packed(values);
    return {};
  }
  Value result(AggregateState state, Arena& arena) const override {
    auto values = unpacked(*state.text, arena);
    if (count_) return array_of(values, arena);
    return values.empty() ? Value::null() : values.front();
  }

 private:
  TypePtr type_;
  size_t count_;
  bool latest_, ignore_nulls_;
};

// All values, or all different ones; how many is in the fixed bytes. Beyond its limit it takes no more, as in ksqlDB.
class Collect final : public Aggregate {
 public:
  Collect(TypePtr value, bool different, size_t most)
      : type_(array_type(std::move(value))), different_(different), most_(most) {}
  const TypePtr& type() const override { return type_; }
  size_t fixed_bytes() const override { return sizeof(uint64_t); }
  bool uses_text() const override { return true; }
  Status add(AggregateState state, const Value* a, Arena& arena) const override {
    if (count(state) >= most_) return {};
    if (different_ && has(unpacked(*state.text, arena), a[0])) return {};
    append_packed(*state.text, a[0]);
    set_count(state, count(state) + 1);
    return {};
  }
  bool undoable() const override { return !different_; }
  Status undo(AggregateState state, const Value* a, Arena& arena) const override {
    auto values = unpacked(*state.text, arena);
    auto last = std::find_if(values.rbegin(), values.rend(), [&](const Value& v) { return same_value(v, a[0]); });
    if (last != values.rend()) values.erase(std::next(last).base());
    put(state, values);
    return {};
  }
  Status merge(AggregateState into, AggregateState from, bool from_first, Arena& arena) const override {
    std::string first = from_first ? *from.text : *into.text, second = from_first ? *into.text : *from.text;
    auto values = unpacked(first, arena);
    for (const auto& value : unpacked(second, arena))
      if (values.size() < most_ && !(different_ && has(values, value))) values.push_back(value);
    put(into, values);
    return {};
  }
  Value result(AggregateState state, Arena& arena) const override {
    return array_of(unpacked(*state.text, arena), arena);
  }

 private:
  static bool has(const std::vector<Value>& values, const Value& value) {
    return std::any_of(values.begin(), values.end(), [&](const Value& v) { return same_value(v, value); });
  }
  static uint64_t count(AggregateState state) {
    uint64_t v;
    std::memcpy(&v, state.fixed, sizeof v);
    return v;
  }
  static void set_count(AggregateState state, uint64_t v) { std::memcpy(state.fixed, &v, sizeof v); }
  static void put(AggregateState state, const std::vector<Value>& values) {
    *state.text = packed(values);
    set_count(state, values.size());
  }
  TypePtr type_;
  bool different_;
  size_t most_;
};

// Exact: eight bytes of hash for each different value.
class CountDistinct final : public Aggregate {
 public:
  const TypePtr& type() const override { return simple_type(Base::kBigint); }
  size_t fixed_bytes() const override { return 0; }
  bool uses_text() const override { return true; }
  Status add(AggregateState state, const Value* a, Arena&) const override {
    if (a[0].present()) take(*state.text, hash_value(a[0]));
    return {};
  }
  Status merge(AggregateState into, AggregateState from, bool, Arena&) const override {
    for (size_t at = 0; at + 8 <= from.text->size(); at += 8) take(*into.text, read(*from.text, at));
    return {};
  }
  Value result(AggregateState state, Arena&) const override {
    return Value::integer(static_cast<int64_t>(state.text->size() / 8));
  }

 private:
  static uint64_t read(const std::string& text, size_t at) {
    uint64_t v;
    std::memcpy(&v, text.data() + at, 8);
    return v;
  }
  // Sorted, so that a look-up is a search.
  static void take(std::string& text, uint64_t hash) {
    size_t low = 0, high = text.size() / 8;
    while (low < high) {
      size_t middle = (low + high) / 2;
      if (read(text, middle * 8) < hash)
        low = middle + 1;
      else
        high = middle;
    }
    if (low * 8 < text.size() && read(text, low * 8) == hash) return;
    text.insert(low * 8, reinterpret_cast<const char*>(&hash), 8);
  }
};

class Histogram final : public Aggregate {
 public:
  const TypePtr& type() const override { return type_; }
  size_t fixed_bytes() const override { return 0; }
  bool uses_text() const override { return true; }
  Status add(AggregateState state, const Value* a, Arena& arena) const override { return step(state, a[0], 1, arena); }
  bool undoable() const override { return true; }
  Status undo(AggregateState state, const Value* a, Arena& arena) const override {
    return step(state, a[0], -1, arena);
  }
  Status merge(AggregateState into, AggregateState from, bool, Arena& arena) const override {
    auto values = unpacked(*from.text, arena);
    for (size_t i = 0; i + 1 < values.size(); i += 2)
      SL_CHECK(step(into, values[i], values[i + 1].as_integer(), arena));
    return {};
  }
  Value result(AggregateState state, Arena& arena) const override {
    auto values = unpacked(*state.text, arena);
    auto* items = arena.array<Value>(values.size());
    std::copy(values.begin(), values.end(), items);
    return Value::map(items, values.size() / 2);
  }

 private:
  Status step(AggregateState state, const Value& key, int64_t by, Arena& arena) const {
    if (!key.present()) return {};
    auto values = unpacked(*state.text, arena);
    size_t i = 0;
    while (i < values.size() && !same_value(values[i], key)) i += 2;
    if (i == values.size()) {
      if (values.size() / 2 >= kHistogramMax) return {};
      values.push_back(key);
      values.push_back(Value::integer(0));
    }
    values[i + 1] = Value::integer(values[i + 1].as_integer() + by);
    if (values[i + 1].as_integer() == 0)
      values.erase(values.begin() + static_cast<ptrdiff_t>(i), values.begin() + static_cast<ptrdiff_t>(i) + 2);
    *state.text = packed(values);
    return {};
  }
  TypePtr type_ = map_type(simple_type(Base::kString), simple_type(Base::kBigint));
};

// The largest K values; with more columns the rows of the largest K, each a struct whose first field is the value.
class TopK final : public Aggregate {
 public:
  TopK(TypePtr item, size_t columns, size_t count, bool different)
      : type_(array_type(std::move(item))), columns_(columns), count_(count), different_(different) {}
  const TypePtr& type() const override { return type_; }
  size_t fixed_bytes() const override { return 0; }
  bool uses_text() const override { return true; }
  Status add(AggregateState state, const Value* a, Arena& arena) const override {
    if (!a[0].present()) return {};
    auto values = unpacked(*state.text, arena);
    take(values, columns_ == 1 ? a[0] : Value::row(a, columns_));
    *state.text = packed(values);
    return {};
  }
  Status merge(AggregateState into, AggregateState from, bool, Arena& arena) const override {
    auto values = unpacked(*into.text, arena);
    for (const auto& value : unpacked(*from.text, arena)) take(values, value);
    *into.text = packed(values);
    return {};
  }
  Value result(AggregateState state, Arena& arena) const override {
    return array_of(unpacked(*state.text, arena), arena);
  }

 private:
  int order(const Value& a, const Value& b) const {
    return columns_ == 1 ? compare_values(a, b) : compare_values(a.item(0), b.item(0));
  }
  void take(std::vector<Value>& values, const Value& value) const {
    auto at = std::find_if(values.begin(), values.end(), [&](const Value& v) { return order(v, value) <= 0; });
    if (different_ && at != values.end() && order(*at, value) == 0) return;
    // Equal ones go behind those that came before.
    while (at != values.end() && order(*at, value) == 0) ++at;
    values.insert(at, value);
    if (values.size() > count_) values.pop_back();
  }
  TypePtr type_;
  size_t columns_;
  size_t count_;
  bool different_;
};

AggregateCall call_of(std::unique_ptr<Aggregate> aggregate, const TypePtr& argument, size_t constants = 0) {
  AggregateCall out;
  out.aggregate = std::move(aggregate);
  out.argument_types.push_back(argument);
  out.argument_types.resize(1 + constants);
  return out;
}

Result<AggregateCall> by_offset(std::string_view name, std::span<const AggregateArgument> arguments, bool latest) {
  if (arguments.empty() || arguments.size() > 3) return no_such_variant(name, arguments);
  size_t count = 0;
  bool ignore_nulls = true;
  for (size_t i = 1; i < arguments.size(); ++i) {
    const auto* constant = arguments[i].constant;
    if (!constant || !constant->present())
      return Error{Errc::kMalformed, std::string(name) + ": N and ignoreNulls must be literals"};
    if (arguments[i].type->integer() && i == 1) {
      if (constant->as_integer() < 1 || constant->as_integer() > kKeptMax)
        return Error{Errc::kMalformed, fmt::format("{}: N must be a number from 1 to {}", name, kKeptMax)};
      count = static_cast<size_t>(constant->as_integer());
    } else if (arguments[i].type->base == Base::kBoolean && i + 1 == arguments.size()) {
      ignore_nulls = constant->as_boolean();
    } else {
      return no_such_variant(name, arguments);
    }
  }
  return call_of(std::make_unique<ByOffset>(arguments[0].type, count, latest, ignore_nulls), arguments[0].type,
                 arguments.size() - 1);
}

Result<AggregateCall> top(std::string_view name, std::span<const AggregateArgument> arguments, bool different) {
  bool fits = arguments.size() >= 2 && arguments.back().type->integer() && !arguments[0].type->nested();
  if (!fits || (different && arguments.size() > 2)) return no_such_variant(name, arguments);
  const auto* count = arguments.back().constant;
  if (!count || count->as_integer() < 1 || count->as_integer() > kKeptMax)
    return Error{Errc::kMalformed, fmt::format("{}: K must be a literal from 1 to {}", name, kKeptMax)};
  AggregateCall out;
  std::vector<Field> fields;
  for (size_t i = 0; i + 1 < arguments.size(); ++i) {
    out.argument_types.push_back(arguments[i].type);
    fields.push_back({i == 0 ? "sort_col" : "col" + std::to_string(i - 1), arguments[i].type});
  }
  out.argument_types.emplace_back();
  size_t columns = fields.size();
  auto item = columns == 1 ? arguments[0].type : struct_type(std::move(fields));
  out.aggregate = std::make_unique<TopK>(item, columns, static_cast<size_t>(count->as_integer()), different);
  return out;
}

}  // namespace

Result<AggregateCall> make_earliest(std::string_view name, std::span<const AggregateArgument> arguments,
                                    const AggregateLimits&) {
  return by_offset(name, arguments, false);
}
Result<AggregateCall> make_latest(std::string_view name, std::span<const AggregateArgument> arguments,
                                  const AggregateLimits&) {
  return by_offset(name, arguments, true);
}
Result<AggregateCall> make_collect_list(std::string_view name, std::span<const AggregateArgument> arguments,
                                        const AggregateLimits& limits) {
  if (arguments.size() != 1) return no_such_variant(name, arguments);
  return call_of(std::make_unique<Collect>(arguments[0].type, false, limits.collect_list), arguments[0].type);
}
Result<AggregateCall> make_collect_set(std::string_view name, std::span<const AggregateArgument> arguments,
                                       const AggregateLimits& limits) {
  if (arguments.size() != 1) return no_such_variant(name, arguments);
  return call_of(std::make_unique<Collect>(arguments[0].type, true, limits.collect_set), arguments[0].type);
}
Result<AggregateCall> make_count_distinct(std::string_view name, std::span<const AggregateArgument> arguments,
                                          const AggregateLimits&) {
  if (arguments.size() != 1) return no_such_variant(name, arguments);
  return call_of(std::make_unique<CountDistinct>(), arguments[0].type);
}
Result<AggregateCall> make_histogram(std::string_view name, std::span<const AggregateArgument> arguments,
                                     const AggregateLimits&) {
  if (arguments.size() != 1 || arguments[0].type->base != Base::kString) return no_such_variant(name, arguments);
  return call_of(std::make_unique<Histogram>(), arguments[0].type);
}
Result<AggregateCall> make_topk(std::string_view name, std::span<const AggregateArgument> arguments,
                                const AggregateLimits&) {
  return top(name, arguments, false);
}
Result<AggregateCall> make_topk_distinct(std::string_view name, std::span<const AggregateArgument> arguments,
                                         const AggregateLimits&) {
  return top(name, arguments, true);
}

}  // namespace sl::query
