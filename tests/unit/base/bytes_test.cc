// Varints, big-endian numbers, CRC-32C and murmur2, each against vectors made elsewhere.
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "base/crc32c.h"
#include "base/ids.h"
#include "base/murmur2.h"
#include "base/random.h"
#include "base/varint.h"

namespace sl {
namespace {

TEST(Bytes, BigEndianNumbers) {
  uint8_t bytes[8];
  store_be(bytes, int64_t{0x0102030405060708});
  EXPECT_EQ(bytes[0], 1);
  EXPECT_EQ(bytes[7], 8);
  EXPECT_EQ(load_be<int32_t>(bytes), 0x01020304);
  EXPECT_EQ(load_be<uint16_t>(bytes + 6), 0x0708);
  store_be(bytes, int16_t{-2});
  EXPECT_EQ(load_be<int16_t>(bytes), -2);
  EXPECT_EQ(load_be<int8_t>(bytes + 1), -2);
}

std::vector<uint8_t> varint(int64_t v) {
  uint8_t bytes[kVarint64BytesMax];
  return {bytes, put_varlong(bytes, v)};
}

TEST(Varint, ZigZagVectors) {
  using V = std::vector<uint8_t>;
  EXPECT_EQ(varint(0), (V{0}));
  EXPECT_EQ(varint(-1), (V{1}));
  EXPECT_EQ(varint(1), (V{2}));
  EXPECT_EQ(varint(63), (V{0x7e}));
  EXPECT_EQ(varint(-64), (V{0x7f}));
  EXPECT_EQ(varint(64), (V{0x80, 0x01}));
  EXPECT_EQ(varint(-8192), (V{0xff, 0x7f}));
  EXPECT_EQ(varint(INT32_MAX), (V{0xfe, 0xff, 0xff, 0xff, 0x0f}));
  EXPECT_EQ(varint(INT64_MIN), (V{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
}

TEST(Varint, EveryLengthComesBackAndIsSizedRight) {
  SeededRandom random(1);
  for (int round = 0; round < 20'000; ++round) {
    auto v = static_cast<int64_t>(random.next() >> random.below(64));
    if (round % 2 == 0) v = -v;
    auto bytes = varint(v);
    EXPECT_EQ(varlong_size(v), bytes.size());
    const uint8_t* end = bytes.data() + bytes.size();
    int64_t back = 0;
    EXPECT_EQ(get_varlong(bytes.data(), end, back), end);
    EXPECT_EQ(back, v);
    EXPECT_EQ(get_varlong(bytes.data(), end - 1, back), nullptr) << "cut off";
    int32_t narrow = 0;
    bool fits = v >= INT32_MIN && v <= INT32_MAX;
    EXPECT_EQ(get_varint(bytes.data(), end, narrow) != nullptr, fits);
    if (fits) {
      EXPECT_EQ(narrow, v);
      EXPECT_EQ(varint_size(narrow), bytes.size());
    }
  }
}

TEST(Varint, TooLongIsRefused) {
  std::vector<uint8_t> bytes(11, 0x80);
  const uint8_t* end = bytes.data() + bytes.size();
  uint64_t wide;
  uint32_t narrow;
  EXPECT_EQ(get_uvarint(bytes.data(), end, wide), nullptr);
  bytes[5] = 0;  // zero in six bytes
  EXPECT_NE(get_uvarint(bytes.data(), end, wide), nullptr);
  EXPECT_EQ(get_uvarint32(bytes.data(), end, narrow), nullptr);
  bytes[4] = 0;
  EXPECT_NE(get_uvarint32(bytes.data(), end, narrow), nullptr);
  EXPECT_EQ(get_uvarint(end, end, wide), nullptr);
}

// RFC 3720, B.4.
TEST(Crc32c, TheVectorsOfTheRfc) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  std::vector<uint8_t> bytes(32, 0);
  EXPECT_EQ(crc32c(bytes), 0x8a9136aau);
  bytes.assign(32, 0xff);
  EXPECT_EQ(crc32c(bytes), 0x62a8ab43u);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  EXPECT_EQ(crc32c(bytes), 0x46dd794eu);
  std::reverse(bytes.begin(), bytes.end());
  EXPECT_EQ(crc32c(bytes), 0x113fdb5cu);
  EXPECT_EQ(crc32c({}), 0u);
}

// A second way to compute it, bit by bit; and the short and the long path must agree with it at every length.
TEST(Crc32c, AllLengthsAndPiecesAgree) {
  std::vector<uint8_t> bytes(1200);
  SeededRandom(2).fill(bytes);
  uint32_t slow = ~0u;
  for (size_t n = 0; n < bytes.size(); ++n) {
    Bytes all = Bytes(bytes).first(n);
    ASSERT_EQ(crc32c(all), ~slow) << n;
    size_t cut = n / 3;
    ASSERT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), ~slow) << n;
    slow ^= bytes[n];
    for (int bit = 0; bit < 8; ++bit) slow = slow >> 1 ^ (slow & 1 ? 0x82f63b78 : 0);
  }
}

TEST(Murmur2, TheVectorsOfKafka) {
  auto hash = [](std::string_view key) { return static_cast<int32_t>(murmur2(as_bytes(key))); };
  EXPECT_EQ(hash("21"), -973932308);
  EXPECT_EQ(hash("foobar"), -790332482);
  EXPECT_EQ(hash("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(hash("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(hash("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(hash("abc"), 479470107);
  EXPECT_EQ(hash(""), 275646681);
  EXPECT_EQ(hash("\xff\xfe\xfd"), 998637092);
}

TEST(Murmur2, PartitionsAreThoseOfJavasClients) {
  EXPECT_EQ(partition_of_key(as_bytes("wu"), 10), Partition(0));
  EXPECT_EQ(partition_of_key(as_bytes("TT0124"), 15), Partition(10));
  EXPECT_EQ(partition_of_key(as_bytes("anything"), 1), Partition(0));
}

TEST(Ids, StayWithinTheirType) {
  EXPECT_EQ(Offset(5) + 3, Offset(8));
  EXPECT_EQ(Offset(8) - Offset(5), 3);
  EXPECT_LT(Epoch(1), Epoch(2));
  EXPECT_EQ(std::hash<Offset>{}(Offset(9)), std::hash<int64_t>{}(9));
}

}  // namespace
}  // namespace sl
