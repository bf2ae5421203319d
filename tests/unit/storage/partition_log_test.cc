// Append, write, read: the happy path, and what goes wrong while the daemon lives.
#include "tests/unit/storage/log_fixture.h"

namespace sl::storage {
namespace {

struct PartitionLogTest : LogFixture {
  void read_tail() { (void)log->plan_read(log->log_end(), 1, log->log_end()); }
};

TEST_F(PartitionLogTest, WhatIsAppendedIsReadOnceItIsSynced) {
  open();
  EXPECT_EQ(log->log_end(), Offset(0));
  auto appended = append({.records = 3});
  ASSERT_TRUE(appended.ok());
  EXPECT_EQ(appended->base, Offset(0));
  EXPECT_EQ(appended->next, Offset(3));
  EXPECT_EQ(log->log_end(), Offset(3));
  EXPECT_EQ(log->readable_end(), Offset(0));
  EXPECT_TRUE(offsets(Offset(0)).empty());
  ASSERT_TRUE(write().ok());
  EXPECT_EQ(log->synced_end(), Offset(3));
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 3));
  EXPECT_EQ(log->record_count(), 3);
  EXPECT_EQ(*disk->durable_size(active_path()), log->size_bytes());
}

TEST_F(PartitionLogTest, EverythingThatWaitsIsOneWrite) {
  open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append().ok());
  auto first = log->start_write();
  ASSERT_TRUE(first);
  EXPECT_TRUE(append().ok());
  EXPECT_FALSE(log->start_write());  // one at a time
  uint64_t before = disk->operations();
  first->run();
  EXPECT_EQ(disk->operations() - before, 2u);  // one write, one sync
  auto progress = log->finish(std::move(first));
  ASSERT_TRUE(progress.ok());
  EXPECT_EQ(progress->synced_end, Offset(5));
  EXPECT_EQ(log->log_end(), Offset(6));
  ASSERT_TRUE(write().ok());
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 6));
}

TEST_F(PartitionLogTest, AGroupIsNeverLargerThanARequest) {
  open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append({.records = 1, .value_bytes = 5 << 20}).ok());
  auto job = log->start_write();
  EXPECT_LE(job->bytes(), size_t{16} << 20);
  job->run();
  ASSERT_TRUE(log->finish(std::move(job)).ok());
  EXPECT_LT(log->written_end(), Offset(5));
  ASSERT_TRUE(write().ok());
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 5));
}

TEST_F(PartitionLogTest, ReadersAtTheTailNeedNoDisk) {
  open();
  read_tail();
  produce(4);
  auto plan = log->plan_read(Offset(1), 1 << 20, log->readable_end());
  ASSERT_TRUE(plan.ok());
  EXPECT_FALSE(plan->job);
  EXPECT_EQ(plan->result.next, Offset(4));
  // Once nobody reads there, nothing is kept.
  clock.advance_ms(5000);
  log->tick(clock.wall, clock.mono);
  EXPECT_EQ(tails.used, 0u);
  produce(1);
  EXPECT_EQ(tails.used, 0u);
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 5));
}

