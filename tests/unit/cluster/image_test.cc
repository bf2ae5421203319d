// The image: what its own records make of it, and what it refuses.
#include <gtest/gtest.h>

#include "base/random.h"
#include "cluster/image_listener.h"

namespace sl::cluster {
namespace {

Uuid id_of(uint8_t n) {
  Uuid id;
  id.bytes[15] = n;
  return id;
}

class ImageTest : public ::testing::Test {
 protected:
  void apply(wire::MetadataRecord record) {
    auto applied = image.apply(record, Offset(next++));
    ASSERT_TRUE(applied) << applied.error().context;
  }
  Errc refused(wire::MetadataRecord record) {
    auto before = image.records();
    Offset applied = image.applied();
    Errc code = image.apply(record, Offset(next)).code();
    EXPECT_EQ(image.records(), before);
    EXPECT_EQ(image.applied(), applied);
    return code;
  }
  wire::PartitionRecord partition(uint8_t topic, int32_t index) {
    wire::PartitionRecord record;
    record.partition_id = index;
    record.topic_id = id_of(topic);
    record.replicas = {1};
    record.isr = {1};
    record.leader = 1;
    record.leader_epoch = 0;
    record.partition_epoch = 0;
    record.directories = {id_of(200)};
    return record;
  }
  void fill() {
    apply(wire::ClusterIdRecord{"cluster"});
    wire::RegisterBrokerRecord broker;
    broker.broker_id = 1;
    broker.broker_epoch = -1;
    broker.incarnation_id = id_of(100);
    broker.end_points.push_back({"PLAINTEXT", "host", 9092, 0});
    broker.rack = "r1";
    broker.fenced = false;
    broker.log_dirs = {id_of(200)};
    apply(broker);
    apply(wire::TopicRecord{"t", id_of(1)});
    apply(wire::ConfigRecord{2, "t", "retention.ms", "7"});
    apply(partition(1, 0));
    apply(partition(1, 1));
    apply(wire::LogStartRecord{1, id_of(1), 55});
    apply(wire::TopicRecord{"u", id_of(2)});
    apply(partition(2, 0));
    apply(wire::ConfigRecord{4, "", "log.retention.ms", "8"});
    apply(wire::ConfigRecord{4, "1", "log.retention.ms", "9"});
    apply(wire::ProducerIdsRecord{1, 1, 3000});
    apply(wire::FeatureLevelRecord{"f", 2});
    wire::PartitionChangeRecord change;
    change.partition_id = 0;
    change.topic_id = id_of(2);
    change.leader = 1;
    apply(change);
  }
  Image image;
  int64_t next = 0;
};

TEST_F(ImageTest, RecordsMakeItAgain) {
  fill();
  auto records = image.records();
  Image again;
  ImageListener listener(again);
  ASSERT_TRUE(listener.begin_snapshot(image.applied()));
  for (const auto& record : records) {
    auto taken = listener.on_snapshot_record(record);
    ASSERT_TRUE(taken) << taken.error().context;
  }
  ASSERT_TRUE(listener.end_snapshot());
  EXPECT_EQ(again.records(), records);
  EXPECT_EQ(again.applied(), image.applied());
  const TopicState* t = again.find("t");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->id, id_of(1));
  EXPECT_EQ(t->settings.at("retention.ms"), "7");
  EXPECT_EQ(t->partitions[1].log_start, Offset(55));
  EXPECT_EQ(again.find(id_of(2))->partitions[0].leader_epoch, Epoch(1));
  EXPECT_EQ(again.find(id_of(2))->partitions[0].partition_epoch, 1);
  EXPECT_EQ(again.brokers().at(NodeId(1)).epoch, 1);
  EXPECT_EQ(again.brokers().at(NodeId(1)).rack, "r1");
  EXPECT_EQ(again.next_producer_id(), 3000);
  EXPECT_EQ(again.cluster_id(), "cluster");
  EXPECT_EQ(again.cluster_settings().at("log.retention.ms"), "8");
  ASSERT_TRUE(again.broker_settings(NodeId(1)));
  EXPECT_EQ(again.broker_settings(NodeId(1))->at("log.retention.ms"), "9");
  EXPECT_EQ(again.features().at("f"), 2);
}

TEST_F(ImageTest, ARemovedTopicTakesItsSettingsAlong) {
  fill();
  apply(wire::RemoveTopicRecord{id_of(1)});
  EXPECT_EQ(image.find("t"), nullptr);
  EXPECT_EQ(image.find(id_of(1)), nullptr);
  apply(wire::TopicRecord{"t", id_of(3)});
  EXPECT_TRUE(image.find("t")->settings.empty());
  EXPECT_TRUE(image.find("t")->partitions.empty());
}

TEST_F(ImageTest, ContradictionsChangeNothing) {
  fill();
  EXPECT_EQ(refused(wire::TopicRecord{"t", id_of(9)}), Errc::kMalformed);
  EXPECT_EQ(refused(wire::TopicRecord{"new", id_of(1)}), Errc::kMalformed);
  EXPECT_EQ(refused(wire::RemoveTopicRecord{id_of(9)}), Errc::kMalformed);
  EXPECT_EQ(refused(partition(1, 3)), Errc::kMalformed);
  EXPECT_EQ(refused(partition(1, 1)), Errc::kMalformed);
  EXPECT_EQ(refused(partition(9, 0)), Errc::kMalformed);
  EXPECT_EQ(refused(wire::LogStartRecord{2, id_of(1), 1}), Errc::kMalformed);
  EXPECT_EQ(refused(wire::LogStartRecord{-1, id_of(1), 1}), Errc::kMalformed);
  EXPECT_EQ(refused(wire::ConfigRecord{2, "missing", "a", "b"}), Errc::kMalformed);
  EXPECT_EQ(refused(wire::ConfigRecord{4, "x", "a", "b"}), Errc::kMalformed);
  EXPECT_EQ(refused(wire::ConfigRecord{32, "x", "a", "b"}), Errc::kUnsupportedVersion);
  EXPECT_EQ(refused(wire::ProducerIdsRecord{1, 1, 2999}), Errc::kMalformed);
  EXPECT_EQ(refused(wire::ClusterIdRecord{"other"}), Errc::kMalformed);
  EXPECT_EQ(refused(wire::FenceBrokerRecord{1, 77}), Errc::kMalformed);
  EXPECT_EQ(refused(wire::UnregisterBrokerRecord{2, 1}), Errc::kMalformed);
  auto moving = partition(1, 2);
  moving.adding_replicas = {2};
  EXPECT_EQ(refused(moving), Errc::kUnsupportedVersion);
}

TEST_F(ImageTest, BrokersFenceAndReturn) {
  fill();
  apply(wire::FenceBrokerRecord{1, 1});
  EXPECT_TRUE(image.brokers().at(NodeId(1)).fenced);
  apply(wire::UnfenceBrokerRecord{1, 1});
  EXPECT_FALSE(image.brokers().at(NodeId(1)).fenced);
  wire::BrokerRegistrationChangeRecord change;
  change.broker_id = 1;
  change.broker_epoch = 1;
  change.in_controlled_shutdown = 1;
  apply(change);
  EXPECT_TRUE(image.brokers().at(NodeId(1)).in_controlled_shutdown);
  EXPECT_FALSE(image.brokers().at(NodeId(1)).fenced);
  apply(wire::UnregisterBrokerRecord{1, 1});
  EXPECT_TRUE(image.brokers().empty());
}

TEST_F(ImageTest, ASettingOfNullGoes) {
  fill();
  apply(wire::ConfigRecord{4, "1", "log.retention.ms", std::nullopt});
  EXPECT_EQ(image.broker_settings(NodeId(1)), nullptr);
  apply(wire::ConfigRecord{2, "t", "retention.ms", std::nullopt});
  EXPECT_TRUE(image.find("t")->settings.empty());
}

TEST_F(ImageTest, TheListenerNamesThePlace) {
  ImageListener listener(image);
  auto failed = listener.on_committed(wire::RemoveTopicRecord{id_of(5)}, Offset(42));
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().context.find("offset 42"), std::string::npos);
}

}  // namespace
}  // namespace sl::cluster
