// What Cluster keeps for one address. Internal to it.
#pragma once
#include "client/cluster.h"

namespace sl::client {

struct Cluster::Peer {
  Peer(aio::Runtime& runtime, aio::Address a) : address(std::move(a)), changed(runtime), pause(runtime.timers()) {}
  ConnectionPtr usable() const { return connection && connection->usable() ? connection : nullptr; }

  aio::Address address;
  ConnectionPtr connection;  // the last one that was made, maybe closed by now
  ConnectionPtr opening;
  bool attempting = false;
  uint64_t attempts = 0;  // that have ended
  int failures = 0;       // in a row
  int64_t not_before_ns = 0;
  Error last_error;
  aio::Event changed;
  aio::Timer pause;
};

// One question about a topic that several callers wait for.
struct Cluster::Refresh {
  explicit Refresh(aio::Runtime& runtime) : done(runtime) {}
  bool finished = false;
  Result<TopicPtr> result = Errc::kCancelled;
  aio::Event done;
};

}  // namespace sl::client
