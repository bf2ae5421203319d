// A thousand random bits flipped in segment files. Before the recovery point, in a sealed segment, or more than one
// group write before the end: it is damage, found by every read and by every recovery that comes by, named with file
// and byte, never cut away. Nearer to the end it is a torn tail, cut off and kept aside. Nothing flipped is ever
// served.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "aio/sim_disk.h"
#include "base/limits.h"
#include "storage/segment.h"
#include "tests/simulation/log_model.h"

namespace sl::simulation {
namespace {

// A log as it was written, and where each batch lies.
struct WrittenLog {
  struct Place {
    Offset segment;
    uint64_t position = 0;
    uint64_t size = 0;
  };
  std::unique_ptr<aio::SimDisk> disk = std::make_unique<aio::SimDisk>();
  std::shared_ptr<kv::FakeMedium> index = std::make_shared<kv::FakeMedium>();
  LogModel model;
  std::vector<Place> places;       // of model.batches
  size_t checkpointed = 0;         // batches before the recovery point
  size_t before_last_segment = 0;  // batches in sealed segments
};

struct Shape {
  size_t batches = 60;
  size_t checkpoint_after = 30;
  size_t record_bytes = 300;
  int64_t segment_bytes = 16 << 10;
  int32_t batches_an_epoch = 1000;
};

class BitFlip : public testing::Test {
 protected:
  struct Flip {
    size_t batch = 0;
    std::string path;
    uint64_t byte = 0;
  };

  std::unique_ptr<StorageNode> node(aio::SimDisk& disk, std::shared_ptr<kv::FakeMedium> index) {
    SeededRandom unused(1);
    index->crash(kv::FakeMedium::CrashMode::kKeepCommitted, unused);
    auto made = std::make_unique<StorageNode>(StorageNode::Seams{disk, std::move(index), clock, buffers, ++lives, {}});
    auto started = made->start();
    EXPECT_TRUE(started) << started.error().context;
    return made;
  }

  WrittenLog write(const Shape& shape) {
    WrittenLog written;
    LogModel& model = written.model;
    model.id = LogId{Uuid::random(random), Partition(3)};
    model.settings.segment_bytes = shape.segment_bytes;
    auto first = node(*written.disk, written.index);
    auto opened = first->open(model.id, model.settings, Offset(0));
    EXPECT_TRUE(opened);
    storage::PartitionLog& log = *first->find(model.id);
    for (size_t i = 0; i < shape.batches; ++i) {
      Epoch epoch(static_cast<int32_t>(i) / shape.batches_an_epoch);
      log.assign_epoch(epoch);
      append(*first, log, written, epoch, shape.record_bytes);
      if (i + 1 != shape.checkpoint_after) continue;
      EXPECT_TRUE(first->checkpoint());
      written.checkpointed = i + 1;
    }
    for (const auto& place : written.places)
      written.before_last_segment += place.segment != written.places.back().segment;
    return written;
  }

  void append(StorageNode& into, storage::PartitionLog& log, WrittenLog& written, Epoch epoch, size_t record_bytes) {
    ModelBatch batch;
    batch.epoch = epoch;
    for (uint64_t i = 0; i <= random.below(3); ++i)
      batch.records.push_back({clock.wall, sample_value(++records, record_bytes)});
    Slice slice = sample_batch(buffers, batch.records, batch.producer);
    auto appended = into.append(log, slice, epoch);
    ASSERT_TRUE(appended);
    ASSERT_TRUE(StorageNode::write(log));
    batch.base = appended->base;
    batch.next = appended->next;
    batch.bytes = as_text(slice.bytes);
    const auto& active = *log.segments().back();
    uint64_t size = batch.bytes.size();
    written.places.push_back({active.base, active.stats.bytes - size, size});
    written.model.batches.push_back(std::move(batch));
    clock.advance_ms(5);
  }

  // One bit of a batch in [first, end).
  Flip flip(const WrittenLog& written, aio::SimDisk& disk, size_t first, size_t end) {
    Flip made;
    made.batch = first + static_cast<size_t>(random.below(end - first));
    const auto& place = written.places[made.batch];
    std::string folder =
        fmt::format("{}/{}/{}", StorageNode::kPath, written.model.id.topic.text(), written.model.id.partition.value);
    made.path = storage::segment_path(folder, place.segment);
    // A third of them in the header, where the fields are that no CRC covers.
    uint64_t range = random.below(3) == 0 ? record::kBatchHeaderBytes : place.size;
    made.byte = place.position + random.below(range);
    EXPECT_TRUE(disk.flip(made.path, made.byte, static_cast<unsigned>(random.below(8))));
    ++flips;
    return made;
  }

