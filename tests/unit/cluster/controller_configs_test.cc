// Settings changed and described.
#include "fixtures.h"

namespace sl::cluster::testing {
namespace {

constexpr int8_t kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3;

wire::IncrementalAlterConfigsRequest change(int8_t type, const std::string& resource, const std::string& key,
                                            int8_t operation, std::optional<std::string> value) {
  wire::IncrementalAlterConfigsRequest request;
  auto& one = request.resources.emplace_back();
  one.resource_type = type;
  one.resource_name = resource;
  one.configs.push_back({key, operation, std::move(value)});
  return request;
}

wire::DescribeConfigsRequest question(int8_t type, const std::string& resource, std::vector<std::string> keys = {}) {
  wire::DescribeConfigsRequest request;
  auto& one = request.resources.emplace_back();
  one.resource_type = type;
  one.resource_name = resource;
  if (!keys.empty()) one.configuration_keys = std::move(keys);
  request.include_synonyms = true;
  request.include_documentation = true;
  return request;
}

TEST_F(ControllerFixture, SetAndDeleteOneSetting) {
  make("t");
  EXPECT_EQ(alter(change(kTopicResource, "t", "retention.ms", kSet, "5000")).responses.at(0).error_code, 0);
  EXPECT_EQ(image.find("t")->settings.at("retention.ms"), "5000");
  EXPECT_EQ(log_settings(settings, image, *image.find("t")).retention_ms, 5000);
  EXPECT_EQ(alter(change(kTopicResource, "t", "retention.ms", kDelete, std::nullopt)).responses.at(0).error_code, 0);
  EXPECT_TRUE(image.find("t")->settings.empty());
}

TEST_F(ControllerFixture, OnlyWhatIsAskedForIsDescribed) {
  make("t");
  std::vector<std::string> keys{"segment.ms", "flush.ms", "segment.ms"};
  for (int i = 0; i < 10'000; ++i) keys.push_back("no.such.key." + std::to_string(i));
  auto answer = controller.describe_configs(question(kTopicResource, "t", keys));
  ASSERT_EQ(answer.results.at(0).configs.size(), 2u);
  EXPECT_EQ(answer.results[0].configs[0].name, "flush.ms");
  EXPECT_EQ(answer.results[0].configs[1].name, "segment.ms");
}

TEST_F(ControllerFixture, WhatCannotBeAltered) {
  make("t");
  struct Case {
    wire::IncrementalAlterConfigsRequest request;
    Errc code;
  };
  std::vector<Case> cases{
      {change(kTopicResource, "missing", "retention.ms", kSet, "1"), Errc::kUnknownTopicOrPartition},
      {change(kTopicResource, "t", "retention", kSet, "1"), Errc::kInvalidConfig},
      {change(kTopicResource, "t", "retention", kDelete, "1"), Errc::kInvalidConfig},
      {change(kTopicResource, "t", "retention.ms", kSet, "soon"), Errc::kInvalidConfig},
      {change(kTopicResource, "t", "retention.ms", kAppend, "1"), Errc::kInvalidConfig},
      {change(kTopicResource, "t", "retention.ms", 9, "1"), Errc::kInvalidRequest},
      {change(kTopicResource, "t", "retention.ms", kSet, std::nullopt), Errc::kInvalidRequest},
      {change(kTopicResource, "t", "cleanup.policy", kAppend, "compress"), Errc::kInvalidConfig},
      {change(kBrokerResource, "2", "log.retention.ms", kSet, "1"), Errc::kInvalidRequest},
      {change(kBrokerResource, "", "node.id", kSet, "2"), Errc::kInvalidRequest},
      {change(8, "1", "root", kSet, "DEBUG"), Errc::kInvalidRequest},
  };
  int proposals = quorum.proposals;
  for (const auto& one : cases) {
    auto answer = alter(one.request).responses.at(0);
    EXPECT_EQ(answer.error_code, wire_code(one.code)) << one.request.resources[0].configs[0].name;
    EXPECT_FALSE(answer.error_message.value_or("").empty());
  }
  EXPECT_EQ(quorum.proposals, proposals);
}

TEST_F(ControllerFixture, ListsGrowAndShrink) {
  make("t");
  EXPECT_EQ(alter(change(kTopicResource, "t", "cleanup.policy", kSubtract, "delete")).responses.at(0).error_code, 0);
  EXPECT_EQ(image.find("t")->settings.at("cleanup.policy"), "");
  EXPECT_FALSE(log_settings(settings, image, *image.find("t")).delete_old);
  EXPECT_EQ(alter(change(kTopicResource, "t", "cleanup.policy", kAppend, "delete")).responses.at(0).error_code, 0);
  EXPECT_EQ(image.find("t")->settings.at("cleanup.policy"), "delete");
}

TEST_F(ControllerFixture, RepeatedResourcesAndKeysAreRefused) {
  make("t");
  auto request = change(kTopicResource, "t", "retention.ms", kSet, "1");
  request.resources.push_back(request.resources[0]);
  for (const auto& answer : alter(request).responses) EXPECT_EQ(answer.error_code, wire_code(Errc::kInvalidRequest));
  request = change(kTopicResource, "t", "retention.ms", kSet, "1");
  request.resources[0].configs.push_back({"retention.ms", kSet, "2"});
  EXPECT_EQ(alter(request).responses.at(0).error_code, wire_code(Errc::kInvalidRequest));
  EXPECT_TRUE(image.find("t")->settings.empty());
}

TEST_F(ControllerFixture, TheOlderRequestReplacesAll) {
  make("t");
  (void)alter(change(kTopicResource, "t", "retention.ms", kSet, "5000"));
  wire::AlterConfigsRequest request;
  request.resources.push_back({kTopicResource, "t", {{"segment.bytes", "2097152"}}});
  EXPECT_EQ(replace(request).responses.at(0).error_code, 0);
  EXPECT_EQ(image.find("t")->settings, (Image::Settings{{"segment.bytes", "2097152"}}));
  request.validate_only = true;
  request.resources[0].configs.clear();
  EXPECT_EQ(replace(request).responses.at(0).error_code, 0);
  EXPECT_EQ(image.find("t")->settings.size(), 1u);
}

TEST_F(ControllerFixture, BrokerSettingsReachTopicsByRank) {
  make("t");
  const TopicState& topic = *image.find("t");
  auto retention = [&] { return log_settings(settings, image, topic).retention_ms; };
  EXPECT_EQ(retention(), 604'800'000);
  ASSERT_TRUE(settings.set("log.retention.hours", "2"));
  EXPECT_EQ(retention(), 7'200'000);
  ASSERT_TRUE(settings.set("log.retention.minutes", "3"));
  EXPECT_EQ(retention(), 180'000);
  EXPECT_EQ(alter(change(kBrokerResource, "", "log.retention.ms", kSet, "40")).responses.at(0).error_code, 0);
  EXPECT_EQ(retention(), 40);
  EXPECT_EQ(alter(change(kBrokerResource, "1", "log.retention.ms", kSet, "50")).responses.at(0).error_code, 0);
  EXPECT_EQ(retention(), 50);
  EXPECT_EQ(alter(change(kTopicResource, "t", "retention.ms", kSet, "60")).responses.at(0).error_code, 0);
  EXPECT_EQ(retention(), 60);

  auto answer = controller.describe_configs(question(kTopicResource, "t", {"retention.ms"})).results.at(0);
  ASSERT_EQ(answer.configs.size(), 1u);
  const auto& row = answer.configs[0];
  EXPECT_EQ(row.value, "60");
  EXPECT_EQ(row.config_source, 1);
  EXPECT_EQ(row.config_type, 5);
  EXPECT_FALSE(row.read_only);
  EXPECT_FALSE(row.documentation.value_or("").empty());
  using Synonym = wire::DescribeConfigsResponse::Synonym;
  std::vector<Synonym> synonyms{{"retention.ms", "60", 1},       {"log.retention.ms", "50", 2},
                                {"log.retention.ms", "40", 3},   {"log.retention.minutes", "3", 4},
                                {"log.retention.hours", "2", 4}, {"log.retention.hours", "168", 5}};
  EXPECT_EQ(row.synonyms, synonyms);

  auto broker =
      controller.describe_configs(question(kBrokerResource, "1", {"log.retention.ms", "node.id"})).results.at(0);
  ASSERT_EQ(broker.configs.size(), 2u);
  EXPECT_EQ(broker.configs[0].value, "50");
  EXPECT_EQ(broker.configs[0].config_source, 2);
  EXPECT_EQ(broker.configs[1].value, "1");
  EXPECT_TRUE(broker.configs[1].read_only);
  EXPECT_EQ(broker.configs[1].config_source, 5);
  auto defaults = controller.describe_configs(question(kBrokerResource, "")).results.at(0);
  ASSERT_EQ(defaults.configs.size(), 1u);
  EXPECT_EQ(defaults.configs[0].value, "40");
  EXPECT_EQ(defaults.configs[0].config_source, 3);
}

TEST_F(ControllerFixture, EverySettingIsDescribed) {
  make("t");
  auto topic = controller.describe_configs(question(kTopicResource, "t")).results.at(0);
  EXPECT_EQ(topic.configs.size(), topic_settings().size());
  auto broker = controller.describe_configs(question(kBrokerResource, "1")).results.at(0);
  EXPECT_EQ(broker.configs.size(), broker_settings().size());
  auto missing = controller.describe_configs(question(kTopicResource, "missing")).results.at(0);
  EXPECT_EQ(missing.error_code, wire_code(Errc::kUnknownTopicOrPartition));
  EXPECT_EQ(missing.error_message, "The topic 'missing' does not exist.");
}

}  // namespace
}  // namespace sl::cluster::testing
