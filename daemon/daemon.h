// Daemon: builds streamlogd from its parts, in order, runs it, and takes it down in the opposite order:
//
//   data directory (lock, format, index) → quorum (vote, replay) → replicas (recovery) → registration → listeners
//
// It knows no libuv: a simulated cluster runs this same class. Failures of the disk's sync end it with kSyncFailed.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "aio/event.h"
#include "aio/runtime.h"
#include "config.h"
#include "kv/store.h"

namespace sl::daemon {

struct DaemonSeams {
  aio::Runtime& runtime;
  Logger& logger;
  kv::Opener& index_opener;
};

class Daemon {
 public:
  Daemon(DaemonSeams seams, Config config);
  ~Daemon();
  Daemon(const Daemon&) = delete;

  // Runs until stop() or a fatal error. `ready` is called once, when every listener accepts.
  aio::Task<Status> run(std::function<void()> ready);
  // Drains and stops cleanly. May be called before run() has become ready.
  void stop();
  // The listeners as they are bound (a port of 0 has become one); for the ready line.
  const std::vector<ListenerConfig>& listeners() const;

 private:
  struct Parts;
  aio::Task<Status> start();
  aio::Task<Status> open_listeners();
  aio::Task<void> wind_down(bool cleanly);
  void fail(Error error);

  DaemonSeams seams_;
  Config config_;
  std::unique_ptr<Parts> parts_;
  aio::Event ended_;
  bool stopping_ = false;
  std::optional<Error> failure_;
  Status refused_;  // an address that cannot be had: nothing is wrong with the logs, and the end is a clean one
};

}  // namespace sl::daemon
