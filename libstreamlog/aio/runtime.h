// Runtime: everything a shard gets from outside itself: time, timers, the pool, connections, files and chance. Two
// implementations: libuv (uv_runtime.h) and the simulated one (sim_world.h), which runs a whole cluster in one
// process, in virtual time, from one seed. One Runtime belongs to one thread; only run_in_pool's job leaves it.
#pragma once
#include <coroutine>
#include <functional>
#include <memory>
#include <string>

#include "aio/stream.h"
#include "aio/task.h"
#include "aio/timer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"

namespace sl::aio {

// Pool work is queued by lane. Only appends take the last thread.
enum class Lane { kAppend, kRead, kBackground };

class Runtime {
 public:
  virtual ~Runtime() = default;

  virtual const Clock& clock() const = 0;
  virtual Random& random() = 0;
  virtual FileSystem& files() = 0;
  virtual TimerQueue& timers() = 0;

  // Runs `job` on a pool thread and resumes here when it is done. The job must touch only what it captured.
  // Name the std::function on a line of its own before the co_await (g++ 12, see ARCHITECTURE.md).
  virtual Task<void> run_in_pool(Lane lane, std::function<void()> job) = 0;

  // Resumes the coroutine from the loop, after the current event. The way to wake another task.
  virtual void post(std::coroutine_handle<> task) = 0;

  // kUnreachable where nothing listens; how long to wait is the caller's matter.
  virtual Task<Result<std::unique_ptr<Stream>>> connect(Address address) = 0;
  // kUnreachable, kLocked (a live unix socket), kUsage (a path too long), kPermissionDenied.
  virtual Result<std::unique_ptr<Listener>> listen(const Address& address, const ListenOptions& options) = 0;

  int64_t mono_ns() const { return clock().mono_ns(); }
  int64_t mono_ms() const { return clock().mono_ms(); }
  int64_t wall_ms() const { return clock().wall_ms(); }
};

}  // namespace sl::aio
