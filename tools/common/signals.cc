#include "tools/common/signals.h"

#include <csignal>
#include <cstdlib>

namespace sl::tools {

void ignore_sigpipe() {
  std::signal(SIGPIPE, SIG_IGN);
}

void die_by_signal(int number) {
  std::signal(number, SIG_DFL);
  // It may be blocked where a loop takes signals by descriptor.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  std::raise(number);
  std::_Exit(128 + number);
}

void die_by_sigpipe() {
  die_by_signal(SIGPIPE);
}

}  // namespace sl::tools
