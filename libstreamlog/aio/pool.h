// ThreadPool: the threads of the libuv runtime that may block. Three lanes share them; only appends take the
// last thread, and background work not the one before it either: neither a long scan nor many cold reads can stall an
// append. Threads start when first needed.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sl::aio {

enum class Lane;

// Whether work of the lane may be taken now, where `running` counts what runs, by lane: the rule of both runtimes.
bool lane_may_run(Lane lane, const unsigned (&running)[3], unsigned threads_max);

class ThreadPool {
 public:
  explicit ThreadPool(unsigned threads_max) : threads_max_(threads_max) {}
  // Finishes what is queued, then joins.
  ~ThreadPool();
  // `work` runs on some pool thread. Appends go before reads, reads before background work.
  void submit(Lane lane, std::function<void()> work);

 private:
  void thread_main();
  bool take(std::function<void()>& work, Lane& lane);
  const unsigned threads_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queues_[3];
  std::vector<std::thread> threads_;
  unsigned idle_ = 0;
  unsigned running_[3] = {0, 0, 0};  // by lane
  bool stopping_ = false;
};

}  // namespace sl::aio
