// Truncation, log start, retention, rebuilds, closing. State changes on the shard first where readers must not see what
// is about to go (retention, truncation), and last where a job finds out what the state is to be.
#include <fmt/core.h>

#include <algorithm>

#include "storage/partition_log.h"

namespace sl::storage {

Status PartitionLog::refuse_cut() const {
  SL_CHECK(refuse_change());
  if (write_under_way_ || swap_under_way_)
    return Error{Errc::kWouldBlock, fmt::format("'{}' cannot be cut while it is written to", directory())};
  return {};
}

// What no job can do: forget what is queued, and let readers and checkpoints that are under way come to nothing.
std::unique_ptr<TruncateJob> PartitionLog::begin_cut(Offset to) {
  for (auto queued = queue_.rbegin(); queued != queue_.rend(); ++queued)
    if (queued->producer) producers_.undo(*queued->producer);
  queue_.clear();
  log_end_ = written_end_;
  ++layout_;
  ++token_->generation;
  cut_under_way_ = true;
  auto job = std::make_unique<TruncateJob>();
  job->place_ = place_;
  job->to_ = to;
  job->compacted_ = settings_.compact;
  return job;
}

Result<std::unique_ptr<TruncateJob>> PartitionLog::start_truncate(Offset to) {
  SL_CHECK(refuse_cut());
  if (to >= log_end_) return std::unique_ptr<TruncateJob>();
  if (to < log_start_) return start_anew(to);
  bool only_queued = to >= written_end_;
  auto job = begin_cut(to);
  if (only_queued) {
    epochs_.truncate_to(to);
    ++epochs_version_;
    cut_under_way_ = false;
    dirty_ = true;
    return std::unique_ptr<TruncateJob>();
  }
  job->state_ = describe_state();
  for (auto segment = segments_.rbegin(); (*segment)->base > to; ++segment) job->dropped_.push_back((*segment)->base);
  size_t number = segments_.size() - 1 - job->dropped_.size();
  for (size_t i = number; i > 0; --i) job->older_.push_back(segments_[i - 1]->base);
  Segment& kept = *segments_[number];
  job->kept_ = Segment(kept.base);
  job->kept_.damaged = kept.damaged;
  job->kept_.stats.last_append_ms = kept.stats.last_append_ms;
  job->kept_bytes_ = kept.stats.bytes;
  // The entry before the last offset that stays: then at least one batch is read, and anchors the recovery point.
  auto entry = to > kept.base ? kept.index.find(to - 1) : std::nullopt;
  if (entry && entry->offset < to) {
    job->known_ = true;
    job->kept_.index = kept.index;
    job->kept_.index.truncate_to(uint64_t{entry->position} + 1);
    SegmentStats& stats = job->kept_.stats;
    stats.bytes = entry->position;
    stats.next = entry->offset;
    stats.records = entry->records_before;
    stats.max_timestamp_ms = entry->max_timestamp_before_ms;
    stats.first_timestamp_ms = kept.stats.first_timestamp_ms;
  }
  tail_.truncate_to(to);
  return job;
}

Result<std::unique_ptr<TruncateJob>> PartitionLog::start_anew(Offset start) {
  SL_CHECK(refuse_cut());
  auto job = begin_cut(start);
  job->anew_ = true;
  job->kept_ = Segment(start);
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment)
    job->dropped_.push_back((*segment)->base);
  tail_.clear();
  return job;
}

Status PartitionLog::finish(std::unique_ptr<TruncateJob> job) {
  cut_under_way_ = false;
  dirty_ = true;
  if (!job->result_) {
    // Half of it may be done: only a recovery can tell.
    if (job->begun_) poisoned_ = true;
    return std::move(job->result_);
  }
  adopt_cut(*job);
  return {};
}

