// Cluster: what a client knows of the cluster it talks to: its nodes, one connection to each, its topics and who leads
// their partitions. Producer, Consumer and Admin share one.
//
// What is hard is reaching things: a node may be known under another address than the one that was used to find it
// (the bootstrap connection is kept for the node it belongs to), it may be gone for a while (reconnecting backs off),
// and many tasks may ask for the same connection or the same topic at once (one of them asks, the others wait).
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"
#include "rpc/connection.h"
#include "wire/messages/metadata.h"

namespace sl::client {

struct ClusterOptions {
  // Tried in this order.
  std::vector<aio::Address> bootstrap;
  std::string client_id = "streamlog";
  int64_t connect_timeout_ms = 10'000;
  int64_t request_timeout_ms = 30'000;
  // Between attempts to reach a node that failed: doubling from the first to the second, with jitter.
  int64_t backoff_min_ms = 50;
  int64_t backoff_max_ms = 1'000;
  // What freed blocks the pool of this client keeps for reuse.
  size_t pool_kept_bytes = 24 << 20;
};

struct Node {
  NodeId id;
  aio::Address address;
  std::optional<std::string> rack;
};

struct PartitionInfo {
  Errc error = Errc::kLeaderNotAvailable;
  NodeId leader{-1};
  Epoch leader_epoch = kNoEpoch;
  std::vector<NodeId> replicas;
  std::vector<NodeId> isr;
  std::vector<NodeId> offline;
};

// As the cluster described it once; never changed, only replaced.
struct TopicInfo {
  std::string name;
  Uuid id;  // zero where the cluster knows no ids
  bool internal = false;
  std::vector<PartitionInfo> partitions;  // by index
  int32_t partition_count() const { return static_cast<int32_t>(partitions.size()); }
};
using TopicPtr = std::shared_ptr<const TopicInfo>;
using ConnectionPtr = std::shared_ptr<rpc::Connection>;

class Cluster {
 public:
  Cluster(aio::Runtime& runtime, ClusterOptions options);
  Cluster(const Cluster&) = delete;
  // close() has ended.
  ~Cluster();

  // Reaches one of the bootstrap addresses, learns the nodes, and asks for `topics` on the same way. Fails at once
  // where nothing listens at any of them: kUnreachable naming all; else what went wrong at the last one that answered.
  // A topic that does not exist is no error here.
  aio::Task<Status> open(std::vector<std::string> topics = {});
  // Closes every connection and waits for its tasks. Calls still in flight end with kCancelled.
  aio::Task<void> close();

  // A usable connection to the node, made if need be. kUnreachable and the other errors of Connection::open;
  // kBrokerNotAvailable where no such node is known. After a failure the next attempt first waits for its back-off.
  aio::Task<Result<ConnectionPtr>> connect(NodeId node);
  // The same, if there is one now; never waits.
  ConnectionPtr connected(NodeId node) const;
  // A connection to any node, preferring one that is up.
  aio::Task<Result<ConnectionPtr>> connect_any();
  // To the node that takes admin requests.
  aio::Task<Result<ConnectionPtr>> connect_controller();
  // To the node that coordinates the consumer group; one of its own beside the node's other, where a fetch that waits
  // would hold up what a member says. FindCoordinator is asked until somebody knows it, at most request_timeout_ms;
  // what it said is remembered until forget_coordinator(). kCoordinatorNotAvailable and kCoordinatorLoadInProgress with
  // a sentence, kGroupAuthorizationFailed, kUnsupportedVersion; errors of reaching nodes.
  aio::Task<Result<ConnectionPtr>> connect_coordinator(std::string group);
  // After kNotCoordinator, kCoordinatorNotAvailable or a lost connection: the next connect_coordinator() asks anew.
  void forget_coordinator(const std::string& group) { coordinators_.erase(group); }
  // Who it was found to be, if it was.
  std::optional<NodeId> coordinator(const std::string& group) const;

