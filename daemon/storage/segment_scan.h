// Learning a segment from its bytes, where all of them are known to have been synced: so whatever is bad in there is
// damage, which is noted and stepped over. (Recovery has its own walk, since at the end of a log bad bytes may be a
// torn write.)
#pragma once
#include "base/file.h"
#include "base/ids.h"
#include "base/result.h"
#include "storage/log_place.h"
#include "storage/segment.h"

namespace sl::storage {

// Takes into `segment` the batches of `file` from segment.stats.bytes on, as far as they end at or below both `end`
// (bytes) and `stop`. Where it stopped is segment.stats.bytes.
Status scan_segment(const LogPlace& place, Segment& segment, File& file, uint64_t end, Offset stop, bool compacted);

// Adds to `puts` what the index is to know of the segment up to `stats`, and says how many index entries it has then.
size_t describe_segment(const LogPlace& place, const Segment& segment, const SegmentStats& stats,
                        std::vector<std::pair<std::string, std::string>>& puts);

}  // namespace sl::storage
