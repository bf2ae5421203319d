// Permits: so many of something, handed out in the order in which they were asked for: turns, checkers, bytes of
// memory. A share gives back what it holds at its end. Who asks waits for one share and holds none of the same permits
// meanwhile, or two who each hold a part would wait for each other.
#pragma once
#include <algorithm>
#include <cassert>
#include <coroutine>
#include <deque>
#include <utility>

#include "aio/runtime.h"

namespace sl::server {

class Permits {
 public:
  // What was handed out; empty by default. The permits outlive it.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : permits_(std::exchange(other.permits_, nullptr)), count_(std::exchange(other.count_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(permits_, other.permits_);
      std::swap(count_, other.count_);
      return *this;
    }
    ~Share() {
      if (permits_) permits_->give_back(count_);
    }
    explicit operator bool() const { return permits_ != nullptr; }

   private:
    friend class Permits;
    Share(Permits& permits, size_t count) : permits_(&permits), count_(count) {}
    Permits* permits_ = nullptr;
    size_t count_ = 0;
  };

  // One wait. Share share = co_await ask; it has a name, since another task may cancel it.
  class Ask {
   public:
    // No more is asked for than there is.
    Ask(Permits& permits, size_t count) : permits_(permits), count_(std::min(count, permits.total_)) {}
    Ask(const Ask&) = delete;
    // Ends the wait, if it has not ended: the share is empty then.
    void cancel() { permits_.cancel(*this); }

    bool await_ready() {
      granted_ = permits_.waiting_.empty() && permits_.take_now(count_);
      return granted_;
    }
    void await_suspend(std::coroutine_handle<> waiter) {
      waiter_ = waiter;
      permits_.waiting_.push_back(this);
    }
    Share await_resume() { return granted_ ? Share(permits_, count_) : Share(); }

   private:
    friend class Permits;
    Permits& permits_;
    size_t count_;
    bool granted_ = false;
    std::coroutine_handle<> waiter_;
  };

  Permits(aio::Runtime& runtime, size_t total) : runtime_(runtime), total_(total), free_(total) {}
  Permits(const Permits&) = delete;
  ~Permits() { assert(idle()); }

  // Nothing is handed out, and so nobody waits.
  bool idle() const { return free_ == total_; }
  bool has_waiters() const { return !waiting_.empty(); }
  size_t free() const { return free_; }

 private:
  bool take_now(size_t count) {
    if (count > free_) return false;
    free_ -= count;
    return true;
  }
  void give_back(size_t count) {
    free_ += count;
    grant();
  }
  // The first in the line goes first, however little a later one asks for: else a large one would wait for ever.
  void grant() {
    while (!waiting_.empty() && take_now(waiting_.front()->count_)) {
      waiting_.front()->granted_ = true;
      runtime_.post(waiting_.front()->waiter_);
      waiting_.pop_front();
    }
  }
  void cancel(Ask& ask) {
    if (std::erase(waiting_, &ask) == 0) return;
    runtime_.post(ask.waiter_);
    grant();
  }

  aio::Runtime& runtime_;
  const size_t total_;
  size_t free_;
  std::deque<Ask*> waiting_;
};

}  // namespace sl::server
