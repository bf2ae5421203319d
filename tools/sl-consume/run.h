// Run: one run of sl-consume over an open cluster: which consumer is reading now, what a signal does to it, and how the
// run will end. The ways to read are functions over it: in order of arrival (follow.h), in order of time (merged.h).
#pragma once
#include "client/consumer.h"
#include "tools/common/stop.h"
#include "tools/sl-consume/partitions.h"
#include "tools/sl-consume/printer.h"

namespace sl::tools::consume {

class Run {
 public:
  // All must outlive it.
  Run(Session& session, const Options& options, Printer& printer, Output& output, Stop& stop);
  Run(const Run&) = delete;

  Session& session;
  const Options& options;
  Printer& printer;
  Output& output;

  // From here on a signal ends what `consumer` waits for; leave() closes it. One at a time.
  void enter(client::Consumer& consumer);
  aio::Task<void> leave();
  // No more reading: by a signal, by --count, by an error, or because nobody reads the output.
  bool over() const { return stop_.requested() || over_; }
  // By a signal.
  bool stopped() const { return stop_.requested(); }
  void end() { over_ = true; }
  // Says what went wrong and ends the run, but for what belongs to a signal.
  void fail(const Error& why);
  // Ends what the run waits for, as a signal does: the consumer's answers, and what was asked to be told.
  void interrupt();
  void on_interrupt(std::function<void()> action) { on_interrupt_.push_back(std::move(action)); }
  // Records that were asked for are gone.
  void lost(const client::Consumer& consumer, const client::Fetched& skipped, bool at_begin);
  // "% Reached end of topic t [0] at offset 4", with -v.
  void reached(const client::Consumer& consumer, const client::Fetched& fetched);
  // Where reading a partition begins, with -v.
  void say_begin(const client::Consumer& consumer, size_t index);
  // A partition has come to be, or its topic was deleted: said once for the partitions of a topic.
  void added(const client::Consumer& consumer, size_t index);
  void gone(const client::Consumer& consumer, size_t index);
  // What is being read has no more: not all that was asked for, where a topic was deleted.
  void finished();
  int exit_code() const { return exit_code_; }

  // Writes what is pending; an error ends the run.
  aio::Task<void> flush();
  // From here on the run is over when nobody reads the output any more, though nothing comes that could be written.
  void watch_output() { watching_.spawn(until_reader_gone()); }
  aio::Task<void> stop_watching();
  // No more signals to this object, no more watching, nothing to be told.
  aio::Task<void> close();

 private:
  aio::Task<void> until_reader_gone();

  Stop& stop_;
  aio::TaskGroup closing_;
  aio::TaskGroup watching_;
  client::Consumer* consumer_ = nullptr;
  bool over_ = false;
  bool any_gone_ = false;
  std::vector<std::function<void()>> on_interrupt_;
  std::string last_gone_;  // the topic that was said to be last
  int exit_code_ = 0;
};

}  // namespace sl::tools::consume
