// DECIMAL arithmetic on unscaled 128-bit integers, with Java BigDecimal's rounding (HALF_UP) and ksqlDB's result types.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "query/value.h"

namespace sl::query {

// 10^n for 0 ≤ n ≤ 38.
Int128 power_of_ten(int n);
// Digits of |v|; 1 for 0.
int digits_of(Int128 v);
// To another scale, rounded half up; none where it does not fit into 128 bits.
std::optional<Int128> rescale(Int128 unscaled, int from_scale, int to_scale);
// To DECIMAL(precision, scale), rounded half up; none where it needs more digits.
std::optional<Int128> fit_decimal(Int128 unscaled, int from_scale, int precision, int scale);
// "-12.340" with `scale` digits behind the point.
std::string decimal_text(Int128 unscaled, int scale);
struct ParsedDecimal {
  Int128 unscaled;
  int scale;
};
// "12", "-1.50", "1e3" and "1.5E-2": exact; none where it is no number or has more than 38 digits.
std::optional<ParsedDecimal> parse_decimal(std::string_view text);
double decimal_to_real(Int128 unscaled, int scale);
// The shortest decimal that reads back as `v`, rounded to `scale`; none where it does not fit.
std::optional<Int128> decimal_from_real(double v, int precision, int scale);

}  // namespace sl::query
