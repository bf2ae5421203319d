// Finding nodes and topics, and reaching what moves or goes away.
#include "client/cluster.h"

#include "tests/unit/client/client_test.h"

namespace sl::client {
namespace {

class ClusterTest : public fake::ClientTest {};

aio::Task<void> open_only(aio::Runtime& runtime, ClusterOptions options, Status* opened) {
  Cluster cluster(runtime, std::move(options));
  *opened = co_await cluster.open();
  co_await cluster.close();
}

TEST_F(ClusterTest, NothingListeningFailsAtOnceNamingWhatWasTried) {
  Status opened;
  int64_t began = client.mono_ms();
  world.run(open_only(client, bootstrap({"b1:1", "b1:2"}), &opened));
  EXPECT_EQ(opened.code(), Errc::kUnreachable);
  EXPECT_NE(opened.error().context.find("cannot reach any of b1:1, b1:2"), std::string::npos) << opened.error().context;
  EXPECT_LT(client.mono_ms() - began, 20);
  world.run(open_only(client, bootstrap({"b1:1", "b1:9092"}), &opened));
  EXPECT_TRUE(opened.ok());
}

TEST_F(ClusterTest, KnowsNodesAndTopics) {
  add_broker(2);
  state.add_topic("t", 3, 2);
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    EXPECT_EQ(cluster.cluster_id(), "fake");
    EXPECT_EQ(cluster.nodes().size(), 2u);
    EXPECT_EQ(cluster.known("t"), nullptr);
    Result<TopicPtr> topic = co_await cluster.topic("t");
    EXPECT_TRUE(topic.ok());
    EXPECT_EQ((*topic)->partition_count(), 3);
    EXPECT_EQ((*topic)->partitions[2].leader, NodeId(2));
    EXPECT_EQ(cluster.known("t"), *topic);
    Result<TopicPtr> missing = co_await cluster.topic("nope");
    EXPECT_EQ(missing.code(), Errc::kUnknownTopicOrPartition);
    EXPECT_EQ(missing.error().context, "topic 'nope' does not exist");
    auto all = co_await cluster.all_topics();
    EXPECT_EQ(all->size(), 1u);
    Result<ConnectionPtr> second = co_await cluster.connect(NodeId(2));
    EXPECT_TRUE(second.ok());
    EXPECT_EQ((*second)->address().text(), "b2:9092");
    EXPECT_EQ(cluster.connected(NodeId(2)), *second);
    Result<ConnectionPtr> unknown = co_await cluster.connect(NodeId(9));
    EXPECT_EQ(unknown.code(), Errc::kBrokerNotAvailable);
  });
}

aio::Task<void> connect_into(Cluster& cluster, NodeId node, Result<ConnectionPtr>* into) {
  *into = co_await cluster.connect(node);
}
aio::Task<void> refresh_into(Cluster& cluster, Result<TopicPtr>* into) {
  *into = co_await cluster.refresh("t");
}

TEST_F(ClusterTest, ManyWhoAskShareOneConnectionAndOneQuestion) {
  add_broker(2);
  state.add_topic("t", 1);
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    std::vector<Result<ConnectionPtr>> connections(4, Errc::kNone);
    std::vector<Result<TopicPtr>> topics(4, Errc::kNone);
    aio::TaskGroup group;
    for (auto& each : connections) group.spawn(connect_into(cluster, NodeId(2), &each));
    for (auto& each : topics) group.spawn(refresh_into(cluster, &each));
    co_await group.drained();
    for (auto& each : connections) EXPECT_EQ(*each, *connections[0]);
    for (auto& each : topics) EXPECT_EQ(*each, *topics[0]) << "one answer for all";
  });
  EXPECT_EQ(brokers[1]->accepted, 1);
}

