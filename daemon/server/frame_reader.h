// FrameReader: cuts a stream into size-prefixed frames. An idle connection costs the 4 KiB of its inbox; a large frame
// is read straight into the pooled block that it will be written to disk from. Memory follows the bytes that arrived,
// not the size that was announced: untouched pages of a block cost nothing, and a block grows in steps.
#pragma once
#include "aio/stream.h"
#include "base/buffer.h"
#include "base/limits.h"

namespace sl::server {

class FrameReader {
 public:
  FrameReader(aio::Stream& stream, BufferPool& pool) : stream_(stream), pool_(pool) {}
  // The size of the next frame. kConnectionClosed at the end of the stream between two frames, kMalformed at an end
  // within one or at an impossible size, kTooLarge beyond `bytes_max`.
  aio::Task<Result<size_t>> next_size(size_t bytes_max);
  // The frame, of which next_size() told `size`; the same errors.
  aio::Task<Result<Slice>> next_frame(size_t size);
  // Whether a part of a frame has arrived and the rest is awaited.
  bool within_frame() const { return sized_ || begin_ != end_; }
  // Bytes that came so far, of whole frames and of parts.
  uint64_t bytes_arrived() const { return arrived_; }

 private:
  aio::Task<Status> fill(size_t need);
  aio::Task<Result<Slice>> read_large(size_t size);
  static constexpr size_t kInboxBytes = 4096;
  aio::Stream& stream_;
  BufferPool& pool_;
  uint8_t inbox_[kInboxBytes];
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t arrived_ = 0;
  bool sized_ = false;  // the size of a frame is known and its bytes are awaited
};

}  // namespace sl::server
