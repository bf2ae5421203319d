// Administration: every item has its own result, in the order of the question.
#include "client/admin.h"

#include "tests/unit/client/client_test.h"

namespace sl::client {
namespace {

class AdminTest : public fake::ClientTest {};

TEST_F(AdminTest, CreatesAndRemovesTopicByTopic) {
  state.add_topic("old", 1);
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    Admin admin(cluster, 10'000);
    std::vector<NewTopic> topics(3);
    topics[0].name = "a";
    topics[0].partitions = 4;
    topics[1].name = "old";
    topics[2].name = "c";
    auto created = co_await admin.create(topics);
    EXPECT_TRUE(created.ok());
    EXPECT_EQ(created->size(), 3u);
    EXPECT_EQ((*created)[0].error.code, Errc::kNone);
    EXPECT_EQ((*created)[0].partitions, 4);
    EXPECT_EQ((*created)[1].error.code, Errc::kTopicAlreadyExists);
    EXPECT_EQ((*created)[1].error.context, "Topic 'old' already exists.");
    EXPECT_EQ((*created)[2].partitions, 1);
    std::vector<std::string> names;
    names.push_back("nope");
    names.push_back("a");
    auto removed = co_await admin.remove(names);
    EXPECT_EQ((*removed)[0].error.code, Errc::kUnknownTopicOrPartition);
    EXPECT_EQ((*removed)[1].error.code, Errc::kNone);
    auto left = co_await admin.topics();
    EXPECT_EQ(left->size(), 2u);
  });
}

// Kafka answers before its nodes know: whoever then produces to the topic, or lists what is left, must not notice.
TEST_F(AdminTest, ReturnsWhenTheClusterShowsTheChange) {
  static fake::FakeState* shared;
  shared = &state;
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    Admin admin(cluster, 10'000);
    std::vector<NewTopic> topics(2);
    topics[0].name = "a";
    topics[1].name = "b";
    shared->late_answers = 4;
    auto created = co_await admin.create(topics);
    EXPECT_TRUE(created.ok());
    EXPECT_EQ(shared->late_answers, 0);
    EXPECT_NE(cluster.known("a"), nullptr);
    EXPECT_NE(cluster.known("b"), nullptr);
    std::vector<std::string> names(1, "a");
    shared->late_answers = 3;
    auto removed = co_await admin.remove(names);
    EXPECT_TRUE(removed.ok());
    EXPECT_EQ(shared->late_answers, 0);
    EXPECT_EQ(cluster.known("a"), nullptr);
    // A node that never hears of it does not hold up the command for ever.
    shared->late_answers = 1'000'000;
    names[0] = "b";
    removed = co_await admin.remove(names);
    EXPECT_TRUE(removed.ok());
    EXPECT_EQ((*removed)[0].error.code, Errc::kNone);
  });
}

TEST_F(AdminTest, OffsetsOfManyPartitionsAcrossLeaders) {
  add_broker(2);
  state.add_topic("t", 4);
  for (size_t p = 0; p < 4; ++p) {
    fake::Log& log = state.topics["t"].logs[p];
    log.start = Offset(static_cast<int64_t>(p));
    log.end = Offset(100 + static_cast<int64_t>(p));
    log.leader = p % 2 == 0 ? 1 : 2;
  }
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    Admin admin(cluster, 2'000);
    std::vector<OffsetQuery> queries;
    for (int32_t p = 0; p < 5; ++p) {
      queries.push_back({"t", Partition(p), Position::start()});
      queries.push_back({"t", Partition(p), Position::end()});
      queries.push_back({"t", Partition(p), Position::before_end(10)});
    }
    queries.push_back({"nope", Partition(0), Position::end()});
    auto answers = co_await admin.offsets(queries);
    EXPECT_TRUE(answers.ok());
    for (int32_t p = 0; p < 4; ++p) {
      auto at = static_cast<size_t>(3 * p);
      EXPECT_EQ((*answers)[at].offset, Offset(p));
      EXPECT_EQ((*answers)[at + 1].offset, Offset(100 + p));
      EXPECT_EQ((*answers)[at + 2].offset, Offset(90 + p));
    }
    EXPECT_EQ((*answers)[12].error.code, Errc::kUnknownTopicOrPartition);
    EXPECT_EQ((*answers)[15].error.context, "topic 'nope' does not exist");
  });
}

