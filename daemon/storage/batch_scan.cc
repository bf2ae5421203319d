// One buffer that slides over the file. A batch larger than it grows it, up to the largest batch there can be.
#include "storage/batch_scan.h"

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "base/limits.h"

namespace sl::storage {
namespace {

constexpr size_t kMagicAt = 16;
// Behind any offset that is believed the log must still be able to grow.
constexpr Offset kFarthest{int64_t{1} << 61};

bool all_zero(Bytes bytes) {
  return bytes.empty() || (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

// The most offsets that `bytes` of batches can hold: a compressed record takes next to nothing, and what compaction
// leaves of many batches is a header.
Offset farthest(const Continuation& place, uint64_t bytes) {
  uint64_t each = place.compacted ? uint64_t{INT32_MAX} / record::kBatchHeaderBytes : kDecompressRatioMax;
  uint64_t room = static_cast<uint64_t>(kFarthest - std::min(place.expected, kFarthest));
  if (place.compacted) bytes += record::kBatchHeaderBytes;
  uint64_t offsets = bytes > room / each ? room : bytes * each;
  return place.expected + static_cast<int64_t>(offsets);
}

// A cheap look at a header `bytes` behind the place, before the costly one at the CRC.
bool plausible(record::BatchView batch, const Continuation& place, uint64_t bytes) {
  Offset base = batch.base_offset();
  return base >= place.expected && base <= farthest(place, bytes) && base < place.end &&
         batch.leader_epoch() >= place.epoch_min && (batch.attributes() & ~0x7f) == 0 && batch.last_offset_delta() >= 0;
}

}  // namespace

BatchScanner::BatchScanner(File& file, BufferPool& buffers, uint64_t position, uint64_t end, size_t read_bytes)
    : file_(&file), buffers_(&buffers), position_(position), end_(end), read_bytes_(read_bytes) {}

// True where `size` bytes from position_ on are in the buffer.
Result<bool> BatchScanner::fill(size_t size) {
  if (filled_ - at_ >= size) return true;
  if (end_ - position_ < size) return false;
  size_t want = static_cast<size_t>(std::min<uint64_t>(std::max(size, read_bytes_), end_ - position_));
  size_t kept = filled_ - at_;
  if (!buffer_ || buffer_.size() < want) {
    Buffer larger = buffers_->take(want);
    if (kept > 0) std::memcpy(larger.data(), buffer_.data() + at_, kept);
    buffer_ = std::move(larger);
  } else if (kept > 0) {
    std::memmove(buffer_.data(), buffer_.data() + at_, kept);
  }
  at_ = 0;
  filled_ = kept;
  // A scan from the page cache never waits, so the kernel would let it keep a processor for milliseconds that an append
  // needs now: it offers it to whoever waits before each read.
  offer_processor();
  SL_TRY(size_t n, file_->read_at(MutableBytes(buffer_.data() + kept, want - kept), position_ + kept));
  filled_ += n;
  return filled_ >= size;
}

Result<BatchScanner::Found> BatchScanner::bad(std::string_view why) {
  why_ = why;
  return Found::kBad;
}

Result<BatchScanner::Found> BatchScanner::next() {
  position_ += batch_.size();
  at_ += batch_.size();
  batch_ = {};
  if (position_ >= end_) return Found::kEnd;
  SL_TRY(bool header, fill(record::kBatchHeaderBytes));
  if (!header || all_zero(ahead().first(record::kBatchHeaderBytes))) {
    SL_TRY(bool zeros, only_zeros());
    if (zeros) return Found::kZeros;
    return bad(header ? "zeros where a batch should begin" : "a part of a batch header");
  }
  auto parsed = record::parse_batch(ahead());
  if (!parsed && parsed.code() != Errc::kWouldBlock) return bad("not a record batch");
  size_t size = record::kBatchPrefixBytes + load_be<uint32_t>(ahead().data() + 8);
  if (size > kProduceFrameBytesMax) return bad("an impossible batch length");
  SL_TRY(bool whole, fill(size));
  if (!whole) return bad("a part of a batch");
  Bytes bytes = ahead().first(size);
  if (!record::BatchView(bytes).crc_ok()) return bad("a batch that does not match its CRC");
  batch_ = bytes;
  return Found::kBatch;
}

Result<bool> BatchScanner::only_zeros() {
  for (uint64_t at = position_; at < end_;) {
    Buffer block = buffers_->take(static_cast<size_t>(std::min<uint64_t>(read_bytes_, end_ - at)));
    size_t want = static_cast<size_t>(std::min<uint64_t>(block.size(), end_ - at));
    SL_TRY(size_t n, file_->read_at(block.bytes().first(want), at));
    if (n == 0) return true;
    if (!all_zero(block.bytes().first(n))) return false;
    at += n;
  }
  return true;
}

std::string_view misfit(record::BatchView batch, const Continuation& place) {
  if (batch.base_offset() < place.expected) return "a batch whose offset lies before its place";
  if (batch.base_offset() > place.expected) return "a batch whose offset lies behind its place";
  if (batch.last_offset_delta() < 0 || batch.next_offset() <= batch.base_offset()) return "a batch without offsets";
  if (batch.leader_epoch() < place.epoch_min) return "a batch of an earlier epoch than the one before it";
  return {};
}

Result<std::optional<Resumption>> find_batch(File& file, BufferPool& buffers, uint64_t stopped_at, uint64_t from,
                                             uint64_t end, const Continuation& place) {
  constexpr size_t kHeader = record::kBatchHeaderBytes;
  Buffer block = buffers.take(1 << 20);
  for (uint64_t at = from; at + kHeader <= end;) {
    size_t want = static_cast<size_t>(std::min<uint64_t>(block.size(), end - at));
    SL_TRY(size_t n, file.read_at(block.bytes().first(want), at));
    if (n < kHeader) break;
    size_t starts = n - kHeader + 1;  // places in this block where a header may begin
    const uint8_t* bytes = block.data();
    for (size_t i = 0; i < starts; ++i) {
      const void* magic = std::memchr(bytes + i + kMagicAt, record::kMagic, starts - i);
      if (!magic) break;
      i = static_cast<size_t>(static_cast<const uint8_t*>(magic) - bytes) - kMagicAt;
      record::BatchView header(Bytes(bytes + i, kHeader));
      if (!plausible(header, place, at + i - stopped_at)) continue;
      BatchScanner scanner(file, buffers, at + i, end, 64 << 10);
      SL_TRY(auto found, scanner.next());
      if (found == BatchScanner::Found::kBatch) return std::optional(Resumption{at + i, header.base_offset()});
    }
    at += starts;
  }
  return std::optional<Resumption>();
}

Result<std::optional<Resumption>> find_resumption(File& file, BufferPool& buffers, uint64_t position, uint64_t end,
                                                  const Continuation& place) {
  uint8_t prefix[record::kBatchPrefixBytes];
  SL_TRY(size_t n, file.read_at(prefix, position));
  if (n == sizeof prefix) {
    uint64_t next = position + sizeof prefix + load_be<uint32_t>(prefix + 8);
    if (next < end && next - position <= kProduceFrameBytesMax) {
      BatchScanner scanner(file, buffers, next, end, 64 << 10);
      SL_TRY(auto found, scanner.next());
      if (found == BatchScanner::Found::kBatch && plausible(scanner.batch(), place, next - position))
        return std::optional(Resumption{next, scanner.batch().base_offset()});
    }
  }
  return find_batch(file, buffers, position, position + 1, end, place);
}

}  // namespace sl::storage
