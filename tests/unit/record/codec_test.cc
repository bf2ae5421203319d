// The codecs: round trips, the containers that other clients write, bombs, damage.
#include <gtest/gtest.h>

#include "record/compression.h"
#include "record/xerial.h"
#include "tests/unit/record/sample_batches.h"

namespace sl::record {
namespace {

using namespace samples;

constexpr Codec kCodecs[] = {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd};

std::vector<uint8_t> squeeze(Compressor& compressor, Codec codec, Bytes in, int level = kDefaultLevel) {
  std::vector<uint8_t> out(Compressor::bound(codec, in.size()));
  auto size = compressor.compress(codec, in, level, out);
  EXPECT_TRUE(size) << codec_name(codec);
  out.resize(size ? *size : 0);
  return out;
}

TEST(Codecs, NamesAreKafkas) {
  for (std::string_view name : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    auto codec = parse_codec(name);
    ASSERT_TRUE(codec);
    EXPECT_EQ(codec_name(*codec), name);
  }
  EXPECT_EQ(parse_codec("lzma").code(), Errc::kUsage);
  EXPECT_EQ(codec_name(static_cast<Codec>(6)), "unknown");
}

TEST(Codecs, AllSizesComeBack) {
  SeededRandom random(5);
  Compressor compressor;
  Decompressor decompressor;
  for (size_t size : {0, 1, 2, 100, 32 << 10, (32 << 10) + 1, 65536, 100'000, 1 << 20, 3'000'000}) {
    for (bool repetitive : {false, true}) {
      std::vector<uint8_t> in(size);
      random.fill(in);
      if (repetitive)
        for (auto& byte : in) byte = static_cast<uint8_t>('a' + byte % 2);
      for (Codec codec : kCodecs) {
        auto squeezed = squeeze(compressor, codec, in);
        auto out = decompressor.decompress(codec, squeezed);
        ASSERT_TRUE(out) << codec_name(codec) << " " << size << ": " << out.error().context;
        ASSERT_TRUE(std::equal(out->begin(), out->end(), in.begin(), in.end())) << codec_name(codec) << " " << size;
      }
    }
  }
}

TEST(Codecs, WorkIsCountedWhetherItSucceedsOrNot) {
  Compressor compressor;
  std::string text(300'000, 'q');
  for (Codec codec : kCodecs) {
    Decompressor decompressor;
    auto squeezed = squeeze(compressor, codec, as_bytes(text));
    for (uint64_t n = 1; n <= 3; ++n) {
      ASSERT_TRUE(decompressor.decompress(codec, squeezed));
      EXPECT_EQ(decompressor.work_bytes(), n * text.size()) << codec_name(codec);
    }
    squeezed.back() ^= 1;
    squeezed.resize(squeezed.size() - 1);
    ASSERT_FALSE(decompressor.decompress(codec, squeezed));
    EXPECT_GT(decompressor.work_bytes(), 4 * text.size() - 70'000) << codec_name(codec);
    decompressor.rest(1 << 10);
    auto again = decompressor.decompress(codec, squeeze(compressor, codec, as_bytes(text)));
    EXPECT_TRUE(again && again->size() == text.size()) << "it goes on with a new block";
  }
}

TEST(Codecs, LevelsBeyondTheCodecsRangeAreClamped) {
  Compressor compressor;
  Decompressor decompressor;
  std::string text(50'000, 'q');
  for (Codec codec : kCodecs)
    for (int level : {-200'000, -1, 0, 1, 9, 12, 22, 100}) {
      auto squeezed = squeeze(compressor, codec, as_bytes(text), level);
      auto out = decompressor.decompress(codec, squeezed);
      ASSERT_TRUE(out) << codec_name(codec) << " level " << level;
      EXPECT_EQ(as_text(*out), text);
    }
}

// The first bytes are what a Java consumer looks at.
TEST(Codecs, ContainersAreThoseOfKafka) {
  Compressor compressor;
  std::string text(1000, 't');
  EXPECT_EQ(to_hex(squeeze(compressor, Codec::kGzip, as_bytes(text))).substr(0, 6), "1f8b08");
  EXPECT_EQ(to_hex(squeeze(compressor, Codec::kSnappy, as_bytes(text))).substr(0, 32),
            "82534e41505059000000000100000001");
  // LZ4: magic; version 1, independent blocks, no checksums; 64 KiB blocks; the header's checksum, which is the second
  // byte of xxh32 over the two bytes before (KIP-57).
  EXPECT_EQ(to_hex(squeeze(compressor, Codec::kLz4, as_bytes(text))).substr(0, 14), "04224d18604082");
  EXPECT_EQ(to_hex(squeeze(compressor, Codec::kZstd, as_bytes(text))).substr(0, 8), "28b52ffd");
}

TEST(Codecs, SnappyIsReadRawAndJoined) {
  Decompressor decompressor;
  // Raw snappy of "abc": the length, a literal of three bytes.
  auto raw = from_hex("0308616263");
  auto out = decompressor.decompress(Codec::kSnappy, raw);
  ASSERT_TRUE(out) << out.error().context;
  EXPECT_EQ(as_text(*out), "abc");
  std::string header = to_hex(kXerialHeader);
  auto joined = from_hex(header + "000000050308616263" + header + "000000050308646566" + "000000050308676869");
  out = decompressor.decompress(Codec::kSnappy, joined);
  ASSERT_TRUE(out) << out.error().context;
  EXPECT_EQ(as_text(*out), "abcdefghi");
}

TEST(Codecs, SnappyFramesThatLieAreRefused) {
  Decompressor decompressor;
  std::string header = to_hex(kXerialHeader);
  for (const char* rest : {"ffffffff0308616263", "000000060308616263", "0000", "00000000", "00000005ffffffff0f"})
    EXPECT_EQ(decompressor.decompress(Codec::kSnappy, from_hex(header + rest)).code(), Errc::kCorruptMessage) << rest;
  EXPECT_EQ(decompressor.decompress(Codec::kSnappy, from_hex("82534e4150505900000000")).code(), Errc::kCorruptMessage);
  // Announces four gigabytes.
  EXPECT_FALSE(decompressor.decompress(Codec::kSnappy, from_hex("ffffffff0f0861")));
}

TEST(Codecs, GzipMembersAndLz4FramesMayFollowOneAnother) {
  Compressor compressor;
  Decompressor decompressor;
  for (Codec codec : {Codec::kGzip, Codec::kLz4, Codec::kZstd}) {
    auto joined = squeeze(compressor, codec, as_bytes("first "));
    auto second = squeeze(compressor, codec, as_bytes("second"));
    joined.insert(joined.end(), second.begin(), second.end());
    auto out = decompressor.decompress(codec, joined);
    ASSERT_TRUE(out) << codec_name(codec) << out.error().context;
    EXPECT_EQ(as_text(*out), "first second");
    joined.push_back('x');
    EXPECT_FALSE(decompressor.decompress(codec, joined)) << "garbage behind " << codec_name(codec);
  }
}

// Java's zstd stream does not write the content's size. This is "hello hello hello hello" from such a stream.
TEST(Codecs, ZstdWithoutContentSizeIsRead) {
  Decompressor decompressor;
  // Magic; no content size, window of 2 MiB; one raw last block of five bytes.
  auto frame = from_hex(
      "28b52ffd0058290000"
      "68656c6c6f");
  auto out = decompressor.decompress(Codec::kZstd, frame);
  ASSERT_TRUE(out) << out.error().context;
  EXPECT_EQ(as_text(*out), "hello");
  // 3 MiB of one byte in blocks that repeat it, 128 KiB each: the output must grow.
  std::string hex = "28b52ffd0058";
  for (int block = 0; block < 24; ++block) hex += (block == 23 ? "03" : "02") + std::string("001061");
  out = decompressor.decompress(Codec::kZstd, from_hex(hex));
  EXPECT_EQ(out.code(), Errc::kTooLarge) << "a hundred bytes may not become three millions";
  hex = "28b52ffd0058";
  for (int block = 0; block < 12; ++block) hex += (block == 11 ? "03" : "02") + std::string("001061");
  out = decompressor.decompress(Codec::kZstd, from_hex(hex));
  ASSERT_TRUE(out) << out.error().context;
  EXPECT_EQ(as_text(*out), std::string(12 * (128 << 10), 'a'));
}

TEST(Codecs, BombsAreRefused) {
  Compressor compressor;
  Decompressor decompressor;
  // 64 MiB of zeros in two nested steps would be a few hundred bytes of zstd.
  std::vector<uint8_t> zeros(64 << 20);
  for (Codec codec : {Codec::kGzip, Codec::kZstd}) {
    auto squeezed = squeeze(compressor, codec, zeros, codec == Codec::kGzip ? 9 : 19);
    ASSERT_LT(squeezed.size() * kDecompressRatioMax, zeros.size());
    auto out = decompressor.decompress(codec, squeezed);
    EXPECT_EQ(out.code(), Errc::kTooLarge) << codec_name(codec);
  }
}

TEST(Codecs, TheCallersLimitHoldsToTheByte) {
  Compressor compressor;
  Decompressor decompressor;
  for (size_t size : {1'000, 65'536, 200'000}) {
    std::string text(size, 'w');
    for (size_t i = 0; i < size; i += 3) text[i] = static_cast<char>('a' + i % 26);
    for (Codec codec : kCodecs) {
      auto squeezed = squeeze(compressor, codec, as_bytes(text));
      EXPECT_TRUE(decompressor.decompress(codec, squeezed, size)) << codec_name(codec) << size;
      EXPECT_EQ(decompressor.decompress(codec, squeezed, size - 1).code(), Errc::kTooLarge) << codec_name(codec);
    }
    EXPECT_TRUE(decompressor.decompress(Codec::kNone, as_bytes(text), size));
    EXPECT_EQ(decompressor.decompress(Codec::kNone, as_bytes(text), size - 1).code(), Errc::kTooLarge);
  }
}

TEST(Codecs, LimitsFollowTheInput) {
  EXPECT_EQ(decompressed_limit(0), kDecompressFreeBytes);
  EXPECT_EQ(decompressed_limit(10'000), 10'000 * kDecompressRatioMax);
  EXPECT_EQ(decompressed_limit(SIZE_MAX), kDecompressedBytesMax);
}

// After an error the contexts serve the next batch as if nothing had been.
TEST(Codecs, DamageIsSurvivedAndLeavesNoTrace) {
  Compressor compressor;
  Decompressor decompressor;
  SeededRandom random(9);
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "record " + std::to_string(random.below(500)) + "\n";
  for (Codec codec : kCodecs) {
    auto good = squeeze(compressor, codec, as_bytes(text));
    for (int round = 0; round < 500; ++round) {
      auto bad = good;
      if (round % 3 == 0)
        bad.resize(random.below(bad.size()));
      else
        bad[random.below(bad.size())] ^= static_cast<uint8_t>(1 + random.below(255));
      auto out = decompressor.decompress(codec, bad);
      bool whole = out && as_text(*out) == text;
      EXPECT_FALSE(round % 3 == 0 && whole) << "a truncation cannot be whole";
      if (round % 50 == 0) {
        out = decompressor.decompress(codec, good);
        ASSERT_TRUE(out) << codec_name(codec);
        ASSERT_EQ(as_text(*out), text);
      }
    }
    EXPECT_FALSE(decompressor.decompress(codec, {})) << codec_name(codec);
  }
}

TEST(Codecs, ATooSmallOutputIsRefused) {
  Compressor compressor;
  std::vector<uint8_t> out(10);
  for (Codec codec : kCodecs) EXPECT_FALSE(compressor.compress(codec, as_bytes("some text"), kDefaultLevel, out));
}

}  // namespace
}  // namespace sl::record
