// Stop: SIGINT and SIGTERM of a tool that has something to finish. The first one asks it to come to its end, the second
// ends it at once; either way the tool dies by the signal, so that a shell script sees what happened.
#pragma once
#include <functional>
#include <utility>

#include "aio/uv_runtime.h"
#include "tools/common/signals.h"

namespace sl::tools {

// Outlives the runtime: it belongs to main().
class Stop {
 public:
  Stop() = default;
  Stop(const Stop&) = delete;

  // From here on the first signal calls `action`, from the loop. Once per runtime.
  void arm(aio::UvRuntime& runtime, std::function<void()> action) {
    action_ = std::move(action);
    runtime.on_stop_signal([this](int number) {
      if (signal_ != 0) die_by_signal(number);
      signal_ = number;
      if (action_) action_();
    });
  }
  // What the action refers to is going away.
  void disarm() { action_ = nullptr; }

  // What the signal asked for has been done, and the tool goes on (a shell).
  void heeded() { signal_ = 0; }

  bool requested() const { return signal_ != 0; }
  int signal() const { return signal_; }
  // The last thing main() does: dies by the signal that came, if one came.
  void die_if_requested() const {
    if (signal_ != 0) die_by_signal(signal_);
  }

 private:
  std::function<void()> action_;
  int signal_ = 0;
};

}  // namespace sl::tools
