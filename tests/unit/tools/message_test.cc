// Sentences, notices, the progress line and exit codes.
#include "tools/common/message.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tools/common/exit_code.h"
#include "tools/common/signals.h"

namespace sl::tools {
namespace {

class StillClock final : public Clock {
 public:
  int64_t wall_ms() const override { return 0; }
  int64_t mono_ns() const override { return ms * 1'000'000; }
  int64_t ms = 0;
};

struct Heard {
  std::string text;
  Messages messages;
  explicit Heard(bool terminal = false)
      : messages(
            "sl-topic", [this](std::string_view said) { text += said; }, terminal) {}
};

TEST(MessageWords, OneIsNoPlural) {
  EXPECT_EQ(counted(0, "record"), "0 records");
  EXPECT_EQ(counted(1, "partition"), "1 partition");
  EXPECT_EQ(counted(2, "partition"), "2 partitions");
}

TEST(Messages, AnErrorSaysWhatWhyAndWhatNext) {
  Heard heard;
  int code =
      heard.messages.error("cannot create 'orders'", Error{Errc::kTopicAlreadyExists, ""}, "use 'sl-topic grow'");
  EXPECT_EQ(code, 1);
  EXPECT_EQ(heard.text, "sl-topic: cannot create 'orders': the topic exists already (use 'sl-topic grow')\n");
  EXPECT_EQ(error_text({Errc::kNotFound, "no file x"}), "no file x");
  EXPECT_EQ(error_text({static_cast<Errc>(777), ""}), "error 777 (unknown to this tool)");
}

TEST(Messages, NoticesKeepToTheVerbosity) {
  Heard heard;
  heard.messages.notice("one {}", 1);
  heard.messages.verbose("two");
  heard.messages.set_verbosity(1, false);
  heard.messages.verbose("three");
  heard.messages.debug("four");
  heard.messages.set_verbosity(0, true);
  heard.messages.notice("five");
  heard.messages.error("six");
  EXPECT_EQ(heard.text, "% one 1\n% three\nsl-topic: six\n");
}

TEST(Progress, ComesAfterASecondTenTimesASecondAndGoes) {
  StillClock clock;
  Heard heard(true);
  Progress progress(heard.messages, clock);
  EXPECT_FALSE(progress.due());
  clock.ms = 999;
  EXPECT_FALSE(progress.due());
  clock.ms = 1000;
  ASSERT_TRUE(progress.due());
  progress.show("10 records");
  EXPECT_FALSE(progress.due());
  clock.ms = 1100;
  EXPECT_TRUE(progress.due());
  heard.messages.notice("lost");
  progress.show("20 records");
  progress.finish();
  progress.finish();
  EXPECT_EQ(heard.text, "\r10 records\x1b[K\r\x1b[K% lost\n\r20 records\x1b[K\r\x1b[K");
}

TEST(Progress, IsForTerminalsOnly) {
  StillClock clock;
  clock.ms = 5000;
  Heard pipe(false), quiet(true);
  quiet.messages.set_verbosity(0, true);
  Progress in_pipe(pipe.messages, clock), in_quiet(quiet.messages, clock);
  clock.ms = 10'000;
  EXPECT_FALSE(in_pipe.due());
  EXPECT_FALSE(in_quiet.due());
}

TEST(ExitCodes, ComeFromTheTableAndMerge) {
  EXPECT_EQ(exit_code_of(Errc::kUnknownTopicOrPartition), kExitNotFound);
  EXPECT_EQ(exit_code_of(Errc::kUnreachable), kExitUnreachable);
  EXPECT_EQ(exit_code_of(Errc::kUsage), kExitUsage);
  EXPECT_EQ(exit_code_of(Errc::kConditionNotMet), kExitConditionNotMet);
  EXPECT_EQ(exit_code_of(static_cast<Errc>(777)), kExitFailed);
  EXPECT_EQ(merge_exit_codes(0, 4), 4);
  EXPECT_EQ(merge_exit_codes(4, 0), 4);
  EXPECT_EQ(merge_exit_codes(4, 4), 4);
  EXPECT_EQ(merge_exit_codes(4, 3), 1);
}

TEST(Signals, ALostReaderEndsTheToolByTheSignal) {
  pid_t child = fork();
  if (child == 0) {
    ignore_sigpipe();
    std::raise(SIGPIPE);  // ignored
    die_by_sigpipe();
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGPIPE);
}

}  // namespace
}  // namespace sl::tools
