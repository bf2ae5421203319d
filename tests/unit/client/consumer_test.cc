// Batches fetched ahead, in order, from where they were asked to where they end.
#include "client/consumer.h"

#include <fmt/core.h>

#include "record/record_cursor.h"
#include "tests/unit/client/client_test.h"

namespace sl::client {
namespace {

class ConsumerTest : public fake::ClientTest {
 public:
  // `count` more records with values 0.. in batches of `per_batch`, timestamps 1000, 1001, ...
  void fill(int32_t partition, int count, int per_batch, const std::string& topic = "t") {
    fake::Log& log = state.topics[topic].logs[static_cast<size_t>(partition)];
    BufferPool pool(0);
    record::BatchBuilder builder(pool, 1 << 20);
    for (int i = 0; i < count; ++i) {
      int64_t number = log.end.value + builder.count();
      std::string value = fmt::format("p{}-{}", partition, number);
      ASSERT_TRUE(builder.append(1000 + number, std::nullopt, as_bytes(value)));
      if (builder.count() < per_batch && i + 1 < count) continue;
      Slice batch = builder.finish({});
      Offset base;
      ASSERT_EQ(state.append(log, record::BatchView(batch.bytes), base), Errc::kNone);
    }
  }

  // Reads until all partitions ended, the time is over, or an error; notes what came.
  static aio::Task<void> read(ConsumerTest* test, std::vector<Assignment> assignments, ConsumerOptions options,
                              int64_t wait_ms) {
    ClusterOptions cluster_options = bootstrap({"b1:9092"});
    cluster_options.request_timeout_ms = 2'000;
    Cluster cluster(test->client, cluster_options);
    Status opened = co_await cluster.open();
    EXPECT_TRUE(opened.ok());
    Consumer consumer(cluster, options);
    test->assigned = co_await consumer.assign(std::move(assignments));
    if (test->subscription) consumer.subscribe(*test->subscription);
    while (test->assigned) {
      Result<Fetched> fetched = co_await consumer.next(wait_ms);
      if (!fetched) {
        test->failure = fetched.error();
        break;
      }
      test->kinds.push_back(fetched->kind);
      if (fetched->kind == Fetched::Kind::kFinished || fetched->kind == Fetched::Kind::kTimedOut) break;
      if (fetched->kind == Fetched::Kind::kSkipped) test->skipped_to = fetched->next;
      test->take(*fetched);
      if (test->on_fetched) test->on_fetched(consumer, *fetched);
      if (test->rest_ms > 0) co_await fake::sleep_for(test->client, std::exchange(test->rest_ms, 0));
    }
    co_await consumer.close();
    co_await cluster.close();
  }
  void take(const Fetched& fetched) {
    if (values.size() <= fetched.index) values.resize(fetched.index + 1);
    record::Decompressor decompressor;
    for (record::BatchView batch : fetched.batches) {
      auto cursor = record::RecordCursor::open(batch, decompressor);
      record::RecordView record;
      while (*cursor->next(record))
        if (record.offset >= fetched.from && record.offset < fetched.until)
          values[fetched.index].emplace_back(as_text(*record.value));
    }
  }
  void consume(std::vector<Assignment> assignments, ConsumerOptions options = {}, int64_t wait_ms = -1) {
    values.clear();
    values.resize(assignments.size());
    kinds.clear();
    failure = {};
    world.run(read(this, std::move(assignments), options, wait_ms));
  }
  static Assignment part(int32_t partition, Position from, std::optional<Position> until = Position::end()) {
    return {"t", Partition(partition), from, until};
  }
  static std::vector<std::string> expected(int32_t partition, int64_t from, int64_t until) {
    std::vector<std::string> all;
    for (int64_t i = from; i < until; ++i) all.push_back(fmt::format("p{}-{}", partition, i));
    return all;
  }

  std::vector<std::vector<std::string>> values;
  std::vector<Fetched::Kind> kinds;
  Status assigned;
  Error failure;
  Offset skipped_to = kNoOffset;
  int64_t rest_ms = 0;  // how long the reader is away after the first answer
  std::function<void(Consumer&, const Fetched&)> on_fetched;
  std::optional<Subscription> subscription;
};

TEST_F(ConsumerTest, ReadsEveryPartitionWhole) {
  state.add_topic("t", 3);
  for (int32_t p = 0; p < 3; ++p) fill(p, 1000 + p, 7);
  ConsumerOptions options;
  options.partition_bytes_max = 2'000;
  options.fetch_bytes_max = 5'000;
  consume({part(0, Position::start()), part(1, Position::start()), part(2, Position::start())}, options);
  for (int32_t p = 0; p < 3; ++p) EXPECT_EQ(values[static_cast<size_t>(p)], expected(p, 0, 1000 + p));
  EXPECT_EQ(kinds.back(), Fetched::Kind::kFinished);
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), Fetched::Kind::kEnded), 3);
}

