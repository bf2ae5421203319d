// A partition and those who wait for it: what is durable and when it is seen, groups, duplicates, fences, and the ends
// of all who wait when the disk is full, a sync fails or the partition goes.
#include "replica/partition.h"

#include "tests/unit/replica/fixtures.h"

namespace sl::replica {
namespace {

using testing::BatchSpec;
using testing::Box;
using testing::Counter;

class PartitionTest : public testing::ReplicaFixture {
 protected:
  // How many syncs of the partition's log the disk has seen since this was called.
  std::shared_ptr<int> count_syncs() {
    auto count = std::make_shared<int>(0);
    disk().set_observer([count](aio::DiskOp op, const std::string&) { *count += op == aio::DiskOp::kSync; });
    return count;
  }
};

TEST_F(PartitionTest, NothingIsSeenBeforeItsSync) {
  auto partition = open_partition();
  Counter watcher;
  partition->watch(watcher);
  Box<Status> durable;
  Offset at_write(-1), at_sync(-1);
  disk().set_observer([&](aio::DiskOp op, const std::string&) {
    if (op == aio::DiskOp::kWrite) at_write = partition->high_watermark();
    if (op == aio::DiskOp::kSync) at_sync = partition->high_watermark();
  });
  auto appended = partition->append(batch({.records = 3}));
  ASSERT_TRUE(appended);
  EXPECT_EQ(appended->base, Offset(0));
  EXPECT_EQ(appended->next, Offset(3));
  start(partition->wait_durable(appended->next), durable);
  EXPECT_FALSE(durable.has());
  EXPECT_EQ(partition->log().log_end(), Offset(3));
  EXPECT_TRUE(run(partition->read(Offset(0), 1 << 20, false))->slices.empty()) << "read before it was durable";
  EXPECT_EQ(watcher.woken, 0);
  EXPECT_TRUE(wait(durable));
  EXPECT_EQ(at_write, Offset(0));
  EXPECT_EQ(at_sync, Offset(0));
  EXPECT_EQ(partition->high_watermark(), Offset(3));
  EXPECT_EQ(watcher.woken, 1);
  EXPECT_EQ(run(partition->read(Offset(0), 1 << 20, false))->next, Offset(3));
}

TEST_F(PartitionTest, ARelaxedTopicIsSeenOnceItIsWrittenAndSyncedWhenItBecomesStrict) {
  auto partition = open_partition({{"flush.messages", "1000"}});
  auto syncs = count_syncs();
  append(*partition);
  EXPECT_EQ(*syncs, 0);
  EXPECT_EQ(partition->high_watermark(), Offset(1));
  storage::LogSettings strict = partition->log().settings();
  strict.flush_messages = 1;
  EXPECT_TRUE(run(partition->set_settings(strict)));
  EXPECT_EQ(*syncs, 1);
  EXPECT_EQ(partition->high_watermark(), Offset(1));
  EXPECT_EQ(partition->log().synced_end(), Offset(1));
}

TEST_F(PartitionTest, OneSyncServesAllWhoWait) {
  auto partition = open_partition();
  auto syncs = count_syncs();
  std::deque<Box<Status>> boxes(100);
  for (auto& box : boxes) {
    auto appended = partition->append(batch());
    ASSERT_TRUE(appended);
    start(partition->wait_durable(appended->next), box);
  }
  for (auto& box : boxes) EXPECT_TRUE(wait(box));
  EXPECT_EQ(*syncs, 2) << "the first goes alone, and all others while it was under way together";
  EXPECT_EQ(partition->high_watermark(), Offset(100));
}

// 2.2 MB: two batches of a megabyte.
TEST_F(PartitionTest, AGroupIsBounded) {
  auto partition = open_partition();
  auto syncs = count_syncs();
  std::deque<Box<Status>> boxes(5);
  std::vector<size_t> done_together;
  for (auto& box : boxes) {
    auto appended = partition->append(batch({.value_bytes = 1'000'000}));
    ASSERT_TRUE(appended);
    start(partition->wait_durable(appended->next), box);
  }
  for (int64_t end : {1, 3, 5}) {
    EXPECT_TRUE(world.run_until([&] { return partition->high_watermark() > Offset(end - 1); }));
    EXPECT_EQ(partition->high_watermark(), Offset(end));
  }
  for (auto& box : boxes) EXPECT_TRUE(wait(box));
  EXPECT_EQ(*syncs, 3);
}

TEST_F(PartitionTest, WaitersAreAnsweredInOrderAndNoLaterThanTheirOwnBatch) {
  auto partition = open_partition();
  Box<Status> far, near;
  ASSERT_TRUE(partition->append(batch()));
  ASSERT_TRUE(partition->append(batch()));
  start(partition->wait_durable(Offset(2)), far);
  start(partition->wait_durable(Offset(1)), near);
  EXPECT_TRUE(wait(near));
  EXPECT_FALSE(far.has()) << "the second batch is in the next group";
  EXPECT_TRUE(wait(far));
  Box<Status> late;
  start(partition->wait_durable(Offset(2)), late);
  EXPECT_TRUE(late.has()) << "what is durable already is not waited for";
}

TEST_F(PartitionTest, SequencesAreChecked) {
  auto partition = open_partition();
  BatchSpec first{.records = 2, .producer = ProducerId(7), .epoch = 1, .sequence = 0};
  append(*partition, first);
  BatchSpec gap = first;
  gap.sequence = 5;
  EXPECT_EQ(partition->append(batch(gap)).code(), Errc::kOutOfOrderSequenceNumber);
  BatchSpec old = first;
  old.epoch = 0;
  old.sequence = 2;
  EXPECT_EQ(partition->append(batch(old)).code(), Errc::kInvalidProducerEpoch);
  BatchSpec next = first;
  next.sequence = 2;
  EXPECT_EQ(append(*partition, next), Offset(4));
  BatchSpec newer = first;
  newer.epoch = 2;
  EXPECT_EQ(append(*partition, newer), Offset(6)) << "a new epoch begins at zero";
  EXPECT_EQ(partition->log().log_end(), Offset(6));
}

TEST_F(PartitionTest, ADuplicateWaitsForTheSyncOfTheOriginal) {
  auto partition = open_partition();
  auto syncs = count_syncs();
  BatchSpec spec{.records = 2, .producer = ProducerId(7), .epoch = 0, .sequence = 0};
  auto original = partition->append(batch(spec));
  auto again = partition->append(batch(spec));
  ASSERT_TRUE(original && again);
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->base, original->base);
  Box<Status> durable;
  start(partition->wait_durable(again->next), durable);
  EXPECT_FALSE(durable.has()) << "a duplicate of what is not durable is not acknowledged";
  EXPECT_TRUE(wait(durable));
  EXPECT_EQ(*syncs, 1);
  EXPECT_EQ(partition->log().log_end(), Offset(2));
}

TEST_F(PartitionTest, ALeaderOfAnOldEpochIsFenced) {
  auto partition = open_partition();
  append(*partition);
  partition->log().assign_epoch(Epoch(3));
  EXPECT_EQ(partition->append(batch()).code(), Errc::kFencedLeaderEpoch);
  EXPECT_EQ(partition->log().log_end(), Offset(1));
}

TEST_F(PartitionTest, TheLogStartMoves) {
  auto partition = open_partition();
  for (int i = 0; i < 3; ++i) append(*partition, {.records = 2});
  EXPECT_EQ(run(partition->advance_log_start(Offset(7))).code(), Errc::kOffsetOutOfRange);
  auto moved = run(partition->advance_log_start(Offset(3)));
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, Offset(3)) << "within a batch";
  EXPECT_EQ(partition->log().record_count(), 3);
  EXPECT_EQ(run(partition->read(Offset(2), 1 << 20, false)).code(), Errc::kOffsetOutOfRange);
  EXPECT_EQ(run(partition->read(Offset(3), 1 << 20, false))->next, Offset(6));
  EXPECT_EQ(*run(partition->advance_log_start(Offset(1))), Offset(3)) << "never back";
  EXPECT_EQ(*run(partition->advance_log_start(Offset(6))), Offset(6)) << "all of it";
  EXPECT_EQ(append(*partition), Offset(7));
}

