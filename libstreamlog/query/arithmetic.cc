#include "query/arithmetic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "query/decimal.h"
#include "query/time_text.h"

namespace sl::query {
namespace {

// Runs `one` for each pair of present values. Where one is null the result is `otherwise`: null for arithmetic, false
// for a comparison, which then does not hold.
template <class One>
void each(const Value* a, const Value* b, Value* out, size_t rows, const Value& otherwise, One one) {
  for (size_t i = 0; i < rows; ++i) {
    if (a[i].present() && b[i].present()) [[likely]]
      out[i] = one(a[i], b[i]);
    else if (a[i].is_error())
      out[i] = a[i];
    else if (b[i].is_error())
      out[i] = b[i];
    else
      out[i] = otherwise;
  }
}

double real_of(const Value& v, const Type& type) {
  if (v.kind() == Kind::kDouble) return v.as_real();
  if (v.kind() == Kind::kDecimal) return decimal_to_real(v.as_decimal(), type.scale);
  return static_cast<double>(v.as_integer());
}
Int128 unscaled_of(const Value& v) {
  return v.kind() == Kind::kDecimal ? v.as_decimal() : Int128{v.as_integer()};
}
int scale_of(const Type& type) {
  return type.base == Base::kDecimal ? type.scale : 0;
}

enum class Op : uint8_t { kAdd, kSubtract, kMultiply, kDivide, kModulo };

// Wraps as Java does, without the undefined behaviour of signed overflow.
template <Op op>
Value integer_result(int64_t a, int64_t b, bool narrow) {
  auto x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);
  uint64_t out = 0;
  if constexpr (op == Op::kAdd) out = x + y;
  if constexpr (op == Op::kSubtract) out = x - y;
  if constexpr (op == Op::kMultiply) out = x * y;
  if constexpr (op == Op::kDivide || op == Op::kModulo) {
    if (b == 0) return Value::error("division by zero");
    if (b == -1)
      out = op == Op::kDivide ? 0 - x : 0;
    else
      out = static_cast<uint64_t>(op == Op::kDivide ? a / b : a % b);
  }
  return Value::integer(narrow ? static_cast<int32_t>(out) : static_cast<int64_t>(out));
}

template <Op op>
void integer_kernel(const Value* a, const Value* b, Value* out, size_t rows, Arena&, const BinaryOperation& self) {
  bool narrow = self.type->base == Base::kInt;
  each(a, b, out, rows, Value::null(),
       [narrow](const Value& x, const Value& y) { return integer_result<op>(x.as_integer(), y.as_integer(), narrow); });
}

template <Op op>
void real_kernel(const Value* a, const Value* b, Value* out, size_t rows, Arena&, const BinaryOperation& self) {
  each(a, b, out, rows, Value::null(), [&self](const Value& va, const Value& vb) {
    double x = real_of(va, *self.left), y = real_of(vb, *self.right);
    if constexpr (op == Op::kAdd) return Value::real(x + y);
    if constexpr (op == Op::kSubtract) return Value::real(x - y);
    if constexpr (op == Op::kMultiply) return Value::real(x * y);
    if constexpr (op == Op::kDivide) return Value::real(x / y);
    return Value::real(std::fmod(x, y));
  });
}

// The quotient to `scale` digits, rounded half up.
std::optional<Int128> divided(Int128 a, int a_scale, Int128 b, int b_scale, int scale) {
  int shift = scale + b_scale - a_scale;
  auto numerator = shift >= 0 ? rescale(a, 0, shift) : std::optional(a);
  if (!numerator) return std::nullopt;
  Int128 quotient = *numerator / b, left = *numerator % b;
  if (left != 0) {
    Int128 twice = left < 0 ? -left : left, divisor = b < 0 ? -b : b;
    if (twice >= divisor - twice) quotient += (*numerator < 0) == (b < 0) ? 1 : -1;
  }
  return quotient;
}

template <Op op>
Value decimal_result(const Value& va, const Value& vb, Arena& arena, const BinaryOperation& self) {
  Int128 a = unscaled_of(va), b = unscaled_of(vb);
  int a_scale = scale_of(*self.left), b_scale = scale_of(*self.right);
  std::optional<Int128> out;
  if constexpr (op == Op::kMultiply) {
    Int128 product;
    if (__builtin_mul_overflow(a, b, &product)) return Value::error("the product has more than 38 digits");
    out = rescale(product, a_scale + b_scale, self.type->scale);
  } else if constexpr (op == Op::kDivide) {
    if (b == 0) return Value::error("division by zero");
    out = divided(a, a_scale, b, b_scale, self.type->scale);
  } else {
    int scale = std::max(a_scale, b_scale);
    auto x = rescale(a, a_scale, scale), y = rescale(b, b_scale, scale);
    if (!x || !y) return Value::error("the result has more than 38 digits");
    if constexpr (op == Op::kModulo) {
      if (*y == 0) return Value::error("division by zero");
      out = rescale(*x % *y, scale, self.type->scale);
    } else {
      out = rescale(op == Op::kAdd ? *x + *y : *x - *y, scale, self.type->scale);
    }
  }
  if (!out || digits_of(*out) > self.type->precision)
    return Value::error("Numeric field overflow: the result has more digits than its type");
  return Value::decimal(*out, arena);
}

template <Op op>
void decimal_kernel(const Value* a, const Value* b, Value* out, size_t rows, Arena& arena,
                    const BinaryOperation& self) {
  each(a, b, out, rows, Value::null(),
       [&](const Value& x, const Value& y) { return decimal_result<op>(x, y, arena, self); });
}

void text_kernel(const Value* a, const Value* b, Value* out, size_t rows, Arena& arena, const BinaryOperation&) {
  each(a, b, out, rows, Value::null(), [&arena](const Value& x, const Value& y) {
    auto one = x.as_text(), two = y.as_text();
    auto* to = arena.array<char>(one.size() + two.size());
    std::copy(one.begin(), one.end(), to);
    std::copy(two.begin(), two.end(), to + one.size());
    return Value::text({to, one.size() + two.size()});
  });
}

TypePtr decimal_result_type(Op op, const Type& left, const Type& right) {
  auto a = decimal_of(left), b = decimal_of(right);
  int scale = std::max(a->scale, b->scale);
  int precision = 0;
  switch (op) {
    case Op::kAdd:
    case Op::kSubtract:
      precision = scale + std::max(a->precision - a->scale, b->precision - b->scale) + 1;
      break;
    case Op::kMultiply:
      precision = a->precision + b->precision + 1;
      scale = a->scale + b->scale;
      break;
    case Op::kDivide:
      scale = std::max(6, a->scale + b->precision + 1);
      precision = a->precision - a->scale + b->scale + scale;
      break;
    case Op::kModulo:
      precision = std::min(a->precision - a->scale, b->precision - b->scale) + scale;
      break;
  }
  // Beyond 38 digits the ones behind the point go first, as far as six of them.
  if (precision > kDecimalPrecisionMax) {
    scale = std::max(std::min(scale, 6), scale - (precision - kDecimalPrecisionMax));
    precision = kDecimalPrecisionMax;
  }
  return decimal_type(precision, scale);
}

template <Op op>
BinaryOperation numeric(const TypePtr& left, const TypePtr& right) {
  BinaryOperation out{nullptr, left, right, nullptr};
  if (left->base == Base::kDouble || right->base == Base::kDouble) {
    out.type = simple_type(Base::kDouble);
    out.kernel = real_kernel<op>;
  } else if (left->base == Base::kDecimal || right->base == Base::kDecimal) {
    out.type = decimal_result_type(op, *left, *right);
    out.kernel = decimal_kernel<op>;
  } else {
    bool wide = left->base == Base::kBigint || right->base == Base::kBigint;
    out.type = simple_type(wide ? Base::kBigint : Base::kInt);
    out.kernel = integer_kernel<op>;
  }
  return out;
}

// Comparisons: one kernel for each operator and way of ordering.
enum class Test : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

template <Test test>
bool holds(int order) {
  if constexpr (test == Test::kEqual) return order == 0;
  if constexpr (test == Test::kNotEqual) return order != 0;
  if constexpr (test == Test::kLess) return order < 0;
  if constexpr (test == Test::kLessEqual) return order <= 0;
  if constexpr (test == Test::kGreater) return order > 0;
  return order >= 0;
}

struct SameType {
  static int order(const Value& a, const Value& b, const BinaryOperation&) {
    if (a.kind() >= Kind::kArray) return same_value(a, b) ? 0 : 1;
    return compare_values(a, b);
  }
};
struct Integers {
  static int order(const Value& a, const Value& b, const BinaryOperation&) {
    return (a.as_integer() > b.as_integer()) - (a.as_integer() < b.as_integer());
  }
};
struct Reals {
  static int order(const Value& a, const Value& b, const BinaryOperation& self) {
    return compare_reals(real_of(a, *self.left), real_of(b, *self.right));
  }
};
struct Decimals {
  static int order(const Value& a, const Value& b, const BinaryOperation& self) {
    int scale = std::max(scale_of(*self.left), scale_of(*self.right));
    auto x = rescale(unscaled_of(a), scale_of(*self.left), scale);
    auto y = rescale(unscaled_of(b), scale_of(*self.right), scale);
    if (!x || !y) return Reals::order(a, b, self);
    return (*x > *y) - (*x < *y);
  }
};
// Dates, times and texts that name them, as milliseconds.
struct Times {
  static std::optional<int64_t> ms(const Value& v, const Type& type, const Type& other) {
    if (type.base == Base::kDate) return v.as_integer() * kDayMs;
    if (type.base != Base::kString) return v.as_integer();
    if (other.base == Base::kTime) return parse_time_text(v.as_text());
    if (other.base == Base::kTimestamp) return parse_timestamp_text(v.as_text());
    auto days = parse_date_text(v.as_text());
    return days ? std::optional(*days * kDayMs) : std::nullopt;
  }
};

template <Test test, class How>
void compare_kernel(const Value* a, const Value* b, Value* out, size_t rows, Arena&, const BinaryOperation& self) {
  each(a, b, out, rows, Value::boolean(false),
       [&self](const Value& x, const Value& y) { return Value::boolean(holds<test>(How::order(x, y, self))); });
}
template <Test test>
void time_kernel(const Value* a, const Value* b, Value* out, size_t rows, Arena&, const BinaryOperation& self) {
  each(a, b, out, rows, Value::boolean(false), [&self](const Value& x, const Value& y) {
    auto one = Times::ms(x, *self.left, *self.right), two = Times::ms(y, *self.right, *self.left);
    if (!one || !two) return Value::error("the text is no date or time in ISO form");
    return Value::boolean(holds<test>((*one > *two) - (*one < *two)));
  });
}

enum class How : uint8_t { kNone, kSame, kIntegers, kReals, kDecimals, kTimes };

How comparison(const Type& a, const Type& b, bool equality) {
  if (a.numeric() && b.numeric()) {
    if (a.integer() && b.integer()) return How::kIntegers;
    return a.base == Base::kDouble || b.base == Base::kDouble ? How::kReals : How::kDecimals;
  }
  bool time_a = a.temporal(), time_b = b.temporal();
  if (time_a && time_b) {
    bool of_day_a = a.base == Base::kTime, of_day_b = b.base == Base::kTime;
    return of_day_a == of_day_b ? How::kTimes : How::kNone;
  }
  if ((time_a && b.base == Base::kString) || (time_b && a.base == Base::kString)) return How::kTimes;
  if (a.base != b.base) return How::kNone;
  if (a.base == Base::kString || a.base == Base::kBytes) return How::kSame;
  if (a.base == Base::kBoolean) return equality ? How::kSame : How::kNone;
  return equality && common_type(std::make_shared<const Type>(a), std::make_shared<const Type>(b)) ? How::kSame
                                                                                                   : How::kNone;
}

template <Test test>
BinaryOperation::Kernel kernel_of(How how) {
  switch (how) {
    case How::kSame:
      return compare_kernel<test, SameType>;
    case How::kIntegers:
      return compare_kernel<test, Integers>;
    case How::kReals:
      return compare_kernel<test, Reals>;
    case How::kDecimals:
      return compare_kernel<test, Decimals>;
    case How::kTimes:
      return time_kernel<test>;
    case How::kNone:
      break;
  }
  return nullptr;
}

BinaryOperation::Kernel comparison_kernel(std::string_view op, How how) {
  if (op == "=") return kernel_of<Test::kEqual>(how);
  if (op == "<>") return kernel_of<Test::kNotEqual>(how);
  if (op == "<") return kernel_of<Test::kLess>(how);
  if (op == "<=") return kernel_of<Test::kLessEqual>(how);
  if (op == ">") return kernel_of<Test::kGreater>(how);
  return kernel_of<Test::kGreaterEqual>(how);
}

}  // namespace

