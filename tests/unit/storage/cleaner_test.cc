// Compaction on a simulated disk: what stays, what goes, what never changes, and what a crash leaves.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <set>

#include "storage/clean_job.h"
#include "tests/unit/storage/log_fixture.h"

namespace sl::storage {
namespace {

struct Keyed {
  std::string key;
  std::optional<std::string> value;
  int64_t timestamp_ms = 1'700'000'000'000;
};

struct Seen {
  int64_t offset = 0;
  std::string key;
  std::optional<std::string> value;
  int64_t timestamp_ms = 0;
  bool operator==(const Seen&) const = default;
};

class CleanerTest : public LogFixture {
 protected:
  CleanerTest() {
    settings.compact = true;
    settings.delete_old = false;
    settings.segment_bytes = 1000;
    settings.min_cleanable_dirty_ratio = 0;
  }

  Slice keyed(const std::vector<Keyed>& records, record::BatchStamp stamp = {},
              record::Codec codec = record::Codec::kNone) {
    record::BatchBuilder builder(buffers, 12 << 20, 4096);
    for (const Keyed& one : records) {
      std::optional<Bytes> value;
      if (one.value) value = as_bytes(*one.value);
      EXPECT_TRUE(builder.append(one.timestamp_ms, as_bytes(one.key), value));
    }
    return builder.finish(stamp, codec, record::kDefaultLevel, compressor);
  }
  void put(const std::vector<Keyed>& records, record::BatchStamp stamp = {},
           record::Codec codec = record::Codec::kNone) {
    auto appended = log->append(keyed(records, stamp, codec), epoch);
    ASSERT_TRUE(appended.ok()) << appended.error().context;
    for (size_t i = 0; i < records.size(); ++i) model[appended->base.value + static_cast<int64_t>(i)] = records[i];
    ASSERT_TRUE(write().ok());
  }
  // Seals what is there, with records of a key of its own.
  void seal() {
    put({{"filler", std::string(990 - 100, 'f')}});
    put({{"filler", std::string(990 - 100, 'f')}});
    ASSERT_TRUE(checkpoint().ok());
  }
  std::unique_ptr<CleanJob> begin() { return log->start_clean(options, clock.wall_ms(), log->readable_end()); }
  // Runs a pass; the error is that of the job.
  Status clean() {
    auto job = begin();
    if (!job) return Errc::kNotFound;
    for (;;) {
      job->run();
      if (job->state() == CleanJob::State::kSwap) {
        auto swap = log->start_swap(*job);
        if (!swap) {
          job->give_up();
          job->run();
          log->finish(std::move(job));
          return std::move(swap).error();
        }
        (*swap)->run();
        ++swaps;
        if (auto done = log->finish(*job, *std::move(swap)); !done) {
          job->run();
          log->finish(std::move(job));
          return done;
        }
        continue;
      }
      if (job->state() == CleanJob::State::kWorking) continue;
      Status result = job->state() == CleanJob::State::kDone ? Status() : Status(job->error());
      log->finish(std::move(job));
      return result;
    }
  }
  // All records that can be read; batches must follow each other without a hole.
  std::vector<Seen> records(Offset from = Offset(0)) {
    std::vector<Seen> all;
    record::Decompressor decompressor;
    read_error = {};
    bool first = true;
    for (;;) {
      auto result = read(from, 300);
      if (!result) {
        read_error = std::move(result).error();
        ADD_FAILURE() << read_error.context;
        return all;
      }
      if (result->bytes == 0) break;
      for (const Slice& slice : result->slices)
        for (Bytes left = slice.bytes; !left.empty();) {
          record::BatchView view = *record::parse_batch(left);
          left = left.subspan(view.size());
          EXPECT_TRUE(view.crc_ok());
          EXPECT_TRUE(first || view.base_offset() == from);
          first = false;
          from = view.next_offset();
          auto cursor = record::RecordCursor::open(view, decompressor);
          EXPECT_TRUE(cursor.ok());
          record::RecordView record;
          for (;;) {
            auto more = cursor->next(record);
            EXPECT_TRUE(more.ok());
            if (!more.ok() || !*more) break;
            Seen seen{record.offset.value, std::string(as_text(*record.key)), std::nullopt, record.timestamp_ms};
            if (record.value) seen.value = std::string(as_text(*record.value));
            all.push_back(std::move(seen));
          }
        }
      EXPECT_EQ(result->next, from);
    }
    EXPECT_EQ(from, log->readable_end());
    return all;
  }
  // What is read was written, at that offset; the newest of each key is there; counts are exact.
  void check() {
    std::vector<Seen> all = records(log->log_start());
    int64_t counted = 0;
    std::map<std::string, int64_t> newest, found;
    for (const auto& [offset, record] : model) newest[record.key] = offset;
    for (const Seen& seen : all) {
      ASSERT_TRUE(model.contains(seen.offset));
      const Keyed& wrote = model[seen.offset];
      EXPECT_EQ(seen, (Seen{seen.offset, wrote.key, wrote.value, wrote.timestamp_ms}));
      if (seen.offset < log->log_start().value) continue;
      ++counted;
      found[seen.key] = seen.offset;
    }
    for (const auto& [key, offset] : newest) {
      if (offset < log->log_start().value) continue;
      if (gone.contains(key))
        EXPECT_FALSE(found.contains(key)) << key;
      else
        EXPECT_EQ(found[key], offset) << key;
    }
    EXPECT_EQ(log->record_count(), counted);
    uint64_t bytes = 0;
    for (const auto& segment : log->segments()) bytes += segment->stats.bytes;
    EXPECT_EQ(log->size_bytes(), bytes);
  }
  std::vector<int64_t> kept() {
    std::vector<int64_t> all;
    for (const Seen& seen : records(log->log_start()))
      if (seen.key != "filler") all.push_back(seen.offset);
    return all;
  }