TEST_F(PartitionLogTest, AStrictReadStaysWithinItsBytes) {
  open();
  produce(4, {.records = 2, .value_bytes = 200'000});
  size_t one = log->size_bytes() / 4;
  for (bool at_tail : {false, true}) {
    if (at_tail) {
      read_tail();
      produce(4, {.records = 2, .value_bytes = 200'000});
    }
    Offset from(at_tail ? 8 : 0);
    for (size_t bytes_max : {size_t{1}, one - 1}) {
      auto none = read(from, bytes_max, log->readable_end(), true);
      ASSERT_TRUE(none.ok());
      EXPECT_EQ(none->bytes, 0u);
      EXPECT_EQ(none->next, from);
      auto whole = read(from, bytes_max, log->readable_end(), false);
      ASSERT_TRUE(whole.ok());
      EXPECT_EQ(whole->bytes, one);
    }
    auto two = read(from, one * 2 + 5, log->readable_end(), true);
    ASSERT_TRUE(two.ok());
    EXPECT_EQ(two->bytes, one * 2);
  }
}

TEST_F(PartitionLogTest, ReadsEndAtTheLimitAndAtTheBytes) {
  open();
  produce(10, {.records = 2, .value_bytes = 100});
  size_t one = log->size_bytes() / 10;
  auto result = read(Offset(0), one * 3);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->next, Offset(6));
  EXPECT_EQ(read(Offset(0), 1)->next, Offset(2));                   // at least one batch
  EXPECT_EQ(read(Offset(1), 1)->next, Offset(2));                   // the one that holds the offset
  EXPECT_EQ(read(Offset(0), 1 << 20, Offset(5))->next, Offset(4));  // whole batches below the limit
  EXPECT_EQ(read(Offset(20))->bytes, 0u);
  EXPECT_EQ(read(Offset(21)).code(), Errc::kOffsetOutOfRange);
  EXPECT_EQ(read(Offset(-1)).code(), Errc::kOffsetOutOfRange);
}

TEST_F(PartitionLogTest, SegmentsRollAndAllOfThemAreRead) {
  settings.segment_bytes = 4096;
  open();
  produce(100, {.records = 2, .value_bytes = 100});
  EXPECT_GT(log->segment_count(), 5u);
  for (const auto& segment : log->segments()) EXPECT_LE(segment->stats.bytes, 4096u);
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 200));
  EXPECT_EQ(offsets(Offset(0), 1), count_up(0, 200));
  EXPECT_EQ(offsets(Offset(77)), count_up(76, 200));
  EXPECT_EQ(log->record_count(), 200);
}

TEST_F(PartitionLogTest, ManyBatchesInOneGroupRollBetweenWrites) {
  settings.segment_bytes = 4096;
  open();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(append({.records = 2, .value_bytes = 100}).ok());
  ASSERT_TRUE(write().ok());
  EXPECT_GT(log->segment_count(), 5u);
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 200));
}

TEST_F(PartitionLogTest, SegmentsRollByTime) {
  settings.segment_ms = 1000;
  open();
  produce(1, {.timestamp_ms = 5000});
  produce(1, {.timestamp_ms = 6000});
  EXPECT_EQ(log->segment_count(), 1u);
  produce(1, {.timestamp_ms = 6001});
  EXPECT_EQ(log->segment_count(), 2u);
}

TEST_F(PartitionLogTest, OldOffsetsAreFoundThroughTheStoredIndex) {
  settings.segment_bytes = 20 << 20;
  open();
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(append({.records = 4, .value_bytes = 16 << 10}).ok());
  ASSERT_TRUE(write().ok());
  ASSERT_TRUE(checkpoint().ok());
  EXPECT_GT(log->segments()[0]->index.dropped(), 0u);
  EXPECT_GT(log->segments()[0]->index.size(), 256u);
  for (int64_t from : {0, 5, 799, 1200, 1201, 2399}) {
    auto result = read(Offset(from), 1);
    ASSERT_TRUE(result.ok()) << from << result.error().context;
    EXPECT_EQ(result->next, Offset(from / 4 * 4 + 4)) << from;
  }
  EXPECT_EQ(offsets(Offset(3), 4 << 20), count_up(0, 2400));
}

