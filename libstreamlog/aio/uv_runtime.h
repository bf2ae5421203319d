// UvRuntime: the real Runtime, on libuv. Sockets are driven by uv_poll over our own non-blocking calls, so that a read
// goes straight into the caller's buffer, a write gathers pieces and never raises SIGPIPE, and the common case (data
// is there, the kernel takes it) costs no turn of the loop.
#pragma once
#include <memory>

#include "aio/process.h"
#include "aio/runtime.h"

namespace sl::aio {

class UvRuntime : public Runtime {
 public:
  struct Options {
    unsigned pool_threads = 8;
    FileSystem* files = nullptr;  // the machine's own where null
  };
  // kIo where the process may not open the descriptors that a loop needs.
  static Result<std::unique_ptr<UvRuntime>> make(Options options);

  // Runs the task from the loop and returns when it has ended and every handle is closed.
  virtual void run(Task<void> main) = 0;

  // Calls `action` from the loop at each SIGINT, SIGTERM or SIGHUP that was not ignored when the program began, until
  // the runtime ends. Once.
  virtual void on_stop_signal(std::function<void(int)> action) = 0;

  // Waits until `fd` (not a regular file) is readable or writable; kCancelled after cancel_fd(fd).
  virtual Task<Status> fd_ready(int fd, bool writable) = 0;
  virtual void cancel_fd(int fd) = 0;
  // Before `fd` is closed: its number may come back as another file.
  virtual void forget_fd(int fd) = 0;

  // Runs a program to its end; its output is this process's own. What it does not read of its input is no error. kIo
  // where it cannot be started.
  virtual Task<Result<ProcessEnd>> run_process(ProcessCall call) = 0;
};

}  // namespace sl::aio
