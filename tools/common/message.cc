#include "tools/common/message.h"

#include <unistd.h>

#include <cstdio>

#include "base/errors.h"
#include "tools/common/exit_code.h"

namespace sl::tools {
namespace {

constexpr int64_t kSilentMs = 1000;
constexpr int64_t kStepMs = 100;

}  // namespace

std::string error_text(const Error& error) {
  if (!error.context.empty()) return error.context;
  const ErrorInfo& info = error_info(error.code);
  if (info.code != error.code) return fmt::format("error {} (unknown to this tool)", static_cast<int>(error.code));
  return std::string(info.text);
}

std::string error_sentence(std::string_view tool, std::string_view what, const Error& error, std::string_view hint) {
  std::string text = fmt::format("{}: {}{}{}", tool, what, what.empty() ? "" : ": ", error_text(error));
  if (!hint.empty()) text += fmt::format(" ({})", hint);
  return text;
}

std::string counted(int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

Messages::Messages(std::string tool, Sink sink, bool terminal)
    : tool_(std::move(tool)), sink_(std::move(sink)), terminal_(terminal) {}

Messages Messages::to_stderr(std::string tool) {
  auto write = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  };
  return Messages(std::move(tool), write, isatty(STDERR_FILENO) == 1);
}

void Messages::set_verbosity(int times_v, bool quiet) {
  verbosity_ = quiet          ? Verbosity::kQuiet
               : times_v >= 2 ? Verbosity::kDebug
               : times_v == 1 ? Verbosity::kVerbose
                              : Verbosity::kNormal;
}

int Messages::error(std::string_view what, const Error& why, std::string_view hint) {
  wipe_line();
  sink_(error_sentence(tool_, what, why, hint) + "\n");
  return exit_code_of(why);
}

void Messages::error(std::string_view sentence) {
  wipe_line();
  sink_(fmt::format("{}: {}\n", tool_, sentence));
}

void Messages::say(std::string_view text) {
  wipe_line();
  sink_(fmt::format("% {}\n", text));
}

void Messages::show_line(std::string_view text) {
  sink_(fmt::format("\r{}\x1b[K", text));
  line_shown_ = true;
}

void Messages::wipe_line() {
  if (line_shown_) sink_("\r\x1b[K");
  line_shown_ = false;
}

Progress::Progress(Messages& messages, const Clock& clock)
    : messages_(messages), clock_(clock), next_ms_(clock.mono_ms() + kSilentMs) {}

bool Progress::due() {
  return messages_.terminal() && messages_.verbosity() >= Verbosity::kNormal && clock_.mono_ms() >= next_ms_;
}

void Progress::show(std::string_view text) {
  messages_.show_line(text);
  next_ms_ = clock_.mono_ms() + kStepMs;
}

void Progress::finish() {
  messages_.wipe_line();
}

}  // namespace sl::tools
