// What the cluster says about itself: Metadata asked and kept.
#include <fmt/core.h>

#include <algorithm>

#include "client/cluster.h"
#include "client/cluster_peer.h"

namespace sl::client {
namespace {

wire::MetadataRequest about_topics(const std::vector<std::string>& names) {
  wire::MetadataRequest request;
  request.allow_auto_topic_creation = false;
  request.topics.emplace();
  for (const std::string& name : names) {
    auto& topic = request.topics->emplace_back();
    topic.name = name;
  }
  return request;
}

std::vector<NodeId> node_ids(const std::vector<int32_t>& ids) {
  std::vector<NodeId> nodes;
  nodes.reserve(ids.size());
  for (int32_t id : ids) nodes.emplace_back(id);
  return nodes;
}

Error no_such_topic(const std::string& name) {
  return Error{Errc::kUnknownTopicOrPartition, fmt::format("topic '{}' does not exist", name)};
}

}  // namespace

aio::Task<Status> Cluster::open(std::vector<std::string> topics) {
  User user(*this);
  SL_CO_TRY(ConnectionPtr first, co_await connect_first(options_.bootstrap));
  wire::MetadataRequest request = about_topics(topics);
  SL_CO_TRY(
      wire::MetadataResponse answer,
      co_await first->call(std::move(request), std::min(options_.connect_timeout_ms, options_.request_timeout_ms)));
  learn_nodes(answer, *first);
  for (const auto& topic : answer.topics) (void)learn_topic(topic).ok();
  co_return Status();
}

// A node that just went away costs one more attempt, at another.
aio::Task<Result<wire::MetadataResponse>> Cluster::ask(wire::MetadataRequest request) {
  Error last;
  for (int attempt = 0; attempt < 2; ++attempt) {
    SL_CO_TRY(ConnectionPtr connection, co_await connect_any());
    wire::MetadataRequest copy = request;
    Result<wire::MetadataResponse> answer = co_await connection->call(std::move(copy), options_.request_timeout_ms);
    if (answer) {
      Errc code = errc_from_wire(answer->error_code);
      if (code != Errc::kNone)
        co_return Error{code, fmt::format("{} cannot describe the cluster: {}", connection->address().text(),
                                          error_info(code).text)};
      learn_nodes(*answer, *connection);
      co_return answer;
    }
    last = std::move(answer).error();
    if (!error_info(last.code).retriable) break;
  }
  co_return last;
}

void Cluster::learn_nodes(const wire::MetadataResponse& answer, const rpc::Connection& from) {
  if (answer.cluster_id) cluster_id_ = *answer.cluster_id;
  controller_ = NodeId(answer.controller_id);
  if (answer.brokers.empty()) return;  // It is just starting; what we knew is the better guess.
  nodes_.clear();
  for (const auto& broker : answer.brokers) {
    aio::Address address = address_of(broker, from, answer.brokers.size() == 1);
    nodes_[broker.node_id] = Node{NodeId(broker.node_id), std::move(address), broker.rack};
  }
}

// The node that was found under a bootstrap address is reached by that address. It is recognised where it names itself
// by a unix socket, which only the node asked does, and where it is the only one.
aio::Address Cluster::address_of(const wire::MetadataResponse::Broker& broker, const rpc::Connection& from, bool only) {
  auto pinned = pinned_.find(broker.node_id);
  if (pinned != pinned_.end()) return pinned->second;
  aio::Address address;
  if (broker.host.starts_with("unix:"))
    address.unix_path = broker.host.substr(5);
  else
    address.host = broker.host;
  address.port = static_cast<uint16_t>(broker.port);
  bool asked = only || (address.is_unix() && from.address().is_unix());
  bool bootstrap =
      std::find(options_.bootstrap.begin(), options_.bootstrap.end(), from.address()) != options_.bootstrap.end();
  if (!asked || !bootstrap) return address;
  pinned_[broker.node_id] = from.address();
  return from.address();
}

Result<TopicPtr> Cluster::learn_topic(const wire::MetadataResponse::Topic& topic) {
  std::string name = topic.name.value_or("");
  Errc code = errc_from_wire(topic.error_code);
  if (code == Errc::kUnknownTopicOrPartition || code == Errc::kUnknownTopicId) {
    topics_.erase(name);
    return no_such_topic(name);
  }
  if (code != Errc::kNone && code != Errc::kLeaderNotAvailable)
    return Error{code, fmt::format("topic '{}': {}", name, error_info(code).text)};
  auto info = std::make_shared<TopicInfo>();
  info->name = name;
  info->id = topic.topic_id;
  info->internal = topic.is_internal;
  info->partitions.resize(topic.partitions.size());
  for (const auto& described : topic.partitions) {
    if (described.partition_index < 0 || described.partition_index >= info->partition_count())
      return Error{Errc::kProtocolMismatch, fmt::format("the cluster describes topic '{}' with a gap", name)};
    PartitionInfo& partition = info->partitions[static_cast<size_t>(described.partition_index)];
    partition.error = errc_from_wire(described.error_code);
    partition.leader = NodeId(described.leader_id);
    partition.leader_epoch = Epoch(described.leader_epoch);
    partition.replicas = node_ids(described.replica_nodes);
    partition.isr = node_ids(described.isr_nodes);
    partition.offline = node_ids(described.offline_replicas);
  }
  if (info->partitions.empty())
    return Error{Errc::kLeaderNotAvailable, fmt::format("topic '{}' has no partition yet", name)};
  TopicPtr known = info;
  topics_[name] = known;
  return known;
}

Result<TopicPtr> Cluster::learn_asked(const wire::MetadataResponse& answer, const std::string& name) {
  Result<TopicPtr> found = no_such_topic(name);
  for (const auto& topic : answer.topics) {
    Result<TopicPtr> learnt = learn_topic(topic);
    if (topic.name == name) found = std::move(learnt);
  }
  return found;
}

aio::Task<Result<TopicPtr>> Cluster::topic(std::string name) {
  if (TopicPtr info = known(name)) co_return info;
  co_return co_await refresh(std::move(name));
}

aio::Task<Result<TopicPtr>> Cluster::refresh(std::string name) {
  User user(*this);
  if (auto running = refreshes_.find(name); running != refreshes_.end()) {
    std::shared_ptr<Refresh> shared = running->second;
    while (!shared->finished) co_await shared->done.wait();
    co_return shared->result;
  }
  auto mine = std::make_shared<Refresh>(runtime_);
  refreshes_[name] = mine;
  std::vector<std::string> names(1, name);
  wire::MetadataRequest request = about_topics(names);
  Result<wire::MetadataResponse> answer = co_await ask(std::move(request));
  if (answer)
    mine->result = learn_asked(*answer, name);
  else
    mine->result = std::move(answer).error();
  mine->finished = true;
  mine->done.notify();
  refreshes_.erase(name);
  co_return mine->result;
}

TopicPtr Cluster::known(const std::string& name) const {
  auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second;
}

aio::Task<Result<std::vector<TopicPtr>>> Cluster::all_topics() {
  User user(*this);
  wire::MetadataRequest request;
  request.allow_auto_topic_creation = false;
  SL_CO_TRY(wire::MetadataResponse answer, co_await ask(std::move(request)));
  std::vector<TopicPtr> topics;
  for (const auto& topic : answer.topics)
    if (Result<TopicPtr> learnt = learn_topic(topic)) topics.push_back(*learnt);
  std::sort(topics.begin(), topics.end(), [](const TopicPtr& a, const TopicPtr& b) { return a->name < b->name; });
  co_return topics;
}

aio::Task<Status> Cluster::refresh_nodes() {
  User user(*this);
  std::vector<std::string> none;
  wire::MetadataRequest request = about_topics(none);
  Result<wire::MetadataResponse> answer = co_await ask(std::move(request));
  if (!answer) co_return std::move(answer).error();
  co_return Status();
}

bool Cluster::metadata_is_stale(Errc code) {
  switch (code) {
    case Errc::kNotLeaderOrFollower:
    case Errc::kUnknownTopicOrPartition:
    case Errc::kLeaderNotAvailable:
    case Errc::kReplicaNotAvailable:
    case Errc::kBrokerNotAvailable:
    case Errc::kFencedLeaderEpoch:
    case Errc::kUnknownLeaderEpoch:
    case Errc::kUnknownTopicId:
    case Errc::kInconsistentTopicId:
    case Errc::kKafkaStorageError:
    case Errc::kNetworkException:
    case Errc::kConnectionClosed:
    case Errc::kUnreachable:
    case Errc::kRequestTimedOut:
      return true;
    default:
      return false;
  }
}

}  // namespace sl::client