TEST_F(PartitionLogTest, ADiskThatIsFullHealsByItself) {
  open();
  produce(3);
  disk->fail_at(aio::DiskOp::kWrite, 1, Errc::kDiskFull);
  ASSERT_TRUE(append({.producer = ProducerId(5), .epoch = 0, .sequence = 0}).ok());
  auto job = log->start_write();
  ASSERT_TRUE(append({.producer = ProducerId(5), .epoch = 0, .sequence = 1}).ok());  // queued behind it
  job->run();
  EXPECT_EQ(log->finish(std::move(job)).code(), Errc::kDiskFull);
  EXPECT_EQ(log->log_end(), Offset(3));
  EXPECT_FALSE(log->has_queued());
  EXPECT_FALSE(log->poisoned());
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 3));
  EXPECT_EQ(append({.producer = ProducerId(5), .epoch = 0, .sequence = 1}).code(), Errc::kOutOfOrderSequenceNumber);
  auto again = append({.producer = ProducerId(5), .epoch = 0, .sequence = 0});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->base, Offset(3));
  ASSERT_TRUE(write().ok());
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 4));
}

TEST_F(PartitionLogTest, HalfOfAFailedGroupNeverComesBack) {
  open();
  produce(2);
  uint64_t size = log->size_bytes();
  ASSERT_TRUE(append({.value_bytes = 500}).ok());
  ASSERT_TRUE(append({.value_bytes = 500}).ok());
  disk->short_write_at(1, 700, Errc::kDiskFull);
  EXPECT_EQ(write().code(), Errc::kDiskFull);
  EXPECT_EQ(disk->stat(active_path())->size, size);
  produce(1);
  size = log->size_bytes();
  // And where even the cut fails, the next write cuts first.
  ASSERT_TRUE(append({.value_bytes = 500}).ok());
  disk->short_write_at(1, 400, Errc::kDiskFull);
  disk->fail_at(aio::DiskOp::kTruncate, 1, Errc::kIo);
  EXPECT_EQ(write().code(), Errc::kDiskFull);
  EXPECT_GT(disk->stat(active_path())->size, size);
  produce(1);
  EXPECT_EQ(disk->stat(active_path())->size, log->size_bytes());
  kill();
  open();
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 4));
}

TEST_F(PartitionLogTest, ARollOnAFullDiskFailsAndHeals) {
  settings.segment_bytes = 1000;
  open();
  produce(2, {.value_bytes = 350});
  disk->fail_at(aio::DiskOp::kCreate, 1, Errc::kDiskFull);
  ASSERT_TRUE(append({.value_bytes = 350}).ok());
  EXPECT_EQ(write().code(), Errc::kDiskFull);
  EXPECT_EQ(log->segment_count(), 1u);
  produce(3, {.value_bytes = 350});
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 5));
  EXPECT_EQ(log->segment_count(), 3u);
}

TEST_F(PartitionLogTest, AFailedSyncPoisonsTheLog) {
  open();
  produce(2);
  disk->fail_at(aio::DiskOp::kSync, 1, Errc::kSyncFailed);
  ASSERT_TRUE(append().ok());
  EXPECT_EQ(write().code(), Errc::kSyncFailed);
  EXPECT_TRUE(log->poisoned());
  EXPECT_EQ(append().code(), Errc::kSyncFailed);
  EXPECT_EQ(log->start_truncate(Offset(0)).code(), Errc::kSyncFailed);
  EXPECT_EQ(log->synced_end(), Offset(2));
}

TEST_F(PartitionLogTest, RelaxedTopicsSyncAfterSoManyRecordsOrSoLong) {
  settings.flush_messages = 10;
  settings.flush_ms = 1000;
  open();
  produce(4, {.records = 2});
  EXPECT_EQ(log->written_end(), Offset(8));
  EXPECT_EQ(log->synced_end(), Offset(0));
  EXPECT_EQ(log->readable_end(), Offset(8));
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 8));
  produce(1, {.records = 2});
  EXPECT_EQ(log->synced_end(), Offset(10));
  EXPECT_EQ(log->sync_due_ns(), INT64_MAX);
  produce(1);
  EXPECT_EQ(log->sync_due_ns(), clock.mono + 1'000'000'000);
  EXPECT_FALSE(log->start_write());
  clock.advance_ms(1000);
  ASSERT_TRUE(write().ok());
  EXPECT_EQ(log->synced_end(), Offset(11));
  produce(1);
  auto job = log->start_sync();
  ASSERT_TRUE(job);
  job->run();
  EXPECT_EQ(log->finish(std::move(job))->synced_end, Offset(12));
}