TEST_F(PartitionTest, AFullDiskFailsThoseWhoWaitAndNothingElse) {
  auto partition = open_partition();
  BatchSpec spec{.producer = ProducerId(7), .epoch = 0, .sequence = 0};
  append(*partition, spec);
  disk().fail_at(aio::DiskOp::kWrite, 1, Errc::kDiskFull, ".log");
  std::deque<Box<Status>> boxes(3);
  for (auto& box : boxes) {
    spec.sequence += 1;
    auto appended = partition->append(batch(spec));
    ASSERT_TRUE(appended);
    start(partition->wait_durable(appended->next), box);
  }
  for (auto& box : boxes) {
    Status answer = wait(box);
    EXPECT_EQ(answer.code(), Errc::kDiskFull);
    EXPECT_EQ(errc_to_wire(answer.code()), static_cast<int16_t>(Errc::kKafkaStorageError));
    EXPECT_TRUE(error_info(errc_from_wire(errc_to_wire(answer.code()))).retriable);
  }
  EXPECT_EQ(fatal_calls, 0);
  EXPECT_EQ(partition->log().log_end(), Offset(1)) << "the log is as it was";
  EXPECT_EQ(partition->high_watermark(), Offset(1));
  for (spec.sequence = 1; spec.sequence <= 3; ++spec.sequence) append(*partition, spec);
  EXPECT_EQ(partition->high_watermark(), Offset(4)) << "the same batches, sent again, are taken";
}

