// SimNetwork: the connections of a simulated world. Bytes arrive after a latency, in order, in pieces from one byte to
// all; a direction holds a bounded window of them, and then its writer waits. A unix path belongs to its node; HOST is
// a node's name, and "localhost", "127.0.0.1" and "::1" are the caller's own node.
//
// What is hard is the half-open connection: a machine that lost power, or lies behind a cut, is silent, not closed. Its
// peer learns of it only when bytes it sends reach a machine that no longer knows the connection, or never.
#pragma once
#include <coroutine>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "aio/runtime.h"
#include "aio/sim_world.h"

namespace sl::aio {

struct SimLink;
class SimListener;

class SimNetwork {
 public:
  explicit SimNetwork(SimWorld& world);
  ~SimNetwork();

  // Loses everything sent from one node to another until it is healed; TCP sends it again then.
  void cut_one_way(const SimNode& from, const SimNode& to);
  void cut(const SimNode& a, const SimNode& b);
  // Cuts a node off from all others.
  void isolate(const SimNode& node);
  void heal(const SimNode& a, const SimNode& b);
  void heal_all();
  bool reaches(const SimNode& from, const SimNode& to) const;
  // Resets every connection between the two (or within one node), or all there are.
  void reset(const SimNode& a, const SimNode& b);
  void reset_all();
  // While on, connects to the node are refused.
  void refuse(const SimNode& node, bool on);
  size_t connections() const;

  // For SimRuntime and the streams.
  Task<Result<std::unique_ptr<Stream>>> connect(SimRuntime& from, Address address);
  Result<std::unique_ptr<Listener>> listen(SimRuntime& by, const Address& address, const ListenOptions& options);
  // The process dies: its ends are cancelled; the other ends see resets, or nothing.
  void leave(SimRuntime& process, bool silent);
  // The node answers again: what was sent to it meanwhile arrives.
  void power_on(const SimNode& node);
  SimWorld& world() { return world_; }

 private:
  friend class SimStream;
  friend class SimListener;
  struct Delay;
  // A unix path, or a port with its bound host, on one node.
  using Key = std::pair<uint32_t, std::string>;
  enum class Answer { kAccepted, kRefused, kSilence };

  SimNode* resolve(SimRuntime& from, const std::string& host);
  SimListener* listener_for(SimRuntime& from, const SimNode& to, const Address& address);
  Answer try_connect(SimRuntime& from, const Address& address, std::unique_ptr<Stream>& stream);
  int64_t latency_ns(const SimLink& link);
  SimLink* find(uint64_t id);
  void schedule_delivery(SimLink& link, int from_end);
  void deliver(uint64_t direction);
  void open_window(SimLink& link, int from_end);
  void schedule_reset(SimLink& link, int end);
  void reset_end(SimLink& link, int end);
  void close_end(SimLink& link, int end);
  void release_end(SimLink& link, int end);
  void kick_stalled();

  SimWorld& world_;
  std::map<uint64_t, std::unique_ptr<SimLink>> links_;
  uint64_t last_link_ = 0;
  std::map<Key, SimListener*> listeners_;
  std::map<uint32_t, uint16_t> last_port_;
  std::set<std::pair<uint32_t, uint32_t>> cuts_;
  std::set<uint32_t> refusing_;
  std::map<uint64_t, Delay*> delays_;
  uint64_t last_delay_ = 0;
};

}  // namespace sl::aio