TEST_F(ClusterTest, ComesBackAfterABackOff) {
  static fake::FakeBroker* broker;
  broker = brokers[0].get();
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    Result<ConnectionPtr> first = co_await cluster.connect(NodeId(1));
    EXPECT_TRUE(first.ok());
    broker->stop();
    co_await fake::sleep_for(cluster.runtime(), 20);
    EXPECT_EQ(cluster.connected(NodeId(1)), nullptr);
    EXPECT_EQ((*first)->why_closed().code, Errc::kConnectionClosed);
    int64_t began = cluster.runtime().mono_ms();
    for (int attempt = 0; attempt < 4; ++attempt) {
      Result<ConnectionPtr> refused = co_await cluster.connect(NodeId(1));
      EXPECT_EQ(refused.code(), Errc::kUnreachable);
    }
    int64_t waited = cluster.runtime().mono_ms() - began;
    EXPECT_GE(waited, 50 * 8 / 10 + 100 * 8 / 10 + 200 * 8 / 10)
        << "the first at once, then 50, 100, 200 ms less jitter";
    EXPECT_LE(waited, 500);
    broker->start();
    Result<ConnectionPtr> again = co_await cluster.connect(NodeId(1));
    EXPECT_TRUE(again.ok());
    EXPECT_NE(*again, *first);
  });
}

TEST_F(ClusterTest, AnOutageIsToldOnceAndSoIsItsEnd) {
  static fake::FakeBroker* broker;
  static std::vector<std::string> told;
  broker = brokers[0].get();
  told.clear();
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    cluster.on_outage = [](const aio::Address& node, const Error* why) {
      told.push_back(node.text() + (why ? " away" : " back"));
    };
    for (int round = 1; round <= 2; ++round) {
      broker->cut_connections();
      co_await fake::sleep_for(cluster.runtime(), 20);
      Result<ConnectionPtr> anew = co_await cluster.connect(NodeId(1));
      EXPECT_TRUE(anew.ok());
      EXPECT_EQ(told.size(), static_cast<size_t>(2 * (round - 1))) << "a connection that is made anew is no outage";
      broker->stop();
      co_await fake::sleep_for(cluster.runtime(), 20);
      for (int attempt = 0; attempt < 3; ++attempt) {
        Result<ConnectionPtr> refused = co_await cluster.connect(NodeId(1));
        EXPECT_FALSE(refused.ok());
      }
      broker->start();
      Result<ConnectionPtr> back = co_await cluster.connect(NodeId(1));
      EXPECT_TRUE(back.ok());
    }
  });
  EXPECT_EQ(told, (std::vector<std::string>{"b1:9092 away", "b1:9092 back", "b1:9092 away", "b1:9092 back"}));
}

TEST_F(ClusterTest, TheNodeFoundUnderAnAddressIsReachedByIt) {
  // It calls itself by a name that leads nowhere; being the only one, it is the one that was asked.
  state.nodes[1] = aio::Address{"inside.example", 19092, {}};
  state.add_topic("t", 1);
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    Result<ConnectionPtr> connection = co_await cluster.connect(NodeId(1));
    EXPECT_TRUE(connection.ok());
    EXPECT_EQ((*connection)->address().text(), "b1:9092");
  });
  EXPECT_EQ(brokers[0]->accepted, 1) << "the connection it was found by serves";
}

TEST_F(ClusterTest, ANodeThatNamesItselfByItsSocketIsTheOneAsked) {
  aio::Address socket{"", 0, "/run/sl.sock"};
  fake::FakeState local;
  fake::FakeBroker near(client, local, 4, socket);
  local.nodes[4] = aio::Address{"", 0, "/somewhere/else.sock"};
  local.nodes[1] = aio::Address{"b1", 9092, {}};
  with_cluster(
      [](Cluster& cluster) -> aio::Task<void> {
        Result<ConnectionPtr> asked = co_await cluster.connect(NodeId(4));
        EXPECT_TRUE(asked.ok());
        EXPECT_EQ((*asked)->address().text(), "unix:/run/sl.sock");
        Result<ConnectionPtr> other = co_await cluster.connect(NodeId(1));
        EXPECT_TRUE(other.ok());
        EXPECT_EQ((*other)->address().text(), "b1:9092");
      },
      bootstrap({"unix:/run/sl.sock"}));
  near.stop();
  EXPECT_TRUE(world.run_until([&] { return near.group().live() == 0; }));
}

TEST_F(ClusterTest, ClosingEndsWhoWaitsForANodeThatDoesNotAnswer) {
  state.silent = true;
  Status opened;
  int64_t began = client.mono_ms();
  ClusterOptions options = bootstrap({"b1:9092"});
  options.connect_timeout_ms = 300;
  world.run(open_only(client, options, &opened));
  EXPECT_EQ(opened.code(), Errc::kRequestTimedOut);
  EXPECT_NEAR(static_cast<double>(client.mono_ms() - began), 300, 20);
}

}  // namespace
}  // namespace sl::client
