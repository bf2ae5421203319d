// A producer on topic "t" of the fake cluster, and what its tests look at.
#pragma once
#include <fmt/core.h>

#include "client/producer.h"
#include "tests/unit/client/client_test.h"

namespace sl::client::fake {

// A delivery, kept.
struct Outcome {
  Partition partition;
  Offset base_offset;
  int32_t count;
  uint64_t first_input;
  Errc code;
  std::string sentence;
};

class ProducerFixture : public ClientTest {
 public:
  // Opens a producer on topic "t" and runs the body; a flush and a clean close follow.
  template <class Body>
  void produce(ProducerOptions options, Body body) {
    world.run(production(this, options, body));
  }
  template <class Body>
  static aio::Task<void> production(ProducerFixture* test, ProducerOptions options, Body body) {
    test->outcomes.clear();
    test->stored = test->failed = 0;
    ClusterOptions cluster_options = bootstrap({"b1:9092"});
    cluster_options.request_timeout_ms = test->request_timeout_ms;
    Cluster cluster(test->client, cluster_options);
    Status opened = co_await cluster.open();
    EXPECT_TRUE(opened.ok());
    Producer producer(cluster, options);
    producer.on_delivery = [test](const Delivery& delivery) { test->note(delivery); };
    auto topic = co_await producer.open_topic("t");
    EXPECT_TRUE(topic.ok());
    co_await body(producer, **topic, *test);
    Status flushed = co_await producer.flush();
    test->flushed = flushed.code();
    EXPECT_TRUE(producer.idle());
    EXPECT_EQ(producer.records_stored(), static_cast<uint64_t>(test->stored));
    EXPECT_EQ(producer.records_failed(), static_cast<uint64_t>(test->failed));
    co_await producer.close(5'000);
    co_await cluster.close();
  }
  void note(const Delivery& delivery) {
    outcomes.push_back({delivery.partition, delivery.base_offset, delivery.count, delivery.first_input,
                        delivery.error ? delivery.error->code : Errc::kNone,
                        delivery.error ? delivery.error->context : ""});
    (delivery.error ? failed : stored) += delivery.count;
  }
  static aio::Task<void> append_one(Producer& producer, Producer::Topic& topic, ProducerRecord record) {
    Errc code;
    while ((code = producer.append(topic, record)) == Errc::kWouldBlock) co_await producer.wait_room();
    EXPECT_EQ(code, Errc::kNone);
  }
  // Records 0 to count-1 as padded decimal values, inputs from 1.
  static aio::Task<void> append_all(Producer& producer, Producer::Topic& topic, int count, size_t value_bytes) {
    for (int i = 0; i < count; ++i) {
      std::string value = fmt::format("{:0{}}", i, value_bytes);
      ProducerRecord record;
      record.value = as_bytes(value);
      record.input = static_cast<uint64_t>(i) + 1;
      co_await append_one(producer, topic, record);
    }
  }
  // Every value of "t", sorted; checks the order within each partition, which also rules out doubles there.
  std::vector<std::string> merged() {
    std::vector<std::string> all;
    for (size_t p = 0; p < state.topics["t"].logs.size(); ++p) {
      std::vector<std::string> values = state.values("t", static_cast<int32_t>(p));
      for (size_t i = 1; i < values.size(); ++i) {
        EXPECT_LT(values[i - 1], values[i]) << "order within partition " << p;
        if (testing::Test::HasFailure()) break;
      }
      all.insert(all.end(), values.begin(), values.end());
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  void expect_all(int count, size_t value_bytes) {
    std::vector<std::string> all = merged();
    ASSERT_EQ(all.size(), static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) ASSERT_EQ(all[static_cast<size_t>(i)], fmt::format("{:0{}}", i, value_bytes));
  }

  int64_t request_timeout_ms = 5'000;
  std::vector<Outcome> outcomes;
  int64_t stored = 0;
  int64_t failed = 0;
  Errc flushed = Errc::kNone;
};

using Fixture = ProducerFixture;

}  // namespace sl::client::fake
