// Writing the four codecs, and their names. Contexts are kept: making one costs more than compressing a small batch.
#include <fmt/core.h>
#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "record/compression.h"
#include "record/xerial.h"

namespace sl::record {
namespace {

constexpr std::string_view kNames[] = {"none", "gzip", "snappy", "lz4", "zstd"};
// 15 bits of window, 16 for the gzip container.
constexpr int kGzipWindow = 15 + 16;
// What deflateBound() does not count of a gzip header and trailer.
constexpr size_t kGzipExtra = 32;

Error failed(Codec codec, std::string_view why) {
  return Error{Errc::kIo, fmt::format("{} compression failed: {}", codec_name(codec), why)};
}

// Independent blocks of 64 KiB, no content checksum: what KIP-57 asks for, and all that Kafka's own reader takes.
LZ4F_preferences_t lz4_preferences(int level) {
  LZ4F_preferences_t p{};
  p.frameInfo.blockSizeID = LZ4F_max64KB;
  p.frameInfo.blockMode = LZ4F_blockIndependent;
  p.compressionLevel = level == kDefaultLevel ? 0 : level;
  return p;
}

size_t snappy_bound(size_t size) {
  size_t blocks = size / kXerialBlockBytes + 1;
  return kXerialHeaderBytes + blocks * (4 + snappy::MaxCompressedLength(kXerialBlockBytes));
}

size_t compress_snappy(Bytes in, uint8_t* out) {
  std::memcpy(out, kXerialHeader.data(), kXerialHeader.size());
  uint8_t* to = out + kXerialHeader.size();
  while (!in.empty()) {
    Bytes block = in.first(std::min(in.size(), kXerialBlockBytes));
    size_t written = 0;
    snappy::RawCompress(reinterpret_cast<const char*>(block.data()), block.size(), reinterpret_cast<char*>(to + 4),
                        &written);
    store_be(to, static_cast<int32_t>(written));
    to += 4 + written;
    in = in.subspan(block.size());
  }
  return static_cast<size_t>(to - out);
}

}  // namespace

std::string_view codec_name(Codec codec) {
  auto index = static_cast<size_t>(codec);
  return index < std::size(kNames) ? kNames[index] : "unknown";
}

Result<Codec> parse_codec(std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name) return static_cast<Codec>(i);
  return Error{Errc::kUsage, fmt::format("'{}' is not one of none, gzip, snappy, lz4 and zstd", name)};
}

struct Compressor::Contexts {
  ~Contexts() {
    if (deflate_made) deflateEnd(&deflate);
    LZ4F_freeCompressionContext(lz4);
    ZSTD_freeCCtx(zstd);
  }
  Result<size_t> gzip(Bytes in, int level, MutableBytes out);
  Result<size_t> lz4_frame(Bytes in, int level, MutableBytes out);
  Result<size_t> zstd_frame(Bytes in, int level, MutableBytes out);

  z_stream deflate{};
  bool deflate_made = false;
  int deflate_level = 0;
  LZ4F_cctx* lz4 = nullptr;
  ZSTD_CCtx* zstd = nullptr;
};

Compressor::Compressor() : contexts_(std::make_unique<Contexts>()) {}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

size_t Compressor::bound(Codec codec, size_t size) {
  switch (codec) {
    case Codec::kGzip:
      return compressBound(size) + kGzipExtra;
    case Codec::kSnappy:
      return snappy_bound(size);
    case Codec::kLz4: {
      LZ4F_preferences_t preferences = lz4_preferences(kDefaultLevel);
      return LZ4F_compressFrameBound(size, &preferences);
    }
    case Codec::kZstd:
      return ZSTD_compressBound(size);
    case Codec::kNone:
      break;
  }
  return size;
}

Result<size_t> Compressor::Contexts::gzip(Bytes in, int level, MutableBytes out) {
  int wanted = level == kDefaultLevel ? Z_DEFAULT_COMPRESSION : std::clamp(level, -1, 9);
  if (deflate_made && deflate_level != wanted) {
    deflateEnd(&deflate);
    deflate_made = false;
  }
  if (deflate_made) {
    deflateReset(&deflate);
  } else {
    if (deflateInit2(&deflate, wanted, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      return failed(Codec::kGzip, "no memory");
    deflate_made = true;
    deflate_level = wanted;
  }
  deflate.next_in = const_cast<uint8_t*>(in.data());
  deflate.avail_in = static_cast<uInt>(in.size());
  deflate.next_out = out.data();
  deflate.avail_out = static_cast<uInt>(std::min<size_t>(out.size(), UINT32_MAX));
  if (::deflate(&deflate, Z_FINISH) != Z_STREAM_END) return failed(Codec::kGzip, "the output does not fit");
  return static_cast<size_t>(deflate.next_out - out.data());
}

Result<size_t> Compressor::Contexts::lz4_frame(Bytes in, int level, MutableBytes out) {
  if (!lz4 && LZ4F_isError(LZ4F_createCompressionContext(&lz4, LZ4F_VERSION))) return failed(Codec::kLz4, "no memory");
  LZ4F_preferences_t preferences = lz4_preferences(level);
  size_t at = LZ4F_compressBegin(lz4, out.data(), out.size(), &preferences);
  if (LZ4F_isError(at)) return failed(Codec::kLz4, LZ4F_getErrorName(at));
  size_t n = LZ4F_compressUpdate(lz4, out.data() + at, out.size() - at, in.data(), in.size(), nullptr);
  if (LZ4F_isError(n)) return failed(Codec::kLz4, LZ4F_getErrorName(n));
  at += n;
  n = LZ4F_compressEnd(lz4, out.data() + at, out.size() - at, nullptr);
  if (LZ4F_isError(n)) return failed(Codec::kLz4, LZ4F_getErrorName(n));
  return at + n;
}

Result<size_t> Compressor::Contexts::zstd_frame(Bytes in, int level, MutableBytes out) {
  if (!zstd && !(zstd = ZSTD_createCCtx())) return failed(Codec::kZstd, "no memory");
  int wanted = level == kDefaultLevel ? ZSTD_CLEVEL_DEFAULT : std::clamp(level, ZSTD_minCLevel(), ZSTD_maxCLevel());
  size_t n = ZSTD_compressCCtx(zstd, out.data(), out.size(), in.data(), in.size(), wanted);
  if (ZSTD_isError(n)) return failed(Codec::kZstd, ZSTD_getErrorName(n));
  return n;
}

Result<size_t> Compressor::compress(Codec codec, Bytes in, int level, MutableBytes out) {
  if (in.size() > kDecompressedBytesMax) return Error{Errc::kTooLarge, "too many bytes to compress at once"};
  if (out.size() < bound(codec, in.size())) return failed(codec, "the output is too small");
  switch (codec) {
    case Codec::kNone:
      if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
      return in.size();
    case Codec::kGzip:
      return contexts_->gzip(in, level, out);
    case Codec::kSnappy:
      return compress_snappy(in, out.data());
    case Codec::kLz4:
      return contexts_->lz4_frame(in, level, out);
    case Codec::kZstd:
      return contexts_->zstd_frame(in, level, out);
  }
  return Errc::kUnsupportedCompressionType;
}

}  // namespace sl::record
