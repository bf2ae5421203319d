// Finding the node that coordinates a consumer group (FindCoordinator) and reaching it.
//
// What is hard: right after a start, or while its partition of __consumer_offsets moves, nobody knows it. That passes,
// so it is asked again with a back-off, within the time of one request; and a node that was named and cannot be reached
// may no longer be the one, so that is asked again too.
#include <fmt/core.h>

#include <algorithm>

#include "client/cluster.h"
#include "client/cluster_peer.h"
#include "client/interruptible.h"

namespace sl::client {
namespace {

// A timer that close() can end, for as long as it lives.
class Pause {
 public:
  Pause(aio::Runtime& runtime, std::set<aio::Timer*>& pauses, bool closed) : timer_(runtime.timers()), all_(pauses) {
    all_.insert(&timer_);
    if (closed) timer_.cancel();
  }
  Pause(const Pause&) = delete;
  ~Pause() { all_.erase(&timer_); }
  aio::Timer& timer() { return timer_; }

 private:
  aio::Timer timer_;
  std::set<aio::Timer*>& all_;
};

// As the answer says it, whichever of its two layouts was used.
wire::FindCoordinatorResponse::Coordinator named(const wire::FindCoordinatorResponse& answer) {
  if (!answer.coordinators.empty()) return answer.coordinators.front();
  wire::FindCoordinatorResponse::Coordinator one;
  one.node_id = answer.node_id;
  one.host = answer.host;
  one.port = answer.port;
  one.error_code = answer.error_code;
  one.error_message = answer.error_message;
  return one;
}

// What passes without the caller's doing.
bool may_pass(Errc code) {
  return error_info(code).retriable || code == Errc::kBrokerNotAvailable;
}

}  // namespace

std::optional<NodeId> Cluster::coordinator(const std::string& group) const {
  auto found = coordinators_.find(group);
  if (found == coordinators_.end()) return std::nullopt;
  return found->second;
}

// One question. The node that is named is one of the cluster's, known from now on if it was not.
aio::Task<Result<NodeId>> Cluster::find_coordinator(std::string group, int64_t timeout_ms) {
  SL_CO_TRY(ConnectionPtr connection, co_await connect_any());
  wire::FindCoordinatorRequest request;
  request.key = group;
  request.coordinator_keys.push_back(group);
  auto answer = co_await call_on(connection, std::move(request), timeout_ms);
  if (!answer) co_return std::move(answer).error();
  wire::FindCoordinatorResponse::Coordinator found = named(*answer);
  Errc code = errc_from_wire(found.error_code);
  if (code != Errc::kNone)
    co_return Error{
        code, fmt::format("group '{}': {}", group, found.error_message.value_or(std::string(error_info(code).text)))};
  wire::MetadataResponse::Broker broker;
  broker.node_id = found.node_id;
  broker.host = found.host;
  broker.port = found.port;
  bool only = nodes_.empty() || (nodes_.size() == 1 && nodes_.begin()->first == found.node_id);
  aio::Address address = address_of(broker, *connection, only);
  Node& node = nodes_[found.node_id];
  node.id = NodeId(found.node_id);
  node.address = std::move(address);
  coordinators_[group] = node.id;
  co_return node.id;
}

aio::Task<Result<ConnectionPtr>> Cluster::connect_coordinator(std::string group) {
  User user(*this);
  Pause pause(runtime_, pauses_, closed_);
  int64_t give_up_ns = runtime_.mono_ns() + options_.request_timeout_ms * 1'000'000;
  for (int failures = 1;; ++failures) {
    Error why;
    auto known = coordinators_.find(group);
    if (known == coordinators_.end() || !nodes_.contains(known->second.value)) {
      int64_t left_ms = std::max<int64_t>(1, (give_up_ns - runtime_.mono_ns()) / 1'000'000);
      Result<NodeId> found = co_await find_coordinator(group, left_ms);
      if (!found) why = std::move(found).error();
    }
    known = coordinators_.find(group);
    if (why.code == Errc::kNone && known != coordinators_.end()) {
      Result<ConnectionPtr> connection =
          co_await connect_peer(&peer_in(coordinator_peers_, nodes_[known->second.value].address));
      if (connection) co_return connection;
      why = std::move(connection).error();
      forget_coordinator(group);
    }
    int64_t wait_ms = backoff_ms(failures);
    bool late = runtime_.mono_ns() + wait_ms * 1'000'000 >= give_up_ns;
    if (closed_ || late || !may_pass(why.code)) co_return why;
    co_await pause.timer().wait_ms(wait_ms);
  }
}

}  // namespace sl::client
