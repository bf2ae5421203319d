// A group of the classic protocol: its members meet at a barrier (join), one of them, the leader, shares out the
// partitions, and each fetches its share (sync); then they send heartbeats until somebody comes, goes or changes.
// The states and answers are those of Kafka (ClassicGroup.java, GroupMetadataManager.java; KIP-345, 394, 814).
//
// The generation and the members live in memory; written down is what the leader decided, and that the group is empty.
// Until the leader's record is durable nobody is told an assignment. If the append fails, the assignment is forgotten,
// everybody who waits is told so, and the members meet again in a new generation.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "group/deadlines.h"
#include "group/outcome.h"

namespace sl::group {

enum class ClassicState : uint8_t { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable, kDead };
// "PreparingRebalance": Kafka's spelling in ListGroups and DescribeGroups.
std::string_view name_of(ClassicState state);

struct ClassicMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  ClientIdentity client;
  int32_t rebalance_timeout_ms = 0;
  int32_t session_timeout_ms = 0;
  std::vector<ClassicProtocol> protocols;
  std::string assignment;
  // What only this life of the coordinator knows:
  int64_t session_until_ms = 0;
  int64_t session_entry_ms = 0;            // the time under which the heap holds it
  bool synced = false;                     // has asked for the assignment of this generation
  std::optional<RequestId> parked_join{};  // waits for the barrier
  std::optional<RequestId> parked_sync{};  // waits for the leader, or for its record to be durable
  const std::string* metadata_of(const std::string& protocol) const;
};

class ClassicGroup {
 public:
  ClassicGroup(std::string id, const GroupSettings& settings) : id_(std::move(id)), settings_(settings) {}
  // As the log tells it; sessions begin at `now`.
  ClassicGroup(std::string id, const GroupSettings& settings, const ClassicGroupRecord::Value& stored, Now now);

  // The answers to these come now, or later out of any transition that ends the wait.
  void join(RequestId request, const JoinRequest& join, Now now, Outcome& out);
  void sync(RequestId request, const SyncRequest& sync, Now now, Outcome& out);
  void heartbeat(RequestId request, const HeartbeatRequest& heartbeat, Now now, Outcome& out);
  void leave(RequestId request, const std::vector<LeavingMember>& members, Now now, Outcome& out);
  // Sessions, barriers and pending joins whose time has come. To be called at next_deadline_ms() or later.
  void expire(Now now, Outcome& out);
  // The append of `ticket` is durable (kNone) or failed.
  void settled(uint64_t ticket, Errc result, Now now, Outcome& out);
  // The coordinator moves away or the group is deleted: whoever waits is told `error`, and the group is Dead.
  void die(Errc error, Outcome& out);

  // Whether a commit may be appended: kUnknownMemberId, kIllegalGeneration, kFencedInstanceId, kRebalanceInProgress.
  // A commit is a sign of life, so it renews the session.
  Errc check_commit(const CommitRequest& commit, Now now);

  ClassicState state() const { return state_; }
  int32_t generation() const { return generation_; }
  const std::string& protocol_type() const { return protocol_type_; }
  const std::string& protocol() const { return protocol_; }
  const std::string& leader() const { return leader_; }
  const std::map<std::string, ClassicMember>& members() const { return members_; }
  // Whether a member reads the topic, as far as the consumers' own protocol tells; another protocol's bytes are not
  // ours to read, so such a group reads everything.
  bool subscribes(const std::string& topic) const;
  // When it entered its state.
  int64_t state_wall_ms() const { return state_wall_ms_; }
  bool has_unsettled_appends() const { return !unsettled_.empty(); }
  // Empty, and nobody is about to join.
  bool is_idle() const { return state_ == ClassicState::kEmpty && pending_.empty(); }
  int64_t next_deadline_ms() const { return deadlines_.next(); }
  // What the log says, or will say once all appends are settled and the group is Stable or Empty.
  ClassicGroupRecord record() const;