// Sums with offsets that no log has would overflow.
TEST_F(AdminTest, OffsetsThatCannotBeAreTheServersError) {
  state.add_topic("t", 1);
  state.topics["t"].logs[0].start = Offset(INT64_MIN + 5);
  state.topics["t"].logs[0].end = Offset(INT64_MAX - 5);
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    Admin admin(cluster, 2'000);
    std::vector<OffsetQuery> queries;
    queries.push_back({"t", Partition(0), Position::before_end(10)});
    queries.push_back({"t", Partition(0), Position::start()});
    auto answers = co_await admin.offsets(queries);
    EXPECT_TRUE(answers.ok());
    EXPECT_EQ((*answers)[0].error.code, Errc::kProtocolMismatch);
    EXPECT_EQ((*answers)[1].error.code, Errc::kProtocolMismatch);
  });
}

TEST_F(AdminTest, OffsetsFollowALeaderThatMoved) {
  add_broker(2);
  state.add_topic("t", 1);
  state.topics["t"].logs[0].end = Offset(7);
  static fake::FakeState* shared;
  shared = &state;
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    Result<TopicPtr> known = co_await cluster.topic("t");
    EXPECT_TRUE(known.ok());
    shared->topics["t"].logs[0].leader = 2;
    std::vector<OffsetQuery> queries;
    queries.push_back({"t", Partition(0), Position::end()});
    auto answers = co_await list_offsets(cluster, queries, 2'000);
    EXPECT_EQ((*answers)[0].offset, Offset(7));
  });
}

TEST_F(AdminTest, TrimsAtEachLeader) {
  add_broker(2);
  state.add_topic("t", 2);
  state.topics["t"].logs[1].leader = 2;
  for (fake::Log& log : state.topics["t"].logs) log.end = Offset(50);
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    Admin admin(cluster, 2'000);
    std::vector<TrimRequest> requests;
    requests.push_back({"t", Partition(1), kNoOffset});
    requests.push_back({"t", Partition(0), Offset(20)});
    requests.push_back({"t", Partition(0), Offset(20)});
    requests.push_back({"t", Partition(9), Offset(20)});
    auto trimmed = co_await admin.trim(requests);
    EXPECT_TRUE(trimmed.ok());
    EXPECT_EQ((*trimmed)[0].log_start, Offset(50));
    EXPECT_EQ((*trimmed)[1].log_start, Offset(20));
    EXPECT_EQ((*trimmed)[3].error.code, Errc::kUnknownTopicOrPartition);
  });
  EXPECT_EQ(state.topics["t"].logs[0].start, Offset(20));
}

TEST_F(AdminTest, LogDirsOfEveryNode) {
  add_broker(2);
  state.add_topic("t", 2);
  state.topics["t"].logs[1].leader = 2;
  state.topics["t"].logs[1].end = Offset(9);
  state.add_topic("u", 1);
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    Admin admin(cluster, 2'000);
    std::vector<std::string> names(1, "t");
    auto dirs = co_await admin.log_dirs(names);
    EXPECT_TRUE(dirs.ok());
    EXPECT_TRUE(dirs->errors.empty());
    EXPECT_EQ(dirs->replicas.size(), 2u);
    EXPECT_EQ(dirs->replicas[1].node, NodeId(2));
    EXPECT_EQ(dirs->replicas[1].records, 9);
    auto all = co_await admin.log_dirs();
    EXPECT_EQ(all->replicas.size(), 3u);
  });
}

TEST_F(AdminTest, ANodeThatDoesNotKnowTheRequestSaysSo) {
  state.versions[44] = {0, -1};
  with_cluster([](Cluster& cluster) -> aio::Task<void> {
    Admin admin(cluster, 2'000);
    std::vector<std::string> names(1, "t");
    std::vector<ConfigChange> changes(1);
    auto altered = co_await admin.alter(ResourceType::kTopic, names, changes);
    EXPECT_EQ(altered.code(), Errc::kUnsupportedVersion);
    EXPECT_EQ(altered.error().context, "b1:9092 does not offer IncrementalAlterConfigs");
  });
}

}  // namespace
}  // namespace sl::client
