// Reading the four codecs from strangers. Output grows by what was really decompressed, up to a limit computed from
// the size of the input: a bomb costs at most that much memory and time, whatever its headers say.
#include <fmt/core.h>
#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>

#include "record/compression.h"
#include "record/xerial.h"

namespace sl::record {
namespace {

constexpr int kGzipWindow = 15 + 16;
// A snappy element of three bytes copies at most 64: nothing honest announces more than that.
constexpr size_t kSnappyRatioMax = 22;
constexpr size_t kFirstOutputBytes = 64 << 10;

Error damaged(Codec codec, std::string_view why) {
  return Error{Errc::kCorruptMessage, fmt::format("damaged {} data: {}", codec_name(codec), why)};
}
Error bomb(size_t limit) {
  return Error{Errc::kTooLarge, fmt::format("a compressed batch holds more than the {} bytes allowed", limit)};
}

}  // namespace

size_t decompressed_limit(size_t compressed_bytes) {
  size_t by_ratio = std::min(compressed_bytes, kDecompressedBytesMax) * kDecompressRatioMax;
  return std::min(std::max(by_ratio, kDecompressFreeBytes), kDecompressedBytesMax);
}

// A block that grows, and is used again unless somebody shares it.
class Decompressor::Output {
 public:
  explicit Output(BufferPool* pool) : pool_(pool) {}
  // Begins anew; `most` is what the output may become, `guess` the room to have at once. One byte beyond `most` may be
  // written, so that an output of just that size is told from a larger one.
  void begin(size_t most, size_t guess) {
    if (shared_) block_ = {};
    shared_ = false;
    limit_ = most + 1;
    used_ = 0;
    ensure(std::min(guess, limit_));
  }
  // The unused part of the block, within the limit. Empty: grow.
  MutableBytes room() const { return {block_.data() + used_, std::min(block_.size(), limit_) - used_}; }
  void use(size_t n) {
    used_ += n;
    work_ += n;
  }
  // Of what did not fit and will be done again.
  void count_in_vain(size_t n) { work_ += n; }
  uint64_t work() const { return work_; }
  void rest(size_t bytes_max) {
    if (block_.size() > bytes_max) block_ = {};
  }
  size_t left() const { return limit_ - used_; }
  size_t most() const { return limit_ - 1; }
  // More room, or false where the limit is reached.
  bool grow() {
    if (room().size() >= left()) return false;
    ensure(std::min(limit_, block_.size() * 2));
    return true;
  }
  // Room for `n` more bytes, which are within left().
  void ensure_room(size_t n) {
    if (room().size() < n) ensure(std::min(limit_, std::max(used_ + n, block_.size() * 2)));
  }
  Bytes bytes() const { return {block_.data(), used_}; }
  Buffer share() {
    shared_ = true;
    return block_;
  }

 private:
  void ensure(size_t size) {
    if (block_ && block_.size() >= size) return;
    size = std::max(size, kFirstOutputBytes);
    Buffer larger = pool_ ? pool_->take(size) : Buffer::allocate(size);
    if (used_ > 0) std::memcpy(larger.data(), block_.data(), used_);
    block_ = std::move(larger);
  }
  BufferPool* pool_;
  Buffer block_;
  size_t limit_ = 0;
  size_t used_ = 0;
  uint64_t work_ = 0;
  bool shared_ = false;
};

struct Decompressor::Contexts {
  explicit Contexts(BufferPool* pool) : output(pool) {}
  ~Contexts() {
    if (inflate_made) inflateEnd(&inflate);
    LZ4F_freeDecompressionContext(lz4);
    ZSTD_freeDCtx(zstd);
  }
  Status gzip(Bytes in);
  Status snappy(Bytes in);
  Status snappy_block(Bytes in);
  Status lz4_frames(Bytes in);
  Status zstd_frames(Bytes in);

  Output output;
  z_stream inflate{};
  bool inflate_made = false;
  LZ4F_dctx* lz4 = nullptr;
  ZSTD_DCtx* zstd = nullptr;
};

Decompressor::Decompressor(BufferPool* pool) : contexts_(std::make_unique<Contexts>(pool)) {}
Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;
Buffer Decompressor::keep() {
  return contexts_->output.share();
}

void Decompressor::rest(size_t bytes_max) {
  contexts_->output.rest(bytes_max);
}
uint64_t Decompressor::work_bytes() const {
  return contexts_->output.work();
}

Result<Bytes> Decompressor::decompress(Codec codec, Bytes in, size_t bytes_max) {
  if (codec == Codec::kNone) {
    if (in.size() > bytes_max) return bomb(bytes_max);
    return in;
  }
  size_t limit = std::min(bytes_max, decompressed_limit(in.size()));
  contexts_->output.begin(limit, in.size() * 3);
  switch (codec) {
    case Codec::kGzip:
      SL_CHECK(contexts_->gzip(in));
      break;
    case Codec::kSnappy:
      SL_CHECK(contexts_->snappy(in));
      break;
    case Codec::kLz4:
      SL_CHECK(contexts_->lz4_frames(in));
      break;
    case Codec::kZstd:
      SL_CHECK(contexts_->zstd_frames(in));
      break;
    default:
      return Error{Errc::kUnsupportedCompressionType,
                   fmt::format("compression type {} does not exist", static_cast<int>(codec))};
  }
  if (contexts_->output.bytes().size() > limit) return bomb(limit);
  return contexts_->output.bytes();
}

// Members may follow one another, as in any gzip file.
Status Decompressor::Contexts::gzip(Bytes in) {
  if (inflate_made) {
    inflateReset(&inflate);
  } else {
    if (inflateInit2(&inflate, kGzipWindow) != Z_OK) return Error{Errc::kIo, "no memory for gzip"};
    inflate_made = true;
  }
  inflate.next_in = const_cast<uint8_t*>(in.data());
  inflate.avail_in = static_cast<uInt>(in.size());
  for (;;) {
    MutableBytes room = output.room();
    inflate.next_out = room.data();
    inflate.avail_out = static_cast<uInt>(room.size());
    int rc = ::inflate(&inflate, Z_NO_FLUSH);
    output.use(room.size() - inflate.avail_out);
    if (rc == Z_STREAM_END) {
      if (inflate.avail_in == 0) return {};
      inflateReset(&inflate);
    } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
      return damaged(Codec::kGzip, inflate.msg ? inflate.msg : "broken");
    } else if (inflate.avail_out == 0) {
      if (!output.grow()) return bomb(output.most());
    } else if (inflate.avail_in == 0) {
      return damaged(Codec::kGzip, "cut off");
    }
  }
}

