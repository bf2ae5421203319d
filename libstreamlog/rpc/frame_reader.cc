#include "rpc/frame_reader.h"

#include <algorithm>

namespace sl::rpc {
namespace {

// What a large frame's block begins with, unless the peer has earned more.
constexpr size_t kFirstBlockBytes = 1 << 20;

}  // namespace

// Until `wanted` bytes are staged; `wanted` fits the staging area.
aio::Task<Status> FrameReader::fill(size_t wanted) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ + wanted > kStagingBytes) {
    std::memmove(staging_.data(), staging_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  while (end_ - begin_ < wanted) {
    MutableBytes room = MutableBytes(staging_).subspan(end_);
    SL_CO_TRY(size_t n, co_await stream_.read(room));
    if (n == 0) co_return Errc::kConnectionClosed;
    end_ += n;
  }
  co_return Status();
}

aio::Task<Result<Slice>> FrameReader::next() {
  SL_CO_CHECK(co_await fill(sizeof(int32_t)));
  int32_t announced = load_be<int32_t>(staging_.data() + begin_);
  if (announced < 0 || static_cast<size_t>(announced) > bytes_max_) co_return Errc::kProtocolMismatch;
  begin_ += sizeof(int32_t);
  auto size = static_cast<size_t>(announced);
  if (size > kStagingBytes) co_return co_await read_large(size);
  SL_CO_CHECK(co_await fill(size));
  Buffer block = Buffer::copy_of(Bytes(staging_.data() + begin_, size));
  begin_ += size;
  co_return Slice{block, block.bytes()};
}

// Never reads past the frame, so what follows needs no second home.
aio::Task<Result<Slice>> FrameReader::read_large(size_t size) {
  Buffer block = pool_.take(std::min(size, std::max(kFirstBlockBytes, earned_bytes_)));
  size_t got = std::min(end_ - begin_, size);
  std::memcpy(block.data(), staging_.data() + begin_, got);
  begin_ += got;
  while (got < size) {
    if (got == block.size()) {
      Buffer larger = pool_.take(std::min(size, 4 * got));
      std::memcpy(larger.data(), block.data(), got);
      block = std::move(larger);
    }
    MutableBytes room = block.bytes().first(std::min(size, block.size())).subspan(got);
    SL_CO_TRY(size_t n, co_await stream_.read(room));
    if (n == 0) co_return Errc::kConnectionClosed;
    got += n;
  }
  earned_bytes_ = std::max(earned_bytes_, size);
  co_return Slice{block, Bytes(block.data(), size)};
}

}  // namespace sl::rpc
