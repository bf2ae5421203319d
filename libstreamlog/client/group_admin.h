// GroupAdmin: consumer groups seen and changed from outside: listed, described, their committed offsets read, set and
// forgotten, groups deleted, members put out. As with Admin, a call that fails as a whole could not be asked; what is
// wrong with one group, partition or member stands in its own result.
//
// What is hard: each group has a coordinator of its own (group_question.h), and there are groups of two protocols,
// which are described and left by different requests. Both are hidden here.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "client/admin.h"
#include "client/group_offset.h"
#include "client/topic_partition.h"

namespace sl::client {

struct ListedGroup {
  std::string name;
  std::string protocol_type;  // "consumer"; empty where nobody ever joined
  std::string state;          // "Stable"; empty where the node does not say (before Kafka 2.6)
  std::string type;           // "Classic", "Consumer"; empty where the node does not say (before Kafka 3.8)
};

struct ListedGroups {
  std::vector<ListedGroup> groups;  // by name
  std::vector<ItemResult> errors;   // by node
};

struct MemberDescription {
  std::string id;
  std::optional<std::string> instance_id;  // of a static member
  std::string client_id;
  std::string host;
  std::vector<TopicPartition> assigned;  // sorted; of consumers only
};

struct GroupDescription {
  std::string name;
  Error error;  // kGroupIdNotFound where there is none
  std::string state;
  std::string type;  // "Classic" or "Consumer", the protocol of KIP-848
  std::string protocol_type;
  std::string assignor;  // empty while none is chosen
  NodeId coordinator{-1};
  std::vector<MemberDescription> members;
  // Nobody is about to lose or to get a partition.
  bool settled() const { return state == "Stable" || state == "Empty"; }
};

struct GroupOffsets {
  std::string name;
  Error error;
  std::vector<GroupOffset> offsets;  // only what is committed; by topic and partition
};

class GroupAdmin {
 public:
  // `cluster`, open, must outlive it. Each call gives up after `timeout_ms`.
  GroupAdmin(Cluster& cluster, int64_t timeout_ms) : cluster_(cluster), timeout_ms_(timeout_ms) {}

  // The groups of every node.
  aio::Task<Result<ListedGroups>> list();
  // Results are in the order of what was asked for.
  aio::Task<std::vector<GroupDescription>> describe(std::vector<std::string> groups);
  // All that is committed. A group that does not exist has committed nothing.
  aio::Task<std::vector<GroupOffsets>> offsets(std::vector<std::string> groups);
  // Sets positions from outside, which makes the group where there is none. The answer is `offsets` with their errors:
  // kUnknownMemberId where the group has members; the coordinator's own errors for all alike.
  aio::Task<std::vector<GroupOffset>> commit(std::string group, std::vector<GroupOffset> offsets);
  // kNonEmptyGroup, kGroupIdNotFound.
  aio::Task<std::vector<ItemResult>> remove(std::vector<std::string> groups);
  // Forgets what is committed. kGroupSubscribedToTopic while a member reads that topic, kGroupIdNotFound.
  aio::Task<std::vector<Error>> forget(std::string group, std::vector<TopicPartition> partitions);
  // Puts members out of a group that describe() told of. They are free to join again. kUnknownMemberId.
  aio::Task<std::vector<Error>> evict(GroupDescription group, std::vector<MemberDescription> members);

 private:
  Cluster& cluster_;
  int64_t timeout_ms_;
};

}  // namespace sl::client
