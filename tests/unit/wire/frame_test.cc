// Frames and their headers, and the list of APIs that clients read.
#include "wire/frame.h"

#include <gtest/gtest.h>

#include <map>

#include "wire/api.h"

namespace sl::wire {
namespace {

using namespace std::string_view_literals;

TEST(Frame, RequestHeaders) {
  ApiVersionsRequest request;
  request.client_software_name = "n";
  request.client_software_version = "v";
  EXPECT_EQ(encode_request(7, "me", request, 0).joined(), "\0\0\0\x0c\0\x12\0\0\0\0\0\7\0\2me"sv);
  // Header version 2: the client id stays a string of the old kind, then a tag section.
  EXPECT_EQ(encode_request(7, "me", request, 3).joined(), "\0\0\0\x12\0\x12\0\3\0\0\0\7\0\2me\0\2n\2v\0"sv);
  EXPECT_EQ(encode_request(7, std::nullopt, request, 0).joined(), "\0\0\0\x0a\0\x12\0\0\0\0\0\7\xff\xff"sv);
}

TEST(Frame, ResponseHeaders) {
  ApiVersionsResponse versions;
  // Always the oldest header, whatever the version.
  EXPECT_EQ(encode_response(7, versions, 0).joined(), "\0\0\0\x0a\0\0\0\7\0\0\0\0\0\0"sv);
  EXPECT_EQ(encode_response(7, versions, 4).joined(), "\0\0\0\x0c\0\0\0\7\0\0\1\0\0\0\0\0"sv);
  InitProducerIdResponse init;
  EXPECT_EQ(encode_response(7, init, 1).joined(),
            "\0\0\0\x14\0\0\0\7\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0"sv);
  EXPECT_EQ(encode_response(7, init, 2).joined(),
            "\0\0\0\x16\0\0\0\7\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0"sv);
}

TEST(Frame, EveryFrameComesBack) {
  SeededRandom random(6);
  for_each_request([&]<class M>() {
    constexpr Versions kVersions = versions_of<M>();
    for (int16_t version = kVersions.min; version <= kVersions.max; ++version) {
      M request;
      fill(request, version, random);
      std::string frame = encode_request(version, "c", request, version).joined();
      ASSERT_EQ(load_be<uint32_t>(as_bytes(frame).data()), frame.size() - 4);
      Buffer block = Buffer::copy_of(as_bytes(frame).subspan(4));
      auto head = decode_request_header(block.bytes());
      ASSERT_TRUE(head) << head.error().context;
      EXPECT_TRUE(head->known);
      EXPECT_EQ(head->header.api_key, static_cast<int16_t>(M::kApi));
      EXPECT_EQ(head->header.api_version, version);
      EXPECT_EQ(head->header.correlation_id, version);
      EXPECT_EQ(head->header.client_id, "c");
      auto back = decode<M>(head->body, version, block);
      ASSERT_TRUE(back) << back.error().context;
      EXPECT_TRUE(*back == request);

      typename M::Response response;
      fill(response, version, random);
      frame = encode_response(version, response, version).joined();
      ASSERT_EQ(load_be<uint32_t>(as_bytes(frame).data()), frame.size() - 4);
      block = Buffer::copy_of(as_bytes(frame).subspan(4));
      auto correlation = peek_correlation(block.bytes());
      ASSERT_TRUE(correlation);
      EXPECT_EQ(*correlation, version);
      auto answer = decode_response<typename M::Response>(block.bytes(), version, block);
      ASSERT_TRUE(answer) << answer.error().context;
      EXPECT_TRUE(*answer == response);
    }
  });
}

TEST(Frame, UnknownRequestsStillHaveAHeader) {
  // kgo opens with ApiVersions 5.
  auto five = decode_request_header(as_bytes("\0\x12\0\5\0\0\0\1\0\3kgo\0\4kgo\0021\0"sv));
  ASSERT_TRUE(five);
  EXPECT_FALSE(five->known);
  EXPECT_EQ(five->header.api_version, 5);
  EXPECT_EQ(five->header.correlation_id, 1);
  EXPECT_EQ(five->header.client_id, "kgo");
  auto produce = decode_request_header(as_bytes("\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0"sv));
  ASSERT_TRUE(produce);
  EXPECT_FALSE(produce->known);
  auto http = decode_request_header(as_bytes("GET / HTTP/1.1\r\n"sv));
  ASSERT_TRUE(http);
  EXPECT_FALSE(http->known);
}

TEST(Frame, BrokenHeaders) {
  std::string_view whole = "\0\x12\0\3\0\0\0\7\0\2me\1\0\1x\2n\2v\0"sv;  // with one tag in the header
  ASSERT_TRUE(decode_request_header(as_bytes(whole)));
  for (size_t size = 0; size < 16; ++size)
    EXPECT_EQ(decode_request_header(as_bytes(whole).first(size)).code(), Errc::kMalformed) << size;
  EXPECT_EQ(decode_request_header(as_bytes("\0\x12\0\0\0\0\0\7\xff\xfe"sv)).code(), Errc::kMalformed);
  EXPECT_EQ(peek_correlation(as_bytes("\0\0\0"sv)).code(), Errc::kMalformed);
  EXPECT_EQ(response_body(as_bytes("\0\0\0\1\1\1"sv), ApiKey::kFetch, 12).code(), Errc::kMalformed);
}

TEST(Api, RefusalOfAnUnknownApiVersions) {
  EXPECT_EQ(encode_api_versions_refusal(9).joined(), "\0\0\0\x10\0\0\0\x9\0\x23\0\0\0\1\0\x12\0\0\0\4"sv);
}

// What Apache Kafka 4.3.1 lists, and what librdkafka and others derive features from.
TEST(Api, ListedVersionsAreThoseOfKafka) {
  const std::map<int16_t, std::pair<int, int>> kafka = {
      {0, {0, 13}}, {1, {4, 18}}, {2, {1, 11}}, {3, {0, 13}}, {8, {2, 10}}, {9, {1, 10}}, {10, {0, 6}},
      {11, {0, 9}}, {12, {0, 4}}, {13, {0, 5}}, {14, {0, 5}}, {15, {0, 6}}, {16, {0, 5}}, {18, {0, 4}},
      {19, {2, 7}}, {20, {1, 6}}, {21, {0, 2}}, {22, {0, 5}}, {23, {2, 4}}, {32, {1, 4}}, {33, {0, 2}},
      {35, {1, 5}}, {37, {0, 3}}, {42, {0, 2}}, {44, {0, 1}}, {46, {0, 0}}, {47, {0, 0}}, {55, {0, 2}},
      {60, {0, 2}}, {61, {0, 0}}, {68, {0, 1}}, {69, {0, 1}}, {75, {0, 0}}};
  auto listed = listed_apis();
  EXPECT_EQ(listed.api_keys.size(), kafka.size());
  for (const auto& api : listed.api_keys) {
    ASSERT_TRUE(kafka.contains(api.api_key));
    EXPECT_EQ(std::pair(int{api.min_version}, int{api.max_version}), kafka.at(api.api_key)) << api_name(api.api_key);
  }
  for (size_t i = 1; i < kApis.size(); ++i) EXPECT_LT(kApis[i - 1].key, kApis[i].key);
}

TEST(Api, Names) {
  EXPECT_EQ(api_name(0), "Produce");
  EXPECT_EQ(api_name(75), "DescribeTopicPartitions");
  EXPECT_EQ(api_name(99), "Api99");
  EXPECT_EQ(find_api(99), nullptr);
  ASSERT_NE(find_api(1), nullptr);
  EXPECT_TRUE(find_api(1)->decoded.flexible(12));
  EXPECT_FALSE(find_api(1)->decoded.flexible(11));
}

}  // namespace
}  // namespace sl::wire
