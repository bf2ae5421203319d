// The world of the client's tests: a few fake brokers on simulated machines, and a client machine.
#pragma once
#include <gtest/gtest.h>

#include "aio/sim_network.h"
#include "aio/sim_runtime.h"
#include "client/cluster.h"
#include "tests/unit/client/fake_broker.h"

namespace sl::client::fake {

class ClientTest : public testing::Test {
 public:
  ClientTest() { add_broker(1); }
  ~ClientTest() override {
    for (auto& broker : brokers) broker->stop();
    EXPECT_TRUE(world.run_until([&] {
      return std::all_of(brokers.begin(), brokers.end(), [](auto& broker) { return broker->group().live() == 0; });
    }));
  }

  static aio::SimOptions quick() {
    aio::SimOptions options;
    options.network_latency_max_ns = 200'000;
    return options;
  }
  FakeBroker& add_broker(int32_t id) {
    std::string name = "b" + std::to_string(id);
    aio::SimRuntime& process = world.add_node(name).start_process();
    brokers.push_back(std::make_unique<FakeBroker>(process, state, id, aio::Address{name, 9092, {}}));
    return *brokers.back();
  }
  static ClusterOptions bootstrap(std::vector<std::string> addresses) {
    ClusterOptions options;
    for (const std::string& address : addresses) options.bootstrap.push_back(*aio::Address::parse(address));
    options.request_timeout_ms = 5'000;
    return options;
  }
  // Opens a cluster, runs `body` on it, closes it. The body must not capture: it is a coroutine.
  template <class Body>
  void with_cluster(Body body, ClusterOptions options = bootstrap({"b1:9092"})) {
    world.run(session(this, body, std::move(options)));
  }
  template <class Body>
  static aio::Task<void> session(ClientTest* test, Body body, ClusterOptions options) {
    Cluster cluster(test->client, options);
    Status opened = co_await cluster.open();
    EXPECT_TRUE(opened.ok()) << (opened ? "" : opened.error().context);
    if (opened) co_await body(cluster);
    co_await cluster.close();
  }

  aio::SimWorld world{11, quick()};
  aio::SimRuntime& client = world.add_node("client").start_process();
  FakeState state;
  std::vector<std::unique_ptr<FakeBroker>> brokers;
};

inline aio::Task<void> sleep_for(aio::Runtime& runtime, int64_t ms) {
  aio::Timer timer(runtime.timers());
  co_await timer.wait_ms(ms);
}

}  // namespace sl::client::fake
