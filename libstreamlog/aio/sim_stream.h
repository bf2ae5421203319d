// The inside of a simulated connection: its two directions, its two ends, and the streams and listeners that stand on
// them. Internal to the simulated network.
//
// A link lives until both of its streams are gone; what one end has sent still reaches the other after it closed.
#pragma once
#include <algorithm>
#include <deque>
#include <vector>

#include "aio/sim_network.h"
#include "aio/sim_runtime.h"

namespace sl::aio {

// The bytes of one direction: those that have arrived come first, then those on their way.
struct SimPipe {
  std::vector<uint8_t> bytes;
  size_t head = 0;
  size_t arrived = 0;
  size_t window = 0;
  bool fin = false;  // the sender will write no more
  bool fin_arrived = false;
  bool scheduled = false;  // a delivery stands in the queue
  bool stalled = false;    // what was sent got lost; it is sent again when the way is free

  size_t held() const { return bytes.size() - head; }
  size_t on_the_way() const { return held() - arrived; }
  void put(Bytes more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
  size_t take(MutableBytes into) {
    size_t n = std::min(into.size(), arrived);
    std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(head), n, into.begin());
    head += n;
    arrived -= n;
    if (head > bytes.size() / 2) {
      bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(head));
      head = 0;
    }
    return n;
  }
  void clear() {
    bytes.clear();
    head = arrived = 0;
  }
};

struct SimEnd {
  SimRuntime* process = nullptr;
  std::string peer_name;
  bool closed = false;  // by its owner, or its process is dead
  bool reset = false;
  bool released = false;  // its stream is gone
  std::coroutine_handle<> reader{};
  std::coroutine_handle<> writer{};

  void wake_reader() {
    if (reader) process->post(std::exchange(reader, {}));
  }
  void wake_writer() {
    if (writer) process->post(std::exchange(writer, {}));
  }
};

// A connection. Direction i goes from end i to the other.
struct SimLink {
  uint64_t id = 0;
  bool is_unix = false;
  SimEnd ends[2];
  SimPipe pipes[2];
};

class SimStream final : public Stream {
 public:
  SimStream(SimNetwork& network, SimLink& link, int end) : network_(network), link_(link), end_(end) {}
  ~SimStream() override { network_.release_end(link_, end_); }
  Task<Result<size_t>> read(MutableBytes into) override;
  Result<size_t> try_read(MutableBytes into) override;
  Task<Status> write(std::span<const Bytes> pieces) override;
  void close() override { network_.close_end(link_, end_); }
  std::string peer_name() const override { return link_.ends[end_].peer_name; }
  std::optional<PeerIdentity> peer_identity() const override;

 private:
  SimEnd& self() { return link_.ends[end_]; }
  SimNetwork& network_;
  SimLink& link_;
  int end_;
};

class SimListener final : public Listener {
 public:
  SimListener(SimNetwork& network, SimRuntime& by, SimNetwork::Key key, Address address, int backlog)
      : network_(network), process_(by), key_(std::move(key)), address_(std::move(address)), backlog_(backlog) {
    network_.listeners_[key_] = this;
  }
  ~SimListener() override { close(); }
  Task<Result<std::unique_ptr<Stream>>> accept() override;
  void close() override;
  Address address() const override { return address_; }

  SimRuntime& process() { return process_; }
  bool full() const { return waiting_.size() >= static_cast<size_t>(backlog_); }
  void offer(std::unique_ptr<Stream> stream);

 private:
  SimNetwork& network_;
  SimRuntime& process_;
  SimNetwork::Key key_;
  Address address_;
  int backlog_;
  bool closed_ = false;
  std::deque<std::unique_ptr<Stream>> waiting_;
  std::coroutine_handle<> acceptor_{};
};

}  // namespace sl::aio