void PartitionLog::adopt_cut(TruncateJob& job) {
  ++token_->generation;
  // For those who planned while the job ran.
  ++layout_;
  segments_.resize(segments_.size() - job.dropped_.size());
  if (!job.anew_) segments_.pop_back();
  segments_.push_back(std::make_unique<Segment>(std::move(job.kept_)));
  bytes_ = 0;
  records_ = 0;
  for (const auto& segment : segments_) {
    bytes_ += segment->stats.bytes;
    records_ += segment->stats.records;
  }
  log_end_ = written_end_ = active().stats.next;
  clean_end_ = std::min(clean_end_, log_end_);
  mark_synced();
  cut_before_write_ = false;
  recent_ = {};
  std::erase_if(wrong_indexes_, [this](Offset base) { return !find_segment(base); });
  if (job.anew_) {
    log_start_ = job.to_;
    records_before_start_ = 0;
    epochs_.clear();
    producers_.clear();
  } else {
    epochs_.truncate_to(log_end_);
    producers_.truncate_to(log_end_);
  }
  ++epochs_version_;
}

Result<std::unique_ptr<LogStartJob>> PartitionLog::start_log_start(Offset to, Offset high_watermark) {
  SL_CHECK(refuse_change());
  if (to > high_watermark || to > written_end_)
    return Error{Errc::kOffsetOutOfRange,
                 fmt::format("records before offset {} cannot be deleted: the high watermark is {}", to.value,
                             high_watermark.value)};
  std::unique_ptr<LogStartJob> job;
  if (to <= log_start_) return job;
  if (swap_under_way_) return Error{Errc::kWouldBlock, fmt::format("segments of '{}' are being replaced", directory())};
  ++log_starts_under_way_;
  job = std::make_unique<LogStartJob>();
  job->place_ = place_;
  job->to_ = to;
  job->layout_ = layout_;
  Segment* segment = segment_for(to);
  if (!segment) segment = &active();
  job->segment_ = view_of(*segment);
  job->entry_ = segment->index.find(to);
  return job;
}

Status PartitionLog::finish(std::unique_ptr<LogStartJob> job) {
  --log_starts_under_way_;
  if (job->layout_ != layout_)
    return Error{Errc::kOffsetNotAvailable, fmt::format("'{}' was cut meanwhile", directory())};
  if (!job->result_) return std::move(job->result_);
  if (job->to_ <= log_start_) return {};
  log_start_ = job->to_;
  records_before_start_ = 0;
  for (const auto& segment : segments_)
    if (segment->base < job->segment_.base) records_before_start_ += segment->stats.records;
  if (find_segment(job->segment_.base)) records_before_start_ += job->records_before_;
  if (epochs_.advance_start(log_start_)) ++epochs_version_;
  dirty_ = true;
  return {};
}

// How many of the oldest segments are to go. D9: oldest first, stop at the first that stays, only below the high
// watermark; by size only what is wholly too much.
size_t PartitionLog::count_expired(int64_t now_ms, Offset high_watermark) {
  size_t count = 0;
  int64_t excess = settings_.retention_bytes < 0 ? -1 : static_cast<int64_t>(bytes_) - settings_.retention_bytes;
  for (; count < segments_.size(); ++count) {
    const Segment& segment = *segments_[count];
    const SegmentStats& stats = segment.stats;
    bool last = count + 1 == segments_.size();
    Offset next = last ? stats.next : segments_[count + 1]->base;
    if (stats.bytes == 0 || next > high_watermark) break;
    int64_t newest_ms = std::max(stats.max_timestamp_ms, stats.last_append_ms);
    bool old = settings_.delete_old && settings_.retention_ms >= 0 && now_ms - newest_ms > settings_.retention_ms;
    bool too_much = settings_.delete_old && excess >= static_cast<int64_t>(stats.bytes);
    bool below_start = !last && next <= log_start_;
    if (!old && !too_much && !below_start) break;
    excess -= static_cast<int64_t>(stats.bytes);
  }
  return count;
}

