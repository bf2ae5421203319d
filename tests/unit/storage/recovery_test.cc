// Recovery: torn, corrupt, clean, without an index; and that no flipped bit is ever served.
#include "base/limits.h"
#include "tests/unit/storage/log_fixture.h"

namespace sl::storage {
namespace {

struct RecoveryTest : LogFixture {
  bool has_file(std::string_view ending) {
    for (const auto& name : files())
      if (name.find(ending) != name.npos) return true;
    return false;
  }
};

TEST_F(RecoveryTest, ANewLogIsThereAfterAPowerCut) {
  open();
  power_cut(aio::CrashMode::kNothing);
  EXPECT_EQ(files().size(), 1u);
  open();
  EXPECT_EQ(log->log_end(), Offset(0));
  EXPECT_FALSE(report.rebuilt && report.scanned_bytes > 0);
}

TEST_F(RecoveryTest, FoldersThatADeadProcessMadeAreMadeToLast) {
  ASSERT_TRUE(disk->make_directories("/d/topic/0").ok());
  kill();
  open();
  produce(2);
  power_cut(aio::CrashMode::kNothing);
  open();
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 2));
}

TEST_F(RecoveryTest, CleanStopsScanNothing) {
  settings.segment_bytes = 4096;
  open();
  produce(50, {.records = 2, .value_bytes = 100, .producer = ProducerId(3), .epoch = 0, .sequence = -1});
  int64_t count = log->record_count();
  close();
  auto before = index();
  kill();
  open(true);
  EXPECT_EQ(report.scanned_bytes, 0u);
  EXPECT_FALSE(report.rebuilt);
  EXPECT_EQ(log->record_count(), count);
  EXPECT_FALSE(log->dirty());
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 100));
  produce(1);
  EXPECT_EQ(log->log_end(), Offset(101));
}

TEST_F(RecoveryTest, OnlyWhatLiesPastTheRecoveryPointIsScanned) {
  open();
  produce(20, {.value_bytes = 1000});
  ASSERT_TRUE(checkpoint().ok());
  uint64_t before = log->size_bytes();
  produce(5, {.value_bytes = 1000});
  uint64_t after = log->size_bytes();
  kill();
  open();
  EXPECT_EQ(report.scanned_bytes, after - before);
  EXPECT_FALSE(report.rebuilt);
  EXPECT_EQ(log->log_end(), Offset(25));
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 25));
}

TEST_F(RecoveryTest, AnIndexThatIsLostIsBuiltAgainAndEqual) {
  settings.segment_bytes = 3 << 20;
  open();
  for (int i = 0; i < 800; ++i)
    ASSERT_TRUE(
        append({.records = 3, .value_bytes = 3000, .producer = ProducerId(i % 3), .epoch = 0, .sequence = i / 3 * 3},
               Epoch(1 + i / 300))
            .ok());
  ASSERT_TRUE(write().ok());
  ASSERT_TRUE(checkpoint().ok());
  ASSERT_GT(log->segment_count(), 2u);
  auto grown = index();
  lose_index();
  kill();
  open();
  EXPECT_TRUE(report.rebuilt);
  ASSERT_TRUE(checkpoint().ok());
  EXPECT_EQ(index(), grown);
  EXPECT_EQ(log->record_count(), 2400);
  EXPECT_EQ(log->end_offset_for(Epoch(2)), (EpochEnd{Epoch(2), Offset(1800)}));
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 2400));
}

TEST_F(RecoveryTest, ATornGroupIsCutAndKeptAside) {
  open();
  produce(3);
  ASSERT_TRUE(checkpoint().ok());
  uint64_t synced = log->size_bytes();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(append({.value_bytes = 700}).ok());
  auto job = log->start_write();
  disk->fail_at(aio::DiskOp::kSync, 1, Errc::kSyncFailed);
  job->run();
  log.reset();
  std::string path = segment_path("/d/topic/0", Offset(0));
  // The second batch of the group did not reach the disk, those behind it did.
  kill();
  uint64_t one = (disk->stat(path)->size - synced) / 4;
  std::string zeros(512, '\0');
  ASSERT_TRUE(disk->damage(path, synced + one + 100, as_bytes(zeros)));
  open();
  EXPECT_EQ(log->log_end(), Offset(4));
  EXPECT_EQ(report.cut_bytes, 3 * one);
  EXPECT_TRUE(report.damage.empty());
  EXPECT_TRUE(has_file(".torn-1"));
  EXPECT_EQ(disk->stat("/d/topic/0/00000000000000000000.torn-1")->size, 3 * one);
  EXPECT_EQ(disk->stat(path)->size, synced + one);
  produce(2);
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 6));
}

