// Reaching nodes: one connection to each, made when it is needed, again after a back-off when it was lost.
#include "client/cluster.h"

#include <fmt/core.h>

#include <algorithm>

#include "client/cluster_peer.h"

namespace sl::client {
namespace {

aio::Task<void> until_drained(ConnectionPtr connection) {
  co_await connection->drained();
}

}  // namespace

Cluster::Cluster(aio::Runtime& runtime, ClusterOptions options)
    : runtime_(runtime), options_(std::move(options)), pool_(options_.pool_kept_bytes), left_(runtime) {}

Cluster::~Cluster() {
  assert(users_ == 0 && group_.live() == 0);
}

void Cluster::leave() {
  --users_;
  left_.notify();
}

aio::Task<void> Cluster::close() {
  closed_ = true;
  for (Peers* peers : {&peers_, &coordinator_peers_}) {
    for (auto& [address, peer] : *peers) {
      peer->pause.cancel();
      if (peer->connection) retire(std::move(peer->connection));
      if (peer->opening) peer->opening->close();
    }
  }
  for (aio::Timer* pause : pauses_) pause->cancel();
  while (users_ > 0) co_await left_.wait();
  co_await group_.drained();
}

// Lets go of a connection once its tasks have ended.
void Cluster::retire(ConnectionPtr connection) {
  connection->close();
  group_.spawn(until_drained(std::move(connection)));
}

Cluster::Peer& Cluster::peer_in(Peers& peers, const aio::Address& address) {
  auto& peer = peers[address];
  if (!peer) peer = std::make_unique<Peer>(runtime_, address);
  return *peer;
}

int64_t Cluster::backoff_ms(int failures) {
  int64_t ms = options_.backoff_min_ms << std::min(failures - 1, 16);
  ms = std::min(ms, options_.backoff_max_ms);
  return ms - ms / 5 + static_cast<int64_t>(runtime_.random().below(static_cast<uint64_t>(ms / 5 * 2 + 1)));
}

// One attempt, behind the back-off of the one before. The outcome is in the peer.
aio::Task<void> Cluster::attempt(Peer* peer) {
  peer->attempting = true;
  if (peer->connection) retire(std::move(peer->connection));
  if (runtime_.mono_ns() < peer->not_before_ns) co_await peer->pause.wait_until(peer->not_before_ns);
  peer->last_error = Error{Errc::kCancelled, "the client is closing"};
  if (!closed_) {
    rpc::ConnectionOptions options;
    options.client_id = options_.client_id;
    options.open_timeout_ms = options_.connect_timeout_ms;
    auto connection = std::make_shared<rpc::Connection>(runtime_, pool_, peer->address, options);
    peer->opening = connection;
    Status opened = co_await connection->open();
    peer->opening = nullptr;
    if (opened && !closed_) {
      peer->connection = std::move(connection);
      peer->failures = 0;
      if (away_.erase(peer->address) > 0 && on_outage) on_outage(peer->address, nullptr);
    } else {
      if (!opened) peer->last_error = std::move(opened).error();
      ++peer->failures;
      peer->not_before_ns = runtime_.mono_ns() + backoff_ms(peer->failures) * 1'000'000;
      retire(std::move(connection));
      bool news = !closed_ && away_.insert(peer->address).second;
      if (news && on_outage) on_outage(peer->address, &peer->last_error);
    }
  }
  peer->attempting = false;
  ++peer->attempts;
  peer->changed.notify();
}

aio::Task<Result<ConnectionPtr>> Cluster::connect_peer(Peer* peer) {
  User user(*this);
  if (closed_) co_return Error{Errc::kCancelled, "the client is closing"};
  if (ConnectionPtr usable = peer->usable()) co_return usable;
  if (peer->attempting) {
    uint64_t before = peer->attempts;
    while (peer->attempts == before) co_await peer->changed.wait();
  } else {
    co_await attempt(peer);
  }
  if (ConnectionPtr usable = peer->usable()) co_return usable;
  // A connection that broke again before we could take it counts as an attempt that failed.
  if (peer->connection) co_return peer->connection->why_closed();
  co_return peer->last_error;
}

aio::Task<Result<ConnectionPtr>> Cluster::connect_first(std::vector<aio::Address> addresses) {
  User user(*this);
  std::string names;
  Error last{Errc::kUnreachable, "no address is known"};
  size_t count = addresses.size();
  for (const aio::Address& address : addresses) {
    Result<ConnectionPtr> connection = co_await connect_peer(&peer(address));
    if (connection) co_return connection;
    names += (names.empty() ? "" : ", ") + address.text();
    bool says_more = connection.code() != Errc::kUnreachable || last.code == Errc::kUnreachable;
    if (says_more) last = std::move(connection).error();
  }
  if (count > 1) last.context = fmt::format("cannot reach any of {}: {}", names, last.context);
  co_return last;
}

ConnectionPtr Cluster::connected_any() const {
  // Bootstrap addresses first: what they say is what the user meant.
  for (const aio::Address& address : options_.bootstrap) {
    auto found = peers_.find(address);
    if (found == peers_.end()) continue;
    if (ConnectionPtr usable = found->second->usable()) return usable;
  }
  for (const auto& [address, peer] : peers_)
    if (ConnectionPtr usable = peer->usable()) return usable;
  return nullptr;
}

aio::Task<Result<ConnectionPtr>> Cluster::connect_any() {
  if (ConnectionPtr usable = connected_any()) co_return usable;
  std::vector<aio::Address> addresses = options_.bootstrap;
  for (const auto& [id, node] : nodes_)
    if (std::find(addresses.begin(), addresses.end(), node.address) == addresses.end())
      addresses.push_back(node.address);
  co_return co_await connect_first(std::move(addresses));
}

aio::Task<Result<ConnectionPtr>> Cluster::connect(NodeId node) {
  User user(*this);
  if (!nodes_.contains(node.value)) SL_CO_CHECK(co_await refresh_nodes());
  auto found = nodes_.find(node.value);
  if (found == nodes_.end())
    co_return Error{Errc::kBrokerNotAvailable, fmt::format("no node {} is in the cluster now", node.value)};
  co_return co_await connect_peer(&peer(found->second.address));
}

ConnectionPtr Cluster::connected(NodeId node) const {
  auto found = nodes_.find(node.value);
  if (found == nodes_.end()) return nullptr;
  auto at = peers_.find(found->second.address);
  return at == peers_.end() ? nullptr : at->second->usable();
}

aio::Task<Result<ConnectionPtr>> Cluster::connect_controller() {
  User user(*this);
  if (!nodes_.contains(controller_.value)) SL_CO_CHECK(co_await refresh_nodes());
  NodeId controller = controller_;
  if (!nodes_.contains(controller.value)) co_return co_await connect_any();
  co_return co_await connect(controller);
}

std::vector<Node> Cluster::nodes() const {
  std::vector<Node> nodes;
  for (const auto& [id, node] : nodes_) nodes.push_back(node);
  return nodes;
}

}  // namespace sl::client
