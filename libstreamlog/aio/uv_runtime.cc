#include "aio/uv_runtime.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include <atomic>
#include <map>
#include <mutex>

#include "aio/pool.h"
#include "aio/uv_poller.h"
#include "aio/uv_process.h"
#include "aio/uv_stream.h"

namespace sl::aio {
namespace {

// Where libuv does not get the pipe that all loops of a process share, it aborts. A loop needs six descriptors, so this
// refuses none that would have come about.
bool pipes_can_be_made() {
  int first[2], second[2];
  if (::pipe2(first, O_CLOEXEC) != 0) return false;
  bool both = ::pipe2(second, O_CLOEXEC) == 0;
  for (int fd : {first[0], first[1]}) ::close(fd);
  if (both) {
    for (int fd : {second[0], second[1]}) ::close(fd);
  }
  return both;
}

class UvRuntimeLoop final : public UvRuntime {
 public:
  // `loop` is initialised, so that it has the descriptors which the handles below need.
  UvRuntimeLoop(std::unique_ptr<uv_loop_t> loop, Options options)
      : files_(options.files ? *options.files : system_files()),
        random_(system_random()),
        timers_(system_clock()),
        pool_(std::make_unique<ThreadPool>(options.pool_threads)),
        loop_(std::move(loop)) {
    uv_async_init(loop_.get(), &wake_, [](uv_async_t* a) { static_cast<UvRuntimeLoop*>(a->data)->take_finished(); });
    uv_timer_init(loop_.get(), &timer_);
    uv_check_init(loop_.get(), &check_);
    uv_prepare_init(loop_.get(), &prepare_);
    uv_idle_init(loop_.get(), &idle_);
    for (uv_handle_t* handle : own_handles()) handle->data = this;
    uv_check_start(&check_, [](uv_check_t* c) { static_cast<UvRuntimeLoop*>(c->data)->turn(); });
    uv_prepare_start(&prepare_, [](uv_prepare_t* p) { static_cast<UvRuntimeLoop*>(p->data)->turn(); });
  }

  ~UvRuntimeLoop() override {
    pool_.reset();
    fds_.clear();
    for (auto& signal : signals_) uv_close(reinterpret_cast<uv_handle_t*>(&signal->handle), nullptr);
    for (uv_handle_t* handle : own_handles()) uv_close(handle, nullptr);
    uv_run(loop_.get(), UV_RUN_DEFAULT);
    [[maybe_unused]] int rc = uv_loop_close(loop_.get());
    assert(rc == 0);
  }

  const Clock& clock() const override { return system_clock(); }
  Random& random() override { return *random_; }
  FileSystem& files() override { return files_; }
  TimerQueue& timers() override { return timers_; }

  Task<void> run_in_pool(Lane lane, std::function<void()> job) override {
    PoolCall call{*this, lane, std::move(job)};
    co_await call;
  }

  void post(std::coroutine_handle<> task) override { ready_.push_back(task); }

  Task<Result<std::unique_ptr<Stream>>> connect(Address address) override {
    return connect_socket(context(), std::move(address));
  }
  Result<std::unique_ptr<Listener>> listen(const Address& address, const ListenOptions& options) override {
    return make_socket_listener(context(), address, options);
  }

  void run(Task<void> main) override {
    TaskGroup group;
    group.spawn(std::move(main));
    while (group.live() > 0) uv_run(loop_.get(), UV_RUN_ONCE);
  }

  void on_stop_signal(std::function<void(int)> action) override {
    stop_action_ = std::move(action);
    for (int number : {SIGINT, SIGTERM, SIGHUP}) {
      // nohup, or a shell that runs a job in the background: what was ignored stays so.
      struct sigaction now;
      if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) continue;
      signals_.push_back(std::make_unique<SignalHandle>());
      auto& handle = signals_.back()->handle;
      uv_signal_init(loop_.get(), &handle);
      handle.data = this;
      uv_signal_start(
          &handle, [](uv_signal_t* s, int n) { static_cast<UvRuntimeLoop*>(s->data)->stop_action_(n); }, number);
    }
  }

  Task<Status> fd_ready(int fd, bool writable) override {
    auto& poller = fds_[fd];
    if (!poller) poller = std::make_unique<Poller>(loop_.get(), fd);
    if (!poller->valid()) co_return Status();  // A regular file: always ready.
    Poller* waited = poller.get();
    uv_poll_event direction = writable ? UV_WRITABLE : UV_READABLE;
    co_await waited->ready(direction);
    if (waited->closed()) co_return Errc::kCancelled;
    co_return Status();
  }

