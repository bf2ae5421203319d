// The log's life and its checkpoints. Writes are in partition_write.cc, reads in partition_read.cc, everything that
// takes something away in partition_change.cc.
#include "storage/partition_log.h"

#include <algorithm>

#include "storage/segment_scan.h"
#include "storage/stored_log.h"

namespace sl::storage {
namespace {

// Files of sealed segments that nobody read for so long are closed.
constexpr int64_t kFileIdleNs = 60'000'000'000;
// Idle producers are looked for so often.
constexpr int64_t kExpiryEveryMs = 60'000;

}  // namespace

PartitionLog::PartitionLog(std::shared_ptr<const LogPlace> place, LogSettings settings)
    : place_(std::move(place)), token_(std::make_shared<LogToken>()), settings_(settings), tail_(place_->seams.tails) {
  token_->log = this;
}

PartitionLog::~PartitionLog() {
  token_->log = nullptr;
  // A checkpoint that is still under way would bring a deleted log's entries back.
  ++token_->generation;
}

Segment* PartitionLog::find_segment(Offset base) {
  auto at = std::lower_bound(segments_.begin(), segments_.end(), base,
                             [](const auto& segment, Offset b) { return segment->base < b; });
  return at != segments_.end() && (*at)->base == base ? at->get() : nullptr;
}

void PartitionLog::assign_epoch(Epoch epoch) {
  if (!epochs_.assign(epoch, log_end_)) return;
  ++epochs_version_;
  dirty_ = true;
}

void PartitionLog::tick(int64_t now_ms, int64_t now_ns) {
  if (tail_.bytes() > 0 && now_ns - last_append_ns_ > kTailIdleNs) tail_.clear();
  if (last_read_ns_ != 0 && now_ns - last_read_ns_ > kFileIdleNs) {
    for (const auto& segment : segments_)
      if (segment != segments_.back() && !segment->held) segment->file.reset();
    last_read_ns_ = 0;
  }
  if (queue_.empty() && queue_.capacity() > 16) std::vector<QueuedBatch>().swap(queue_);
  if (now_ms >= next_expiry_ms_) {
    next_expiry_ms_ = now_ms + kExpiryEveryMs;
    producers_.expire(now_ms - place_->seams.options.producer_expiration_ms);
  }
}

StoredState PartitionLog::describe_state() const {
  StoredState state;
  state.recovery_point = synced_end_;
  state.segment = active().base;
  state.position = synced_.bytes;
  state.anchor = synced_.last;
  state.log_start = log_start_;
  // Of the segment that holds it alone: earlier ones may be deleted before the next checkpoint.
  state.records_before_start = records_before_start_;
  for (const auto& segment : segments_)
    if (segment->base < state.segment && segment->stats.next <= log_start_)
      state.records_before_start -= segment->stats.records;
  return state;
}

std::optional<CheckpointPart> PartitionLog::collect() {
  if (!dirty() || poisoned_ || cut_under_way_) return std::nullopt;
  CheckpointPart part;
  part.token = token_;
  part.generation = token_->generation;
  std::string key = state_key(*place_);
  part.puts.emplace_back(key, encode_state(key, describe_state()));
  if (settings_.compact || clean_end_ > Offset(0)) {
    std::string clean_key = cleaned_key(*place_);
    part.puts.emplace_back(clean_key, encode_cleaned(clean_key, {clean_end_, clean_horizon_ms_}));
  }
  for (const auto& segment : segments_) {
    bool sealed = segment != segments_.back();
    if (segment->stored) continue;
    size_t entries = describe_segment(*place_, *segment, sealed ? segment->stats : synced_, part.puts);
    part.indexes.push_back({segment->base, entries, sealed});
  }
  part.epochs_version = epochs_version_;
  if (epochs_version_ != epochs_stored_) collect_epochs(part);
  collect_producers(part);
  part.unsaved_bytes = std::exchange(unsaved_bytes_, 0);
  dirty_ = false;
  return part;
}

void PartitionLog::collect_epochs(CheckpointPart& part) {
  auto starts = epochs_.starts();
  int32_t number = 0;
  for (size_t at = 0; at < starts.size(); at += kEpochsPerValue, ++number) {
    std::string key = epochs_key(*place_, number);
    std::string value = encode_epochs(key, starts.subspan(at, std::min(kEpochsPerValue, starts.size() - at)));
    part.puts.emplace_back(std::move(key), std::move(value));
  }
  // Truncations and log starts shorten the list, as a rule by one value at most. Rows that are left behind make the
  // next open distrust this index and build it anew: time, never data.
  for (int32_t i = 0; i < 2; ++i) part.erased.push_back(epochs_key(*place_, number + i));
}

// Only batches that the recovery point covers: what lies behind it will be learnt again, or was never there.
void PartitionLog::collect_producers(CheckpointPart& part) {
  if (!producers_.any_dirty()) return;
  part.producers = producers_.take_dirty();
  for (ProducerId id : part.producers) {
    std::string key = producer_key(*place_, id);
    const ProducerEntry* entry = producers_.find(id);
    if (!entry) {
      part.erased.push_back(std::move(key));
      continue;
    }
    ProducerEntry covered = *entry;
    if (covered.cut_to(synced_end_)) producers_ahead_.push_back(id);
    std::string value = encode_producer(key, covered);
    part.puts.emplace_back(std::move(key), std::move(value));
  }
}

void PartitionLog::finish(const CheckpointPart& part, bool written) {
  if (!written || !part.applied || part.generation != token_->generation) {
    dirty_ = true;
    unsaved_bytes_ += part.unsaved_bytes;
    producers_.give_back_dirty(part.producers);
    return;
  }
  for (const CheckpointPart::StoredIndex& stored : part.indexes) {
    Segment* segment = find_segment(stored.segment);
    if (!segment) continue;
    segment->index.stored(stored.entries, stored.sealed);
    segment->stored = stored.sealed;
  }
  epochs_stored_ = part.epochs_version;
}

}  // namespace sl::storage
