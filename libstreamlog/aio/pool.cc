#include "aio/pool.h"

#include "aio/runtime.h"

namespace sl::aio {

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadPool::submit(Lane lane, std::function<void()> work) {
  std::unique_lock lock(mutex_);
  queues_[static_cast<int>(lane)].push_back(std::move(work));
  size_t waiting = queues_[0].size() + queues_[1].size() + queues_[2].size();
  if (waiting > idle_ && threads_.size() < threads_max_) {
    threads_.emplace_back([this] { thread_main(); });
    return;
  }
  lock.unlock();
  wake_.notify_one();
}

bool ThreadPool::take(std::function<void()>& work, bool& background) {
  for (Lane lane : {Lane::kAppend, Lane::kRead, Lane::kBackground}) {
    auto& queue = queues_[static_cast<int>(lane)];
    background = lane == Lane::kBackground;
    if (queue.empty() || (background && background_running_ + 1 >= threads_max_ && threads_max_ > 1)) continue;
    work = std::move(queue.front());
    queue.pop_front();
    return true;
  }
  return false;
}

void ThreadPool::thread_main() {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::function<void()> work;
    bool background = false;
    if (take(work, background)) {
      background_running_ += background;
      lock.unlock();
      work();
      work = nullptr;  // What it captured is released outside the lock.
      lock.lock();
      background_running_ -= background;
      continue;
    }
    if (stopping_) return;
    ++idle_;
    wake_.wait(lock);
    --idle_;
  }
}

}  // namespace sl::aio
