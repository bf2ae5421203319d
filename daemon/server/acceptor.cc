#include "server/acceptor.h"

#include <fmt/core.h>

#include "server/broker.h"

namespace sl::server {
namespace {

// After an error of accept() that may pass (no descriptors left) the next try waits so long.
constexpr int64_t kRetryMs = 50;
constexpr int64_t kSweepMs = 5'000;
constexpr int64_t kStopSweepMs = 1'000;

SessionView view_of(const aio::Stream& stream, const std::string& listener) {
  SessionView view;
  view.listener = listener;
  view.peer = stream.peer_name();
  if (auto identity = stream.peer_identity()) {
    view.is_unix = true;
    view.principal.name = fmt::format("uid:{}", identity->uid);
    view.peer = fmt::format("unix uid={} pid={}", identity->uid, identity->pid);
  }
  return view;
}

}  // namespace

Acceptor::Acceptor(Broker& broker, std::unique_ptr<aio::Listener> listener, std::string name, AcceptorLimits limits)
    : broker_(broker),
      listener_(std::move(listener)),
      name_(std::move(name)),
      limits_(limits),
      room_(broker.runtime()),
      sweeper_(broker.runtime().timers()) {}

aio::Task<void> Acceptor::run() {
  tasks_.spawn(sweep());
  while (!stopping_) {
    while (sessions_.size() >= limits_.sessions_max && !stopping_) co_await room_.wait();
    if (stopping_) break;
    auto stream = co_await listener_->accept();
    if (stream) {
      tasks_.spawn(serve(*std::move(stream)));
      continue;
    }
    if (stopping_ || stream.code() == Errc::kCancelled) break;
    broker_.logger().warn("{}", stream.error().context);
    aio::Timer pause(broker_.runtime().timers());
    co_await pause.wait_ms(kRetryMs);
  }
  co_await tasks_.drained();
}

aio::Task<void> Acceptor::serve(std::unique_ptr<aio::Stream> stream) {
  SessionView view = view_of(*stream, name_);
  auto session = std::make_unique<Session>(broker_, std::move(stream), std::move(view));
  auto place = sessions_.insert(sessions_.end(), session.get());
  if (stopping_) session->shut_down();
  co_await session->run();
  sessions_.erase(place);
  room_.notify();
  if (stopping_ && sessions_.empty()) sweeper_.cut();
}

// Idle sessions, and peers that began a frame and never end it or that do not take their answers; after a stop only
// these last, until no session is left. One that is accepted after that owes nothing and closes by itself.
aio::Task<void> Acceptor::sweep() {
  while (!stopping_) {
    co_await sweeper_.wait_ms(kSweepMs);
    int64_t now_ms = broker_.runtime().mono_ms();
    if (stopping_) break;
    for (Session* session : std::list<Session*>(sessions_)) session->close_if_idle(now_ms, limits_.idle_ms_max);
  }
  while (!sessions_.empty()) {
    co_await sweeper_.wait_ms(kStopSweepMs);
    int64_t now_ms = broker_.runtime().mono_ms();
    for (Session* session : std::list<Session*>(sessions_)) session->close_if_unread(now_ms);
  }
}

void Acceptor::stop() {
  stopping_ = true;
  listener_->close();
  room_.notify();
  for (Session* session : std::list<Session*>(sessions_)) session->shut_down();
  sweeper_.cut();
}

}  // namespace sl::server
