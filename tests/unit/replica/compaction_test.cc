// Compaction beside everything else a partition does: appends, readers, look-ups, a log start that moves; its pace; and
// its end when the partition stops.
#include <map>

#include "record/record_cursor.h"
#include "tests/unit/replica/fixtures.h"

namespace sl::replica {
namespace {

using testing::Box;

class CompactionTest : public testing::ReplicaFixture {
 protected:
  std::shared_ptr<Partition> open_compacted() {
    return open_partition(
        {{"cleanup.policy", "compact"}, {"segment.bytes", "2000"}, {"min.cleanable.dirty.ratio", "0.1"}});
  }
  void put(Partition& partition, int key) {
    record::BatchBuilder builder(buffers, 12 << 20, 4096);
    std::string name = "k" + std::to_string(key), value = std::to_string(++values) + std::string(80, '.');
    ASSERT_TRUE(builder.append(runtime.wall_ms(), as_bytes(name), as_bytes(value)));
    storage::CheckedBatch checked;
    checked.batch = builder.finish({});
    checked.record_count = 1;
    auto appended = partition.append(checked);
    ASSERT_TRUE(appended) << appended.error().context;
    ASSERT_TRUE(run(partition.wait_durable(appended->next)));
    newest[name] = {appended->base.value, value};
  }
  // The last value of each key, by a reader from the start.
  std::map<std::string, std::pair<int64_t, std::string>> read_all(Partition& partition, int& records) {
    std::map<std::string, std::pair<int64_t, std::string>> found;
    record::Decompressor decompressor;
    records = 0;
    for (Offset from = partition.log().log_start(); from < partition.high_watermark();) {
      auto result = run(partition.read(from, 500, false));
      EXPECT_TRUE(result) << result.error().context;
      if (!result || result->bytes == 0) break;
      for (const Slice& slice : result->slices)
        for (Bytes left = slice.bytes; !left.empty();) {
          record::BatchView batch = *record::parse_batch(left);
          left = left.subspan(batch.size());
          auto cursor = record::RecordCursor::open(batch, decompressor);
          record::RecordView record;
          while (*cursor->next(record)) {
            ++records;
            found[std::string(as_text(*record.key))] = {record.offset.value, std::string(as_text(*record.value))};
          }
        }
      from = result->next;
    }
    return found;
  }

  int values = 0;
  std::map<std::string, std::pair<int64_t, std::string>> newest;
};

TEST_F(CompactionTest, GoesOnBesideAppendsReadsAndLookUps) {
  auto partition = open_compacted();
  tasks.spawn(replicas->tend());
  int records = 0;
  for (int i = 0; i < 400; ++i) {
    put(*partition, i % 9);
    if (i % 20 == 0) {
      EXPECT_EQ(read_all(*partition, records), newest);
      EXPECT_TRUE(run(partition->find_max_time()));
    }
    if (i == 250) {
      EXPECT_TRUE(run(partition->advance_log_start(Offset(100))));
    }
    world.run_for_ms(200);
  }
  Offset end = partition->log().segments().back()->base;
  EXPECT_TRUE(world.run_until([&] { return partition->log().clean_end() >= end; }, 60'000));
  EXPECT_EQ(read_all(*partition, records), newest);
  EXPECT_LT(records, 60);
  EXPECT_EQ(partition->log().record_count(), records);
  EXPECT_EQ(logger.text.find("damage"), std::string::npos) << logger.text;
  EXPECT_EQ(fatal_calls, 0);
}

TEST_F(CompactionTest, KeepsItsPaceAndEndsWithThePartition) {
  auto partition = open_compacted();
  for (int i = 0; i < 200; ++i) put(*partition, i % 9);
  world.run(replicas->checkpoint());
  auto bytes = static_cast<double>(partition->log().size_bytes());
  // Read twice and written once, less what goes: at least two seconds at this pace.
  CleanPace pace(bytes);
  storage::CleanOptions options;
  options.step_bytes = 1000;
  int64_t begun_ms = runtime.mono_ms();
  EXPECT_TRUE(run(partition->compact(pace, options)));
  EXPECT_GE(runtime.mono_ms() - begun_ms, 1500);
  int records = 0;
  EXPECT_EQ(read_all(*partition, records), newest);

  for (int i = 0; i < 200; ++i) put(*partition, i % 9);
  world.run(replicas->checkpoint());
  CleanPace slow(1);
  Box<bool> done;
  start(partition->compact(slow, options), done);
  world.run_for_ms(100);
  EXPECT_FALSE(done.has());
  begun_ms = runtime.mono_ms();
  world.run(partition->stop(Errc::kBrokerNotAvailable, false));
  EXPECT_FALSE(wait(done));
  EXPECT_LT(runtime.mono_ms() - begun_ms, 1000);
}

// Nothing of the active segment is compacted, so one that must be is sealed, though nobody writes.
TEST_F(CompactionTest, AnOverdueSegmentIsSealed) {
  auto partition = open_partition({{"cleanup.policy", "compact"}, {"max.compaction.lag.ms", "1000"}});
  put(*partition, 1);
  put(*partition, 1);
  EXPECT_FALSE(partition->compaction_due());
  world.run_for_ms(1100);
  EXPECT_FALSE(partition->compaction_due());
  EXPECT_TRUE(world.run_until([&] { return partition->log().segment_count() == 2; }, 1000));
  world.run(replicas->checkpoint());
  EXPECT_TRUE(partition->compaction_due());
}

TEST_F(CompactionTest, ThePaceIsThatOfAllPassesTogether) {
  CleanPace pace(1e6);
  EXPECT_EQ(pace.step_bytes(), 100'000u);
  EXPECT_EQ(pace.moved(500'000, 10), 500'000'010);
  EXPECT_EQ(pace.moved(500'000, 20), 1'000'000'010);
  EXPECT_EQ(pace.moved(0, 2'000'000'000), 2'000'000'000);
  CleanPace free(1.7976931348623157E308);
  EXPECT_EQ(free.moved(1 << 30, 7), 7);
  EXPECT_EQ(free.step_bytes(), 8u << 20);
}

}  // namespace
}  // namespace sl::replica
