// A small request must not make a large answer: names that are repeated hundreds of thousands of times within the
// largest frame are answered once, and a fetch watches each partition once.
#include <gtest/gtest.h>

#include "tests/support/raw_peer.h"

namespace sl::server {
namespace {

using support::RawPeer;
using support::SimBroker;

constexpr size_t kAnswerBytesMax = 64 << 10;

class Amplification : public testing::Test {
 protected:
  Amplification() : peer_(broker_) { broker_.create_topic("t", 100); }
  // The answer, which must be short.
  template <wire::Request M>
  typename M::Response ask(const M& request, int16_t version) {
    auto response = peer_.call(request, version);
    EXPECT_TRUE(response) << broker_.log();
    if (!response) return {};
    EXPECT_LE(peer_.frames().back().size(), kAnswerBytesMax);
    return *std::move(response);
  }
  SimBroker broker_{{}};
  RawPeer peer_;
};

TEST_F(Amplification, MetadataNamesEachTopicOnce) {
  constexpr size_t kTimes = 340'000;  // 3 bytes each: just under the largest frame of such a request
  wire::MetadataRequest request;
  request.topics.emplace(kTimes);
  for (auto& topic : *request.topics) topic.name = "t";
  (*request.topics)[7].name = "missing";
  request.topics->back().name = "a";
  request.allow_auto_topic_creation = false;
  auto response = ask(request, 1);
  ASSERT_EQ(response.topics.size(), 3U);
  EXPECT_EQ(response.topics[0].name, "t");
  EXPECT_EQ(response.topics[0].partitions.size(), 100U);
  EXPECT_EQ(response.topics[1].name, "missing") << "in the order of the request";
  EXPECT_EQ(response.topics[2].name, "a");
}

TEST_F(Amplification, MetadataNamesEachIdOnce) {
  wire::MetadataRequest request;
  request.topics.emplace(50'000);
  for (auto& topic : *request.topics) topic.topic_id = broker_.image().find("t")->id;
  // An id next to a name does not make it another topic.
  auto& ids = request.topics->emplace_back();
  ids.name = "t";
  for (uint8_t i = 0; i < 200; ++i) {
    auto& topic = request.topics->emplace_back();
    topic.name = "t";
    topic.topic_id.bytes[0] = i;
  }
  auto response = ask(request, 12);
  ASSERT_EQ(response.topics.size(), 2U);
  EXPECT_EQ(response.topics[0].partitions.size(), 100U);
  EXPECT_EQ(response.topics[1].partitions.size(), 100U);
}

TEST_F(Amplification, DescribeTopicPartitionsNamesEachTopicOnce) {
  wire::DescribeTopicPartitionsRequest request;
  request.topics.resize(100'000);
  for (auto& topic : request.topics) topic.name = "missing";
  request.topics[3].name = "t";
  auto response = ask(request, 0);
  ASSERT_EQ(response.topics.size(), 2U);
  EXPECT_EQ(response.topics[1].partitions.size(), 100U);
}

TEST_F(Amplification, DescribeConfigsNamesEachResourceOnce) {
  wire::DescribeConfigsRequest request;
  request.include_synonyms = true;
  request.resources.resize(80'000);
  for (size_t i = 0; i < request.resources.size(); ++i) {
    request.resources[i].resource_type = 2;
    request.resources[i].resource_name = i % 2 == 0 ? "t" : "missing";
  }
  auto response = ask(request, 1);
  ASSERT_EQ(response.results.size(), 2U);
  EXPECT_GT(response.results[0].configs.size(), 10U);
  EXPECT_EQ(errc_from_wire(response.results[1].error_code), Errc::kUnknownTopicOrPartition);
}

TEST_F(Amplification, DescribeConfigsAnswersTheKeysOfAllMentions) {
  wire::DescribeConfigsRequest request;
  for (const char* key : {"retention.ms", "cleanup.policy", "retention.ms"}) {
    auto& resource = request.resources.emplace_back();
    resource.resource_type = 2;
    resource.resource_name = "t";
    resource.configuration_keys = {key};
  }
  auto response = ask(request, 4);
  ASSERT_EQ(response.results.size(), 1U);
  EXPECT_EQ(response.results[0].configs.size(), 2U);
  request.resources.back().configuration_keys.reset();
  response = ask(request, 4);
  ASSERT_EQ(response.results.size(), 1U);
  EXPECT_GT(response.results[0].configs.size(), 10U) << "one of them asks for all";
}

TEST_F(Amplification, DescribeProducersNamesEachPartitionOnce) {
  wire::DescribeProducersRequest request;
  auto& first = request.topics.emplace_back();
  first.name = "t";
  first.partition_indexes.assign(200'000, 5);
  for (int i = 0; i < 1000; ++i) {
    auto& again = request.topics.emplace_back();
    again.name = "t";
    again.partition_indexes = {5, 6, 6};
  }
  auto response = ask(request, 0);
  ASSERT_EQ(response.topics.size(), 2U);
  ASSERT_EQ(response.topics[0].partitions.size(), 1U);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, 0);
  ASSERT_EQ(response.topics[1].partitions.size(), 1U);
  EXPECT_EQ(response.topics[1].partitions[0].partition_index, 6);
}

TEST_F(Amplification, ListOffsetsNamesEachPartitionOnce) {
  wire::ListOffsetsRequest request;
  for (int i = 0; i < 3; ++i) {
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.partitions.resize(20'000);
    for (auto& partition : topic.partitions) partition.timestamp = -1 - i;
    topic.partitions[9].partition_index = 7;
  }
  request.topics[1].partitions[11].partition_index = 8;
  auto response = ask(request, 5);
  ASSERT_EQ(response.topics.size(), 2U) << "nothing is left of the third";
  ASSERT_EQ(response.topics[0].partitions.size(), 2U);
  EXPECT_EQ(response.topics[0].partitions[0].offset, 0);
  EXPECT_EQ(response.topics[0].partitions[1].partition_index, 7);
  ASSERT_EQ(response.topics[1].partitions.size(), 1U);
  EXPECT_EQ(response.topics[1].partitions[0].partition_index, 8);
}

TEST_F(Amplification, OffsetForLeaderEpochNamesEachPartitionOnce) {
  wire::OffsetForLeaderEpochRequest request;
  request.topics.resize(2);
  for (auto& topic : request.topics) {
    topic.topic = "t";
    topic.partitions.resize(40'000);
    for (auto& partition : topic.partitions) partition.current_leader_epoch = -1;
  }
  request.topics[1].partitions[5].partition = 2;
  auto response = ask(request, 3);
  ASSERT_EQ(response.topics.size(), 2U);
  ASSERT_EQ(response.topics[0].partitions.size(), 1U);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, 0);
  ASSERT_EQ(response.topics[1].partitions.size(), 1U);
  EXPECT_EQ(response.topics[1].partitions[0].partition, 2);
}

TEST_F(Amplification, DescribeLogDirsNamesEachPartitionOnce) {
  wire::DescribeLogDirsRequest request;
  request.topics.emplace(2);
  for (auto& topic : *request.topics) {
    topic.topic = "t";
    topic.partitions.assign(120'000, 1000);  // none of ours: every search goes to the end
    topic.partitions.back() = 4;
  }
  request.topics->back().partitions.back() = 2;
  auto response = ask(request, 2);
  ASSERT_EQ(response.results.size(), 1U);
  ASSERT_EQ(response.results[0].topics.size(), 1U);
  ASSERT_EQ(response.results[0].topics[0].partitions.size(), 2U);
  EXPECT_EQ(response.results[0].topics[0].partitions[0].partition_index, 2);
  EXPECT_EQ(response.results[0].topics[0].partitions[1].partition_index, 4);
}

TEST_F(Amplification, FetchReadsAndWatchesEachPartitionOnce) {
  wire::FetchRequest request;
  request.max_wait_ms = 50;
  request.min_bytes = 1;
  request.max_bytes = 1 << 20;
  request.topics.resize(3);
  for (auto& topic : request.topics) {
    topic.topic = "t";
    topic.partitions.resize(14'000);
    for (auto& partition : topic.partitions) partition.partition_max_bytes = 1 << 20;
  }
  request.topics[1].partitions[13'000].partition = 1;
  auto response = ask(request, 4);
  ASSERT_EQ(response.responses.size(), 2U);
  ASSERT_EQ(response.responses[0].partitions.size(), 1U);
  EXPECT_EQ(response.responses[0].partitions[0].error_code, 0);
  ASSERT_EQ(response.responses[1].partitions.size(), 1U);
  EXPECT_EQ(response.responses[1].partitions[0].partition_index, 1);
}

TEST_F(Amplification, FetchKeepsTopicsApart) {
  broker_.create_topic("u", 1);
  wire::FetchRequest request;
  request.max_wait_ms = 0;
  for (const char* name : {"t", "u", "t"}) {
    auto& topic = request.topics.emplace_back();
    topic.topic_id = broker_.image().find(name)->id;
    topic.partitions.resize(2);
    topic.partitions[1].partition = name[0] == 'u' ? 0 : 1;
  }
  auto response = ask(request, 13);
  ASSERT_EQ(response.responses.size(), 2U);
  EXPECT_EQ(response.responses[0].partitions.size(), 2U);
  EXPECT_EQ(response.responses[1].partitions.size(), 1U);
}

}  // namespace
}  // namespace sl::server
