#include "query/decimal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace sl::query {
namespace {

using UInt128 = unsigned __int128;

UInt128 magnitude(Int128 v) {
  return v < 0 ? -static_cast<UInt128>(v) : static_cast<UInt128>(v);
}

// Multiplies by a power of ten where the result fits.
std::optional<Int128> scaled_up(Int128 v, int digits) {
  if (v == 0) return v;
  if (digits > 38) return std::nullopt;
  Int128 out;
  if (__builtin_mul_overflow(v, power_of_ten(digits), &out)) return std::nullopt;
  return out;
}

std::string digits_text(UInt128 v) {
  std::string out;
  do {
    out += static_cast<char>('0' + static_cast<int>(v % 10));
    v /= 10;
  } while (v != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

Int128 power_of_ten(int n) {
  Int128 out = 1;
  for (int i = 0; i < n; ++i) out *= 10;
  return out;
}

int digits_of(Int128 v) {
  auto left = magnitude(v);
  int digits = 1;
  while (left >= 10) {
    left /= 10;
    ++digits;
  }
  return digits;
}

std::optional<Int128> rescale(Int128 unscaled, int from_scale, int to_scale) {
  if (to_scale >= from_scale) return scaled_up(unscaled, to_scale - from_scale);
  int drop = from_scale - to_scale;
  if (drop > 38) return 0;
  auto divisor = static_cast<UInt128>(power_of_ten(drop));
  auto size = magnitude(unscaled);
  auto quotient = size / divisor;
  if (size % divisor >= divisor - divisor / 2) ++quotient;  // half up, away from zero
  auto rounded = static_cast<Int128>(quotient);
  return unscaled < 0 ? -rounded : rounded;
}

std::optional<Int128> fit_decimal(Int128 unscaled, int from_scale, int precision, int scale) {
  auto out = rescale(unscaled, from_scale, scale);
  if (!out || digits_of(*out) > precision) return std::nullopt;
  return out;
}

std::string decimal_text(Int128 unscaled, int scale) {
  auto digits = digits_text(magnitude(unscaled));
  auto behind = static_cast<size_t>(std::max(scale, 0));
  if (digits.size() <= behind) digits.insert(0, behind + 1 - digits.size(), '0');
  if (behind) digits.insert(digits.size() - behind, 1, '.');
  return unscaled < 0 ? "-" + digits : digits;
}

std::optional<ParsedDecimal> parse_decimal(std::string_view text) {
  bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  Int128 value = 0;
  int scale = 0, digits = 0;
  bool point = false, any = false;
  size_t at = 0;
  for (; at < text.size(); ++at) {
    char c = text[at];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    any = true;
    if (digits > 0 || c != '0') ++digits;
    if (digits > kDecimalPrecisionMax) return std::nullopt;
    value = value * 10 + (c - '0');
    scale += point;
  }
  if (!any || scale > kDecimalPrecisionMax) return std::nullopt;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    auto exponent = text.substr(at + 1);
    bool down = !exponent.empty() && exponent[0] == '-';
    if (!exponent.empty() && (exponent[0] == '-' || exponent[0] == '+')) exponent.remove_prefix(1);
    if (exponent.empty() || exponent.size() > 3) return std::nullopt;
    int n = 0;
    for (char c : exponent) {
      if (c < '0' || c > '9') return std::nullopt;
      n = n * 10 + (c - '0');
    }
    scale += down ? n : -n;
    if (scale < 0) {
      auto whole = scaled_up(value, -scale);
      if (!whole) return std::nullopt;
      value = *whole;
      scale = 0;
    }
    if (scale > kDecimalPrecisionMax) return std::nullopt;
  }
  return ParsedDecimal{negative ? -value : value, scale};
}

double decimal_to_real(Int128 unscaled, int scale) {
  // Through the text, as the nearest double of the exact quotient.
  return std::strtod(decimal_text(unscaled, scale).c_str(), nullptr);
}

std::optional<Int128> decimal_from_real(double v, int precision, int scale) {
  if (!std::isfinite(v)) return std::nullopt;
  auto parsed = parse_decimal(fmt::format("{}", v));
  if (!parsed) {
    // Digits so far behind the point that they round away, or a number too large.
    if (std::abs(v) < 1e-30) return 0;
    return std::nullopt;
  }
  return fit_decimal(parsed->unscaled, parsed->scale, precision, scale);
}

}  // namespace sl::query