TEST_F(ConsumerTest, StartsAndEndsWhereItIsTold) {
  state.add_topic("t", 1);
  fill(0, 100, 7);
  auto read = [&](Position from, std::optional<Position> until) {
    consume({part(0, from, until)});
    EXPECT_EQ(failure.code, Errc::kNone);
    return values[0];
  };
  EXPECT_EQ(read(Position::at(Offset(10)), Position::at(Offset(20))), expected(0, 10, 20));
  EXPECT_EQ(read(Position::before_end(5), Position::end()), expected(0, 95, 100));
  EXPECT_EQ(read(Position::before_end(500), Position::end()), expected(0, 0, 100));
  EXPECT_EQ(read(Position::after_start(90), Position::end()), expected(0, 90, 100));
  EXPECT_EQ(read(Position::time(1050), Position::time(1060)), expected(0, 50, 60));
  EXPECT_EQ(read(Position::time(5000), Position::end()), expected(0, 0, 0));
  EXPECT_EQ(read(Position::end(), Position::end()), expected(0, 0, 0));
  EXPECT_EQ(kinds, (std::vector<Fetched::Kind>{Fetched::Kind::kEnded, Fetched::Kind::kFinished}));
}

TEST_F(ConsumerTest, BeginsElsewhereWhereItsOffsetIsNotInTheLog) {
  state.add_topic("t", 1);
  fill(0, 20, 5);
  auto read = [&](int64_t from, Position otherwise) {
    Assignment assignment = part(0, Position::at(Offset(from)));
    assignment.otherwise = otherwise;
    consume({assignment});
    EXPECT_EQ(failure.code, Errc::kNone);
    return values[0];
  };
  EXPECT_EQ(read(5, Position::start()), expected(0, 5, 20));
  EXPECT_EQ(read(20, Position::start()), expected(0, 20, 20));
  EXPECT_EQ(read(21, Position::start()), expected(0, 0, 20));
  EXPECT_EQ(read(21, Position::end()), expected(0, 20, 20));
  EXPECT_EQ(read(500, Position::at(Offset(7))), expected(0, 7, 20));
}

TEST_F(ConsumerTest, FollowsTheEndAndSaysWhenItGotThere) {
  state.add_topic("t", 1);
  fill(0, 10, 5);
  int caught_up = 0;
  on_fetched = [&](Consumer&, const Fetched& fetched) {
    if (fetched.kind != Fetched::Kind::kCaughtUp) return;
    EXPECT_EQ(fetched.high_watermark, Offset(10 + 3 * caught_up));
    if (++caught_up <= 3) fill(0, 3, 3);
  };
  consume({part(0, Position::start(), std::nullopt)}, {}, 700);
  EXPECT_EQ(values[0], expected(0, 0, 19));
  EXPECT_EQ(caught_up, 4);
  EXPECT_EQ(kinds.back(), Fetched::Kind::kTimedOut);
}

TEST_F(ConsumerTest, AnEndTakenAtTheStartDoesNotMove) {
  state.add_topic("t", 1);
  fill(0, 10, 5);
  on_fetched = [&](Consumer&, const Fetched&) { fill(0, 3, 3); };
  consume({part(0, Position::start())});
  EXPECT_EQ(values[0], expected(0, 0, 10));
}