TEST_F(PartitionLogTest, DuplicatesGetTheirFirstAnswer) {
  open();
  BatchSpec first{.records = 2, .producer = ProducerId(5), .epoch = 0, .sequence = 0};
  BatchSpec second{.records = 1, .producer = ProducerId(5), .epoch = 0, .sequence = 2};
  ASSERT_TRUE(append(first).ok());
  auto retry = append(first);  // while the first is still queued
  ASSERT_TRUE(retry.ok());
  EXPECT_TRUE(retry->duplicate);
  EXPECT_EQ(retry->base, Offset(0));
  EXPECT_EQ(retry->next, Offset(2));
  ASSERT_TRUE(append(second).ok());
  ASSERT_TRUE(write().ok());
  second.sequence = 7;
  EXPECT_EQ(append(second).code(), Errc::kOutOfOrderSequenceNumber);
  EXPECT_EQ(log->log_end(), Offset(3));
  for (int life = 0; life < 3; ++life) {
    if (life == 1) lose_index();
    if (life == 2) close();
    kill();
    open(life == 2);
    retry = append(first);
    ASSERT_TRUE(retry.ok()) << life;
    EXPECT_TRUE(retry->duplicate);
    EXPECT_EQ(retry->base, Offset(0));
    EXPECT_EQ(log->log_end(), Offset(3));
  }
}

TEST_F(PartitionLogTest, TimesAreFound) {
  settings.segment_bytes = 200 << 10;
  open();
  for (int64_t i = 0; i < 100; ++i)
    ASSERT_TRUE(append({.records = 2, .value_bytes = 4096, .timestamp_ms = 1000 + i * 10}).ok());
  ASSERT_TRUE(write().ok());
  produce(1, {.timestamp_ms = 500});  // older than all before it
  ASSERT_GT(log->segment_count(), 3u);
  auto find = [this](std::unique_ptr<LookupJob> job) -> std::optional<FoundTime> {
    if (!job) return std::nullopt;
    job->run();
    auto found = log->finish(std::move(job));
    EXPECT_TRUE(found.ok());
    return found ? *found : std::nullopt;
  };
  for (int round = 0; round < 2; ++round) {
    for (int64_t ms : {0, 1000, 1001, 1002, 1555, 1990, 1991}) {
      auto found = find(log->find_time(ms, log->readable_end()));
      ASSERT_TRUE(found) << ms;
      int64_t batch = ms <= 1000 ? 0 : (ms - 1000 + 8) / 10;
      int64_t inside = std::max<int64_t>(0, ms - (1000 + batch * 10));
      EXPECT_EQ(found->offset.value, batch * 2 + inside) << ms;
      EXPECT_EQ(found->timestamp_ms, 1000 + batch * 10 + inside);
      EXPECT_EQ(found->epoch, Epoch(1));
    }
    EXPECT_FALSE(find(log->find_time(1992, log->readable_end())));
    EXPECT_FALSE(find(log->find_time(1990, Offset(50))));
    EXPECT_EQ(find(log->find_max_time(log->readable_end()))->offset, Offset(199));
    EXPECT_EQ(find(log->find_max_time(Offset(51)))->offset, Offset(49));
    ASSERT_TRUE(checkpoint().ok());
  }
}

