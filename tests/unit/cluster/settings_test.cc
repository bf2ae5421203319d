// The settings table and its values.
#include "cluster/settings.h"

#include <gtest/gtest.h>

namespace sl::cluster {
namespace {

TEST(SettingsTable, DefaultsAreValidAndSynonymsExist) {
  for (const Setting& setting : topic_settings()) {
    EXPECT_TRUE(check_topic_setting(setting.name, setting.fallback)) << setting.name;
    EXPECT_FALSE(setting.documentation.empty()) << setting.name;
    bool with_default = false;
    for (const BrokerSynonym& synonym : setting.broker) {
      const Setting* key = find_broker_setting(synonym.key);
      ASSERT_TRUE(key) << synonym.key;
      if (synonym.unit == 1) {
        EXPECT_EQ(key->type, setting.type) << synonym.key;
        EXPECT_TRUE(key->dynamic) << synonym.key;
      }
      with_default |= !key->fallback.empty();
    }
    EXPECT_TRUE(with_default) << setting.name;
  }
  for (const Setting& setting : broker_settings()) {
    EXPECT_FALSE(setting.documentation.empty()) << setting.name;
    bool valid = setting.fallback.empty() || check_broker_setting(setting.name, setting.fallback);
    EXPECT_TRUE(valid) << setting.name;
  }
}

TEST(SettingsTable, DefaultsAreThoseOfTheLog) {
  Image image;
  TopicState topic;
  EXPECT_EQ(log_settings(BrokerSettings(), image, topic), storage::LogSettings());
  EXPECT_TRUE(log_settings(BrokerSettings(), image, topic).strict());
}

TEST(SettingsTable, ValuesOutsideTheirRange) {
  auto sentence = [](std::string_view name, std::string_view value) {
    auto checked = check_topic_setting(name, value);
    return checked ? std::string() : checked.error().context;
  };
  EXPECT_EQ(sentence("retention.ms", "abc"),
            "Invalid value abc for configuration retention.ms: Not a number of type LONG");
  EXPECT_EQ(sentence("retention.ms", ""), "Invalid value  for configuration retention.ms: Not a number of type LONG");
  EXPECT_EQ(sentence("retention.ms", "-2"),
            "Invalid value -2 for configuration retention.ms: Value must be at least -1");
  EXPECT_EQ(sentence("segment.bytes", "1048575"),
            "Invalid value 1048575 for configuration segment.bytes: Value must be at least 1048576");
  EXPECT_EQ(sentence("segment.bytes", "2147483648"),
            "Invalid value 2147483648 for configuration segment.bytes: Value must be no more than 2147483647");
  EXPECT_EQ(sentence("compression.type", "zip"),
            "Invalid value zip for configuration compression.type: String must be one of: uncompressed, zstd, lz4, "
            "snappy, gzip, producer");
  EXPECT_EQ(sentence("cleanup.policy", "keep"),
            "Invalid value keep for configuration cleanup.policy: String must be one of: compact, delete");
  EXPECT_EQ(sentence("cleanup.policy", ""), "");
  EXPECT_NE(sentence("compression.gzip.level", "0"), "");
  EXPECT_EQ(sentence("compression.gzip.level", "9"), "");
  EXPECT_EQ(sentence("min.insync.replicas", "1"), "");
  EXPECT_NE(sentence("min.insync.replicas", "2"), "");
}

TEST(SettingsTable, UnknownNamesSuggestTheNearest) {
  EXPECT_EQ(check_topic_setting("retention.md", "1").error().context,
            "Unknown topic config name: retention.md (did you mean retention.ms?)");
  EXPECT_EQ(check_topic_setting("zzz", "1").error().context, "Unknown topic config name: zzz");
  BrokerSettings settings;
  auto set = settings.set("num.partition", "3");
  EXPECT_EQ(set.code(), Errc::kBadConfig);
  EXPECT_EQ(set.error().context, "Unknown broker config name: num.partition (did you mean num.partitions?)");
}

TEST(BrokerSettingsTest, GivenOrDefault) {
  BrokerSettings settings;
  EXPECT_EQ(settings.node(), NodeId(1));
  EXPECT_FALSE(settings.boolean("auto.create.topics.enable"));
  EXPECT_EQ(settings.text("listeners"), "");
  EXPECT_EQ(settings.given("node.id"), nullptr);
  ASSERT_TRUE(settings.set("node.id", "5"));
  ASSERT_TRUE(settings.set("auto.create.topics.enable", "true"));
  EXPECT_EQ(settings.node(), NodeId(5));
  EXPECT_TRUE(settings.boolean("auto.create.topics.enable"));
  EXPECT_EQ(settings.set("auto.create.topics.enable", "yes").code(), Errc::kBadConfig);
  EXPECT_EQ(settings.set("node.id", "-1").code(), Errc::kBadConfig);
  EXPECT_EQ(settings.set("log.cleanup.policy", "compress").code(), Errc::kBadConfig);
  EXPECT_EQ(settings.set("log.cleaner.io.max.bytes.per.second", "0.5").code(), Errc::kBadConfig);
  EXPECT_GT(settings.real("log.cleaner.io.max.bytes.per.second"), 1e300);
  ASSERT_TRUE(settings.set("log.cleaner.io.max.bytes.per.second", "1.5e6"));
  EXPECT_EQ(settings.real("log.cleaner.io.max.bytes.per.second"), 1.5e6);
  EXPECT_EQ(settings.node(), NodeId(5));
}

TEST(LogSettingsTest, EveryValueArrives) {
  Image image;
  BrokerSettings broker;
  TopicState topic;
  topic.settings = {{"cleanup.policy", ""},
                    {"compression.type", "zstd"},
                    {"compression.zstd.level", "7"},
                    {"flush.messages", "10"},
                    {"flush.ms", "20"},
                    {"max.message.bytes", "30"},
                    {"message.timestamp.after.max.ms", "40"},
                    {"message.timestamp.before.max.ms", "50"},
                    {"message.timestamp.type", "LogAppendTime"},
                    {"retention.bytes", "60"},
                    {"retention.ms", "70"},
                    {"segment.bytes", "1048576"},
                    {"segment.ms", "80"}};
  storage::LogSettings expected;
  expected.delete_old = false;
  expected.keep_producer_compression = false;
  expected.compression = record::Codec::kZstd;
  expected.compression_level = 7;
  expected.flush_messages = 10;
  expected.flush_ms = 20;
  expected.max_message_bytes = 30;
  expected.timestamp_after_max_ms = 40;
  expected.timestamp_before_max_ms = 50;
  expected.timestamp_type = storage::TimestampType::kLogAppendTime;
  expected.retention_bytes = 60;
  expected.retention_ms = 70;
  expected.segment_bytes = 1048576;
  expected.segment_ms = 80;
  EXPECT_EQ(log_settings(broker, image, topic), expected);

  topic.settings = {{"compression.type", "uncompressed"}};
  EXPECT_EQ(log_settings(broker, image, topic).compression, record::Codec::kNone);
  EXPECT_FALSE(log_settings(broker, image, topic).keep_producer_compression);
}

TEST(LogSettingsTest, HoursThatDoNotFitAreForEver) {
  Image image;
  TopicState topic;
  BrokerSettings broker;
  ASSERT_TRUE(broker.set("log.retention.hours", "2147483647"));
  EXPECT_EQ(log_settings(broker, image, topic).retention_ms, 2147483647LL * 3'600'000);
  ASSERT_TRUE(broker.set("log.retention.hours", "-1"));
  EXPECT_EQ(log_settings(broker, image, topic).retention_ms, -1);
}

}  // namespace
}  // namespace sl::cluster
