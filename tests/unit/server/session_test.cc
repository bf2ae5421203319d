// One connection: answers in the order of the requests whatever takes how long, back-pressure against who does not
// read, frames in pieces, and an orderly end.
#include <gtest/gtest.h>
#include <malloc.h>

#include "record/batch_builder.h"
#include "tests/support/raw_peer.h"

namespace sl::server {
namespace {

using support::RawPeer;
using support::SimBroker;

wire::FetchRequest fetch(const std::string& topic, int64_t offset, int32_t wait_ms, int32_t bytes_max = 1 << 20) {
  wire::FetchRequest request;
  request.max_wait_ms = wait_ms;
  request.min_bytes = 1;
  request.max_bytes = bytes_max;
  request.session_epoch = -1;
  auto& asked = request.topics.emplace_back();
  asked.topic = topic;
  wire::FetchRequest::Partition partition;
  partition.fetch_offset = offset;
  partition.partition_max_bytes = bytes_max;
  asked.partitions.push_back(partition);
  return request;
}

wire::ProduceRequest produce(const std::string& topic, std::string_view value, int16_t acks = -1) {
  BufferPool pool(0);
  record::BatchBuilder builder(pool, 1 << 20, 1 << 10);
  builder.append(1'700'000'000'000, std::nullopt, as_bytes(value));
  wire::ProduceRequest request;
  request.acks = acks;
  request.timeout_ms = 1000;
  auto& asked = request.topic_data.emplace_back();
  asked.name = topic;
  asked.partition_data.emplace_back().records = wire::Records(builder.finish({}));
  return request;
}

constexpr int16_t kFetchVersion = 11, kProduceVersion = 8;

std::vector<int32_t> correlations(const RawPeer& peer) {
  std::vector<int32_t> ids;
  for (const auto& frame : peer.frames()) ids.push_back(*wire::peek_correlation(as_bytes(frame)));
  return ids;
}

wire::FetchResponse fetched(const RawPeer& peer, size_t at) {
  Buffer frame = Buffer::copy_of(as_bytes(peer.frames()[at]));
  auto response = wire::decode_response<wire::FetchResponse>(frame.bytes(), kFetchVersion, frame);
  EXPECT_TRUE(response);
  return response ? *std::move(response) : wire::FetchResponse();
}

TEST(Session, AnswersComeInTheOrderOfTheRequests) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer peer(broker);
  // The first waits for half a second, the second for the disk, the others for nothing.
  peer.ask(1, fetch("t", 0, 500), kFetchVersion);
  wire::CreateTopicsRequest create;
  create.timeout_ms = 1000;
  create.topics.emplace_back().name = "u";
  create.topics[0].num_partitions = 1;
  create.topics[0].replication_factor = 1;
  peer.ask(2, create, 5);
  peer.ask(3, wire::ApiVersionsRequest{"test", "1.0"}, 3);
  peer.ask(4, wire::MetadataRequest(), 12);
  broker.world().run_for_ms(300);
  EXPECT_TRUE(peer.frames().empty()) << "an answer overtook an older one";
  EXPECT_NE(broker.image().find("u"), nullptr) << "requests do not wait for each other";
  ASSERT_TRUE(peer.wait_frames(4, 1000));
  EXPECT_EQ(correlations(peer), (std::vector<int32_t>{1, 2, 3, 4}));
}

TEST(Session, AWaitingFetchIsAnsweredByTheNextProduce) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer consumer(broker), producer(broker);
  consumer.ask(1, fetch("t", 0, 60'000), kFetchVersion);
  broker.world().run_for_ms(1000);
  EXPECT_TRUE(consumer.frames().empty());
  int64_t before = broker.world().now_ns();
  producer.ask(1, produce("t", "hello"), kProduceVersion);
  ASSERT_TRUE(consumer.wait_frames(1, 1000));
  EXPECT_LT(broker.world().now_ns() - before, 50'000'000);
  auto response = fetched(consumer, 0);
  ASSERT_EQ(response.responses.size(), 1U);
  EXPECT_EQ(response.responses[0].partitions[0].high_watermark, 1);
  EXPECT_GT(response.responses[0].partitions[0].records.size(), 61U);
}

// Everything lies in the page cache; whatever the pool does takes 50 ms.
TEST(Session, ALongFetchDoesNotHoldTheLoop) {
  SimBroker::Options options;
  options.world.disk_latency_min_ns = options.world.disk_latency_max_ns = 50'000'000;
  options.world.disk.cache_miss_permille = 0;
  SimBroker broker(options);
  broker.create_topic("t", 5);
  RawPeer peer(broker);
  std::string value(900 << 10, 'v');
  for (int32_t i = 0; i < 5; ++i) {
    auto request = produce("t", value);
    request.topic_data[0].partition_data[0].index = i;
    ASSERT_TRUE(peer.call(request, kProduceVersion));
  }
  auto took_ms = [&](int32_t partitions, int32_t partition_bytes_max) {
    auto request = fetch("t", 0, 1000, 16 << 20);
    auto asked = request.topics[0].partitions[0];
    asked.partition_max_bytes = partition_bytes_max;
    request.topics[0].partitions.assign(static_cast<size_t>(partitions), asked);
    for (int32_t i = 0; i < partitions; ++i) request.topics[0].partitions[static_cast<size_t>(i)].partition = i;
    int64_t before = broker.world().now_ns();
    EXPECT_TRUE(peer.call(request, kFetchVersion));
    auto answer = fetched(peer, peer.frames().size() - 1);
    for (const auto& partition : answer.responses[0].partitions) EXPECT_GT(partition.records.size(), value.size());
    return (broker.world().now_ns() - before) / 1'000'000;
  };
  constexpr int32_t kMiB = 1 << 20;
  took_ms(5, kMiB);  // Opens the files.
  int64_t one = took_ms(1, kMiB - 1), two = took_ms(2, kMiB - 1), five = took_ms(5, kMiB - 1), large = took_ms(1, kMiB);
  EXPECT_LT(one, 45);
  EXPECT_LT(two, 45);
  EXPECT_GE(five, 150);
  EXPECT_LT(five, 195);
  EXPECT_GE(large, 50);
}

TEST(Session, AFetchThatWaitsInVainSaysSoInTime) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer peer(broker);
  int64_t before = broker.world().now_ns();
  ASSERT_TRUE(peer.call(fetch("t", 0, 700), kFetchVersion));
  int64_t took_ms = (broker.world().now_ns() - before) / 1'000'000;
  EXPECT_GE(took_ms, 700);
  EXPECT_LT(took_ms, 760);
}

// A fetch and the produce that feeds it, pipelined on one connection: the produce must not wait for its turn to answer.
TEST(Session, AFetchIsFedByAProduceBehindIt) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer peer(broker);
  peer.ask(1, fetch("t", 0, 60'000), kFetchVersion);
  peer.ask(2, produce("t", "behind"), kProduceVersion);
  ASSERT_TRUE(peer.wait_frames(2, 5000));
  EXPECT_EQ(correlations(peer), (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(fetched(peer, 0).responses[0].partitions[0].high_watermark, 1);
}

TEST(Session, ProducesOfOneConnectionKeepTheirOrder) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer peer(broker);
  constexpr int kCount = 300;
  for (int i = 0; i < kCount; ++i) peer.ask(i, produce("t", std::to_string(i)), kProduceVersion);
  ASSERT_TRUE(peer.wait_frames(kCount));
  for (int i = 0; i < kCount; ++i) {
    Buffer frame = Buffer::copy_of(as_bytes(peer.frames()[static_cast<size_t>(i)]));
    EXPECT_EQ(*wire::peek_correlation(frame.bytes()), i);
    auto response = wire::decode_response<wire::ProduceResponse>(frame.bytes(), kProduceVersion, frame);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->responses[0].partition_responses[0].base_offset, i);
  }
}

TEST(Session, NobodyAnswersAProducerThatDoesNotWait) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer peer(broker);
  for (int i = 0; i < 5; ++i) peer.ask(i, produce("t", "x", 0), kProduceVersion);
  peer.ask(9, wire::ApiVersionsRequest{"test", "1.0"}, 3);
  ASSERT_TRUE(peer.wait_frames(1));
  EXPECT_EQ(correlations(peer), std::vector<int32_t>{9});
  auto partition = broker.replicas().find(broker.image().find("t")->id, Partition(0));
  broker.world().run_for_ms(100);
  EXPECT_EQ(partition->high_watermark(), Offset(5));
  // The only way to tell it that something is wrong.
  peer.ask(10, produce("unknown", "x", 0), kProduceVersion);
  EXPECT_TRUE(peer.wait_hang_up());
}

TEST(Session, APeerThatNeverReadsHoldsWhatItsLimitsAllow) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  {
    RawPeer producer(broker);
    std::string value(900 << 10, 'v');
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(producer.call(produce("t", value), kProduceVersion));
  }
  size_t before = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
  RawPeer peer(broker, false);
  constexpr int kRequests = 20'000;
  for (int i = 0; i < kRequests; ++i) peer.ask(i, fetch("t", i % 20, 0, 4 << 20), kFetchVersion);
  broker.world().run_for_ms(20'000);
  size_t held = ::mallinfo2().uordblks + ::mallinfo2().hblkhd - before;
  EXPECT_GT(peer.unsent(), 0U) << "the server goes on reading";
  EXPECT_LT(held, size_t{48} << 20) << "one connection holds " << (held >> 20) << " MiB";

  // Others are served, and when it reads at last, everything is there, in order.
  RawPeer other(broker);
  EXPECT_TRUE(other.call(wire::MetadataRequest(), 12));
  peer.read_on();
  ASSERT_TRUE(peer.wait_frames(100));
  auto ids = correlations(peer);
  for (size_t i = 0; i < 100; ++i) ASSERT_EQ(ids[i], static_cast<int32_t>(i));
}

// One connection asks for 30 MiB of log again and again and reads nothing, where the page cache serves none of it: how
// large an answer is is known only when the disk has answered.
TEST(Session, NorDoesItWhereTheDiskIsAsked) {
  SimBroker::Options options;
  options.world.disk.cache_miss_permille = 1000;
  SimBroker broker(options);
  broker.create_topic("t", 1);
  {
    RawPeer producer(broker);
    std::string value(900 << 10, 'v');
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(producer.call(produce("t", value), kProduceVersion));
  }
  RawPeer peer(broker, false);
  size_t before = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
  for (int i = 0; i < 5000; ++i) peer.ask(i, fetch("t", i % 20, 0, 8 << 20), kFetchVersion);
  broker.world().run_for_ms(20'000);
  size_t held = ::mallinfo2().uordblks + ::mallinfo2().hblkhd - before;
  EXPECT_GT(peer.unsent(), 0U) << "the server goes on reading";
  EXPECT_LT(held, size_t{48} << 20) << "one connection holds " << (held >> 20) << " MiB";
}

TEST(Session, TooManyUnansweredRequestsAreNotRead) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer peer(broker);
  constexpr int kRequests = 20'000;
  for (int i = 0; i < kRequests; ++i) peer.ask(i, fetch("t", 0, 30'000), kFetchVersion);
  broker.world().run_for_ms(5000);
  EXPECT_TRUE(peer.frames().empty());
  EXPECT_GT(peer.unsent(), static_cast<size_t>(kRequests / 2)) << "the server reads without bounds";
}

TEST(Session, AFrameInSinglePiecesIsWhole) {
  aio::SimOptions world;
  world.window_min_bytes = world.window_max_bytes = 7;
  SimBroker broker({.world = world});
  broker.create_topic("t", 1);
  RawPeer peer(broker);
  std::string value(20'000, 'q');
  auto response = peer.call(produce("t", value), kProduceVersion);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->responses[0].partition_responses[0].error_code, 0);
  ASSERT_TRUE(peer.call(fetch("t", 0, 1000), kFetchVersion));
  EXPECT_NE(peer.frames().back().find(value), std::string::npos);
}

TEST(Session, AnEndWithinAFrameLeavesNothingBehind) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  std::string whole = wire::encode_request(1, "raw", produce("t", std::string(9000, 'x')), kProduceVersion).joined();
  for (size_t cut : {size_t{0}, size_t{2}, size_t{4}, size_t{9}, size_t{4000}, size_t{5000}, whole.size() - 1}) {
    RawPeer peer(broker);
    if (cut > 0) peer.send(whole.substr(0, cut));
    broker.world().run_for_ms(50);
    peer.close();
    broker.world().run_for_ms(50);
    EXPECT_EQ(broker.acceptor().sessions(), 0U) << cut;
  }
  auto partition = broker.replicas().find(broker.image().find("t")->id, Partition(0));
  EXPECT_EQ(partition->log().log_end(), Offset(0));
}

TEST(Session, WhoHangsUpWhileWaitingIsForgotten) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  for (int i = 0; i < 20; ++i) {
    RawPeer peer(broker);
    peer.ask(1, fetch("t", 0, 3'600'000), kFetchVersion);
    peer.ask(2, fetch("t", 0, 3'600'000), kFetchVersion);
    broker.world().run_for_ms(5);
  }
  broker.world().run_for_ms(200);
  EXPECT_EQ(broker.acceptor().sessions(), 0U);
}

// A session with a full queue reads nothing, not even the end of its stream.
TEST(Session, WhoHangsUpBehindAFullQueueIsForgottenInTheEnd) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  {
    RawPeer peer(broker);
    for (int i = 0; i < 40; ++i) peer.ask(i, fetch("t", 0, INT32_MAX), kFetchVersion);
    broker.world().run_for_ms(10);
  }
  broker.world().run_for_ms(70'000);
  EXPECT_EQ(broker.acceptor().sessions(), 0U);
}

TEST(Session, AStopAnswersWhatIsUnderWayAndEnds) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer waiting(broker), writing(broker), idle(broker);
  waiting.ask(1, fetch("t", 7, 3'600'000), kFetchVersion);
  waiting.ask(2, fetch("t", 1, 3'600'000), kFetchVersion);
  broker.world().run_for_ms(500);  // Both wait now: what is still on its way when a server closes cannot be answered.
  writing.ask(1, produce("t", "last"), kProduceVersion);
  broker.world().run_until(
      [&] { return broker.replicas().find(broker.image().find("t")->id, Partition(0))->log().log_end() > Offset(0); });
  broker.stop_accepting();
  EXPECT_TRUE(waiting.wait_hang_up(5000));
  EXPECT_TRUE(writing.wait_hang_up(5000));
  EXPECT_TRUE(idle.wait_hang_up(5000));
  EXPECT_EQ(correlations(waiting), (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(correlations(writing), std::vector<int32_t>{1});
  EXPECT_EQ(broker.acceptor().sessions(), 0U);
}

// Two answers are due to a peer that has stopped reading for good, one of them half sent.
TEST(Session, AStopDoesNotWaitForEverForWhoDoesNotRead) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer producer(broker);
  ASSERT_TRUE(producer.call(produce("t", std::string(900 << 10, 'v')), kProduceVersion));
  RawPeer deaf(broker, false);
  for (int i = 0; i < 5; ++i) deaf.ask(i, fetch("t", 0, 0), kFetchVersion);
  broker.world().run_for_ms(1000);
  broker.stop_accepting();
  broker.world().run_for_ms(4000);
  EXPECT_EQ(broker.acceptor().sessions(), 1U) << "it has some seconds to take them";
  broker.world().run_for_ms(4000);
  EXPECT_EQ(broker.acceptor().sessions(), 0U);
  EXPECT_NE(broker.log().find("answers were not taken before the stop"), std::string::npos);
}

TEST(Session, AStopDoesNotCutAnAnswerInTwo) {
  for (int answers : {1, 3}) {
    SimBroker broker({});
    broker.create_topic("t", 1);
    RawPeer producer(broker);
    ASSERT_TRUE(producer.call(produce("t", std::string(900 << 10, 'v')), kProduceVersion));
    RawPeer peer(broker, false);
    for (int i = 0; i < answers; ++i) peer.ask(i, fetch("t", 0, 0), kFetchVersion);
    broker.world().run_for_ms(1000);
    broker.stop_accepting();
    broker.world().run_for_ms(1000);
    peer.read_on();
    ASSERT_TRUE(peer.wait_hang_up(3000)) << "it ends when the last answer has left";
    EXPECT_EQ(peer.frames().size(), static_cast<size_t>(answers));
    EXPECT_EQ(peer.left_over(), 0U);
    EXPECT_EQ(broker.acceptor().sessions(), 0U);
    EXPECT_EQ(broker.log().find("not taken"), std::string::npos);
  }
}

TEST(Session, AStopWithoutSessionsWaitsForNothing) {
  SimBroker broker({});
  RawPeer idle(broker);
  broker.world().run_for_ms(100);
  broker.stop_accepting();
  EXPECT_TRUE(idle.wait_hang_up(100));
}

TEST(Session, AnAnswerThatNobodyTakesIsGivenUp) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer producer(broker);
  ASSERT_TRUE(producer.call(produce("t", std::string(900 << 10, 'v')), kProduceVersion));
  producer.close();
  RawPeer deaf(broker, false);
  for (int i = 0; i < 5; ++i) deaf.ask(i, fetch("t", 0, 0), kFetchVersion);
  broker.world().run_for_ms(590'000);
  EXPECT_EQ(broker.acceptor().sessions(), 1U);
  broker.world().run_for_ms(30'000);
  EXPECT_EQ(broker.acceptor().sessions(), 0U);
  EXPECT_NE(broker.log().find("does not take its answers"), std::string::npos);
}

// Bytes of a frame every few seconds, for minutes.
TEST(Session, ASlowButSteadyFrameIsServed) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  for (size_t size : {size_t{2000}, size_t{60'000}}) {
    RawPeer peer(broker);
    std::string frame = wire::encode_request(1, "raw", produce("t", std::string(size, 'x')), kProduceVersion).joined();
    size_t step = frame.size() / 10;
    for (size_t at = 0; at < frame.size(); at += step) {
      peer.send(frame.substr(at, step));
      broker.world().run_for_ms(20'000);
      ASSERT_FALSE(peer.hung_up()) << "after " << at << " of " << frame.size() << " bytes";
    }
    EXPECT_TRUE(peer.wait_frames(1, 1000));
  }
}

// However it falls between two looks of the server.
TEST(Session, AFrameThatBeginsAfterALongSilenceHasItsTime) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer peer(broker);
  int32_t id = 0;
  for (int64_t silent_ms = 60'000; silent_ms < 66'000; silent_ms += 1000) {
    std::string frame =
        wire::encode_request(++id, "raw", produce("t", std::string(9000, 'x')), kProduceVersion).joined();
    broker.world().run_for_ms(silent_ms);
    peer.send(frame.substr(0, 5000));
    broker.world().run_for_ms(6000);
    peer.send(frame.substr(5000));
    ASSERT_TRUE(peer.wait_frames(static_cast<size_t>(id), 1000)) << "silent for " << silent_ms;
  }
}

// Cut within its size, right behind it, within its bytes, small and large.
TEST(Session, AFrameThatDoesNotGoOnIsGivenUp) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  std::string whole = wire::encode_request(1, "raw", produce("t", std::string(9000, 'x')), kProduceVersion).joined();
  std::string small = wire::encode_request(1, "raw", wire::MetadataRequest(), 12).joined();
  for (std::string part : {whole.substr(0, 2), whole.substr(0, 4), whole.substr(0, 5000), small.substr(0, 4),
                           small.substr(0, small.size() - 1)}) {
    RawPeer peer(broker);
    peer.send(part);
    broker.world().run_for_ms(29'000);
    EXPECT_FALSE(peer.hung_up()) << part.size();
    EXPECT_TRUE(peer.wait_hang_up(12'000)) << part.size();
  }
}

// Nor is one that trickles for ever served for ever.
TEST(Session, AFrameHasAnEnd) {
  SimBroker broker({});
  broker.create_topic("t", 1);
  RawPeer peer(broker);
  std::string frame = wire::encode_request(1, "raw", produce("t", std::string(9000, 'x')), kProduceVersion).joined();
  for (size_t at = 0; at < 70 && !peer.hung_up(); ++at) {
    peer.send(frame.substr(at, 1));
    broker.world().run_for_ms(10'000);
    EXPECT_TRUE(at >= 58 || !peer.hung_up()) << at;
  }
  EXPECT_TRUE(peer.hung_up());
}

TEST(Session, WhoAsksNothingForLongIsClosed) {
  SimBroker broker({});
  RawPeer peer(broker), silent(broker);
  ASSERT_TRUE(peer.call(wire::MetadataRequest(), 12));
  broker.world().run_for_ms(400'000);
  ASSERT_TRUE(peer.call(wire::MetadataRequest(), 12));
  broker.world().run_for_ms(190'000);
  EXPECT_FALSE(silent.hung_up());
  broker.world().run_for_ms(20'000);
  EXPECT_TRUE(silent.hung_up());
  EXPECT_FALSE(peer.hung_up());
  EXPECT_TRUE(peer.wait_hang_up(400'000));
}

TEST(Session, ConnectionsOverTheCapWait) {
  SimBroker broker({.sessions_max = 2});
  RawPeer first(broker);
  auto second = std::make_unique<RawPeer>(broker);
  RawPeer third(broker);
  ASSERT_TRUE(first.call(wire::MetadataRequest(), 12));
  ASSERT_TRUE(second->call(wire::MetadataRequest(), 12));
  third.ask(1, wire::MetadataRequest(), 12);
  EXPECT_FALSE(third.wait_frames(1, 1000));
  EXPECT_FALSE(third.hung_up());
  second.reset();
  EXPECT_TRUE(third.wait_frames(1, 1000));
}

}  // namespace
}  // namespace sl::server
