// queued.max.request.bytes: the requests of all connections together hold so much memory and no more; small ones are
// never held up by it, large ones only for a time, whatever others do.
#include <gtest/gtest.h>

#include "record/batch_builder.h"
#include "tests/support/raw_peer.h"

namespace sl::server {
namespace {

using support::RawPeer;
using support::SimBroker;

constexpr size_t kBudget = 32 << 20;

SimBroker::Options small_budget() {
  SimBroker::Options options;
  options.settings["queued.max.request.bytes"] = std::to_string(kBudget);
  return options;
}

// A whole request of about so many bytes; over a megabyte it is refused, but it is answered.
std::string produce_of(size_t bytes, int32_t correlation_id = 1) {
  BufferPool pool(0);
  record::BatchBuilder builder(pool, 16 << 20, 1 << 10);
  EXPECT_TRUE(builder.append(1'700'000'000'000, std::nullopt, as_bytes(std::string(bytes, 'v'))));
  wire::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 1000;
  auto& asked = request.topic_data.emplace_back();
  asked.name = "t";
  asked.partition_data.emplace_back().records = wire::Records(builder.finish({}));
  return wire::encode_request(correlation_id, "raw", request, 8).joined();
}

class RequestMemory : public testing::Test {
 protected:
  RequestMemory() { broker_.create_topic("t", 1); }
  Permits& memory() { return broker_.broker().request_memory(); }
  // Peers that each send most of a frame of 8 MiB and then nothing: four of them use all there is.
  void add_stallers(int count) {
    std::string most = produce_of(8 << 20).substr(0, 7 << 20);
    for (int i = 0; i < count; ++i) stallers_.emplace_back(broker_).send(most);
    broker_.world().run_for_ms(1000);
  }
  SimBroker broker_{small_budget()};
  std::deque<RawPeer> stallers_;
};

TEST_F(RequestMemory, PartsOfFramesHoldNoMoreThanThereIs) {
  add_stallers(10);
  int read = 0;
  for (auto& peer : stallers_) read += peer.unsent() == 0;
  EXPECT_EQ(read, 3) << "a frame is a little over 8 MiB";
  EXPECT_TRUE(memory().has_waiters());
  EXPECT_LT(memory().free(), size_t{9} << 20);
}

TEST_F(RequestMemory, SmallRequestsAreNeverHeldUp) {
  add_stallers(5);
  RawPeer small(broker_);
  for (int32_t i = 1; i <= 20; ++i) {
    small.send(produce_of(60'000, i));
    ASSERT_TRUE(small.wait_frames(static_cast<size_t>(i), 200)) << i;
  }
  ASSERT_TRUE(small.call(wire::MetadataRequest(), 12));
  RawPeer large(broker_);
  large.send(produce_of(70'000));
  EXPECT_FALSE(large.wait_frames(1, 500)) << "a larger one is";
}

// Those who hold the memory send a byte now and then, which is no silence; still the others get it.
TEST_F(RequestMemory, SlowFramesStarveNobody) {
  add_stallers(9);
  RawPeer honest(broker_);
  honest.send(produce_of(8 << 20));
  int64_t before = broker_.world().now_ns();
  while (honest.frames().empty() && !honest.hung_up() && broker_.world().now_ns() - before < 120'000'000'000) {
    for (auto& peer : stallers_)
      if (!peer.hung_up() && peer.unsent() == 0) peer.send("x");
    broker_.world().run_for_ms(1000);
  }
  EXPECT_EQ(honest.frames().size(), 1U);
  EXPECT_LT(broker_.world().now_ns() - before, 60'000'000'000) << "three at a time, 10 to 15 s each";
  EXPECT_NE(broker_.log().find("others wait for the memory"), std::string::npos);
}

// Without anybody who waits for it, a slow frame has its time.
TEST_F(RequestMemory, ASlowFrameThatHindersNobodyIsServed) {
  RawPeer peer(broker_);
  std::string frame = produce_of(8 << 20);
  size_t step = frame.size() / 10;
  for (size_t at = 0; at < frame.size(); at += step) {
    peer.send(frame.substr(at, step));
    broker_.world().run_for_ms(20'000);
    ASSERT_FALSE(peer.hung_up()) << at;
  }
  EXPECT_TRUE(peer.wait_frames(1, 1000));
  EXPECT_TRUE(memory().idle());
}

// Many send as much as they may at once, each more than one frame: nobody waits for who waits.
TEST_F(RequestMemory, AllWhoWaitAreServedInTheEnd) {
  std::deque<RawPeer> peers;
  std::string frame = produce_of(15 << 20), medium = produce_of(200 << 10);
  for (int i = 0; i < 12; ++i) {
    RawPeer& peer = peers.emplace_back(broker_);
    for (int k = 0; k < 2; ++k) {
      peer.send(frame);
      peer.send(medium);
    }
  }
  for (auto& peer : peers) ASSERT_TRUE(peer.wait_frames(4));
  EXPECT_TRUE(memory().idle());
}

TEST_F(RequestMemory, WhoLeavesWhileWaitingIsForgotten) {
  add_stallers(4);
  {
    RawPeer waiting(broker_);
    waiting.send(produce_of(8 << 20));
    broker_.world().run_for_ms(100);
  }
  stallers_.clear();
  broker_.world().run_for_ms(2000);
  EXPECT_EQ(broker_.acceptor().sessions(), 0U);
  EXPECT_TRUE(memory().idle());
}

TEST_F(RequestMemory, AStopEndsTheWait) {
  add_stallers(12);
  broker_.stop_accepting();
  for (auto& peer : stallers_) EXPECT_TRUE(peer.wait_hang_up(1000));
  EXPECT_EQ(broker_.acceptor().sessions(), 0U);
  EXPECT_TRUE(memory().idle());
}

}  // namespace
}  // namespace sl::server
