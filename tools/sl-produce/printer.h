// Printer: what sl-produce writes on standard output, from callbacks that cannot wait: text is collected and a task of
// its own writes it; who makes more of it asks now and then whether there is room.
#pragma once
#include <string>
#include <string_view>

#include "aio/event.h"
#include "aio/uv_fd.h"

namespace sl::tools::produce {

class Printer {
 public:
  explicit Printer(aio::UvRuntime& runtime);
  Printer(const Printer&) = delete;
  ~Printer();  // finish() has ended

  // Append to it, then wake().
  std::string& pending() { return pending_; }
  void wake();
  // Waits until less than a limit is pending, or writing has failed.
  aio::Task<void> room();
  // kBrokenPipe where nobody reads; stays.
  const Status& status() const { return status_; }
  // Writes what is pending and ends.
  aio::Task<void> finish();

 private:
  aio::Task<void> write_all();

  aio::OutputFd output_;
  aio::TaskGroup group_;
  aio::Event more_, written_;
  std::string pending_, writing_;
  Status status_;
  bool started_ = false;
  bool finishing_ = false;
};

}  // namespace sl::tools::produce
