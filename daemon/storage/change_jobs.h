// Jobs that take something away from a log, or close it. Each orders its steps so that a crash between any two leaves a
// log without holes: cutting the end goes from the newest segment down, deleting the beginning from the oldest up, with
// a directory sync after each; and the index forgets first what the files will lose.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "storage/job.h"
#include "storage/log_place.h"
#include "storage/read_job.h"
#include "storage/segment.h"
#include "storage/stored_log.h"

namespace sl::storage {

// An empty segment file at `base`, its name durable.
Result<std::shared_ptr<File>> create_segment(const LogPlace& place, Offset base);

// Cuts the end of a log, or all of it to begin anew elsewhere. No write may run beside it.
class TruncateJob final : public Job {
 public:
  void run() override;

 private:
  friend class PartitionLog;
  Status cut();
  Status find_end();
  Status forget_in_index();
  Status begin_anew();
  Status drop_segments();
  Status drop_notes(Offset base);

  std::shared_ptr<const LogPlace> place_;
  Offset to_;
  bool anew_ = false;
  std::vector<Offset> dropped_;  // segments that go whole, newest first
  std::vector<Offset> older_;    // those before the one that is cut, newest first
  StoredState state_;            // of the log, for the index; run() fills in the new end
  // The segment that is cut, as far as memory knows it: up to the entry before `to`, if there is one.
  Segment kept_{Offset(0)};
  uint64_t kept_bytes_ = 0;
  bool known_ = false;
  bool compacted_ = false;
  // Results.
  bool begun_ = false;  // files were touched
  Status result_;
};

// Counts the records before a new log start within its segment.
class LogStartJob final : public Job {
 public:
  void run() override;

 private:
  friend class PartitionLog;
  std::shared_ptr<const LogPlace> place_;
  Offset to_;
  SegmentView segment_;
  std::optional<IndexEntry> entry_;
  uint64_t layout_ = 0;
  // Results.
  Status result_;
  int64_t records_before_ = 0;
};

// Deletes the oldest segments.
class RetentionJob final : public Job {
 public:
  void run() override;
  size_t segments() const { return bases_.size(); }

 private:
  friend class PartitionLog;
  std::shared_ptr<const LogPlace> place_;
  std::vector<Offset> bases_;  // oldest first; afterwards those that are still there
  // Results.
  Status result_;
};

// Builds the index of a sealed segment anew, from its bytes.
class RebuildJob final : public Job {
 public:
  void run() override;

 private:
  friend class PartitionLog;
  std::shared_ptr<const LogPlace> place_;
  SegmentView view_;
  uint64_t layout_ = 0;
  int64_t begun_ms_ = 0;
  // Results.
  Status result_;
  Segment segment_{Offset(0)};
};

// Makes everything written durable and cuts the file to size.
class CloseJob final : public Job {
 public:
  void run() override;

 private:
  friend class PartitionLog;
  std::shared_ptr<File> file_;
  uint64_t bytes_ = 0;
  bool cut_ = false;
  bool sync_ = false;
  Status result_;
};

}  // namespace sl::storage
