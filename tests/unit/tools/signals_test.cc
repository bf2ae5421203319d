// What a tool's process begins and ends with, each in a process of its own.
#include "tools/common/signals.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

namespace sl::tools {
namespace {

TEST(SignalsDeathTest, DyingBySignalShowsItToTheShell) {
  EXPECT_EXIT(die_by_signal(SIGTERM), ::testing::KilledBySignal(SIGTERM), "");
  EXPECT_EXIT(die_by_sigpipe(), ::testing::KilledBySignal(SIGPIPE), "");
}

TEST(SignalsDeathTest, ASignalThatIsBlockedOrIgnoredKillsAllTheSame) {
  auto blocked = [] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    die_by_signal(SIGINT);
  };
  EXPECT_EXIT(blocked(), ::testing::KilledBySignal(SIGINT), "");
  auto ignored = [] {
    ignore_sigpipe();
    std::raise(SIGPIPE);
    die_by_sigpipe();
  };
  EXPECT_EXIT(ignored(), ::testing::KilledBySignal(SIGPIPE), "");
}

// The next descriptor is none of the three, and what stands in their place fails as a closed one would.
TEST(SignalsDeathTest, ClosedStandardDescriptorsAreOccupied) {
  auto closed = [] {
    ::close(0);
    ::close(1);
    occupy_standard_descriptors();
    char byte = 0;
    bool good = ::open("/dev/null", O_RDONLY) > 2 && ::read(0, &byte, 1) == -1 && ::write(1, &byte, 1) == -1;
    std::_Exit(good ? 0 : 1);
  };
  EXPECT_EXIT(closed(), ::testing::ExitedWithCode(0), "");
}

TEST(SignalsDeathTest, OpenStandardDescriptorsStayWhatTheyAre) {
  auto open = [] {
    struct stat before[3], after[3];
    for (int fd = 0; fd < 3; ++fd) ::fstat(fd, &before[fd]);
    occupy_standard_descriptors();
    for (int fd = 0; fd < 3; ++fd) ::fstat(fd, &after[fd]);
    for (int fd = 0; fd < 3; ++fd)
      if (before[fd].st_ino != after[fd].st_ino || before[fd].st_dev != after[fd].st_dev) std::_Exit(1);
    std::_Exit(0);
  };
  EXPECT_EXIT(open(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace sl::tools