TEST_F(RecoveryTest, DamageBeforeALaterGroupIsNeverCut) {
  open();
  produce(3);
  ASSERT_TRUE(checkpoint().ok());
  uint64_t begin = log->size_bytes();
  for (int i = 0; i < 5; ++i) produce(1, {.value_bytes = 5 << 20});
  std::string path = active_path();
  kill();
  ASSERT_TRUE(disk->flip(path, begin + 200, 3));
  open();
  EXPECT_EQ(report.cut_bytes, 0u);
  ASSERT_EQ(report.damage.size(), 1u);
  EXPECT_NE(report.damage[0].find(path), std::string::npos) << report.damage[0];
  EXPECT_NE(report.damage[0].find("byte " + std::to_string(begin)), std::string::npos) << report.damage[0];
  EXPECT_EQ(log->log_end(), Offset(8));
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 3));
  EXPECT_EQ(read_error.code, Errc::kCorruptMessage);
  EXPECT_EQ(offsets(Offset(4), 6 << 20), count_up(4, 8));
  produce(1);
  EXPECT_EQ(offsets(Offset(8)), count_up(8, 9));
  EXPECT_TRUE(has_file(".quarantine"));
  // The next life knows it still.
  ASSERT_TRUE(checkpoint().ok());
  kill();
  open();
  EXPECT_EQ(read(Offset(3)).code(), Errc::kCorruptMessage);
  EXPECT_EQ(offsets(Offset(4), 6 << 20), count_up(4, 9));
}

TEST_F(RecoveryTest, TheSameNearTheEndIsATornTail) {
  open();
  produce(6, {.value_bytes = 1000});
  uint64_t one = log->size_bytes() / 6;
  std::string path = active_path();
  lose_index();
  kill();
  ASSERT_TRUE(disk->flip(path, 3 * one + 200, 3));
  open();
  EXPECT_EQ(report.cut_bytes, 3 * one);
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 3));
  EXPECT_TRUE(has_file(".torn-1"));
}

TEST_F(RecoveryTest, RelaxedTopicsCutWhateverIsBadPastTheRecoveryPoint) {
  settings.flush_messages = 1000;
  open();
  for (int i = 0; i < 5; ++i) produce(1, {.value_bytes = 5 << 20});
  std::string path = active_path();
  kill();
  ASSERT_TRUE(disk->flip(path, 5000, 3));
  open();
  EXPECT_TRUE(report.damage.empty());
  EXPECT_EQ(log->log_end(), Offset(0));
  EXPECT_GT(report.cut_bytes, uint64_t{25} << 20);
}

TEST_F(RecoveryTest, DamageInASealedSegmentIsNeverCut) {
  settings.segment_bytes = 4096;
  open();
  produce(40, {.records = 1, .value_bytes = 500});
  ASSERT_GT(log->segment_count(), 3u);
  Segment& second = *log->segments()[1];
  Offset base = second.base;
  std::string path = segment_path(log->directory(), base);
  lose_index();
  kill();
  ASSERT_TRUE(disk->flip(path, 1000, 0));
  open();
  EXPECT_EQ(report.cut_bytes, 0u);
  ASSERT_EQ(report.damage.size(), 1u);
  EXPECT_EQ(log->log_end(), Offset(40));
  EXPECT_EQ(offsets(Offset(0)), count_up(0, base.value + 1));
  EXPECT_EQ(read_error.code, Errc::kCorruptMessage);
  EXPECT_EQ(offsets(base + 2), count_up(base.value + 2, 40));
}

