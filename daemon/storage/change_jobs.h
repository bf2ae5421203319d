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
#include "storage/segment.h"

namespace sl::storage {

// Cuts the end of a log, or all of it to begin anew elsewhere. No write may run beside it.
class TruncateJob final : public Job {
 public:
  void run() override;

 private:
  friend class PartitionLog;
  Status cut();
  Status begin_anew();
  Status find_position();

  std::shared_ptr<const LogPlace> place_;
  Offset to_;
  bool anew_ = false;
  std::vector<Offset> dropped_;  // segments that go whole, newest first
  Offset kept_base_;             // the one that is cut
  std::shared_ptr<File> kept_file_;
  uint64_t kept_bytes_ = 0;
  // Results.
  Status result_;
  Segment kept_{Offset(0)};
};

// Counts the records before a new log start within its segment.
class LogStartJob final : public Job {
 public:
  void run() override;

 private:
  friend class PartitionLog;
  std::shared_ptr<const LogPlace> place_;
  Offset to_;
  Offset base_;
  std::shared_ptr<File> file_;
  uint64_t bytes_ = 0;
  uint64_t truncations_ = 0;
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
  std::vector<Offset> bases_;  // oldest first
  // Results.
  Status result_;
  size_t deleted_ = 0;
};

// Builds the index of a sealed segment anew, from its bytes.
class RebuildJob final : public Job {
 public:
  void run() override;

 private:
  friend class PartitionLog;
  std::shared_ptr<const LogPlace> place_;
  Offset base_;
  uint64_t bytes_ = 0;
  uint64_t truncations_ = 0;
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