TEST_F(PartitionLogTest, FollowersAppendWhatTheLeaderNumbered) {
  open();
  produce(3, {.records = 2}, Epoch(4));
  produce(2, {.records = 1}, Epoch(6));
  auto copy = read(Offset(0), 1 << 20);
  ASSERT_TRUE(copy.ok());
  std::string bytes;
  for (Offset at(0); at < log->log_end();) {
    auto part = read(at);
    ASSERT_TRUE(part.ok());
    for (const Slice& slice : part->slices) bytes += as_text(slice.bytes);
    at = part->next;
  }
  log.reset();
  boot(std::make_unique<aio::SimDisk>(disk_options()));
  lose_index();
  boot(disk->clone());
  open();
  Buffer received = Buffer::copy_of(as_bytes(bytes));
  auto end = log->append_as_follower({received, received.bytes()});
  ASSERT_TRUE(end.ok()) << end.error().context;
  EXPECT_EQ(*end, Offset(8));
  ASSERT_TRUE(write().ok());
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 8));
  EXPECT_EQ(log->end_offset_for(Epoch(5)), (EpochEnd{Epoch(4), Offset(6)}));
  EXPECT_EQ(log->latest_epoch(), Epoch(6));
  // Again from the start: they do not continue the log.
  EXPECT_EQ(log->append_as_follower({received, received.bytes()}).code(), Errc::kOffsetOutOfRange);
}

TEST_F(PartitionLogTest, AFailedWriteTakesFollowersEpochsBackAndLeavesALeaderItsOwn) {
  open();
  produce(2, {}, Epoch(3));
  log->assign_epoch(Epoch(5));
  ASSERT_TRUE(append({}, Epoch(5)).ok());
  disk->fail_at(aio::DiskOp::kWrite, 1, Errc::kDiskFull);
  EXPECT_EQ(write().code(), Errc::kDiskFull);
  EXPECT_EQ(log->latest_epoch(), Epoch(5));
  EXPECT_EQ(append({}, Epoch(4)).code(), Errc::kFencedLeaderEpoch);
  produce(1, {}, Epoch(5));
  EXPECT_EQ(log->end_offset_for(Epoch(3)), (EpochEnd{Epoch(3), Offset(2)}));
}

TEST_F(PartitionLogTest, PreallocatedRoomIsCutAtRollAndClose) {
  storage_options.preallocate = true;
  settings.segment_bytes = 100'000;
  open();
  produce(30, {.value_bytes = 5000});
  ASSERT_EQ(log->segment_count(), 2u);
  EXPECT_EQ(disk->stat(segment_path(log->directory(), Offset(0)))->size, log->segments()[0]->stats.bytes);
  EXPECT_GT(disk->stat(active_path())->size, log->segments()[1]->stats.bytes);
  ASSERT_TRUE(checkpoint().ok());
  produce(2, {.value_bytes = 5000});
  std::string path = active_path();
  uint64_t bytes = log->segments()[1]->stats.bytes;
  kill();
  open();
  EXPECT_EQ(report.cut_bytes, 0u);
  EXPECT_EQ(disk->stat(path)->size, bytes);
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 32));
  produce(1);
  close();
  EXPECT_LT(disk->stat(path)->size, uint64_t{100'000});
}

// Its CRC is right, and its records are none: only whoever looks into a batch can see that.
TEST_F(PartitionLogTest, ATimeInABatchOfNoRecordsIsDamage) {
  open();
  produce(1);
  Slice wrong = batch({});
  MutableBytes bytes(const_cast<uint8_t*>(wrong.bytes.data()), wrong.bytes.size());
  bytes[record::kBatchHeaderBytes] = 0x7e;
  record::set_crc(bytes);
  ASSERT_TRUE(log->append(wrong, Epoch(1)).ok());
  ASSERT_TRUE(write().ok());
  ASSERT_TRUE(move_log_start(Offset(1)).ok());
  auto job = log->find_time(0, log->readable_end());
  job->run();
  auto found = log->finish(std::move(job));
  EXPECT_EQ(found.code(), Errc::kCorruptMessage);
  EXPECT_NE(found.error().context.find("00000000000000000000.log"), std::string::npos) << found.error().context;
}

}  // namespace
}  // namespace sl::storage
