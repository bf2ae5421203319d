// GroupMember: one member of a consumer group, over an open Cluster of its own. It joins, stays alive by heartbeats,
// follows the coordinator when that moves, and tells its reader by events which partitions are to be read. It knows two
// protocols: the classic one, where members assign (classic_member.h), and the newer one, where the coordinator does
// (consumer_member.h, KIP-848).
//
// What is hard is the handing over: a partition may only go to another once its old owner has stopped reading and
// committed what it delivered. So kRevoked waits for the reader, while heartbeats go on.
//
// Use: open(), then next_event() in a loop, in a task beside the one that reads the Consumer (whose options say
// open_ended, and which is assign()ed nothing at first):
//   kAssigned: committed(partitions), then consumer.add(...) from there, or from `start` where none is committed;
//   kRevoked:  consumer.remove(...), let what was handed out reach the output, commit(...) it, then revoked_done();
//   kLost:     consumer.remove(...); a commit would be refused, somebody else may read them already.
// In the end: commit, leave(), close(), and close the cluster.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/cluster.h"
#include "client/consumer.h"
#include "client/group_offset.h"
#include "client/interruptible.h"
#include "client/topic_partition.h"

namespace sl::client {

// kAuto joins a group as it finds it; a group that is new is classic, which every client can join.
enum class GroupProtocol : uint8_t { kAuto, kClassic, kConsumer };
std::string_view protocol_name(GroupProtocol protocol);  // as --group-protocol takes it

struct GroupOptions {
  std::string group;
  // What to read; topics need not exist yet.
  Subscription subscription;
  // A static member (KIP-345): it may go and come back within the session timeout, and keeps its partitions.
  std::optional<std::string> instance_id;
  GroupProtocol protocol = GroupProtocol::kAuto;
  // Classic members: without a heartbeat for so long they are out. In the newer protocol the coordinator's setting
  // holds.
  int64_t session_timeout_ms = 10'000;
  // Classic members. 0: a third of the session timeout, at most 1 s, since that is how late others' coming is noticed.
  int64_t heartbeat_interval_ms = 0;
  // How long the reader may take to give partitions up before it is put out of the group.
  int64_t rebalance_timeout_ms = 60'000;
  std::optional<std::string> rack;
  // A coordinator that cannot be had is tried for so long.
  int64_t outage_ms_max = 120'000;
  // How often new topics and partitions are looked for, where that is the member's matter and not the coordinator's.
  int64_t metadata_max_age_ms = 30'000;
};

struct GroupEvent {
  enum class Kind : uint8_t {
    kAssigned,  // to be read from now on. The first event of all is one, if an empty one.
    kRevoked,   // to be given up; revoked_done() when that is so
    kLost,      // owned no more: the group has put the member out, or it has slept too long
    kTimedOut,  // nothing came within the time given to next_event()
  };
  Kind kind = Kind::kTimedOut;
  std::vector<TopicPartition> partitions;  // sorted
};

class ClassicMember;
class ConsumerMember;

class GroupMember {
 public:
  // `cluster`, open, must outlive it. One member a cluster: a classic member that waits for others holds up its
  // connection to the coordinator.
  GroupMember(Cluster& cluster, GroupOptions options);
  GroupMember(const GroupMember&) = delete;
  ~GroupMember();  // close() has ended

  // Begins to join, in the background. Once.
  void open();

  // The next event, in order; waits for it at most `wait_ms_max` (negative: without end). An error ends the member,
  // with a sentence for people: kInconsistentGroupProtocol and kGroupIdNotFound name --group-protocol,
  // kFencedInstanceId and kUnreleasedInstanceId say that another has the instance id, kGroupAuthorizationFailed,
  // kGroupMaxSizeReached, kInvalidSessionTimeout, kUnsupportedVersion; an outage over outage_ms_max.
  aio::Task<Result<GroupEvent>> next_event(int64_t wait_ms_max = -1);
  // next_event() would not wait.
  bool event_ready() const { return !events_.empty() || failure_.code != Errc::kNone; }
  // The partitions of the kRevoked taken last are no longer read and what was delivered of them is committed.
  void revoked_done();

  // Commits positions of partitions that it owns, those being revoked included. Answers in the same order, each with
  // its own error: kIllegalGeneration, kUnknownMemberId, kStaleMemberEpoch, kFencedMemberEpoch or kFencedInstanceId
  // where the member does not own them any more (the event that says so comes soon); what may pass is tried again,
  // at most request_timeout_ms. As a whole it fails only where the coordinator cannot be reached.
  aio::Task<Result<std::vector<GroupOffset>>> commit(std::vector<GroupOffset> offsets);
  // What is committed, of each in the same order. Waits for commits of transactions that are still open (KIP-447).
  aio::Task<Result<std::vector<GroupOffset>>> committed(std::vector<TopicPartition> partitions);

  // Leaves, so that the others need not wait for the session timeout: at most some seconds. A static member does not
  // leave, it means to come back. No event comes any more. Harmless where it has not joined or has failed.
  aio::Task<void> leave();
  // Ends the background tasks, without leaving where leave() was not called.
  aio::Task<void> close();

  // For messages. kAuto until it is known.
  GroupProtocol protocol() const { return protocol_; }
  const std::string& member_id() const;
  // Generation or member epoch; -1 while not in the group.
  int32_t generation() const;
  // The assignor that the group elected; empty where the coordinator assigns.
  const std::string& assignor() const;
  // What it owns now, as the events have said or will say.
  std::vector<TopicPartition> owned() const;

 private:
  Cluster& cluster_;
  aio::Runtime& runtime_;
  GroupOptions options_;
  aio::TaskGroup group_;
  Interruptible asking_;
  aio::Event ready_;  // something for next_event()
  GroupProtocol protocol_;
  std::unique_ptr<ClassicMember> classic_;
  std::unique_ptr<ConsumerMember> consumer_;
  std::deque<GroupEvent> events_;
  Error failure_;
};

}  // namespace sl::client
