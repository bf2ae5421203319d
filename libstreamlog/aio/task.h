// Task<T>: a lazily started coroutine that hands one value to one awaiter; TaskGroup: the root of detached ones.
//
// Lifetime: the Task owns its frame. A suspended frame is never destroyed from outside; whoever closes a handle
// resumes its waiters with kCancelled, so that every task runs to its end and its TaskGroup drains.
// What g++ 12 gets wrong about coroutines, and the rules that follow, stand in ARCHITECTURE.md ("Coroutines").
#pragma once
#include <cassert>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace sl::aio {

template <class T>
class [[nodiscard]] Task;

namespace detail {

struct PromiseBase {
  // Set once the awaiter has really suspended. A child that finishes before then just returns and the awaiter goes
  // on: g++ 12 makes no tail call of a symmetric transfer below -O2 or under a sanitizer, and a loop over ready
  // results would eat the stack.
  std::coroutine_handle<> continuation;
  bool finished = false;

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> h) noexcept {
      PromiseBase& p = h.promise();
      p.finished = true;
      if (p.continuation) p.continuation.resume();  // May destroy this frame.
    }
    void await_resume() noexcept {}
  };

  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { std::terminate(); }  // Errors travel in Result.
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle h) noexcept : handle_(h) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();  // Before the start or after the end is fine; between would be a bug.
  }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiter) noexcept {
    handle_.resume();
    if (handle_.promise().finished) return false;
    handle_.promise().continuation = waiter;
    return true;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  Handle handle_;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>{std::coroutine_handle<Promise>::from_promise(*this)};
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>{std::coroutine_handle<Promise>::from_promise(*this)};
}

// An eager, self-destroying coroutine: the only root a Task may hang from.
struct Root {
  struct promise_type {
    Root get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

}  // namespace detail

// Owns every detached task of one component, so that its end can wait for theirs. The group must outlive them and
// must be drained before it is destroyed.
class TaskGroup {
 public:
  TaskGroup() = default;
  TaskGroup(const TaskGroup&) = delete;
  ~TaskGroup() { assert(live_ == 0); }
  // Runs the task at once, up to its first suspension.
  void spawn(Task<void> task) {
    ++live_;
    run(*this, std::move(task));
  }
  int live() const { return live_; }

  // co_await group.drained(): until no task lives. One waiter.
  auto drained() {
    struct Awaiter {
      TaskGroup& group;
      bool await_ready() const noexcept { return group.live_ == 0; }
      void await_suspend(std::coroutine_handle<> h) noexcept {
        assert(!group.waiter_);
        group.waiter_ = h;
      }
      void await_resume() noexcept {}
    };
    return Awaiter{*this};
  }

 private:
  static detail::Root run(TaskGroup& group, Task<void> task) {
    co_await task;
    if (--group.live_ == 0 && group.waiter_) std::exchange(group.waiter_, {}).resume();
  }
  int live_ = 0;
  std::coroutine_handle<> waiter_;
};

}  // namespace sl::aio