  CleanOptions options{{1, 2}, 1 << 20, 1 << 20};
  record::Compressor compressor;
  std::map<int64_t, Keyed> model;
  std::set<std::string> gone;
  Epoch epoch{1};
  int swaps = 0;
};

TEST(CleanerMap, TheHashIsSipHash128) {
  uint8_t secret[16], input[15];
  for (uint8_t i = 0; i < 16; ++i) secret[i] = i;
  for (uint8_t i = 0; i < 15; ++i) input[i] = i;
  HashSecret words;
  std::memcpy(&words.first, secret, 8);
  std::memcpy(&words.second, secret + 8, 8);
  auto hex = [&](size_t bytes) {
    KeyHash hash = hash_key(words, Bytes(input, bytes));
    uint8_t out[16];
    std::memcpy(out, &hash.high, 8);
    std::memcpy(out + 8, &hash.low, 8);
    std::string text;
    for (uint8_t byte : out) text += fmt::format("{:02x}", byte);
    return text;
  };
  EXPECT_EQ(hex(0), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(hex(1), "da87c1d86b99af44347659119b22fc45");
}

TEST(CleanerMap, TheMapKeepsItsBoundAndForgetsNothing) {
  OffsetMap map(Offset(1000), 400'000);
  int64_t taken = 0;
  auto key = [](int64_t i) { return hash_key({3, 4}, as_bytes(std::to_string(i))); };
  while (map.put(key(taken), Offset(1000 + taken))) ++taken;
  EXPECT_LE(map.bytes(), 400'000u);
  EXPECT_GT(taken, 400'000 / 20 * 2 / 3);
  EXPECT_TRUE(map.put(key(5), Offset(1'000'000)));
  for (int64_t i = 0; i < taken; ++i) EXPECT_EQ(map.find(key(i)), Offset(i == 5 ? 1'000'000 : 1000 + i));
  EXPECT_FALSE(map.find(key(taken + 7)));
  EXPECT_FALSE(map.put(key(1), Offset(1000 + int64_t{UINT32_MAX})));
}

TEST_F(CleanerTest, TheNewestOfEachKeyStaysWhereItWas) {
  open();
  for (int i = 0; i < 50; ++i) put({{"a" + std::to_string(i % 7), "v" + std::to_string(i)}, {"b", std::to_string(i)}});
  seal();
  int64_t end = log->log_end().value;
  ASSERT_TRUE(clean().ok());
  EXPECT_EQ(log->log_end().value, end);
  EXPECT_GT(swaps, 0);
  check();
  EXPECT_LE(kept().size(), 8u + 14);  // the active segment is not looked at
  EXPECT_EQ(clean().code(), Errc::kNotFound);
  // As it is, and again from nothing but the files.
  auto before = records();
  ASSERT_TRUE(checkpoint().ok());
  auto rows = index();
  kill();
  open();
  EXPECT_EQ(records(), before);
  EXPECT_EQ(report.scanned_bytes, 0u);
  kill();
  lose_index();
  kill();
  open();
  EXPECT_TRUE(report.rebuilt);
  EXPECT_EQ(records(), before);
  EXPECT_TRUE(report.damage.empty());
  check();
}

TEST_F(CleanerTest, SmallNeighboursBecomeOneSegment) {
  open();
  for (int i = 0; i < 200; ++i) put({{"k" + std::to_string(i % 3), std::string(60, 'v')}});
  seal();
  size_t segments = log->segment_count();
  size_t count = files().size();
  ASSERT_TRUE(clean().ok());
  EXPECT_LT(log->segment_count(), segments / 4);
  EXPECT_LT(files().size(), count / 2);
  check();
}

TEST_F(CleanerTest, ATombstoneStaysForItsTimeAndNothingComesBack) {
  settings.delete_retention_ms = 1000;
  open();
  put({{"x", "old"}, {"y", "1"}});
  put({{"z", "2"}, {"x", std::nullopt}});
  seal();
  ASSERT_TRUE(clean().ok());
  EXPECT_EQ(kept(), (std::vector<int64_t>{1, 2, 3}));
  check();
  ASSERT_TRUE(checkpoint().ok());
  kill();
  open();
  EXPECT_FALSE(log->clean_due(clock.wall_ms(), log->readable_end()));
  clock.advance_ms(999);
  EXPECT_FALSE(log->clean_due(clock.wall_ms(), log->readable_end()));
  clock.advance_ms(1);
  ASSERT_TRUE(clean().ok());
  EXPECT_EQ(kept(), (std::vector<int64_t>{1, 2}));
  gone = {"x"};
  check();
  ASSERT_TRUE(checkpoint().ok());
  EXPECT_EQ(clean().code(), Errc::kNotFound);
}

// Whoever began at the start and is at the end within the time has seen that the key went, whatever was compacted on
// the way; whoever comes later sees nothing of it.
TEST_F(CleanerTest, ASlowReaderSeesTheTombstoneWithinItsTime) {
  settings.delete_retention_ms = 1000;
  open();
  put({{"x", "old"}});
  for (int i = 0; i < 60; ++i) put({{"k" + std::to_string(i), std::string(60, '.')}});
  put({{"x", std::nullopt}});
  seal();
  std::map<std::string, bool> there;
  record::Decompressor decompressor;
  int batches = 0;
  for (Offset from(0); from < log->readable_end(); ++batches) {
    auto result = read(from, 1);
    ASSERT_TRUE(result.ok()) << result.error().context;
    auto cursor = record::RecordCursor::open(record::BatchView(result->slices[0].bytes), decompressor);
    record::RecordView record;
    while (*cursor->next(record)) there[std::string(as_text(*record.key))] = record.value.has_value();
    from = result->next;
    if (batches % 8 != 0) continue;
    clock.advance_ms(100);
    put({{"w", std::to_string(batches) + std::string(900, '.')}});
    ASSERT_TRUE(checkpoint().ok());
    (void)clean();
    ASSERT_TRUE(checkpoint().ok());
  }
  EXPECT_GT(batches, 60);
  EXPECT_GT(swaps, 3);
  ASSERT_TRUE(there.contains("x"));
  EXPECT_FALSE(there["x"]);
  clock.advance_ms(1000);
  ASSERT_TRUE(clean().ok());
  gone = {"x"};
  check();
}

// Two clean segments, of which the index does not know the one with the tombstone again yet.
TEST_F(CleanerTest, ATombstonesTimeIsNotForgotten) {
  settings.delete_retention_ms = 1000;
  open();
  for (int i = 0; i < 9; ++i) put({{"k" + std::to_string(i), std::string(60, '.')}});
  put({{"x", "old"}});
  put({{"x", std::nullopt}});
  seal();
  ASSERT_TRUE(clean().ok());
  ASSERT_GT(log->segment_count(), 2u);
  clock.advance_ms(2000);
  EXPECT_EQ(clean().code(), Errc::kNotFound);
  ASSERT_TRUE(checkpoint().ok());
  ASSERT_TRUE(clean().ok());
  gone = {"x"};
  check();
}

TEST_F(CleanerTest, RetentionMayTakeWhatIsBeingCompacted) {
  settings.delete_old = true;
  open();
  for (int i = 0; i < 60; ++i) put({{"k" + std::to_string(i % 50), std::string(60, '.')}});
  seal();
  options.step_bytes = 1;
  auto job = begin();
  job->run();
  settings.retention_bytes = 1000;
  log->set_settings(settings);
  auto retention = log->start_retention(clock.wall_ms(), log->readable_end());
  ASSERT_TRUE(retention);
  retention->run();
  ASSERT_TRUE(log->finish(std::move(retention)).ok());
  while (job->state() == CleanJob::State::kWorking) job->run();
  EXPECT_EQ(job->state(), CleanJob::State::kFailed);
  EXPECT_EQ(job->error().code, Errc::kCancelled);
  log->finish(std::move(job));
  EXPECT_FALSE(records(log->log_start()).empty());
}

TEST_F(CleanerTest, CompressedBatchesAreCompressedAgain) {
  open();
  for (auto codec : {record::Codec::kGzip, record::Codec::kSnappy, record::Codec::kLz4, record::Codec::kZstd}) {
    std::vector<Keyed> records;
    for (int i = 0; i < 20; ++i)
      records.push_back({"k" + std::to_string(i % 5), std::string(40, 'x'), 1'700'000'000'000 + i});
    records.push_back({"gone", std::nullopt});
    put(records, {}, codec);
  }
  seal();
  ASSERT_TRUE(clean().ok());
  check();
  EXPECT_EQ(kept().size(), 6u);
  auto batch = read(Offset(3 * 21 + 15));
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(record::parse_batch(batch->slices[0].bytes)->codec(), record::Codec::kZstd);
}

TEST_F(CleanerTest, AProducersLastBatchKeepsItsSequence) {
  open();
  record::BatchStamp stamp;
  stamp.producer_id = ProducerId(5);
  stamp.producer_epoch = 3;
  for (int i = 0; i < 4; ++i) {
    stamp.base_sequence = i;
    put({{"k", std::to_string(i)}}, stamp);
  }
  put({{"k", "last"}});
  seal();
  ASSERT_TRUE(clean().ok());
  EXPECT_EQ(kept(), (std::vector<int64_t>{4}));
  kill();
  lose_index();
  kill();
  open();
  stamp.base_sequence = 3;
  auto again = log->append(keyed({{"k", "3"}}, stamp), epoch);
  ASSERT_TRUE(again.ok()) << again.error().context;
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->base, Offset(3));
  stamp.base_sequence = 9;
  EXPECT_EQ(log->append(keyed({{"k", "9"}}, stamp), epoch).code(), Errc::kOutOfOrderSequenceNumber);
  stamp.base_sequence = 4;
  EXPECT_FALSE(log->append(keyed({{"k", "4"}}, stamp), epoch)->duplicate);
}

TEST_F(CleanerTest, AKeyTooManyWaitsForTheNextPass) {
  options.map_bytes = 0;  // as little as there is
  open();
  for (int i = 0; i < 9000; ++i) {
    put({{"k" + std::to_string(i % 4500), std::to_string(i)}});
    if (HasFatalFailure()) return;
  }
  seal();
  int passes = 0;
  while (clean().ok()) {
    ++passes;
    check();
    ASSERT_TRUE(checkpoint().ok());
    ASSERT_LT(passes, 50);
  }
  EXPECT_GT(passes, 1);
  EXPECT_LE(kept().size(), 4500u + 20);
}

TEST_F(CleanerTest, EpochsAreKnownAsBefore) {
  open();
  for (int i = 0; i < 60; ++i) {
    epoch = Epoch(1 + i / 10);
    put({{"k", std::to_string(i) + std::string(40, '.')}});
  }
  seal();
  auto before = std::vector<EpochStart>(log->epochs().starts().begin(), log->epochs().starts().end());
  EXPECT_EQ(before.size(), 6u);
  ASSERT_TRUE(clean().ok());
  check();
  kill();
  lose_index();
  kill();
  open();
  auto after = std::vector<EpochStart>(log->epochs().starts().begin(), log->epochs().starts().end());
  EXPECT_EQ(before, after);
  check();
}

TEST_F(CleanerTest, ReadersGoOnWhileSegmentsAreSwapped) {
  open();
  for (int i = 0; i < 60; ++i) put({{"k" + std::to_string(i % 3), std::to_string(i) + std::string(50, '.')}});
  seal();
  auto job = begin();
  do job->run();
  while (job->state() == CleanJob::State::kWorking);
  ASSERT_EQ(job->state(), CleanJob::State::kSwap);
  auto early = log->plan_read(Offset(10), 200, log->readable_end());
  ASSERT_TRUE(early.ok() && early->job);
  auto swap = log->start_swap(*job);
  ASSERT_TRUE(swap.ok());
  EXPECT_EQ(log->start_truncate(Offset(5)).code(), Errc::kWouldBlock);
  EXPECT_EQ(log->start_log_start(Offset(5), log->readable_end()).code(), Errc::kWouldBlock);
  (*swap)->run();
  // Names are new, the log does not know it yet: the old bytes are read.
  auto middle = read(Offset(10), 200);
  ASSERT_TRUE(middle.ok()) << middle.error().context;
  EXPECT_EQ(record::parse_batch(middle->slices[0].bytes)->base_offset(), Offset(10));
  EXPECT_EQ(record::parse_batch(middle->slices[0].bytes)->record_count(), 1);
  auto late = log->plan_read(Offset(20), 200, log->readable_end());
  ASSERT_TRUE(late.ok() && late->job);
  late->job->run();
  early->job->run();
  ASSERT_TRUE(log->finish(*job, *std::move(swap)).ok());
  EXPECT_EQ(log->finish(std::move(early->job)).code(), Errc::kOffsetNotAvailable);
  EXPECT_EQ(log->finish(std::move(late->job)).code(), Errc::kOffsetNotAvailable);
  for (const auto& segment : log->segments()) EXPECT_TRUE(segment->damaged.empty());
  EXPECT_FALSE(log->rebuild_due());
  job->give_up();
  job->run();
  log->finish(std::move(job));
  check();
}

TEST_F(CleanerTest, ATruncationOrRetentionMakesThePassVoid) {
  open();
  for (int i = 0; i < 60; ++i) put({{"k" + std::to_string(i % 3), std::to_string(i) + std::string(50, '.')}});
  seal();
  auto job = begin();
  do job->run();
  while (job->state() == CleanJob::State::kWorking);
  ASSERT_EQ(job->state(), CleanJob::State::kSwap);
  ASSERT_TRUE(truncate(Offset(55)).ok());
  while (!model.empty() && model.rbegin()->first >= 55) model.erase(std::prev(model.end()));
  EXPECT_EQ(log->start_swap(*job).code(), Errc::kCancelled);
  job->give_up();
  job->run();
  log->finish(std::move(job));
  check();
  for (const std::string& name : files()) EXPECT_FALSE(name.ends_with(".cleaned"));
}

TEST_F(CleanerTest, RecordsBeforeTheLogStartGoAndCountsStayExact) {
  open();
  for (int i = 0; i < 60; ++i)
    put({{"k" + std::to_string(i), std::string(30, '.')}, {"l" + std::to_string(i % 4), std::string(30, '.')}});
  ASSERT_TRUE(move_log_start(Offset(27)).ok());
  seal();
  check();
  ASSERT_TRUE(clean().ok());
  check();
  // A crash before the next checkpoint: the stored count is no longer that of the file.
  kill();
  open();
  EXPECT_EQ(log->log_start(), Offset(27));
  check();
}

TEST_F(CleanerTest, WhatIsDamagedStaysAndKeepsItsTombstones) {
  settings.delete_retention_ms = 0;
  open();
  put({{"x", std::string(600, 'o')}});
  put({{"w", std::string(600, 'o')}});
  put({{"y", std::string(600, '1')}});
  put({{"x", std::nullopt}, {"w", std::nullopt}});
  put({{"y", std::string(600, '2')}});
  seal();
  std::string path = segment_path(log->directory(), log->segments()[1]->base);
  uint8_t bad[1] = {7};
  ASSERT_TRUE(disk->damage(path, 100, bad));
  (void)clean();
  EXPECT_NE(logger.text.find("damage: '" + path + "' is damaged at byte 0"), std::string::npos) << logger.text;
  ASSERT_TRUE(checkpoint().ok());
  clock.advance_ms(10);
  (void)clean();
  ASSERT_TRUE(checkpoint().ok());
  auto tombstone = read(Offset(3));
  ASSERT_TRUE(tombstone.ok()) << tombstone.error().context;
  EXPECT_EQ(record::parse_batch(tombstone->slices[0].bytes)->record_count(), 2);
  EXPECT_EQ(log->plan_read(Offset(1), 1000, log->readable_end()).ok(), true);
  EXPECT_EQ(read(Offset(1)).code(), Errc::kCorruptMessage);
  EXPECT_EQ(record::parse_batch(read(Offset(0))->slices[0].bytes)->record_count(), 0);
}

// No CRC covers a batch's offset: in a log without holes a wrong one is noticed, in one that was compacted as in any.
TEST_F(CleanerTest, AWrongOffsetIsDamageThereToo) {
  settings.segment_bytes = 4000;
  open();
  record::BatchStamp stamp;
  stamp.producer_id = ProducerId(5);
  stamp.producer_epoch = 0;
  for (int i = 0; i < 60; ++i) {
    stamp.base_sequence = i;
    put({{i % 20 == 0 ? "k" + std::to_string(i) : "same", std::string(100, '.')}}, stamp);
  }
  seal();
  ASSERT_TRUE(clean().ok());
  check();
  // 20 stands alone, behind a batch without records for those that went.
  auto batch = read(Offset(20), 1);
  ASSERT_TRUE(batch.ok());
  Slice whole = batch->slices[0];
  const Segment& first = *log->segments()[0];
  std::string path = segment_path(log->directory(), first.base);
  std::string bytes = *disk->read_whole(path, 1 << 20);
  size_t at = bytes.find(as_text(whole.bytes));
  ASSERT_NE(at, bytes.npos);
  uint8_t wrong[1] = {25};
  ASSERT_TRUE(disk->damage(path, at + 7, wrong));
  kill();
  open();
  EXPECT_EQ(read(Offset(20)).code(), Errc::kCorruptMessage);
  EXPECT_TRUE(read(Offset(0)).ok());
  auto behind = read(Offset(40));
  ASSERT_TRUE(behind.ok()) << behind.error().context;
  EXPECT_EQ(record::parse_batch(behind->slices[0].bytes)->base_offset(), Offset(40));
}

TEST_F(CleanerTest, LagsAndRatioSayWhen) {
  settings.min_cleanable_dirty_ratio = 0.5;
  settings.min_compaction_lag_ms = 5000;
  open();
  for (int i = 0; i < 60; ++i) put({{"k" + std::to_string(i), std::string(50, '.')}});
  seal();
  auto due = [&] { return log->clean_due(clock.wall_ms(), log->readable_end()).has_value(); };
  EXPECT_FALSE(due());
  clock.advance_ms(5000);
  EXPECT_TRUE(due());
  EXPECT_FALSE(log->clean_due(clock.wall_ms(), Offset(1)));  // at or above the high watermark
  ASSERT_TRUE(clean().ok());
  ASSERT_TRUE(checkpoint().ok());
  for (int i = 0; i < 12; ++i) put({{"k" + std::to_string(i), std::string(50, '.')}});
  seal();
  clock.advance_ms(5000);
  EXPECT_FALSE(due());  // a little is dirty, less than half
  settings.max_compaction_lag_ms = 20'000;
  log->set_settings(settings);
  EXPECT_FALSE(due());
  clock.advance_ms(20'000);
  EXPECT_TRUE(due());
  // The active one is overdue as well and is sealed.
  size_t segments = log->segment_count();
  ASSERT_TRUE(write().ok());
  EXPECT_EQ(log->segment_count(), segments + 1);
  settings.compact = false;
  log->set_settings(settings);
  EXPECT_FALSE(due());
}

TEST_F(CleanerTest, WithoutRoomOnTheDiskNothingChanges) {
  open();
  for (int i = 0; i < 60; ++i) put({{"k" + std::to_string(i), std::string(50, '.')}, {"l", "1"}});
  seal();
  auto before = files();
  disk->options().capacity_bytes = 1;
  EXPECT_EQ(clean().code(), Errc::kDiskFull);
  disk->options().capacity_bytes = UINT64_MAX;
  EXPECT_EQ(files(), before);
  check();
  ASSERT_TRUE(clean().ok());
  check();
}

// The disk fails at every operation of a pass. Where the log goes on, nothing is different and the next pass does what
// this one could not; where only a start can tell what the disk has, that start finds all of it.
TEST_F(CleanerTest, AFaultAtAnyPointLosesAndDoublesNothing) {
  open();
  for (int i = 0; i < 40; ++i) put({{"k" + std::to_string(i % 5), std::to_string(i) + std::string(60, '.')}});
  seal();
  power_cut(aio::CrashMode::kEverything);
  std::shared_ptr<kv::FakeMedium> medium_before = medium;
  std::unique_ptr<aio::SimDisk> before = disk->clone();
  int faults = 0, poisoned = 0;
  for (Errc code : {Errc::kIo, Errc::kDiskFull, Errc::kSyncFailed}) {
    for (uint64_t nth = 1;; ++nth) {
      medium = medium_before->clone();
      boot(before->clone());
      open();
      disk->fail_at(aio::DiskOp::kAny, nth, code, "/topic/");
      bool whole = clean().ok();
      if (disk->faults_struck() == 0) {
        EXPECT_TRUE(whole);
        break;
      }
      ++faults;
      disk->heal();
      if (log->poisoned()) {
        ++poisoned;
      } else {
        check();
        while (auto job = log->start_rebuild()) {
          job->run();
          ASSERT_TRUE(log->finish(std::move(job)).ok());
        }
        ASSERT_TRUE(checkpoint().ok());
        EXPECT_TRUE(whole || clean().ok());
        check();
      }
      for (auto mode : {aio::CrashMode::kNothing, aio::CrashMode::kEverything}) {
        power_cut(mode);
        open();
        EXPECT_TRUE(report.damage.empty()) << report.damage.front();
        check();
        EXPECT_LE(kept().size(), 40u);
      }
      ASSERT_FALSE(HasFailure()) << "fault " << nth << " of " << error_info(code).name;
    }
  }
  EXPECT_GT(faults, 30);
  EXPECT_GT(poisoned, 3);
}

// The power goes, or the process dies, at every operation of a pass.
TEST_F(CleanerTest, ACrashAtAnyPointLosesAndDoublesNothing) {
  open();
  record::BatchStamp stamp;
  stamp.producer_id = ProducerId(9);
  stamp.producer_epoch = 0;
  for (int i = 0; i < 40; ++i) {
    stamp.base_sequence = i / 2;
    put({{"k" + std::to_string(i % 5), std::to_string(i) + std::string(60, '.')}},
        i % 2 ? stamp : record::BatchStamp());
  }
  seal();
  int64_t end = log->log_end().value;
  struct Image {
    std::unique_ptr<aio::SimDisk> disk;
    std::shared_ptr<kv::FakeMedium> medium;
  };
  std::vector<Image> images;
  disk->set_observer([&](aio::DiskOp, const std::string&) {
    for (auto mode : aio::kCrashModes) images.push_back({disk->crashed(mode, random), medium->clone()});
    images.push_back({disk->clone(), medium->clone()});
  });
  ASSERT_TRUE(clean().ok());
  disk->set_observer({});
  check();
  EXPECT_GT(images.size(), 50u);
  for (Image& image : images) {
    image.medium->crash(kv::FakeMedium::CrashMode::kKeepCommitted, random);
    medium = image.medium;
    boot(std::move(image.disk));
    open();
    EXPECT_EQ(log->log_end().value, end);
    EXPECT_TRUE(report.damage.empty()) << report.damage.front();
    EXPECT_FALSE(report.lost_synced);
    check();
    for (const std::string& name : files()) EXPECT_TRUE(name.ends_with(".log")) << name;
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace sl::storage