// A record that holds a batch of later offsets: where its own batch is damaged, nothing goes on there.
TEST_F(RecoveryTest, WhatLiesInADamagedRecordClaimsNoOffsets) {
  settings.segment_bytes = 4096;
  Slice inner = batch({.value_bytes = 300});
  record::set_base_offset(MutableBytes(const_cast<uint8_t*>(inner.bytes.data()), inner.bytes.size()), Offset(50));
  auto outer = [&] {
    record::BatchBuilder builder(buffers, 4096);
    EXPECT_TRUE(builder.append(1, std::nullopt, inner.bytes));
    return builder.finish({});
  };
  open();
  produce(2);
  uint64_t begin = log->size_bytes();
  ASSERT_TRUE(log->append(outer(), Epoch(1)).ok());
  produce(17, {.value_bytes = 500});
  uint64_t begin_last = log->segments().back()->stats.bytes;
  std::string first = segment_path(log->directory(), Offset(0)), last = active_path();
  int64_t second_outer = log->log_end().value;
  ASSERT_TRUE(log->append(outer(), Epoch(1)).ok());
  ASSERT_TRUE(write().ok());
  ASSERT_EQ(active_path(), last);
  close();
  ASSERT_TRUE(disk->flip(last, begin_last + 70, 0));
  open(true);  // found by a read
  EXPECT_EQ(read(Offset(second_outer)).code(), Errc::kCorruptMessage);
  produce(1);
  EXPECT_EQ(offsets(Offset(second_outer + 1)), count_up(second_outer + 1, second_outer + 2));
  ASSERT_TRUE(disk->flip(first, begin + 70, 0));
  lose_index();
  kill();
  open();  // found by a recovery
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 2));
  EXPECT_EQ(offsets(Offset(3)), count_up(3, second_outer));
}

// Damage is noted by its offsets, and a truncation gives these to other records.
TEST_F(RecoveryTest, ANoteOfDamageEndsWithATruncation) {
  settings.segment_bytes = 4096;
  open();
  produce(20, {.value_bytes = 500});
  std::string path = segment_path(log->directory(), Offset(0));
  lose_index();
  kill();
  ASSERT_TRUE(disk->flip(path, 1300, 0));
  open();
  ASSERT_EQ(report.damage.size(), 1u);
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 2));
  EXPECT_TRUE(has_file(".quarantine"));
  ASSERT_TRUE(truncate(Offset(1)).ok());
  produce(4, {.value_bytes = 500});
  close();
  open(true);
  EXPECT_TRUE(report.damage.empty());
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 5));
}

TEST_F(RecoveryTest, ANoteBeyondTheEndRefusesNothing) {
  open();
  produce(2);
  close();
  ASSERT_TRUE(disk->replace(note_path("/d/topic/0", Offset(0)), as_bytes("6 4 2 3\n0 9 9 7\nx y z 1\n")).ok());
  open(true);
  produce(2);
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 4));
}

// Offsets that leave no room for more are nobody's: not a file's name, nor, where a batch may stand for many, a
// batch's.
TEST_F(RecoveryTest, OffsetsAtTheEndOfAllNumbersAreNotBelieved) {
  settings.compact = true;
  open();
  produce(2);
  uint64_t begin = log->size_bytes();
  produce(1);
  std::string path = active_path();
  kill();
  uint8_t far[8];
  store_be(far, (int64_t{1} << 61) + 1);
  ASSERT_TRUE(disk->damage(path, begin, far));
  ASSERT_TRUE(disk->replace("/d/topic/0/09223372036854775799.log", {}).ok());
  open();
  EXPECT_EQ(log->log_end(), Offset(2));
  produce(1);
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 3));
}

