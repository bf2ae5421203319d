// What a tool says beside its data: error sentences, notices and the progress line, all on standard error. The
// hard thing is that they share a terminal line: the progress line is wiped before anything else is said.
#pragma once
#include <fmt/core.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sl::tools {

enum class Verbosity { kQuiet = -1, kNormal = 0, kVerbose = 1, kDebug = 2 };

// "the topic exists already": the error's own sentence, or the table's where it has none; of a code that the table
// does not know, its number.
std::string error_text(const Error& error);
// "sl-topic: cannot create 'orders': the topic exists already (use 'sl-topic grow')". `hint` may be empty.
std::string error_sentence(std::string_view tool, std::string_view what, const Error& error, std::string_view hint);

// "1 partition", "2 partitions".
std::string counted(int64_t count, std::string_view noun);

// One per tool. Not for several threads.
class Messages {
 public:
  // `sink` takes what goes to standard error; `terminal` says whether a person watches.
  using Sink = std::function<void(std::string_view text)>;
  Messages(std::string tool, Sink sink, bool terminal);
  // The process's own standard error.
  static Messages to_stderr(std::string tool);

  void set_verbosity(Verbosity verbosity) { verbosity_ = verbosity; }
  Verbosity verbosity() const { return verbosity_; }
  // From the count of -v and whether -q was given.
  void set_verbosity(int times_v, bool quiet);
  const std::string& tool() const { return tool_; }
  bool terminal() const { return terminal_; }

  // "sl-topic: what: why (hint)". Errors are said at every verbosity. Answers the exit code that belongs to it.
  int error(std::string_view what, const Error& why, std::string_view hint = {});
  void error(std::string_view sentence);

  // "% text", kcat's convention: normal ones unless -q, verbose ones with -v, debugging with -vv.
  template <class... A>
  void notice(fmt::format_string<A...> text, A&&... args) {
    if (verbosity_ >= Verbosity::kNormal) say(fmt::format(text, std::forward<A>(args)...));
  }
  template <class... A>
  void verbose(fmt::format_string<A...> text, A&&... args) {
    if (verbosity_ >= Verbosity::kVerbose) say(fmt::format(text, std::forward<A>(args)...));
  }
  template <class... A>
  void debug(fmt::format_string<A...> text, A&&... args) {
    if (verbosity_ >= Verbosity::kDebug) say(fmt::format(text, std::forward<A>(args)...));
  }

 private:
  friend class Progress;
  void say(std::string_view text);
  void show_line(std::string_view text);
  void wipe_line();

  std::string tool_;
  Sink sink_;
  bool terminal_;
  bool line_shown_ = false;
  Verbosity verbosity_ = Verbosity::kNormal;
};

// A line that tells how far the work is: only on a terminal, only after a second, at most ten times a second, and
// gone at the end. Ask due() first, so that the text is made only when it is shown.
class Progress {
 public:
  Progress(Messages& messages, const Clock& clock);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;

  bool due();
  void show(std::string_view text);
  void finish();

 private:
  Messages& messages_;
  const Clock& clock_;
  int64_t next_ms_;
};

}  // namespace sl::tools