TEST_F(ConsumerTest, MemoryIsBoundedWhileTheReaderIsAway) {
  state.add_topic("t", 1);
  fill(0, 20'000, 50);
  ConsumerOptions options;
  options.partition_bytes_max = 10'000;
  options.fetch_bytes_max = 10'000;
  options.buffered_bytes_max = 20'000;
  int fetches = 0, fetches_at_rest = 0, answers = 0;
  state.fetch_error = [&] {
    ++fetches;
    return int16_t{0};
  };
  rest_ms = 2'000;
  on_fetched = [&](Consumer&, const Fetched&) {
    if (++answers == 2) fetches_at_rest = fetches;
  };
  consume({part(0, Position::start())}, options);
  EXPECT_EQ(values[0], expected(0, 0, 20'000));
  EXPECT_LE(fetches_at_rest, 5) << "the one that was read, those that fill the limit, the one beyond";
  EXPECT_GT(fetches, 10);
}

TEST_F(ConsumerTest, PassingErrorsAndMovedLeadersAreRiddenOut) {
  add_broker(2);
  state.add_topic("t", 2);
  for (int32_t p = 0; p < 2; ++p) fill(p, 2000, 10);
  ConsumerOptions options;
  options.partition_bytes_max = 3'000;
  SeededRandom random(3);
  state.fetch_error = [&] {
    static constexpr int16_t kPassing[] = {6, 74, 75, 78};
    return random.below(4) == 0 ? kPassing[random.below(4)] : int16_t{0};
  };
  int count = 0;
  on_fetched = [&](Consumer&, const Fetched&) {
    if (++count % 20 == 0) state.topics["t"].logs[0].leader = 3 - state.topics["t"].logs[0].leader;
    if (count % 33 == 0) brokers[0]->cut_connections();
  };
  consume({part(0, Position::start()), part(1, Position::start())}, options);
  EXPECT_EQ(failure.code, Errc::kNone) << failure.context;
  for (int32_t p = 0; p < 2; ++p) EXPECT_EQ(values[static_cast<size_t>(p)], expected(p, 0, 2000));
}

TEST_F(ConsumerTest, RecordsThatAreGoneAreSaidToBe) {
  state.add_topic("t", 1);
  fill(0, 100, 10);
  state.topics["t"].logs[0].start = Offset(40);
  consume({part(0, Position::at(Offset(5)))});
  EXPECT_EQ(skipped_to, Offset(40));
  EXPECT_EQ(values[0], expected(0, 40, 100));
  consume({part(0, Position::at(Offset(500)), std::nullopt)});
  EXPECT_EQ(failure.code, Errc::kOffsetOutOfRange);
  EXPECT_EQ(failure.context, "t [0]: offset 500 is behind the end of the log, which is 100");
}

TEST_F(ConsumerTest, ADamagedBatchIsNamedAndNotServed) {
  state.add_topic("t", 1);
  fill(0, 30, 10);
  fake::StoredBatch& second = state.topics["t"].logs[0].batches[1];
  second.bytes.data()[second.size - 3] ^= 1;
  consume({part(0, Position::start())});
  EXPECT_EQ(values[0], expected(0, 0, 0)) << "the answer is dropped whole";
  EXPECT_EQ(failure.code, Errc::kCorruptMessage);
  EXPECT_EQ(failure.context, "t [0]: the batch at offset 10 is damaged");
}

TEST_F(ConsumerTest, ABatchLargerThanTheFetchStillComes) {
  state.add_topic("t", 2);
  for (int32_t p = 0; p < 2; ++p) fill(p, 400, 200);
  ConsumerOptions options;
  options.partition_bytes_max = 100;
  consume({part(0, Position::start()), part(1, Position::start())}, options);
  for (int32_t p = 0; p < 2; ++p) EXPECT_EQ(values[static_cast<size_t>(p)], expected(p, 0, 400));
}

TEST_F(ConsumerTest, PausesSeeksAndStops) {
  state.add_topic("t", 3);
  for (int32_t p = 0; p < 3; ++p) fill(p, 100, 10);
  ConsumerOptions options;
  options.partition_bytes_max = 300;
  options.max_wait_ms = 20;
  bool sought = false;
  on_fetched = [&](Consumer& consumer, const Fetched& fetched) {
    if (fetched.index == 1 && !std::exchange(sought, true)) {
      values[1].clear();
      consumer.seek(1, Offset(90));
      consumer.stop(2);
      values[2].clear();
      consumer.pause(0);
    } else if (fetched.kind == Fetched::Kind::kEnded && fetched.index == 1) {
      consumer.resume(0);
    }
  };
  consume({part(0, Position::start()), part(1, Position::start()), part(2, Position::start())}, options);
  EXPECT_EQ(values[0], expected(0, 0, 100));
  EXPECT_EQ(values[1], expected(1, 90, 100));
  EXPECT_TRUE(values[2].empty());
}

TEST_F(ConsumerTest, WhatDoesNotExist) {
  state.add_topic("t", 1);
  consume({part(4, Position::start())});
  EXPECT_EQ(assigned.code(), Errc::kUnknownTopicOrPartition);
  EXPECT_EQ(assigned.error().context, "topic 't' has no partition 4; it has 1");
  consume({Assignment{"nope", Partition(0), Position::start(), std::nullopt}});
  EXPECT_EQ(assigned.code(), Errc::kUnknownTopicOrPartition);
  EXPECT_EQ(assigned.error().context, "topic 'nope' does not exist");
}

TEST_F(ConsumerTest, APartitionThatComesToBeIsReadFromItsStart) {
  state.add_topic("t", 1);
  fill(0, 10, 5);
  subscription = Subscription{{"t"}, {}};
  ConsumerOptions options;
  options.metadata_max_age_ms = 1'000;
  int64_t grown_ms = -1, added_ms = -1;
  on_fetched = [&](Consumer& consumer, const Fetched& fetched) {
    if (fetched.kind == Fetched::Kind::kCaughtUp && grown_ms < 0) {
      state.topics["t"].logs.resize(2);
      state.topics["t"].logs[1].leader = 1;
      fill(1, 20, 5);
      grown_ms = client.mono_ms();
    }
    if (fetched.kind != Fetched::Kind::kAdded) return;
    added_ms = client.mono_ms();
    EXPECT_EQ(consumer.assignment(fetched.index).partition, Partition(1));
  };
  consume({part(0, Position::start(), std::nullopt)}, options, 2'500);
  EXPECT_EQ(kinds.back(), Fetched::Kind::kTimedOut);
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), Fetched::Kind::kAdded), 1);
  EXPECT_LE(added_ms - grown_ms, 2'100) << "its two questions wait behind a long poll each";
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0], expected(0, 0, 10));
  EXPECT_EQ(values[1], expected(1, 0, 20));
}

