// The libuv runtime against a real process: descriptors that run out, and a file that several programs read.
#include "aio/uv_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
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

struct Counts {
  Status status;
  uint64_t written = 0, unread = 0;
  bool gone_before = true, gone = false;
};

// Writes until nobody reads any more; the reader takes `taken` bytes and goes.
Task<void> write_to_leaving_reader(UvRuntime& runtime, int out, int in, size_t taken, Counts& counts) {
  std::string text(200'000, 'x');
  OutputFd output(runtime, out);
  std::string first = text.substr(0, 1000);
  counts.status = co_await output.write(as_bytes(first));
  counts.gone_before = output.reader_has_gone();
  std::string into(taken, ' ');
  if (::read(in, into.data(), taken) != static_cast<ssize_t>(taken)) co_return;
  ::close(in);
  counts.status = co_await output.write(as_bytes(text));
  counts.written = output.written_bytes();
  counts.unread = output.unread_bytes();
  counts.gone = output.reader_has_gone();
}

TEST(OutputFds, WhatAReaderThatHasGoneTookIsKnown) {
  auto before = ::signal(SIGPIPE, SIG_IGN);
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  auto runtime = *UvRuntime::make({});
  Counts counts;
  runtime->run(write_to_leaving_reader(*runtime, fds[1], fds[0], 300, counts));
  EXPECT_EQ(counts.status.code(), Errc::kBrokenPipe);
  EXPECT_FALSE(counts.gone_before);
  EXPECT_TRUE(counts.gone);
  EXPECT_EQ(counts.written - counts.unread, 300u);
  ::close(fds[1]);
  ::signal(SIGPIPE, before);
}

Task<void> write_and_hang_up(UvRuntime& runtime, int out) {
  OutputFd output(runtime, out);
  std::string_view text = "all";
  (void)co_await output.write(as_bytes(text));
  output.hang_up();
  (void)co_await output.write(as_bytes(text));
}

TEST(OutputFds, HangingUpIsTheEndForTheReader) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  auto runtime = *UvRuntime::make({});
  runtime->run(write_and_hang_up(*runtime, fds[1]));
  char bytes[8];
  EXPECT_EQ(::read(fds[0], bytes, sizeof bytes), 3);
  EXPECT_EQ(::read(fds[0], bytes, sizeof bytes), 0);
  for (int fd : fds) ::close(fd);
}

}  // namespace
}  // namespace sl::aio
