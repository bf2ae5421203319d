// Truncation, log start, retention, rebuilds, checkpoints.
#include "storage/stored_log.h"
#include "tests/unit/storage/log_fixture.h"

namespace sl::storage {
namespace {

struct LogChangeTest : LogFixture {
  Status retain(Offset high_watermark = Offset(INT64_MAX)) {
    auto job = log->start_retention(clock.wall, std::min(high_watermark, log->written_end()));
    if (!job) return {};
    job->run();
    return log->finish(std::move(job));
  }
  // The index of this log as it is, and as a rebuild of the files makes it.
  void expect_index_as_rebuilt() {
    ASSERT_TRUE(checkpoint().ok());
    auto grown = index();
    lose_index();
    kill();
    log_start = kept_log_start;
    open();
    ASSERT_TRUE(checkpoint().ok());
    EXPECT_EQ(index(), grown);
  }
  Offset kept_log_start{0};
};

TEST_F(LogChangeTest, TruncationEndsTheLogAtABatch) {
  settings.segment_bytes = 4096;
  open();
  produce(20, {.records = 2, .value_bytes = 200}, Epoch(1));
  produce(20, {.records = 2, .value_bytes = 200}, Epoch(2));
  ASSERT_TRUE(checkpoint().ok());
  ASSERT_TRUE(truncate(Offset(61)).ok());  // inside a batch
  EXPECT_EQ(log->log_end(), Offset(60));
  EXPECT_EQ(log->synced_end(), Offset(60));
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 60));
  EXPECT_EQ(log->record_count(), 60);
  ASSERT_TRUE(truncate(Offset(30)).ok());
  EXPECT_EQ(log->latest_epoch(), Epoch(1));
  EXPECT_EQ(log->log_end(), Offset(30));
  produce(10, {.records = 2, .value_bytes = 200}, Epoch(3));
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 50));
  expect_index_as_rebuilt();
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 50));
}

// The index knows the batch that holds the cut, and nothing near it: the batch before it must be found all the same.
TEST_F(LogChangeTest, TruncationWithinABatchThatTheIndexKnows) {
  open();
  produce(3, {.records = 1, .value_bytes = 20'000});
  produce(1, {.records = 4, .value_bytes = 100});
  BatchMark third = log->segments()[0]->stats.last;
  produce(1);
  ASSERT_EQ(log->segments()[0]->index.in_memory().size(), 2u);
  ASSERT_TRUE(truncate(Offset(2)).ok());
  EXPECT_EQ(log->segments()[0]->stats.last.base, Offset(1));
  produce(1, {.records = 4, .value_bytes = 100});
  EXPECT_NE(log->segments()[0]->stats.last, third);
  ASSERT_TRUE(truncate(Offset(4)).ok());
  EXPECT_EQ(log->segments()[0]->stats.last.base, Offset(1));
  expect_index_as_rebuilt();
}

TEST_F(LogChangeTest, TruncationToASegmentsStartAndToZero) {
  settings.segment_bytes = 2000;
  open();
  produce(20, {.value_bytes = 350});
  Offset base = log->segments()[2]->base;
  ASSERT_TRUE(truncate(base).ok());
  EXPECT_EQ(log->log_end(), base);
  produce(3, {.value_bytes = 350});
  EXPECT_EQ(offsets(Offset(0)), count_up(0, base.value + 3));
  ASSERT_TRUE(truncate(Offset(0)).ok());
  EXPECT_EQ(log->log_end(), Offset(0));
  EXPECT_EQ(log->size_bytes(), 0u);
  produce(2);
  kill();
  open();
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 2));
}

TEST_F(LogChangeTest, TruncationFarBackWorksWithoutTheIndexInMemory) {
  settings.segment_bytes = 64 << 20;
  open();
  for (int i = 0; i < 700; ++i) ASSERT_TRUE(append({.value_bytes = 33 << 10}).ok());
  ASSERT_TRUE(write().ok());
  ASSERT_TRUE(checkpoint().ok());
  ASSERT_GT(log->segments()[0]->index.dropped(), 0u);
  ASSERT_TRUE(truncate(Offset(100)).ok());
  EXPECT_EQ(log->log_end(), Offset(100));
  produce(50, {.value_bytes = 33 << 10});
  expect_index_as_rebuilt();
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 150));
}

TEST_F(LogChangeTest, ReadersThatWereOvertakenByATruncationLookAgain) {
  open();
  produce(10);
  auto plan = log->plan_read(Offset(3), 1000, log->readable_end());
  ASSERT_TRUE(plan.ok() && plan->job);
  ASSERT_TRUE(truncate(Offset(5)).ok());
  plan->job->run();
  EXPECT_EQ(log->finish(std::move(plan->job)).code(), Errc::kOffsetNotAvailable);
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 5));
}

