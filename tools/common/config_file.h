// The tools' configuration file (its shape is in brokers.h), read by toml++ in config_file.cc alone.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sl::tools {

struct ConfigProfile {
  std::vector<std::string> brokers;
  std::map<std::string, std::string> settings;
};

struct ConfigFile {
  ConfigProfile defaults;
  std::optional<std::string> profile;  // the one to use where none is named
  std::map<std::string, ConfigProfile> profiles;
};

// Errors name the file and the line; an unknown key is one.
Result<ConfigFile> parse_config_file(std::string_view text, const std::string& path);

}  // namespace sl::tools