TEST_F(ConsumerTest, ATopicThatComesToBeIsReadWhereItIsWanted) {
  state.add_topic("t", 1);
  subscription = Subscription{{}, [](const TopicInfo& topic) { return topic.name.starts_with("t"); }};
  ConsumerOptions options;
  options.metadata_max_age_ms = 1'000;
  std::vector<std::string> added;
  on_fetched = [&](Consumer& consumer, const Fetched& fetched) {
    if (fetched.kind == Fetched::Kind::kCaughtUp && !state.topics.contains("t2")) {
      state.add_topic("t2", 2);
      state.add_topic("u", 1);
      fill(1, 20, 5, "t2");
    }
    if (fetched.kind == Fetched::Kind::kAdded) added.push_back(consumer.assignment(fetched.index).topic);
  };
  consume({part(0, Position::start(), std::nullopt)}, options, 2'500);
  EXPECT_EQ(added, (std::vector<std::string>{"t2", "t2"}));
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[2], expected(1, 0, 20));
}

TEST_F(ConsumerTest, ADeletedTopicIsGoneAfterAGrace) {
  state.add_topic("t", 2);
  fill(0, 10, 5);
  subscription = Subscription{{"t"}, {}};
  int64_t deleted_ms = -1;
  on_fetched = [&](Consumer&, const Fetched& fetched) {
    if (fetched.kind != Fetched::Kind::kCaughtUp || deleted_ms >= 0) return;
    deleted_ms = client.mono_ms();
    state.topics.clear();
  };
  consume({part(0, Position::start(), std::nullopt), part(1, Position::start(), std::nullopt)});
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), Fetched::Kind::kGone), 2);
  EXPECT_EQ(kinds.back(), Fetched::Kind::kFinished);
  EXPECT_GE(client.mono_ms() - deleted_ms, 5'000);
  EXPECT_LE(client.mono_ms() - deleted_ms, 8'000);
}

TEST_F(ConsumerTest, ATopicMadeAnewIsAnotherOne) {
  state.add_topic("t", 1);
  fill(0, 10, 5);
  subscription = Subscription{{"t"}, {}};
  int64_t anew_ms = -1;
  on_fetched = [&](Consumer&, const Fetched& fetched) {
    if (fetched.kind != Fetched::Kind::kCaughtUp || anew_ms >= 0) return;
    anew_ms = client.mono_ms();
    state.add_topic("t", 1);
    state.topics["t"].id.bytes[0] = 99;
    fill(0, 15, 5);
  };
  consume({part(0, Position::start(), std::nullopt)}, {}, 1'500);
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), Fetched::Kind::kGone), 1);
  EXPECT_EQ(kinds.back(), Fetched::Kind::kTimedOut) << failure.context;
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0], expected(0, 0, 10));
  EXPECT_EQ(values[1], expected(0, 0, 15));
}

TEST_F(ConsumerTest, WhatWillComeKeepsItReading) {
  state.add_topic("t", 1);
  subscription = Subscription{{}, [](const TopicInfo& topic) { return topic.name.starts_with("t"); }};
  ConsumerOptions options;
  options.metadata_max_age_ms = 1'000;
  on_fetched = [&](Consumer&, const Fetched& fetched) {
    if (fetched.kind == Fetched::Kind::kCaughtUp && fetched.index == 0) state.topics.clear();
    if (fetched.kind != Fetched::Kind::kGone) return;
    state.add_topic("unwanted", 1);
    state.add_topic("t9", 1);
    fill(0, 5, 5, "t9");
  };
  consume({part(0, Position::start(), std::nullopt)}, options, 10'000);
  EXPECT_EQ(kinds.back(), Fetched::Kind::kTimedOut);
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[1], expected(0, 0, 5));
}

