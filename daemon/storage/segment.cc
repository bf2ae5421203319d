// What a segment learns from each batch, and the names of its file.
#include "storage/segment.h"

#include <fmt/core.h>

#include <algorithm>

namespace sl::storage {

void Segment::note(record::BatchView batch, int64_t now_ms) {
  if (index.due(stats.bytes))
    index.add({batch.base_offset(), static_cast<uint32_t>(stats.bytes), static_cast<uint32_t>(stats.records),
               stats.max_timestamp_ms});
  if (stats.bytes == 0) stats.first_timestamp_ms = batch.max_timestamp_ms();
  stats.last = {batch.base_offset(), stats.bytes, static_cast<uint32_t>(batch.size()), batch.crc()};
  stats.bytes += batch.size();
  stats.next = batch.next_offset();
  if (!batch.control()) stats.records += batch.record_count();
  stats.max_timestamp_ms = std::max(stats.max_timestamp_ms, batch.max_timestamp_ms());
  stats.last_append_ms = std::max(stats.last_append_ms, now_ms);
}

void Segment::skip_to(uint64_t position, Offset next) {
  stats.bytes = position;
  stats.next = next;
}

const DamagedRange* Segment::damage_at(Offset offset) const {
  for (const DamagedRange& range : damaged)
    if (range.first <= offset && offset < range.next) return &range;
  return nullptr;
}

bool Segment::add_damage(const DamagedRange& range) {
  for (DamagedRange& known : damaged) {
    if (known.first != range.first) continue;
    bool grew = known.next < range.next;
    if (grew) known = range;
    return grew;
  }
  damaged.push_back(range);
  std::sort(damaged.begin(), damaged.end(),
            [](const DamagedRange& a, const DamagedRange& b) { return a.first < b.first; });
  return true;
}

std::string segment_path(std::string_view directory, Offset base) {
  return fmt::format("{}/{:020d}.log", directory, base.value);
}

std::string note_path(std::string_view directory, Offset base) {
  return fmt::format("{}/{:020d}.quarantine", directory, base.value);
}

std::optional<Offset> parse_segment_name(std::string_view name) {
  constexpr std::string_view kEnding = ".log";
  // No log gets as far. Behind it there is room for what is appended, below a batch's largest offset (2^62).
  constexpr uint64_t kBaseMax = uint64_t{3} << 60;
  if (name.size() != 20 + kEnding.size() || !name.ends_with(kEnding)) return std::nullopt;
  uint64_t base = 0;
  for (char c : name.substr(0, 20)) {
    if (c < '0' || c > '9') return std::nullopt;
    base = base * 10 + static_cast<uint64_t>(c - '0');
    if (base > kBaseMax) return std::nullopt;
  }
  return Offset(static_cast<int64_t>(base));
}

}  // namespace sl::storage
