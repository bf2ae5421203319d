#include "client/handover.h"

#include <cassert>

namespace sl::client {

void Handover::tell(GroupEvent::Kind kind, const PartitionNames& partitions) {
  Told told;
  told.event.kind = kind;
  told.event.partitions.assign(partitions.begin(), partitions.end());
  told.revocation = revocation_;
  events_.push_back(std::move(told));
}

void Handover::assign(const PartitionNames& added) {
  if (added.empty() && began_) return;
  began_ = true;
  owned_.insert(added.begin(), added.end());
  tell(GroupEvent::Kind::kAssigned, added);
}

void Handover::revoke(PartitionNames revoked) {
  assert(!revoking() && !revoked.empty());
  ++revocation_;
  revoked_ = std::move(revoked);
  tell(GroupEvent::Kind::kRevoked, revoked_);
}

void Handover::lose() {
  if (!owned_.empty()) tell(GroupEvent::Kind::kLost, owned_);
  owned_.clear();
  revoked_.clear();
}

bool Handover::let_go() {
  if (!revoking() || taken_ != revocation_) return false;
  for (const TopicPartition& each : revoked_) owned_.erase(each);
  revoked_.clear();
  ++let_gos_;
  return true;
}

GroupEvent Handover::take() {
  Told told = std::move(events_.front());
  events_.pop_front();
  if (told.event.kind == GroupEvent::Kind::kRevoked) taken_ = told.revocation;
  return std::move(told.event);
}

}  // namespace sl::client
