#include "aio/sim_world.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <tuple>

#include "aio/sim_network.h"
#include "aio/sim_runtime.h"

namespace sl::aio {

SimWorld::SimWorld(uint64_t seed, SimOptions options)
    : options_(std::move(options)), random_(seed), network_(std::make_unique<SimNetwork>(*this)) {}

SimWorld::~SimWorld() = default;

SimNode& SimWorld::add_node(const std::string& name) {
  nodes_.push_back(std::make_unique<SimNode>(*this, static_cast<uint32_t>(nodes_.size() + 1), name));
  return *nodes_.back();
}

SimRuntime& SimWorld::add_runtime(SimNode& node) {
  runtimes_.push_back(std::make_unique<SimRuntime>(node, static_cast<uint32_t>(runtimes_.size() + 1), random_.next()));
  return *runtimes_.back();
}

int64_t SimWorld::draw_ns(int64_t min_ns, int64_t max_ns) {
  if (max_ns <= min_ns) return min_ns;
  return min_ns + static_cast<int64_t>(random_.below(static_cast<uint64_t>(max_ns - min_ns) + 1));
}

// ---- the queue

bool SimWorld::Entry::operator<(const Entry& other) const {
  return std::tie(at_ns, tie, sequence) > std::tie(other.at_ns, other.tie, other.sequence);
}

void SimWorld::push(Entry entry) {
  queue_.push_back(std::move(entry));
  std::push_heap(queue_.begin(), queue_.end());
}

SimWorld::Entry SimWorld::pop() {
  std::pop_heap(queue_.begin(), queue_.end());
  Entry entry = std::move(queue_.back());
  queue_.pop_back();
  return entry;
}

void SimWorld::schedule(int64_t at_ns, SimEvent kind, SimRuntime* owner, uint64_t value, std::function<void()> action) {
  uint64_t tie = random_.next();
  push(Entry{std::max(at_ns, now_ns_), tie, ++sequence_, kind, owner, value, std::move(action)});
}

// Timers stand in their process's own queue, which does not tell when one is added: so it is asked.
SimRuntime* SimWorld::next_timer(int64_t& due_ns) const {
  SimRuntime* first = nullptr;
  due_ns = std::numeric_limits<int64_t>::max();
  for (const auto& runtime : runtimes_) {
    int64_t due = runtime->timers().next_due_ns();
    if (due < 0) continue;
    due = std::max({due, now_ns_, runtime->paused_until_ns()});
    if (due >= due_ns) continue;
    due_ns = due;
    first = runtime.get();
  }
  return first;
}

bool SimWorld::step_until(int64_t limit_ns) {
  int64_t timer_ns;
  SimRuntime* timed = next_timer(timer_ns);
  int64_t event_ns = queue_.empty() ? std::numeric_limits<int64_t>::max() : queue_.front().at_ns;
  if (std::min(timer_ns, event_ns) > limit_ns || (!timed && queue_.empty())) return false;
  ++steps_;
  if (timed && (timer_ns < event_ns || (timer_ns == event_ns && random_.below(2) == 0))) {
    now_ns_ = timer_ns;
    record(SimEvent::kTimers, timed->id(), 0);
    timed->timers().fire_due(now_ns_);
    return true;
  }
  Entry entry = pop();
  now_ns_ = entry.at_ns;
  if (entry.owner && entry.owner->paused_until_ns() > now_ns_) {
    entry.at_ns = entry.owner->paused_until_ns();
    push(std::move(entry));
    return true;
  }
  record(entry.kind, entry.owner ? entry.owner->id() : 0, entry.value);
  entry.action();
  return true;
}

bool SimWorld::step() {
  return step_until(std::numeric_limits<int64_t>::max());
}

bool SimWorld::run_until(const std::function<bool()>& done, int64_t limit_ms) {
  int64_t limit_ns = now_ns_ + limit_ms * 1'000'000;
  while (!done()) {
    if (steps_ >= options_.steps_max || !step_until(limit_ns)) return false;
  }
  return true;
}

void SimWorld::run_for_ms(int64_t ms) {
  int64_t end_ns = now_ns_ + ms * 1'000'000;
  while (steps_ < options_.steps_max && step_until(end_ns)) {
  }
  now_ns_ = end_ns;
}

void SimWorld::run(Task<void> main, int64_t limit_ms) {
  TaskGroup group;
  group.spawn(std::move(main));
  if (run_until([&] { return group.live() == 0; }, limit_ms)) return;
  fmt::print(stderr, "a simulated task did not end; the last events were:\n{}", recent_events());
  std::abort();
}

// ---- the trace

void SimWorld::record(SimEvent kind, uint32_t process, uint64_t value) {
  recent_[recorded_++ % recent_.size()] = Traced{now_ns_, kind, process, value};
  for (uint64_t word :
       {static_cast<uint64_t>(now_ns_), (uint64_t{process} << 8) | static_cast<uint64_t>(kind), value}) {
    hash_ = (hash_ ^ word) * 0x100000001b3;
    hash_ ^= hash_ >> 29;
  }
}

void SimWorld::note(uint64_t value) {
  record(SimEvent::kNote, 0, value);
}

std::string SimWorld::recent_events() const {
  constexpr std::string_view kNames[] = {"turn",   "timers", "job",     "job done", "delivery",
                                         "window", "reset",  "connect", "kill",     "note"};
  std::string text;
  uint64_t count = std::min<uint64_t>(recorded_, recent_.size());
  for (uint64_t i = recorded_ - count; i < recorded_; ++i) {
    const Traced& event = recent_[i % recent_.size()];
    text += fmt::format("{}.{:06} ms process {} {} {:x}\n", event.at_ns / 1'000'000, event.at_ns % 1'000'000,
                        event.process, kNames[static_cast<size_t>(event.kind)], event.value);
  }
  return text;
}

}  // namespace sl::aio
