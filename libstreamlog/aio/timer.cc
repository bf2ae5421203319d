#include "aio/timer.h"

namespace sl::aio {

void TimerQueue::add(Node& node, int64_t due_mono_ns) {
  assert(!queued(node));
  node.key_ = {due_mono_ns, ++last_};
  queue_.emplace(node.key_, &node);
}

void TimerQueue::remove(Node& node) {
  if (!queued(node)) return;
  queue_.erase(node.key_);
  node.key_ = {0, 0};
}

void TimerQueue::fire_due(int64_t now_mono_ns) {
  // A node that fires may add others; those added now are due no earlier than now and wait for the next turn, so a
  // timer that re-arms itself cannot hold the loop.
  uint64_t last_before = last_;
  while (!queue_.empty()) {
    auto first = queue_.begin();
    if (first->first.first > now_mono_ns || first->first.second > last_before) return;
    Node* node = first->second;
    remove(*node);
    node->fire();
  }
}

}  // namespace sl::aio