Status Decompressor::Contexts::snappy_block(Bytes in) {
  auto* from = reinterpret_cast<const char*>(in.data());
  size_t size = 0;
  if (!snappy::GetUncompressedLength(from, in.size(), &size)) return damaged(Codec::kSnappy, "no length");
  if (size / kSnappyRatioMax > in.size()) return damaged(Codec::kSnappy, "impossible length");
  if (size > output.left()) return bomb(output.most());
  output.ensure_room(size);
  if (!snappy::RawUncompress(from, in.size(), reinterpret_cast<char*>(output.room().data()))) {
    output.count_in_vain(size);
    return damaged(Codec::kSnappy, "broken block");
  }
  output.use(size);
  return {};
}

Status Decompressor::Contexts::snappy(Bytes in) {
  auto at_header = [&in] {
    return in.size() >= kXerialMagicBytes && std::memcmp(in.data(), kXerialHeader.data(), kXerialMagicBytes) == 0;
  };
  if (!at_header()) return snappy_block(in);
  while (!in.empty()) {
    if (at_header()) {
      if (in.size() < kXerialHeaderBytes) return damaged(Codec::kSnappy, "cut off in a header");
      in = in.subspan(kXerialHeaderBytes);
      continue;
    }
    if (in.size() < 4) return damaged(Codec::kSnappy, "cut off at a block");
    auto length = load_be<uint32_t>(in.data());
    in = in.subspan(4);
    if (length > in.size()) return damaged(Codec::kSnappy, "cut off in a block");
    SL_CHECK(snappy_block(in.first(length)));
    in = in.subspan(length);
  }
  return {};
}

Status Decompressor::Contexts::lz4_frames(Bytes in) {
  if (!lz4 && LZ4F_isError(LZ4F_createDecompressionContext(&lz4, LZ4F_VERSION)))
    return Error{Errc::kIo, "no memory for lz4"};
  LZ4F_resetDecompressionContext(lz4);
  size_t wanted = 1;  // 0 at the end of a frame
  while (!in.empty() || wanted != 0) {
    MutableBytes room = output.room();
    size_t written = room.size();
    size_t taken = in.size();
    wanted = LZ4F_decompress(lz4, room.data(), &written, in.data(), &taken, nullptr);
    if (LZ4F_isError(wanted)) return damaged(Codec::kLz4, LZ4F_getErrorName(wanted));
    output.use(written);
    in = in.subspan(taken);
    if (wanted == 0) continue;
    if (written == room.size()) {
      if (!output.grow()) return bomb(output.most());
    } else if (taken == 0 && written == 0) {
      return damaged(Codec::kLz4, "cut off");
    }
  }
  return {};
}

// One call decompresses all frames straight into the output: no window of the frame's choosing is allocated. Where a
// frame does not say its size (Java's stream), a block too small is grown and the work done again; the block of the
// last batch is mostly large enough.
Status Decompressor::Contexts::zstd_frames(Bytes in) {
  if (!zstd && !(zstd = ZSTD_createDCtx())) return Error{Errc::kIo, "no memory for zstd"};
  unsigned long long announced = ZSTD_getFrameContentSize(in.data(), in.size());
  if (announced == ZSTD_CONTENTSIZE_ERROR) return damaged(Codec::kZstd, "no frame");
  if (announced != ZSTD_CONTENTSIZE_UNKNOWN) {
    if (announced > output.left()) return bomb(output.most());
    output.ensure_room(announced);
  }
  for (;;) {
    MutableBytes room = output.room();
    size_t n = ZSTD_decompressDCtx(zstd, room.data(), room.size(), in.data(), in.size());
    if (!ZSTD_isError(n)) {
      output.use(n);
      return {};
    }
    output.count_in_vain(room.size());
    if (ZSTD_getErrorCode(n) != ZSTD_error_dstSize_tooSmall) return damaged(Codec::kZstd, ZSTD_getErrorName(n));
    if (!output.grow()) return bomb(output.most());
  }
}

}  // namespace sl::record
