// Output: standard output behind one buffer that is used again and again. Whoever appends asks full() now and then, and
// flushes when it is, and whenever there is nothing else to do but wait.
#pragma once
#include <string>

#include "aio/uv_fd.h"

namespace sl::tools {

inline constexpr size_t kOutputBytes = 256 << 10;

class Output {
 public:
  explicit Output(aio::UvRuntime& runtime);
  Output(const Output&) = delete;

  std::string& text() { return text_; }
  // On a terminal after every record.
  bool full() const { return text_.size() >= limit_; }
  bool by_line() const { return limit_ == 1; }
  // Bytes of all text since the beginning, and those of them that have been written. What the reader of a pipe has
  // taken out is less; anything else takes at once what is written to it.
  uint64_t text_end() const { return flushed_ + text_.size(); }
  uint64_t written() const { return output_.written_bytes(); }
  uint64_t taken() const { return output_.written_bytes() - output_.unread_bytes(); }
  // Writes all of the text. kBrokenPipe where nobody reads any more, kDiskFull, kIo. An error stays.
  aio::Task<Status> flush();
  const Status& status() const { return status_; }
  // Waits until nobody reads the output any more, or stop_waiting(), which is for the end.
  aio::Task<bool> reader_gone() { return output_.reader_gone(); }
  void stop_waiting() { output_.cancel(); }
  bool reader_has_gone() const { return output_.reader_has_gone(); }
  // The reader comes to its end: nothing more is written. After stop_waiting() has had its effect.
  void hang_up() { output_.hang_up(); }
  // What is pending, and all that comes, is for nobody: as after kBrokenPipe.
  void abandon() { status_ = Errc::kBrokenPipe; }

 private:
  void forget_text();

  aio::OutputFd output_;
  size_t limit_;
  std::string text_;
  uint64_t flushed_ = 0;  // bytes of the texts before this one
  Status status_;
};

}  // namespace sl::tools
