// One child: started, fed through a pipe, waited for. Standard output and error are this process's own.
//
// What is hard is that a child may end without reading its input, or leave it to a child of its own that goes on
// reading: that the input was not taken is no error, and once the child has ended nobody waits for the input any more.
#include "aio/uv_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>
#include <uv.h>

#include <cstring>

#include "aio/event.h"
#include "aio/uv_fd.h"

namespace sl::aio {
namespace {

// The process's own environment is read here and nowhere else; what the call names outranks it.
std::vector<std::string> merged_environment(const std::vector<std::string>& own) {
  std::vector<std::string> merged;
  auto replaced = [&](std::string_view entry) {
    std::string_view name = entry.substr(0, entry.find('=') + 1);
    for (const std::string& each : own)
      if (std::string_view(each).starts_with(name)) return true;
    return false;
  };
  for (char** at = environ; at && *at; ++at)
    if (!replaced(*at)) merged.emplace_back(*at);
  merged.insert(merged.end(), own.begin(), own.end());
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

class Child {
 public:
  explicit Child(Runtime& runtime) : handle_(new uv_process_t), ended_event_(runtime) { handle_->data = this; }
  Child(const Child&) = delete;
  ~Child() {
    handle_->data = nullptr;
    auto* handle = reinterpret_cast<uv_handle_t*>(handle_);
    uv_close(handle, [](uv_handle_t* h) { delete reinterpret_cast<uv_process_t*>(h); });
  }

  Status start(uv_loop_t* loop, ProcessCall& call, int input_fd) {
    std::vector<std::string> environment = merged_environment(call.environment);
    auto words = pointers(call.words), variables = pointers(environment);
    uv_stdio_container_t stdio[3];
    int fds[3] = {input_fd, STDOUT_FILENO, STDERR_FILENO};
    for (int i = 0; i < 3; ++i) {
      stdio[i].flags = UV_INHERIT_FD;
      stdio[i].data.fd = fds[i];
    }
    uv_process_options_t options{};
    options.file = words[0];
    options.args = words.data();
    options.env = variables.data();
    options.stdio = stdio;
    options.stdio_count = 3;
    options.exit_cb = &Child::on_exit;
    int failed = uv_spawn(loop, handle_, &options);
    if (!failed) return {};
    return Error{Errc::kIo, fmt::format("cannot run {}: {}", call.words[0], uv_strerror(failed))};
  }

  bool ended() const { return ended_; }
  const ProcessEnd& end() const { return end_; }
  // What is called when it ends, to end the wait for its input.
  void on_end(OutputFd* input) { input_ = input; }
  Task<void> wait() {
    while (!ended_) co_await ended_event_.wait();
  }

 private:
  static void on_exit(uv_process_t* handle, int64_t exit_code, int signal) {
    auto* self = static_cast<Child*>(handle->data);
    if (!self) return;
    self->end_ = {exit_code, signal};
    self->ended_ = true;
    if (self->input_) self->input_->cancel();
    self->ended_event_.notify();
  }

  uv_process_t* handle_;
  Event ended_event_;
  OutputFd* input_ = nullptr;
  ProcessEnd end_;
  bool ended_ = false;
};

// Writes the input; whether it was taken is the child's own matter.
Task<void> feed(UvRuntime& runtime, Child& child, int fd, Bytes input) {
  {
    OutputFd output(runtime, fd);
    child.on_end(&output);
    if (!child.ended()) (void)co_await output.write(input);
    child.on_end(nullptr);
  }
  ::close(fd);
}

}  // namespace

Task<Result<ProcessEnd>> run_child(UvContext context, UvRuntime& runtime, ProcessCall call) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0)
    co_return Error{Errc::kIo, fmt::format("cannot make a pipe: {}", std::string(std::strerror(errno)))};
  Child child(runtime);
  Status started = child.start(context.loop, call, fds[0]);
  ::close(fds[0]);
  if (!started) {
    ::close(fds[1]);
    co_return std::move(started).error();
  }
  co_await feed(runtime, child, fds[1], call.input);
  co_await child.wait();
  co_return child.end();
}

}  // namespace sl::aio
