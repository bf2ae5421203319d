#include "aio/sim_runtime.h"

#include "aio/pool.h"
#include "aio/sim_network.h"

namespace sl::aio {

// ---- SimNode

SimNode::SimNode(SimWorld& world, uint32_t id, std::string name)
    : world_(world),
      id_(id),
      name_(std::move(name)),
      clock_(world, world.options().wall_start_ms),
      disk_(empty_disk()) {}
SimNode::~SimNode() = default;

int64_t SimNode::NodeClock::mono_ns() const {
  return world.now_ns();
}
int64_t SimNode::NodeClock::wall_ms() const {
  int64_t ms = world.now_ns() / 1'000'000;
  return start_ms + offset_ms + ms + ms * drift_ppm / 1'000'000;
}

std::unique_ptr<SimDisk> SimNode::empty_disk() {
  SimDiskOptions options = world_.options().disk;
  options.seed = world_.random().next();
  options.clock = &clock_;
  return std::make_unique<SimDisk>(options);
}

SimRuntime& SimNode::start_process() {
  SimRuntime& process = world_.add_runtime(*this);
  processes_.push_back(&process);
  if (!powered_) {
    powered_ = true;
    world_.network().power_on(*this);
  }
  return process;
}

void SimNode::power_cut(CrashMode mode) {
  powered_ = false;
  for (SimRuntime* process : processes_) process->cut(true);
  processes_.clear();
  auto survived = disk_->crashed(mode, world_.random());
  disk_->cut();
  disk_ = std::move(survived);
}

void SimNode::replace_disk() {
  disk_->cut();
  disk_ = empty_disk();
}

// ---- SimRuntime

// One job on its way through the pool; lives in the awaiting frame.
struct SimRuntime::PoolCall {
  SimRuntime& runtime;
  Lane lane;
  std::function<void()> job;
  std::coroutine_handle<> waiter{};
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    waiter = h;
    runtime.jobs_[static_cast<int>(lane)].push_back(this);
    runtime.start_jobs();
  }
  void await_resume() noexcept {}
};

SimRuntime::SimRuntime(SimNode& node, uint32_t id, uint64_t seed)
    : node_(node),
      world_(node.world()),
      id_(id),
      random_(seed),
      files_(node.disk().share()),
      timers_(node.clock()),
      identity_{1000, 1000, static_cast<int32_t>(1000 + id)} {}
SimRuntime::~SimRuntime() = default;

void SimRuntime::post(std::coroutine_handle<> task) {
  ready_.push_back(task);
  if (turn_scheduled_) return;
  turn_scheduled_ = true;
  int64_t at_ns = world_.now_ns() + world_.draw_ns(0, world_.options().turn_ns_max);
  world_.schedule(at_ns, SimEvent::kTurn, this, 0, [this] { turn(); });
}

void SimRuntime::turn() {
  turn_scheduled_ = false;
  std::vector<std::coroutine_handle<>> running;
  running.swap(ready_);
  for (auto task : running) task.resume();
}

Task<void> SimRuntime::run_in_pool(Lane lane, std::function<void()> job) {
  PoolCall call{*this, lane, std::move(job)};
  co_await call;
}

// The pool's rules are ThreadPool's: appends before reads before background work.
SimRuntime::PoolCall* SimRuntime::take_job() {
  unsigned threads = world_.options().pool_threads;
  if (jobs_running_ >= threads) return nullptr;
  for (Lane lane : {Lane::kAppend, Lane::kRead, Lane::kBackground}) {
    auto& queue = jobs_[static_cast<int>(lane)];
    if (queue.empty() || !lane_may_run(lane, running_, threads)) continue;
    PoolCall* call = queue.front();
    queue.pop_front();
    ++jobs_running_;
    ++running_[static_cast<int>(lane)];
    return call;
  }
  return nullptr;
}

void SimRuntime::start_jobs() {
  while (PoolCall* call = take_job()) {
    bool own = disk_latency_min_ns_ >= 0;
    int64_t latency = own ? world_.draw_ns(disk_latency_min_ns_, disk_latency_max_ns_)
                          : world_.draw_ns(world_.options().disk_latency_min_ns, world_.options().disk_latency_max_ns);
    int64_t done_at_ns = world_.now_ns() + latency;
    // Its effect falls somewhere in between, so that a crash can find it done and not yet told.
    int64_t effect_at_ns = world_.now_ns() + world_.draw_ns(0, latency);
    world_.schedule(effect_at_ns, SimEvent::kJob, this, static_cast<uint64_t>(call->lane),
                    [this, call, done_at_ns] { run_job(call, done_at_ns); });
  }
}

void SimRuntime::run_job(PoolCall* call, int64_t done_at_ns) {
  // A dead process's job runs too, since its caller waits for what it captured; its files are cut.
  call->job();
  call->job = nullptr;
  world_.schedule(done_at_ns, SimEvent::kJobDone, this, files_->trace_hash(), [this, call] { finish_job(call); });
}

void SimRuntime::finish_job(PoolCall* call) {
  --jobs_running_;
  --running_[static_cast<int>(call->lane)];
  auto waiter = call->waiter;
  start_jobs();
  waiter.resume();
}

Task<Result<std::unique_ptr<Stream>>> SimRuntime::connect(Address address) {
  return world_.network().connect(*this, std::move(address));
}

Result<std::unique_ptr<Listener>> SimRuntime::listen(const Address& address, const ListenOptions& options) {
  if (!alive_) return Errc::kCancelled;
  return world_.network().listen(*this, address, options);
}

void SimRuntime::cut(bool silent) {
  if (!alive_) return;
  alive_ = false;
  world_.record(SimEvent::kKill, id_, silent);
  files_->cut_view();
  world_.network().leave(*this, silent);
}

void SimRuntime::crash() {
  cut(false);
}

void SimRuntime::pause_for_ms(int64_t ms) {
  paused_until_ns_ = world_.now_ns() + ms * 1'000'000;
}

void SimRuntime::set_disk_latency_ns(int64_t min_ns, int64_t max_ns) {
  disk_latency_min_ns_ = min_ns;
  disk_latency_max_ns_ = max_ns;
}

}  // namespace sl::aio