TEST_F(LogChangeTest, ACheckpointThatWasOvertakenByATruncationIsDropped) {
  open();
  produce(10);
  Checkpointer checkpointer(*store);
  PartitionLog* logs[] = {log.get()};
  auto late = checkpointer.start(logs);
  ASSERT_TRUE(late);
  ASSERT_TRUE(truncate(Offset(5)).ok());
  late->run();
  ASSERT_TRUE(checkpointer.finish(std::move(late)).ok());
  EXPECT_TRUE(log->dirty());
  kill();
  open();
  EXPECT_FALSE(report.lost_synced);
  EXPECT_EQ(log->log_end(), Offset(5));
}

TEST_F(LogChangeTest, ACheckpointThatWasOvertakenByTheDeletionBringsNothingBack) {
  open();
  produce(10);
  Checkpointer checkpointer(*store);
  PartitionLog* logs[] = {log.get()};
  auto late = checkpointer.start(logs);
  ASSERT_TRUE(late);
  log->leave_checkpoint();
  ASSERT_TRUE(forget_log(*store, kTopic, Partition(0)).ok());
  log.reset();
  late->run();
  ASSERT_TRUE(checkpointer.finish(std::move(late)).ok());
  EXPECT_TRUE(index().empty());
}

TEST_F(LogChangeTest, TruncationsWaitForWrites) {
  open();
  produce(2);
  ASSERT_TRUE(append().ok());
  auto job = log->start_write();
  EXPECT_EQ(log->start_truncate(Offset(1)).code(), Errc::kWouldBlock);
  job->run();
  ASSERT_TRUE(log->finish(std::move(job)).ok());
  ASSERT_TRUE(append().ok());
  ASSERT_TRUE(truncate(Offset(3)).ok());  // only what is queued
  EXPECT_EQ(log->log_end(), Offset(3));
  auto none = log->start_truncate(Offset(9));
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(*none);
}

TEST_F(LogChangeTest, BeginningAnewElsewhere) {
  settings.segment_bytes = 1000;
  open();
  produce(10, {.value_bytes = 350});
  auto job = log->start_anew(Offset(500));
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(append().code(), Errc::kKafkaStorageError);
  (*job)->run();
  ASSERT_TRUE(log->finish(*std::move(job)).ok());
  EXPECT_EQ(log->log_start(), Offset(500));
  EXPECT_EQ(log->latest_epoch(), kNoEpoch);
  produce(2, {}, Epoch(9));
  EXPECT_EQ(offsets(Offset(500)), count_up(500, 502));
  power_cut(aio::CrashMode::kNothing);
  open();
  EXPECT_EQ(log->log_start(), Offset(500));
  EXPECT_EQ(offsets(Offset(500)), count_up(500, 502));
}

TEST_F(LogChangeTest, TheLogStartMovesAndCountsStayExact) {
  settings.segment_bytes = 4096;
  open();
  produce(40, {.records = 3, .value_bytes = 100});
  EXPECT_EQ(log->start_log_start(Offset(30), Offset(20)).code(), Errc::kOffsetOutOfRange);
  for (int64_t to : {1, 30, 31, 77, 119}) {
    ASSERT_TRUE(move_log_start(Offset(to)).ok());
    EXPECT_EQ(log->log_start(), Offset(to));
    EXPECT_EQ(log->record_count(), 120 - to);
    EXPECT_EQ(read(Offset(to - 1)).code(), Errc::kOffsetOutOfRange);
  }
  ASSERT_TRUE(checkpoint().ok());
  kill();
  open();
  EXPECT_EQ(log->log_start(), Offset(119));
  EXPECT_EQ(log->record_count(), 1);
  ASSERT_TRUE(retain().ok());
  EXPECT_EQ(log->segment_count(), 1u);
  EXPECT_EQ(log->record_count(), 1);
  EXPECT_EQ(log->log_start(), Offset(119));
  ASSERT_TRUE(checkpoint().ok());
  lose_index();
  kill();
  log_start = Offset(119);  // the metadata remembers
  open();
  EXPECT_EQ(log->record_count(), 1);
  ASSERT_TRUE(move_log_start(Offset(120)).ok());
  EXPECT_EQ(log->record_count(), 0);
}

