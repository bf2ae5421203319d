// Session: one connection. It reads frames, lets their handlers run side by side and sends the answers in the order of
// the requests, as the protocol demands. Back-pressure: it stops reading while too many requests or bytes are
// unanswered, and a fetch, whose answer may be large, begins only when all but one of those before it have been sent.
// So a peer that never reads its answers holds what its limits allow and no more.
//
// Requests of all sessions share one budget of memory, save for a little of each session that is always free: small
// requests wait for nothing. A larger one gets the memory for the whole frame before any of it is read, in the order of
// asking. Nobody waits for memory in a circle: what a session holds while it waits belongs to frames that it has read,
// and those are answered without another frame; and one that is being read has all it needs, and only so much time.
#pragma once
#include <deque>
#include <memory>

#include "aio/event.h"
#include "aio/runtime.h"
#include "server/dispatch.h"
#include "server/frame_reader.h"
#include "server/permits.h"

namespace sl::server {

class Session {
 public:
  Session(Broker& broker, std::unique_ptr<aio::Stream> stream, SessionView view);
  // Serves until the peer hangs up, breaks a rule or shut_down() is called, and all its requests have ended.
  aio::Task<void> run();
  // From outside: no more requests are taken; those that wait for something answer with what there is; when the last
  // answer has left, the connection closes and run() returns. A peer that does not take its answers would hold that up
  // for ever: see close_if_unread().
  void shut_down();
  // After shut_down(), now and then: closes it if it is sending and was so for kStopGraceMs.
  void close_if_unread(int64_t now_ms);
  // Now and then: closes it if for so long nothing was asked or no part of an answer could leave; or if a frame was
  // begun and nothing of it came for kFrameStillMsMax, or it is not whole after kFrameMsMax. While others wait for
  // memory, whoever holds some has less time: kMemoryMsMax.
  void close_if_idle(int64_t now_ms, int64_t idle_ms_max);

 private:
  // A request whose answer has its place in the queue, ready or not.
  struct Slot {
    bool ready = false;
    Answer answer;
  };
  // How long a count has not moved, as the sweeps see it: what moves pays nothing for being watched.
  struct Watch {
    uint64_t seen = 0;
    int64_t since_ms = 0;
    // `waiting`: whether the peer has to move it.
    int64_t still_ms(uint64_t count, bool waiting, int64_t now_ms) {
      if (count != seen || !waiting) since_ms = now_ms;
      seen = count;
      return now_ms - since_ms;
    }
  };
  aio::Task<Result<Slice>> read_frame(Permits::Share& memory);
  aio::Task<Permits::Share> take_memory(size_t bytes);
  aio::Task<void> handle(Slice frame, Permits::Share memory, uint64_t ticket);
  void settle(uint64_t ticket, Answer answer);
  aio::Task<void> send_ready();
  bool may_read() const;
  bool may_fetch(uint64_t ticket) const;
  void leave();
  void close(std::string_view why);

  Broker& broker_;
  std::unique_ptr<aio::Stream> stream_;
  SessionView view_;
  Permits appends_;
  FrameReader reader_;
  std::deque<Slot> slots_;
  uint64_t first_ticket_ = 0;  // of slots_.front()
  size_t bytes_unanswered_ = 0;
  size_t answer_bytes_ = 0;       // of answers that have not left
  std::deque<uint64_t> fetches_;  // whose answers have not left, oldest first
  // Answers that are being sent are in no slot any more.
  bool sending_ = false;
  int64_t sending_since_ms_ = 0;
  int64_t shut_down_ms_ = 0;
  uint64_t writes_ = 0;
  bool reading_ = false;
  Permits::Ask* asking_ = nullptr;  // for the memory of the next frame
  size_t shares_ = 0;               // of the memory, of frames that are read or not answered
  bool closed_ = false;
  Watch asked_, arriving_, frames_, leaving_;
  aio::Event room_;
  aio::TaskGroup tasks_;
};

}  // namespace sl::server
