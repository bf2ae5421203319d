// All partitions of a node: made equal to what the image says, tried again where the disk refused, deleted while they
// are in use, and set aside where the metadata does not know them.
#include "replica/replicas.h"

#include "tests/unit/replica/fixtures.h"

namespace sl::replica {
namespace {

using testing::Box;
using testing::Counter;

class ReplicasTest : public testing::ReplicaFixture {
 protected:
  std::shared_ptr<Partition> find(uint8_t topic, int32_t partition = 0) {
    return replicas->find(id_of(topic), sl::Partition(partition));
  }
  bool on_disk(uint8_t topic, int32_t partition = 0) {
    return *disk().exists(data->partition_path(id_of(topic), sl::Partition(partition)));
  }
  void tend() { tasks.spawn(replicas->tend()); }
  int count_said(std::string_view words) const {
    int count = 0;
    for (size_t at = logger.text.find(words); at != std::string::npos; at = logger.text.find(words, at + 1)) ++count;
    return count;
  }
};

TEST_F(ReplicasTest, TheImageDecidesWhatIsHere) {
  add_topic(1, 3);
  add_topic(2, 1);
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(replicas->size(), 4u);
  EXPECT_NE(find(1, 2), nullptr);
  EXPECT_EQ(find(1, 3), nullptr);
  apply(wire::RemoveTopicRecord{id_of(1)});
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(replicas->size(), 1u);
  EXPECT_EQ(find(1), nullptr);
  EXPECT_FALSE(on_disk(1));
  EXPECT_FALSE(*disk().exists("/data/" + id_of(1).text()));
  EXPECT_TRUE(on_disk(2));
}

TEST_F(ReplicasTest, SettingsReachTheLogs) {
  auto partition = open_partition();
  apply(wire::ConfigRecord{cluster::kTopicResource, "t1", "retention.ms", "77"});
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(partition->log().settings().retention_ms, 77);
}

TEST_F(ReplicasTest, OneMoreRoundServesAllWhoAskMeanwhile) {
  add_topic(1, 2);
  std::deque<Box<Status>> boxes(10);
  start(replicas->reconcile(image), boxes[0]);
  add_topic(2, 2);
  for (size_t i = 1; i < boxes.size(); ++i) start(replicas->reconcile(image), boxes[i]);
  EXPECT_TRUE(wait(boxes[1]));
  EXPECT_NE(find(2, 1), nullptr) << "answered before its own topic was there";
  for (auto& box : boxes) EXPECT_TRUE(wait(box));
  EXPECT_EQ(replicas->size(), 4u);
}

TEST_F(ReplicasTest, APartitionThatCannotBeOpenedIsTriedAgain) {
  tend();
  add_topic(1, 2);
  disk().fail_at(aio::DiskOp::kCreate, 1, Errc::kIo, "/1/");
  EXPECT_EQ(reconcile().code(), Errc::kIo);
  EXPECT_NE(find(1, 0), nullptr) << "one that fails does not keep the others";
  EXPECT_EQ(find(1, 1), nullptr);
  EXPECT_TRUE(world.run_until([&] { return find(1, 1) != nullptr; }, 5'000));
  EXPECT_EQ(fatal_calls, 0);
}

TEST_F(ReplicasTest, TheTriesBecomeRarer) {
  tend();
  add_topic(1, 1);
  disk().fail_from(aio::DiskOp::kMakeDirectory, 1, Errc::kDiskFull);
  EXPECT_EQ(reconcile().code(), Errc::kDiskFull);
  world.run_for_ms(600'000);
  EXPECT_GT(count_said("cannot open partition"), 5);
  EXPECT_LT(count_said("cannot open partition"), 20);
  disk().heal();
  EXPECT_TRUE(world.run_until([&] { return find(1) != nullptr; }, 61'000));
}

TEST_F(ReplicasTest, APartitionWhoseFolderCannotBeSyncedEndsTheNode) {
  add_topic(1, 1);
  disk().fail_at(aio::DiskOp::kSyncDirectory, 1, Errc::kSyncFailed);
  EXPECT_EQ(reconcile().code(), Errc::kSyncFailed);
  EXPECT_EQ(fatal_code, Errc::kSyncFailed);
}

TEST_F(ReplicasTest, ADeletionAnswersAllWhoUseThePartition) {
  auto partition = open_partition();
  append(*partition, {.value_bytes = 5000});
  Counter watcher;
  partition->watch(watcher);
  disk().options().cache_miss_permille = 1000;  // The read goes to the pool.
  Box<Status> durable, removed;
  Box<Result<storage::ReadResult>> read;
  Box<Result<std::optional<storage::FoundTime>>> found;
  start(partition->read(Offset(0), 1 << 20, false), read);
  start(partition->find_time(0), found);
  start(partition->wait_durable(partition->append(batch())->next), durable);
  EXPECT_FALSE(read.has() || found.has() || durable.has());
  apply(wire::RemoveTopicRecord{id_of(1)});
  start(replicas->reconcile(image), removed);
  EXPECT_EQ(find(1), nullptr) << "nobody finds it from now on";
  EXPECT_EQ(partition->append(batch()).code(), Errc::kNotLeaderOrFollower);
  EXPECT_EQ(watcher.woken, 1);
  EXPECT_EQ(wait(durable).code(), Errc::kUnknownTopicOrPartition);
  EXPECT_TRUE(wait(read)) << "what was under way comes to its end before the files go";
  EXPECT_TRUE(wait(found));
  EXPECT_TRUE(wait(removed));
  EXPECT_FALSE(on_disk(1));
  EXPECT_EQ(fatal_calls, 0);
}

TEST_F(ReplicasTest, ManyPartitionsAreDeletedWithFewSyncs) {
  add_topic(1, 300);
  add_topic(2, 1);
  ASSERT_TRUE(reconcile());
  int syncs = 0;
  disk().set_observer([&](aio::DiskOp op, const std::string&) { syncs += op == aio::DiskOp::kSyncDirectory; });
  apply(wire::RemoveTopicRecord{id_of(1)});
  ASSERT_TRUE(reconcile());
  EXPECT_LE(syncs, 3);
  EXPECT_EQ(replicas->size(), 1u);
  EXPECT_FALSE(*disk().exists("/data/" + id_of(1).text()));
  EXPECT_TRUE(disk().list("/data/deleted")->empty());
}

TEST_F(ReplicasTest, ADeletionThatFailsIsTriedAgain) {
  tend();
  add_topic(1, 3);
  ASSERT_TRUE(reconcile());
  disk().fail_at(aio::DiskOp::kRename, 2, Errc::kIo);
  apply(wire::RemoveTopicRecord{id_of(1)});
  EXPECT_EQ(reconcile().code(), Errc::kIo);
  EXPECT_EQ(replicas->size(), 0u);
  EXPECT_TRUE(on_disk(1, 1));
  EXPECT_FALSE(on_disk(1, 0) || on_disk(1, 2)) << "one that fails does not keep the others";
  EXPECT_TRUE(world.run_until([&] { return !on_disk(1, 1); }, 5'000));
  EXPECT_EQ(fatal_calls, 0);
}

TEST_F(ReplicasTest, OnAFullDiskADeletionMakesRoom) {
  add_topic(1, 2);
  ASSERT_TRUE(reconcile());
  disk().fail_from(aio::DiskOp::kMakeDirectory, 1, Errc::kDiskFull);
  disk().fail_from(aio::DiskOp::kRename, 1, Errc::kDiskFull);
  apply(wire::RemoveTopicRecord{id_of(1)});
  EXPECT_TRUE(reconcile());
  EXPECT_FALSE(on_disk(1, 0) || on_disk(1, 1));
}

TEST_F(ReplicasTest, WhatTheMetadataDoesNotKnowIsSetAside) {
  add_topic(1, 2);
  ASSERT_TRUE(reconcile());
  cluster::Image empty;
  ASSERT_TRUE(run(replicas->set_orphans_aside(empty)));
  EXPECT_FALSE(on_disk(1, 0) || on_disk(1, 1));
  EXPECT_EQ(disk().list("/data/orphaned")->size(), 2u);
  EXPECT_EQ(count_said("does not know"), 2);
}

TEST_F(ReplicasTest, WhatWasTrimmedIsDeletedSoon) {
  tend();
  auto partition = open_partition({{"segment.ms", "1000"}});
  for (int i = 0; i < 3; ++i) {
    append(*partition);
    world.run_for_ms(2000);
  }
  ASSERT_EQ(partition->log().segment_count(), 3u);
  world.run_for_ms(1000);  // Between two rounds of retention, which are five seconds apart.
  ASSERT_TRUE(run(partition->advance_log_start(Offset(2))));
  world.run_for_ms(2000);
  EXPECT_EQ(partition->log().segment_count(), 1u);
  EXPECT_EQ(disk().list("/data/" + id_of(1).text() + "/0")->size(), 1u);
}

TEST_F(ReplicasTest, CheckpointsThatFailAreToldOfOnce) {
  tend();
  auto partition = open_partition();
  medium->full_at_put(1, 20);
  append(*partition);
  ASSERT_TRUE(world.run_until([&] { return count_said("checkpoints cannot be written") > 0; }, 20'000));
  EXPECT_EQ(count_said("checkpoints are written again"), 0);
  world.run_for_ms(30'000);
  EXPECT_EQ(count_said("checkpoints cannot be written"), 1);
  EXPECT_EQ(count_said("checkpoints are written again"), 1);
}

TEST_F(ReplicasTest, OldSegmentsGoByThemselves) {
  tend();
  auto partition = open_partition({{"segment.ms", "1000"}, {"retention.ms", "4000"}});
  append(*partition);
  world.run_for_ms(2000);
  append(*partition);
  world.run_for_ms(20'000);
  EXPECT_EQ(partition->log().log_start(), Offset(2));
  EXPECT_EQ(partition->log().record_count(), 0);
  EXPECT_EQ(partition->high_watermark(), Offset(2));
}

}  // namespace
}  // namespace sl::replica
