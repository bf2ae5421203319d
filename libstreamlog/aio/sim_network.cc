#include <fmt/core.h>

#include <vector>

#include "aio/sim_stream.h"
#include "base/crc32c.h"

namespace sl::aio {
namespace {

// How often a connect asks a silent host, and how long it waits first (doubling), as Linux does.
constexpr int kConnectAttempts = 7;
constexpr int64_t kConnectRetryNs = 1'000'000'000;
constexpr size_t kUnixPathBytesMax = 107;
constexpr uint16_t kFirstEphemeralPort = 40000;

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

}  // namespace

// A wait within connect, which the process's end cuts short.
struct SimNetwork::Delay {
  SimNetwork& network;
  SimRuntime& process;
  int64_t wait_ns;
  std::coroutine_handle<> waiter{};
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    waiter = h;
    uint64_t id = ++network.last_delay_;
    network.delays_[id] = this;
    SimNetwork* all = &network;
    SimWorld& world = network.world_;
    world.schedule(world.now_ns() + wait_ns, SimEvent::kConnect, nullptr, process.id(), [all, id] {
      auto found = all->delays_.find(id);
      if (found == all->delays_.end()) return;
      Delay* delay = found->second;
      all->delays_.erase(found);
      delay->process.post(delay->waiter);
    });
  }
  void await_resume() noexcept {}
};

SimNetwork::SimNetwork(SimWorld& world) : world_(world) {}
SimNetwork::~SimNetwork() = default;

// ---- faults

void SimNetwork::cut_one_way(const SimNode& from, const SimNode& to) {
  cuts_.insert({from.id(), to.id()});
}

void SimNetwork::cut(const SimNode& a, const SimNode& b) {
  cut_one_way(a, b);
  cut_one_way(b, a);
}

void SimNetwork::isolate(const SimNode& node) {
  for (const auto& other : world_.nodes())
    if (other->id() != node.id()) cut(node, *other);
}

void SimNetwork::heal(const SimNode& a, const SimNode& b) {
  cuts_.erase({a.id(), b.id()});
  cuts_.erase({b.id(), a.id()});
  kick_stalled();
}

void SimNetwork::heal_all() {
  cuts_.clear();
  kick_stalled();
}

bool SimNetwork::reaches(const SimNode& from, const SimNode& to) const {
  return !cuts_.contains({from.id(), to.id()});
}

void SimNetwork::reset(const SimNode& a, const SimNode& b) {
  for (auto& [id, link] : links_) {
    uint32_t first = link->ends[0].process->node().id(), second = link->ends[1].process->node().id();
    if ((first != a.id() || second != b.id()) && (first != b.id() || second != a.id())) continue;
    reset_end(*link, 0);
    reset_end(*link, 1);
  }
}

void SimNetwork::reset_all() {
  for (auto& [id, link] : links_) {
    reset_end(*link, 0);
    reset_end(*link, 1);
  }
}

void SimNetwork::refuse(const SimNode& node, bool on) {
  if (on)
    refusing_.insert(node.id());
  else
    refusing_.erase(node.id());
}

size_t SimNetwork::connections() const {
  return links_.size();
}

// ---- connecting

Task<Result<std::unique_ptr<Stream>>> SimNetwork::connect(SimRuntime& from, Address address) {
  std::string target = address.text();
  bool is_local = address.is_unix() || resolve(from, address.host) == &from.node();
  const SimOptions& options = world_.options();
  int64_t retry_ns = kConnectRetryNs;
  for (int attempt = 0; attempt < kConnectAttempts; ++attempt) {
    if (!from.alive()) co_return Errc::kCancelled;
    int64_t latency = is_local ? world_.draw_ns(options.local_latency_min_ns, options.local_latency_max_ns)
                               : world_.draw_ns(options.network_latency_min_ns, options.network_latency_max_ns);
    Delay there{*this, from, latency};
    co_await there;
    if (!from.alive()) co_return Errc::kCancelled;
    std::unique_ptr<Stream> stream;
    Answer answer = try_connect(from, address, stream);
    Delay back{*this, from, answer == Answer::kSilence ? retry_ns : latency};
    co_await back;
    if (!from.alive()) co_return Errc::kCancelled;
    if (answer == Answer::kAccepted) co_return Result<std::unique_ptr<Stream>>(std::move(stream));
    if (answer == Answer::kRefused) break;
    retry_ns *= 2;
  }
  co_return Error{Errc::kUnreachable, fmt::format("cannot connect to {}", target)};
}

SimNode* SimNetwork::resolve(SimRuntime& from, const std::string& host) {
  if (is_loopback(host)) return &from.node();
  for (const auto& node : world_.nodes())
    if (node->name() == host) return node.get();
  return nullptr;
}

