#include "query/java_text.h"

#include <fmt/format.h>

#include <cmath>

namespace sl::query {

std::string java_double(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v < 0 ? "-Infinity" : "Infinity";
  if (v == 0) return std::signbit(v) ? "-0.0" : "0.0";
  // The shortest digits that read back as v, as d.ddde±xx; then set out as Java does.
  auto shortest = fmt::format("{}", v);
  // Java gives two digits at least, and the nearest two are not the shortest one with a zero for the smallest numbers.
  if (std::fabs(v) < 1e-320 && shortest.find('.') == std::string::npos) shortest = fmt::format("{:.1e}", v);
  bool negative = v < 0;
  std::string digits;
  int exponent = 0;
  auto e = shortest.find('e');
  auto mantissa = shortest.substr(0, e);
  if (e != std::string::npos) exponent = std::stoi(shortest.substr(e + 1));
  int point = -1;
  for (char c : mantissa) {
    if (c == '.')
      point = static_cast<int>(digits.size());
    else if (c != '-')
      digits += c;
  }
  if (point < 0) point = static_cast<int>(digits.size());
  size_t zeros = digits.find_first_not_of('0');
  digits.erase(0, zeros);
  point -= static_cast<int>(zeros);
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  exponent += point - 1;  // of d.ddd
  std::string out = negative ? "-" : "";
  if (exponent >= -3 && exponent < 7) {
    if (exponent < 0) return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
    auto whole = static_cast<size_t>(exponent) + 1;
    if (digits.size() <= whole) return out + digits + std::string(whole - digits.size(), '0') + ".0";
    return out + digits.substr(0, whole) + "." + digits.substr(whole);
  }
  return out + digits[0] + "." + (digits.size() > 1 ? digits.substr(1) : "0") + "E" + std::to_string(exponent);
}

}  // namespace sl::query
