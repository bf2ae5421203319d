// Produced batches whose check takes long: they leave the loop, and yet nothing of one connection overtakes anything;
// they leave the pool's threads to others, and one request causes so much work and no more.
#include <gtest/gtest.h>
#include <zstd.h>

#include "base/crc32c.h"
#include "record/batch_builder.h"
#include "tests/support/raw_peer.h"

namespace sl::server {
namespace {

using record::Codec;
using support::RawPeer;
using support::SimBroker;

constexpr int16_t kVersion = 8;

Slice make_batch(BufferPool& pool, size_t records, size_t value_bytes, Codec codec, int32_t sequence = -1) {
  record::BatchBuilder builder(pool, 16 << 20, 1 << 10);
  std::string value(value_bytes, 'v');
  for (size_t i = 0; i < records; ++i) EXPECT_TRUE(builder.append(1'700'000'000'000, std::nullopt, as_bytes(value)));
  record::BatchStamp stamp;
  if (sequence >= 0) {
    stamp.producer_id = ProducerId(7);
    stamp.producer_epoch = 0;
    stamp.base_sequence = sequence;
  }
  record::Compressor compressor;
  return codec == Codec::kNone ? builder.finish(stamp)
                               : builder.finish(stamp, codec, record::kDefaultLevel, compressor);
}

wire::ProduceRequest one_batch(Slice batch, int16_t acks = -1) {
  wire::ProduceRequest request;
  request.acks = acks;
  request.timeout_ms = 1000;
  auto& asked = request.topic_data.emplace_back();
  asked.name = "t";
  asked.partition_data.emplace_back().records = wire::Records(std::move(batch));
  return request;
}

std::vector<wire::ProduceResponse::Partition> answers(const std::string& frame) {
  Buffer owner = Buffer::copy_of(as_bytes(frame));
  auto response = wire::decode_response<wire::ProduceResponse>(owner.bytes(), kVersion, owner);
  EXPECT_TRUE(response);
  return response ? response->responses[0].partition_responses : std::vector<wire::ProduceResponse::Partition>();
}

// Whatever the pool is given takes just so long, and there is nothing else that takes any time to speak of.
SimBroker::Options steady_pool(int64_t ms) {
  SimBroker::Options options;
  options.world.disk_latency_min_ns = options.world.disk_latency_max_ns = ms * 1'000'000;
  return options;
}

TEST(BatchChecks, TheHeaderTellsHowLongACheckTakes) {
  BufferPool pool(0);
  storage::LogSettings settings;
  settings.max_message_bytes = 16 << 20;
  auto steps = [&](size_t records, size_t value_bytes, Codec codec) {
    return BatchChecks::steps(make_batch(pool, records, value_bytes, codec).bytes, settings);
  };
  EXPECT_LT(steps(1, 100, Codec::kNone), 10U);
  EXPECT_LT(steps(10'000, 95, Codec::kNone), BatchChecks::kStepsOnLoop) << "what producers send";
  EXPECT_GT(steps(140'000, 0, Codec::kNone), BatchChecks::kStepsOnLoop);
  for (Codec codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd})
    EXPECT_EQ(steps(100, 100, codec), BatchChecks::kStepsUnknown) << record::codec_name(codec);
  settings.keep_producer_compression = false;
  EXPECT_LT(steps(1, 100, Codec::kNone), 10U) << "nothing is to be compressed";
  settings.compression = Codec::kZstd;
  EXPECT_EQ(steps(1, 100, Codec::kNone), BatchChecks::kStepsUnknown);
  // A header that lies about its records cannot make more of them than there are bytes.
  Slice liar = make_batch(pool, 1, 10, Codec::kNone);
  store_be(liar.owner.data() + 57, INT32_MAX);
  EXPECT_LT(BatchChecks::steps(liar.bytes, storage::LogSettings()), 100U);
}

// A write is one job of the pool; a compressed batch is a job of its own before.
TEST(BatchChecks, OnlyLongOnesLeaveTheLoop) {
  SimBroker broker(steady_pool(50));
  broker.create_topic("t", 1);
  BufferPool pool(0);
  auto took_ms = [&](Slice batch) {
    RawPeer peer(broker);
    int64_t before = broker.world().now_ns();
    EXPECT_TRUE(peer.call(one_batch(std::move(batch)), kVersion));
    return (broker.world().now_ns() - before) / 1'000'000;
  };
  EXPECT_LT(took_ms(make_batch(pool, 10, 100, Codec::kNone)), 60);
  for (Codec codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    int64_t ms = took_ms(make_batch(pool, 10, 100, codec));
    EXPECT_GE(ms, 100) << record::codec_name(codec);
    EXPECT_LT(ms, 110) << record::codec_name(codec);
  }
}

// Slow ones and fast ones of one producer in one partition, pipelined: each fast one is ready long before the slow one
// that it follows.
TEST(BatchChecks, NothingOfAConnectionOvertakesASlowOne) {
  SimBroker broker(steady_pool(20));
  broker.create_topic("t", 1);
  BufferPool pool(0);
  RawPeer peer(broker);
  constexpr int kCount = 60;
  for (int i = 0; i < kCount; ++i) {
    Codec codec = i % 3 == 0 ? Codec::kGzip : i % 7 == 0 ? Codec::kZstd : Codec::kNone;
    peer.ask(i, one_batch(make_batch(pool, 1, 2000, codec, i)), kVersion);
  }
  ASSERT_TRUE(peer.wait_frames(kCount));
  for (int i = 0; i < kCount; ++i) {
    const std::string& frame = peer.frames()[static_cast<size_t>(i)];
    EXPECT_EQ(*wire::peek_correlation(as_bytes(frame)), i);
    auto parts = answers(frame);
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0].error_code, 0) << i << ": an idempotent sequence that came too early";
    EXPECT_EQ(parts[0].base_offset, i);
  }
}

// It sends and is gone before the first check is done: everything that came is taken.
TEST(BatchChecks, WhoHangsUpBehindASlowOneLosesNothing) {
  SimBroker broker(steady_pool(20));
  broker.create_topic("t", 1);
  BufferPool pool(0);
  RawPeer peer(broker);
  for (int i = 0; i < 6; ++i)
    peer.ask(i, one_batch(make_batch(pool, 1, 100, i % 2 ? Codec::kNone : Codec::kLz4), 0), kVersion);
  broker.world().run_for_ms(10);
  EXPECT_EQ(peer.unsent(), 0U);
  peer.close();
  broker.world().run_for_ms(1000);
  auto partition = broker.replicas().find(broker.image().find("t")->id, Partition(0));
  EXPECT_EQ(partition->high_watermark(), Offset(6));
  EXPECT_EQ(broker.acceptor().sessions(), 0U);
}

// Thirty connections, three slow batches each: a cold fetch, and a produce of somebody else, need not wait for them.
TEST(BatchChecks, TheyLeaveThreadsToTheOthers) {
  SimBroker::Options options = steady_pool(50);
  options.world.disk.cache_miss_permille = 1000;
  SimBroker broker(options);
  broker.create_topic("t", 2);
  BufferPool pool(0);
  std::deque<RawPeer> many;
  for (int i = 0; i < 30; ++i) {
    RawPeer& peer = many.emplace_back(broker);
    for (int k = 0; k < 3; ++k) peer.ask(k, one_batch(make_batch(pool, 1, 100, Codec::kGzip)), kVersion);
  }
  RawPeer other(broker);
  broker.world().run_for_ms(5);
  int64_t before = broker.world().now_ns();
  auto request = one_batch(make_batch(pool, 1, 100, Codec::kNone));
  request.topic_data[0].partition_data[0].index = 1;
  ASSERT_TRUE(other.call(request, kVersion));
  wire::ListOffsetsRequest times;
  auto& topic = times.topics.emplace_back();
  topic.name = "t";
  auto& asked = topic.partitions.emplace_back();
  asked.partition_index = 1;
  asked.timestamp = 5;  // a look into the log, on the pool
  ASSERT_TRUE(other.call(times, 5));
  EXPECT_LT(broker.world().now_ns() - before, 120'000'000) << "a job each";
  EXPECT_EQ(many.back().frames().size(), 0U) << "they are still at it";
  for (auto& peer : many) EXPECT_TRUE(peer.wait_frames(3));
}

TEST(BatchChecks, AStopDoesNotWaitForThoseThatWait) {
  SimBroker broker(steady_pool(100));
  broker.create_topic("t", 1);
  BufferPool pool(0);
  std::deque<RawPeer> many;
  for (int i = 0; i < 100; ++i)
    many.emplace_back(broker).ask(1, one_batch(make_batch(pool, 1, 100, Codec::kGzip)), kVersion);
  broker.world().run_for_ms(20);
  auto partition = broker.replicas().find(broker.image().find("t")->id, Partition(0));
  broker.stop_accepting();
  broker.world().run(partition->stop(Errc::kBrokerNotAvailable, true));
  for (auto& peer : many) {
    ASSERT_TRUE(peer.wait_hang_up(3000));
    EXPECT_EQ(peer.frames().size(), 1U);
  }
}

// Zeros in one frame of zstd and an empty one behind it, which the ratio is told by: 120 MB.
Slice zeros_in_zstd(BufferPool& pool) {
  std::string zeros(120 << 20, '\0');
  std::string squeezed(ZSTD_compressBound(zeros.size()), '\0');
  squeezed.resize(ZSTD_compress(squeezed.data(), squeezed.size(), zeros.data(), zeros.size(), 1));
  std::string skipped(140 << 10, '\0');
  const uint32_t head[] = {0x184D2A50, static_cast<uint32_t>(skipped.size() - 8)};
  std::memcpy(skipped.data(), head, sizeof head);
  squeezed += skipped;
  Slice model = make_batch(pool, 1, 10, Codec::kNone);
  Slice batch;
  batch.owner = Buffer::allocate(record::kBatchHeaderBytes + squeezed.size());
  batch.bytes = batch.owner.bytes();
  uint8_t* to = batch.owner.data();
  std::memcpy(to, model.bytes.data(), record::kBatchHeaderBytes);
  std::memcpy(to + record::kBatchHeaderBytes, squeezed.data(), squeezed.size());
  store_be(to + 8, static_cast<int32_t>(batch.bytes.size() - record::kBatchPrefixBytes));
  store_be(to + 21, static_cast<int16_t>(Codec::kZstd));
  store_be(to + 17, crc32c(batch.bytes.subspan(21)));
  return batch;
}

TEST(BatchChecks, OneRequestCausesSoMuchWorkAndNoMore) {
  SimBroker broker({});
  broker.create_topic("t", 10);
  BufferPool pool(0);
  Slice bomb = zeros_in_zstd(pool);
  wire::ProduceRequest request = one_batch(bomb);
  for (int32_t i = 1; i < 8; ++i) {
    auto& asked = request.topic_data[0].partition_data.emplace_back();
    asked.index = i;
    asked.records = wire::Records(i == 7 ? make_batch(pool, 1, 10, Codec::kNone) : bomb);
  }
  RawPeer peer(broker);
  ASSERT_TRUE(peer.call(request, kVersion));
  auto parts = answers(peer.frames().back());
  ASSERT_EQ(parts.size(), 8U);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(errc_from_wire(parts[i].error_code), Errc::kInvalidRecord) << i;
  for (size_t i = 5; i < 8; ++i) {
    EXPECT_EQ(errc_from_wire(parts[i].error_code), Errc::kRequestTimedOut) << i;
    EXPECT_TRUE(error_info(errc_from_wire(parts[i].error_code)).retriable);
  }
  // It is counted for each request anew.
  ASSERT_TRUE(peer.call(one_batch(make_batch(pool, 1, 100, Codec::kZstd)), kVersion));
  EXPECT_EQ(answers(peer.frames().back())[0].error_code, 0);
}

}  // namespace
}  // namespace sl::server