 private:
  enum class Wait : uint8_t { kSession, kPendingJoin, kJoin, kSync };
  struct Deadline {
    Wait what;
    std::string member_id;
    int64_t round = 0;  // of joins and syncs: an older round's deadline means nothing
    auto operator<=>(const Deadline&) const = default;
  };
  // What an append was for.
  struct Unsettled {
    enum class Why : uint8_t { kEmptied, kAssigned, kReplaced } why = Why::kEmptied;
    int32_t generation = 0;
    int64_t wall_ms = 0;
    // Of a static member that restarted: who it was before, and the join that waits.
    std::string member_id{};
    std::shared_ptr<ClassicMember> before{};
    RequestId request = 0;
    bool can_skip_assignment = false;
  };

  Errc check_join(const JoinRequest& join) const;
  bool supports(const JoinRequest& join) const;
  void join_new_member(RequestId request, const JoinRequest& join, Now now, Outcome& out);
  void join_known_member(RequestId request, const JoinRequest& join, Now now, Outcome& out);
  void add_member(RequestId request, const JoinRequest& join, const std::string& member_id, Now now, Outcome& out);
  void update_and_rebalance(ClassicMember& member, RequestId request, const JoinRequest& join, Now now, Outcome& out);
  void replace_static_member(RequestId request, const JoinRequest& join, Now now, Outcome& out);
  void settle_replacement(const Unsettled& settled, Errc result, Now now, Outcome& out);
  void rename(const std::string& from, const std::string& to);
  void take_join(ClassicMember& member, RequestId request, const JoinRequest& join, Outcome& out);

  void prepare_rebalance(Now now, Outcome& out);
  void try_complete_join(Now now, Outcome& out);
  void complete_join(Now now, Outcome& out);
  void remove_member(const std::string& member_id, Outcome& out);
  // Fewer members than before meet again.
  void after_removal(size_t members_before, Now now, Outcome& out);
  void expire_session(const std::string& member_id, int64_t announced_ms, Now now, Outcome& out);
  void expire_syncs(Now now, Outcome& out);
  void end_assignment(Errc error, Outcome& out);

  // The member that the request names, or why not: kUnknownMemberId, kFencedInstanceId.
  Result<ClassicMember*> member_of(const std::string& member_id, const std::optional<std::string>& instance_id);
  Errc remove_leaving(const LeavingMember& leaving, Outcome& out);
  JoinAnswer joined(const ClassicMember& member) const;
  SyncAnswer assigned(const ClassicMember& member) const;
  void renew_session(ClassicMember& member, Now now) const;
  void add_session(ClassicMember& member, Now now);
  std::string select_protocol() const;
  int32_t rebalance_timeout_ms() const;
  void enter(ClassicState state, Now now);
  ClassicGroupRecord record_with(const std::map<std::string, std::string>* assignments) const;
  void append(Record record, Unsettled why, Outcome& out);

  std::string id_;
  const GroupSettings& settings_;
  ClassicState state_ = ClassicState::kEmpty;
  int64_t state_wall_ms_ = -1;
  int32_t generation_ = 0;
  std::string protocol_type_;
  std::string protocol_;
  std::string leader_;
  std::map<std::string, ClassicMember> members_;
  std::map<std::string, std::string> instances_;  // instance id -> member id
  std::map<std::string, int64_t> pending_;        // told its id, has not joined yet -> until when
  size_t parked_joins_ = 0;
  int64_t round_ = 0;  // counts barriers
  int64_t join_not_before_ms_ = 0;
  int64_t join_until_ms_ = 0;
  bool assigning_ = false;  // the leader of this generation has decided; its record is on its way
  std::map<std::string, std::string> assignments_;  // what it decided
  Deadlines<Deadline> deadlines_;
  uint64_t last_ticket_ = 0;
  std::map<uint64_t, Unsettled> unsettled_;
};

// The topics in a subscription of the consumers' own protocol (ConsumerProtocolSubscription); none if the bytes are
// something else.
std::optional<std::vector<std::string>> subscribed_topics(std::string_view subscription);

}  // namespace sl::group
