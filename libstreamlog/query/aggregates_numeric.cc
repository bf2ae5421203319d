// COUNT, SUM, AVG, MIN and MAX. Numbers live in the group's fixed bytes and are updated in place.
#include <cstring>

#include "query/aggregate_families.h"
#include "query/decimal.h"

namespace sl::query {
namespace {

template <class T>
T load(const uint8_t* from) {
  T v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <class T>
void store(uint8_t* to, T v) {
  std::memcpy(to, &v, sizeof v);
}

class Count final : public Aggregate {
 public:
  explicit Count(bool of_rows) : of_rows_(of_rows) {}
  const TypePtr& type() const override { return simple_type(Base::kBigint); }
  size_t fixed_bytes() const override { return 8; }
  bool uses_text() const override { return false; }
  Status add(AggregateState state, const Value* a, Arena&) const override { return step(state, a, 1); }
  bool undoable() const override { return true; }
  Status undo(AggregateState state, const Value* a, Arena&) const override { return step(state, a, -1); }
  Status merge(AggregateState into, AggregateState from, bool, Arena&) const override {
    store(into.fixed, load<int64_t>(into.fixed) + load<int64_t>(from.fixed));
    return {};
  }
  Value result(AggregateState state, Arena&) const override { return Value::integer(load<int64_t>(state.fixed)); }

 private:
  Status step(AggregateState state, const Value* a, int64_t by) const {
    if (of_rows_ || a[0].present()) store(state.fixed, load<int64_t>(state.fixed) + by);
    return {};
  }
  bool of_rows_;
};

// Sums of INT wrap as Java's do; of DECIMAL they must fit the type. The second word counts, for AVG.
class Sum final : public Aggregate {
 public:
  Sum(TypePtr argument, bool mean)
      : argument_(std::move(argument)), type_(mean ? simple_type(Base::kDouble) : argument_), mean_(mean) {}
  const TypePtr& type() const override { return type_; }
  size_t fixed_bytes() const override { return 24; }
  bool uses_text() const override { return false; }
  Status add(AggregateState state, const Value* a, Arena&) const override { return step(state, a[0], 1); }
  bool undoable() const override { return true; }
  Status undo(AggregateState state, const Value* a, Arena&) const override { return step(state, a[0], -1); }
  Status merge(AggregateState into, AggregateState from, bool, Arena&) const override {
    store(into.fixed + 16, load<int64_t>(into.fixed + 16) + load<int64_t>(from.fixed + 16));
    if (argument_->base == Base::kDouble) {
      store(into.fixed, load<double>(into.fixed) + load<double>(from.fixed));
      return {};
    }
    return put(into, load<Int128>(into.fixed) + load<Int128>(from.fixed));
  }
  Value result(AggregateState state, Arena& arena) const override {
    auto count = static_cast<double>(load<int64_t>(state.fixed + 16));
    if (mean_) return Value::real(count == 0 ? 0.0 : total(state) / count);
    if (argument_->base == Base::kDouble) return Value::real(load<double>(state.fixed));
    auto sum = load<Int128>(state.fixed);
    if (argument_->base == Base::kDecimal) return Value::decimal(sum, arena);
    return Value::integer(static_cast<int64_t>(sum));
  }

 private:
  double total(AggregateState state) const {
    if (argument_->base == Base::kDouble) return load<double>(state.fixed);
    auto sum = load<Int128>(state.fixed);
    return argument_->base == Base::kDecimal ? decimal_to_real(sum, argument_->scale) : static_cast<double>(sum);
  }
  Status step(AggregateState state, const Value& v, int by) const {
    if (!v.present()) return {};
    if (argument_->base == Base::kDouble) {
      store(state.fixed, load<double>(state.fixed) + by * v.as_real());
    } else {
      Int128 number = argument_->base == Base::kDecimal ? v.as_decimal() : Int128{v.as_integer()};
      SL_CHECK(put(state, load<Int128>(state.fixed) + by * number));
    }
    store(state.fixed + 16, load<int64_t>(state.fixed + 16) + by);
    return {};
  }
  Status put(AggregateState state, Int128 sum) const {
    if (argument_->base == Base::kInt && !mean_) sum = static_cast<int32_t>(sum);
    if (argument_->base == Base::kBigint) sum = static_cast<int64_t>(sum);
    if (argument_->base == Base::kDecimal && !mean_ && digits_of(sum) > argument_->precision)
      return Error{Errc::kMalformed, "Numeric field overflow: the SUM has more digits than " + to_sql(*argument_)};
    store(state.fixed, sum);
    return {};
  }

  TypePtr argument_, type_;
  bool mean_;
};

// The least or the greatest of what has an order. Numbers and times in the fixed bytes (a flag, then the value), the
// rest packed.
class Extreme final : public Aggregate {
 public:
  Extreme(TypePtr type, int sign) : type_(std::move(type)), sign_(sign) {}
  const TypePtr& type() const override { return type_; }
  size_t fixed_bytes() const override { return in_text() ? 0 : 24; }
  bool uses_text() const override { return in_text(); }
  Status add(AggregateState state, const Value* a, Arena& arena) const override {
    if (a[0].present()) take(state, a[0], arena);
    return {};
  }
  Status merge(AggregateState into, AggregateState from, bool, Arena& arena) const override {
    auto other = result(from, arena);
    if (other.present()) take(into, other, arena);
    return {};
  }
  Value result(AggregateState state, Arena& arena) const override {
    if (in_text()) {
      std::string_view packed = *state.text;
      return packed.empty() ? Value::null() : read_packed(packed, arena).value_or(Value::null());
    }
    if (load<int64_t>(state.fixed + 16) == 0) return Value::null();
    if (type_->base == Base::kDouble) return Value::real(load<double>(state.fixed));
    if (type_->base == Base::kDecimal) return Value::decimal(load<Int128>(state.fixed), arena);
    return type_->base == Base::kBoolean ? Value::boolean(load<int64_t>(state.fixed))
                                         : Value::integer(load<int64_t>(state.fixed));
  }

 private:
  bool in_text() const { return type_->base == Base::kString || type_->base == Base::kBytes || type_->nested(); }
  void take(AggregateState state, const Value& v, Arena& arena) const {
    auto current = result(state, arena);
    if (current.present() && compare_values(v, current) * sign_ <= 0) return;
    if (in_text()) {
      state.text->clear();
      append_packed(*state.text, v);
      return;
    }
    if (v.kind() == Kind::kDouble)
      store(state.fixed, v.as_real());
    else if (v.kind() == Kind::kDecimal)
      store(state.fixed, v.as_decimal());
    else
      store(state.fixed, v.as_integer());
    store<int64_t>(state.fixed + 16, 1);
  }

  TypePtr type_;
  int sign_;
};

Result<AggregateCall> number(std::string_view name, std::span<const AggregateArgument> arguments, bool mean) {
  if (arguments.size() != 1 || !arguments[0].type->numeric()) return no_such_variant(name, arguments);
  AggregateCall out;
  out.aggregate = std::make_unique<Sum>(arguments[0].type, mean);
  out.argument_types = {arguments[0].type};
  return out;
}

Result<AggregateCall> extreme(std::string_view name, std::span<const AggregateArgument> arguments, int sign) {
  if (arguments.size() != 1) return no_such_variant(name, arguments);
  auto base = arguments[0].type->base;
  bool ordered =
      arguments[0].type->numeric() || arguments[0].type->temporal() || base == Base::kString || base == Base::kBytes;
  if (!ordered) return no_such_variant(name, arguments);
  AggregateCall out;
  out.aggregate = std::make_unique<Extreme>(arguments[0].type, sign);
  out.argument_types = {arguments[0].type};
  return out;
}

}  // namespace

Result<AggregateCall> make_count(std::string_view name, std::span<const AggregateArgument> arguments,
                                 const AggregateLimits&) {
  if (arguments.size() > 1) return no_such_variant(name, arguments);
  AggregateCall out;
  // A literal is never null: COUNT(1) counts rows.
  bool of_rows = arguments.empty() || (arguments[0].constant && arguments[0].constant->present());
  out.aggregate = std::make_unique<Count>(of_rows);
  if (!arguments.empty()) out.argument_types.push_back(of_rows ? nullptr : arguments[0].type);
  return out;
}
Result<AggregateCall> make_sum(std::string_view name, std::span<const AggregateArgument> arguments,
                               const AggregateLimits&) {
  return number(name, arguments, false);
}
Result<AggregateCall> make_avg(std::string_view name, std::span<const AggregateArgument> arguments,
                               const AggregateLimits&) {
  return number(name, arguments, true);
}
Result<AggregateCall> make_min(std::string_view name, std::span<const AggregateArgument> arguments,
                               const AggregateLimits&) {
  return extreme(name, arguments, -1);
}
Result<AggregateCall> make_max(std::string_view name, std::span<const AggregateArgument> arguments,
                               const AggregateLimits&) {
  return extreme(name, arguments, 1);
}

}  // namespace sl::query