  // The topic, from memory if it was asked for before. kUnknownTopicOrPartition, with a sentence, where it does not
  // exist; kInvalidTopic, kTopicAuthorizationFailed; errors of reaching the cluster.
  aio::Task<Result<TopicPtr>> topic(std::string name);
  // The same, asked anew. Callers at the same time share one request.
  aio::Task<Result<TopicPtr>> refresh(std::string name);
  // What is known of it now; null if nothing. Never waits.
  TopicPtr known(const std::string& name) const;
  // All topics there are, in the order of their names, internal ones included.
  aio::Task<Result<std::vector<TopicPtr>>> all_topics();
  // Reads nodes and controller anew.
  aio::Task<Status> refresh_nodes();

  // Called from the loop when a node cannot be reached any more, with the reason, and again when it is back, with null.
  // Once each, however often it is tried between. A connection that is lost and made anew at once is no outage. It must
  // not call the cluster.
  std::function<void(const aio::Address& node, const Error* why)> on_outage;

  // Runs a task that belongs to nobody else; close() waits for its end, and ends its calls and connects.
  void detach(aio::Task<void> task) { group_.spawn(std::move(task)); }

  std::vector<Node> nodes() const;
  NodeId controller() const { return controller_; }
  const std::string& cluster_id() const { return cluster_id_; }
  aio::Runtime& runtime() { return runtime_; }
  BufferPool& pool() { return pool_; }
  const ClusterOptions& options() const { return options_; }
  // Where an error of this kind means that the leader may have moved or the topic is another: ask anew.
  static bool metadata_is_stale(Errc code);

 private:
  struct Peer;
  struct Refresh;
  // Counts the coroutines that still use this object.
  struct User {
    explicit User(Cluster& c) : cluster(c) { ++cluster.users_; }
    ~User() { cluster.leave(); }
    Cluster& cluster;
  };
  aio::Task<Result<ConnectionPtr>> connect_peer(Peer* peer);
  aio::Task<void> attempt(Peer* peer);
  aio::Task<Result<ConnectionPtr>> connect_first(std::vector<aio::Address> addresses);
  ConnectionPtr connected_any() const;
  aio::Task<Result<wire::MetadataResponse>> ask(wire::MetadataRequest request);
  void learn_nodes(const wire::MetadataResponse& answer, const rpc::Connection& from);
  Result<TopicPtr> learn_topic(const wire::MetadataResponse::Topic& topic);
  Result<TopicPtr> learn_asked(const wire::MetadataResponse& answer, const std::string& name);
  aio::Address address_of(const wire::MetadataResponse::Broker& broker, const rpc::Connection& from, bool only);
  aio::Task<Result<NodeId>> find_coordinator(std::string group, int64_t timeout_ms);
  using Peers = std::map<aio::Address, std::unique_ptr<Peer>>;
  Peer& peer(const aio::Address& address) { return peer_in(peers_, address); }
  Peer& peer_in(Peers& peers, const aio::Address& address);
  void retire(ConnectionPtr connection);
  int64_t backoff_ms(int failures);
  void leave();

  aio::Runtime& runtime_;
  ClusterOptions options_;
  BufferPool pool_;
  aio::TaskGroup group_;
  aio::Event left_;
  int users_ = 0;
  bool closed_ = false;
  std::string cluster_id_;
  NodeId controller_{-1};
  std::map<int32_t, Node> nodes_;
  // Nodes that are reached by the address that was used to find them, whatever they call themselves.
  std::map<int32_t, aio::Address> pinned_;
  // By address: a bootstrap address and a node's may be the same.
  Peers peers_;
  // The same of nodes that coordinate groups.
  Peers coordinator_peers_;
  std::unordered_map<std::string, NodeId> coordinators_;
  std::set<aio::Timer*> pauses_;  // that close() ends
  std::set<aio::Address> away_;   // of which on_outage was told
  std::unordered_map<std::string, TopicPtr> topics_;
  std::unordered_map<std::string, std::shared_ptr<Refresh>> refreshes_;
};

}  // namespace sl::client
