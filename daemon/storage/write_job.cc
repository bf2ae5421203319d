// The happy path is one pwritev and one fdatasync. Failure modes: the roll cannot make its file (the old segment stays
// the active one), the write fails (the file is cut back), a sync fails (nothing is tried again: what the page cache
// says then is worth nothing).
#include "storage/write_job.h"

#include <algorithm>

#include "storage/segment.h"

namespace sl::storage {
namespace {

constexpr uint64_t kReserveFirst = 64 << 10;
constexpr uint64_t kReserveStepMax = 16 << 20;

}  // namespace

void WriteJob::run() {
  if (roll_) result_ = roll();
  if (result_ && !batches_.empty()) {
    result_ = write();
    if (!result_) cut_back();
  }
  if (result_ && sync_) result_ = file_->sync();
}

Status WriteJob::roll() {
  bool resized = file_bytes_ > position_ || cut_first_;
  if (resized) SL_CHECK(file_->truncate(position_));
  file_bytes_ = position_;
  cut_first_ = false;
  if (sync_before_roll_ || resized) SL_CHECK(file_->sync());
  FileSystem& files = place_->seams.files;
  SL_TRY(auto file, files.open(segment_path(place_->directory, roll_base_), FileSystem::Mode::kCreate));
  // A roll that failed half-way may have left the file; nothing in it was ever acknowledged.
  SL_TRY(uint64_t size, file->size());
  if (size > 0) SL_CHECK(file->truncate(0));
  SL_CHECK(files.sync_directory(place_->directory));
  file_ = std::move(file);
  position_ = 0;
  file_bytes_ = 0;
  rolled_ = true;
  return {};
}

Status WriteJob::write() {
  if (cut_first_) SL_CHECK(file_->truncate(position_));
  cut_first_ = false;
  reserve();
  std::vector<Bytes> pieces;
  pieces.reserve(batches_.size());
  for (const QueuedBatch& queued : batches_) {
    Bytes bytes = queued.batch.bytes;
    // Batches that came in one buffer, as a follower's do, lie behind each other.
    if (!pieces.empty() && pieces.back().data() + pieces.back().size() == bytes.data())
      pieces.back() = {pieces.back().data(), pieces.back().size() + bytes.size()};
    else
      pieces.push_back(bytes);
  }
  SL_CHECK(file_->write_at(pieces, position_));
  file_bytes_ = std::max(file_bytes_, position_ + bytes_);
  return {};
}

void WriteJob::reserve() {
  uint64_t end = position_ + bytes_;
  if (!place_->seams.options.preallocate || end <= file_bytes_) return;
  uint64_t step = std::clamp(file_bytes_, kReserveFirst, kReserveStepMax);
  uint64_t size = std::max(end, std::min(file_bytes_ + step, reserve_max_));
  // Room is a wish: where it is refused the write itself says whether the disk is full.
  if (file_->preallocate(size)) file_bytes_ = size;
}

void WriteJob::cut_back() {
  // Cut again before the next write or roll, even where this goes well: the cut is not synced, and a roll must leave a
  // file of which no power cut brings back the end.
  if (file_->truncate(position_)) file_bytes_ = position_;
  cut_first_ = true;
}

}  // namespace sl::storage
