// The last batch waits in the buffer until it is known whether it takes over the offsets behind it.
#include "storage/cleaned_segment.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "record/batch_builder.h"
#include "storage/clean_batch.h"

namespace sl::storage {
namespace {

constexpr size_t kBufferBytes = 1 << 20;

}  // namespace

std::string cleaned_path(std::string_view directory, Offset base) {
  return segment_path(directory, base) + ".cleaned";
}

Result<std::unique_ptr<CleanedSegment>> CleanedSegment::create(const LogPlace& place, Offset base) {
  std::unique_ptr<CleanedSegment> made(new CleanedSegment(place, base));
  SL_TRY(made->file_, place.seams.files.open(cleaned_path(place.directory, base), FileSystem::Mode::kCreate));
  // One that was given up may be there.
  SL_CHECK(made->file_->truncate(0));
  return made;
}

record::BatchView CleanedSegment::last() const {
  return record::BatchView(Bytes(buffer_.data() + last_at_, waiting_ - last_at_));
}

// Nothing will be added to the last batch.
void CleanedSegment::settle_last() {
  if (!has_last_) return;
  if (stale_crc_) record::set_crc(MutableBytes(buffer_.data() + last_at_, waiting_ - last_at_));
  segment_.note(last(), last_append_ms_);
  has_last_ = stale_crc_ = false;
}

Status CleanedSegment::flush() {
  settle_last();
  if (waiting_ == 0) return {};
  Bytes piece(buffer_.data(), waiting_);
  SL_CHECK(file_->write_at(std::span(&piece, 1), written_));
  written_ += waiting_;
  waiting_ = 0;
  return {};
}

// Makes room for a batch, which becomes the last one.
Status CleanedSegment::room(size_t bytes) {
  settle_last();
  if (buffer_ && waiting_ + bytes > buffer_.size()) SL_CHECK(flush());
  if (!buffer_ || buffer_.size() < bytes) buffer_ = place_.seams.buffers.take(std::max(bytes, kBufferBytes));
  last_at_ = waiting_;
  waiting_ += bytes;
  has_last_ = true;
  return {};
}

Status CleanedSegment::put(record::BatchView batch, bool changed) {
  SL_CHECK(room(batch.size()));
  std::memcpy(buffer_.data() + last_at_, batch.bytes().data(), batch.size());
  changed_ = changed_ || changed;
  return {};
}

// The batch before may take the offsets over unless it speaks for a producer, whose sequences they are.
bool CleanedSegment::extend(record::BatchView gone) {
  if (!has_last_) return false;
  record::BatchView before = last();
  if (before.producer_id().value >= 0 || before.control() || before.leader_epoch() != gone.leader_epoch()) return false;
  int64_t delta = gone.last_offset() - before.base_offset();
  if (delta > INT32_MAX) return false;
  store_be(buffer_.data() + last_at_ + 23, static_cast<int32_t>(delta));
  stale_crc_ = true;
  return true;
}

Status CleanedSegment::put_empty(record::BatchView batch, bool keep_producer) {
  bool was_empty = batch.record_count() == 0;
  if (!keep_producer && extend(batch)) {
    changed_ = true;
    return {};
  }
  changed_ = changed_ || !was_empty;
  uint8_t header[record::kBatchHeaderBytes];
  if (keep_producer)
    empty_batch(header, batch);
  else
    empty_batch(header, batch.base_offset(), batch.next_offset(), batch.leader_epoch());
  SL_CHECK(room(sizeof header));
  std::memcpy(buffer_.data() + last_at_, header, sizeof header);
  return {};
}

Status CleanedSegment::seal() {
  SL_CHECK(flush());
  buffer_ = {};
  SL_CHECK(file_->sync());
  file_.reset();
  return {};
}

}  // namespace sl::storage
