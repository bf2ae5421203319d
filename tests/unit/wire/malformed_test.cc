// Bytes from outside: cut off, altered, lying about lengths. All must come back as errors that name the field.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/unit/wire/every_message.h"

namespace sl::wire {
namespace {

Bytes literal(std::string_view text) {
  return as_bytes(text);
}

template <class M>
std::string malformed(std::string_view bytes, int16_t version) {
  auto decoded = decode<M>(literal(bytes), version, {});
  if (decoded) return "decoded";
  EXPECT_EQ(decoded.code(), Errc::kMalformed);
  return decoded.error().context;
}

TEST(Malformed, EveryTruncationIsRefused) {
  SeededRandom random(3);
  for_each_version([&]<class M>(int16_t version) {
    for (int round = 0; round < 3; ++round) {
      M message;
      fill(message, version, random);
      std::string whole = encode(message, version).joined();
      size_t step = 1 + whole.size() / 400;
      for (size_t size = 0; size < whole.size(); size += step) {
        // A block of its own, so that a sanitizer sees a read beyond it.
        Buffer cut = Buffer::copy_of(literal(whole).first(size));
        auto decoded = decode<M>(cut.bytes(), version, cut);
        ASSERT_FALSE(decoded) << message_name<M>() << " v" << version << " cut to " << size << " of " << whole.size();
        ASSERT_EQ(decoded.code(), Errc::kMalformed);
        ASSERT_TRUE(decoded.error().context.starts_with(message_name<M>()));
      }
    }
  });
}

TEST(Malformed, BitFlipsGiveAnErrorOrAnotherMessage) {
  SeededRandom random(4);
  size_t decoded_count = 0, refused_count = 0;
  for_each_version([&]<class M>(int16_t version) {
    M message;
    fill(message, version, random);
    std::string whole = encode(message, version).joined();
    if (whole.empty()) return;
    for (int round = 0; round < 200; ++round) {
      Buffer altered = Buffer::copy_of(literal(whole));
      for (uint64_t flips = 1 + random.below(3); flips > 0; --flips)
        altered.data()[random.below(whole.size())] ^= static_cast<uint8_t>(1U << random.below(8));
      auto decoded = decode<M>(altered.bytes(), version, altered);
      ++(decoded ? decoded_count : refused_count);
      if (decoded) describe(*decoded, version);
    }
  });
  EXPECT_GT(decoded_count, 0U);
  EXPECT_GT(refused_count, 0U);
}

TEST(Malformed, RandomBytesNeverCrash) {
  SeededRandom random(5);
  for_each_version([&]<class M>(int16_t version) {
    for (int round = 0; round < 50; ++round) {
      Buffer noise = Buffer::allocate(random.below(64));
      random.fill(noise.bytes());
      auto decoded = decode<M>(noise.bytes(), version, noise);
      if (decoded) describe(*decoded, version);
    }
  });
}

TEST(Malformed, BytesBehindTheMessage) {
  for_each_version([&]<class M>(int16_t version) {
    Buffer exact = encoded_buffer(M{}, version);
    Buffer longer = Buffer::copy_of(literal(encode(M{}, version).joined() + '\0'));
    auto decoded = decode<M>(longer.bytes(), version, longer);
    if constexpr (kMayLeaveBytes<M>) {
      ASSERT_TRUE(decoded) << decoded.error().context;
      EXPECT_EQ(*decoded, *decode<M>(exact.bytes(), version, exact)) << message_name<M>() << " v" << version;
      return;
    }
    ASSERT_FALSE(decoded) << message_name<M>() << " v" << version;
    EXPECT_NE(decoded.error().context.find("1 bytes behind"), std::string::npos) << decoded.error().context;
  });
}

TEST(Malformed, NamesTheField) {
  using namespace std::string_view_literals;
  // MaxWaitMs and MinBytes are there, MaxBytes is half there.
  EXPECT_EQ(malformed<FetchRequest>("\xff\xff\xff\xff\0\0\0\0\0\0\0\1\0\0"sv, 4),
            "FetchRequest v4: max_bytes is cut off");
  // A topics array of -2 elements; one of 2^31-1; one of more than there are bytes; a null one.
  EXPECT_EQ(malformed<ListOffsetsRequest>("\0\0\0\0\xff\xff\xff\xfe"sv, 1),
            "ListOffsetsRequest v1: topics has a negative length");
  EXPECT_EQ(malformed<ListOffsetsRequest>("\0\0\0\0\x7f\xff\xff\xff"sv, 1),
            "ListOffsetsRequest v1: topics has too many elements");
  EXPECT_EQ(malformed<ListOffsetsRequest>("\0\0\0\0\0\0\0\2\0"sv, 1), "ListOffsetsRequest v1: topics is cut off");
  EXPECT_EQ(malformed<ListOffsetsRequest>("\0\0\0\0\xff\xff\xff\xff"sv, 1), "ListOffsetsRequest v1: topics is null");
  EXPECT_EQ(malformed<MetadataRequest>("\xff\xff\xff\xff"sv, 0), "MetadataRequest v0: topics is null");
  // A varint that never ends.
  EXPECT_EQ(malformed<ApiVersionsRequest>("\xff\xff\xff\xff\xff\xff"sv, 3),
            "ApiVersionsRequest v3: client_software_name has a length that is cut off");
}

TEST(Malformed, VersionsOutsideTheRange) {
  EXPECT_EQ(decode<ProduceRequest>({}, 2, {}).code(), Errc::kUnsupportedVersion);
  EXPECT_EQ(decode<ProduceRequest>({}, 14, {}).code(), Errc::kUnsupportedVersion);
  EXPECT_EQ(decode<ProduceRequest>({}, -1, {}).code(), Errc::kUnsupportedVersion);
}

TEST(Malformed, UnknownTagsAreSkipped) {
  using namespace std::string_view_literals;
  // Names "a" and "b", then tags 5 (3 bytes) and 300 (empty).
  auto decoded = decode<ApiVersionsRequest>(literal("\2a\2b\2\5\3xyz\xac\2\0"sv), 3, {});
  ASSERT_TRUE(decoded) << decoded.error().context;
  EXPECT_EQ(decoded->client_software_name, "a");
  EXPECT_EQ(decoded->client_software_version, "b");
  EXPECT_EQ(malformed<ApiVersionsRequest>("\2a\2b\1\5\3xy"sv, 3),
            "ApiVersionsRequest v3: client_software_version has a tag that is cut off");
}

TEST(Malformed, AKnownTagMustFillItsSize) {
  using namespace std::string_view_literals;
  // No brokers' features, epoch in tag 1: eight bytes in a tag of nine.
  std::string_view head = "\0\0\1\0\0\0\0"sv;
  std::string good = std::string(head) + std::string("\1\1\x8\0\0\0\0\0\0\0\7"sv);
  auto decoded = decode<ApiVersionsResponse>(literal(good), 3, {});
  ASSERT_TRUE(decoded) << decoded.error().context;
  EXPECT_EQ(decoded->finalized_features_epoch, 7);
  std::string longer = std::string(head) + std::string("\1\1\x9\0\0\0\0\0\0\0\7\0"sv);
  EXPECT_EQ(malformed<ApiVersionsResponse>(longer, 3),
            "ApiVersionsResponse v3: finalized_features_epoch has bytes behind it");
  std::string shorter = std::string(head) + std::string("\1\1\7\0\0\0\0\0\0\7"sv);
  EXPECT_EQ(malformed<ApiVersionsResponse>(shorter, 3), "ApiVersionsResponse v3: finalized_features_epoch is cut off");
}

TEST(Malformed, StructsOfOneMessageAreCapped) {
  // Twelve million empty topics would be three bytes each on the wire and seventy in memory.
  ProduceRequest request;
  request.topic_data.resize(kArrayElementsMax);
  Buffer bytes = encoded_buffer(request, 9);
  auto decoded = decode<ProduceRequest>(bytes.bytes(), 9, bytes);
  ASSERT_FALSE(decoded);
  EXPECT_NE(decoded.error().context.find("one struct too many"), std::string::npos) << decoded.error().context;
}

}  // namespace
}  // namespace sl::wire
