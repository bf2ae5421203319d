// Turn: one task at a time is in what it guards. Unlike a lock it is waited for without holding up the loop.
#pragma once
#include "aio/event.h"

namespace sl::tools::consume {

class Turn {
 public:
  explicit Turn(aio::Runtime& runtime) : free_(runtime) {}
  Turn(const Turn&) = delete;
  aio::Task<void> take() {
    while (taken_) co_await free_.wait();
    taken_ = true;
  }
  void give() {
    taken_ = false;
    free_.notify();
  }

 private:
  aio::Event free_;
  bool taken_ = false;
};

}  // namespace sl::tools::consume
