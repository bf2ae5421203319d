#include "tools/sl-consume/run.h"

#include "tools/common/exit_code.h"

namespace sl::tools::consume {

Run::Run(Session& s, const Options& o, Printer& p, Output& out, Stop& stop)
    : session(s), options(o), printer(p), output(out), stop_(stop) {
  stop_.arm(session.runtime, [this] { interrupt(); });
}

void Run::interrupt() {
  for (auto& action : on_interrupt_) action();
  if (consumer_) closing_.spawn(std::exchange(consumer_, nullptr)->close());
}

aio::Task<void> Run::until_reader_gone() {
  bool gone = co_await output.reader_gone();
  if (!gone || over()) co_return;
  output.abandon();
  end();
  interrupt();
}

aio::Task<void> Run::close() {
  stop_.disarm();
  co_await stop_watching();
}

aio::Task<void> Run::stop_watching() {
  if (watching_.live() > 0) output.stop_waiting();
  co_await watching_.drained();
}

void Run::enter(client::Consumer& consumer) {
  consumer_ = &consumer;
}

aio::Task<void> Run::leave() {
  if (client::Consumer* consumer = std::exchange(consumer_, nullptr)) co_await consumer->close();
  co_await closing_.drained();
  on_interrupt_.clear();
}

void Run::fail(const Error& why) {
  bool was_over = over();
  over_ = true;
  if (was_over && why.code == Errc::kCancelled) return;
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

void Run::say_begin(const client::Consumer& consumer, size_t index) {
  const client::Assignment& of = consumer.assignment(index);
  if (of.until == client::Position::end())
    say_if_beyond(session.messages, of, consumer.position(index), consumer.until(index));
  std::string end;
  if (consumer.until(index) != client::kNoEnd) end = fmt::format(" up to {}", consumer.until(index).value);
  session.messages.verbose("Reading topic {} [{}] from offset {}{}", of.topic, of.partition.value,
                           consumer.position(index).value, end);
}

void Run::added(const client::Consumer& consumer, size_t index) {
  last_gone_.clear();
  say_begin(consumer, index);
}

void Run::gone(const client::Consumer& consumer, size_t index) {
  const std::string& topic = consumer.assignment(index).topic;
  if (topic == last_gone_) return;
  last_gone_ = topic;
  any_gone_ = true;
  session.messages.error(fmt::format("the topic '{}' was deleted: nothing more comes from it", topic));
}

void Run::finished() {
  if (any_gone_) exit_code_ = merge_exit_codes(exit_code_, kExitNotFound);
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
