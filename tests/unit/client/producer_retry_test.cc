// The producer when things go wrong: lost connections, moved leaders, refused batches, silence. What must hold: nothing
// reported as stored is missing, nothing is stored twice, order within a partition stays.
#include <set>

#include "tests/unit/client/producer_fixture.h"

namespace sl::client {
namespace {

class ProducerRetryTest : public fake::ProducerFixture {
 public:
  ProducerOptions small_batches() {
    ProducerOptions options;
    options.batch_bytes = 8 << 10;
    options.linger_ms = 1;
    return options;
  }
};

aio::Task<void> append_5000(Producer& producer, Producer::Topic& topic, fake::Fixture&) {
  return fake::Fixture::append_all(producer, topic, 5000, 100);
}

TEST_F(ProducerRetryTest, LostConnectionsStoreNothingTwice) {
  state.add_topic("t", 3);
  int produced = 0;
  state.cut_before_answer = [&] { return ++produced % 4 == 0; };
  produce(small_batches(), append_5000);
  EXPECT_EQ(flushed, Errc::kNone);
  expect_all(5000, 100);
  EXPECT_EQ(stored, 5000);
  EXPECT_GT(state.duplicates, 0) << "batches were sent again, and recognised";
}

TEST_F(ProducerRetryTest, PassingErrorsKeepTheOrder) {
  state.add_topic("t", 3);
  SeededRandom random(4);
  state.refuse = [&](const std::string&, int32_t, record::BatchView) {
    static constexpr int16_t kPassing[] = {6, 7, 19, 56};
    return random.below(5) == 0 ? kPassing[random.below(4)] : int16_t{0};
  };
  produce(small_batches(), append_5000);
  EXPECT_EQ(flushed, Errc::kNone);
  expect_all(5000, 100);
}

TEST_F(ProducerRetryTest, FollowsALeaderThatMoves) {
  add_broker(2);
  state.add_topic("t", 2);
  int produced = 0;
  state.answer_delay_ms = [&] {
    if (++produced == 10)
      for (fake::Log& log : state.topics["t"].logs) log.leader = 2;
    if (produced == 40) state.topics["t"].logs[0].leader = 1;
    return 0;
  };
  produce(small_batches(), append_5000);
  EXPECT_EQ(flushed, Errc::kNone);
  expect_all(5000, 100);
  EXPECT_GT(produced, 40);
}

TEST_F(ProducerRetryTest, ABatchRefusedForGoodFailsAloneAndIsNamed) {
  state.add_topic("t", 1);
  int seen = 0;
  state.refuse = [&](const std::string&, int32_t, record::BatchView) { return ++seen == 6 ? int16_t{87} : int16_t{0}; };
  produce(small_batches(), append_5000);
  EXPECT_EQ(flushed, Errc::kInvalidRecord);
  EXPECT_GT(failed, 10);
  EXPECT_LT(failed, 100);
  EXPECT_EQ(stored + failed, 5000);
  auto refused = std::find_if(outcomes.begin(), outcomes.end(), [](auto& each) { return each.code != Errc::kNone; });
  ASSERT_NE(refused, outcomes.end());
  EXPECT_EQ(refused->sentence, "t [0]: a record is not acceptable");
  std::vector<std::string> all = merged();
  EXPECT_EQ(all.size(), static_cast<size_t>(stored));
  std::set<std::string> there(all.begin(), all.end());
  uint64_t first = refused->first_input - 1, end = first + static_cast<uint64_t>(refused->count);
  for (uint64_t i = first; i < end; ++i) EXPECT_FALSE(there.contains(fmt::format("{:0100}", i)));
}

TEST_F(ProducerRetryTest, NoAnswerLiesWhateverHappens) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    state.add_topic("t", 4);
    SeededRandom random(seed);
    state.cut_before_answer = [&] { return random.below(12) == 0; };
    state.answer_delay_ms = [&] { return static_cast<int64_t>(random.below(3)); };
    state.refuse = [&](const std::string&, int32_t, record::BatchView) {
      static constexpr int16_t kErrors[] = {6, 7, 87, 32, 19, 45};
      return random.below(15) == 0 ? kErrors[random.below(6)] : int16_t{0};
    };
    produce(small_batches(), append_5000);
    ASSERT_EQ(stored + failed, 5000) << "seed " << seed;
    std::vector<std::string> all = merged();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    ASSERT_GE(static_cast<int64_t>(all.size()), stored) << "seed " << seed;
    // Each batch reported as stored lies where the report says, whole.
    for (const fake::Outcome& outcome : outcomes) {
      if (outcome.code != Errc::kNone || outcome.base_offset == kNoOffset) continue;
      const fake::Log& log = state.topics["t"].logs[static_cast<size_t>(outcome.partition.value)];
      bool found = std::any_of(log.batches.begin(), log.batches.end(), [&](const fake::StoredBatch& batch) {
        return batch.base == outcome.base_offset && batch.view().record_count() == outcome.count;
      });
      ASSERT_TRUE(found) << "seed " << seed;
    }
  }
}

