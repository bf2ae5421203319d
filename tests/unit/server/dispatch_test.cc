// What a connection is told about itself: which APIs are spoken, what happens to the others, and to bytes that are no
// request at all.
#include <gtest/gtest.h>

#include "tests/support/raw_peer.h"

namespace sl::server {
namespace {

using support::RawPeer;
using support::SimBroker;

std::string with_size(std::string frame) {
  std::string whole(4, '\0');
  store_be(reinterpret_cast<uint8_t*>(whole.data()), static_cast<int32_t>(frame.size()));
  return whole + frame;
}

// A header of the old kind and whatever follows it.
std::string raw_request(int16_t api, int16_t version, int32_t correlation_id, std::string_view body = {}) {
  std::string frame(14, '\0');
  auto* at = reinterpret_cast<uint8_t*>(frame.data());
  store_be(at, api);
  store_be(at + 2, version);
  store_be(at + 4, correlation_id);
  store_be(at + 8, static_cast<int16_t>(4));
  std::memcpy(at + 10, "test", 4);
  return with_size(frame + std::string(body));
}

TEST(Dispatch, ApiVersionsListsWhatIsServedAndNothingElse) {
  SimBroker broker({});
  RawPeer peer(broker);
  for (int16_t version = 0; version <= 4; ++version) {
    wire::ApiVersionsRequest request{"test", "1.0"};
    auto response = peer.call(request, version);
    ASSERT_TRUE(response) << version;
    EXPECT_EQ(response->error_code, 0);
    EXPECT_GE(response->api_keys.size(), 18U);
    for (const auto& api : response->api_keys) {
      EXPECT_TRUE(broker.broker().dispatcher().serves(api.api_key)) << wire::api_name(api.api_key);
      const wire::ApiInfo* info = wire::find_api(api.api_key);
      ASSERT_NE(info, nullptr);
      EXPECT_EQ(api.min_version, info->listed_min);
      EXPECT_EQ(api.max_version, info->listed_max);
    }
    for (const wire::ApiInfo& info : wire::kApis) {
      auto key = static_cast<int16_t>(info.key);
      bool listed = std::any_of(response->api_keys.begin(), response->api_keys.end(),
                                [&](const auto& api) { return api.api_key == key; });
      EXPECT_EQ(listed, broker.broker().dispatcher().serves(key)) << wire::api_name(key);
    }
  }
}

// librdkafka 2.0 and 2.8 look for exact old versions; a higher minimum makes them fall back to what is long gone.
TEST(Dispatch, TheListedMinimumsAreKafkas) {
  const std::pair<wire::ApiKey, int16_t> kMinimums[] = {{wire::ApiKey::kProduce, 0},
                                                        {wire::ApiKey::kFetch, 4},
                                                        {wire::ApiKey::kListOffsets, 1},
                                                        {wire::ApiKey::kMetadata, 0},
                                                        {wire::ApiKey::kFindCoordinator, 0},
                                                        {wire::ApiKey::kApiVersions, 0},
                                                        {wire::ApiKey::kCreateTopics, 2},
                                                        {wire::ApiKey::kDeleteTopics, 1},
                                                        {wire::ApiKey::kDeleteRecords, 0},
                                                        {wire::ApiKey::kInitProducerId, 0},
                                                        {wire::ApiKey::kDescribeConfigs, 1},
                                                        {wire::ApiKey::kAlterConfigs, 0},
                                                        {wire::ApiKey::kDescribeLogDirs, 1},
                                                        {wire::ApiKey::kCreatePartitions, 0},
                                                        {wire::ApiKey::kOffsetForLeaderEpoch, 2},
                                                        {wire::ApiKey::kIncrementalAlterConfigs, 0},
                                                        {wire::ApiKey::kDescribeCluster, 0}};
  for (auto [key, minimum] : kMinimums) {
    const wire::ApiInfo* info = wire::find_api(static_cast<int16_t>(key));
    ASSERT_NE(info, nullptr);
    EXPECT_EQ(info->listed_min, minimum) << wire::api_name(static_cast<int16_t>(key));
  }
}

// KIP-511; kgo 1.22 opens with version 5 and gives up on any other answer than this.
TEST(Dispatch, ApiVersionsOfAnUnknownVersionIsAnsweredInTheOldestLayout) {
  SimBroker broker({});
  RawPeer peer(broker);
  peer.send(raw_request(18, 5, 77, std::string_view("\0\5test\4x.y\0", 11)));
  ASSERT_TRUE(peer.wait_frames(1));
  Buffer frame = Buffer::copy_of(as_bytes(peer.frames()[0]));
  EXPECT_EQ(*wire::peek_correlation(frame.bytes()), 77);
  auto response = wire::decode_response<wire::ApiVersionsResponse>(frame.bytes(), 0, frame);
  ASSERT_TRUE(response);
  EXPECT_EQ(errc_from_wire(response->error_code), Errc::kUnsupportedVersion);
  ASSERT_EQ(response->api_keys.size(), 1U);
  EXPECT_EQ(response->api_keys[0].api_key, 18);
  EXPECT_EQ(response->api_keys[0].max_version, 4);
  // The connection is good for another try.
  EXPECT_TRUE(peer.call(wire::ApiVersionsRequest{"test", "1.0"}, 4));
}

TEST(Dispatch, WhatIsNotServedClosesTheConnection) {
  SimBroker broker({});
  const std::pair<int16_t, int16_t> kUnknown[] = {{0, 0},  {0, 1},  {0, 2},  {0, 14}, {1, 3},         {1, 19},
                                                  {3, 14}, {3, -1}, {99, 0}, {-1, 0}, {32767, 32767}, {28, 0}};
  for (auto [api, version] : kUnknown) {
    RawPeer peer(broker);
    peer.send(raw_request(api, version, 1, std::string(40, '\0')));
    EXPECT_TRUE(peer.wait_hang_up()) << api << " v" << version;
    EXPECT_TRUE(peer.frames().empty()) << api << " v" << version;
    EXPECT_NE(broker.log().find("is not served"), std::string::npos);
  }
  RawPeer peer(broker);
  EXPECT_TRUE(peer.call(wire::MetadataRequest(), 12)) << "others are not disturbed";
}

struct Garbage {
  const char* what;
  std::string bytes;
};

std::vector<Garbage> garbage() {
  using namespace std::string_literals;
  std::vector<Garbage> all = {{"HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
                              {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(600, 'x')},
                              {"SSH", "SSH-2.0-OpenSSH_9.2\r\n"},
                              {"a negative size", "\xff\xff\xff\xff"},
                              {"the smallest size", "\x80\x00\x00\x00"s},
                              {"the largest size", "\x7f\xff\xff\xff"},
                              {"over the largest frame", "\x01\x10\x00\x01"s},
                              {"an empty frame", "\0\0\0\0"s},
                              {"half a header", with_size("\0\3\0"s)},
                              {"a client id that is too long", with_size("\0\3\0\1\0\0\0\1\x7f\xff"s)},
                              {"a client id of negative size", with_size("\0\3\0\1\0\0\0\1\x80\0"s)},
                              {"a body that is cut off", raw_request(3, 1, 1, "\0\0\0\5\0\1"s)},
                              {"an array of two thousand million", raw_request(3, 1, 1, "\x7f\xff\xff\xff"s)},
                              {"tags that never end", raw_request(18, 3, 1, "\xff\xff\xff\xff\xff\xff\xff\xff"s)}};
  all.push_back({"Metadata of two megabytes", raw_request(3, 1, 1, std::string(2 << 20, '\1'))});
  return all;
}

TEST(Dispatch, GarbageClosesItsOwnConnectionAndIsLoggedOnce) {
  SimBroker broker({});
  RawPeer good(broker);
  for (const Garbage& one : garbage()) {
    size_t log_before = broker.log().size();
    RawPeer peer(broker);
    peer.send(one.bytes);
    EXPECT_TRUE(peer.wait_hang_up()) << one.what;
    EXPECT_TRUE(peer.frames().empty()) << one.what;
    std::string logged = broker.log().substr(log_before);
    EXPECT_EQ(std::count(logged.begin(), logged.end(), '\n'), 1) << one.what << ": " << logged;
    EXPECT_NE(logged.find("closed the connection"), std::string::npos) << one.what << ": " << logged;
    EXPECT_TRUE(good.call(wire::ApiVersionsRequest{"test", "1.0"}, 3)) << one.what;
  }
  EXPECT_EQ(broker.acceptor().sessions(), 1U);
}

// librdkafka 2.15.1 asks for all topics with a null array of four bytes where the compact form has one; Kafka answers.
TEST(Dispatch, BytesBehindARequestAreIgnored) {
  using namespace std::string_literals;
  SimBroker broker({});
  RawPeer peer(broker);
  peer.send(with_size("\0\3\0\x0d\0\0\0\3\0\7rdkafka\0\0\0\0\0\1\0\0"s));
  EXPECT_TRUE(peer.wait_frames(1)) << broker.log();
  EXPECT_TRUE(peer.call(wire::MetadataRequest(), 12)) << "the connection goes on";
}

TEST(Dispatch, RandomFramesNeverDisturbOthers) {
  SimBroker broker({});
  RawPeer good(broker);
  SeededRandom random(7);
  for (int round = 0; round < 200; ++round) {
    std::string frame(random.below(200), '\0');
    random.fill({reinterpret_cast<uint8_t*>(frame.data()), frame.size()});
    if (frame.size() > 4 && random.below(2) == 0) {
      frame[0] = 0;
      frame[1] = static_cast<char>(wire::kApis[random.below(wire::kApiCount)].key);
      frame[2] = 0;
      frame[3] = static_cast<char>(random.below(8));
    }
    RawPeer peer(broker);
    peer.send(random.below(4) == 0 ? frame : with_size(frame));
    broker.world().run_for_ms(5);
  }
  EXPECT_TRUE(good.call(wire::MetadataRequest(), 12));
  EXPECT_EQ(broker.fatal(), Errc::kNone);
}

// Every request of every version, valid but random: it is answered in its own layout, or, where it has no handler, the
// connection is closed with a word in the log; and nothing else happens.
TEST(Dispatch, EveryRequestIsAnsweredInItsVersion) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  SeededRandom random(3);
  int answered = 0, closed = 0;
  wire::for_each_request([&]<class M>() {
    bool served = broker.broker().dispatcher().serves(static_cast<int16_t>(M::kApi));
    for (int16_t version = wire::versions_of<M>().min; version <= wire::versions_of<M>().max; ++version) {
      M request;
      wire::fill(request, version, random);
      if constexpr (requires { request.max_wait_ms; }) request.max_wait_ms = 50;
      if constexpr (requires { request.acks; }) request.acks = -1;
      RawPeer peer(broker);
      auto response = peer.call(request, version);
      ASSERT_TRUE(response || peer.hung_up())
          << wire::message_name<M>() << " v" << version << ": " << response.error().context;
      ++(response ? answered : closed);
      EXPECT_EQ(response.ok(), served) << wire::message_name<M>() << " v" << version << broker.log();
    }
  });
  EXPECT_GT(answered, 100);
  EXPECT_EQ(broker.fatal(), Errc::kNone);
}

}  // namespace
}  // namespace sl::server
