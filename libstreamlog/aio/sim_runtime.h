// SimNode: a simulated machine: a disk, a wall clock, a name. SimRuntime: one process on it, and its Runtime.
//
// A crash cannot simply destroy a process, since its suspended coroutines may not be destroyed. It cuts the process's
// seams instead: every file call, connect and listen fails with kCancelled and has no effect, its streams and listeners
// close, so its tasks run to their ends as a ghost that nobody can see, while a new process starts on the surviving
// disk. A test tells the ghost's components to stop and lets their groups drain.
#pragma once
#include <deque>
#include <vector>

#include "aio/runtime.h"
#include "aio/sim_world.h"

namespace sl::aio {

class SimNode {
 public:
  SimNode(SimWorld& world, uint32_t id, std::string name);
  ~SimNode();
  uint32_t id() const { return id_; }
  const std::string& name() const { return name_; }
  SimWorld& world() { return world_; }
  // The machine's disk as it is now: for faults, damage and inspection. Another one after each power cut.
  SimDisk& disk() { return *disk_; }
  const Clock& clock() const { return clock_; }
  bool powered() const { return powered_; }

  // A new process. Owned by the world, until its end.
  SimRuntime& start_process();
  // Every process dies, and the disk forgets as `mode` says. Peers see resets or, by the seed, silence. Start a process
  // to switch the machine on again.
  void power_cut(CrashMode mode);
  // Swaps the disk for an empty one; no process lives on it.
  void replace_disk();

  void set_wall_offset_ms(int64_t ms) { clock_.offset_ms = ms; }  // the clock steps
  void set_wall_drift_ppm(int64_t ppm) { clock_.drift_ppm = ppm; }

 private:
  struct NodeClock final : Clock {
    explicit NodeClock(const SimWorld& w, int64_t s) : world(w), start_ms(s) {}
    int64_t wall_ms() const override;
    int64_t mono_ns() const override;
    const SimWorld& world;
    int64_t start_ms;
    int64_t offset_ms = 0;
    int64_t drift_ppm = 0;
  };
  std::unique_ptr<SimDisk> empty_disk();
  SimWorld& world_;
  uint32_t id_;
  std::string name_;
  NodeClock clock_;
  std::unique_ptr<SimDisk> disk_;
  std::vector<SimRuntime*> processes_;
  bool powered_ = true;
};

class SimRuntime final : public Runtime {
 public:
  SimRuntime(SimNode& node, uint32_t id, uint64_t seed);
  ~SimRuntime() override;

  const Clock& clock() const override { return node_.clock(); }
  Random& random() override { return random_; }
  FileSystem& files() override { return *files_; }
  TimerQueue& timers() override { return timers_; }
  // Runs the job at some virtual time within the disk's latency; jobs overlap and finish in any order.
  Task<void> run_in_pool(Lane lane, std::function<void()> job) override;
  void post(std::coroutine_handle<> task) override;
  Task<Result<std::unique_ptr<Stream>>> connect(Address address) override;
  Result<std::unique_ptr<Listener>> listen(const Address& address, const ListenOptions& options) override;

  SimNode& node() { return node_; }
  uint32_t id() const { return id_; }
  bool alive() const { return alive_; }
  // kill -9: cuts the seams; the disk keeps what was written. Peers see resets.
  void crash();
  // SIGSTOP for so long: nothing runs, while the kernel goes on taking bytes for it.
  void pause_for_ms(int64_t ms);
  int64_t paused_until_ns() const { return paused_until_ns_; }
  // Who the other end of a unix socket takes it for.
  void set_identity(PeerIdentity identity) { identity_ = identity; }
  PeerIdentity identity() const { return identity_; }
  void set_disk_latency_ns(int64_t min_ns, int64_t max_ns);

 private:
  friend class SimNode;
  struct PoolCall;
  void cut(bool silent);
  void turn();
  void start_jobs();
  PoolCall* take_job();
  void run_job(PoolCall* call, int64_t done_at_ns);
  void finish_job(PoolCall* call);

  SimNode& node_;
  SimWorld& world_;
  uint32_t id_;
  SeededRandom random_;
  std::unique_ptr<SimDisk> files_;
  TimerQueue timers_;
  bool alive_ = true;
  bool turn_scheduled_ = false;
  int64_t paused_until_ns_ = 0;
  int64_t disk_latency_min_ns_ = -1;  // the world's where negative
  int64_t disk_latency_max_ns_ = -1;
  PeerIdentity identity_;
  std::vector<std::coroutine_handle<>> ready_;
  std::deque<PoolCall*> jobs_[3];
  unsigned jobs_running_ = 0;
  unsigned running_[3] = {0, 0, 0};  // by lane
};

}  // namespace sl::aio
