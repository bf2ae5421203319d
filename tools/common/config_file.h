// The tools' configuration file (its shape is in brokers.h), read by toml++ in config_file.cc alone.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sl::tools {

// A text that somebody gave, and where: "-b", "SL_BROKERS", "/home/a/.config/streamlog/config.toml:3:12".
struct Given {
  std::string text;
  std::string origin;
};
using Settings = std::map<std::string, Given>;

struct ConfigProfile {
  std::vector<Given> brokers;
  Settings settings;
};

struct ConfigFile {
  ConfigProfile defaults;
  std::optional<Given> profile;  // the one to use where none is named
  std::map<std::string, ConfigProfile> profiles;
};

// Errors are kUsage and name the file, the line and the column; an unknown key is one.
Result<ConfigFile> parse_config_file(std::string_view text, const std::string& path);

}  // namespace sl::tools
