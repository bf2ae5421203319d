// ConsumerMember: one member of a group of the newer protocol (KIP-848), as a state machine without network or clock.
// The coordinator assigns; one request, ConsumerGroupHeartbeat, says all: what the member wants, what it owns, that it
// lives. The answer says what it shall own, and is right at any time: what is in it belongs to nobody else.
//
// What is hard: what goes is given up first and reported after, and only that report frees it for others; meanwhile
// newer assignments may come. And topics have ids here: one that was deleted and made anew has the old name, and is
// another all the same.
#pragma once
#include <map>
#include <vector>

#include "base/uuid.h"
#include "client/group_errors.h"
#include "client/handover.h"
#include "wire/messages/membership.h"

namespace sl::client {

class ConsumerMember {
 public:
  // `options` and `handover` must outlive it. The id, unique, is the member's for its whole life.
  ConsumerMember(const GroupOptions& options, std::string member_id, Handover& handover);

  // What it wants to read from now on, sorted.
  void subscribe(std::vector<std::string> topics);
  void hurry() { hurry_ = true; }
  // The reader has let go of what was revoked.
  void let_go();

  bool due(int64_t now_ms) const { return wait_ms(now_ms) == 0; }
  int64_t wait_ms(int64_t now_ms) const;
  wire::ConsumerGroupHeartbeatRequest request(int64_t now_ms);
  // Errors end the member.
  Result<GroupOutcome> heard(const wire::ConsumerGroupHeartbeatResponse& answer, int64_t now_ms);
  // The request or its answer was lost on the way.
  void lost();

  // Topics of the assignment whose names are to be found out and told by learn(); until then they are not read.
  std::vector<Uuid> unknown_topics() const;
  void learn(const Uuid& id, const std::string& name);
  // Brings what is owned nearer to the assignment, where no revocation is under way.
  void reconcile();

  // None where it has never asked to join; a join whose answer did not come yet counts. A static member says that it
  // will be back.
  std::optional<wire::ConsumerGroupHeartbeatRequest> leave_request() const;

  const std::string& member_id() const { return member_id_; }
  int32_t epoch() const { return epoch_; }
  // Counts the times that it lost its place; what was true before one is not after it.
  uint64_t life() const { return life_; }

 private:
  using Partitions = std::map<Uuid, std::vector<int32_t>>;
  Partitions owned_by_id() const;
  void lose_place();
  Result<GroupOutcome> refused(Errc code, const std::string& said, int64_t now_ms);

  const GroupOptions& options_;
  Handover& handover_;
  std::string member_id_;
  int32_t epoch_ = 0;  // 0: to join
  std::vector<std::string> topics_;
  bool subscribed_ = false;  // topics_ are known
  bool tell_all_ = true;     // the coordinator may not have heard what was said before
  bool tell_topics_ = true;
  bool hurry_ = true;
  bool asked_ = false;
  Partitions told_owned_;
  Partitions assigned_;                       // the newest answer's
  std::map<Uuid, std::string> names_;         // of topics of the assignment
  std::map<std::string, Uuid> owned_topics_;  // the ids under which they are owned
  int64_t interval_ms_ = 0;
  int64_t sent_ms_ = 0;
  int64_t unreleased_since_ms_ = -1;
  uint64_t life_ = 0;
};

}  // namespace sl::client