Result<BinaryOperation> resolve_binary(std::string_view op, const TypePtr& left, const TypePtr& right) {
  bool comparison_op = op == "=" || op[0] == '<' || op[0] == '>';
  if (comparison_op) {
    bool equality = op == "=" || op == "<>";
    auto how = comparison(*left, *right, equality);
    if (how == How::kNone)
      return Error{Errc::kMalformed,
                   fmt::format("Operator {} cannot be used to compare {} and {}", op, to_sql(*left), to_sql(*right))};
    return BinaryOperation{simple_type(Base::kBoolean), left, right, comparison_kernel(op, how)};
  }
  if (op == "+" && left->base == Base::kString && right->base == Base::kString)
    return BinaryOperation{left, left, right, text_kernel};
  if (left->numeric() && right->numeric()) {
    if (op == "+") return numeric<Op::kAdd>(left, right);
    if (op == "-") return numeric<Op::kSubtract>(left, right);
    if (op == "*") return numeric<Op::kMultiply>(left, right);
    if (op == "/") return numeric<Op::kDivide>(left, right);
    if (op == "%") return numeric<Op::kModulo>(left, right);
  }
  return Error{Errc::kMalformed,
               fmt::format("Unsupported arithmetic types: {} {} {}", to_sql(*left), op, to_sql(*right))};
}

}  // namespace sl::query