std::unique_ptr<RetentionJob> PartitionLog::start_retention(int64_t now_ms, Offset high_watermark) {
  if (retention_under_way_ || swap_under_way_ || refuse_change().code() != Errc::kNone) return nullptr;
  size_t count = count_expired(now_ms, high_watermark);
  if (count == segments_.size()) {
    // The active one is due as well: it must be sealed first.
    if (queue_.empty() && !write_under_way_) roll_wanted_ = true;
    --count;
  }
  if (count == 0 && undeleted_.empty()) return nullptr;
  auto job = std::make_unique<RetentionJob>();
  job->place_ = place_;
  job->bases_ = std::exchange(undeleted_, {});
  int64_t records = 0;
  for (size_t i = 0; i < count; ++i) {
    job->bases_.push_back(segments_[i]->base);
    records += segments_[i]->stats.records;
    bytes_ -= segments_[i]->stats.bytes;
  }
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(count));
  records_ -= records;
  Offset first = segments_.front()->base;
  if (first >= log_start_) {
    log_start_ = first;
    records_before_start_ = 0;
    if (epochs_.advance_start(first)) ++epochs_version_;
  } else {
    records_before_start_ -= records;
  }
  std::erase_if(wrong_indexes_, [this](Offset base) { return !find_segment(base); });
  // A checkpoint under way would bring the segments' entries back.
  ++token_->generation;
  retention_under_way_ = true;
  dirty_ = true;
  return job;
}

Status PartitionLog::finish(std::unique_ptr<RetentionJob> job) {
  retention_under_way_ = false;
  undeleted_ = std::move(job->bases_);
  ++token_->generation;
  dirty_ = true;
  if (job->result_.code() == Errc::kSyncFailed) poisoned_ = true;
  return std::move(job->result_);
}

std::unique_ptr<RebuildJob> PartitionLog::start_rebuild() {
  if (rebuild_under_way_ || cut_under_way_ || swap_under_way_ || wrong_indexes_.empty()) return nullptr;
  Segment* segment = find_segment(wrong_indexes_.back());
  wrong_indexes_.pop_back();
  if (!segment) return nullptr;
  place_->seams.logger.warn("rebuilding the index of '{}'", segment_path(directory(), segment->base));
  auto job = std::make_unique<RebuildJob>();
  job->place_ = place_;
  job->view_ = view_of(*segment);
  job->layout_ = layout_;
  job->begun_ms_ = place_->seams.clock.mono_ms();
  rebuild_under_way_ = true;
  ++token_->generation;
  dirty_ = true;
  return job;
}

Status PartitionLog::finish(std::unique_ptr<RebuildJob> job) {
  rebuild_under_way_ = false;
  if (!job->result_) return std::move(job->result_);
  Segment* segment = find_segment(job->view_.base);
  if (job->layout_ != layout_ || !segment) return {};
  // What was appended meanwhile is learnt from what memory has: entries behind the part that was read.
  OffsetIndex rebuilt = std::move(job->segment_.index);
  for (const IndexEntry& entry : segment->index.in_memory())
    if (entry.position >= job->view_.bytes && rebuilt.due(entry.position)) rebuilt.add(entry);
  segment->index = std::move(rebuilt);
  segment->stored = false;
  for (const DamagedRange& range : job->segment_.damaged) segment->add_damage(range);
  ++token_->generation;
  dirty_ = true;
  place_->seams.logger.info("rebuilt the index of '{}' from {} bytes in {} ms",
                            segment_path(directory(), segment->base), job->view_.bytes,
                            place_->seams.clock.mono_ms() - job->begun_ms_);
  return {};
}

Result<std::unique_ptr<CloseJob>> PartitionLog::start_close() {
  SL_CHECK(refuse_cut());
  auto job = std::make_unique<CloseJob>();
  job->file_ = active().file;
  job->bytes_ = active().stats.bytes;
  job->cut_ = active().file_bytes > active().stats.bytes || cut_before_write_;
  job->sync_ = written_end_ > synced_end_;
  closed_ = true;
  return job;
}

Status PartitionLog::finish(std::unique_ptr<CloseJob> job) {
  if (!job->result_) {
    poisoned_ |= job->result_.code() == Errc::kSyncFailed;
    return std::move(job->result_);
  }
  active().file_bytes = active().stats.bytes;
  if (written_end_ > synced_end_) mark_synced();
  return {};
}

}  // namespace sl::storage
