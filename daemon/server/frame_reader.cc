#include "server/frame_reader.h"

#include <fmt/core.h>

namespace sl::server {
namespace {

constexpr size_t kSizeBytes = 4;
// A block is taken in one step up to this size; what is announced beyond must arrive before more is taken.
constexpr size_t kFirstStepBytes = 2 << 20;

}  // namespace

aio::Task<Result<size_t>> FrameReader::next_size(size_t bytes_max) {
  SL_CO_CHECK(co_await fill(kSizeBytes));
  auto size = load_be<int32_t>(inbox_ + begin_);
  if (size < 0) co_return Error{Errc::kMalformed, "a frame of negative size: not Kafka's protocol"};
  auto bytes = static_cast<size_t>(size);
  if (bytes > bytes_max)
    co_return Error{Errc::kTooLarge, fmt::format("a frame of {} bytes; {} are allowed", bytes, bytes_max)};
  begin_ += kSizeBytes;
  sized_ = true;
  co_return bytes;
}

aio::Task<Result<Slice>> FrameReader::next_frame(size_t bytes) {
  if (bytes > kInboxBytes) {
    auto frame = co_await read_large(bytes);
    sized_ = false;
    co_return frame;
  }
  SL_CO_CHECK(co_await fill(bytes));
  sized_ = false;
  Slice frame;
  frame.owner = Buffer::copy_of(Bytes(inbox_ + begin_, bytes));
  frame.bytes = Bytes(frame.owner.data(), bytes);
  begin_ += bytes;
  co_return frame;
}

// Until `need` bytes (at most the inbox's size) lie at begin_.
aio::Task<Status> FrameReader::fill(size_t need) {
  bool at_boundary = begin_ == end_;
  if (begin_ + need > kInboxBytes) {
    std::memmove(inbox_, inbox_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (at_boundary) begin_ = end_ = 0;
  while (end_ - begin_ < need) {
    MutableBytes room(inbox_ + end_, kInboxBytes - end_);
    SL_CO_TRY(size_t n, co_await stream_.read(room));
    if (n == 0) {
      if (!within_frame()) co_return Errc::kConnectionClosed;
      co_return Error{Errc::kMalformed, "the connection ended within a frame"};
    }
    end_ += n;
    arrived_ += n;
  }
  co_return Status();
}

aio::Task<Result<Slice>> FrameReader::read_large(size_t size) {
  Buffer block = pool_.take(std::min(size, kFirstStepBytes));
  size_t have = std::min(end_ - begin_, size);
  std::memcpy(block.data(), inbox_ + begin_, have);
  begin_ += have;
  while (have < size) {
    if (have == block.size()) {
      Buffer larger = pool_.take(std::min(size, have * 4));
      std::memcpy(larger.data(), block.data(), have);
      block = std::move(larger);
    }
    MutableBytes room(block.data() + have, std::min(block.size(), size) - have);
    SL_CO_TRY(size_t n, co_await stream_.read(room));
    if (n == 0) co_return Error{Errc::kMalformed, "the connection ended within a frame"};
    have += n;
    arrived_ += n;
  }
  Slice frame;
  frame.bytes = Bytes(block.data(), size);
  frame.owner = std::move(block);
  co_return frame;
}

}  // namespace sl::server
