// One conformance case: statements, what goes in, what must come out; or the statement that must be refused.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/engine.h"
#include "tests/conformance/json.h"

namespace sl::conformance {

struct Case {
  std::string name;
  std::string tier;
  Json json;
  bool negative() const { return json.find("error") != nullptr; }
};

// The cases of a file: {"cases": [...]}.
Result<std::vector<Case>> read_cases(const std::string& text);

// Empty where the case holds; else what was expected and what came.
std::string run_case(const Case& one, const RunOptions& options);

}  // namespace sl::conformance
