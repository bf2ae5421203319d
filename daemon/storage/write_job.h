// WriteJob: one group write: what waited, up to the group's bound, written in order and, where the topic asks, synced
// once; before it, if the segment is full, the roll. What is hard about it is failure: after a full disk the file
// is cut back to what was there before, since half a group left behind could be taken for good by the next recovery.
//
// Roll: cut to size, sync, new file, sync of the directory. So a later segment's existence proves that the earlier one
// is whole on disk, which recovery relies on.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/ids.h"
#include "base/result.h"
#include "storage/job.h"
#include "storage/log_place.h"
#include "storage/producers.h"

namespace sl::storage {

// A batch with its final offsets, on its way to the disk.
struct QueuedBatch {
  Slice batch;
  Offset base;
  Offset next;
  bool begins_epoch = false;               // its append made the epoch's entry
  std::unique_ptr<ProducerUndo> producer;  // null where it has no producer id
};

class WriteJob final : public Job {
 public:
  void run() override;
  size_t bytes() const { return bytes_; }
  bool synced() const { return sync_; }

 private:
  friend class PartitionLog;
  Status roll();
  Status write();
  void reserve();
  void cut_back();

  std::shared_ptr<const LogPlace> place_;
  std::vector<QueuedBatch> batches_;
  size_t bytes_ = 0;
  std::shared_ptr<File> file_;  // of the active segment; after a roll, of the new one
  uint64_t position_ = 0;       // its end: where the group goes, or where it is cut before a roll
  uint64_t file_bytes_ = 0;     // how large the file is, with what is preallocated
  uint64_t reserve_max_ = 0;    // no preallocation beyond
  bool sync_ = false;           // after the write
  bool roll_ = false;           // before it
  bool sync_before_roll_ = false;
  Offset roll_base_;
  bool cut_first_ = false;  // an earlier write failed: what it left must be cut off, and durably
  // Results.
  Status result_;
  bool rolled_ = false;
};

}  // namespace sl::storage
