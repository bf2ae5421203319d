// Topics made, widened and removed: what Kafka answers, case by case.
#include "fixtures.h"

namespace sl::cluster::testing {
namespace {

TEST_F(ControllerFixture, ANewTopicIsAnsweredWhole) {
  auto topic = wanted("orders", 3);
  topic.configs.push_back({"retention.ms", "1000"});
  auto made = create_one(topic);
  EXPECT_EQ(made.error_code, 0);
  EXPECT_EQ(made.num_partitions, 3);
  EXPECT_EQ(made.replication_factor, 1);
  ASSERT_TRUE(made.configs);
  auto at = std::find_if(made.configs->begin(), made.configs->end(), [](auto& c) { return c.name == "retention.ms"; });
  ASSERT_NE(at, made.configs->end());
  EXPECT_EQ(at->value, "1000");
  EXPECT_EQ(at->config_source, 1);
  const TopicState* known = image.find("orders");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->id, made.topic_id);
  ASSERT_EQ(known->partitions.size(), 3u);
  EXPECT_EQ(known->partitions[2].leader, NodeId(1));
  EXPECT_EQ(known->partitions[2].leader_epoch, Epoch(0));
  EXPECT_EQ(known->partitions[2].directories, std::vector<Uuid>{directory});
  EXPECT_EQ(known->settings.at("retention.ms"), "1000");
}

TEST_F(ControllerFixture, MinusOneTakesTheDefaults) {
  ASSERT_TRUE(settings.set("num.partitions", "6"));
  auto made = create_one(wanted("t", -1, -1));
  EXPECT_EQ(made.error_code, 0);
  EXPECT_EQ(image.find("t")->partitions.size(), 6u);
}

struct Refusal {
  wire::CreateTopicsRequest::Topic topic;
  Errc code;
  const char* sentence;
};

TEST_F(ControllerFixture, WhatIsRefused) {
  make("taken");
  make("a.b");
  auto with = [](const char* name, std::optional<std::string> value) {
    auto topic = wanted("new");
    topic.configs.push_back({name, std::move(value)});
    return topic;
  };
  auto assigned = [](std::vector<wire::CreateTopicsRequest::Assignment> assignments, int32_t count = -1) {
    auto topic = wanted("new", count);
    topic.assignments = std::move(assignments);
    return topic;
  };
  std::vector<Refusal> refusals{
      {wanted("taken"), Errc::kTopicAlreadyExists, "Topic 'taken' already exists."},
      {wanted(""), Errc::kInvalidTopic, "empty string"},
      {wanted(".."), Errc::kInvalidTopic, "'.' or '..'"},
      {wanted("a/b"), Errc::kInvalidTopic, "ASCII alphanumerics"},
      {wanted(std::string(250, 'x')), Errc::kInvalidTopic, "249"},
      {wanted("a_b"), Errc::kInvalidTopic, "collides with existing topic: a.b"},
      {wanted("__cluster_metadata"), Errc::kInvalidTopic, "__cluster_metadata"},
      {wanted("new", 0), Errc::kInvalidPartitions, "non-positive"},
      {wanted("new", -2), Errc::kInvalidPartitions, "non-positive"},
      {wanted("new", kPartitionsMax + 1), Errc::kInvalidPartitions, "10000"},
      {wanted("new", 1, 3), Errc::kInvalidReplicationFactor, "only 1 broker"},
      {wanted("new", 1, 0), Errc::kInvalidReplicationFactor, "larger than 0"},
      {with("retention.mss", "1"), Errc::kInvalidConfig, "Unknown topic config name: retention.mss"},
      {with("retention.mss", "1"), Errc::kInvalidConfig, "did you mean retention.ms?"},
      {with("segment.bytes", "10000"), Errc::kInvalidConfig, "at least 1048576"},
      {with("cleanup.policy", "compress"), Errc::kInvalidConfig, "must be one of: compact, delete"},
      {with("min.cleanable.dirty.ratio", "1.5"), Errc::kInvalidConfig, "no more than 1"},
      {with("min.cleanable.dirty.ratio", "half"), Errc::kInvalidConfig, "Not a number of type DOUBLE"},
      {with("retention.ms", std::nullopt), Errc::kInvalidConfig, "Null value"},
      {assigned({{0, {1}}, {2, {1}}}), Errc::kInvalidReplicaAssignment, "consecutive"},
      {assigned({{0, {1}}, {0, {1}}}), Errc::kInvalidReplicaAssignment, "consecutive"},
      {assigned({{0, {9}}}), Errc::kInvalidReplicaAssignment, "broker 9"},
      {assigned({{0, {}}}), Errc::kInvalidReplicaAssignment, "empty replica list"},
      {assigned({{0, {1, 1}}}), Errc::kInvalidReplicaAssignment, "2 replicas"},
      {assigned({{0, {1}}}, 1), Errc::kInvalidRequest, "numPartitions"},
  };
  for (const auto& refusal : refusals) {
    auto answer = create_one(refusal.topic);
    EXPECT_EQ(answer.error_code, wire_code(refusal.code)) << refusal.topic.name << ": " << refusal.sentence;
    EXPECT_NE(answer.error_message.value_or("").find(refusal.sentence), std::string::npos)
        << answer.error_message.value_or("") << " has no '" << refusal.sentence << "'";
  }
  EXPECT_EQ(image.find("new"), nullptr);
}

TEST_F(ControllerFixture, AssignmentsMakeAsManyPartitions) {
  auto topic = wanted("t", -1);
  topic.assignments = {{1, {1}}, {0, {1}}};
  EXPECT_EQ(create_one(topic).error_code, 0);
  EXPECT_EQ(image.find("t")->partitions.size(), 2u);
}

TEST_F(ControllerFixture, OneBadItemSparesTheOthers) {
  wire::CreateTopicsRequest request;
  request.topics = {wanted("good"), wanted("bad name"), wanted("twice"), wanted("twice"), wanted("a.x"), wanted("a_x")};
  int proposals = quorum.proposals;
  auto response = create(request);
  EXPECT_EQ(quorum.proposals, proposals + 1);
  std::map<std::string, int16_t> codes;
  for (const auto& topic : response.topics) codes[topic.name] = topic.error_code;
  EXPECT_EQ(response.topics.size(), 5u);
  EXPECT_EQ(codes["good"], 0);
  EXPECT_EQ(codes["bad name"], wire_code(Errc::kInvalidTopic));
  EXPECT_EQ(codes["twice"], wire_code(Errc::kInvalidRequest));
  EXPECT_EQ(codes["a.x"], 0);
  EXPECT_EQ(codes["a_x"], wire_code(Errc::kInvalidTopic));
  EXPECT_EQ(image.find("twice"), nullptr);
}

TEST_F(ControllerFixture, ValidateOnlyChangesNothing) {
  wire::CreateTopicsRequest request;
  request.topics = {wanted("t", 4)};
  request.validate_only = true;
  int proposals = quorum.proposals;
  auto response = create(request);
  EXPECT_EQ(response.topics.at(0).error_code, 0);
  EXPECT_EQ(response.topics.at(0).num_partitions, 4);
  EXPECT_EQ(quorum.proposals, proposals);
  EXPECT_EQ(image.find("t"), nullptr);
}

TEST_F(ControllerFixture, WhoDoesNotWaitIsNotTold) {
  wire::CreateTopicsRequest request;
  request.topics = {wanted("t"), wanted("not good")};
  request.timeout_ms = 0;
  auto response = create(request);
  for (const auto& topic : response.topics) EXPECT_EQ(topic.error_code, wire_code(Errc::kRequestTimedOut));
  EXPECT_NE(image.find("t"), nullptr);
}

TEST_F(ControllerFixture, WhatTheLogRefusesIsAnswered) {
  quorum.refuse_with = Errc::kNotController;
  auto answer = create_one(wanted("t"));
  EXPECT_EQ(answer.error_code, wire_code(Errc::kNotController));
  EXPECT_EQ(answer.name, "t");
  EXPECT_TRUE(answer.topic_id.is_zero());
}

TEST_F(ControllerFixture, DeletedByNameOrIdAndMadeAgain) {
  make("one");
  make("two");
  Uuid one = image.find("one")->id;
  wire::DeleteTopicsRequest by_name;
  by_name.topic_names = {"one", "missing"};
  auto response = remove(by_name, 5);
  EXPECT_EQ(response.responses.at(0).error_code, 0);
  EXPECT_EQ(response.responses.at(1).error_code, wire_code(Errc::kUnknownTopicOrPartition));
  EXPECT_EQ(image.find("one"), nullptr);
  make("one");
  EXPECT_NE(image.find("one")->id, one);

  wire::DeleteTopicsRequest by_id;
  by_id.topics.resize(3);
  by_id.topics[0].topic_id = image.find("two")->id;
  by_id.topics[1].topic_id = one;
  by_id.topics[2].name = "one";
  by_id.topics[2].topic_id = image.find("one")->id;
  response = remove(by_id);
  EXPECT_EQ(response.responses.at(0).error_code, 0);
  EXPECT_EQ(response.responses.at(0).name, "two");
  EXPECT_EQ(response.responses.at(1).error_code, wire_code(Errc::kUnknownTopicId));
  EXPECT_EQ(response.responses.at(2).error_code, wire_code(Errc::kInvalidRequest));
  EXPECT_NE(image.find("one"), nullptr);
}

TEST_F(ControllerFixture, DeletedTwiceInOneRequestIsRefused) {
  make("t");
  wire::DeleteTopicsRequest request;
  request.topics.resize(2);
  request.topics[0].name = "t";
  request.topics[1].topic_id = image.find("t")->id;
  auto response = remove(request);
  for (const auto& answer : response.responses) EXPECT_EQ(answer.error_code, wire_code(Errc::kInvalidRequest));
  EXPECT_NE(image.find("t"), nullptr);
}

TEST_F(ControllerFixture, DeletionCanBeSwitchedOff) {
  make("t");
  ASSERT_TRUE(settings.set("delete.topic.enable", "false"));
  wire::DeleteTopicsRequest request;
  request.topic_names = {"t"};
  EXPECT_EQ(remove(request, 5).responses.at(0).error_code, wire_code(Errc::kTopicDeletionDisabled));
  EXPECT_EQ(remove(request, 1).responses.at(0).error_code, wire_code(Errc::kInvalidRequest));
  EXPECT_NE(image.find("t"), nullptr);
}

wire::CreatePartitionsRequest growth(const std::string& name, int32_t count) {
  wire::CreatePartitionsRequest request;
  request.topics.push_back({name, count, std::nullopt});
  return request;
}

TEST_F(ControllerFixture, PartitionsOnlyGrow) {
  make("t", 2);
  EXPECT_EQ(grow(growth("t", 5)).results.at(0).error_code, 0);
  EXPECT_EQ(image.find("t")->partitions.size(), 5u);
  auto same = grow(growth("t", 5)).results.at(0);
  EXPECT_EQ(same.error_code, wire_code(Errc::kInvalidPartitions));
  EXPECT_EQ(same.error_message, "Topic already has 5 partition(s).");
  EXPECT_EQ(grow(growth("t", 3)).results.at(0).error_code, wire_code(Errc::kInvalidPartitions));
  EXPECT_EQ(grow(growth("t", kPartitionsMax + 1)).results.at(0).error_code, wire_code(Errc::kInvalidPartitions));
  EXPECT_EQ(grow(growth("missing", 3)).results.at(0).error_code, wire_code(Errc::kUnknownTopicOrPartition));
  auto check = growth("t", 6);
  check.validate_only = true;
  EXPECT_EQ(grow(check).results.at(0).error_code, 0);
  EXPECT_EQ(image.find("t")->partitions.size(), 5u);
}

TEST_F(ControllerFixture, AssignmentsOfNewPartitions) {
  make("t", 1);
  auto request = growth("t", 3);
  request.topics[0].assignments = std::vector<wire::CreatePartitionsRequest::Assignment>{{{1}}};
  EXPECT_EQ(grow(request).results.at(0).error_code, wire_code(Errc::kInvalidReplicaAssignment));
  request.topics[0].assignments = std::vector<wire::CreatePartitionsRequest::Assignment>{{{1}}, {{8}}};
  EXPECT_EQ(grow(request).results.at(0).error_code, wire_code(Errc::kInvalidReplicaAssignment));
  request.topics[0].assignments = std::vector<wire::CreatePartitionsRequest::Assignment>{{{1}}, {{1}}};
  EXPECT_EQ(grow(request).results.at(0).error_code, 0);
  EXPECT_EQ(image.find("t")->partitions.size(), 3u);
}

}  // namespace
}  // namespace sl::cluster::testing
