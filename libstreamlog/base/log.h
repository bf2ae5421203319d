// Logging: each daemon and each test owns its Logger; there is no process-wide one. Lines are
// `level message key=value …`; under systemd they carry its <n> priority instead of a time.
#pragma once
#include <fmt/core.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sl {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

Result<LogLevel> parse_log_level(std::string_view text);
std::string_view log_level_name(LogLevel level);

// May be called from any thread.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void write(LogLevel level, std::string_view line) = 0;
  bool enabled(LogLevel level) const { return level >= level_; }
  void set_level(LogLevel level) { level_ = level; }

  template <class... A>
  void debug(fmt::format_string<A...> text, A&&... args) {
    log(LogLevel::kDebug, text, std::forward<A>(args)...);
  }
  template <class... A>
  void info(fmt::format_string<A...> text, A&&... args) {
    log(LogLevel::kInfo, text, std::forward<A>(args)...);
  }
  template <class... A>
  void warn(fmt::format_string<A...> text, A&&... args) {
    log(LogLevel::kWarn, text, std::forward<A>(args)...);
  }
  template <class... A>
  void error(fmt::format_string<A...> text, A&&... args) {
    log(LogLevel::kError, text, std::forward<A>(args)...);
  }

 private:
  template <class... A>
  void log(LogLevel level, fmt::format_string<A...> text, A&&... args) {
    if (enabled(level)) write(level, fmt::format(text, std::forward<A>(args)...));
  }
  LogLevel level_ = LogLevel::kInfo;
};

// To standard error, by spdlog. `journal` writes systemd's <n> prefixes and no time.
std::unique_ptr<Logger> stderr_logger(bool journal);

// Keeps the lines, for tests.
class MemoryLogger final : public Logger {
 public:
  void write(LogLevel level, std::string_view line) override;
  std::string text;
};

}  // namespace sl