// A request with several partitions asks for the second one's fate only when it knows that of the first. By then its
// records may have been taken back, and others have got their offsets.
TEST_F(PartitionTest, WhoAsksLateLearnsThatItsRecordsWereTakenBack) {
  auto partition = open_partition();
  append(*partition);
  disk().fail_at(aio::DiskOp::kWrite, 1, Errc::kDiskFull, ".log");
  auto lost = partition->append(batch());
  ASSERT_TRUE(lost);
  auto fate = partition->durability(lost->next);
  EXPECT_TRUE(world.run_until([&] { return partition->log().log_end() == Offset(1); }));
  EXPECT_EQ(append(*partition), lost->next) << "another one's record";
  EXPECT_EQ(run(Partition::wait_durable(fate)).code(), Errc::kDiskFull);
}

TEST_F(PartitionTest, ATornWriteIsOverwritten) {
  auto partition = open_partition();
  append(*partition);
  disk().short_write_at(1, 30, Errc::kIo, ".log");
  auto torn = partition->append(batch({.value_bytes = 500}));
  EXPECT_EQ(run(partition->wait_durable(torn->next)).code(), Errc::kIo);
  append(*partition, {.value_bytes = 5});
  auto read = run(partition->read(Offset(0), 1 << 20, false));
  ASSERT_TRUE(read) << read.error().context;
  EXPECT_EQ(read->next, Offset(2));
  EXPECT_EQ(fatal_calls, 0);
}

TEST_F(PartitionTest, AfterAFailedSyncNothingIsAcknowledgedAndNothingGoesOn) {
  auto partition = open_partition();
  append(*partition);
  Counter watcher;
  partition->watch(watcher);
  disk().fail_at(aio::DiskOp::kSync, 1, Errc::kIo, ".log");
  std::deque<Box<Status>> boxes(3);
  for (auto& box : boxes) start(partition->wait_durable(partition->append(batch())->next), box);
  for (auto& box : boxes) EXPECT_EQ(wait(box).code(), Errc::kSyncFailed);
  EXPECT_EQ(fatal_calls, 1);
  EXPECT_EQ(fatal_code, Errc::kSyncFailed);
  EXPECT_EQ(partition->high_watermark(), Offset(1));
  EXPECT_EQ(watcher.woken, 0);
  EXPECT_EQ(partition->append(batch()).code(), Errc::kSyncFailed) << "the disk works again, which proves nothing";
  partition->unwatch(watcher);
}

