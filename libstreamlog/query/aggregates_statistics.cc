// STDDEV_SAMP, STDDEV_SAMPLE, CORRELATION, SUM_LIST and ATTR.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "query/aggregate_families.h"
#include "query/decimal.h"

namespace sl::query {
namespace {

// Running sums of up to five kinds, in the fixed bytes.
struct Sums {
  double n = 0, x = 0, xx = 0, y = 0, yy = 0, xy = 0;
};
Sums load(AggregateState state) {
  Sums out;
  std::memcpy(&out, state.fixed, sizeof out);
  return out;
}
void store(AggregateState state, const Sums& sums) {
  std::memcpy(state.fixed, &sums, sizeof sums);
}

// Of one number or two. STDDEV_SAMP is ksqlDB's: it gives the variance (its name is older than its repair,
// STDDEV_SAMPLE).
class Statistic final : public Aggregate {
 public:
  using Result = double (*)(const Sums&);
  Statistic(size_t arguments, Result give) : arguments_(arguments), result_(give) {}
  const TypePtr& type() const override { return simple_type(Base::kDouble); }
  size_t fixed_bytes() const override { return sizeof(Sums); }
  bool uses_text() const override { return false; }
  Status add(AggregateState state, const Value* a, Arena&) const override { return step(state, a, 1); }
  bool undoable() const override { return true; }
  Status undo(AggregateState state, const Value* a, Arena&) const override { return step(state, a, -1); }
  Status merge(AggregateState into, AggregateState from, bool, Arena&) const override {
    auto a = load(into), b = load(from);
    store(into, {a.n + b.n, a.x + b.x, a.xx + b.xx, a.y + b.y, a.yy + b.yy, a.xy + b.xy});
    return {};
  }
  Value result(AggregateState state, Arena&) const override { return Value::real(result_(load(state))); }

 private:
  Status step(AggregateState state, const Value* a, double sign) const {
    for (size_t i = 0; i < arguments_; ++i)
      if (!a[i].present()) return {};
    double x = a[0].as_real(), y = arguments_ > 1 ? a[1].as_real() : 0;
    auto s = load(state);
    store(state,
          {s.n + sign, s.x + sign * x, s.xx + sign * x * x, s.y + sign * y, s.yy + sign * y * y, s.xy + sign * x * y});
    return {};
  }
  size_t arguments_;
  Result result_;
};

// Rounding may take it below zero where all values are alike.
double variance(const Sums& s) {
  double v = s.n < 2 ? 0 : (s.xx - s.x * s.x / s.n) / (s.n - 1);
  return v < 0 ? 0 : v;
}
double deviation(const Sums& s) {
  return std::sqrt(variance(s));
}
double correlation(const Sums& s) {
  double covariance = s.n * s.xy - s.x * s.y;
  double spread = std::sqrt(s.n * s.xx - s.x * s.x) * std::sqrt(s.n * s.yy - s.y * s.y);
  return s.n < 1 ? std::nan("") : covariance / spread;
}

// The sum of all numbers of all arrays.
class SumList final : public Aggregate {
 public:
  explicit SumList(TypePtr element) : type_(std::move(element)) {}
  const TypePtr& type() const override { return type_; }
  size_t fixed_bytes() const override { return 16; }
  bool uses_text() const override { return false; }
  Status add(AggregateState state, const Value* a, Arena&) const override { return step(state, a[0], 1); }
  bool undoable() const override { return true; }
  Status undo(AggregateState state, const Value* a, Arena&) const override { return step(state, a[0], -1); }
  Status merge(AggregateState into, AggregateState from, bool, Arena&) const override {
    put(into, get(into) + get(from), whole(into) + whole(from));
    return {};
  }
  Value result(AggregateState state, Arena&) const override {
    return type_->base == Base::kDouble ? Value::real(get(state)) : Value::integer(whole(state));
  }