TEST_F(RecoveryTest, ARecordMayHoldASegmentOfItsOwn) {
  open();
  for (int i = 0; i < 3; ++i) produce(1, {.value_bytes = 6 << 20});
  std::string inner;
  inner.resize(disk->stat(active_path())->size);
  {
    auto file = disk->open(active_path(), FileSystem::Mode::kRead);
    ASSERT_TRUE((*file)->read_at({reinterpret_cast<uint8_t*>(inner.data()), inner.size()}, 0).ok());
  }
  inner.resize(9 << 20);
  produce(1);
  ASSERT_TRUE(checkpoint().ok());
  record::BatchBuilder builder(buffers, 12 << 20);
  ASSERT_TRUE(builder.append(1, std::nullopt, as_bytes(inner)));
  uint64_t begin = log->size_bytes();
  ASSERT_TRUE(log->append(builder.finish({}), Epoch(1)).ok());
  ASSERT_TRUE(write().ok());
  std::string path = active_path();
  kill();
  ASSERT_TRUE(disk->flip(path, begin + 30, 1));  // the outer batch is torn; the inner ones are whole
  open();
  EXPECT_TRUE(report.damage.empty());
  EXPECT_EQ(log->log_end(), Offset(4));
  EXPECT_EQ(offsets(Offset(0), 8 << 20), count_up(0, 4));
}

TEST_F(RecoveryTest, AnEpochThatWasFlippedUpwardsDoesNotCondemnWhatFollows) {
  settings.segment_bytes = 1 << 20;
  open();
  produce(10, {.value_bytes = 500}, Epoch(2));
  uint64_t one = log->size_bytes() / 10;
  std::string path = active_path();
  lose_index();
  kill();
  ASSERT_TRUE(disk->flip(path, 4 * one + 13, 6));  // leader epoch of the fifth batch
  open();
  EXPECT_EQ(report.cut_bytes, 0u);
  EXPECT_EQ(log->log_end(), Offset(10));
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 4));
  EXPECT_EQ(read_error.code, Errc::kCorruptMessage);
  EXPECT_EQ(offsets(Offset(5)), count_up(5, 10));
  EXPECT_EQ(log->latest_epoch(), Epoch(2));
}

TEST_F(RecoveryTest, ANegativeEpochIsTakenBehindNoOther) {
  settings.segment_bytes = 1 << 20;
  open();
  produce(2, {.value_bytes = 500}, Epoch(2));
  uint64_t one = log->size_bytes() / 2;
  std::string path = active_path();
  lose_index();
  kill();
  ASSERT_TRUE(disk->flip(path, 13, 6));
  ASSERT_TRUE(disk->flip(path, one + 12, 7));  // the sign
  open();
  // No reader would take the second batch.
  EXPECT_EQ(report.cut_bytes, one);
  EXPECT_EQ(log->log_end(), Offset(1));
}

// Bits flipped anywhere before the checkpoint: every one is found by a read, none is served, nothing is cut.
TEST_F(RecoveryTest, FlippedBitsBeforeTheCheckpointAreAllFound) {
  settings.segment_bytes = 30'000;
  open();
  for (int i = 0; i < 60; ++i) produce(1, {.records = 3, .value_bytes = 300}, Epoch(1 + i / 20));
  ASSERT_TRUE(checkpoint().ok());
  std::vector<std::pair<std::string, uint64_t>> segments;
  for (const auto& segment : log->segments())
    segments.emplace_back(segment_path(log->directory(), segment->base), segment->stats.bytes);
  log.reset();
  auto intact = disk->clone();
  for (int round = 0; round < 1000; ++round) {
    boot(intact->clone());
    auto& [path, bytes] = segments[random.below(segments.size())];
    uint64_t byte = random.below(bytes);
    ASSERT_TRUE(disk->flip(path, byte, static_cast<unsigned>(random.below(8))));
    open();
    EXPECT_EQ(log->log_end(), Offset(180));
    EXPECT_EQ(report.cut_bytes, 0u);
    auto read_back = offsets(Offset(0), 1 + random.below(4000));
    ASSERT_EQ(read_error.code, Errc::kCorruptMessage) << path << " " << byte;
    ASSERT_NE(read_error.context.find(path), std::string::npos) << read_error.context;
    ASSERT_EQ(read_back, count_up(0, static_cast<int64_t>(read_back.size())));
    // What lies behind the damage is served.
    int64_t behind = static_cast<int64_t>(read_back.size()) + 3;
    if (behind < 180) {
      ASSERT_EQ(offsets(Offset(behind)), count_up(behind, 180)) << path << " " << byte;
    }
  }
}

