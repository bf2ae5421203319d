// A group of KIP-848: the coordinator decides who shall own what (the target), and each member walks there by itself,
// heartbeat by heartbeat, giving up before anybody else is given (ConsumerGroup.java, CurrentAssignmentBuilder.java).
//
// Three epochs: the group's grows with every change of members, subscriptions or topics; the target's says for which
// group epoch the target was made (here always at once, so the two are equal); a member's says to which it has come.
//
// Hard about it is that every step must be durable before a member hears of it, and steps build on each other. So one
// append of a group is under way at a time. What is asked meanwhile waits, and is then decided together: one new
// epoch and one append for a whole storm of joins. Memory is changed at once, with what was there before kept aside;
// a failed append puts that back, and everybody who waited for it is told to retry.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "group/assignors.h"
#include "group/deadlines.h"
#include "group/outcome.h"

namespace sl::group {

enum class ConsumerState : uint8_t { kEmpty, kAssigning, kReconciling, kStable, kDead };
// "Reconciling": Kafka's spelling.
std::string_view name_of(ConsumerState state);

inline constexpr int32_t kLeaveEpoch = -1;
inline constexpr int32_t kLeaveForAWhileEpoch = -2;

struct ConsumerMember {
  MemberRecord::Value metadata;
  CurrentAssignmentRecord::Value current;
  PartitionSet target;
  // What only this life of the coordinator knows:
  bool described = false;  // has a MemberRecord
  int64_t session_until_ms = 0;
  int64_t session_entry_ms = 0;      // the time under which the heap holds it
  int64_t revoke_until_ms = kNever;  // while kUnrevokedPartitions
};
using ConsumerMembers = std::map<std::string, ConsumerMember>;

class ConsumerGroup {
 public:
  ConsumerGroup(std::string id, const GroupSettings& settings) : id_(std::move(id)), settings_(settings) {}

  // Joins, leaves and everything between. The answer comes now, or out of settled().
  void heartbeat(RequestId request, ConsumerHeartbeat heartbeat, const Topics& topics, Now now, Outcome& out);
  // Sessions and revocations whose time has come. To be called at next_deadline_ms() or later.
  void expire(Now now, const Topics& topics, Outcome& out);
  // The append of `ticket` is durable (kNone) or failed. Decides what waited.
  void settled(uint64_t ticket, Errc result, const Topics& topics, Now now, Outcome& out);
  // The coordinator moves away or the group is deleted: whoever waits is told `error`.
  void die(Errc error, Outcome& out);

  // kUnknownMemberId, kStaleMemberEpoch. Without a member (an empty id, a negative epoch) only an empty group takes
  // one.
  Errc check_commit(const std::string& member_id, int32_t epoch) const;

  // While the log is loaded: records in its order, then loaded(), which begins the sessions.
  void apply(const Record& record);
  void loaded(Now now);

  // The rest tells what is durable.
  struct Description {
    ConsumerState state = ConsumerState::kEmpty;
    int32_t epoch = 0;
    int32_t target_epoch = 0;
    std::string assignor;
    ConsumerMembers members;
  };
  Description describe() const;
  // Records that make this group from nothing.
  std::vector<Record> image() const;
  // Tombstones of all that image() would say.
  std::vector<Record> tombstones() const;
  bool subscribes(const std::string& topic, const Topics& topics) const;

  bool empty() const { return members_.empty(); }
  size_t size() const { return members_.size(); }
  bool has_unsettled_append() const { return in_flight_ != nullptr; }
  int32_t epoch() const { return epoch_; }
  // When the group's newest target was made.
  int64_t target_wall_ms() const { return target_wall_ms_; }
  int64_t next_deadline_ms() const { return in_flight_ ? kNever : deadlines_.next(); }

 private:
  enum class Wait : uint8_t { kSession, kRevoke };
  using Deadline = std::pair<Wait, std::string>;
  struct Waiting {
    RequestId request;
    ConsumerHeartbeat heartbeat;
  };
  // What one append carries, and what was before it.
  struct Change {
    std::vector<Record> records;
    std::vector<Answer> answers;
    std::map<std::string, std::optional<ConsumerMember>> before;
    int32_t epoch = 0;
    int64_t hash = 0;
    int32_t target_epoch = 0;
    int64_t target_wall_ms = 0;
    bool new_epoch = false;  // wanted
  };
  // A heartbeat that was taken, between the two halves of a decision.
  struct Taken {
    RequestId request;
    std::string member_id;
    std::optional<PartitionSet> owned;
    bool tell_all = false;  // the member may not know its assignment
  };

  Change begin() const;
  void decide(std::vector<Waiting> batch, const Topics& topics, Now now, Outcome& out);
  void finish(Change change, Outcome& out);
  std::optional<Taken> take(Waiting& waiting, Change& change, Now now);
  Errc check(const ConsumerHeartbeat& heartbeat, std::string& message) const;
  // kNone for one that goes on; what a leaving member is answered goes to `change`.
  Errc leave(const Waiting& waiting, Change& change);
  Errc admit(ConsumerHeartbeat& heartbeat, Change& change, Taken& taken);
  Errc check_epoch(const ConsumerHeartbeat& heartbeat, Taken& taken) const;
  void replace(const std::string& old_id, const std::string& new_id, Change& change);
  void update_metadata(const ConsumerHeartbeat& heartbeat, Change& change);
  void remove(const std::string& member_id, Change& change);
  void refresh_target(const Topics& topics, Now now, Change& change);
  void reconcile(const Taken& taken, Now now, Change& change);
  CurrentAssignmentRecord::Value next_assignment(const std::string& member_id, const ConsumerMember& member,
                                                 const std::optional<PartitionSet>& owned) const;
  void write_current(const std::string& member_id, CurrentAssignmentRecord::Value value, Change& change);

  // The member to be changed, which is kept aside first. Made if it is not there.
  ConsumerMember& touch(const std::string& member_id, Change& change);
  void undo(const Change& change, Now now);
  void index(const std::string& member_id, const ConsumerMember& member);
  void unindex(const std::string& member_id, const ConsumerMember& member);
  void add_session(const std::string& member_id, ConsumerMember& member, Now now);

  std::vector<std::string> topic_names(const MemberRecord::Value& metadata, const Topics& topics) const;
  int64_t metadata_hash(const Topics& topics) const;
  std::string assignor() const;
  int32_t heartbeat_interval_ms() const;

  std::string id_;
  const GroupSettings& settings_;
  ConsumerMembers members_;
  int32_t epoch_ = 0;
  int64_t hash_ = 0;
  int32_t target_epoch_ = 0;
  int64_t target_wall_ms_ = 0;
  // Derived from members_: who has, or has not given up, a partition; who uses an instance id.
  std::map<TopicPartition, std::string> owners_;
  std::map<std::string, std::string> instances_;
  std::optional<int64_t> topics_version_;  // as of which hash_ is right
  Deadlines<Deadline> deadlines_;
  std::unique_ptr<Change> in_flight_;
  std::vector<Waiting> waiting_;
  uint64_t last_ticket_ = 0;
};

}  // namespace sl::group
