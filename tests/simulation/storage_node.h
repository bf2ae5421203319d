// StorageNode: the storage of a daemon without its loop: a data directory, its logs, its checkpoints, every job run
// where it is made. One life of a node: it is destroyed without a word at a crash, and a new one opens what is left.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "kv/fake_store.h"
#include "storage/checkpoint.h"
#include "storage/data_directory.h"
#include "storage/partition_log.h"

namespace sl::simulation {

// Stands still until it is told to go on.
struct ManualClock final : Clock {
  int64_t wall = 1'700'000'000'000;
  int64_t mono = 1'000'000'000;
  int64_t wall_ms() const override { return wall; }
  int64_t mono_ns() const override { return mono; }
  void advance_ms(int64_t ms) {
    wall += ms;
    mono += ms * 1'000'000;
  }
};

struct LogId {
  Uuid topic;
  Partition partition;
  auto operator<=>(const LogId&) const = default;
  std::string text() const;
};

class StorageNode {
 public:
  static constexpr const char* kPath = "/data";

  // All of these outlive the node; `buffers` may serve many nodes.
  struct Seams {
    FileSystem& files;
    std::shared_ptr<kv::FakeMedium> medium;
    const Clock& clock;
    BufferPool& buffers;
    uint64_t seed = 1;
    storage::StorageOptions options;
  };
  explicit StorageNode(Seams seams);
  ~StorageNode();
  StorageNode(const StorageNode&) = delete;

  // Opens the data directory and removes the clean mark, as a daemon does before anything else.
  Status start();
  // Recovers the log, or makes it. `log_start` and `epoch_max` are what the metadata says.
  Result<storage::RecoveryReport> open(const LogId& id, const storage::LogSettings& settings, Offset log_start,
                                       Epoch epoch_max = kNoEpoch);
  // Null where it is not open.
  storage::PartitionLog* find(const LogId& id);
  // Closes it without a word and deletes it.
  Status remove(const LogId& id);
  Status checkpoint();
  // Closes every log, writes the last checkpoint and the clean mark.
  Status stop_cleanly();

  // Checks a batch as the broker does, and queues it.
  Result<storage::Appended> append(storage::PartitionLog& log, Slice batch, Epoch epoch);
  // Writes all that is queued.
  static Status write(storage::PartitionLog& log);
  static Status sync(storage::PartitionLog& log);
  // Whole batches from the one that holds `from` up to `limit`, one string each.
  static Result<std::vector<std::string>> read(storage::PartitionLog& log, Offset from, Offset limit);
  // The first of them.
  static Result<std::string> read_batch(storage::PartitionLog& log, Offset from);
  static Result<std::optional<storage::FoundTime>> find_time(storage::PartitionLog& log, int64_t timestamp_ms);

  storage::DataDirectory& data() { return *data_; }
  // What jobs of this log look at: for reading its share of the index.
  storage::LogPlace place_of(const LogId& id);
  // What went wrong, in the logger's words.
  const std::string& said() const { return logger_.text; }

 private:
  storage::Seams log_seams();
  Seams seams_;
  SeededRandom random_;
  MemoryLogger logger_;
  kv::FakeOpener opener_;
  std::unique_ptr<storage::DataDirectory> data_;
  storage::TailBudget tails_;
  storage::BatchChecker checker_;
  std::unique_ptr<storage::Checkpointer> checkpointer_;
  std::map<LogId, std::unique_ptr<storage::PartitionLog>> logs_;
};

}  // namespace sl::simulation
