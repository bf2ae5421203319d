// What is filled, encoded and decoded is what was filled: every message, every version.
#include <gtest/gtest.h>

#include "tests/unit/wire/every_message.h"

namespace sl::wire {
namespace {

TEST(RoundTrip, EveryMessageInEveryVersion) {
  SeededRandom random(1);
  int versions = 0;
  for_each_version([&]<class M>(int16_t version) {
    ++versions;
    for (int round = 0; round < 20; ++round) {
      M message;
      fill(message, version, random);
      Buffer bytes = encoded_buffer(message, version);
      ASSERT_EQ(bytes.size(), encoded_size(message, version));
      auto decoded = decode<M>(bytes.bytes(), version, bytes);
      ASSERT_TRUE(decoded) << decoded.error().context;
      ASSERT_EQ(*decoded == message, true) << describe(message, version) << "\n" << describe(*decoded, version);
    }
  });
  EXPECT_GT(versions, 200);
}

TEST(RoundTrip, DefaultsAreTheSameInTheListAndInTheStruct) {
  for_each_version([&]<class M>(int16_t version) {
    M message;
    Buffer bytes = encoded_buffer(message, version);
    auto decoded = decode<M>(bytes.bytes(), version, bytes);
    ASSERT_TRUE(decoded) << decoded.error().context;
    // In older versions a null may have come back as an empty one.
    if (version == versions_of<M>().max) {
      EXPECT_TRUE(*decoded == message) << describe(message, version) << "\n" << describe(*decoded, version);
    }
    EXPECT_EQ(encode(*decoded, version).joined(), as_text(bytes.bytes()));
    // No tag is written for a default: a struct that ends the message ends with an empty tag section.
    if (versions_of<M>().flexible(version)) {
      ASSERT_GT(bytes.size(), 0U);
      EXPECT_EQ(bytes.bytes().back(), 0);
    }
  });
}

TEST(RoundTrip, DescribeNamesWhatIsThere) {
  SeededRandom random(2);
  for_each_version([&]<class M>(int16_t version) {
    M message;
    fill(message, version, random);
    std::string text = describe(message, version);
    ASSERT_GE(text.size(), 2U);
    EXPECT_EQ(text.front(), '{');
    EXPECT_EQ(text.back(), '}');
    EXPECT_EQ(text.find('\n'), std::string::npos);
  });
  ListOffsetsRequest request;
  request.topics.push_back({"a\"\n", {{.partition_index = 3, .timestamp = -1}}});
  EXPECT_EQ(describe(request, 1),
            R"({replica_id: 0, topics: [{name: "a\x22\x0a", partitions: [{partition_index: 3, timestamp: -1}]}]})");
}

TEST(RoundTrip, LargeRecordsLeaveWithoutACopy) {
  Buffer large = Buffer::allocate(5000), small = Buffer::allocate(100);
  std::memset(large.data(), 1, large.size());
  std::memset(small.data(), 2, small.size());
  FetchResponse response;
  auto& partition = response.responses.emplace_back().partitions.emplace_back();
  partition.records.add({large, large.bytes()});
  partition.records.add({small, small.bytes()});
  partition.records.add({large, large.bytes().subspan(1000)});
  Encoded encoded = encode(response, 12);
  // head, large, small and nothing else in one block, large, the rest of the head
  ASSERT_EQ(encoded.pieces().size(), 5U);
  EXPECT_EQ(encoded.pieces()[1].bytes.data(), large.data());
  EXPECT_EQ(encoded.pieces()[3].bytes.data(), large.data() + 1000);
  EXPECT_EQ(encoded.size(), encoded.joined().size());
  EXPECT_EQ(encoded.views().size(), 5U);

  Buffer frame = Buffer::copy_of(as_bytes(encoded.joined()));
  auto decoded = decode<FetchResponse>(frame.bytes(), 12, frame);
  ASSERT_TRUE(decoded) << decoded.error().context;
  const Records& records = decoded->responses[0].partitions[0].records;
  ASSERT_EQ(records.pieces.size(), 1U);
  EXPECT_EQ(records.size(), 9100U);
  EXPECT_EQ(records.pieces[0].owner.data(), frame.data());
  EXPECT_GE(records.pieces[0].bytes.data(), frame.data());
  EXPECT_LT(records.pieces[0].bytes.data(), frame.data() + frame.size());
  EXPECT_EQ(records, partition.records);
}

TEST(RoundTrip, NullIsNotEmpty) {
  MetadataRequest all, none;
  none.topics.emplace();
  for (int16_t version : {int16_t{1}, int16_t{9}, int16_t{13}}) {
    Buffer a = encoded_buffer(all, version), n = encoded_buffer(none, version);
    auto all_back = decode<MetadataRequest>(a.bytes(), version, a);
    auto none_back = decode<MetadataRequest>(n.bytes(), version, n);
    ASSERT_TRUE(all_back && none_back);
    EXPECT_FALSE(all_back->topics.has_value());
    EXPECT_TRUE(none_back->topics.has_value());
  }
  ProduceRequest request;
  request.topic_data.emplace_back().partition_data.emplace_back().records.is_null = true;
  for (int16_t version : {int16_t{3}, int16_t{9}}) {
    Buffer bytes = encoded_buffer(request, version);
    auto back = decode<ProduceRequest>(bytes.bytes(), version, bytes);
    ASSERT_TRUE(back);
    EXPECT_TRUE(back->topic_data[0].partition_data[0].records.is_null);
  }
}

TEST(RoundTrip, SentencesTooLongForAnOldVersionAreCut) {
  CreateTopicsResponse response;
  response.topics.emplace_back().error_message = std::string(40'000, 'x');
  Buffer old = encoded_buffer(response, 4), flexible = encoded_buffer(response, 7);
  auto cut = decode<CreateTopicsResponse>(old.bytes(), 4, old);
  auto whole = decode<CreateTopicsResponse>(flexible.bytes(), 7, flexible);
  ASSERT_TRUE(cut && whole);
  EXPECT_EQ(cut->topics[0].error_message->size(), size_t{INT16_MAX});
  EXPECT_EQ(whole->topics[0].error_message->size(), 40'000U);
}

}  // namespace
}  // namespace sl::wire
