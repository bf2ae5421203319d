// GroupQuestion: one question about several groups, each put to the node that coordinates it; groups of one node go
// into one request. What is hard: a coordinator may be another by the time it is asked, or still be loading. Those
// groups are asked about again, until the time is over; the others keep their answers.
#pragma once
#include <string>
#include <vector>

#include "client/cluster.h"

namespace sl::client {

class GroupQuestion {
 public:
  // Whether it may be asked again where it is not known what became of it: not if the second answer to what was
  // carried out at first would be an error.
  enum class AfterLoss : uint8_t { kAskAgain, kGiveUp };

  GroupQuestion(Cluster& cluster, std::vector<std::string> groups, int64_t timeout_ms, AfterLoss after_loss);
  GroupQuestion(const GroupQuestion&) = delete;
  virtual ~GroupQuestion() = default;

  // Until every group is settled or the time is over.
  aio::Task<void> run();

  const std::string& group(size_t item) const { return groups_[item]; }
  size_t size() const { return groups_.size(); }
  // Why a group has no answer; its code is kNone where it has one.
  const Error& error(size_t item) const { return errors_[item]; }

 protected:
  // Asks one node about its groups and settles each of `items`; fail() does it where there is no answer at all.
  virtual aio::Task<void> ask(ConnectionPtr node, std::vector<size_t> items, int64_t timeout_ms) = 0;
  // What the coordinator said of a group, in its own words if it used any. A code that passes keeps it open.
  void settle(size_t item, Errc code, const std::string& said = {});
  void fail(const std::vector<size_t>& items, const Error& why);
  std::vector<std::string> names(const std::vector<size_t>& items) const;
  Cluster& cluster() { return cluster_; }

 private:
  struct NodeItems {
    ConnectionPtr connection;
    std::vector<size_t> items;
  };
  aio::Task<void> locate(size_t item);
  aio::Task<std::vector<NodeItems>> by_node();

  Cluster& cluster_;
  std::vector<std::string> groups_;
  int64_t timeout_ms_;
  AfterLoss after_loss_;
  std::vector<Error> errors_;
  std::vector<bool> done_;
  std::vector<ConnectionPtr> located_;
};

}  // namespace sl::client