TEST_F(PartitionTest, StoppingAnswersAllWhoWait) {
  auto partition = open_partition();
  append(*partition);
  Counter watcher;
  partition->watch(watcher);
  Box<Status> durable;
  start(partition->wait_durable(partition->append(batch())->next), durable);
  world.run(partition->stop(Errc::kBrokerNotAvailable, false));
  EXPECT_EQ(wait(durable).code(), Errc::kBrokerNotAvailable);
  EXPECT_EQ(watcher.woken, 1);
  EXPECT_EQ(partition->append(batch()).code(), Errc::kNotLeaderOrFollower);
  EXPECT_EQ(run(partition->wait_durable(Offset(99))).code(), Errc::kNotLeaderOrFollower);
  EXPECT_EQ(run(partition->read(Offset(0), 100, false)).code(), Errc::kNotLeaderOrFollower);
  EXPECT_EQ(run(partition->advance_log_start(Offset(1))).code(), Errc::kNotLeaderOrFollower);
}

TEST_F(PartitionTest, ACleanStopMakesWhatWaitsDurable) {
  auto partition = open_partition({{"flush.messages", "1000"}});
  Box<Status> durable;
  start(partition->wait_durable(partition->append(batch())->next), durable);
  ASSERT_TRUE(partition->append(batch()));
  world.run(partition->stop(Errc::kBrokerNotAvailable, true));
  EXPECT_TRUE(wait(durable));
  EXPECT_EQ(partition->log().synced_end(), Offset(2));
  EXPECT_EQ(fatal_calls, 0);
}

TEST_F(PartitionTest, ACleanStopWhoseSyncFailsIsNotClean) {
  auto partition = open_partition({{"flush.messages", "1000"}});
  append(*partition);
  disk().fail_at(aio::DiskOp::kSync, 1, Errc::kIo, ".log");
  world.run(partition->stop(Errc::kBrokerNotAvailable, true));
  EXPECT_EQ(fatal_code, Errc::kSyncFailed);
}

TEST_F(PartitionTest, RetentionThatCannotSyncEndsTheNode) {
  auto partition = open_partition({{"segment.ms", "1000"}, {"retention.ms", "1000"}});
  append(*partition);
  world.run_for_ms(3000);
  append(*partition);
  disk().fail_at(aio::DiskOp::kSyncDirectory, 1, Errc::kSyncFailed);
  world.run(partition->tend());
  EXPECT_EQ(fatal_code, Errc::kSyncFailed);
}

// A newer segment must never go before an older one: the next start would find a hole.
TEST_F(PartitionTest, ASegmentThatCouldNotBeDeletedGoesFirst) {
  auto partition = open_partition({{"segment.ms", "1000"}, {"retention.ms", "2000"}});
  append(*partition);
  world.run_for_ms(1500);
  append(*partition);
  world.run_for_ms(1500);
  append(*partition);
  auto logs = [&] {
    std::string found;
    auto names = *disk().list(partition->log().directory());
    for (const auto& name : names)
      if (name.ends_with(".log")) found += std::to_string(std::stoi(name)) + " ";
    return found;
  };
  EXPECT_EQ(logs(), "0 1 2 ");
  disk().fail_at(aio::DiskOp::kRename, 1, Errc::kIo);
  world.run(partition->tend());
  EXPECT_EQ(partition->log().log_start(), Offset(1)) << "readers do not see it any more";
  EXPECT_EQ(logs(), "0 1 2 ");
  world.run_for_ms(1500);
  world.run(partition->tend());
  EXPECT_EQ(logs(), "2 ");
  EXPECT_EQ(fatal_calls, 0);
}

}  // namespace
}  // namespace sl::replica
