// Replicas: all partitions on this node, kept equal to what the metadata image assigns to it: opens what is new, takes
// changed settings, deletes what is gone. Also the partitions' housekeeping: checkpoints, retention,
// compaction, relaxed syncs.
// Lives on one shard.
#pragma once
#include <map>
#include <memory>

#include "aio/event.h"
#include "aio/runtime.h"
#include "cluster/image.h"
#include "cluster/settings.h"
#include "replica/partition.h"
#include "storage/data_directory.h"

namespace sl::replica {

struct ReplicasOptions {
  // A checkpoint is a sync of the index's file, and produces wait while it lasts: so at most one a second, and as long
  // as little would have to be read after a crash, one in ten seconds.
  int64_t checkpoint_interval_ms = 1000;
  int64_t checkpoint_interval_max_ms = 10'000;
  uint64_t checkpoint_bytes = 64 << 20;
  int64_t retention_interval_ms = 300'000;  // log.retention.check.interval.ms
  // log.cleaner.*
  struct Cleaner {
    int threads = 1;
    int64_t backoff_ms = 15'000;
    size_t map_bytes = 32 << 20;
    double bytes_per_second = 1e300;
  } cleaner;
  storage::StorageOptions storage;
};

class Replicas {
 public:
  Replicas(Shard& shard, storage::DataDirectory& data, const cluster::BrokerSettings& settings, NodeId node,
           ReplicasOptions options);
  ~Replicas();

  // Makes the partitions of this node equal to the image's; returns when that is done. Calls are queued, and one that
  // comes while another runs is served by one more round for all of them. What fails is tried again by tend(), later
  // and later; so `image` outlives this.
  aio::Task<Status> reconcile(const cluster::Image& image);
  // Null where this node has none (or not yet, or no longer).
  std::shared_ptr<Partition> find(const Uuid& topic, sl::Partition partition) const;
  size_t size() const { return partitions_.size(); }
  // Whether every partition that the last whole reconcile() wanted is open, and so recovered.
  bool complete() const { return complete_; }

  // At start: folders that the image does not know are set aside.
  aio::Task<Status> set_orphans_aside(const cluster::Image& image);
  // A log that is not a partition's here but shares the checkpoints: the metadata log. Lives until the last one.
  void add_log(storage::PartitionLog& log) { other_logs_.push_back(&log); }
  // Housekeeping until stop(); spawn it once.
  aio::Task<void> tend();
  // Opens no more: a reconcile() that runs, which at a start may take long, ends soon. stop() follows.
  void stop_opening() { stopping_ = true; }
  // Ends every partition. Cleanly: all is synced; a checkpoint() afterwards spares the next start the look.
  aio::Task<void> stop(bool cleanly);
  // Writes what changed in any log since the last checkpoint. `idle_since_ns`: only of those that were idle since.
  aio::Task<void> checkpoint(int64_t idle_since_ns = INT64_MAX);

 private:
  struct Key {
    Uuid topic;
    int32_t partition;
    auto operator<=>(const Key&) const = default;
  };
  struct Wanted;
  aio::Task<Status> reconcile_once(const cluster::Image& image);
  aio::Task<void> open_one(Key key, Wanted wanted, Status* result);
  aio::Task<Status> remove(std::vector<Key> keys);
  void try_again(int64_t now_ms);
  aio::Task<void> reconcile_again();
  std::vector<storage::PartitionLog*> logs();
  // replicas_compact.cc
  struct CompactRound;
  aio::Task<void> compact();
  aio::Task<bool> compact_round();
  aio::Task<void> compact_due(CompactRound& round);

  Shard& shard_;
  storage::DataDirectory& data_;
  const cluster::BrokerSettings& settings_;
  NodeId node_;
  ReplicasOptions options_;
  storage::TailBudget tails_;
  storage::Checkpointer checkpointer_;
  std::map<Key, std::shared_ptr<Partition>> partitions_;
  bool reconciling_ = false;
  bool complete_ = false;
  uint64_t rounds_started_ = 0;
  uint64_t rounds_done_ = 0;
  Status last_round_;
  const cluster::Image* image_ = nullptr;  // of the last round
  int64_t retry_at_ms_ = 0;
  int64_t retry_pause_ms_ = 0;
  std::vector<storage::PartitionPlace> undeleted_;
  aio::Event round_done_;
  aio::Event checkpointed_;
  bool checkpoint_failing_ = false;  // and said so
  aio::Timer tick_;
  aio::Timer clean_tick_;
  CleanPace pace_;
  aio::TaskGroup tasks_;
  std::vector<storage::PartitionLog*> other_logs_;
  bool stopping_ = false;
};

}  // namespace sl::replica
