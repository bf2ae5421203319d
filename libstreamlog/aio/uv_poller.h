// Poller: waits for a descriptor to become readable or writable, on one uv_poll handle. Internal to the libuv runtime.
//
// The interest is kept armed after a wait ends and is dropped only when an event finds nobody waiting: a connection in
// steady ping-pong makes no epoll_ctl calls at all.
#pragma once
#include <uv.h>

#include <coroutine>
#include <utility>

namespace sl::aio {

class Poller {
 public:
  // `fd` stays the caller's.
  Poller(uv_loop_t* loop, int fd) : handle_(new uv_poll_t) {
    valid_ = uv_poll_init(loop, handle_, fd) == 0;
    handle_->data = this;
  }
  Poller(const Poller&) = delete;
  ~Poller() {
    handle_->data = nullptr;
    if (!valid_) {
      delete handle_;
      return;
    }
    uv_close(reinterpret_cast<uv_handle_t*>(handle_), [](uv_handle_t* h) { delete reinterpret_cast<uv_poll_t*>(h); });
  }
  bool valid() const { return valid_; }

  // co_await poller.ready(UV_READABLE): one waiter a direction.
  auto ready(uv_poll_event direction) {
    struct Awaiter {
      Poller& poller;
      uv_poll_event direction;
      bool await_ready() const noexcept { return poller.closed_; }
      void await_suspend(std::coroutine_handle<> h) {
        poller.slot(direction) = h;
        poller.arm(poller.armed_ | direction);
      }
      void await_resume() noexcept {}
    };
    return Awaiter{*this, direction};
  }

  // No more events; the waiters are handed to the caller, which resumes them from the loop.
  std::pair<std::coroutine_handle<>, std::coroutine_handle<>> close() {
    closed_ = true;
    arm(0);
    return {std::exchange(reader_, {}), std::exchange(writer_, {})};
  }
  bool closed() const { return closed_; }

 private:
  std::coroutine_handle<>& slot(int direction) { return direction == UV_READABLE ? reader_ : writer_; }

  void arm(int events) {
    if (events == armed_ || !valid_) return;
    armed_ = events;
    if (events == 0)
      uv_poll_stop(handle_);
    else
      uv_poll_start(handle_, events, &Poller::on_event);
  }

  static void on_event(uv_poll_t* handle, int status, int events) {
    auto* self = static_cast<Poller*>(handle->data);
    if (!self) return;
    if (status < 0) events = UV_READABLE | UV_WRITABLE;  // The next call on the descriptor tells what is wrong.
    int unwanted = (events & UV_READABLE && !self->reader_ ? UV_READABLE : 0) |
                   (events & UV_WRITABLE && !self->writer_ ? UV_WRITABLE : 0);
    if (status < 0)
      self->armed_ = 0;
    else if (unwanted)
      self->arm(self->armed_ & ~unwanted);
    auto reader = events & UV_READABLE ? std::exchange(self->reader_, {}) : nullptr;
    auto writer = events & UV_WRITABLE ? std::exchange(self->writer_, {}) : nullptr;
    // The first resumption may destroy this poller and, with its stream, the other waiter's reason to run; both
    // handles are of live tasks, since a stream outlives its reads and writes.
    if (writer) writer.resume();
    if (reader) reader.resume();
  }

  uv_poll_t* handle_;
  bool valid_ = false;
  bool closed_ = false;
  int armed_ = 0;
  std::coroutine_handle<> reader_;
  std::coroutine_handle<> writer_;
};

}  // namespace sl::aio
