// Each job goes through its steps in the one order that is safe; the head of change_jobs.h says why.
#include "storage/change_jobs.h"

#include <algorithm>

#include "kv/key.h"
#include "storage/batch_count.h"
#include "storage/segment_scan.h"

namespace sl::storage {

void TruncateJob::run() {
  result_ = anew_ ? begin_anew() : cut();
}

Status TruncateJob::cut() {
  FileSystem& files = place_->seams.files;
  SL_TRY(auto file, files.open(segment_path(place_->directory, kept_.base), FileSystem::Mode::kReadWrite));
  kept_.file = std::move(file);
  SL_CHECK(find_end());
  if (kept_.stats.next < state_.log_start) {
    // The log starts within the batch that goes: nothing of it is left.
    dropped_.push_back(kept_.base);
    dropped_.insert(dropped_.end(), older_.begin(), older_.end());
    anew_ = true;
    to_ = state_.log_start;
    kept_ = Segment(to_);
    return begin_anew();
  }
  SL_CHECK(forget_in_index());
  SL_CHECK(drop_segments());
  SL_CHECK(drop_notes(kept_.base));
  SL_CHECK(kept_.file->truncate(kept_.stats.bytes));
  SL_CHECK(kept_.file->sync());
  kept_.file_bytes = kept_.stats.bytes;
  return {};
}

// Reads on from what memory knows to the last batch that stays. Where `to` lies within the very batch that memory
// knows, that one anchors nothing, and the segment is read from its start.
Status TruncateJob::find_end() {
  if (known_) {
    SL_CHECK(scan_segment(*place_, kept_, *kept_.file, kept_bytes_, to_, compacted_));
    known_ = kept_.stats.last.size > 0;
  }
  if (!known_) {
    int64_t last_append_ms = kept_.stats.last_append_ms;
    Offset base = kept_.base;
    auto file = std::move(kept_.file);
    std::vector<DamagedRange> damaged = std::move(kept_.damaged);
    kept_ = Segment(base);
    kept_.file = std::move(file);
    kept_.damaged = std::move(damaged);
    kept_.stats.last_append_ms = last_append_ms;
    SL_CHECK(scan_segment(*place_, kept_, *kept_.file, kept_bytes_, to_, compacted_));
  }
  std::erase_if(kept_.damaged, [this](const DamagedRange& range) { return range.next > kept_.stats.next; });
  return {};
}

// First of all, so that the index never knows of more than the log holds. Where this fails nothing has happened yet.
Status TruncateJob::forget_in_index() {
  state_.recovery_point = kept_.stats.next;
  state_.segment = kept_.base;
  state_.position = kept_.stats.bytes;
  state_.anchor = kept_.stats.last;
  std::vector<std::pair<std::string, std::string>> puts;
  size_t entries = describe_segment(*place_, kept_, kept_.stats, puts);
  std::string key = state_key(*place_);
  puts.emplace_back(key, encode_state(key, state_));
  bool rewritten = false;
  Status written = place_->seams.index.write([&](kv::Writer& writer) -> Status {
    for (Offset base : dropped_) SL_CHECK(forget_segment(writer, *place_, base));
    // What will be appended again is not clean.
    SL_CHECK(writer.erase(cleaned_key(*place_)));
    // A recovery point that lies before the cut stays: epochs and producers are known up to there and no further.
    SL_TRY(auto stored, load_state(writer, *place_));
    rewritten = stored && stored->recovery_point > state_.recovery_point;
    if (!rewritten) return {};
    std::string prefix = chunk_prefix(*place_, kept_.base);
    std::string from = known_ ? chunk_key(*place_, kept_.base, kept_.stats.next) : prefix;
    SL_TRY([[maybe_unused]] auto erased, writer.erase_range(from, kv::prefix_end(prefix)));
    for (const auto& [name, value] : puts) SL_CHECK(writer.put(name, value));
    return {};
  });
  if (written && rewritten) kept_.index.stored(entries, false);
  return written;
}

Status TruncateJob::drop_segments() {
  begun_ = true;
  for (Offset base : dropped_) {
    Status removed = place_->seams.files.remove(segment_path(place_->directory, base));
    if (!removed && removed.code() != Errc::kNotFound) return removed;
    SL_CHECK(place_->seams.files.sync_directory(place_->directory));
    SL_CHECK(drop_notes(base));
  }
  return {};
}

// The offsets of damage that was noted may be given to new records, which no start may then refuse. Reads find what is
// damaged before the cut again.
Status TruncateJob::drop_notes(Offset base) {
  Status removed = place_->seams.files.remove(note_path(place_->directory, base));
  if (removed.code() == Errc::kNotFound) return {};
  SL_CHECK(std::move(removed));
  return place_->seams.files.sync_directory(place_->directory);
}

Status TruncateJob::begin_anew() {
  SL_CHECK(forget_log(place_->seams.index, place_->topic, place_->partition));
  SL_CHECK(drop_segments());
  SL_TRY(kept_.file, create_segment(*place_, to_));
  return {};
}

Result<std::shared_ptr<File>> create_segment(const LogPlace& place, Offset base) {
  FileSystem& files = place.seams.files;
  SL_TRY(auto file, files.open(segment_path(place.directory, base), FileSystem::Mode::kCreate));
  SL_CHECK(files.sync_directory(place.directory));
  return std::shared_ptr<File>(std::move(file));
}

void LogStartJob::run() {
  auto count = count_before(*place_, segment_, entry_, to_);
  if (count)
    records_before_ = *count;
  else
    result_ = std::move(count).error();
}

void RetentionJob::run() {
  FileSystem& files = place_->seams.files;
  // What is not in the index when a crash comes between is read again by the next start; the other way round, entries
  // of files that are gone would stay for ever.
  // A full disk may refuse the index its pages; the deletion, which makes room, goes on, and the next start clears up.
  Status forgotten = place_->seams.index.write([this](kv::Writer& writer) -> Status {
    for (Offset base : bases_) SL_CHECK(forget_segment(writer, *place_, base));
    return {};
  });
  size_t done = 0;
  for (; done < bases_.size() && result_; done += result_.ok()) {
    std::string path = segment_path(place_->directory, bases_[done]);
    // The name goes first, and durably: a crash must not leave a later segment gone and an earlier one there.
    result_ = files.rename(path, path + ".deleted");
    if (result_.code() == Errc::kNotFound) result_ = {};  // An earlier job came as far as this.
    if (result_) result_ = files.sync_directory(place_->directory);
    if (result_) result_ = files.remove(path + ".deleted");
    if (result_) (void)files.remove(note_path(place_->directory, bases_[done]));
  }
  bases_.erase(bases_.begin(), bases_.begin() + static_cast<ptrdiff_t>(done));
  if (result_) result_ = std::move(forgotten);
}

void RebuildJob::run() {
  result_ = [this]() -> Status {
    SL_CHECK(open_segment(*place_, view_));
    segment_ = Segment(view_.base);
    SL_CHECK(scan_segment(*place_, segment_, *view_.file, view_.bytes, Offset(INT64_MAX), view_.compacted));
    return place_->seams.index.write(
        [this](kv::Writer& writer) -> Status { return forget_segment(writer, *place_, view_.base); });
  }();
}

void CloseJob::run() {
  if (cut_) result_ = file_->truncate(bytes_);
  if (result_ && (cut_ || sync_)) result_ = file_->sync();
}

}  // namespace sl::storage
