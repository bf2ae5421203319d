// Script: a few hundred operations on the logs of one node, drawn from a seed: group writes, rolls, trims, retention,
// truncations, compactions, new settings, new and deleted partitions, checkpoints, clean and unclean restarts. It keeps
// the models that say what must survive, at every moment, so that an observer of the disk may cut the power anywhere.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aio/sim_disk.h"
#include "tests/simulation/log_model.h"

namespace sl::simulation {

struct ScriptOptions {
  uint64_t seed = 1;
  bool preallocate = false;
  bool compacting = false;  // every log is compacted, and often
};

class Script {
 public:
  Script(aio::SimDisk& disk, std::shared_ptr<kv::FakeMedium> medium, BufferPool& buffers, ScriptOptions options);
  ~Script();

  // Makes the data directory and the first logs.
  Status begin();
  // The next operation. An error is what the storage answered; the latitude of the operation stays until recover().
  Status step();
  // What is being done, for a report.
  const std::string& doing() const { return doing_; }
  const std::map<LogId, LogModel>& logs() const { return logs_; }
  // Logs that were deleted and must not come back.
  const std::vector<LogId>& gone() const { return gone_; }
  // Compacted segments that took the place of others, so far.
  int swaps() const { return swaps_; }
  StorageNode* node() { return node_.get(); }
  // A new life on the same disk, after a crash of the process, and takes what is found there for the truth.
  Status recover();
  ManualClock& clock() { return clock_; }

 private:
  enum class Restart { kClean, kUnclean };
  LogModel& choose();
  StorageNode& make_node();
  Status open_all(bool scans_nothing);
  Status create_log();
  Status delete_log();
  Status append(LogModel& model);
  Status queue_batch(LogModel& model, storage::PartitionLog& log);
  Status retry_last(LogModel& model, storage::PartitionLog& log);
  Status write(LogModel& model, storage::PartitionLog& log, bool sync);
  Status trim(LogModel& model);
  Status retain(LogModel& model);
  Status truncate(LogModel& model);
  Status begin_anew(LogModel& model);
  Status compact(LogModel& model);
  Status swap(LogModel& model, storage::PartitionLog& log, storage::CleanJob& job);
  void new_leader(LogModel& model, storage::PartitionLog& log);
  Status configure(LogModel& model);
  Status restart(Restart how);
  Status on_log(uint64_t choice, LogModel& model);
  // What a log keeps beside its model: whose batches it takes.
  struct Writer {
    SampleProducer producer;
    Epoch epoch{0};
    bool wide = false;  // large batches, so that a segment has an index worth the name
  };

  aio::SimDisk& disk_;
  std::shared_ptr<kv::FakeMedium> medium_;
  BufferPool& buffers_;
  ScriptOptions options_;
  SeededRandom random_;
  ManualClock clock_;
  std::unique_ptr<StorageNode> node_;
  std::map<LogId, LogModel> logs_;
  std::map<LogId, Writer> writers_;
  std::vector<LogId> gone_;
  std::string doing_;
  uint64_t records_ = 0;
  int64_t producers_ = 1000;
  int lives_ = 0;
  int swaps_ = 0;
};

}  // namespace sl::simulation
