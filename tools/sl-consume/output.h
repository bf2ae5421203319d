// Output: standard output behind one buffer that is used again and again. Whoever appends asks full() now and then, and
// flushes when it is, and whenever there is nothing else to do but wait.
#pragma once
#include <string>

#include "aio/uv_fd.h"

namespace sl::tools::consume {

inline constexpr size_t kOutputBytes = 256 << 10;

class Output {
 public:
  explicit Output(aio::UvRuntime& runtime);
  Output(const Output&) = delete;

  std::string& text() { return text_; }
  // On a terminal after every record.
  bool full() const { return text_.size() >= limit_; }
  bool by_line() const { return limit_ == 1; }
  // Writes all of the text. kBrokenPipe where nobody reads any more, kDiskFull, kIo. An error stays.
  aio::Task<Status> flush();
  const Status& status() const { return status_; }
  // Waits until nobody reads the output any more, or stop_waiting(), which is for the end.
  aio::Task<bool> reader_gone() { return output_.reader_gone(); }
  void stop_waiting() { output_.cancel(); }
  // What is pending, and all that comes, is for nobody: as after kBrokenPipe.
  void abandon() { status_ = Errc::kBrokenPipe; }

 private:
  aio::OutputFd output_;
  size_t limit_;
  std::string text_;
  Status status_;
};

}  // namespace sl::tools::consume
