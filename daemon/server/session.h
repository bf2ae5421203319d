// Session: one connection. It reads frames, lets their handlers run side by side and sends the answers in the order of
// the requests, as the protocol demands. Back-pressure: it stops reading while too many requests or bytes are
// unanswered, and a fetch, whose answer may be large, begins only when all but one of those before it have been sent.
// So a peer that never reads its answers holds what its limits allow and no more.
#pragma once
#include <deque>
#include <memory>

#include "aio/event.h"
#include "aio/runtime.h"
#include "server/dispatch.h"
#include "server/frame_reader.h"

namespace sl::server {

class Session {
 public:
  Session(Broker& broker, std::unique_ptr<aio::Stream> stream, SessionView view);
  // Serves until the peer hangs up, breaks a rule or shut_down() is called, and all its requests have ended.
  aio::Task<void> run();
  // From outside: no more requests are taken; those that wait for something answer with what there is; when the last
  // answer has left, the connection closes and run() returns.
  void shut_down();
  // Closes it if nothing was asked for so long, or if a frame that was begun is not whole after kFrameMsMax.
  void close_if_idle(int64_t now_ms, int64_t idle_ms_max);

 private:
  // A request whose answer has its place in the queue, ready or not.
  struct Slot {
    bool ready = false;
    Answer answer;
  };
  aio::Task<void> handle(Slice frame, uint64_t ticket);
  void settle(uint64_t ticket, Answer answer);
  aio::Task<void> send_ready();
  bool may_read() const;
  bool may_fetch(uint64_t ticket) const;
  void leave();
  void close(std::string_view why);

  Broker& broker_;
  std::unique_ptr<aio::Stream> stream_;
  SessionView view_;
  FrameReader reader_;
  std::deque<Slot> slots_;
  uint64_t first_ticket_ = 0;  // of slots_.front()
  size_t bytes_unanswered_ = 0;
  size_t answer_bytes_ = 0;       // of answers that have not left
  std::deque<uint64_t> fetches_;  // whose answers have not left, oldest first
  int64_t last_frame_ms_ = 0;
  bool sending_ = false;
  bool closed_ = false;
  aio::Event room_;
  aio::TaskGroup tasks_;
};

}  // namespace sl::server
