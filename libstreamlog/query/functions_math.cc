// Functions of numbers. INT and BIGINT come as integers, what else is widened to DOUBLE or stays DECIMAL.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "query/decimal.h"
#include "query/function_table.h"

namespace sl::query {
namespace {

template <double (*function)(double)>
Value real(CallContext&, const Value* a) {
  return Value::real(function(a[0].as_real()));
}

int scale_of(const CallContext& call, size_t argument = 0) {
  return call.argument_types[argument]->scale;
}

Value wrapped(const CallContext& call, int64_t v) {
  return Value::integer(call.type->base == Base::kInt ? static_cast<int32_t>(v) : v);
}
Value abs_integer(CallContext& call, const Value* a) {
  auto v = static_cast<uint64_t>(a[0].as_integer());
  return wrapped(call, static_cast<int64_t>(a[0].as_integer() < 0 ? 0 - v : v));
}
Value abs_real(CallContext&, const Value* a) {
  return Value::real(std::fabs(a[0].as_real()));
}
Value abs_decimal(CallContext& call, const Value* a) {
  auto v = a[0].as_decimal();
  return Value::decimal(v < 0 ? -v : v, call.arena);
}

Value same(CallContext&, const Value* a) {
  return a[0];
}

// Towards infinity where `up`, else away from it; the scale stays.
template <bool up>
Value to_whole(CallContext& call, const Value* a) {
  Int128 unit = power_of_ten(scale_of(call)), v = a[0].as_decimal(), left = v % unit;
  if (left == 0) return a[0];
  v -= left;
  if (up && left > 0) v += unit;
  if (!up && left < 0) v -= unit;
  return Value::decimal(v, call.arena);
}

Value sign_integer(CallContext&, const Value* a) {
  return Value::integer((a[0].as_integer() > 0) - (a[0].as_integer() < 0));
}
Value sign_real(CallContext&, const Value* a) {
  return Value::integer((a[0].as_real() > 0) - (a[0].as_real() < 0));
}
Value sign_decimal(CallContext&, const Value* a) {
  return Value::integer((a[0].as_decimal() > 0) - (a[0].as_decimal() < 0));
}

// As Math.round: half goes up.
Value round_real(CallContext&, const Value* a) {
  double v = std::floor(a[0].as_real() + 0.5);
  if (std::isnan(v)) return Value::integer(0);
  if (v >= 0x1p63) return Value::integer(INT64_MAX);
  if (v <= -0x1p63) return Value::integer(INT64_MIN);
  return Value::integer(static_cast<int64_t>(v));
}
Value round_decimal(CallContext& call, const Value* a) {
  // Half goes up here too, not away from zero: floor(v + 1/2).
  Int128 unit = power_of_ten(scale_of(call)), shifted = 2 * a[0].as_decimal() + unit, twice = 2 * unit;
  Int128 v = shifted / twice - (shifted % twice < 0);
  return Value::decimal(v, call.arena);
}
TypePtr whole_decimal(std::span<const TypePtr> types) {
  return decimal_type(std::max(1, types[0]->precision - types[0]->scale), 0);
}

enum class Cut : uint8_t { kHalfUp, kTowardsZero };

template <Cut cut>
Value to_places(CallContext& call, const Value* a) {
  int64_t places = std::clamp<int64_t>(a[1].as_integer(), -400, 400);
  double v = a[0].as_real();
  if (!std::isfinite(v)) return a[0];
  // Through the decimal digits people see, so that 2.675 is not 2.67499….
  auto digits = decimal_from_real(v, kDecimalPrecisionMax, 18);
  if (!digits || places > 18 || places < -18) {
    double unit = std::pow(10.0, static_cast<double>(places));
    double scaled = v * unit;
    if (!std::isfinite(scaled) || unit == 0) return a[0];
    return Value::real((cut == Cut::kHalfUp ? std::floor(scaled + 0.5) : std::trunc(scaled)) / unit);
  }
  Int128 unit = power_of_ten(static_cast<int>(18 - places)), left = *digits % unit, out = *digits - left;
  if (cut == Cut::kHalfUp && left != 0) {
    if (left > 0 && 2 * left >= unit) out += unit;
    if (left < 0 && -2 * left > unit) out -= unit;
  }
  static_cast<void>(call);
  return Value::real(decimal_to_real(out, 18));
}

template <Cut cut>
Value decimal_to_places(CallContext& call, const Value* a) {
  int scale = scale_of(call);
  auto places = static_cast<int>(std::clamp<int64_t>(a[1].as_integer(), -38, 38));
  if (places >= scale) return a[0];
  Int128 unit = power_of_ten(std::min(scale - places, 38)), v = a[0].as_decimal(), left = v % unit, out = v - left;
  if (cut == Cut::kHalfUp && left != 0) {
    if (left > 0 && 2 * left >= unit) out += unit;
    if (left < 0 && -2 * left > unit) out -= unit;
  }
  return Value::decimal(out, call.arena);
}

Value trunc_real(CallContext& call, const Value* a) {
  Value whole = Value::real(std::trunc(a[0].as_real()));
  return round_real(call, &whole);
}
Value trunc_decimal(CallContext& call, const Value* a) {
  return Value::decimal(a[0].as_decimal() / power_of_ten(scale_of(call)), call.arena);
}

TypePtr first_type(std::span<const TypePtr> types) {
  return types[0];
}

Value log_base(CallContext&, const Value* a) {
  double base = a[0].as_real();
  if (base <= 0 || base == 1) return Value::real(std::nan(""));
  return Value::real(std::log(a[1].as_real()) / std::log(base));
}
Value power(CallContext&, const Value* a) {
  return Value::real(std::pow(a[0].as_real(), a[1].as_real()));
}
Value atan2_of(CallContext&, const Value* a) {
  return Value::real(std::atan2(a[0].as_real(), a[1].as_real()));
}
// In more digits first: the library's is off by a bit even for cubes.
double cube_root(double v) {
  return static_cast<double>(std::cbrt(static_cast<long double>(v)));
}
double cot(double v) {
  return 1 / std::tan(v);
}
double degrees(double v) {
  return v * 180 / std::numbers::pi;
}
double radians(double v) {
  return v / 180 * std::numbers::pi;
}
Value pi(CallContext&, const Value*) {
  return Value::real(std::numbers::pi);
}
Value random_real(CallContext& call, const Value*) {
  return Value::real(call.random ? static_cast<double>(call.random->next() >> 11) * 0x1p-53 : 0.5);
}

// Haversine over a sphere of 6,371 km (3,959 miles).
Value distance(const Value* a, double radius) {
  double lat1 = radians(a[0].as_real()), lat2 = radians(a[2].as_real());
  double dlat = lat2 - lat1, dlon = radians(a[3].as_real() - a[1].as_real());
  double h = std::pow(std::sin(dlat / 2), 2) + std::cos(lat1) * std::cos(lat2) * std::pow(std::sin(dlon / 2), 2);
  return Value::real(2 * radius * std::asin(std::sqrt(h)));
}
bool on_earth(const Value* a) {
  return std::fabs(a[0].as_real()) <= 90 && std::fabs(a[2].as_real()) <= 90 && std::fabs(a[1].as_real()) <= 180 &&
         std::fabs(a[3].as_real()) <= 180;
}
Value geo_distance(CallContext&, const Value* a) {
  if (!on_earth(a))
    return Value::error(
        "valid latitude values for GeoDistance function are in the range of -90 to 90, longitudes -180 to 180");
  return distance(a, 6371);
}
Value geo_distance_in(CallContext& call, const Value* a) {
  for (size_t i = 0; i < 4; ++i)
    if (a[i].is_null()) return Value::null();
  if (a[4].is_null()) return geo_distance(call, a);
  if (!on_earth(a))
    return Value::error(
        "valid latitude values for GeoDistance function are in the range of -90 to 90, longitudes -180 to 180");
  auto unit = a[4].as_text();
  bool miles = !unit.empty() && (unit[0] == 'm' || unit[0] == 'M');
  bool km = !unit.empty() && (unit[0] == 'k' || unit[0] == 'K');
  if (!miles && !km) return Value::error("GeoDistance function units parameter must be one of: KM, MILE");
  return distance(a, miles ? 3959 : 6371);
}

constexpr ScalarVariant kAbs[] = {{"INT", "INT", abs_integer},
                                  {"BIGINT", "BIGINT", abs_integer},
                                  {"DECIMAL", "", abs_decimal, kPlain, first_type},
                                  {"DOUBLE", "DOUBLE", abs_real}};
constexpr ScalarVariant kCeil[] = {{"INT", "INT", same},
                                   {"BIGINT", "BIGINT", same},
                                   {"DECIMAL", "", to_whole<true>, kPlain, first_type},
                                   {"DOUBLE", "DOUBLE", real<std::ceil>}};
constexpr ScalarVariant kFloor[] = {{"INT", "INT", same},
                                    {"BIGINT", "BIGINT", same},
                                    {"DECIMAL", "", to_whole<false>, kPlain, first_type},
                                    {"DOUBLE", "DOUBLE", real<std::floor>}};
constexpr ScalarVariant kSign[] = {{"INT", "INT", sign_integer},
                                   {"BIGINT", "INT", sign_integer},
                                   {"DECIMAL", "INT", sign_decimal},
                                   {"DOUBLE", "INT", sign_real}};
constexpr ScalarVariant kRound[] = {{"BIGINT", "BIGINT", same},
                                    {"DECIMAL", "", round_decimal, kPlain, whole_decimal},
                                    {"DOUBLE", "BIGINT", round_real},
                                    {"DECIMAL, INT", "", decimal_to_places<Cut::kHalfUp>, kPlain, first_type},
                                    {"DOUBLE, INT", "DOUBLE", to_places<Cut::kHalfUp>}};
constexpr ScalarVariant kTrunc[] = {{"BIGINT", "BIGINT", same},
                                    {"DECIMAL", "", trunc_decimal, kPlain, whole_decimal},
                                    {"DOUBLE", "BIGINT", trunc_real},
                                    {"DECIMAL, INT", "", decimal_to_places<Cut::kTowardsZero>, kPlain, first_type},
                                    {"DOUBLE, INT", "DOUBLE", to_places<Cut::kTowardsZero>}};
#define SL_REAL(name, function) constexpr ScalarVariant name[] = {{"DOUBLE", "DOUBLE", real<function>}}
SL_REAL(kSqrt, std::sqrt);
SL_REAL(kCbrt, cube_root);
SL_REAL(kExp, std::exp);
SL_REAL(kLn, std::log);
SL_REAL(kSin, std::sin);
SL_REAL(kCos, std::cos);
SL_REAL(kTan, std::tan);
SL_REAL(kCot, cot);
SL_REAL(kAsin, std::asin);
SL_REAL(kAcos, std::acos);
SL_REAL(kAtan, std::atan);
SL_REAL(kSinh, std::sinh);
SL_REAL(kCosh, std::cosh);
SL_REAL(kTanh, std::tanh);
SL_REAL(kDegrees, degrees);
SL_REAL(kRadians, radians);
#undef SL_REAL
constexpr ScalarVariant kLog[] = {{"DOUBLE", "DOUBLE", real<std::log>}, {"DOUBLE, DOUBLE", "DOUBLE", log_base}};
constexpr ScalarVariant kPower[] = {{"DOUBLE, DOUBLE", "DOUBLE", power}};
constexpr ScalarVariant kAtan2[] = {{"DOUBLE, DOUBLE", "DOUBLE", atan2_of}};
constexpr ScalarVariant kPi[] = {{"", "DOUBLE", pi}};
constexpr ScalarVariant kRandom[] = {{"", "DOUBLE", random_real, kNotDeterministic}};
constexpr ScalarVariant kGeo[] = {{"DOUBLE, DOUBLE, DOUBLE, DOUBLE", "DOUBLE", geo_distance},
                                  {"DOUBLE, DOUBLE, DOUBLE, DOUBLE, STRING", "DOUBLE", geo_distance_in, kTakesNull}};

constexpr ScalarEntry kTable[] = {
    {"ABS", "the absolute value", kAbs},
    {"ACOS", "the arc cosine, in radians", kAcos},
    {"ASIN", "the arc sine, in radians", kAsin},
    {"ATAN", "the arc tangent, in radians", kAtan},
    {"ATAN2", "the angle of the point (x, y), of y and x", kAtan2},
    {"CBRT", "the cube root", kCbrt},
    {"CEIL", "the smallest whole number not below", kCeil},
    {"COS", "the cosine", kCos},
    {"COSH", "the hyperbolic cosine", kCosh},
    {"COT", "the cotangent", kCot},
    {"DEGREES", "radians as degrees", kDegrees},
    {"EXP", "e to the power of x", kExp},
    {"FLOOR", "the largest whole number not above", kFloor},
    {"GEO_DISTANCE",
     "the distance of two points (latitude, longitude, …), in kilometres or the unit given: 'KM' or 'MILE'", kGeo},
    {"LN", "the natural logarithm", kLn},
    {"LOG", "the natural logarithm, or of (base, x) that to the base", kLog},
    {"PI", "the ratio of a circle's circumference to its diameter", kPi},
    {"POWER", "x to the power of y", kPower},
    {"RADIANS", "degrees as radians", kRadians},
    {"RANDOM", "a random number from 0 up to 1", kRandom},
    {"ROUND", "rounded half up, to so many places where given", kRound},
    {"SIGN", "-1, 0 or 1", kSign},
    {"SIN", "the sine", kSin},
    {"SINH", "the hyperbolic sine", kSinh},
    {"SQRT", "the square root", kSqrt},
    {"TAN", "the tangent", kTan},
    {"TANH", "the hyperbolic tangent", kTanh},
    {"TRUNC", "cut off, to so many places where given", kTrunc},
};

}  // namespace

std::span<const ScalarEntry> math_functions() {
  return kTable;
}

}  // namespace sl::query
