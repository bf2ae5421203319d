// A log on a simulated disk for the tests of storage: jobs run where they are made, the clock stands still, and the
// disk can be crashed, damaged or filled between two steps.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "aio/sim_disk.h"
#include "base/clock.h"
#include "base/log.h"
#include "kv/fake_store.h"
#include "record/batch_builder.h"
#include "record/record_cursor.h"
#include "storage/partition_log.h"

namespace sl::storage {

struct StillClock final : Clock {
  int64_t wall = 1'700'000'000'000;
  int64_t mono = 1'000'000'000'000;
  int64_t wall_ms() const override { return wall; }
  int64_t mono_ns() const override { return mono; }
  void advance_ms(int64_t ms) {
    wall += ms;
    mono += ms * 1'000'000;
  }
};

struct BatchSpec {
  int records = 1;
  size_t value_bytes = 20;
  int64_t timestamp_ms = 1'700'000'000'000;
  ProducerId producer{-1};
  int16_t epoch = -1;
  int32_t sequence = -1;
};

class LogFixture : public ::testing::Test {
 protected:
  LogFixture() { boot(std::make_unique<aio::SimDisk>(disk_options())); }

  aio::SimDiskOptions disk_options() {
    aio::SimDiskOptions options;
    options.clock = &clock;
    options.cache_miss_permille = 0;
    return options;
  }
  void boot(std::unique_ptr<aio::SimDisk> next) {
    log.reset();
    store.reset();
    opener.reset();
    disk = std::move(next);
    (void)disk->make_directory("/d");
    (void)disk->sync_directory("/");
    opener = std::make_unique<kv::FakeOpener>(medium);
    auto opened = opener->open("/d/index.lmdb");
    ASSERT_TRUE(opened.ok());
    store = *std::move(opened);
  }
  // As after a kill -9: everything written is there, nothing was said.
  void kill() { boot(disk->clone()); }
  void power_cut(aio::CrashMode mode) { boot(disk->crashed(mode, random)); }
  void lose_index() {
    store->close();
    medium->wipe();
  }

  Seams seams() { return Seams{*disk, clock, logger, *store, buffers, tails, storage_options}; }
  Result<OpenedLog> try_open(bool clean = false) {
    OpenOptions options;
    options.directory = "/d/topic/0";
    options.topic = kTopic;
    options.settings = settings;
    options.clean = clean;
    options.log_start = log_start;
    return PartitionLog::open(seams(), options);
  }
  void open(bool clean = false) {
    log.reset();
    auto opened = try_open(clean);
    ASSERT_TRUE(opened.ok()) << opened.error().context;
    log = std::move(opened->log);
    report = std::move(opened->report);
  }
  Slice batch(const BatchSpec& spec) {
    record::BatchBuilder builder(buffers, 12 << 20, 4096);
    for (int i = 0; i < spec.records; ++i) {
      std::string value = std::to_string(next_value++) + ":";
      for (uint64_t word = random.next(); value.size() < spec.value_bytes; word = word * 6364136223846793005u + 1)
        value.push_back(static_cast<char>(word >> 40));
      EXPECT_TRUE(builder.append(spec.timestamp_ms + i, std::nullopt, as_bytes(value)));
    }
    record::BatchStamp stamp;
    stamp.producer_id = spec.producer;
    stamp.producer_epoch = spec.epoch;
    stamp.base_sequence = spec.sequence;
    return builder.finish(stamp);
  }
  Result<Appended> append(const BatchSpec& spec = {}, Epoch epoch = Epoch(1)) {
    return log->append(batch(spec), epoch);
  }
  Status write() {
    while (auto job = log->start_write()) {
      job->run();
      auto done = log->finish(std::move(job));
      if (!done) return std::move(done).error();
    }
    return {};
  }
  void produce(int batches, const BatchSpec& spec = {}, Epoch epoch = Epoch(1)) {
    for (int i = 0; i < batches; ++i) {
      auto appended = append(spec, epoch);
      ASSERT_TRUE(appended.ok()) << appended.error().context;
      auto written = write();
      ASSERT_TRUE(written.ok()) << written.error().context;
    }
  }
  Result<ReadResult> read(Offset from, size_t bytes_max = 1 << 20, Offset limit = Offset(INT64_MAX),
                          bool strict = false) {
    SL_TRY(ReadPlan plan, log->plan_read(from, bytes_max, limit, strict));
    if (!plan.job) return std::move(plan.result);
    if (plan.job->run_cached().code() == Errc::kWouldBlock) plan.job->run();
    return log->finish(std::move(plan.job));
  }
  // Offsets of all records that can be read from `from` on; stops at the first error and keeps it.
  std::vector<int64_t> offsets(Offset from, size_t bytes_max = 1 << 20) {
    std::vector<int64_t> all;
    read_error = {};
    for (;;) {
      auto result = read(from, bytes_max);
      if (!result) {
        read_error = std::move(result).error();
        return all;
      }
      if (result->bytes == 0) return all;
      for (const Slice& slice : result->slices)
        for (Bytes left = slice.bytes; !left.empty();) {
          record::BatchView view = *record::parse_batch(left);
          EXPECT_TRUE(view.crc_ok());
          for (int32_t i = 0; i <= view.last_offset_delta(); ++i) all.push_back(view.base_offset().value + i);
          left = left.subspan(view.size());
        }
      EXPECT_GT(result->next, from);
      from = result->next;
    }
  }
  Status checkpoint() {
    Checkpointer checkpointer(*store);
    PartitionLog* logs[] = {log.get()};
    auto job = checkpointer.start(logs);
    if (!job) return {};
    job->run();
    return checkpointer.finish(std::move(job));
  }
  void close() {
    auto job = log->start_close();
    ASSERT_TRUE(job.ok()) << job.error().context;
    (*job)->run();
    ASSERT_TRUE(log->finish(*std::move(job)).ok());
    ASSERT_TRUE(checkpoint().ok());
    log.reset();
  }
  Status truncate(Offset to) {
    SL_TRY(auto job, log->start_truncate(to));
    if (!job) return {};
    job->run();
    return log->finish(std::move(job));
  }
  Status move_log_start(Offset to) {
    SL_TRY(auto job, log->start_log_start(to, log->written_end()));
    if (!job) return {};
    job->run();
    return log->finish(std::move(job));
  }
  std::string active_path() { return segment_path(log->directory(), log->segments().back()->base); }
  std::vector<std::string> files() { return *disk->list("/d/topic/0"); }
  kv::FakeMedium::Entries index() { return medium->contents("/d/index.lmdb"); }

  static constexpr Uuid kTopic{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
  StillClock clock;
  SeededRandom random{7};
  MemoryLogger logger;
  BufferPool buffers{8 << 20};
  TailBudget tails;
  StorageOptions storage_options;
  std::shared_ptr<kv::FakeMedium> medium = std::make_shared<kv::FakeMedium>();
  std::unique_ptr<kv::FakeOpener> opener;
  std::unique_ptr<aio::SimDisk> disk;
  std::unique_ptr<kv::Store> store;
  LogSettings settings;
  Offset log_start{0};
  std::unique_ptr<PartitionLog> log;
  RecoveryReport report;
  Error read_error;
  int next_value = 0;
};

inline std::vector<int64_t> count_up(int64_t from, int64_t to) {
  std::vector<int64_t> numbers;
  for (; from < to; ++from) numbers.push_back(from);
  return numbers;
}

}  // namespace sl::storage
