// Children of the real runtime: what they are given, how they end, and what they leave unread.
#include <gtest/gtest.h>
#include <signal.h>

#include "aio/uv_runtime.h"

namespace sl::aio {
namespace {

// As every tool does.
struct UvProcess : testing::Test {
  void SetUp() override { before_ = ::signal(SIGPIPE, SIG_IGN); }
  void TearDown() override { ::signal(SIGPIPE, before_); }

 private:
  void (*before_)(int) = nullptr;
};

Task<void> run_one(UvRuntime& runtime, ProcessCall call, Result<ProcessEnd>& end) {
  end = co_await runtime.run_process(std::move(call));
}

Result<ProcessEnd> end_of(std::string script, Bytes input = {}, std::vector<std::string> environment = {}) {
  auto runtime = *UvRuntime::make({});
  Result<ProcessEnd> end = Errc::kNone;
  ProcessCall call{{"/bin/sh", "-c", std::move(script)}, std::move(environment), input};
  runtime->run(run_one(*runtime, std::move(call), end));
  return end;
}

TEST_F(UvProcess, TellsHowItEnded) {
  auto good = end_of("exit 0");
  ASSERT_TRUE(good);
  EXPECT_TRUE(good->good());
  auto bad = end_of("exit 7");
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->exit_code, 7);
  auto killed = end_of("kill -TERM $$");
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->signal, SIGTERM);
  EXPECT_FALSE(killed->good());
}

TEST_F(UvProcess, GetsItsInputAndEnvironment) {
  std::string_view text = "some input";
  auto end = end_of("test \"$(cat)\" = \"$SL_A $PWD_NOT_SET\" && test -n \"$PATH\"", as_bytes(text),
                    {"SL_A=some", "PWD_NOT_SET=input"});
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->good());
}

TEST_F(UvProcess, LargeInputIsReadOrNot) {
  std::string large(4 << 20, 'x');
  auto read = end_of("test $(wc -c) = 4194304", as_bytes(large));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->good());
  auto unread = end_of("exit 3", as_bytes(large));
  ASSERT_TRUE(unread);
  EXPECT_EQ(unread->exit_code, 3);
  auto left_to_another = end_of("exec 3<&0; (sleep 2 <&3) & exit 0", as_bytes(large));
  ASSERT_TRUE(left_to_another);
  EXPECT_TRUE(left_to_another->good());
}

TEST_F(UvProcess, OneThatIsNotThere) {
  auto runtime = *UvRuntime::make({});
  Result<ProcessEnd> end = Errc::kNone;
  ProcessCall call{{"/no/such/program"}, {}, {}};
  runtime->run(run_one(*runtime, std::move(call), end));
  ASSERT_FALSE(end);
  EXPECT_EQ(end.code(), Errc::kIo);
  EXPECT_NE(end.error().context.find("/no/such/program"), std::string::npos);
}

// A SIGPIPE that the tool ignores must not be ignored by what it runs.
TEST_F(UvProcess, SignalsAreAtTheirDefaults) {
  auto end = end_of("kill -PIPE $$; exit 9");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->signal, SIGPIPE);
}

}  // namespace
}  // namespace sl::aio
