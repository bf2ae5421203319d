// The frame of a recovery: what is in the folder, what the index says, whether to believe it, and the log's state from
// both. The walk over the bytes, and the judgement of bad ones, is in recovery_scan.cc.
#include "storage/recovery.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/crc32c.h"
#include "base/text.h"
#include "storage/batch_count.h"
#include "storage/segment_scan.h"

namespace sl::storage {
namespace {

// Where the part of a batch begins that its CRC covers.
constexpr size_t kCrcFrom = 21;

}  // namespace

Result<OpenedLog> PartitionLog::open(const Seams& seams, OpenOptions options) {
  auto place = std::make_shared<const LogPlace>(LogPlace{seams, options.topic, options.partition, options.directory});
  return Recovery(place, options).run();
}

Recovery::Recovery(std::shared_ptr<const LogPlace> place, const OpenOptions& options)
    : place_(std::move(place)), options_(options), log_(new PartitionLog(place_, options.settings)) {}

Result<OpenedLog> Recovery::run() {
  SL_CHECK(make_directory());
  SL_CHECK(list_files());
  SL_CHECK(load_index());
  SL_CHECK(recover_segments());
  SL_CHECK(settle());
  // After the segment's own name: most file systems make all of them durable at once then.
  if (made_) SL_CHECK(sync_names());
  if (!made_ && (changed_ || !options_.clean)) SL_CHECK(sync_all());
  return OpenedLog{std::move(log_), std::move(report_)};
}

Status Recovery::make_directory() {
  FileSystem& files = place_->seams.files;
  std::vector<std::string> missing;
  for (std::string path = place_->directory;; path = parent_of(path)) {
    SL_TRY(bool there, files.exists(path));
    if (there) break;
    missing.push_back(path);
    if (parent_of(path) == path) break;
  }
  for (auto path = missing.rbegin(); path != missing.rend(); ++path) SL_CHECK(files.make_directory(*path));
  folders_made_ = missing.size();
  return {};
}

// Syncs the names of the folders of a new log: those that were made, and two in any case, since a process that was
// killed between making a folder and syncing its name leaves one that exists and may not last.
Status Recovery::sync_names() {
  std::string path = place_->directory;
  for (size_t i = 0; i < std::max<size_t>(folders_made_, 2); ++i) {
    path = parent_of(path);
    SL_CHECK(place_->seams.files.sync_directory(path));
  }
  return {};
}

Status Recovery::list_files() {
  FileSystem& files = place_->seams.files;
  SL_TRY(auto names, files.list(place_->directory));
  SL_CHECK(finish_swaps(files, place_->directory, names));
  SL_TRY(names, files.list(place_->directory));
  for (const std::string& name : names) {
    std::string path = place_->directory + "/" + name;
    if (name.ends_with(".log.deleted")) {
      SL_CHECK(files.remove(path));
      continue;
    }
    auto base = parse_segment_name(name);
    if (!base) continue;
    SL_TRY(FileInfo info, files.stat(path));
    files_.push_back({*base, info.size, info.modified_ms});
  }
  return {};
}

Status Recovery::load_index() {
  auto loaded = load_log(*place_);
  if (!loaded)
    place_->seams.logger.warn("index unusable, rebuilding log directory={}: {}", place_->directory,
                              loaded.error().context);
  bool trusted = false;
  if (loaded && *loaded && !files_.empty()) {
    SL_TRY(trusted, trust_anchor(**loaded));
    if (trusted)
      stored_ = std::move(**loaded);
    else
      report_.checkpoint_end = (*loaded)->state.recovery_point;
  }
  if (trusted) return forget_missing();
  report_.rebuilt = !files_.empty();
  // Leftovers would mix with what is stored anew.
  auto forgotten = forget_log(place_->seams.index, place_->topic, place_->partition);
  if (!forgotten)
    place_->seams.logger.warn("cannot clear the index of log directory={}: {}", place_->directory,
                              forgotten.error().context);
  return {};
}

// An index from before a deletion (a backup that came back) knows segments that are gone.
Status Recovery::forget_missing() {
  std::vector<Offset> missing;
  for (const StoredSegment& known : stored_->segments)
    if (std::none_of(files_.begin(), files_.end(), [&](const SegmentFile& file) { return file.base == known.base; }))
      missing.push_back(known.base);
  if (missing.empty()) return {};
  auto forgotten = place_->seams.index.write([&](kv::Writer& writer) -> Status {
    for (Offset base : missing) SL_CHECK(forget_segment(writer, *place_, base));
    return {};
  });
  if (!forgotten)
    place_->seams.logger.warn("cannot clear the index of log directory={}: {}", place_->directory,
                              forgotten.error().context);
  return {};
}

// Whether the batch that ends at the recovery point is where the index says, and the segments and the index agree.
Result<bool> Recovery::trust_anchor(const StoredLog& stored) {
  const StoredState& state = stored.state;
  // Nothing is left of a log that begins behind its end: that is for the metadata to say, not for the index.
  if (state.log_start > state.recovery_point) return false;
  auto file = std::find_if(files_.begin(), files_.end(),
                           [&](const SegmentFile& segment) { return segment.base == state.segment; });
  const StoredSegment* known = stored.find(state.segment);
  if (file == files_.end() || !known || file->bytes < state.position) return false;
  if (known->stats.bytes != state.position || known->stats.next != state.recovery_point) return false;
  size_t tail =
      static_cast<size_t>(std::count_if(stored.tail.entries.begin(), stored.tail.entries.end(),
                                        [&](const IndexEntry& entry) { return entry.position < state.position; }));
  size_t entries = tail == 0 ? 0 : stored.tail.first + tail;
  if (entries != known->index_entries) return false;
  if (options_.clean && file->bytes == state.position) return true;
  if (state.anchor.size == 0) return state.position == 0;
  return matches(state.segment, state.anchor);
}

// Whether the batch is still where it was. Two of its three marks are enough: a flipped bit in one of them is damage,
// to be found by whoever reads the batch, and no reason to take the index for that of another log.
Result<bool> Recovery::matches(Offset segment, const BatchMark& mark) {
  auto mode = FileSystem::Mode::kRead;
  SL_TRY(auto file, place_->seams.files.open(segment_path(place_->directory, segment), mode));
  uint8_t header[record::kBatchHeaderBytes];
  SL_TRY(size_t n, file->read_at(header, mark.position));
  if (n != sizeof header) return false;
  record::BatchView batch{Bytes(header)};
  bool same_size = record::kBatchPrefixBytes + load_be<uint32_t>(header + 8) == mark.size;
  if (batch.crc() == mark.crc) return batch.base_offset() == mark.base || same_size;
  if (batch.base_offset() != mark.base || !same_size) return false;
  // An index from before a truncation may know another batch of this size here: the bytes themselves tell.
  Buffer whole = place_->seams.buffers.take(mark.size);
  MutableBytes bytes = whole.bytes().first(mark.size);
  SL_TRY(n, file->read_at(bytes, mark.position));
  return n == mark.size && crc32c(bytes.subspan(kCrcFrom)) == mark.crc;
}

Status Recovery::recover_segments() {
  if (stored_) {
    for (const EpochStart& start : stored_->epochs) log_->epochs_.assign(start.epoch, start.start);
    log_->epochs_.truncate_to(stored_->state.recovery_point + 1);
    for (auto& [id, entry] : stored_->producers) {
      entry.cut_to(stored_->state.recovery_point);
      log_->producers_.restore(id, entry);
    }
  }
  for (size_t i = 0; i < files_.size(); ++i) SL_CHECK(recover_segment(i));
  return {};
}

Status Recovery::recover_segment(size_t number) {
  const SegmentFile& file = files_[number];
  SL_CHECK(join(number));
  if (files_[number].base == kNoOffset) return {};  // join() set it aside
  log_->segments_.push_back(std::make_unique<Segment>(file.base));
  Segment& segment = *log_->segments_.back();
  segment.file_bytes = file.bytes;
  bool last = number + 1 == files_.size();
  Offset recovery_segment = stored_ ? stored_->state.segment : kNoOffset;
  const StoredSegment* known = stored_ ? stored_->find(file.base) : nullptr;
  bool holds_point = stored_ && file.base == recovery_segment;
  bool before_point = stored_ && file.base < recovery_segment;

  if (known && before_point && !last) {
    SL_TRY(bool same, is_same(file, *known));
    if (same) return take_stored(number, *known);
  }
  if (holds_point) {
    SL_CHECK(take_stored(number, *known));
  } else if (stored_) {
    forget_stale(file.base);
  }
  if (last || segment.stats.bytes != file.bytes) {
    auto mode = last ? FileSystem::Mode::kReadWrite : FileSystem::Mode::kRead;
    SL_TRY(auto opened, place_->seams.files.open(segment_path(place_->directory, file.base), mode));
    segment.file = std::move(opened);
  }
  if (segment.stats.bytes == file.bytes) return {};
  if (last && options_.distrust_cache) segment.file->forget_cached();
  Walk scan;
  scan.segment = &segment;
  scan.file = segment.file.get();
  scan.end = file.bytes;
  scan.last = last;
  scan.learn = !before_point;
  scan.now_ms = file.modified_ms;
  SL_CHECK(walk(scan));
  if (!last) segment.file.reset();
  return {};
}

// Whether a sealed segment's file is the one that the index describes.
Result<bool> Recovery::is_same(const SegmentFile& file, const StoredSegment& known) {
  if (known.stats.bytes != file.bytes) return false;
  if (options_.clean || known.stats.last.size == 0) return true;
  return matches(file.base, known.stats.last);
}

// The index knows the segment, as a whole or up to the recovery point.
Status Recovery::take_stored(size_t number, const StoredSegment& known) {
  Segment& segment = *log_->segments_.back();
  segment.stats = known.stats;
  SL_CHECK(load_notes(segment, number + 1 < files_.size() ? files_[number + 1].base : known.stats.next));
  if (stored_->state.segment != files_[number].base) {
    segment.stored = true;
    segment.index.restore(known.index_entries, {});
    return {};
  }
  std::vector<IndexEntry> tail = std::move(stored_->tail.entries);
  std::erase_if(tail, [&](const IndexEntry& entry) { return entry.position >= known.stats.bytes; });
  if (!tail.empty()) segment.index.restore(stored_->tail.first, std::move(tail));
  return {};
}

// Entries from another life of a segment that is learnt anew would mix with its own.
void Recovery::forget_stale(Offset base) {
  auto forgotten =
      place_->seams.index.write([&](kv::Writer& writer) -> Status { return forget_segment(writer, *place_, base); });
  if (!forgotten)
    place_->seams.logger.warn("cannot clear the index of a segment directory={} base={}: {}", place_->directory,
                              base.value, forgotten.error().context);
}

// Looks at the seam between this segment and the one before it.
Status Recovery::join(size_t number) {
  if (log_->segments_.empty()) return {};
  SegmentFile& file = files_[number];
  Segment& before = *log_->segments_.back();
  if (file.base == before.stats.next) return {};
  if (file.base > before.stats.next) {
    DamagedRange hole{before.stats.bytes, before.stats.bytes, before.stats.next, file.base};
    if (before.damage_at(before.stats.next)) return {};
    return note_damage(before, hole, "records are missing behind it");
  }
  std::string path = segment_path(place_->directory, file.base);
  SL_CHECK(report_damage(fmt::format("'{}' holds offsets that an earlier segment has", path)));
  std::string aside = path + ".quarantine";
  SL_CHECK(place_->seams.files.rename(path, aside));
  place_->seams.logger.error("'{}' is now '{}'", path, aside);
  file.base = kNoOffset;
  changed_ = true;
  return {};
}

// Before anything is done about it.
Status Recovery::report_damage(std::string sentence) {
  if (options_.refuse_damage) return Error{Errc::kCorrupt, std::move(sentence)};
  place_->seams.logger.error("damage: {}", sentence);
  report_.damage.push_back(std::move(sentence));
  return {};
}

// The state of the whole from that of the segments.
Status Recovery::settle() {
  PartitionLog& log = *log_;
  if (log.segments_.empty()) {
    log.segments_.push_back(std::make_unique<Segment>(options_.log_start));
    SL_TRY(log.active().file, create_segment(*place_, options_.log_start));
    made_ = true;
  }
  if (!log.active().file) {
    SL_TRY(auto opened,
           place_->seams.files.open(segment_path(place_->directory, log.active().base), FileSystem::Mode::kReadWrite));
    log.active().file = std::move(opened);
  }
  log.log_start_ = std::max(log.segments_.front()->base, options_.log_start);
  if (stored_) log.log_start_ = std::max(log.log_start_, stored_->state.log_start);
  log.log_end_ = log.active().stats.next;
  if (stored_) report_.checkpoint_end = stored_->state.recovery_point;
  report_.lost_synced = report_.checkpoint_end > log.log_end_;
  if (report_.lost_synced)
    place_->seams.logger.error("log directory={} ends at offset {} though offset {} had been synced", place_->directory,
                               log.log_end_.value, report_.checkpoint_end.value);
  SL_CHECK(settle_start());
  log.log_end_ = log.written_end_ = log.synced_end_ = log.active().stats.next;
  log.synced_ = log.active().stats;
  for (const auto& segment : log.segments_) {
    log.bytes_ += segment->stats.bytes;
    log.records_ += segment->stats.records;
  }
  log.epochs_.advance_start(log.log_start_);
  if (stored_) {
    log.clean_end_ = std::clamp(stored_->cleaned.end, Offset(0), stored_->state.recovery_point);
    log.clean_horizon_ms_ = stored_->cleaned.horizon_ms;
  }
  log.dirty_ = !stored_ || changed_;
  log.epochs_stored_ = log.dirty_ ? 0 : log.epochs_version_;
  return {};
}

// Where the log begins, and how many records of its segments lie before that.
Status Recovery::settle_start() {
  PartitionLog& log = *log_;
  if (log.log_start_ > log.log_end_) {
    // Relaxed topics may lose an end that the metadata saw deleted already: nothing of the log is left then.
    std::vector<Offset> bases;
    for (auto segment = log.segments_.rbegin(); segment != log.segments_.rend(); ++segment)
      bases.push_back((*segment)->base);
    for (Offset base : bases) {
      SL_CHECK(place_->seams.files.remove(segment_path(place_->directory, base)));
      SL_CHECK(place_->seams.files.sync_directory(place_->directory));
    }
    log.segments_.clear();
    log.segments_.push_back(std::make_unique<Segment>(log.log_start_));
    SL_TRY(log.active().file, create_segment(*place_, log.log_start_));
    changed_ = true;
    return forget_log(place_->seams.index, place_->topic, place_->partition);
  }
  bool known = stored_ && stored_->state.log_start == log.log_start_;
  changed_ = changed_ || (stored_ && !known);
  for (const auto& segment : log.segments_) {
    bool whole = segment->stats.next <= log.log_start_;
    if (whole && (!known || segment->base < stored_->state.segment)) {
      log.records_before_start_ += segment->stats.records;
      continue;
    }
    // Compaction takes records from before the start away: the stored count is that of a segment the index knows.
    bool counted = known && (segment->stored || segment->base == stored_->state.segment);
    int64_t count = counted ? stored_->state.records_before_start : 0;
    if (!counted) {
      auto entry = segment->index.find(log.log_start_);
      SL_TRY(count, count_before(*place_, log.view_of(*segment), entry, log.log_start_));
    }
    log.records_before_start_ += count;
    break;
  }
  return {};
}

// What was accepted is synced before anybody sees it.
Status Recovery::sync_all() {
  if (changed_) SL_CHECK(log_->active().file->sync());
  // A process that was killed may have left names made or gone that were never synced; and nothing tells.
  return place_->seams.files.sync_directory(place_->directory);
}

}  // namespace sl::storage
