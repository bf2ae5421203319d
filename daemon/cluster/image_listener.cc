// Applies what the quorum says, with the offset in every complaint.
#include "cluster/image_listener.h"

#include <fmt/core.h>

namespace sl::cluster {
namespace {

Status with_place(Status status, Offset offset) {
  if (status) return status;
  return Error{status.code(), fmt::format("metadata at offset {}: {}", offset.value, status.error().context)};
}

}  // namespace

Status ImageListener::begin_snapshot(Offset end) {
  snapshot_end_ = end;
  image_.reset(end);
  return {};
}

Status ImageListener::on_snapshot_record(const wire::MetadataRecord& record) {
  return with_place(image_.apply(record, snapshot_end_ - 1), snapshot_end_ - 1);
}

Status ImageListener::end_snapshot() {
  if (changed_) changed_();
  return {};
}

Status ImageListener::on_committed(const wire::MetadataRecord& record, Offset offset) {
  SL_CHECK(with_place(image_.apply(record, offset), offset));
  if (changed_) changed_();
  return {};
}

void ImageListener::on_leader(NodeId leader, Epoch epoch) {
  leader_ = leader;
  leader_epoch_ = epoch;
}

}  // namespace sl::cluster
