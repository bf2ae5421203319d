// Planning reads: from memory at once, or a job that knows where to begin. Readers that go through the log one fetch
// after the other never search: the log remembers where its last few reads ended.
#include <fmt/core.h>

#include <algorithm>

#include "storage/partition_log.h"

namespace sl::storage {
namespace {

// Files of sealed segments that stay open after a read.
constexpr int kOpenSealedMax = 2;

}  // namespace

SegmentView PartitionLog::view_of(const Segment& segment) const {
  SegmentView view;
  view.base = segment.base;
  view.file = segment.file;
  view.bytes = segment.stats.bytes;
  view.next = segment.stats.next;
  view.indexed = segment.index.dropped() > 0;
  view.compacted = settings_.compact;
  return view;
}

// The segment that holds `offset` or, where damage took it away, the next one that has anything. Null beyond the end.
Segment* PartitionLog::segment_for(Offset offset) {
  auto after = std::upper_bound(segments_.begin(), segments_.end(), offset,
                                [](Offset o, const auto& segment) { return o < segment->base; });
  if (after != segments_.begin()) --after;
  while (after != segments_.end() && (*after)->stats.next <= offset && !(*after)->damage_at(offset)) ++after;
  return after == segments_.end() ? nullptr : after->get();
}

Result<ReadPlan> PartitionLog::plan_read(Offset from, size_t bytes_max, Offset limit, bool strict) {
  if (from < log_start_ || from > log_end_)
    return Error{Errc::kOffsetOutOfRange, fmt::format("offset {} is outside the log, which holds {} to {}", from.value,
                                                      log_start_.value, log_end_.value)};
  limit = std::min(limit, written_end_);
  ReadPlan plan;
  plan.result.next = from;
  // Whoever stands at the end, or in the tail already, will want what comes next.
  bool in_tail = tail_.covers(from);
  if (from >= limit || in_tail) last_tail_read_ns_ = clock().mono_ns();
  if (from >= limit) return plan;
  if (in_tail) {
    tail_.collect(from, limit, bytes_max, strict, plan.result.slices, plan.result.bytes, plan.result.next);
    return plan;
  }
  SL_TRY(plan.job, make_read(from, bytes_max, limit, strict));
  return plan;
}

Result<std::unique_ptr<ReadJob>> PartitionLog::make_read(Offset from, size_t bytes_max, Offset limit, bool strict) {
  std::unique_ptr<ReadJob> job;
  Segment* segment = segment_for(from);
  if (!segment) return job;
  if (const DamagedRange* range = segment->damage_at(from))
    return damage_error(*place_, segment->base, *range, "damage found before");
  job = std::make_unique<ReadJob>();
  job->place_ = place_;
  job->segment_ = view_of(*segment);
  job->from_ = from;
  job->limit_ = limit;
  job->bytes_max_ = bytes_max;
  job->strict_ = strict;
  job->layout_ = layout_;
  EpochEnd epoch = epochs_.at(std::max(from, segment->base));
  job->epoch_ = epoch.epoch;
  job->epoch_end_ = epoch.end;
  job->result_.next = from;
  for (const RecentRead& recent : recent_) {
    if (recent.next != from || recent.segment != segment->base) continue;
    job->located_ = true;
    job->position_ = recent.position;
    job->expected_ = from;
    return job;
  }
  if (auto entry = segment->index.find(from)) {
    job->located_ = true;
    job->position_ = entry->position;
    job->expected_ = entry->offset;
  }
  return job;
}

Result<ReadResult> PartitionLog::finish(std::unique_ptr<ReadJob> job) {
  if (job->layout_ != layout_)
    return Error{Errc::kOffsetNotAvailable, fmt::format("'{}' was cut while it was read", directory())};
  Offset base = job->segment_.base;
  Segment* segment = find_segment(base);
  if (segment && job->damage_ && segment->add_damage(*job->damage_))
    place_->seams.logger.error("damage: {}", damage_error(*place_, base, *job->damage_, "found by a read").context);
  if (!job->status_) {
    if (segment || job->from_ >= log_start_) return std::move(job->status_).error();
    return Error{Errc::kOffsetOutOfRange, fmt::format("offset {} was deleted while it was read; the log begins at {}",
                                                      job->from_.value, log_start_.value)};
  }
  if (segment) adopt_file(base, job->segment_.file);
  if (job->index_wrong_ && std::find(wrong_indexes_.begin(), wrong_indexes_.end(), base) == wrong_indexes_.end())
    wrong_indexes_.push_back(base);
  if (job->result_.bytes > 0) {
    recent_[recent_at_] = {job->result_.next, base, job->next_position_};
    recent_at_ = static_cast<uint8_t>((recent_at_ + 1) % recent_.size());
  }
  return std::move(job->result_);
}

// Keeps the file of a sealed segment for the next read, and lets go of others.
void PartitionLog::adopt_file(Offset base, const std::shared_ptr<File>& file) {
  Segment* segment = find_segment(base);
  if (segment == &active() || segment->file) return;
  segment->file = file;
  last_read_ns_ = clock().mono_ns();
  int open = 0;
  for (auto other = segments_.rbegin(); other != segments_.rend(); ++other) {
    if (other->get() == &active() || other->get() == segment || !(*other)->file || (*other)->held) continue;
    if (++open >= kOpenSealedMax) (*other)->file.reset();
  }
}

std::unique_ptr<LookupJob> PartitionLog::find_time(int64_t timestamp_ms, Offset limit) {
  return make_lookup(timestamp_ms, limit);
}
std::unique_ptr<LookupJob> PartitionLog::find_max_time(Offset limit) {
  return make_lookup(std::nullopt, limit);
}

std::unique_ptr<LookupJob> PartitionLog::make_lookup(std::optional<int64_t> timestamp_ms, Offset limit) {
  auto job = std::make_unique<LookupJob>();
  job->place_ = place_;
  job->timestamp_ms_ = timestamp_ms;
  job->from_ = log_start_;
  job->limit_ = std::min(limit, written_end_);
  job->layout_ = layout_;
  for (const auto& segment : segments_) {
    const SegmentStats& stats = segment->stats;
    if (stats.bytes == 0 || stats.next <= log_start_ || segment->base >= job->limit_) continue;
    if (timestamp_ms && stats.max_timestamp_ms < *timestamp_ms) continue;
    LookupJob::Candidate candidate;
    candidate.segment = view_of(*segment);
    candidate.max_timestamp_ms = stats.max_timestamp_ms;
    if (timestamp_ms)
      candidate.entry = segment->index.find_time(*timestamp_ms);
    else if (stats.next > job->limit_)
      candidate.entry = segment->index.find(job->limit_);
    else
      candidate.entry = segment->index.find_time(stats.max_timestamp_ms);
    job->candidates_.push_back(std::move(candidate));
  }
  if (job->candidates_.empty()) return nullptr;
  return job;
}

Result<std::optional<FoundTime>> PartitionLog::finish(std::unique_ptr<LookupJob> job) {
  if (job->layout_ != layout_)
    return Error{Errc::kOffsetNotAvailable, fmt::format("'{}' was cut while it was searched", directory())};
  if (!job->result_ && job->from_ < log_start_)
    return Error{Errc::kOffsetNotAvailable, fmt::format("'{}' lost old records while it was searched", directory())};
  return std::move(job->result_);
}

}  // namespace sl::storage
