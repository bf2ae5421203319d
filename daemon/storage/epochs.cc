// The epoch cache: a handful of entries, so plain searches over a vector.
#include "storage/epochs.h"

#include <algorithm>

namespace sl::storage {
namespace {

bool starts_before(Offset offset, const EpochStart& entry) {
  return offset < entry.start;
}
bool is_below(Epoch epoch, const EpochStart& entry) {
  return epoch < entry.epoch;
}

}  // namespace

EpochEnd EpochCache::at(Offset offset) const {
  auto next = std::upper_bound(starts_.begin(), starts_.end(), offset, starts_before);
  if (next == starts_.begin()) return {};
  return {std::prev(next)->epoch, next == starts_.end() ? kNoOffset : next->start};
}

EpochEnd EpochCache::end_offset_for(Epoch epoch, Offset log_end) const {
  if (starts_.empty() || epoch == kNoEpoch || epoch > latest()) return {};
  if (epoch == latest()) return {epoch, log_end};
  auto next = std::upper_bound(starts_.begin(), starts_.end(), epoch, is_below);
  if (next == starts_.begin()) return {epoch, next->start};
  return {std::prev(next)->epoch, next->start};
}

bool EpochCache::assign(Epoch epoch, Offset start) {
  if (epoch <= latest()) return false;
  while (!starts_.empty() && starts_.back().start >= start) starts_.pop_back();
  starts_.push_back({epoch, start});
  return true;
}

bool EpochCache::truncate_to(Offset end) {
  size_t before = starts_.size();
  while (!starts_.empty() && starts_.back().start >= end) starts_.pop_back();
  return starts_.size() != before;
}

bool EpochCache::roll_back_to(Offset end) {
  if (starts_.empty() || starts_.back().start <= end) return false;
  Epoch epoch = latest();
  truncate_to(end);
  starts_.push_back({epoch, end});
  return true;
}

bool EpochCache::advance_start(Offset start) {
  auto next = std::upper_bound(starts_.begin(), starts_.end(), start, starts_before);
  if (next == starts_.begin()) return false;
  auto covering = std::prev(next);
  if (covering == starts_.begin() && covering->start == start) return false;
  covering->start = start;
  starts_.erase(starts_.begin(), covering);
  return true;
}

void EpochCache::clear() {
  starts_.clear();
}

}  // namespace sl::storage
