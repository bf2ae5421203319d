// streamlogd.toml: a flat view of it. Kafka's dotted names may be written dotted, quoted or as tables; a list becomes a
// comma-separated value. The one place where toml++ is seen and its exceptions are caught.
#pragma once
#include <string>
#include <vector>

#include "base/file.h"

namespace sl::daemon {

struct FileSetting {
  std::string key;
  std::string value;
  std::string where;  // "streamlogd.toml:7:18", line and column of the value
};

// kNotFound, kBadConfig with file, line and column.
Result<std::vector<FileSetting>> read_config_file(const std::string& path, FileSystem& files);

// Every key with its default, commented out, as a configuration file that changes nothing: what `--set list` prints and
// streamlogd.toml(5) is made of.
std::string default_config_file();

}  // namespace sl::daemon
