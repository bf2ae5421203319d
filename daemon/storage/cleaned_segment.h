// CleanedSegment: the file that will take the place of one or several segments, `<base offset>.log.cleaned` while it is
// written. It holds the offsets of all of them: where batches went, the batch before takes their offsets over, or one
// without records stands for them. So compacted logs have no holes, and a missing batch is as noticeable as in any log.
#pragma once
#include <algorithm>
#include <memory>

#include "base/buffer.h"
#include "base/ids.h"
#include "base/result.h"
#include "storage/log_place.h"
#include "storage/segment.h"

namespace sl::storage {

std::string cleaned_path(std::string_view directory, Offset base);

class CleanedSegment {
 public:
  // `place` outlives it.
  static Result<std::unique_ptr<CleanedSegment>> create(const LogPlace& place, Offset base);

  // The last append of a segment that it will stand for; before its batches.
  void appended(int64_t last_ms) { last_append_ms_ = std::max(last_append_ms_, last_ms); }

  // Batches come in the order of their offsets, without holes. `changed`: it is not as it was.
  Status put(record::BatchView batch, bool changed);
  // Nothing is left of this one; with `keep_producer` its header stays, for what it says of its producer.
  Status put_empty(record::BatchView batch, bool keep_producer);
  // Everything is on the disk.
  Status seal();

  const Segment& segment() const { return segment_; }
  Segment take_segment() { return std::move(segment_); }
  // Whether anything is different from the segments it stands for, but their number.
  bool changed() const { return changed_; }
  uint64_t bytes() const { return written_ + waiting_; }

 private:
  CleanedSegment(const LogPlace& place, Offset base) : place_(place), segment_(base) {}
  record::BatchView last() const;
  bool extend(record::BatchView gone);
  void settle_last();
  Status room(size_t bytes);
  Status flush();

  const LogPlace& place_;
  Segment segment_;
  int64_t last_append_ms_ = -1;
  std::unique_ptr<File> file_;
  Buffer buffer_;
  uint64_t written_ = 0;   // bytes in the file
  size_t waiting_ = 0;     // bytes in the buffer
  size_t last_at_ = 0;     // of the last batch, in the buffer
  bool has_last_ = false;  // it may still grow, and the segment has not noted it
  bool stale_crc_ = false;
  bool changed_ = false;
};

}  // namespace sl::storage
