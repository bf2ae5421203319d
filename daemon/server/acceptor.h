// Acceptor: one listener and the sessions that came through it. It stops accepting while its cap is reached, so the
// rest waits in the kernel's queue instead of in our memory.
#pragma once
#include <list>
#include <memory>
#include <string>

#include "aio/event.h"
#include "aio/runtime.h"
#include "server/session.h"

namespace sl::server {

struct AcceptorLimits {
  size_t sessions_max = 10'000;
  int64_t idle_ms_max = 600'000;  // a session that asks nothing, or takes no answer, for so long is closed
};

class Acceptor {
 public:
  Acceptor(Broker& broker, std::unique_ptr<aio::Listener> listener, std::string name, AcceptorLimits limits);
  // Accepts until stop(); returns when the last session has ended.
  aio::Task<void> run();
  // No more connections; those that are open end, those whose peers do not take their answers a few seconds later.
  void stop();
  size_t sessions() const { return sessions_.size(); }

 private:
  aio::Task<void> serve(std::unique_ptr<aio::Stream> stream);
  aio::Task<void> sweep();
  Broker& broker_;
  std::unique_ptr<aio::Listener> listener_;
  std::string name_;
  AcceptorLimits limits_;
  std::list<Session*> sessions_;
  bool stopping_ = false;
  aio::Event room_;
  aio::Timer sweeper_;
  aio::TaskGroup tasks_;
};

}  // namespace sl::server
