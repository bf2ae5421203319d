#include "base/log.h"

namespace sl {

std::string_view log_level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "?";
}

Result<LogLevel> parse_log_level(std::string_view text) {
  for (auto level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError})
    if (text == log_level_name(level)) return level;
  return Error{Errc::kBadConfig, fmt::format("log level '{}' is not one of debug, info, warn, error", text)};
}

void MemoryLogger::write(LogLevel level, std::string_view line) {
  text += log_level_name(level);
  text += ' ';
  text += line;
  text += '\n';
}

}  // namespace sl