TEST_F(ProducerRetryTest, BatchesAreCutSmallerWhereTheTopicAsksForIt) {
  state.add_topic("t", 2);
  state.batch_bytes_max = 3'000;
  ProducerOptions options;
  options.batch_bytes = 64 << 10;
  produce(options, append_5000);
  EXPECT_EQ(flushed, Errc::kNone);
  expect_all(5000, 100);
  for (const auto& log : state.topics["t"].logs)
    for (const auto& batch : log.batches) EXPECT_LE(batch.size, 3'000u);
  EXPECT_EQ(stored, 5000);
}

TEST_F(ProducerRetryTest, ARecordThatTheTopicRefusesForItsSizeFailsAlone) {
  state.add_topic("t", 1);
  state.batch_bytes_max = 3'000;
  produce(small_batches(), [](Producer& producer, Producer::Topic& topic, fake::Fixture&) -> aio::Task<void> {
    co_await fake::Fixture::append_all(producer, topic, 100, 50);
    std::string large(4'000, 'z');
    ProducerRecord record;
    record.value = as_bytes(large);
    record.input = 101;
    co_await fake::Fixture::append_one(producer, topic, record);
  });
  EXPECT_EQ(flushed, Errc::kMessageTooLarge);
  EXPECT_EQ(stored, 100);
  EXPECT_EQ(failed, 1);
}

TEST_F(ProducerRetryTest, SilenceEndsWithTheDeliveryTimeout) {
  state.add_topic("t", 2);
  request_timeout_ms = 1'000;
  ProducerOptions options;
  options.delivery_timeout_ms = 4'000;
  int64_t began = client.mono_ms();
  produce(options, [](Producer& producer, Producer::Topic& topic, fake::Fixture& test) -> aio::Task<void> {
    co_await fake::sleep_for(test.client, 50);
    test.state.silent = true;
    co_await fake::Fixture::append_all(producer, topic, 10, 100);
  });
  int64_t took = client.mono_ms() - began;
  EXPECT_EQ(flushed, Errc::kRequestTimedOut);
  EXPECT_EQ(failed, 10);
  EXPECT_GE(took, 4'000);
  EXPECT_LT(took, 12'000);
  EXPECT_NE(outcomes.at(0).sentence.find("not stored within 4000 ms"), std::string::npos) << outcomes[0].sentence;
}

// An answer that is waited for longer than a record may take would keep the failure from being told.
TEST_F(ProducerRetryTest, ADeliveryTimeoutBelowThatOfRequestsIsKept) {
  state.add_topic("t", 2);
  request_timeout_ms = 10'000;
  ProducerOptions options;
  options.delivery_timeout_ms = 1'000;
  int64_t began = client.mono_ms();
  produce(options, [](Producer& producer, Producer::Topic& topic, fake::Fixture& test) -> aio::Task<void> {
    co_await fake::sleep_for(test.client, 50);
    test.state.silent = true;
    co_await fake::Fixture::append_all(producer, topic, 10, 100);
  });
  int64_t took = client.mono_ms() - began;
  EXPECT_EQ(failed, 10);
  EXPECT_GE(took, 1'000);
  EXPECT_LT(took, 3'500);
  EXPECT_NE(outcomes.at(0).sentence.find("not stored within 1000 ms"), std::string::npos) << outcomes[0].sentence;
  EXPECT_EQ(outcomes[0].sentence.find("12000"), std::string::npos) << outcomes[0].sentence;
}

TEST_F(ProducerRetryTest, AnOutageIsRiddenOut) {
  state.add_topic("t", 2);
  produce(small_batches(), [](Producer& producer, Producer::Topic& topic, fake::Fixture& test) -> aio::Task<void> {
    co_await fake::Fixture::append_all(producer, topic, 1000, 100);
    test.brokers[0]->stop();
    co_await fake::sleep_for(test.client, 3'000);
    test.brokers[0]->start();
  });
  EXPECT_EQ(flushed, Errc::kNone);
  expect_all(1000, 100);
}

TEST_F(ProducerRetryTest, ADeletedTopicFailsAfterAGraceNotAfterTwoMinutes) {
  state.add_topic("t", 2);
  int64_t began = client.mono_ms();
  produce(small_batches(), [](Producer& producer, Producer::Topic& topic, fake::Fixture& test) -> aio::Task<void> {
    co_await fake::Fixture::append_all(producer, topic, 100, 100);
    Status stored_first = co_await producer.flush();
    EXPECT_TRUE(stored_first.ok());
    test.state.topics.erase("t");
    co_await fake::Fixture::append_all(producer, topic, 100, 100);
  });
  EXPECT_EQ(flushed, Errc::kUnknownTopicOrPartition);
  EXPECT_EQ(failed, 100);
  EXPECT_LT(client.mono_ms() - began, 8'000);
  EXPECT_NE(outcomes.back().sentence.find("topic 't' does not exist"), std::string::npos);
}

TEST_F(ProducerRetryTest, ClosingWaitsNoLongerThanItWasTold) {
  state.add_topic("t", 2);
  int64_t took = 0;
  static int64_t* took_ms;
  took_ms = &took;
  produce(small_batches(), [](Producer& producer, Producer::Topic& topic, fake::Fixture& test) -> aio::Task<void> {
    co_await fake::sleep_for(test.client, 50);
    test.state.silent = true;
    co_await fake::Fixture::append_all(producer, topic, 500, 100);
    int64_t began = test.client.mono_ms();
    co_await producer.close(700);
    *took_ms = test.client.mono_ms() - began;
  });
  EXPECT_GE(took, 700);
  EXPECT_LT(took, 800);
  EXPECT_EQ(failed, 500);
  for (const fake::Outcome& outcome : outcomes) EXPECT_NE(outcome.code, Errc::kNone);
}

TEST_F(ProducerRetryTest, WithoutProducerIdsOneBatchAtATimeKeepsTheOrder) {
  state.versions[22] = {0, -1};  // InitProducerId is not offered
  state.add_topic("t", 2);
  SeededRandom random(4);
  state.refuse = [&](const std::string&, int32_t, record::BatchView) {
    return random.below(5) == 0 ? int16_t{6} : int16_t{0};
  };
  produce(small_batches(), append_5000);
  EXPECT_EQ(flushed, Errc::kNone);
  expect_all(5000, 100);
  EXPECT_EQ(state.topics["t"].logs[0].batches[0].view().producer_id(), ProducerId(-1));
}

TEST_F(ProducerRetryTest, OldVersionsNameTopics) {
  state.versions[0] = {3, 7};
  state.versions[3] = {0, 4};
  state.add_topic("t", 3);
  produce(small_batches(), append_5000);
  expect_all(5000, 100);
}

}  // namespace
}  // namespace sl::client
