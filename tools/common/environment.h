// The environment variables of the process through a seam, so that a test can say what they are.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace sl::tools {

// The value of a variable, or none where it is not set. An empty value counts as not set: `SL_BROKERS= sl-topic list`
// turns the variable off.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

Environment process_environment();
Environment fixed_environment(std::map<std::string, std::string> variables);

}  // namespace sl::tools
