// The walk and the words for the index; one place, so that a rebuilt index is equal to one that grew.
#include "storage/segment_scan.h"

#include "storage/batch_scan.h"
#include "storage/stored_log.h"

namespace sl::storage {

Status scan_segment(const LogPlace& place, Segment& segment, File& file, uint64_t end, Offset stop, bool compacted) {
  BufferPool& buffers = place.seams.buffers;
  while (segment.stats.bytes < end && segment.stats.next < stop) {
    BatchScanner scanner(file, buffers, segment.stats.bytes, end);
    for (;;) {
      SL_TRY(auto found, scanner.next());
      if (found == BatchScanner::Found::kEnd) return {};
      if (found != BatchScanner::Found::kBatch) break;
      if (!misfit(scanner.batch(), {segment.stats.next, kNoEpoch, compacted}).empty()) break;
      if (scanner.batch().next_offset() > stop) return {};
      segment.note(scanner.batch(), -1);
    }
    Continuation place_there{segment.stats.next, kNoEpoch, compacted};
    SL_TRY(auto next, find_resumption(file, buffers, scanner.position(), end, place_there));
    if (!next) return {};
    segment.add_damage({scanner.position(), next->position, segment.stats.next, next->base});
    segment.skip_to(next->position, next->base);
  }
  return {};
}

size_t describe_segment(const LogPlace& place, const Segment& segment, const SegmentStats& stats,
                        std::vector<std::pair<std::string, std::string>>& puts) {
  OffsetIndex::Unstored unstored = segment.index.to_store(stats.bytes);
  for (size_t at = 0; at < unstored.entries.size(); at += OffsetIndex::kChunkEntries) {
    auto chunk = unstored.entries.subspan(at, std::min(OffsetIndex::kChunkEntries, unstored.entries.size() - at));
    std::string key = chunk_key(place, segment.base, chunk.front().offset);
    std::string value = encode_chunk(key, unstored.first + at, chunk);
    puts.emplace_back(std::move(key), std::move(value));
  }
  std::string key = segment_key(place, segment.base);
  std::string value = encode_segment(key, stats, unstored.end);
  puts.emplace_back(std::move(key), std::move(value));
  return unstored.end;
}

}  // namespace sl::storage