TEST_F(LogChangeTest, RetentionByTimeCountsFromTheLastAppend) {
  settings.segment_bytes = 2000;
  settings.retention_ms = 10'000;
  open();
  produce(10, {.value_bytes = 350, .timestamp_ms = 1000});  // a back-filled log, decades old
  ASSERT_TRUE(retain().ok());
  EXPECT_EQ(log->log_start(), Offset(0));
  clock.advance_ms(6000);
  produce(10, {.value_bytes = 350, .timestamp_ms = 1000});
  clock.advance_ms(6000);
  size_t before = log->segment_count();
  ASSERT_TRUE(retain(Offset(5)).ok());  // never past the high watermark
  EXPECT_LE(log->log_start(), Offset(5));
  ASSERT_TRUE(retain().ok());
  EXPECT_LT(log->segment_count(), before);
  EXPECT_GT(log->log_start(), Offset(4));
  EXPECT_LE(log->log_start(), Offset(10));
  EXPECT_EQ(log->record_count(), 20 - log->log_start().value);
  EXPECT_EQ(offsets(log->log_start()), count_up(log->log_start().value, 20));
  // All of it, the active segment too, once it is sealed.
  clock.advance_ms(20'000);
  ASSERT_TRUE(retain().ok());
  ASSERT_TRUE(write().ok());
  ASSERT_TRUE(retain().ok());
  EXPECT_EQ(log->log_start(), Offset(20));
  EXPECT_EQ(log->size_bytes(), 0u);
  EXPECT_EQ(log->record_count(), 0);
  EXPECT_EQ(files().size(), 1u);
  produce(1);
  kill();
  open();
  EXPECT_EQ(log->log_start(), Offset(20));
  EXPECT_EQ(offsets(Offset(20)), count_up(20, 21));
}

TEST_F(LogChangeTest, RetentionBySizeNeverGoesBelowTheLimit) {
  settings.segment_bytes = 2000;
  settings.retention_ms = -1;
  open();
  produce(40, {.value_bytes = 350});
  settings.retention_bytes = 5000;
  log->set_settings(settings);
  ASSERT_TRUE(checkpoint().ok());
  ASSERT_TRUE(retain().ok());
  EXPECT_GE(log->size_bytes(), 5000u);
  EXPECT_LT(log->size_bytes(), 7000u);
  kept_log_start = log->log_start();
  expect_index_as_rebuilt();
}

TEST_F(LogChangeTest, ANoteOfDamageGoesWithItsSegment) {
  settings.segment_bytes = 1000;
  settings.retention_bytes = 1000;
  open();
  produce(12, {.value_bytes = 350});
  std::string first = note_path(log->directory(), Offset(0));
  std::string last = note_path(log->directory(), log->segments().back()->base);
  for (const auto& path : {first, last}) ASSERT_TRUE(disk->replace(path, as_bytes("0 90 0 1\n")).ok());
  auto job = log->start_retention(clock.wall, log->written_end());
  ASSERT_TRUE(job);
  job->run();
  ASSERT_TRUE(log->finish(std::move(job)).ok());
  EXPECT_FALSE(*disk->exists(first));
  EXPECT_TRUE(*disk->exists(last));
}

TEST_F(LogChangeTest, ARetentionCutShortByACrashLeavesNoHole) {
  settings.segment_bytes = 1000;
  settings.retention_bytes = 3000;
  settings.retention_ms = -1;
  open();
  produce(30, {.value_bytes = 350});
  ASSERT_TRUE(checkpoint().ok());
  auto intact = disk->clone();
  log.reset();
  for (uint64_t operations = 0; operations < 12; ++operations)
    for (aio::CrashMode mode : aio::kCrashModes) {
      boot(intact->clone());
      open();
      auto job = log->start_retention(clock.wall, log->written_end());
      ASSERT_TRUE(job);
      disk->cut_after(operations);
      job->run();
      power_cut(mode);
      open();
      EXPECT_TRUE(report.damage.empty());
      EXPECT_EQ(offsets(log->log_start()), count_up(log->log_start().value, 30));
      EXPECT_EQ(log->record_count(), 30 - log->log_start().value);
    }
}

TEST_F(LogChangeTest, RetentionMakesRoomThoughTheIndexIsFull) {
  settings.segment_bytes = 1000;
  settings.retention_bytes = 3000;
  settings.retention_ms = -1;
  open();
  produce(30, {.value_bytes = 350});
  ASSERT_TRUE(checkpoint().ok());
  size_t before = files().size();
  medium->fail_commit_at(1);
  EXPECT_FALSE(retain().ok());
  EXPECT_LT(files().size(), before - 5);
  EXPECT_FALSE(log->poisoned());
  ASSERT_TRUE(checkpoint().ok());
  kept_log_start = log->log_start();
  kill();
  open();  // clears up
  expect_index_as_rebuilt();
}

TEST_F(LogChangeTest, ATruncationCutShortByACrashLeavesNoHole) {
  settings.segment_bytes = 1000;
  open();
  produce(15, {.value_bytes = 350});
  ASSERT_TRUE(checkpoint().ok());
  auto intact = disk->clone();
  auto intact_index = medium->clone();
  log.reset();
  for (uint64_t operations = 0; operations < 12; ++operations)
    for (aio::CrashMode mode : aio::kCrashModes) {
      store.reset();
      opener.reset();
      medium = intact_index->clone();
      boot(intact->clone());
      open();
      auto job = log->start_truncate(Offset(5));
      ASSERT_TRUE(job.ok());
      disk->cut_after(operations);
      (*job)->run();
      (void)log->finish(*std::move(job));
      power_cut(mode);
      open();
      EXPECT_TRUE(report.damage.empty());
      EXPECT_FALSE(report.lost_synced);
      EXPECT_GE(log->log_end(), Offset(5));
      EXPECT_EQ(offsets(Offset(0)), count_up(0, log->log_end().value));
    }
}

TEST_F(LogChangeTest, AWrongIndexEntryCostsTimeAndIsRebuilt) {
  settings.segment_bytes = 8 << 20;
  open();
  for (int i = 0; i < 700; ++i) ASSERT_TRUE(append({.value_bytes = 16 << 10}).ok());
  ASSERT_TRUE(write().ok());
  ASSERT_TRUE(checkpoint().ok());
  ASSERT_EQ(log->segment_count(), 2u);
  auto good = index();
  // Every chunk of the first segment points one batch too far, under a right CRC.
  LogPlace place{seams(), kTopic, Partition(0), "/d/topic/0"};
  ASSERT_TRUE(store
                  ->write([&](kv::Writer& writer) -> Status {
                    for (const auto& [key, value] : good) {
                      if (!key.starts_with(chunk_prefix(place, Offset(0)))) continue;
                      auto chunk = decode_chunk(key, value);
                      for (IndexEntry& entry : chunk->entries) entry.position += 100;
                      SL_CHECK(writer.put(key, encode_chunk(key, chunk->first, chunk->entries)));
                    }
                    return {};
                  })
                  .ok());
  EXPECT_EQ(read(Offset(200), 1)->next, Offset(201));
  auto job = log->start_rebuild();
  ASSERT_TRUE(job);
  job->run();
  ASSERT_TRUE(log->finish(std::move(job)).ok());
  EXPECT_FALSE(log->start_rebuild());
  ASSERT_TRUE(checkpoint().ok());
  EXPECT_EQ(index(), good);
  EXPECT_EQ(read(Offset(300), 1)->next, Offset(301));
}

TEST_F(LogChangeTest, CheckpointsAreWrittenOnlyWhenSomethingChanged) {
  open();
  produce(3, {.producer = ProducerId(1), .epoch = 0, .sequence = -1});
  ASSERT_TRUE(checkpoint().ok());
  uint64_t commits = medium->commits();
  EXPECT_FALSE(log->dirty());
  ASSERT_TRUE(checkpoint().ok());
  EXPECT_EQ(medium->commits(), commits);
  log->assign_epoch(Epoch(8));
  EXPECT_TRUE(log->dirty());
  medium->fail_commit_at(1);
  EXPECT_FALSE(checkpoint().ok());
  EXPECT_TRUE(log->dirty());  // comes again
  ASSERT_TRUE(checkpoint().ok());
  kill();
  open();
  EXPECT_EQ(log->latest_epoch(), Epoch(8));
}

TEST_F(LogChangeTest, ARelaxedLogThatWaitsForItsSyncWritesNoCheckpoints) {
  settings.flush_messages = 100;
  open();
  BatchSpec spec{.producer = ProducerId(4), .epoch = 0, .sequence = 0};
  produce(1, spec);
  ASSERT_TRUE(checkpoint().ok());
  EXPECT_FALSE(log->dirty());
  auto job = log->start_sync();
  job->run();
  ASSERT_TRUE(log->finish(std::move(job)).ok());
  EXPECT_TRUE(log->dirty());
  ASSERT_TRUE(checkpoint().ok());
  kill();
  open();
  EXPECT_EQ(report.scanned_bytes, 0u);
  EXPECT_TRUE(append(spec)->duplicate);
}

TEST_F(LogChangeTest, IdleProducersAreForgotten) {
  open();
  produce(1, {.producer = ProducerId(4), .epoch = 0, .sequence = 0});
  ASSERT_TRUE(checkpoint().ok());
  clock.advance_ms(86'400'001);
  log->tick(clock.wall, clock.mono);
  EXPECT_EQ(log->producers().size(), 0u);
  ASSERT_TRUE(checkpoint().ok());
  kill();
  open();
  EXPECT_EQ(log->producers().size(), 0u);
}

}  // namespace
}  // namespace sl::storage
