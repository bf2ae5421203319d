// What a record does not know of itself: where it was read.
#pragma once
#include <string_view>

#include "base/ids.h"

namespace sl::tools {

struct RecordContext {
  std::string_view topic;
  Partition partition;
  Epoch epoch = kNoEpoch;        // the leader epoch of its batch
  bool log_append_time = false;  // the broker's time, not the producer's
};

}  // namespace sl::tools
