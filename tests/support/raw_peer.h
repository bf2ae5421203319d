// RawPeer: a client without manners, for tests of the server: it sends any bytes at any time, reads when it is told to
// and remembers every frame that came. Calls return at once; the world is run by the test.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "aio/event.h"
#include "aio/runtime.h"
#include "aio/sim_world.h"
#include "tests/support/sim_broker.h"
#include "wire/frame.h"

namespace sl::support {

class RawPeer {
 public:
  // Connected. With `reading` false nothing is read before read_on().
  explicit RawPeer(SimBroker& server, bool reading = true);
  // Closes, and runs the world until its tasks are over.
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;

  // Queues bytes behind those that were queued before.
  void send(std::string bytes);
  template <wire::Request M>
  void ask(int32_t correlation_id, const M& request, int16_t version) {
    send(wire::encode_request(correlation_id, "raw", request, version).joined());
  }
  void read_on();
  void close();

  // Frames that came, without their sizes.
  const std::deque<std::string>& frames() const { return frames_; }
  // Bytes that came after the last whole frame.
  size_t left_over() const { return inbox_.size(); }
  // The server hung up.
  bool hung_up() const { return ended_; }
  size_t unsent() const;

  // Runs the world until so many frames came or the server hung up; whether they came.
  bool wait_frames(size_t count, int64_t limit_ms = 60'000);
  // The same, until it hung up.
  bool wait_hang_up(int64_t limit_ms = 60'000);
  // Asks, waits for the answer as the only one outstanding, and decodes it; kConnectionClosed where there is none.
  template <wire::Request M>
  Result<typename M::Response> call(const M& request, int16_t version) {
    size_t before = frames_.size();
    ask(++last_id_, request, version);
    if (!wait_frames(before + 1)) return Errc::kConnectionClosed;
    Buffer frame = Buffer::copy_of(as_bytes(frames_.back()));
    return wire::decode_response<typename M::Response>(frame.bytes(), version, frame);
  }

 private:
  aio::Task<void> connect(aio::Address address);
  aio::Task<void> read_all();
  aio::Task<void> write_all();
  void cut_frames();

  SimBroker& server_;
  aio::Runtime& runtime_;
  std::unique_ptr<aio::Stream> stream_;
  std::string inbox_;
  std::deque<std::string> frames_;
  std::deque<std::string> outbox_;
  bool reading_;
  bool writing_ = false;
  bool ended_ = false;
  bool closed_ = false;
  int32_t last_id_ = 1'000'000;
  aio::Event go_on_;
  aio::TaskGroup tasks_;
};

}  // namespace sl::support
