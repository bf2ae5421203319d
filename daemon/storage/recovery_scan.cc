// The walk of a recovery past the recovery point, and the judgement: torn or corrupt. What is bad is described with
// file and byte in every case.
#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "storage/recovery.h"

namespace sl::storage {

// Reads on from segment.stats.bytes. Each turn of the outer loop begins where the log is good again.
Status Recovery::walk(Walk& walk) {
  Segment& segment = *walk.segment;
  uint64_t begin = segment.stats.bytes;
  bool over = false;
  while (!over) {
    BatchScanner scanner(*walk.file, place_->seams.buffers, segment.stats.bytes, walk.end);
    BatchScanner::Found found;
    std::string_view why;
    for (;;) {
      SL_TRY(found, scanner.next());
      if (found != BatchScanner::Found::kBatch) break;
      why = refuse(walk, scanner.batch());
      if (!why.empty()) {
        SL_TRY(bool blamed, blame_epoch(walk, scanner.batch()));
        if (!blamed) break;
        why = {};
      }
      if (walk.learn) learn(scanner.batch());
      segment.note(scanner.batch(), walk.now_ms);
    }
    over = found == BatchScanner::Found::kEnd || found == BatchScanner::Found::kZeros;
    if (found == BatchScanner::Found::kZeros && walk.last) {
      // Room that was reserved and not used.
      SL_CHECK(walk.file->truncate(segment.stats.bytes));
      segment.file_bytes = segment.stats.bytes;
    }
    if (over) break;
    if (why.empty()) why = scanner.why();
    SL_CHECK(judge(walk, scanner.position(), why));
    over = segment.stats.bytes >= walk.end || segment.stats.bytes == scanner.position();
  }
  report_.scanned_bytes += segment.stats.bytes - begin;
  changed_ = true;
  return {};
}

std::string_view Recovery::refuse(const Walk& walk, record::BatchView batch) const {
  if (options_.epoch_max != kNoEpoch && batch.leader_epoch() > options_.epoch_max)
    return "a batch of an epoch that has not begun";
  Epoch least = walk.learn ? log_->epochs_.latest() : kNoEpoch;
  std::string_view why = misfit(batch, {walk.segment->stats.next, least, options_.settings.compact});
  if (!why.empty() || walk.learn) return why;
  Epoch known = log_->epochs_.at(batch.base_offset()).epoch;
  if (known != kNoEpoch && known != batch.leader_epoch()) return "a batch of another epoch than the log knows";
  return {};
}

// No CRC covers the epoch in a batch's header. One that was changed upwards makes the good batches behind it look
// wrong: if the epoch before the last batch would do, it is that last batch that is damaged, be it in this segment or
// at the end of the one before.
Result<bool> Recovery::blame_epoch(Walk& walk, record::BatchView batch) {
  auto& segments = log_->segments_;
  bool begins = walk.segment->stats.last.size == 0 && segments.size() > 1;
  Segment& segment = begins ? *segments[segments.size() - 2] : *walk.segment;
  EpochCache& epochs = log_->epochs_;
  const BatchMark& last = segment.stats.last;
  if (!walk.learn || last.size == 0 || epochs.starts().empty() || epochs.starts().back().start != last.base)
    return false;
  if (batch.base_offset() != walk.segment->stats.next || batch.leader_epoch() >= epochs.latest()) return false;
  if (segment.stats.next != batch.base_offset()) return false;
  if (batch.leader_epoch() < kNoEpoch) return false;  // No reader takes such a one, whatever lies before it.
  auto starts = epochs.starts();
  if (starts.size() > 1 && batch.leader_epoch() < starts[starts.size() - 2].epoch) return false;
  epochs.truncate_to(last.base);
  SL_CHECK(note_damage(segment, {last.position, last.position + last.size, last.base, segment.stats.next},
                       "a batch of a later epoch than those behind it"));
  return true;
}

// Producers count as used now: a rebuild does not know when they were, and must not forget one that is alive.
void Recovery::learn(record::BatchView batch) {
  log_->epochs_.assign(batch.leader_epoch(), batch.base_offset());
  if (batch.producer_id().value >= 0) log_->producers_.apply(batch, place_->seams.clock.wall_ms());
}

// Bad bytes at `position`, where the batch segment.stats.next should begin.
Status Recovery::judge(Walk& walk, uint64_t position, std::string_view why) {
  Segment& segment = *walk.segment;
  bool corrupt = !walk.last;
  if (walk.last && options_.settings.strict()) {
    SL_TRY(corrupt, later_group(walk, position));
  }
  if (!corrupt) return cut(walk, position, why);
  Epoch least = walk.learn ? log_->epochs_.latest() : kNoEpoch;
  Continuation place{segment.stats.next, least, options_.settings.compact};
  Offset following = kNoOffset;  // where the next segment begins
  for (const SegmentFile& file : files_)
    if (following == kNoOffset && file.base > segment.base && file.base > segment.stats.next) following = file.base;
  // A batch of later offsets lies within the value of a damaged one.
  if (following != kNoOffset) place.end = following;
  SL_TRY(auto next, find_resumption(*walk.file, place_->seams.buffers, position, walk.end, place));
  DamagedRange range{position, walk.end, segment.stats.next, segment.stats.next};
  if (next) {
    range.end = next->position;
    range.next = next->base;
  } else if (following != kNoOffset) {
    range.next = following;
  }
  SL_CHECK(note_damage(segment, range, why));
  segment.skip_to(range.end, range.next);
  return {};
}

// Whether a batch that continues this log begins beyond what one group write can hold.
Result<bool> Recovery::later_group(Walk& walk, uint64_t position) {
  if (walk.end - position <= kProduceFrameBytesMax) return false;
  Epoch least = walk.learn ? log_->epochs_.latest() : kNoEpoch;
  SL_TRY(auto found, find_batch(*walk.file, place_->seams.buffers, position, position + kProduceFrameBytesMax, walk.end,
                                {walk.segment->stats.next, least, options_.settings.compact}));
  return found.has_value();
}

// Notes are one line a range, beside the segment: `begin end first-offset next-offset`.
Status Recovery::note_damage(Segment& segment, const DamagedRange& range, std::string_view why) {
  SL_CHECK(report_damage(damage_error(*place_, segment.base, range, why).context));
  segment.add_damage(range);
  std::string text;
  for (const DamagedRange& known : segment.damaged)
    text += fmt::format("{} {} {} {}\n", known.begin, known.end, known.first.value, known.next.value);
  std::string path = note_path(place_->directory, segment.base);
  auto written = place_->seams.files.replace(path, as_bytes(text));
  // The note spares the next start a look; every read checks for itself.
  if (!written) place_->seams.logger.warn("cannot write '{}': {}", path, written.error().context);
  return {};
}

// Notes that reach beyond `limit` are from before a truncation, or not ours: there, new records may lie by now.
// Where damage is refused, a note must not make it look as known and accepted.
Status Recovery::load_notes(Segment& segment, Offset limit) {
  if (options_.refuse_damage) return {};
  std::string path = note_path(place_->directory, segment.base);
  auto text = place_->seams.files.read_whole(path, 1 << 20);
  if (!text) return {};
  for (std::string_view line : split(*text, '\n')) {
    auto fields = split(line, ' ');
    if (fields.size() != 4) continue;
    int64_t numbers[4];
    bool good = true;
    for (size_t i = 0; i < 4; ++i) {
      auto number = parse_int(fields[i]);
      good = good && number;
      numbers[i] = number ? *number : 0;
    }
    if (good && numbers[2] < numbers[3] && Offset(numbers[3]) <= limit)
      segment.add_damage({static_cast<uint64_t>(numbers[0]), static_cast<uint64_t>(numbers[1]), Offset(numbers[2]),
                          Offset(numbers[3])});
  }
  return {};
}

Status Recovery::cut(Walk& walk, uint64_t position, std::string_view why) {
  SL_CHECK(keep_aside(walk, position));
  place_->seams.logger.warn("torn tail: '{}' cut at byte {} ({} bytes): {}",
                            segment_path(place_->directory, walk.segment->base), position, walk.end - position, why);
  SL_CHECK(walk.file->truncate(position));
  walk.segment->file_bytes = position;
  report_.cut_bytes += walk.end - position;
  return {};
}

// Copies what is about to be cut into `<base>.torn-<n>`, durably, without the zeros at its end.
Status Recovery::keep_aside(Walk& walk, uint64_t position) {
  FileSystem& files = place_->seams.files;
  std::string path;
  for (int n = 1;; ++n) {
    path = fmt::format("{}/{:020d}.torn-{}", place_->directory, walk.segment->base.value, n);
    SL_TRY(bool taken, files.exists(path));
    if (!taken) break;
  }
  SL_TRY(auto aside, files.open(path, FileSystem::Mode::kCreateNew));
  Buffer block = place_->seams.buffers.take(1 << 20);
  for (uint64_t at = position; at < walk.end;) {
    size_t want = static_cast<size_t>(std::min<uint64_t>(block.size(), walk.end - at));
    SL_TRY(size_t n, walk.file->read_at(block.bytes().first(want), at));
    if (n == 0) break;
    Bytes piece = block.bytes().first(n);
    auto written = aside->write_at(std::span(&piece, 1), at - position);
    if (!written) {
      (void)files.remove(path);
      Error error = std::move(written).error();
      error.context = fmt::format("cannot keep a torn tail of {} bytes aside: {}", walk.end - position, error.context);
      return error;
    }
    at += n;
  }
  SL_CHECK(aside->sync());
  return files.sync_directory(place_->directory);
}

}  // namespace sl::storage
