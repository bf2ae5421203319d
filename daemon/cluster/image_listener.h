// ImageListener: keeps an image equal to the metadata log: the quorum tells it what is committed, it applies that, and
// calls whoever wants to know.
#pragma once
#include <functional>

#include "cluster/image.h"
#include "quorum/quorum.h"

namespace sl::cluster {

class ImageListener final : public quorum::Listener {
 public:
  // `changed` is called after each record that was applied; it must not change the image or call the quorum.
  explicit ImageListener(Image& image, std::function<void()> changed = {})
      : image_(image), changed_(std::move(changed)) {}

  Status begin_snapshot(Offset end) override;
  Status on_snapshot_record(const wire::MetadataRecord& record) override;
  Status end_snapshot() override;
  Status on_committed(const wire::MetadataRecord& record, Offset offset) override;
  void on_leader(NodeId leader, Epoch epoch) override;
  std::vector<wire::MetadataRecord> state() const override { return image_.records(); }

  NodeId leader() const { return leader_; }
  Epoch leader_epoch() const { return leader_epoch_; }

 private:
  Image& image_;
  std::function<void()> changed_;
  Offset snapshot_end_;
  NodeId leader_{-1};
  Epoch leader_epoch_ = kNoEpoch;
};

}  // namespace sl::cluster
