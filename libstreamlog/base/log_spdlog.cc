// The only file that sees spdlog: its headers cost two seconds each time they are compiled.
#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace sl {
namespace {

class SpdlogLogger final : public Logger {
 public:
  explicit SpdlogLogger(bool journal)
      : journal_(journal), logger_("streamlogd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_level(spdlog::level::trace);
    logger_.set_pattern(journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger_.flush_on(spdlog::level::trace);
  }
  void write(LogLevel level, std::string_view line) override {
    if (journal_)
      logger_.log(to_spdlog(level), "<{}>{}", priority(level), line);
    else
      logger_.log(to_spdlog(level), "{}", line);
  }

 private:
  static spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
      case LogLevel::kDebug:
        return spdlog::level::debug;
      case LogLevel::kInfo:
        return spdlog::level::info;
      case LogLevel::kWarn:
        return spdlog::level::warn;
      case LogLevel::kError:
        return spdlog::level::err;
    }
    return spdlog::level::info;
  }
  static int priority(LogLevel level) {  // syslog's numbers, see sd-daemon(3)
    switch (level) {
      case LogLevel::kDebug:
        return 7;
      case LogLevel::kInfo:
        return 6;
      case LogLevel::kWarn:
        return 4;
      case LogLevel::kError:
        return 3;
    }
    return 6;
  }
  bool journal_;
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<Logger> stderr_logger(bool journal) {
  return std::make_unique<SpdlogLogger>(journal);
}

}  // namespace sl
