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

bool lane_may_run(Lane lane, const unsigned (&running)[3], unsigned threads_max) {
  if (lane == Lane::kAppend) return true;
  unsigned background = running[static_cast<int>(Lane::kBackground)];
  unsigned others = background + running[static_cast<int>(Lane::kRead)];
  if (others > 0 && others + 1 >= threads_max) return false;
  return lane == Lane::kRead || background == 0 || background + 2 < threads_max;
}

bool ThreadPool::take(std::function<void()>& work, Lane& lane) {
  for (Lane next : {Lane::kAppend, Lane::kRead, Lane::kBackground}) {
    auto& queue = queues_[static_cast<int>(next)];
    if (queue.empty() || !lane_may_run(next, running_, threads_max_)) continue;
    work = std::move(queue.front());
    queue.pop_front();
    lane = next;
    return true;
  }
  return false;
}

void ThreadPool::thread_main() {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::function<void()> work;
    Lane lane{};
    if (take(work, lane)) {
      ++running_[static_cast<int>(lane)];
      lock.unlock();
      work();
      work = nullptr;  // What it captured is released outside the lock.
      lock.lock();
      --running_[static_cast<int>(lane)];
      continue;
    }
    // What may not run now is taken by the thread whose work holds it up; so at the end, too.
    if (stopping_) return;
    ++idle_;
    wake_.wait(lock);
    --idle_;
  }
}

}  // namespace sl::aio
