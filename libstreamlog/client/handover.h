// Handover: what a member owns, and the events that tell its reader how that changes. Both protocols report here.
//
// What is hard is the order: the reader hears of changes later than they are decided, so an answer of its ("I have let
// go") may belong to a revocation that is no longer the current one, after the partitions were lost and given again.
#pragma once
#include <deque>
#include <set>

#include "client/group.h"

namespace sl::client {

using PartitionNames = std::set<TopicPartition>;

class Handover {
 public:
  // Includes what is being revoked.
  const PartitionNames& owned() const { return owned_; }
  // The reader has yet to let go of some; only one revocation is under way at any time.
  bool revoking() const { return !revoked_.empty(); }

  // The first call is an event even where nothing is added.
  void assign(const PartitionNames& added);
  // Nothing is being revoked now; all are owned; not empty.
  void revoke(PartitionNames revoked);
  // All of it, no matter what is being revoked.
  void lose();
  // The reader has let go of what the last kRevoked it took was about. True where that ends the current revocation.
  bool let_go();
  // Counts the revocations that have ended.
  uint64_t let_gos() const { return let_gos_; }

  bool any() const { return !events_.empty(); }
  GroupEvent take();  // any() is true

 private:
  struct Told {
    GroupEvent event;
    uint64_t revocation = 0;
  };
  void tell(GroupEvent::Kind kind, const PartitionNames& partitions);

  PartitionNames owned_, revoked_;
  bool began_ = false;
  uint64_t revocation_ = 0;  // counts them; the current one's number
  uint64_t taken_ = 0;       // of the last kRevoked that the reader took
  uint64_t let_gos_ = 0;
  std::deque<Told> events_;
};

}  // namespace sl::client
