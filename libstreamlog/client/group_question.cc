#include "client/group_question.h"

#include <algorithm>

namespace sl::client {
namespace {

constexpr int64_t kRetryMs = 100;

bool connection_lost(Errc code) {
  return code == Errc::kConnectionClosed || code == Errc::kNetworkException || code == Errc::kUnreachable;
}

}  // namespace

GroupQuestion::GroupQuestion(Cluster& cluster, std::vector<std::string> groups, int64_t timeout_ms,
                             AfterLoss after_loss)
    : cluster_(cluster),
      groups_(std::move(groups)),
      timeout_ms_(timeout_ms),
      after_loss_(after_loss),
      errors_(groups_.size()),
      done_(groups_.size()),
      located_(groups_.size()) {}

void GroupQuestion::settle(size_t item, Errc code, const std::string& said) {
  errors_[item] = {};
  if (code != Errc::kNone) errors_[item] = Error{code, said};
  bool moved = code == Errc::kNotCoordinator || code == Errc::kCoordinatorNotAvailable;
  if (moved) cluster_.forget_coordinator(groups_[item]);
  done_[item] = !moved && code != Errc::kCoordinatorLoadInProgress;
}

void GroupQuestion::fail(const std::vector<size_t>& items, const Error& why) {
  bool again = connection_lost(why.code) && after_loss_ == AfterLoss::kAskAgain;
  for (size_t item : items) {
    errors_[item] = why;
    done_[item] = !again;
    if (connection_lost(why.code)) cluster_.forget_coordinator(groups_[item]);
  }
}

std::vector<std::string> GroupQuestion::names(const std::vector<size_t>& items) const {
  std::vector<std::string> names;
  for (size_t item : items) names.push_back(groups_[item]);
  return names;
}

// It is tried there for as long as a request may take; what fails then has failed.
aio::Task<void> GroupQuestion::locate(size_t item) {
  Result<ConnectionPtr> connection = co_await cluster_.connect_coordinator(groups_[item]);
  if (connection) {
    located_[item] = *std::move(connection);
  } else {
    errors_[item] = std::move(connection).error();
    done_[item] = true;
  }
}

aio::Task<std::vector<GroupQuestion::NodeItems>> GroupQuestion::by_node() {
  std::vector<size_t> open;
  for (size_t item = 0; item < groups_.size(); ++item)
    if (!done_[item]) open.push_back(item);
  aio::TaskGroup locating;
  for (size_t item : open) locating.spawn(locate(item));
  co_await locating.drained();
  std::vector<NodeItems> nodes;
  for (size_t item : open) {
    ConnectionPtr connection = std::move(located_[item]);
    if (!connection) continue;
    auto same = [&](const NodeItems& node) { return node.connection == connection; };
    auto found = std::find_if(nodes.begin(), nodes.end(), same);
    if (found == nodes.end()) found = nodes.insert(nodes.end(), NodeItems{std::move(connection), {}});
    found->items.push_back(item);
  }
  co_return nodes;
}

aio::Task<void> GroupQuestion::run() {
  aio::Runtime& runtime = cluster_.runtime();
  int64_t give_up_ns = runtime.mono_ns() + timeout_ms_ * 1'000'000;
  aio::Timer pause(runtime.timers());
  for (;;) {
    std::vector<NodeItems> nodes = co_await by_node();
    int64_t left_ms = std::max<int64_t>(1, (give_up_ns - runtime.mono_ns()) / 1'000'000);
    aio::TaskGroup asking;
    for (NodeItems& node : nodes) asking.spawn(ask(node.connection, std::move(node.items), left_ms));
    co_await asking.drained();
    bool open = std::find(done_.begin(), done_.end(), false) != done_.end();
    if (!open || runtime.mono_ns() + kRetryMs * 1'000'000 >= give_up_ns) co_return;
    co_await pause.wait_ms(kRetryMs);
  }
}

}  // namespace sl::client
