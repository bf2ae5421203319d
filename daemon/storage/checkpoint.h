// Checkpoints: what lets a log open without reading itself: recovery point, epochs, producers, index entries, counts.
// Now and then (replica decides) a Checkpointer collects from every log that changed and writes all of it in one
// transaction of the index.
//
// Never ahead of the disk: a log gives only what its last sync made durable. And never behind a cut: a truncation may
// overtake a checkpoint that was collected before it, so each part is dropped inside the transaction if its log's
// generation has moved on since.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "kv/store.h"
#include "storage/job.h"

namespace sl::storage {

class PartitionLog;

// What outlives a log for the sake of its jobs. `generation` is the one thing that shard and pool share; `log` belongs
// to the shard and is null once the log is gone.
struct LogToken {
  std::atomic<uint64_t> generation{0};
  PartitionLog* log = nullptr;
};

// One log's share of a checkpoint.
struct CheckpointPart {
  std::shared_ptr<LogToken> token;
  uint64_t generation = 0;
  std::vector<std::pair<std::string, std::string>> puts;
  std::vector<std::string> erased;
  bool applied = false;
  // What the log marks as stored when it hears of success.
  struct StoredIndex {
    Offset segment;
    size_t entries = 0;
    bool sealed = false;
  };
  std::vector<StoredIndex> indexes;
  std::vector<ProducerId> producers;
  uint64_t epochs_version = 0;
  uint64_t unsaved_bytes = 0;
};

class CheckpointJob final : public Job {
 public:
  void run() override;
  size_t partitions() const { return parts_.size(); }

 private:
  friend class Checkpointer;
  kv::Store* index_ = nullptr;
  std::vector<CheckpointPart> parts_;
  Status result_;
};

class Checkpointer {
 public:
  explicit Checkpointer(kv::Store& index) : index_(&index) {}
  // Collects from those of `logs` that changed; null where none did or a checkpoint is under way. With `idle_since_ns`
  // only from those whose last sync was before it.
  std::unique_ptr<CheckpointJob> start(std::span<PartitionLog* const> logs, int64_t idle_since_ns = INT64_MAX);
  // A failed checkpoint loses nothing: its parts come again with the next one.
  Status finish(std::unique_ptr<CheckpointJob> job);
  bool under_way() const { return under_way_; }

 private:
  kv::Store* index_;
  bool under_way_ = false;
};

}  // namespace sl::storage
