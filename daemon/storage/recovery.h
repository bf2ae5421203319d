// Recovery: from a folder of segment files, and what the index says, to a log that may be served. The rules (DESIGN,
// "Storage"):
//
// Before the recovery point everything was whole and synced; it is not read. Past it the log is scanned. Bad bytes
// there are a torn group write, if nothing proves that a later group was written; they are cut off and kept aside. They
// are corruption if a later segment exists (a roll syncs first) or, on strict topics, if a valid batch that continues
// the log begins more than one group (16 MiB) behind them; corruption is never cut, but noted, and refused when it is
// read. Where the index has nothing usable, the recovery point is the log's beginning.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/batch_scan.h"
#include "storage/partition_log.h"
#include "storage/stored_log.h"

namespace sl::storage {

class Recovery {
 public:
  Recovery(std::shared_ptr<const LogPlace> place, const OpenOptions& options);
  Result<OpenedLog> run();

 private:
  struct SegmentFile {
    Offset base;
    uint64_t bytes = 0;
    int64_t modified_ms = 0;
  };
  // How one segment is walked.
  struct Walk {
    Segment* segment = nullptr;
    File* file = nullptr;
    uint64_t end = 0;    // of the file
    bool last = false;   // nothing lies behind this segment
    bool learn = false;  // past the recovery point: epochs and producers are learnt
    int64_t now_ms = -1;
  };
  Status make_directory();
  Status sync_names();
  Status list_files();
  Status load_index();
  Status forget_missing();
  Result<bool> trust_anchor(const StoredLog& stored);
  Result<bool> matches(Offset segment, const BatchMark& mark);
  Result<bool> is_same(const SegmentFile& file, const StoredSegment& known);
  Status recover_segments();
  Status recover_segment(size_t number);
  Status take_stored(size_t number, const StoredSegment& known);
  void forget_stale(Offset base);
  Status load_notes(Segment& segment, Offset limit);
  Status join(size_t number);
  Status report_damage(std::string sentence);

  Status walk(Walk& walk);
  Result<bool> blame_epoch(Walk& walk, record::BatchView batch);
  Status judge(Walk& walk, uint64_t position, std::string_view why);
  Result<bool> later_group(Walk& walk, uint64_t position);
  void learn(record::BatchView batch);
  std::string_view refuse(const Walk& walk, record::BatchView batch) const;
  Status note_damage(Segment& segment, const DamagedRange& range, std::string_view why);
  Status cut(Walk& walk, uint64_t position, std::string_view why);
  Status keep_aside(Walk& walk, uint64_t position);

  Status settle();
  Status settle_start();
  Status sync_all();

  std::shared_ptr<const LogPlace> place_;
  const OpenOptions& options_;
  std::unique_ptr<PartitionLog> log_;
  RecoveryReport report_;
  std::vector<SegmentFile> files_;
  std::optional<StoredLog> stored_;
  size_t folders_made_ = 0;
  bool made_ = false;     // a new log, durable already
  bool changed_ = false;  // something was scanned, cut or made: sync it
};

}  // namespace sl::storage
