// Standard input and output of a tool, awaitable. The descriptors were inherited and are shared with other processes,
// so their O_NONBLOCK flag is never touched: a pipe is opened once more through /proc/self/fd, which gives a file
// description of our own; where that fails, small pieces are written only when poll says there is room.
#pragma once
#include <memory>

#include "aio/uv_runtime.h"

namespace sl::aio {

class InputFd {
 public:
  // `fd` stays open until this object ends; it is not closed.
  InputFd(UvRuntime& runtime, int fd);
  InputFd(const InputFd&) = delete;
  ~InputFd();
  // At least one byte, 0 at the end. kCancelled after cancel(). Blocks the loop only for regular files.
  Task<Result<size_t>> read(MutableBytes into);
  // What was read last but not used: whoever reads the same descriptor next finds it, where it can seek; a pipe cannot.
  void give_back(size_t bytes);
  // True where a read would have to wait now: the moment to send what is pending.
  bool would_wait() const;
  void cancel();
  bool is_regular_file() const { return regular_; }
  bool is_terminal() const;
  // The size of a regular file, for progress; 0 otherwise.
  uint64_t size() const { return size_; }

 private:
  UvRuntime& runtime_;
  int fd_;
  bool own_ = false;
  bool regular_ = false;
  bool cancelled_ = false;
  uint64_t size_ = 0;
};

class OutputFd {
 public:
  OutputFd(UvRuntime& runtime, int fd);
  OutputFd(const OutputFd&) = delete;
  ~OutputFd();
  // All of it, in order; `bytes` must stay until the task is done. kBrokenPipe where nobody reads the other end,
  // kDiskFull, kIo; kCancelled after cancel().
  Task<Status> write(Bytes bytes);
  // Waits until nobody reads the other end of a pipe any more. False after cancel(), and at once for other kinds.
  Task<bool> reader_gone();
  bool reader_has_gone() const;
  // The reader of the other end finds the end of it: the descriptor leads nowhere from here on. Nobody may be waiting.
  void hang_up();
  void cancel();
  bool is_terminal() const;
  // Bytes that the system has taken of all that was written.
  uint64_t written_bytes() const { return written_; }
  // Those of them that the reader of a pipe has not taken out yet, also when it has gone; 0 for other kinds.
  uint64_t unread_bytes() const;

 private:
  UvRuntime& runtime_;
  const int given_;
  int fd_;
  bool own_ = false;
  bool pipe_ = false;
  bool pollable_ = false;
  bool cancelled_ = false;
  uint64_t written_ = 0;
};

// A file named on the command line, for reading ("-" is standard input and is not handled here).
Result<int> open_input_file(const std::string& path);
void close_fd(int fd);
// Whether the process was given such a descriptor: ask before anything opens one of its own.
bool fd_is_open(int fd);

}  // namespace sl::aio
