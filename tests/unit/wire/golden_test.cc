// Bytes written out by hand from the protocol's description, so that encoder and decoder cannot be wrong together.
#include <gtest/gtest.h>

#include "tests/unit/wire/every_message.h"

namespace sl::wire {
namespace {

using namespace std::string_view_literals;

template <class M>
void expect_golden(const M& message, int16_t version, std::string_view golden) {
  EXPECT_EQ(encode(message, version).joined(), golden) << message_name<M>() << " v" << version;
  Buffer bytes = Buffer::copy_of(as_bytes(golden));
  auto decoded = decode<M>(bytes.bytes(), version, bytes);
  ASSERT_TRUE(decoded) << decoded.error().context;
  EXPECT_TRUE(*decoded == message) << describe(*decoded, version);
}

Records golden_records(std::string_view text) {
  Buffer block = Buffer::copy_of(as_bytes(text));
  return Records(Slice{block, block.bytes()});
}

TEST(Golden, ApiVersions) {
  expect_golden(ApiVersionsRequest{}, 0, "");
  ApiVersionsRequest request;
  request.client_software_name = "kcat";
  request.client_software_version = "1.7";
  expect_golden(request, 3,
                "\5kcat\4"
                "1.7\0"sv);

  ApiVersionsResponse response;
  response.error_code = 35;
  response.api_keys = {{18, 0, 4}};
  expect_golden(response, 0, "\0\x23\0\0\0\1\0\x12\0\0\0\4"sv);
  response.error_code = 0;
  response.throttle_time_ms = 1;
  // Compact array of one with its own tags, throttle, then tags 0 (supported) and 1 (epoch).
  response.supported_features = {{"f", 0, 2}};
  response.finalized_features_epoch = 9;
  expect_golden(response, 3,
                "\0\0\2\0\x12\0\0\0\4\0\0\0\0\1"
                "\2"
                "\0\x8\2\2f\0\0\0\2\0"
                "\1\x8\0\0\0\0\0\0\0\x9"sv);
}

TEST(Golden, Metadata) {
  MetadataRequest request;
  request.topics.emplace().push_back({.topic_id = {}, .name = "logs"});
  expect_golden(request, 1, "\0\0\0\1\0\4logs"sv);
  request.topics.reset();
  expect_golden(request, 1, "\xff\xff\xff\xff"sv);
  request.allow_auto_topic_creation = false;
  expect_golden(request, 12, "\0\0\0\0"sv);

  MetadataResponse response;
  response.brokers = {{1, "h", 9092, std::nullopt}};
  response.controller_id = 1;
  auto& topic = response.topics.emplace_back();
  topic.name = "t";
  auto& partition = topic.partitions.emplace_back();
  partition.partition_index = 2;
  partition.leader_id = 1;
  partition.replica_nodes = {1};
  partition.isr_nodes = {1};
  expect_golden(response, 1,
                "\0\0\0\1"
                "\0\0\0\1\0\1h\0\0\x23\x84\xff\xff"
                "\0\0\0\1"
                "\0\0\0\1"
                "\0\0\0\1t\0"
                "\0\0\0\1"
                "\0\0\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1"sv);
}

TEST(Golden, Produce) {
  ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 1000;
  auto& topic = request.topic_data.emplace_back();
  topic.name = "t";
  topic.partition_data.push_back({7, golden_records("batch")});
  expect_golden(request, 3, "\xff\xff\xff\xff\0\0\3\xe8\0\0\0\1\0\1t\0\0\0\1\0\0\0\7\0\0\0\5batch"sv);
  expect_golden(request, 9, "\0\xff\xff\0\0\3\xe8\2\2t\2\0\0\0\7\6batch\0\0\0"sv);
  topic.name.clear();
  topic.topic_id.bytes[15] = 5;
  expect_golden(request, 13, "\0\xff\xff\0\0\3\xe8\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5\2\0\0\0\7\6batch\0\0\0"sv);

  ProduceResponse response;
  auto& done = response.responses.emplace_back();
  done.name = "t";
  auto& part = done.partition_responses.emplace_back();
  part.index = 7;
  part.base_offset = 258;
  expect_golden(response, 3,
                "\0\0\0\1\0\1t\0\0\0\1\0\0\0\7\0\0\0\0\0\0\0\0\1\2\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"sv);
}

TEST(Golden, FetchTagsStandBehindTheRecords) {
  FetchResponse response;
  auto& topic = response.responses.emplace_back();
  topic.topic = "t";
  auto& partition = topic.partitions.emplace_back();
  partition.high_watermark = 3;
  partition.last_stable_offset = 3;
  partition.log_start_offset = 0;
  partition.current_leader = {1, 6};
  partition.records = golden_records("r");
  expect_golden(response, 12,
                "\0\0\0\0\0\0\0\0\0\0"
                "\2\2t\2"
                "\0\0\0\0\0\0"
                "\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0"
                "\0\xff\xff\xff\xff\2r"
                "\1\1\x9\0\0\0\1\0\0\0\6\0"
                "\0\0"sv);
}

TEST(Golden, OurRecordCountIsATag) {
  DescribeLogDirsResponse response;
  auto& topic = response.results.emplace_back().topics.emplace_back();
  topic.partitions.push_back({.partition_index = 0, .partition_size = 1, .record_count = 42});
  response.results[0].log_dir = "d";
  topic.name = "t";
  // 10000 is the varint 90 4e.
  expect_golden(response, 2,
                "\0\0\0\0\2\0\0\2d\2\2t\2"
                "\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0"
                "\1\x90\x4e\x8\0\0\0\0\0\0\0\x2a"
                "\0\0\0"sv);
}

TEST(Golden, JoinGroup) {
  JoinGroupRequest request;
  request.group_id = "g";
  request.session_timeout_ms = 10'000;
  request.rebalance_timeout_ms = 300'000;
  request.protocol_type = "consumer";
  request.protocols = {{"range", {"abc"}}};
  expect_golden(request, 5,
                "\0\1g\0\0\x27\x10\0\4\x93\xe0\0\0\xff\xff\0\x8"
                "consumer\0\0\0\1\0\5range\0\0\0\3abc"sv);
  request.reason = "r";
  expect_golden(request, 9,
                "\2g\0\0\x27\x10\0\4\x93\xe0\1\0\x9"
                "consumer\2\6range\4abc\0\2r\0"sv);
}

TEST(Golden, FindCoordinator) {
  FindCoordinatorRequest request;
  request.key = "g";
  expect_golden(request, 0, "\0\1g"sv);
  request = {};
  request.coordinator_keys = {"g", "h"};
  expect_golden(request, 6, "\0\3\2g\2h\0"sv);
  FindCoordinatorResponse response;
  response.coordinators = {{"g", 1, "b", 9092, 0, std::nullopt}};
  expect_golden(response, 6, "\0\0\0\0\2\2g\0\0\0\1\2b\0\0\x23\x84\0\0\0\0\0"sv);
}

TEST(Golden, OffsetFetch) {
  OffsetFetchRequest request;
  request.group_id = "g";
  expect_golden(request, 2, "\0\1g\xff\xff\xff\xff"sv);
  request = {};
  request.require_stable = true;
  request.groups.resize(2);
  request.groups[0].group_id = "a";
  request.groups[1].group_id = "b";
  request.groups[1].topics.emplace().push_back({"t", {}, {1}});
  expect_golden(request, 8, "\3\2a\0\0\2b\2\2t\2\0\0\0\1\0\0\1\0"sv);
  request.groups.erase(request.groups.begin());
  auto& topic = request.groups[0].topics->front();
  topic.name.clear();
  topic.topic_id.bytes[15] = 5;
  expect_golden(request, 10, "\2\2b\0\xff\xff\xff\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5\2\0\0\0\1\0\0\1\0"sv);

  OffsetFetchResponse response;
  response.topics.push_back({"t", {}, {{1, 258, 3, "m", 0}}});
  expect_golden(response, 5, "\0\0\0\0\0\0\0\1\0\1t\0\0\0\1\0\0\0\1\0\0\0\0\0\0\1\2\0\0\0\3\0\1m\0\0\0\0"sv);
  response.groups.push_back({"g", std::move(response.topics), 0});
  response.topics.clear();
  expect_golden(response, 8, "\0\0\0\0\2\2g\2\2t\2\0\0\0\1\0\0\0\0\0\0\1\2\0\0\0\3\2m\0\0\0\0\0\0\0\0"sv);
}

TEST(Golden, ConsumerGroupHeartbeat) {
  ConsumerGroupHeartbeatResponse response;
  response.member_id = "m";
  response.member_epoch = 1;
  response.heartbeat_interval_ms = 5000;
  expect_golden(response, 0, "\0\0\0\0\0\0\0\2m\0\0\0\1\0\0\x13\x88\xff\0"sv);
  auto& part = response.assignment.emplace().topic_partitions.emplace_back();
  part.topic_id.bytes[0] = 7;
  part.partitions = {2};
  expect_golden(response, 1,
                "\0\0\0\0\0\0\0\2m\0\0\0\1\0\0\x13\x88"
                "\1\2\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\2\0\0\0"sv);
}

TEST(Golden, NullableStruct) {
  DescribeTopicPartitionsRequest request;
  request.topics = {{"t"}};
  expect_golden(request, 0, "\2\2t\0\0\0\7\xd0\xff\0"sv);
  request.cursor = {"t", 1};
  expect_golden(request, 0, "\2\2t\0\0\0\7\xd0\1\2t\0\0\0\1\0\0"sv);
}

}  // namespace
}  // namespace sl::wire
