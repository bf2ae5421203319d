// The walk: batch by batch from a known place, each compared with the offset that must come next, until the one that
// holds `from` is found; from there on they are taken until the bytes, the limit or the epoch end. Skipped batches are
// checked as well: a wrong length or offset in one would otherwise lead past records in silence.
#include "storage/read_job.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/clock.h"
#include "base/limits.h"
#include "storage/batch_scan.h"
#include "storage/stored_log.h"

namespace sl::storage {
namespace {

constexpr size_t kReadBytesMin = 64 << 10;

}  // namespace

Status open_segment(const LogPlace& place, SegmentView& segment) {
  if (segment.file) return {};
  SL_TRY(auto file, place.seams.files.open(segment_path(place.directory, segment.base), FileSystem::Mode::kRead));
  segment.file = std::move(file);
  return {};
}

Status ReadJob::attempt(bool cached_only) {
  cached_only_ = cached_only;
  result_ = {};
  result_.next = from_;
  size_wanted_ = 0;
  buffer_bytes_ = 0;
  // A second attempt starts where the first one started.
  uint64_t position = position_;
  Offset expected = expected_;
  Status status = read();
  buffer_ = {};
  if (cached_only && status.code() == Errc::kWouldBlock) {
    position_ = position;
    expected_ = expected;
    return status;
  }
  status_ = std::move(status);
  index_wrong_ = mistaken_ && !damage_;
  return {};
}

Status ReadJob::read() {
  if (cached_only_ && (!segment_.file || !located_)) return Errc::kWouldBlock;
  SL_CHECK(open_segment(*place_, segment_));
  if (!located_) SL_CHECK(locate());
  for (;;) {
    if (position_ >= segment_.bytes) break;
    size_t slack = expected_ < from_ ? size_t{kIndexIntervalBytes} : 0;
    SL_CHECK(fill(std::max(std::clamp(bytes_max_ + slack, kReadBytesMin, kFetchBytesMax), size_wanted_)));
    SL_TRY(Step step, take());
    if (step == Step::kDone) break;
    offer_processor();  // A walk through much of a segment holds up nobody; see BatchScanner.
  }
  if (result_.bytes > 0) {
    Bytes bytes(buffer_.data() + begin_, result_.bytes);
    result_.slices.push_back(Slice{buffer_, bytes});
  }
  return {};
}

Status ReadJob::locate() {
  position_ = 0;
  expected_ = segment_.base;
  auto found = find_stored(*place_, segment_.base, from_);
  if (!found || !found->entry) {
    mistaken_ = true;  // An index that fails or has nothing costs time, never an answer.
  } else {
    position_ = found->entry->position;
    expected_ = found->entry->offset;
    entry_before_ = found->before;
    by_index_ = true;
  }
  located_ = true;
  return {};
}

// The entry did not point at its batch: try the one before it, then the segment's start.
void ReadJob::step_back() {
  mistaken_ = true;
  by_index_ = entry_before_.has_value();
  position_ = entry_before_ ? entry_before_->position : 0;
  expected_ = entry_before_ ? entry_before_->offset : segment_.base;
  entry_before_.reset();
}

Status ReadJob::fill(size_t size) {
  size = static_cast<size_t>(std::min<uint64_t>(size, segment_.bytes - position_));
  buffer_ = place_->seams.buffers.take(size);
  MutableBytes into = buffer_.bytes().first(size);
  auto n = cached_only_ ? segment_.file->read_at_cached(into, position_) : segment_.file->read_at(into, position_);
  if (!n) return std::move(n).error();
  buffer_at_ = position_;
  buffer_bytes_ = *n;
  return {};
}

// Walks what is in the buffer.
Result<ReadJob::Step> ReadJob::take() {
  for (;;) {
    auto at = static_cast<size_t>(position_ - buffer_at_);
    Bytes ahead = Bytes(buffer_.data(), buffer_bytes_).subspan(at);
    if (position_ >= segment_.bytes) return result_.bytes > 0 ? Step::kDone : Step::kReadOn;
    auto batch = record::parse_batch(ahead);
    if (!batch && batch.code() != Errc::kWouldBlock) return damaged("no record batch begins here");
    if (!batch) {
      if (result_.bytes > 0) return Step::kDone;
      uint64_t size = ahead.size() < record::kBatchPrefixBytes
                          ? record::kBatchPrefixBytes
                          : record::kBatchPrefixBytes + uint64_t{load_be<uint32_t>(ahead.data() + 8)};
      if (size > kProduceFrameBytesMax) return damaged("the batch's length is impossible");
      if (position_ + size > segment_.bytes) return damaged("the batch ends beyond the segment");
      if (strict_ && expected_ >= from_ && ahead.size() >= record::kBatchPrefixBytes && size > bytes_max_)
        return Step::kDone;
      if (cached_only_) return Error{Errc::kWouldBlock, {}};
      // Asked for all of it, from here, and still got less: the file is shorter than it was.
      if (at == 0 && size_wanted_ >= size) return damaged("the file ends here");
      size_wanted_ = static_cast<size_t>(size);
      return Step::kReadOn;
    }
    SL_TRY(Step step, accept(*batch));
    if (step == Step::kDone) return Step::kDone;
    if (position_ < buffer_at_ || position_ > buffer_at_ + buffer_bytes_) return Step::kReadOn;
  }
}

// Looks at the batch at `position_`; kReadOn: go on with the next.
Result<ReadJob::Step> ReadJob::accept(record::BatchView batch) {
  bool wanted = result_.bytes > 0 || batch.next_offset() > from_;
  if (wanted && result_.bytes > 0) {
    if (result_.bytes + batch.size() > bytes_max_) return Step::kDone;
    if (epoch_end_ != kNoOffset && batch.base_offset() >= epoch_end_) return Step::kDone;
  }
  if (!batch.crc_ok()) return damaged("the batch does not match its CRC");
  std::string_view why = misfit(batch, {expected_, kNoEpoch, segment_.compacted});
  if (why.empty() && wanted && epoch_ != kNoEpoch && batch.leader_epoch() != epoch_)
    why = "a batch of another epoch than the log knows";
  if (!why.empty()) return damaged(why);
  by_index_ = false;
  if (wanted) {
    if (batch.next_offset() > limit_) return Step::kDone;
    if (strict_ && result_.bytes + batch.size() > bytes_max_) return Step::kDone;
    if (result_.bytes == 0) begin_ = position_ - buffer_at_;
    result_.bytes += batch.size();
    result_.next = batch.next_offset();
  }
  position_ += batch.size();
  expected_ = batch.next_offset();
  next_position_ = position_;
  return Step::kReadOn;
}

// Bad bytes at `position_`. What was taken before them is served; the next read will meet them first.
Result<ReadJob::Step> ReadJob::damaged(std::string_view why) {
  if (result_.bytes > 0) return Step::kDone;
  if (cached_only_) return Error{Errc::kWouldBlock, {}};
  if (by_index_) {
    step_back();
    return Step::kReadOn;
  }
  SL_TRY(auto next, find_resumption(*segment_.file, place_->seams.buffers, position_, segment_.bytes,
                                    {expected_, kNoEpoch, segment_.compacted, segment_.next}));
  DamagedRange range{position_, segment_.bytes, expected_, segment_.next};
  if (next) {
    range.end = next->position;
    range.next = next->base;
  }
  damage_ = range;
  if (!next || range.next > from_) return damage_error(*place_, segment_.base, range, why);
  position_ = next->position;
  expected_ = next->base;
  return Step::kReadOn;
}

Error damage_error(const LogPlace& place, Offset segment, const DamagedRange& range, std::string_view why) {
  return {Errc::kCorruptMessage, fmt::format("'{}' is damaged at byte {}: {}; offsets {} to {} cannot be read",
                                             segment_path(place.directory, segment), range.begin, why,
                                             range.first.value, range.next.value - 1)};
}

}  // namespace sl::storage
