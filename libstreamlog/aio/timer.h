// TimerQueue: the timers of one runtime, in order of their time, and awaitables on top of it. Both runtimes drive one.
#pragma once
#include <coroutine>
#include <cstdint>
#include <map>
#include <utility>

#include "aio/task.h"
#include "base/clock.h"

namespace sl::aio {

class TimerQueue {
 public:
  class Node {
   public:
    virtual void fire() = 0;  // Called once, from the loop, already out of the queue.

   protected:
    ~Node() = default;

   private:
    friend class TimerQueue;
    std::pair<int64_t, uint64_t> key_{0, 0};  // key_.second == 0: not queued
  };
  explicit TimerQueue(const Clock& clock) : clock_(clock) {}
  const Clock& clock() const { return clock_; }
  void add(Node& node, int64_t due_mono_ns);
  void remove(Node& node);  // Harmless where it is not queued.
  bool queued(const Node& node) const { return node.key_.second != 0; }

  // For the runtime: when the next one is due (-1: none), and the firing of all that are due by `now`.
  int64_t next_due_ns() const { return queue_.empty() ? -1 : queue_.begin()->first.first; }
  void fire_due(int64_t now_mono_ns);

 private:
  const Clock& clock_;
  uint64_t last_ = 0;
  std::map<std::pair<int64_t, uint64_t>, Node*> queue_;
};

// One wait at a time, which another task may end early: a periodic job that must stop, a linger that is cut short.
class Timer final : TimerQueue::Node {
 public:
  explicit Timer(TimerQueue& queue) : queue_(queue) {}
  Timer(const Timer&) = delete;
  ~Timer() { assert(!waiter_); }

  // co_await timer.wait_ms(n): true when the time is over, false when cancel() came first or has come before.
  auto wait_until(int64_t due_mono_ns) {
    struct Awaiter {
      Timer& timer;
      int64_t due;
      bool await_ready() const noexcept { return timer.cancelled_; }
      void await_suspend(std::coroutine_handle<> h) {
        timer.waiter_ = h;
        timer.queue_.add(timer, due);
      }
      bool await_resume() noexcept { return !timer.cancelled_ && !std::exchange(timer.cut_, false); }
    };
    return Awaiter{*this, due_mono_ns};
  }
  auto wait_ms(int64_t ms) { return wait_until(queue_.clock().mono_ns() + ms * 1'000'000); }
  // Ends the current wait, and every later one at once.
  void cancel() {
    cancelled_ = true;
    cut();
  }
  // Ends the current wait only. The waiter runs from the loop, not from here.
  void cut() {
    if (!waiter_) return;
    cut_ = true;
    queue_.remove(*this);
    queue_.add(*this, 0);
  }
  bool waiting() const { return static_cast<bool>(waiter_); }

 private:
  void fire() override { std::exchange(waiter_, {}).resume(); }
  TimerQueue& queue_;
  std::coroutine_handle<> waiter_;
  bool cancelled_ = false;
  bool cut_ = false;
};

// Calls `action` once after a time unless destroyed or disarmed before: timeouts of requests.
template <class Action>
class Deadline final : TimerQueue::Node {
 public:
  Deadline(TimerQueue& queue, Action action) : queue_(queue), action_(std::move(action)) {}
  Deadline(const Deadline&) = delete;
  ~Deadline() { disarm(); }
  void arm_ms(int64_t ms) {
    disarm();
    queue_.add(*this, queue_.clock().mono_ns() + ms * 1'000'000);
  }
  void disarm() { queue_.remove(*this); }

 private:
  void fire() override { action_(); }
  TimerQueue& queue_;
  Action action_;
};

}  // namespace sl::aio