TEST_F(ConsumerTest, ClosingDoesNotWaitForTheLongPoll) {
  state.add_topic("t", 1);
  ConsumerOptions options;
  options.max_wait_ms = 60'000;
  int64_t began = client.mono_ms();
  consume({part(0, Position::start(), std::nullopt)}, options, 50);
  EXPECT_EQ(kinds.back(), Fetched::Kind::kTimedOut);
  EXPECT_LT(client.mono_ms() - began, 100);
}

TEST_F(ConsumerTest, OldVersionsNameTopics) {
  state.versions[1] = {4, 11};
  state.versions[2] = {1, 2};
  state.versions[3] = {0, 4};
  state.add_topic("t", 1);
  fill(0, 100, 10);
  consume({part(0, Position::start())});
  EXPECT_EQ(values[0], expected(0, 0, 100));
}

// What the next answers with records bring, as "0: 10" for the partition and the records of it.
aio::Task<std::string> take_next(Consumer& consumer, int64_t wait_ms) {
  for (;;) {
    auto fetched = co_await consumer.next(wait_ms);
    if (!fetched) co_return fetched.error().context;
    if (fetched->kind == Fetched::Kind::kTimedOut) co_return "nothing";
    if (fetched->kind == Fetched::Kind::kFinished) co_return "finished";
    if (fetched->kind != Fetched::Kind::kRecords) continue;
    int32_t partition = consumer.assignment(fetched->index).partition.value;
    co_return fmt::format("{}: {} to {}", partition, fetched->from.value, fetched->next.value);
  }
}

aio::Task<void> come_and_go(ConsumerTest* test) {
  Cluster cluster(test->client, fake::ClientTest::bootstrap({"b1:9092"}));
  EXPECT_TRUE((co_await cluster.open()).ok());
  ConsumerOptions options;
  options.open_ended = true;
  Consumer consumer(cluster, options);
  std::vector<Assignment> none;
  EXPECT_TRUE((co_await consumer.assign(none)).ok());
  EXPECT_EQ(co_await take_next(consumer, 100), "nothing");
  std::vector<Assignment> first(1, ConsumerTest::part(0, Position::at(Offset(3)), std::nullopt));
  auto indexes = co_await consumer.add(first);
  EXPECT_EQ(co_await take_next(consumer, 100), "0: 3 to 10");
  std::vector<Assignment> second(1, ConsumerTest::part(1, Position::start(), std::nullopt));
  auto more = co_await consumer.add(second);
  EXPECT_EQ(co_await take_next(consumer, 1'000), "1: 0 to 10");

  // What waits of a partition that is removed is never handed out, nor what is still on its way.
  test->fill(0, 5, 5);
  test->fill(1, 5, 5);
  co_await fake::sleep_for(test->client, 600);
  EXPECT_TRUE(consumer.ready());
  std::vector<TopicPartition> gone(1, TopicPartition{"t", Partition(0)});
  consumer.remove(gone);
  EXPECT_EQ(co_await take_next(consumer, 1'000), "1: 10 to 15");
  EXPECT_EQ(co_await take_next(consumer, 1'000), "nothing");

  // It comes back where it is told to, in its old place.
  std::vector<Assignment> back(1, ConsumerTest::part(0, Position::at(Offset(12)), std::nullopt));
  auto again = co_await consumer.add(back);
  EXPECT_EQ(*again, *indexes);
  EXPECT_EQ(consumer.assignment_count(), 2u);
  EXPECT_EQ(co_await take_next(consumer, 1'000), "0: 12 to 15");
  gone.push_back(TopicPartition{"t", Partition(1)});
  consumer.remove(gone);
  EXPECT_EQ(co_await take_next(consumer, 100), "nothing") << "more may come";
  std::vector<Assignment> unknown(1, ConsumerTest::part(9, Position::start(), std::nullopt));
  EXPECT_EQ((co_await consumer.add(unknown)).code(), Errc::kUnknownTopicOrPartition);
  co_await consumer.close();
  co_await cluster.close();
}

TEST_F(ConsumerTest, PartitionsComeAndGoWhileOthersAreRead) {
  state.add_topic("t", 2);
  fill(0, 10, 5);
  fill(1, 10, 5);
  world.run(come_and_go(this));
}

}  // namespace
}  // namespace sl::client
