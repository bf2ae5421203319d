// When which member must have been heard again. A heartbeat only moves a number in the member; the heap keeps the
// entry of the time that was first announced and, when that comes, takes it in again at the later one. So thousands of
// idle members cost one heap operation per session timeout each, and nothing per heartbeat.
#pragma once
#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "group/outcome.h"

namespace sl::group {

template <class Key>
class Deadlines {
 public:
  // An entry that is no longer wanted stays until its time and is then asked about in vain.
  void add(int64_t mono_ms, Key key) { heap_.emplace(mono_ms, std::move(key)); }
  int64_t next() const { return heap_.empty() ? kNever : heap_.top().first; }
  // Takes one key whose time has come; false if there is none. The time announced goes to `announced_ms`.
  bool pop_due(int64_t mono_ms, Key& key, int64_t& announced_ms) {
    if (next() > mono_ms) return false;
    announced_ms = heap_.top().first;
    key = heap_.top().second;
    heap_.pop();
    return true;
  }
  size_t size() const { return heap_.size(); }
  void clear() { heap_ = {}; }

 private:
  using Entry = std::pair<int64_t, Key>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> heap_;
};

}  // namespace sl::group