  // Every batch below `count` but the flipped one is served as it was written; that one is refused, by file and byte.
  void expect_refused(const WrittenLog& written, storage::PartitionLog& log, const Flip& made) {
    const LogModel& model = written.model;
    for (size_t i = 0; i < model.batches.size(); ++i) {
      const ModelBatch& batch = model.batches[i];
      auto read = StorageNode::read_batch(log, batch.base);
      if (i != made.batch) {
        ASSERT_TRUE(read) << where(written, made) << ": " << read.error().context;
        ASSERT_EQ(*read, batch.bytes) << where(written, made) << ": the batch at " << batch.base.value;
        continue;
      }
      ASSERT_FALSE(read) << where(written, made) << ": was served";
      ASSERT_EQ(read.code(), Errc::kCorruptMessage) << where(written, made);
      expect_named(written, made, read.error().context);
    }
  }

  void expect_named(const WrittenLog& written, const Flip& made, const std::string& sentence) {
    const auto& place = written.places[made.batch];
    ASSERT_NE(sentence.find(made.path), sentence.npos) << sentence;
    ASSERT_NE(sentence.find(fmt::format("byte {}", place.position)), sentence.npos)
        << where(written, made) << ": " << sentence;
    ++detected;
  }

  static std::string where(const WrittenLog& written, const Flip& made) {
    return fmt::format("byte {} of batch {} of {}", made.byte - written.places[made.batch].position, made.batch,
                       written.places.size());
  }

  uint64_t file_size(FileSystem& files, const std::string& path) {
    auto info = files.stat(path);
    return info ? info->size : 0;
  }

