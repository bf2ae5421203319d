// Numbers as Java prints them, which is how ksqlDB turns them into STRINGs.
#pragma once
#include <string>

namespace sl::query {

// Double.toString: "1.0", "1.0E10", "NaN", "Infinity"; plain from 1e-3 up to 1e7.
std::string java_double(double v);

}  // namespace sl::query
