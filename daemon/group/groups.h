// The groups of one partition of __consumer_offsets. A group is its committed offsets and, once somebody joined, the
// members of one protocol; an empty group may be taken up by the other protocol, one with members never changes.
// All state is rebuilt from the log: apply() every record, then loaded().
//
// The driver's rules are outcome.h's. Nothing here is shared between partitions, and nothing here waits.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "group/classic_group.h"
#include "group/committed_offsets.h"
#include "group/consumer_group.h"
#include "group/outcome.h"

namespace sl::group {

// Which of `partitions` (> 0) owns the group: Java's String.hashCode over UTF-16, its absolute value, modulo.
Partition partition_for(std::string_view group, int32_t partitions);

class Groups {
 public:
  explicit Groups(const GroupSettings& settings) : settings_(settings) {}
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;

  void join(RequestId request, const JoinRequest& join, Now now, Outcome& out);
  void sync(RequestId request, const SyncRequest& sync, Now now, Outcome& out);
  void heartbeat(RequestId request, const HeartbeatRequest& heartbeat, Now now, Outcome& out);
  void leave(RequestId request, const std::string& group, const std::vector<LeavingMember>& members, Now now,
             Outcome& out);
  void consumer_heartbeat(RequestId request, ConsumerHeartbeat heartbeat, const Topics& topics, Now now, Outcome& out);
  void commit(RequestId request, const CommitRequest& commit, Now now, Outcome& out);
  // kGroupIdNotFound, kNonEmptyGroup; kCoordinatorLoadInProgress while an append of the group is under way.
  void delete_group(RequestId request, const std::string& group, Outcome& out);
  // For each key kNone or kGroupSubscribedToTopic; of the whole kGroupIdNotFound.
  void delete_offsets(RequestId request, const std::string& group, const std::vector<CommittedOffsets::Key>& keys,
                      const Topics& topics, Outcome& out);

  // To be called at next_deadline_ms() or later.
  void expire(const Topics& topics, Now now, Outcome& out);
  int64_t next_deadline_ms() const { return deadlines_.next(); }
  // Offsets that have been unused for too long, and the groups that nothing is left of. To be called now and then
  // (Kafka: every 10 minutes); it looks at every offset.
  void expire_offsets(const Topics& topics, Now now, Outcome& out);
  // Offsets in topics that were deleted.
  void forget_topics(const std::vector<std::string>& names, Outcome& out);
  // What became of an append, in the order of the appends.
  void settled(const std::string& group, Source source, uint64_t ticket, Errc result, const Topics& topics, Now now,
               Outcome& out);

  void apply(const Record& record);
  void loaded(Now now);
  // Another node owns the partition now: whoever waits is told `error`, and nothing is left.
  void unload(Errc error, Outcome& out);

  // What is durable of a group. None if there is no such group, or it is not of that protocol.
  const CommittedOffsets* offsets(const std::string& group) const;
  const ClassicGroup* classic(const std::string& group) const;
  const ConsumerGroup* consumer(const std::string& group) const;
  // Whether a member may fetch offsets under this epoch (OffsetFetch v9): kUnknownMemberId, kStaleMemberEpoch.
  Errc check_fetch(const std::string& group, const std::string& member_id, int32_t epoch) const;
  // Members of the newer protocol in all groups.
  size_t consumer_members() const;
  struct Listed {
    std::string group;
    std::string_view type;  // "Classic" or "Consumer"
    std::string protocol_type;
    std::string_view state;
  };
  std::vector<Listed> list() const;
  // Nothing is unsettled and no classic group rebalances: all of it is in the log.
  bool settled() const;
  // Records that make everything here from nothing, once settled().
  std::vector<Record> image() const;

 private:
  struct Group {
    explicit Group(const std::string& id) : offsets(id) {}
    CommittedOffsets offsets;
    std::variant<std::monostate, ClassicGroup, ConsumerGroup> members;
    int64_t deadline_entry_ms = kNever;
    bool deleting = false;
    std::optional<RequestId> deletion_request;
    // While the log is loaded: the newest record of a classic group.
    std::optional<ClassicGroupRecord::Value> stored;
  };

  Group& make(const std::string& id);
  Group* find(const std::string& id);
  const Group* find(const std::string& id) const;
  // The group's members as those of one protocol, made if there are none of the other; else why not.
  template <class Kind>
  Result<Kind*> take_up(const std::string& id, Group& group, Outcome& out);
  void note_deadline(const std::string& id, Group& group);
  void drop_if_nothing(const std::string& id);
  void append_deletion(const std::string& id, Group& group, Outcome& out);
  void settle_deletion(const std::string& id, Group& group, Errc result, Outcome& out);
  static bool is_empty(const Group& group);
  static bool has_unsettled(const Group& group);

  const GroupSettings& settings_;
  std::map<std::string, Group> groups_;
  Deadlines<std::string> deadlines_;
};

}  // namespace sl::group
