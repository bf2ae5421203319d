// ThreadPool: the threads of the libuv runtime that may block. Three lanes share them; background work never takes
// the last thread, so a long scan cannot stall an append. Threads start when first needed.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sl::aio {

enum class Lane;

class ThreadPool {
 public:
  explicit ThreadPool(unsigned threads_max) : threads_max_(threads_max) {}
  // Finishes what is queued, then joins.
  ~ThreadPool();
  // `work` runs on some pool thread. Appends go before reads, reads before background work.
  void submit(Lane lane, std::function<void()> work);

 private:
  void thread_main();
  bool take(std::function<void()>& work, bool& background);
  const unsigned threads_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queues_[3];
  std::vector<std::thread> threads_;
  unsigned idle_ = 0;
  unsigned background_running_ = 0;
  bool stopping_ = false;
};

}  // namespace sl::aio
