// FrameReader: response frames off a stream, each in a block of its own. A small frame is copied out of a little
// staging area; a large one is read straight into its block, so the records of a fetch are never moved. What is hard:
// the announced size is only a claim, so a block grows with what has really come, except that a peer which once sent
// that much is believed at once.
#pragma once
#include <array>

#include "aio/stream.h"
#include "base/buffer.h"

namespace sl::rpc {

class FrameReader {
 public:
  // Both must outlive the reader.
  FrameReader(aio::Stream& stream, BufferPool& pool, size_t bytes_max)
      : stream_(stream), pool_(pool), bytes_max_(bytes_max) {}

  // The next frame without its size. kConnectionClosed at the end of the stream, kProtocolMismatch where the size is
  // negative or over the limit.
  aio::Task<Result<Slice>> next();
  // Holds for every frame whose size has not been read yet.
  void set_limit(size_t bytes_max) { bytes_max_ = bytes_max; }

 private:
  aio::Task<Status> fill(size_t wanted);
  aio::Task<Result<Slice>> read_large(size_t size);

  static constexpr size_t kStagingBytes = 16 << 10;
  aio::Stream& stream_;
  BufferPool& pool_;
  size_t bytes_max_;
  std::array<uint8_t, kStagingBytes> staging_;
  size_t begin_ = 0;  // of what is staged and not yet handed out
  size_t end_ = 0;
  size_t earned_bytes_ = 0;  // the largest frame the peer has really sent
};

}  // namespace sl::rpc
