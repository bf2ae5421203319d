#include "tools/sl-consume/run.h"

#include "tools/common/exit_code.h"

namespace sl::tools::consume {

Run::Run(Session& s, const Options& o, Printer& p, Output& out, Stop& stop)
    : session(s), options(o), printer(p), output(out), stop_(stop) {
  stop_.arm(session.runtime, [this] {
    if (consumer_) closing_.spawn(std::exchange(consumer_, nullptr)->close());
  });
}

void Run::enter(client::Consumer& consumer) {
  consumer_ = &consumer;
}

aio::Task<void> Run::leave() {
  if (client::Consumer* consumer = std::exchange(consumer_, nullptr)) co_await consumer->close();
  co_await closing_.drained();
}

void Run::fail(const Error& why) {
  over_ = true;
  if (stop_.requested() && why.code == Errc::kCancelled) return;
  exit_code_ = merge_exit_codes(exit_code_, session.messages.error("", why));
}

void Run::lost(const client::Consumer& consumer, const client::Fetched& skipped, bool at_begin) {
  const client::Assignment& of = consumer.assignment(skipped.index);
  std::string text = fmt::format("topic {} [{}]: the records from offset {} on are gone; reading goes on at {}",
                                 of.topic, of.partition.value, skipped.from.value, skipped.next.value);
  // To begin before the start of the log is no loss.
  if (at_begin) {
    session.messages.notice("{}", text);
  } else {
    session.messages.error(text);
    exit_code_ = merge_exit_codes(exit_code_, kExitFailed);
  }
}

void Run::reached(const client::Consumer& consumer, const client::Fetched& fetched) {
  const client::Assignment& of = consumer.assignment(fetched.index);
  session.messages.verbose("Reached end of topic {} [{}] at offset {}", of.topic, of.partition.value,
                           fetched.next.value);
}

void Run::say_begin(const client::Consumer& consumer) {
  if (session.messages.verbosity() < Verbosity::kVerbose) return;
  for (size_t i = 0; i < consumer.assignment_count(); ++i) {
    const client::Assignment& of = consumer.assignment(i);
    std::string text =
        fmt::format("Reading topic {} [{}] from offset {}", of.topic, of.partition.value, consumer.position(i).value);
    if (consumer.until(i) != client::kNoEnd) text += fmt::format(" up to {}", consumer.until(i).value);
    session.messages.verbose("{}", text);
  }
}

aio::Task<void> Run::flush() {
  if (output.text().empty()) co_return;
  auto written = co_await output.flush();
  if (written || over_) co_return;
  // A reader that has gone is no error: main() dies by SIGPIPE.
  if (written.code() == Errc::kBrokenPipe) {
    over_ = true;
  } else {
    fail(written.error());
  }
}

}  // namespace sl::tools::consume
