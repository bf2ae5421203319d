// ClassicMember: one member of a group of the classic protocol, as a state machine without network or clock: it says
// which request is due and is told the answers. Joining is a barrier (JoinGroup), one member, the leader, then shares
// out the partitions (SyncGroup), and heartbeats keep everybody alive until somebody comes, goes or changes.
//
// What is hard is who may read what meanwhile. Where the group elected cooperative-sticky, members keep what they own
// through a rebalance, give up only what goes, and meet again to hand that over (KIP-429). Any other assignor knows
// nothing of owners, so all is given up before joining. A group changes between both ways when members come that know
// only one of them: then some still own partitions while an eager assignor shares out. So a leader of ours gives a
// partition to nobody while another claims it, whatever the assignor, and whoever loses some joins once more.
#pragma once
#include <set>

#include "client/assignors.h"
#include "client/group_errors.h"
#include "client/handover.h"
#include "wire/messages/membership.h"

namespace sl::client {

class ClassicMember {
 public:
  enum class Step : uint8_t { kWait, kJoin, kSync, kHeartbeat };

  // `options` and `handover` must outlive it.
  ClassicMember(const GroupOptions& options, Handover& handover);

  // What it wants to read from now on, sorted; where that changes, it joins again.
  void subscribe(std::vector<std::string> topics);
  // Joins again because the leader would assign otherwise now.
  void rejoin() { rejoin_ = true; }
  // A heartbeat is due at once: something said that the group has moved on.
  void hurry() { heard_ms_ = 0; }

  // What is to be sent now. May begin a revocation. Only one request is under way at any time.
  Step due(int64_t now_ms);
  // Where nothing is due: for how long, unless something else happens.
  int64_t wait_ms(int64_t now_ms) const;

  wire::JoinGroupRequest join_request();
  // The leader's holds the assignment, so it needs the partition counts of group_topics(); others need none.
  wire::SyncGroupRequest sync_request(const PartitionCounts& counts) const;
  wire::HeartbeatRequest heartbeat_request(int64_t now_ms);
  // What takes the answer to an M. Errors end the member.
  template <class M>
  using Take = Result<GroupOutcome> (ClassicMember::*)(const typename M::Response&, int64_t now_ms);
  Result<GroupOutcome> joined(const wire::JoinGroupResponse& answer, int64_t now_ms);
  Result<GroupOutcome> synced(const wire::SyncGroupResponse& answer, int64_t now_ms);
  Result<GroupOutcome> heard(const wire::HeartbeatResponse& answer, int64_t now_ms);
  // The request or its answer was lost on the way.
  void lost(Step step, int64_t now_ms);

  bool leads() const { return leader_ && !skip_assignment_; }
  // Of all members' subscriptions; empty unless it leads.
  const std::set<std::string>& group_topics() const { return group_topics_; }
  // None where it has nothing to leave, or is static.
  std::optional<wire::LeaveGroupRequest> leave_request() const;

  const std::string& member_id() const { return member_id_; }
  int32_t generation() const { return generation_; }
  const std::string& assignor() const { return assignor_; }
  // Counts the times that it lost its place; what was true before one is not after it.
  uint64_t life() const { return life_; }

 private:
  bool cooperative() const { return assignor_ == kCooperativeStickyAssignor; }
  std::string subscription() const;
  void take_members(const wire::JoinGroupResponse& answer);
  void adopt(const PartitionNames& assigned);
  void lose_place(bool keep_id);
  Result<GroupOutcome> refused(Errc code);

  const GroupOptions& options_;
  Handover& handover_;
  std::vector<std::string> topics_;         // to be subscribed
  std::vector<std::string> joined_topics_;  // as of the last join
  std::string member_id_;
  int32_t generation_ = -1;
  std::string assignor_;
  bool rejoin_ = true;
  bool sync_due_ = false;
  bool leader_ = false;
  bool skip_assignment_ = false;  // the leader is static and back: what is assigned stays (KIP-814)
  std::vector<AssigningMember> members_;
  std::set<std::string> group_topics_;
  int64_t heartbeat_ms_;
  int64_t awake_ms_ = 0;  // when it was last asked or told something
  int64_t heard_ms_ = 0;  // the last heartbeat's, or the place's begin; 0 is long ago
  uint64_t life_ = 0;
};

}  // namespace sl::client
