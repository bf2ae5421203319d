// SimWorld: machines, their processes and the network between them, in one thread, in virtual time, from one seed.
//
// Everything that happens is an event in one queue, ordered by time, ties broken by the seed; time jumps from event to
// event. The trace hash mixes every event, with what it carried, so two runs are the same run exactly if their hashes
// are. What makes that hard is everything that could leak in from outside: an order of pointers, a real clock, a hash
// table's layout. There is none of that here, and there must be none in what runs on it.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aio/sim_disk.h"
#include "aio/task.h"
#include "base/random.h"

namespace sl::aio {

class SimNetwork;
class SimNode;
class SimRuntime;

enum class SimEvent : uint8_t { kTurn, kTimers, kJob, kJobDone, kDelivery, kWindow, kReset, kConnect, kKill, kNote };

struct SimOptions {
  int64_t wall_start_ms = 1'700'000'000'000;
  // An endless loop in what is tested ends the run: run_until gives up after so many events.
  uint64_t steps_max = 200'000'000;
  // What one round of a process's ready tasks costs, at most.
  int64_t turn_ns_max = 2'000;
  unsigned pool_threads = 8;
  int64_t disk_latency_min_ns = 50'000;
  int64_t disk_latency_max_ns = 1'000'000;
  int64_t local_latency_min_ns = 5'000;
  int64_t local_latency_max_ns = 50'000;
  int64_t network_latency_min_ns = 50'000;
  int64_t network_latency_max_ns = 1'000'000;
  // The window of a connection's direction is drawn between these.
  size_t window_min_bytes = 4 << 10;
  size_t window_max_bytes = 256 << 10;
  // Of a thousand: deliveries that reset their connection instead, connects that are refused.
  unsigned reset_permille = 0;
  unsigned refuse_permille = 0;
  SimDiskOptions disk;  // `seed` and `clock` are set for each node
};

class SimWorld {
 public:
  explicit SimWorld(uint64_t seed, SimOptions options = {});
  // Every task on every runtime has ended and every stream and listener is gone.
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;

  // A machine with an empty disk, reachable under its name from all others. Owned by the world.
  SimNode& add_node(const std::string& name);
  SimNetwork& network() { return *network_; }
  SimOptions& options() { return options_; }  // may be changed while it runs
  Random& random() { return random_; }
  int64_t now_ns() const { return now_ns_; }

  // Runs the next event; false if there is none.
  bool step();
  // Runs until `done()`, which is asked after each event: true; or until so much virtual time has gone by, nothing is
  // left to happen, or steps_max is reached: false.
  bool run_until(const std::function<bool()>& done, int64_t limit_ms = 600'000);
  // All that happens in the next `ms`; the clock stands exactly there afterwards.
  void run_for_ms(int64_t ms);
  // Runs a task to its end. It must end within the limit, or the program aborts with the last events.
  void run(Task<void> main, int64_t limit_ms = 600'000);

  uint64_t trace_hash() const { return hash_; }
  uint64_t steps() const { return steps_; }
  // The last events, one a line, for a failure's report.
  std::string recent_events() const;
  // Mixes something of the test's own into the trace.
  void note(uint64_t value);

  // For the runtimes and the network. `owner` is the process that does not see it while it is paused, or null.
  void schedule(int64_t at_ns, SimEvent kind, SimRuntime* owner, uint64_t value, std::function<void()> action);
  void record(SimEvent kind, uint32_t process, uint64_t value);
  SimRuntime& add_runtime(SimNode& node);
  const std::vector<std::unique_ptr<SimNode>>& nodes() const { return nodes_; }
  int64_t draw_ns(int64_t min_ns, int64_t max_ns);

 private:
  struct Entry {
    int64_t at_ns;
    uint64_t tie;
    uint64_t sequence;
    SimEvent kind;
    SimRuntime* owner;
    uint64_t value;
    std::function<void()> action;
    bool operator<(const Entry& other) const;  // later ones first, for std::push_heap
  };
  struct Traced {
    int64_t at_ns;
    SimEvent kind;
    uint32_t process;
    uint64_t value;
  };
  bool step_until(int64_t limit_ns);
  SimRuntime* next_timer(int64_t& due_ns) const;
  void push(Entry entry);
  Entry pop();

  SimOptions options_;
  SeededRandom random_;
  int64_t now_ns_ = 1'000'000'000;
  uint64_t steps_ = 0;
  uint64_t sequence_ = 0;
  uint64_t hash_ = 0xcbf29ce484222325;
  std::vector<Entry> queue_;
  std::array<Traced, 256> recent_{};
  uint64_t recorded_ = 0;
  std::unique_ptr<SimNetwork> network_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::vector<std::unique_ptr<SimRuntime>> runtimes_;
};

}  // namespace sl::aio