  SeededRandom random{20240607};
  ManualClock clock;
  BufferPool buffers{64 << 20};
  uint64_t lives = 0;
  uint64_t records = 0;
  uint64_t flips = 0;
  uint64_t detected = 0;
};

TEST_F(BitFlip, UnderARunningLogEveryReadFindsIt) {
  for (int i = 0; i < 250 && !HasFatalFailure(); ++i) {
    WrittenLog written = write(Shape{30, 15, 200, 8 << 10, 7});
    auto life = node(*written.disk, written.index);
    ASSERT_TRUE(life->open(written.model.id, written.model.settings, Offset(0)));
    Flip made = flip(written, *written.disk, 0, written.places.size());
    expect_refused(written, *life->find(written.model.id), made);
  }
  EXPECT_EQ(detected, flips);
}

TEST_F(BitFlip, BeforeTheRecoveryPointItIsFoundByReadsAndNeverCut) {
  Shape shape;
  shape.batches_an_epoch = 7;
  WrittenLog written = write(shape);
  for (int i = 0; i < 300 && !HasFatalFailure(); ++i) {
    auto disk = written.disk->clone();
    Flip made = flip(written, *disk, 0, written.checkpointed);
    uint64_t size = file_size(*disk, made.path);
    auto life = node(*disk, written.index->clone());
    auto report = life->open(written.model.id, written.model.settings, Offset(0));
    ASSERT_TRUE(report) << where(written, made) << ": " << report.error().context;
    EXPECT_EQ(report->cut_bytes, 0u) << where(written, made);
    expect_refused(written, *life->find(written.model.id), made);
    EXPECT_EQ(file_size(*disk, made.path), size);
  }
  EXPECT_EQ(detected, flips);
}

TEST_F(BitFlip, WithoutAnIndexRecoveryFindsItInSealedSegments) {
  WrittenLog written = write(Shape());
  for (int i = 0; i < 200 && !HasFatalFailure(); ++i) {
    auto disk = written.disk->clone();
    Flip made = flip(written, *disk, 0, written.before_last_segment);
    uint64_t size = file_size(*disk, made.path);
    auto life = node(*disk, std::make_shared<kv::FakeMedium>());
    auto report = life->open(written.model.id, written.model.settings, Offset(0), Epoch(0));
    ASSERT_TRUE(report) << where(written, made) << ": " << report.error().context;
    EXPECT_EQ(report->cut_bytes, 0u) << where(written, made);
    ASSERT_EQ(report->damage.size(), 1u) << where(written, made);
    expect_named(written, made, report->damage.front());
    expect_refused(written, *life->find(written.model.id), made);
    EXPECT_EQ(file_size(*disk, made.path), size);
  }
  EXPECT_EQ(detected, 2 * flips) << "once at recovery, once by a read";
}

TEST_F(BitFlip, MoreThanAGroupBeforeTheEndItIsDamage) {
  constexpr size_t kBatchBytes = 200 << 10;
  WrittenLog written = write(Shape{(kProduceFrameBytesMax + (4 << 20)) / kBatchBytes, 2, kBatchBytes, 1 << 30});
  size_t end = 2;
  uint64_t file_end = written.places.back().position + written.places.back().size;
  while (file_end - written.places[end + 1].position > kProduceFrameBytesMax) ++end;
  ASSERT_GT(end, 8u);
  for (int i = 0; i < 100 && !HasFatalFailure(); ++i) {
    auto disk = written.disk->clone();
    Flip made = flip(written, *disk, 2, end);
    auto life = node(*disk, written.index->clone());
    auto report = life->open(written.model.id, written.model.settings, Offset(0), Epoch(0));
    ASSERT_TRUE(report) << where(written, made) << ": " << report.error().context;
    EXPECT_EQ(report->cut_bytes, 0u) << where(written, made);
    ASSERT_EQ(report->damage.size(), 1u) << where(written, made);
    expect_named(written, made, report->damage.front());
    expect_refused(written, *life->find(written.model.id), made);
    EXPECT_EQ(file_size(*disk, made.path), file_end);
  }
  EXPECT_EQ(detected, 2 * flips);
}

TEST_F(BitFlip, NearTheEndItIsATornTailThatIsKeptAside) {
  WrittenLog written = write(Shape{40, 30, 300, 1 << 20});
  for (int i = 0; i < 250 && !HasFatalFailure(); ++i) {
    auto disk = written.disk->clone();
    Flip made = flip(written, *disk, written.checkpointed, written.places.size());
    auto whole = disk->read_whole(made.path, 1 << 24);
    ASSERT_TRUE(whole);
    auto life = node(*disk, written.index->clone());
    auto report = life->open(written.model.id, written.model.settings, Offset(0), Epoch(0));
    ASSERT_TRUE(report) << where(written, made) << ": " << report.error().context;
    storage::PartitionLog& log = *life->find(written.model.id);
    const auto& place = written.places[made.batch];
    EXPECT_EQ(report->cut_bytes, whole->size() - place.position) << where(written, made);
    EXPECT_EQ(log.log_end(), written.model.batches[made.batch].base) << where(written, made);
    expect_named(written, made, life->said());
    std::string aside = made.path.substr(0, made.path.size() - 4) + ".torn-1";
    auto kept = disk->read_whole(aside, 1 << 24);
    ASSERT_TRUE(kept) << where(written, made);
    EXPECT_EQ(*kept, whole->substr(place.position)) << where(written, made);
    auto read = StorageNode::read(log, Offset(0), log.log_end());
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), made.batch);
    for (size_t n = 0; n < made.batch; ++n) ASSERT_EQ((*read)[n], written.model.batches[n].bytes);
  }
  EXPECT_EQ(detected, flips);
}

// Seen from the batch behind it, an epoch that was changed upwards makes that one look wrong; also where it is the
// first of the next segment.
TEST_F(BitFlip, ARaisedEpochIsBlamedOnItsOwnBatch) {
  Shape shape;
  shape.batches_an_epoch = 7;
  WrittenLog written = write(shape);
  for (size_t batch = 1; batch + 1 < written.before_last_segment; ++batch) {
    const auto& place = written.places[batch];
    auto disk = written.disk->clone();
    Flip made{batch, storage::segment_path("/data/" + written.model.id.topic.text() + "/3", place.segment),
              place.position + 13};
    ASSERT_TRUE(disk->flip(made.path, made.byte, 4));
    auto life = node(*disk, std::make_shared<kv::FakeMedium>());
    auto report = life->open(written.model.id, written.model.settings, Offset(0));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->cut_bytes, 0u);
    ASSERT_EQ(report->damage.size(), 1u) << where(written, made);
    expect_named(written, made, report->damage.front());
    expect_refused(written, *life->find(written.model.id), made);
  }
}

}  // namespace
}  // namespace sl::simulation
