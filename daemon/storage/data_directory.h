// DataDirectory: everything a daemon keeps, and whose it is: `format` (version, cluster, node, directory id), the lock
// that keeps a second daemon out, the clean mark, the index, and a folder for each partition:
//
//   <data>/format            <data>/lock            <data>/clean        <data>/sync-failed
//   <data>/index.lmdb        <data>/meta/           the metadata partition, its snapshots, quorum-state
//   <data>/<topic id>/<partition>/<base offset, 20 digits>.log          <data>/orphaned/   <data>/deleted/
//
// The clean mark is written and synced last of all at a clean stop, and removed, durably, before the first write after
// it. A partition that the metadata does not know is moved to orphaned/, never deleted. All calls block.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/uuid.h"
#include "kv/store.h"

namespace sl::storage {

struct Format {
  static constexpr int kVersion = 1;
  int version = kVersion;
  std::string cluster_id;  // empty until the cluster's first record is committed
  NodeId node;
  Uuid directory_id;
};

struct PartitionPlace {
  Uuid topic;
  Partition partition;
};

class DataDirectory {
 public:
  struct Seams {
    FileSystem& files;
    Logger& logger;
    Random& random;
    kv::Opener& index_opener;
  };
  // Makes a blank directory its own. kLocked where another daemon has it; kBadConfig where it is another node's, of a
  // newer version, or not a data directory at all; kCorrupt where `format` is damaged.
  static Result<std::unique_ptr<DataDirectory>> open(const Seams& seams, std::string path, NodeId node);

  const std::string& path() const { return path_; }
  const Format& format() const { return format_; }
  // Copied here once it is committed. kInconsistentClusterId where another one is recorded.
  Status set_cluster_id(const std::string& cluster_id);

  // How the last run ended.
  bool was_clean() const { return was_clean_; }
  bool distrust_cache() const { return distrust_cache_; }
  // The index was missing or damaged and is empty now.
  bool index_is_new() const { return index_is_new_; }
  // Durably removes the clean mark.
  Status begin_writing();
  // Last of all, and only if every log was recovered: it also forgets that a sync had failed. `index()` is closed.
  Status end_cleanly();
  // At once after a failed sync, so that the next start distrusts the page cache. As well as it can; may be repeated.
  void mark_sync_failed();

  kv::Store& index() { return *index_; }
  std::string meta_path() const { return path_ + "/meta"; }
  std::string partition_path(const Uuid& topic, Partition partition) const;
  // All partitions that have a folder, sorted.
  Result<std::vector<PartitionPlace>> partitions() const;
  // Moves a folder that nobody knows aside, and says where to.
  Result<std::string> set_aside(const PartitionPlace& place);
  // Deletes partitions for good: first their names, durably, then their share of the index and their bytes. All of them
  // together take as many syncs as one of each topic. The first error; the others go on save after a failed sync. What
  // is not there is no error, so it can be called again.
  Status delete_partitions(std::span<const PartitionPlace> places);
  Status delete_partition(const PartitionPlace& place) { return delete_partitions({&place, 1}); }
  Result<FileSystem::Space> space() const { return files_->space(path_); }

 private:
  DataDirectory() = default;
  Status refuse_foreign() const;
  Status load_format(NodeId node, Random& random);
  Status save_format();
  Status open_index(kv::Opener& opener);
  Status sweep_deleted();
  Status forget_logs(std::span<const PartitionPlace> places);

  FileSystem* files_ = nullptr;
  Logger* logger_ = nullptr;
  std::string path_;
  Format format_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<kv::Store> index_;
  bool was_clean_ = false;
  bool distrust_cache_ = false;
  bool index_is_new_ = false;
};

}  // namespace sl::storage
