// SwapJob: a cleaned segment takes the place of those it was made of. One segment is replaced by a rename. For several
// there is a moment when some are gone and others not, so the file is first named `<base>-<next>.swap`: from then on it
// stands for all of [base, next), and the next start finishes what a crash interrupted. Before that name is durable, a
// `.cleaned` file is nothing and goes.
#pragma once
#include <memory>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "storage/job.h"
#include "storage/log_place.h"
#include "storage/segment.h"

namespace sl::storage {

class SwapJob final : public Job {
 public:
  void run() override;

 private:
  friend class PartitionLog;
  Status swap();

  std::shared_ptr<const LogPlace> place_;
  std::vector<Offset> bases_;  // those that go, oldest first; the new one has the first one's name
  Segment segment_{Offset(0)};
  // Results.
  bool begun_ = false;  // the names have begun to change: only a start can tell what the disk has, if this fails
  Status result_;
};

// At a start, before the segments are listed: throws away what was being cleaned, finishes a swap that was under way.
Status finish_swaps(FileSystem& files, const std::string& directory, const std::vector<std::string>& names);

}  // namespace sl::storage
