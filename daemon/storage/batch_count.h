// Counting the records of a segment before an offset, exactly: from the nearest index entry, batch by batch, and record
// by record in the batch that holds the offset.
#pragma once
#include <optional>

#include "base/ids.h"
#include "base/result.h"
#include "storage/log_place.h"
#include "storage/offset_index.h"
#include "storage/read_job.h"

namespace sl::storage {

// Control records are not counted. `entry` is memory's answer, if it has one; else the store is asked.
Result<int64_t> count_before(const LogPlace& place, SegmentView segment, std::optional<IndexEntry> entry, Offset to);

}  // namespace sl::storage
