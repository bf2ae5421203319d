// The four codecs of Kafka's record batches, in the containers Kafka's clients read and write: gzip members, snappy
// in xerial framing (raw snappy is read too; librdkafka writes it), LZ4 frames of independent blocks (KIP-57) and zstd
// frames. The hard part is to read what a stranger compressed: sizes that a frame announces are never believed beyond a
// limit computed from the bytes that really came.
#pragma once
#include <memory>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "record/batch.h"

namespace sl::record {

// "none", "gzip", "snappy", "lz4", "zstd", as in `compression.type` and -z. Unknown values are named "unknown".
std::string_view codec_name(Codec codec);
// kUsage for other names.
Result<Codec> parse_codec(std::string_view name);

// The codec's own: gzip 6, lz4 fast, zstd 3. Snappy has no levels.
inline constexpr int kDefaultLevel = INT32_MIN;

// Up to this size the ratio is not asked: a batch holding one record of zeros is honest and shrinks a thousandfold.
inline constexpr size_t kDecompressFreeBytes = 2 << 20;
// What `compressed_bytes` may become: at most kDecompressRatioMax times as much (or kDecompressFreeBytes), never more
// than kDecompressedBytesMax.
size_t decompressed_limit(size_t compressed_bytes);

// Holds the codecs' contexts between batches, each made when first needed. One thread at a time.
class Compressor {
 public:
  Compressor();
  ~Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;

  // The room that compress() may need for `size` bytes.
  static size_t bound(Codec codec, size_t size);
  // Compresses `in` into `out`, which has at least bound() bytes; the bytes written. kNone copies.
  Result<size_t> compress(Codec codec, Bytes in, int level, MutableBytes out);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

// Holds the contexts and the block of bytes that decompressed records go to, and uses both again for the next batch.
// One thread at a time.
class Decompressor {
 public:
  // Output blocks come from `pool` if there is one; it must outlive this object's calls, not its outputs.
  explicit Decompressor(BufferPool* pool = nullptr);
  ~Decompressor();
  Decompressor(Decompressor&&) noexcept;
  Decompressor& operator=(Decompressor&&) noexcept;

  // The bytes live until the next call, or as long as what keep() returned. kTooLarge beyond `bytes_max` or
  // decompressed_limit(), kUnsupportedCompressionType for codecs there are not, kCorruptMessage for damaged input. For
  // kNone it is `in` itself.
  Result<Bytes> decompress(Codec codec, Bytes in, size_t bytes_max = kDecompressedBytesMax);
  // A share in the block of the last output, which the next decompress() will then not use again.
  Buffer keep();
  // Gives the block of the last output back if it is larger than so many bytes.
  void rest(size_t bytes_max);
  // Bytes that were decompressed so far, in vain or not: what the time goes into.
  uint64_t work_bytes() const;

 private:
  struct Contexts;
  class Output;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace sl::record
