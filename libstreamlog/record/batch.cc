// Finding a batch in bytes from outside, and its checksum.
#include "record/batch.h"

#include <fmt/core.h>

#include "base/crc32c.h"

namespace sl::record {
namespace {

// Offsets beyond this are refused, so that no sum of one and a batch's or a log's size overflows.
constexpr int64_t kOffsetMax = int64_t{1} << 62;

}  // namespace

bool BatchView::crc_ok() const {
  return crc32c(bytes_.subspan(21)) == crc();
}

Result<BatchView> parse_batch(Bytes bytes) {
  if (bytes.size() < kBatchPrefixBytes) return Errc::kWouldBlock;
  // batchLength counts what follows it; as a negative or short one it cannot even hold the header.
  auto length = load_be<int32_t>(bytes.data() + 8);
  if (length < static_cast<int32_t>(kBatchHeaderBytes - kBatchPrefixBytes))
    return Error{Errc::kMalformed, fmt::format("a record batch cannot have {} bytes behind its length", length)};
  if (bytes.size() > 16 && static_cast<int8_t>(bytes[16]) != kMagic)
    return Error{Errc::kMalformed, fmt::format("record batch magic {} is not supported, only {}",
                                               static_cast<int8_t>(bytes[16]), kMagic)};
  size_t size = kBatchPrefixBytes + static_cast<size_t>(length);
  if (bytes.size() < size) return Errc::kWouldBlock;
  auto base = load_be<int64_t>(bytes.data());
  if (base > kOffsetMax || base < -kOffsetMax)
    return Error{Errc::kMalformed, fmt::format("a record batch cannot begin at offset {}", base)};
  return BatchView(bytes.first(size));
}

}  // namespace sl::record
