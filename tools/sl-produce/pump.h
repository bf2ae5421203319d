// Pump: moves records from the input into the producer until the input ends.
//
// What is hard is speed: a plain line must cost little more than finding its end and copying it into the batch. So
// blocks are worked off by plain functions, advance(), which return when something has to be waited for; the coroutines
// around them wait, and call again.
#pragma once
#include <vector>

#include "tools/sl-produce/acks.h"
#include "tools/sl-produce/input.h"
#include "tools/sl-produce/numbering.h"
#include "tools/sl-produce/topics.h"

namespace sl::tools::produce {

class Pump {
 public:
  // What it works with; all must outlive it.
  struct Parts {
    Session& session;
    const Options& options;
    client::Producer& producer;
    Topics& topics;
    Acks& acks;
    Printer& printer;
    RecordReader& reader;
    Numbering& numbering;
  };
  explicit Pump(const Parts& parts);

  // Until the input ends, --count is reached, something stands in the way of all that follows, or stop().
  aio::Task<void> run();
  // Reads no further. What was appended is the producer's matter.
  void stop();
  // It waits for a named pipe to be opened, which nothing can end.
  bool opening() const { return opening_; }
  // Of what is not a record's failure: an input that cannot be read.
  int exit_code() const { return exit_code_; }

 private:
  // Why advance() came back.
  enum class Halt { kInput, kRoom, kTopic, kPace, kEnd };

  aio::Task<void> run_file();
  aio::Task<void> fill();
  aio::Task<void> drain();
  aio::Task<bool> open_topic();
  aio::Task<void> skip_record();
  aio::Task<void> wait_pace();
  Halt advance();
  Halt advance_lines();
  Halt take_record();
  Halt append_held();
  Halt refused(Errc code);
  void shape_held();
  Error too_large_error(const OpenTopic* topic, uint64_t bytes, std::string_view what) const;
  size_t payload_of(const client::ProducerRecord& record) const;
  bool is_plain() const;
  void take(size_t bytes);
  void fail_input(const Error& why);
  void show_progress();

  Parts parts_;
  Input input_;
  Progress progress_;
  Pace pace_;
  aio::Timer pause_;
  OpenTopic* fixed_topic_ = nullptr;  // the command line's

  uint64_t number_ = 0;    // of the last record that was read
  uint64_t appended_ = 0;  // handed to the producer
  int64_t now_ms_ = 0;     // the time of the records of this block
  bool last_ = false;      // the file ends behind what is unread
  bool finished_ = false;
  bool opening_ = false;
  int exit_code_ = 0;

  // The record that was read and not yet appended.
  InputRecord read_;
  client::ProducerRecord held_;
  std::vector<record::HeaderView> headers_;
  bool holding_ = false;
  size_t held_bytes_ = 0;  // of the input
  OpenTopic* held_topic_ = nullptr;
};

}  // namespace sl::tools::produce
