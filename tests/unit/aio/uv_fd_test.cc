// The libuv runtime against a real process: descriptors that run out, and a file that several programs read.
#include "aio/uv_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace sl::aio {
namespace {

class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t count) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few{count, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

TEST(UvRuntimeDeathTest, WithTooFewDescriptorsThereIsAnErrorAndNoCrash) {
  // In a process of its own, since what libuv shares between loops is made once.
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  auto all_limits = [] {
    int next = ::dup(0);
    ::close(next);
    int refused = 0;
    for (rlim_t count = static_cast<rlim_t>(next); count < static_cast<rlim_t>(next) + 12; ++count) {
      FewDescriptors few(count);
      auto runtime = UvRuntime::make({});
      if (!runtime && runtime.code() == Errc::kIo) ++refused;
    }
    std::_Exit(refused >= 4 && UvRuntime::make({}) ? 0 : 1);
  };
  EXPECT_EXIT(all_limits(), testing::ExitedWithCode(0), "");
}

Task<void> read_and_give_back(UvRuntime& runtime, int fd, std::string& read) {
  InputFd input(runtime, fd);
  uint8_t bytes[8];
  auto count = co_await input.read(bytes);
  if (!count) co_return;
  read.assign(reinterpret_cast<const char*>(bytes), *count);
  input.give_back(*count - 2);
}

TEST(InputFds, WhatIsGivenBackIsReadByTheNext) {
  std::string path = testing::TempDir() + "uv_fd_" + std::to_string(::getpid());
  ASSERT_TRUE(system_files().replace(path, as_bytes("abcdefghij")));
  auto runtime = *UvRuntime::make({});
  int file = ::open(path.c_str(), O_RDONLY);
  std::string read;
  runtime->run(read_and_give_back(*runtime, file, read));
  EXPECT_EQ(read, "abcdefgh");
  runtime->run(read_and_give_back(*runtime, file, read));
  EXPECT_EQ(read, "cdefghij");
  ::close(file);
  ASSERT_TRUE(system_files().remove(path));
  // A pipe cannot take anything back.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "abcdefghij", 10), 10);
  runtime->run(read_and_give_back(*runtime, ends[0], read));
  EXPECT_EQ(read, "abcdefgh");
  runtime->run(read_and_give_back(*runtime, ends[0], read));
  EXPECT_EQ(read, "ij");
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace sl::aio
