// Positions turned into offsets by asking the leaders (ListOffsets). Shared by Consumer and Admin.
#pragma once
#include <string>
#include <vector>

#include "client/cluster.h"
#include "client/position.h"

namespace sl::client {

struct OffsetQuery {
  std::string topic;
  Partition partition;
  Position position;
};

struct OffsetAnswer {
  Error error;                // of this query; its code is kNone where there is none
  Offset offset = kNoOffset;  // kNoOffset for kMaxTimestamp of an empty partition
  int64_t timestamp_ms = -1;  // of the record found by time, else -1
};

// One answer for each query, in their order. Leaders that moved are looked up again until `timeout_ms` is over. Fails
// as a whole only where the cluster cannot be reached. `committed_only` ends at the last stable offset instead of the
// high watermark.
aio::Task<Result<std::vector<OffsetAnswer>>> list_offsets(Cluster& cluster, std::vector<OffsetQuery> queries,
                                                          int64_t timeout_ms, bool committed_only = false);

}  // namespace sl::client
