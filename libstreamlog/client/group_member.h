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
#include <memory>
#include <string>
#include <vector>

#include "client/classic_member.h"
#include "client/consumer_member.h"
#include "client/group.h"
#include "client/handover.h"
#include "client/interruptible.h"

namespace sl::client {

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
  bool event_ready() const { return handover_.any() || failure_.code != Errc::kNone; }
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
  void begin(GroupProtocol protocol);
  int64_t now_ms() const { return runtime_.mono_ms(); }
  void stop();
  void fail(Error why);
  void hurry();
  // Changes whenever partitions have left it: what was to be committed before must not be after.
  uint64_t era() const;

  // group_member_run.cc
  aio::Task<void> run();
  aio::Task<Status> take_part();
  aio::Task<Result<GroupProtocol>> find_protocol();
  aio::Task<Status> run_classic();
  template <wire::Request M>
  aio::Task<Status> converse(ClassicMember::Step step, M request, int64_t timeout_ms, ClassicMember::Take<M> take);
  aio::Task<Status> join();
  aio::Task<Status> sync();
  aio::Task<Status> heartbeat();
  aio::Task<Status> run_consumer();
  aio::Task<void> resolve();
  template <wire::Request M>
  aio::Task<Result<typename M::Response>> ask(M request, int64_t timeout_ms);
  aio::Task<Status> settle(Result<GroupOutcome> outcome, Error why);

  // group_member_topics.cc
  aio::Task<void> keep_looking();
  aio::Task<Status> look();
  void subscribe(std::vector<std::string> topics);
  aio::Task<PartitionCounts> count_partitions(std::set<std::string> topics, bool anew);
  bool topic_missing() const;
  aio::Task<void> learn_partitions(std::vector<TopicPartition> partitions);

  // group_member_offsets.cc
  aio::Task<Result<ConnectionPtr>> connect_beside();
  aio::Task<bool> may_ask_again(Errc open, int failures, int64_t give_up_ms);
  template <wire::Request M>
  aio::Task<Result<typename M::Response>> ask_beside(M request, int64_t timeout_ms);

  Cluster& cluster_;
  aio::Runtime& runtime_;
  GroupOptions options_;
  aio::TaskGroup group_;
  Interruptible asking_;
  aio::Event ready_;  // something for next_event()
  GroupProtocol protocol_;
  Handover handover_;
  std::unique_ptr<ClassicMember> classic_;  // one of both, once the protocol is known
  std::unique_ptr<ConsumerMember> consumer_;
  std::vector<std::string> topics_;  // what it subscribes now, sorted
  PartitionCounts counts_;           // as it last assigned by them
  aio::Timer pause_;                 // of the task that speaks with the coordinator
  aio::Timer look_pause_;
  bool stopping_ = false;
  bool waits_for_others_ = false;  // the coordinator answers nothing on that connection before they have come
  int failures_ = 0;               // in a row
  int64_t failing_since_ms_ = -1;
  Error failure_;
};

}  // namespace sl::client
