// Event: tasks wait on it, others notify. Waiters are resumed from the loop, never inside notify(), so a notifier's
// state does not change under its hands. A condition is re-checked by the waiter: wake-ups may be for nothing.
#pragma once
#include <coroutine>
#include <vector>

#include "aio/runtime.h"

namespace sl::aio {

class Event {
 public:
  explicit Event(Runtime& runtime) : runtime_(runtime) {}
  Event(const Event&) = delete;
  ~Event() { assert(waiters_.empty()); }

  // co_await event.wait(): until the next notify().
  auto wait() {
    struct Awaiter {
      Event& event;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> h) { event.waiters_.push_back(h); }
      void await_resume() noexcept {}
    };
    return Awaiter{*this};
  }
  void notify() {
    for (auto h : waiters_) runtime_.post(h);
    waiters_.clear();
  }
  bool has_waiters() const { return !waiters_.empty(); }

 private:
  Runtime& runtime_;
  std::vector<std::coroutine_handle<>> waiters_;
};

}  // namespace sl::aio