SimListener* SimNetwork::listener_for(SimRuntime& from, const SimNode& to, const Address& address) {
  auto found = listeners_.find(Key{to.id(), address.is_unix() ? address.text() : fmt::format(":{}", address.port)});
  if (found == listeners_.end()) return nullptr;
  bool only_local = !address.is_unix() && is_loopback(found->second->address().host);
  return only_local && &from.node() != &to ? nullptr : found->second;
}

SimNetwork::Answer SimNetwork::try_connect(SimRuntime& from, const Address& address, std::unique_ptr<Stream>& stream) {
  SimNode* to = address.is_unix() ? &from.node() : resolve(from, address.host);
  if (!to) return Answer::kRefused;
  if (!to->powered() || !reaches(from.node(), *to) || !reaches(*to, from.node())) return Answer::kSilence;
  const SimOptions& options = world_.options();
  bool unlucky = options.refuse_permille != 0 && world_.random().below(1000) < options.refuse_permille;
  SimListener* listener = listener_for(from, *to, address);
  if (!listener || listener->full() || unlucky || refusing_.contains(to->id())) return Answer::kRefused;

  uint64_t id = ++last_link_;
  auto& link = links_[id];
  link = std::make_unique<SimLink>();
  link->id = id;
  link->is_unix = address.is_unix();
  link->ends[0].process = &from;
  link->ends[0].peer_name = address.text();
  link->ends[1].process = &listener->process();
  uint64_t port = kFirstEphemeralPort + id % (65536 - kFirstEphemeralPort);
  link->ends[1].peer_name = address.is_unix() ? "unix" : fmt::format("{}:{}", from.node().name(), port);
  for (SimPipe& pipe : link->pipes)
    pipe.window = static_cast<size_t>(
        world_.draw_ns(static_cast<int64_t>(options.window_min_bytes), static_cast<int64_t>(options.window_max_bytes)));
  stream = std::make_unique<SimStream>(*this, *link, 0);
  listener->offer(std::make_unique<SimStream>(*this, *link, 1));
  return Answer::kAccepted;
}

Result<std::unique_ptr<Listener>> SimNetwork::listen(SimRuntime& by, const Address& address,
                                                     const ListenOptions& options) {
  Address bound = address;
  if (bound.unix_path.size() > kUnixPathBytesMax)
    return Error{Errc::kUsage,
                 fmt::format("the socket path '{}' is longer than {} bytes", bound.unix_path, kUnixPathBytesMax)};
  if (!bound.is_unix() && bound.port == 0) {
    auto& last = last_port_[by.node().id()];
    bound.port = last = last == 0 ? kFirstEphemeralPort : static_cast<uint16_t>(last + 1);
  }
  Key key{by.node().id(), bound.is_unix() ? bound.text() : fmt::format(":{}", bound.port)};
  if (listeners_.contains(key)) return Error{Errc::kLocked, fmt::format("{} is in use", bound.text())};
  return std::unique_ptr<Listener>(
      new SimListener(*this, by, std::move(key), std::move(bound), std::max(options.backlog, 1)));
}

// ---- bytes

SimLink* SimNetwork::find(uint64_t id) {
  auto found = links_.find(id);
  return found == links_.end() ? nullptr : found->second.get();
}

int64_t SimNetwork::latency_ns(const SimLink& link) {
  const SimOptions& options = world_.options();
  bool is_local = &link.ends[0].process->node() == &link.ends[1].process->node();
  return is_local ? world_.draw_ns(options.local_latency_min_ns, options.local_latency_max_ns)
                  : world_.draw_ns(options.network_latency_min_ns, options.network_latency_max_ns);
}

void SimNetwork::schedule_delivery(SimLink& link, int from_end) {
  SimPipe& pipe = link.pipes[from_end];
  if (pipe.scheduled || pipe.stalled) return;
  pipe.scheduled = true;
  world_.schedule(world_.now_ns() + latency_ns(link), SimEvent::kDelivery, nullptr, link.id,
                  [this, id = link.id * 2 + static_cast<uint64_t>(from_end)] { deliver(id); });
}