 private:
  static double get(AggregateState state) {
    double v;
    std::memcpy(&v, state.fixed, 8);
    return v;
  }
  static int64_t whole(AggregateState state) {
    int64_t v;
    std::memcpy(&v, state.fixed + 8, 8);
    return v;
  }
  static void put(AggregateState state, double real, int64_t integer) {
    std::memcpy(state.fixed, &real, 8);
    std::memcpy(state.fixed + 8, &integer, 8);
  }
  Status step(AggregateState state, const Value& list, int sign) const {
    if (!list.present()) return {};
    double real = get(state);
    auto sum = static_cast<uint64_t>(whole(state));
    for (size_t i = 0; i < list.size(); ++i) {
      const auto& item = list.item(i);
      if (!item.present()) continue;
      if (type_->base == Base::kDouble)
        real += sign * item.as_real();
      else
        sum += static_cast<uint64_t>(item.as_integer()) * static_cast<uint64_t>(sign);
    }
    auto integer = static_cast<int64_t>(sum);
    put(state, real, type_->base == Base::kInt ? static_cast<int32_t>(integer) : integer);
    return {};
  }
  TypePtr type_;
};

// The value that all rows have; null where they differ. Keeps how often each value came: packed, value and count in
// turn.
class Attr final : public Aggregate {
 public:
  explicit Attr(TypePtr type) : type_(std::move(type)) {}
  const TypePtr& type() const override { return type_; }
  size_t fixed_bytes() const override { return 0; }
  bool uses_text() const override { return true; }
  Status add(AggregateState state, const Value* a, Arena& arena) const override { return step(state, a[0], 1, arena); }
  bool undoable() const override { return true; }
  Status undo(AggregateState state, const Value* a, Arena& arena) const override {
    return step(state, a[0], -1, arena);
  }
  Status merge(AggregateState into, AggregateState from, bool, Arena& arena) const override {
    for (const auto& [value, count] : read(*from.text, arena)) SL_CHECK(step(into, value, count, arena));
    return {};
  }
  Value result(AggregateState state, Arena& arena) const override {
    auto all = read(*state.text, arena);
    return all.size() == 1 ? all[0].first : Value::null();
  }

 private:
  using Counts = std::vector<std::pair<Value, int64_t>>;
  static Counts read(std::string_view packed, Arena& arena) {
    Counts out;
    while (!packed.empty()) {
      auto value = read_packed(packed, arena), count = read_packed(packed, arena);
      if (!value || !count) break;
      out.emplace_back(*value, count->as_integer());
    }
    return out;
  }
  static Status step(AggregateState state, const Value& value, int64_t by, Arena& arena) {
    auto all = read(*state.text, arena);
    auto at = std::find_if(all.begin(), all.end(), [&](const auto& one) { return same_value(one.first, value); });
    if (at == all.end()) at = all.emplace(all.end(), value, 0);
    at->second += by;
    if (at->second == 0) all.erase(at);
    std::string text;
    for (const auto& [one, count] : all) {
      append_packed(text, one);
      append_packed(text, Value::integer(count));
    }
    *state.text = std::move(text);
    return {};
  }
  TypePtr type_;
};

Result<AggregateCall> statistic(std::string_view name, std::span<const AggregateArgument> arguments, size_t count,
                                Statistic::Result give) {
  bool fits = arguments.size() == count &&
              std::all_of(arguments.begin(), arguments.end(), [](const auto& a) { return a.type->numeric(); });
  if (!fits) return no_such_variant(name, arguments);
  AggregateCall out;
  out.aggregate = std::make_unique<Statistic>(count, give);
  out.argument_types.assign(count, simple_type(Base::kDouble));
  return out;
}

}  // namespace

Result<AggregateCall> make_stddev_samp(std::string_view name, std::span<const AggregateArgument> arguments,
                                       const AggregateLimits&) {
  return statistic(name, arguments, 1, variance);
}
Result<AggregateCall> make_stddev_sample(std::string_view name, std::span<const AggregateArgument> arguments,
                                         const AggregateLimits&) {
  return statistic(name, arguments, 1, deviation);
}
Result<AggregateCall> make_correlation(std::string_view name, std::span<const AggregateArgument> arguments,
                                       const AggregateLimits&) {
  return statistic(name, arguments, 2, correlation);
}
Result<AggregateCall> make_sum_list(std::string_view name, std::span<const AggregateArgument> arguments,
                                    const AggregateLimits&) {
  bool fits = arguments.size() == 1 && arguments[0].type->base == Base::kArray &&
              (arguments[0].type->element->integer() || arguments[0].type->element->base == Base::kDouble);
  if (!fits) return no_such_variant(name, arguments);
  AggregateCall out;
  out.aggregate = std::make_unique<SumList>(arguments[0].type->element);
  out.argument_types = {arguments[0].type};
  return out;
}
Result<AggregateCall> make_attr(std::string_view name, std::span<const AggregateArgument> arguments,
                                const AggregateLimits&) {
  if (arguments.size() != 1) return no_such_variant(name, arguments);
  AggregateCall out;
  out.aggregate = std::make_unique<Attr>(arguments[0].type);
  out.argument_types = {arguments[0].type};
  return out;
}

}  // namespace sl::query
