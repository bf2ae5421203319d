// Records in, batches out, when nothing goes wrong: order, cutting, lingering, nudging, memory.
#include "client/producer.h"

#include "tests/unit/client/producer_fixture.h"

namespace sl::client {
namespace {

class ProducerTest : public fake::ProducerFixture {};

TEST_F(ProducerTest, EveryRecordOnceAndInOrder) {
  state.add_topic("t", 1);
  ProducerOptions options;
  options.batch_bytes = 10'000;
  produce(options, [](Producer& producer, Producer::Topic& topic, fake::Fixture&) {
    return fake::Fixture::append_all(producer, topic, 5000, 100);
  });
  EXPECT_EQ(flushed, Errc::kNone);
  expect_all(5000, 100);
  EXPECT_EQ(stored, 5000);
  EXPECT_EQ(state.duplicates + state.out_of_order, 0);
  Offset next{0};
  uint64_t input = 1;
  for (const fake::Outcome& delivery : outcomes) {
    EXPECT_EQ(delivery.base_offset, next);
    EXPECT_EQ(delivery.first_input, input);
    next = next + delivery.count;
    input += static_cast<uint64_t>(delivery.count);
  }
}

TEST_F(ProducerTest, BatchesAreCutAtTheirSize) {
  state.add_topic("t", 1);
  ProducerOptions options;
  options.batch_bytes = 10'000;
  produce(options, [](Producer& producer, Producer::Topic& topic, fake::Fixture&) {
    return fake::Fixture::append_all(producer, topic, 1000, 100);
  });
  const auto& batches = state.topics["t"].logs[0].batches;
  for (size_t i = 0; i + 1 < batches.size(); ++i) {
    EXPECT_LE(batches[i].size, 10'000u);
    EXPECT_GT(batches[i].size, 9'700u) << "full but for less than a record";
  }
}

TEST_F(ProducerTest, RoundRobinIsEvenAndBundlesPartitions) {
  state.add_topic("t", 8);
  ProducerOptions options;
  options.batch_bytes = 20'000;
  produce(options, [](Producer& producer, Producer::Topic& topic, fake::Fixture&) {
    return fake::Fixture::append_all(producer, topic, 8000, 100);
  });
  expect_all(8000, 100);
  for (const auto& log : state.topics["t"].logs) EXPECT_EQ(log.end, Offset(1000));
  EXPECT_GE(state.largest_request_batches, 4u);
  EXPECT_LT(state.produce_requests, state.batches_stored);
}

TEST_F(ProducerTest, AThousandPartitionsShareTheMemory) {
  state.add_topic("t", 1000);
  produce({}, [](Producer& producer, Producer::Topic& topic, fake::Fixture&) {
    EXPECT_LE(topic.lanes[0]->batch_bytes, 13u << 10);
    EXPECT_GE(topic.lanes[0]->batch_bytes, 8u << 10);
    return fake::Fixture::append_all(producer, topic, 50'000, 100);
  });
  expect_all(50'000, 100);
  EXPECT_GT(state.largest_request_batches, 100u);
}

TEST_F(ProducerTest, TwoLeadersAreServedSideBySide) {
  add_broker(2);
  state.add_topic("t", 4);
  state.topics["t"].logs[1].leader = state.topics["t"].logs[3].leader = 2;
  produce({}, [](Producer& producer, Producer::Topic& topic, fake::Fixture&) {
    return fake::Fixture::append_all(producer, topic, 4000, 100);
  });
  expect_all(4000, 100);
}

TEST_F(ProducerTest, CompressedBatchesHoldTheSame) {
  state.add_topic("t", 2);
  for (record::Codec codec :
       {record::Codec::kGzip, record::Codec::kSnappy, record::Codec::kLz4, record::Codec::kZstd}) {
    state.topics["t"].logs.assign(2, fake::Log());
    ProducerOptions options;
    options.codec = codec;
    produce(options, [](Producer& producer, Producer::Topic& topic, fake::Fixture&) {
      return fake::Fixture::append_all(producer, topic, 3000, 100);
    });
    expect_all(3000, 100);
    for (const auto& log : state.topics["t"].logs)
      for (const auto& batch : log.batches) EXPECT_EQ(batch.view().codec(), codec);
  }
}

TEST_F(ProducerTest, OtherAcks) {
  for (Acks acks : {Acks::kLeader, Acks::kNone}) {
    state.add_topic("t", 3);
    ProducerOptions options;
    options.acks = acks;
    options.batch_bytes = 5'000;
    produce(options, [](Producer& producer, Producer::Topic& topic, fake::Fixture&) {
      return fake::Fixture::append_all(producer, topic, 2000, 100);
    });
    EXPECT_TRUE(world.run_until([&] { return merged().size() == 2000; }));
    expect_all(2000, 100);
    for (const auto& batch : state.topics["t"].logs[0].batches) EXPECT_EQ(batch.view().producer_id(), ProducerId(-1));
  }
}

TEST_F(ProducerTest, KeysHeadersNullsAndTimestampsArriveAsTheyWere) {
  state.add_topic("t", 10);
  produce({}, [](Producer& producer, Producer::Topic& topic, fake::Fixture&) -> aio::Task<void> {
    std::vector<record::HeaderView> headers;
    headers.push_back({"h", as_bytes("1")});
    headers.push_back({"h", std::nullopt});
    ProducerRecord record;
    record.key = as_bytes("wu");
    record.timestamp_ms = 1234;
    record.headers = headers;
    EXPECT_EQ(producer.append(topic, record), Errc::kNone);
    record.key = Bytes();
    record.value = Bytes();
    record.headers = {};
    record.partition = 3;
    EXPECT_EQ(producer.append(topic, record), Errc::kNone);
    record.partition = 10;
    EXPECT_EQ(producer.append(topic, record), Errc::kUnknownTopicOrPartition);
    EXPECT_EQ(producer.refusal().context, "topic 't' has no partition 10; it has 10");
    co_return;
  });
  record::Decompressor decompressor;
  record::RecordView record;
  auto keyed = record::RecordCursor::open(state.topics["t"].logs[0].batches.at(0).view(), decompressor);
  ASSERT_TRUE(*keyed->next(record));
  EXPECT_EQ(as_text(*record.key), "wu");
  EXPECT_FALSE(record.value);
  EXPECT_EQ(record.timestamp_ms, 1234);
  EXPECT_EQ(record.header_count, 2);
  auto fixed = record::RecordCursor::open(state.topics["t"].logs[3].batches.at(0).view(), decompressor);
  ASSERT_TRUE(*fixed->next(record));
  EXPECT_TRUE(record.key && record.key->empty() && record.value && record.value->empty());
}

TEST_F(ProducerTest, LingerLetsABatchGrowAndThenGo) {
  state.add_topic("t", 1);
  ProducerOptions options;
  options.linger_ms = 50;
  produce(options, [](Producer& producer, Producer::Topic& topic, fake::Fixture& test) -> aio::Task<void> {
    co_await fake::Fixture::append_all(producer, topic, 10, 20);
    co_await fake::sleep_for(test.client, 30);
    EXPECT_EQ(test.state.batches_stored, 0);
    co_await fake::Fixture::append_all(producer, topic, 10, 20);
    co_await fake::sleep_for(test.client, 30);
    EXPECT_EQ(test.state.batches_stored, 1);
    EXPECT_EQ(test.state.topics["t"].logs[0].end, Offset(20));
  });
}

TEST_F(ProducerTest, ANudgeSendsAtOnceAndThenWhatGatheredMeanwhile) {
  state.add_topic("t", 1);
  state.answer_delay_ms = [] { return 20; };
  ProducerOptions options;
  options.linger_ms = 60'000;
  produce(options, [](Producer& producer, Producer::Topic& topic, fake::Fixture& test) -> aio::Task<void> {
    co_await fake::Fixture::append_all(producer, topic, 1, 20);
    producer.nudge();
    co_await fake::sleep_for(test.client, 5);
    EXPECT_EQ(test.state.topics["t"].logs[0].end, Offset(1));
    co_await fake::Fixture::append_all(producer, topic, 3, 20);
    producer.nudge();
    co_await fake::sleep_for(test.client, 5);
    EXPECT_EQ(test.state.topics["t"].logs[0].end, Offset(1)) << "one is in flight";
    co_await fake::sleep_for(test.client, 15);
    EXPECT_EQ(test.state.topics["t"].logs[0].end, Offset(4)) << "sent when its answer came";
    EXPECT_EQ(test.state.batches_stored, 2);
  });
}

TEST_F(ProducerTest, MemoryIsBoundedWhenNothingIsAnswered) {
  state.add_topic("t", 1);
  produce({}, [](Producer& producer, Producer::Topic& topic, fake::Fixture& test) -> aio::Task<void> {
    co_await fake::Fixture::append_all(producer, topic, 1, 10);  // waits for the producer's id
    producer.nudge();
    co_await fake::sleep_for(test.client, 50);
    test.state.silent = true;
    std::string value(1000, 'v');
    ProducerRecord record;
    record.value = as_bytes(value);
    size_t taken = 0;
    while (producer.append(topic, record) == Errc::kNone) ++taken;
    EXPECT_GT(taken * 1000, 7u << 20);
    EXPECT_LT(taken * 1000, 10u << 20);
    test.state.silent = false;
    test.brokers[0]->cut_connections();
  });
  EXPECT_EQ(flushed, Errc::kNone);
}

TEST_F(ProducerTest, ALargeRecordGoesAloneAndATooLargeOneIsRefused) {
  state.add_topic("t", 1);
  ProducerOptions options;
  options.batch_bytes = 10'000;
  produce(options, [](Producer& producer, Producer::Topic& topic, fake::Fixture&) -> aio::Task<void> {
    co_await fake::Fixture::append_all(producer, topic, 3, 100);
    std::string large(900'000, 'x');
    ProducerRecord record;
    record.value = as_bytes(large);
    co_await fake::Fixture::append_one(producer, topic, record);
    std::string huge(1'000'000, 'x');
    record.value = as_bytes(huge);
    EXPECT_EQ(producer.append(topic, record), Errc::kMessageTooLarge);
    EXPECT_NE(producer.refusal().context.find("a batch takes 1000000 at most"), std::string::npos);
  });
  ASSERT_EQ(state.topics["t"].logs[0].batches.size(), 2u);
  EXPECT_EQ(state.topics["t"].logs[0].end, Offset(4));
}

TEST_F(ProducerTest, AMissingTopicIsNamed) {
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    Producer producer(cluster, {});
    auto topic = co_await producer.open_topic("nope");
    EXPECT_EQ(topic.code(), Errc::kUnknownTopicOrPartition);
    co_await producer.close(1'000);
  });
}

}  // namespace
}  // namespace sl::client