  void cancel_fd(int fd) override {
    auto& poller = fds_[fd];
    if (!poller) poller = std::make_unique<Poller>(loop_.get(), fd);
    auto [reader, writer] = poller->close();
    if (reader) post(reader);
    if (writer) post(writer);
  }

  void forget_fd(int fd) override { fds_.erase(fd); }

  Task<Result<ProcessEnd>> run_process(ProcessCall call) override {
    return run_child(context(), *this, std::move(call));
  }

 private:
  struct SignalHandle {
    uv_signal_t handle;
  };
  // One job on its way through the pool; lives in the awaiting frame.
  struct PoolCall {
    UvRuntimeLoop& runtime;
    Lane lane;
    std::function<void()> job;
    std::coroutine_handle<> waiter{};
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      waiter = h;
      runtime.pool_->submit(lane, [this] {
        job();
        runtime.finished(waiter);
      });
    }
    void await_resume() noexcept {}
  };

  UvContext context() { return UvContext{loop_.get(), this}; }
  std::array<uv_handle_t*, 5> own_handles() {
    return {reinterpret_cast<uv_handle_t*>(&wake_), reinterpret_cast<uv_handle_t*>(&timer_),
            reinterpret_cast<uv_handle_t*>(&check_), reinterpret_cast<uv_handle_t*>(&prepare_),
            reinterpret_cast<uv_handle_t*>(&idle_)};
  }

  // Called on a pool thread. The lock orders the queue against uv_async_send's coalescing.
  void finished(std::coroutine_handle<> waiter) {
    bool first;
    {
      std::lock_guard lock(finished_mutex_);
      first = finished_.empty();
      finished_.push_back(waiter);
    }
    if (first) uv_async_send(&wake_);
  }

  void take_finished() {
    std::vector<std::coroutine_handle<>> done;
    {
      std::lock_guard lock(finished_mutex_);
      done.swap(finished_);
    }
    for (auto waiter : done) waiter.resume();
    turn();
  }

  // Runs what is ready and due, then sets the loop's one timer for what is next. Bounded, so that sockets get their
  // turn between rounds.
  void turn() {
    timers_.fire_due(clock().mono_ns());
    for (int round = 0; round < 16 && !ready_.empty(); ++round) {
      running_.swap(ready_);
      for (auto task : running_) task.resume();
      running_.clear();
    }
    int64_t due = timers_.next_due_ns();
    // A timer of no time at all would be run again and again in libuv's one phase of timers (before 1.45), and sockets
    // and signals never be looked at. So what is due already waits for the next turn, as what is ready does.
    bool due_now = due >= 0 && due <= clock().mono_ns();
    if (!ready_.empty() || due_now)
      uv_idle_start(&idle_, [](uv_idle_t*) {});  // Do not sleep: there is more to run.
    else
      uv_idle_stop(&idle_);
    if (due_now) due = -1;
    if (due == armed_for_) return;
    armed_for_ = due;
    if (due < 0) {
      uv_timer_stop(&timer_);
      return;
    }
    int64_t wait_ns = std::max<int64_t>(0, due - clock().mono_ns());
    uv_update_time(loop_.get());
    uv_timer_start(
        &timer_,
        [](uv_timer_t* t) {
          auto* self = static_cast<UvRuntimeLoop*>(t->data);
          self->armed_for_ = -1;
          self->turn();
        },
        static_cast<uint64_t>((wait_ns + 999'999) / 1'000'000), 0);
  }

  FileSystem& files_;
  std::unique_ptr<Random> random_;
  TimerQueue timers_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<uv_loop_t> loop_;
  uv_async_t wake_;
  uv_timer_t timer_;
  uv_check_t check_;
  uv_prepare_t prepare_;
  uv_idle_t idle_;
  int64_t armed_for_ = -1;
  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> running_;
  std::mutex finished_mutex_;
  std::vector<std::coroutine_handle<>> finished_;
  std::vector<std::unique_ptr<SignalHandle>> signals_;
  std::function<void(int)> stop_action_;
  std::map<int, std::unique_ptr<Poller>> fds_;
};

}  // namespace

Result<std::unique_ptr<UvRuntime>> UvRuntime::make(Options options) {
  auto loop = std::make_unique<uv_loop_t>();
  int failed = pipes_can_be_made() ? uv_loop_init(loop.get()) : UV_EMFILE;
  if (failed) return Error{Errc::kIo, fmt::format("cannot make an event loop: {} (ulimit -n)", uv_strerror(failed))};
  return std::unique_ptr<UvRuntime>(std::make_unique<UvRuntimeLoop>(std::move(loop), options));
}

}  // namespace sl::aio
