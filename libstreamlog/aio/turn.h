// Turn: one task at a time is in what it guards, in the order of asking: a reader that comes again at once does not
// keep out one that waits. Unlike a lock it is waited for without holding up the loop.
#pragma once
#include <cstdint>

#include "aio/event.h"

namespace sl::aio {

class Turn {
 public:
  explicit Turn(Runtime& runtime) : next_(runtime) {}
  Turn(const Turn&) = delete;
  Task<void> take() {
    uint64_t mine = asked_++;
    while (mine != given_) co_await next_.wait();
  }
  // Lets those who wait have it first.
  Task<void> pass_on() {
    if (asked_ - given_ < 2) co_return;
    give();
    co_await take();
  }
  void give() {
    ++given_;
    next_.notify();
  }

 private:
  Event next_;
  uint64_t asked_ = 0;
  uint64_t given_ = 0;
};

}  // namespace sl::aio
