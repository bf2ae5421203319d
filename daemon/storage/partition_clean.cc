// Compaction as the log sees it: what is due, what a pass may touch, and the moment when its segments take the place of
// the old ones. Readers that are under way then plan again; those that come while names change on the disk read from
// the old files, which are kept open for them until the new ones are known.
#include <fmt/core.h>

#include <algorithm>

#include "storage/partition_log.h"

namespace sl::storage {

// Sealed, whole below the limit, old enough, and known to the index: so the recovery point lies behind it.
bool PartitionLog::may_clean(const Segment& segment, int64_t now_ms, Offset limit) const {
  const SegmentStats& stats = segment.stats;
  if (&segment == &active() || !segment.stored || stats.next > limit || stats.bytes == 0) return false;
  int64_t lag_ms = settings_.min_compaction_lag_ms;
  return lag_ms <= 0 || now_ms - std::max(stats.max_timestamp_ms, stats.last_append_ms) >= lag_ms;
}

std::optional<double> PartitionLog::clean_due(int64_t now_ms, Offset limit) {
  if (!settings_.compact || clean_under_way_ || refuse_change().code() != Errc::kNone) return std::nullopt;
  int64_t max_lag_ms = settings_.max_compaction_lag_ms;
  auto overdue = [&](const Segment& segment) {
    int64_t first_ms = segment.stats.first_timestamp_ms;
    return segment.stats.bytes > 0 && max_lag_ms != kUnlimited && first_ms >= 0 && now_ms - first_ms > max_lag_ms;
  };
  // Nothing of the active segment is ever cleaned, so one that is overdue is sealed.
  if (overdue(active()) && queue_.empty() && !write_under_way_) roll_wanted_ = true;
  uint64_t clean = 0, dirty = 0;
  bool due = clean_horizon_ms_ <= now_ms;
  for (const auto& segment : segments_) {
    if (segment->stats.next <= log_start_) continue;
    bool is_clean = segment->stats.next <= clean_end_;
    if (!may_clean(*segment, now_ms, limit)) {
      // A pass over a part of what is clean would forget when the tombstones in the rest may go.
      if (is_clean) return std::nullopt;
      break;
    }
    (is_clean ? clean : dirty) += segment->stats.bytes;
    due = due || (!is_clean && overdue(*segment));
  }
  if (clean + dirty == 0 || (dirty == 0 && clean_horizon_ms_ > now_ms)) return std::nullopt;
  double ratio = static_cast<double>(dirty) / static_cast<double>(clean + dirty);
  if (!due && ratio <= settings_.min_cleanable_dirty_ratio) return std::nullopt;
  return ratio;
}

std::unique_ptr<CleanJob> PartitionLog::start_clean(const CleanOptions& options, int64_t now_ms, Offset limit) {
  if (!clean_due(now_ms, limit)) return nullptr;
  auto job = std::make_unique<CleanJob>();
  job->place_ = place_;
  job->options_ = options;
  for (const auto& segment : segments_) {
    const SegmentStats& stats = segment->stats;
    if (stats.next <= log_start_) continue;
    if (!may_clean(*segment, now_ms, limit)) break;
    bool damaged = segment->cleaning_refused || !segment->damaged.empty();
    job->sources_.push_back({segment->base, stats.next, stats.bytes, stats.last_append_ms, damaged});
  }
  // The newest batch of a producer that a power cut cannot take away any more.
  for (ProducerId id : producers_.ids()) {
    const ProducerEntry& entry = *producers_.find(id);
    for (size_t i = entry.count; i-- > 0;) {
      if (entry.batches[i].last >= synced_end_) continue;
      job->last_batches_.emplace(id, entry.batches[i].last);
      break;
    }
  }
  job->dirty_from_ = std::max(clean_end_, job->sources_.front().base);
  job->log_start_ = log_start_;
  job->segment_bytes_ = settings_.segment_bytes;
  job->layout_ = layout_;
  job->begun_ms_ = place_->seams.clock.mono_ms();
  job->rules_.now_ms = now_ms;
  job->rules_.delete_retention_ms = settings_.delete_retention_ms;
  if (!settings_.keep_producer_compression) {
    job->rules_.level_of = settings_.compression;
    job->rules_.level = settings_.compression_level;
  }
  clean_under_way_ = true;
  return job;
}

// Whether the segments of the job's group are as they were, and the log still begins where it did as far as they go.
bool PartitionLog::may_swap(const CleanJob& job) {
  if (job.layout_ != layout_) return false;
  const CleanJob::Source& first = job.sources_[job.group_at_];
  Segment* segment = find_segment(first.base);
  return segment && (log_start_ == job.log_start_ || log_start_ <= first.base);
}

Result<std::unique_ptr<SwapJob>> PartitionLog::start_swap(CleanJob& job) {
  SL_CHECK(refuse_change());
  if (retention_under_way_ || rebuild_under_way_ || log_starts_under_way_ > 0)
    return Error{Errc::kWouldBlock, fmt::format("'{}' is being changed", directory())};
  if (!may_swap(job)) return Error{Errc::kCancelled, fmt::format("'{}' was changed while it was cleaned", directory())};
  auto swap = std::make_unique<SwapJob>();
  swap->place_ = place_;
  for (size_t i = job.group_at_; i < job.group_end_; ++i) {
    Segment* segment = find_segment(job.sources_[i].base);
    // While names change, a path may be that of another file.
    segment->file = job.group_files_[i - job.group_at_];
    segment->held = true;
    swap->bases_.push_back(segment->base);
  }
  swap->segment_ = job.cleaned_->take_segment();
  // Who planned before this, without a file in hand, plans again.
  ++layout_;
  ++token_->generation;
  swap_under_way_ = true;
  dirty_ = true;
  return swap;
}

Status PartitionLog::finish(CleanJob& job, std::unique_ptr<SwapJob> swap) {
  swap_under_way_ = false;
  ++layout_;
  ++token_->generation;
  dirty_ = true;
  job.layout_ = layout_;
  job.cleaned_.reset();
  job.group_files_.clear();
  if (swap->result_) {
    adopt_swap(*swap);
    return {};
  }
  for (Offset base : swap->bases_) {
    Segment* segment = find_segment(base);
    segment->held = false;
    segment->file.reset();
    // The index has forgotten it, perhaps.
    segment->stored = false;
    wrong_indexes_.push_back(base);
  }
  poisoned_ |= swap->begun_;
  job.give_up();
  return std::move(swap->result_);
}

void PartitionLog::adopt_swap(SwapJob& swap) {
  auto first = std::find_if(segments_.begin(), segments_.end(),
                            [&](const auto& segment) { return segment->base == swap.bases_.front(); });
  auto end = first + static_cast<ptrdiff_t>(swap.bases_.size());
  // Records before the log's start are none of the new segment's.
  int64_t before_start = records_before_start_;
  for (auto segment = segments_.begin(); segment != first; ++segment) before_start -= (*segment)->stats.records;
  if ((*first)->base < log_start_) records_before_start_ -= before_start;
  for (auto segment = first; segment != end; ++segment) {
    records_ -= (*segment)->stats.records;
    bytes_ -= (*segment)->stats.bytes;
    std::erase(wrong_indexes_, (*segment)->base);
  }
  records_ += swap.segment_.stats.records;
  bytes_ += swap.segment_.stats.bytes;
  *first = std::make_unique<Segment>(std::move(swap.segment_));
  segments_.erase(first + 1, end);
  recent_ = {};
}

void PartitionLog::finish(std::unique_ptr<CleanJob> job) {
  clean_under_way_ = false;
  for (const auto& [base, sentence] : job->damaged_) {
    Segment* segment = find_segment(base);
    if (!segment) continue;
    segment->cleaning_refused = true;
    place_->seams.logger.error("damage: {}", sentence);
  }
  if (job->state_ != CleanJob::State::kDone || job->layout_ != layout_) return;
  clean_end_ = std::max(clean_end_, job->end_);
  clean_horizon_ms_ = job->horizon_ms_;
  dirty_ = true;
  place_->seams.logger.info("compacted '{}' up to offset {} in {} ms: {} bytes read that were new, {} written",
                            directory(), clean_end_.value, place_->seams.clock.mono_ms() - job->begun_ms_,
                            job->read_bytes_, job->written_bytes_);
}

}  // namespace sl::storage
