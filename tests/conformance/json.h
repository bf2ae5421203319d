// JSON as a tree that keeps numbers as they are written, for reading cases and comparing results.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sl::conformance {

struct Json {
  enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  std::string text;  // of a string; a number's or boolean's digits
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> fields;

  // Null where there is no such field.
  const Json* find(std::string_view name) const;
  std::string string_or(std::string_view name, std::string_view otherwise) const;
};

Result<Json> parse_json(std::string_view text);
std::string to_text(const Json& json);
// Equal as a result: objects by name, then by upper-cased name, a missing field is null; numbers within a millionth
// part.
bool same_result(const Json& expected, const Json& actual);

}  // namespace sl::conformance