TEST_F(RecoveryTest, AStaleIndexIsBroughtUpToDate) {
  settings.segment_bytes = 4096;
  open();
  for (int i = 0; i < 30; ++i) {
    produce(3, {.value_bytes = 300});
    ASSERT_TRUE(checkpoint().ok());
  }
  store->close();
  medium->make_stale("/d/index.lmdb", 17);
  kill();
  open();
  EXPECT_EQ(log->log_end(), Offset(90));
  EXPECT_EQ(log->record_count(), 90);
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 90));
}

TEST_F(RecoveryTest, AnIndexOfAnotherTimeIsNotBelieved) {
  open();
  produce(10, {.value_bytes = 300});
  ASSERT_TRUE(checkpoint().ok());
  ASSERT_TRUE(truncate(Offset(2)).ok());
  produce(20, {.records = 2, .value_bytes = 130}, Epoch(2));
  ASSERT_TRUE(checkpoint().ok());
  store->close();
  medium->make_stale("/d/index.lmdb", 2);
  kill();
  open();
  EXPECT_TRUE(report.rebuilt);
  EXPECT_EQ(log->log_end(), Offset(42));
  EXPECT_EQ(log->end_offset_for(Epoch(1)), (EpochEnd{Epoch(1), Offset(2)}));
  EXPECT_EQ(offsets(Offset(0)), count_up(0, 42));
}

TEST_F(RecoveryTest, ALogThatLostItsSyncedEndSaysSo) {
  open();
  produce(10);
  ASSERT_TRUE(checkpoint().ok());
  uint64_t one = log->size_bytes() / 10;
  std::string path = active_path();
  kill();
  {
    auto file = disk->open(path, FileSystem::Mode::kReadWrite);
    ASSERT_TRUE((*file)->truncate(4 * one).ok());
  }
  open();
  EXPECT_TRUE(report.lost_synced);
  EXPECT_EQ(log->log_end(), Offset(4));
  EXPECT_NE(logger.text.find("had been synced"), std::string::npos);
}

TEST_F(RecoveryTest, AMissingSegmentIsAHoleThatIsRefused) {
  settings.segment_bytes = 1000;
  open();
  produce(12, {.value_bytes = 350});
  ASSERT_GT(log->segment_count(), 4u);
  Offset base = log->segments()[2]->base;
  Offset next = log->segments()[3]->base;
  std::string path = segment_path(log->directory(), base);
  kill();
  ASSERT_TRUE(disk->remove(path).ok());
  open();
  EXPECT_EQ(report.damage.size(), 1u);
  EXPECT_EQ(log->log_end(), Offset(12));
  EXPECT_EQ(offsets(Offset(0)), count_up(0, base.value));
  EXPECT_EQ(read_error.code, Errc::kCorruptMessage);
  EXPECT_EQ(offsets(next), count_up(next.value, 12));
}

TEST_F(RecoveryTest, PowerCutsDuringAGroupWriteKeepWhatWasSynced) {
  settings.segment_bytes = 4096;
  open();
  produce(30, {.records = 2, .value_bytes = 100});
  ASSERT_TRUE(checkpoint().ok());
  produce(7, {.records = 2, .value_bytes = 100});
  auto intact = disk->clone();
  auto intact_index = medium->clone();
  log.reset();
  int kept = 0;
  for (int life = 0; life < 200; ++life) {
    store.reset();
    opener.reset();
    medium = intact_index->clone();
    boot(intact->clone());
    open();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(append({.records = 2, .value_bytes = 300}).ok());
    disk->cut_after(random.below(8));  // the power goes before the group is synced, or after
    bool synced = write().ok();
    Offset end = log->synced_end();
    power_cut(aio::kCrashModes[static_cast<size_t>(life) % aio::kCrashModes.size()]);
    open();
    EXPECT_TRUE(report.damage.empty());
    ASSERT_GE(log->log_end(), std::max(end, Offset(74)));
    ASSERT_LE(log->log_end(), Offset(84));
    if (synced) {
      ASSERT_EQ(log->log_end(), Offset(84));
    }
    kept += log->log_end() > Offset(74) ? 1 : 0;
    ASSERT_EQ(offsets(Offset(0)), count_up(0, log->log_end().value));
    ASSERT_EQ(log->record_count(), log->log_end().value);
  }
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, 200);
}

}  // namespace
}  // namespace sl::storage