void SimNetwork::deliver(uint64_t direction) {
  SimLink* link = find(direction / 2);
  if (!link) return;
  int from_end = static_cast<int>(direction % 2);
  SimPipe& pipe = link->pipes[from_end];
  SimEnd& from = link->ends[from_end];
  SimEnd& to = link->ends[1 - from_end];
  pipe.scheduled = false;
  if (!reaches(from.process->node(), to.process->node()) || !to.process->node().powered()) {
    pipe.stalled = true;
    return;
  }
  if (to.closed) {
    // Nobody is there any more: bytes are answered by a reset.
    bool had_bytes = pipe.held() > 0;
    pipe.clear();
    pipe.fin_arrived = pipe.fin;
    if (had_bytes && !from.closed) schedule_reset(*link, from_end);
    return;
  }
  if (world_.options().reset_permille != 0 && world_.random().below(1000) < world_.options().reset_permille) {
    reset_end(*link, 0);
    reset_end(*link, 1);
    return;
  }
  if (size_t left = pipe.on_the_way(); left > 0) {
    uint64_t way = world_.random().below(8);
    size_t n = way == 0 ? 1 : way < 4 ? 1 + static_cast<size_t>(world_.random().below(left)) : left;
    Bytes piece = Bytes(pipe.bytes).subspan(pipe.head + pipe.arrived, n);
    world_.record(SimEvent::kDelivery, to.process->id(), (uint64_t{n} << 32) | crc32c(piece));
    pipe.arrived += n;
  }
  if (pipe.on_the_way() > 0)
    schedule_delivery(*link, from_end);
  else
    pipe.fin_arrived = pipe.fin;
  to.wake_reader();
}

void SimNetwork::open_window(SimLink& link, int from_end) {
  world_.schedule(world_.now_ns() + latency_ns(link), SimEvent::kWindow, nullptr, link.id,
                  [this, id = link.id * 2 + static_cast<uint64_t>(from_end)] {
                    if (SimLink* found = find(id / 2)) found->ends[id % 2].wake_writer();
                  });
}

// ---- ends

void SimNetwork::schedule_reset(SimLink& link, int end) {
  world_.schedule(world_.now_ns() + latency_ns(link), SimEvent::kReset, nullptr, link.id,
                  [this, id = link.id * 2 + static_cast<uint64_t>(end)] {
                    SimLink* found = find(id / 2);
                    if (!found) return;
                    SimEnd& hit = found->ends[id % 2];
                    const SimNode& sender = found->ends[1 - id % 2].process->node();
                    if (reaches(sender, hit.process->node())) reset_end(*found, static_cast<int>(id % 2));
                  });
}

void SimNetwork::reset_end(SimLink& link, int end) {
  SimEnd& hit = link.ends[end];
  if (hit.closed || hit.reset) return;
  hit.reset = true;
  link.pipes[0].clear();
  link.pipes[1].clear();
  hit.wake_reader();
  hit.wake_writer();
}

void SimNetwork::close_end(SimLink& link, int end) {
  SimEnd& self = link.ends[end];
  if (self.closed) return;
  self.closed = true;
  self.wake_reader();
  self.wake_writer();
  // As the kernel has it: a close with bytes unread resets the connection, else the end of the stream is sent.
  SimPipe& incoming = link.pipes[1 - end];
  bool unread = incoming.arrived > 0;
  incoming.head += std::exchange(incoming.arrived, 0);  // What is still on its way finds nobody.
  if (self.reset) return;
  if (unread) schedule_reset(link, 1 - end);
  link.pipes[end].fin = true;
  schedule_delivery(link, end);
}

void SimNetwork::release_end(SimLink& link, int end) {
  close_end(link, end);
  link.ends[end].released = true;
  if (link.ends[1 - end].released) links_.erase(link.id);
}

void SimNetwork::leave(SimRuntime& process, bool silent) {
  std::vector<SimListener*> own;
  for (auto& [key, listener] : listeners_)
    if (&listener->process() == &process) own.push_back(listener);
  for (SimListener* listener : own) listener->close();
  std::erase_if(delays_, [&](auto& item) {
    if (&item.second->process != &process) return false;
    process.post(item.second->waiter);
    return true;
  });
  for (auto& [id, link] : links_) {
    for (int end : {0, 1}) {
      SimEnd& self = link->ends[end];
      if (self.process != &process || self.closed) continue;
      if (!silent) {
        close_end(*link, end);
        continue;
      }
      // The machine is gone with all it had not sent. Its peer hears of it now, later or never.
      self.closed = true;
      link->pipes[end].bytes.resize(link->pipes[end].head + link->pipes[end].arrived);
      self.wake_reader();
      self.wake_writer();
      if (world_.random().below(2) == 0) schedule_reset(*link, 1 - end);
    }
  }
}

void SimNetwork::power_on(const SimNode&) {
  kick_stalled();
}

void SimNetwork::kick_stalled() {
  for (auto& [id, link] : links_) {
    for (int end : {0, 1}) {
      if (!std::exchange(link->pipes[end].stalled, false)) continue;
      schedule_delivery(*link, end);
    }
  }
}

}  // namespace sl::aio
