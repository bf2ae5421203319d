#include "tools/common/signals.h"

#include <fcntl.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace sl::tools {

void ignore_sigpipe() {
  std::signal(SIGPIPE, SIG_IGN);
}

void occupy_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The other way round, so that its use fails as that of a closed one does.
    if (::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) std::_Exit(127);
  }
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
