// Snapshot files: names, round trip, damage, interrupted writes.
#include "quorum/snapshot.h"

#include <gtest/gtest.h>

#include "aio/sim_disk.h"
#include "quorum/record_batches.h"
#include "record/batch_builder.h"

namespace sl::quorum {
namespace {

constexpr SnapshotId kId{Offset(1234), Epoch(5)};

Snapshot sample(size_t records) {
  Snapshot snapshot;
  snapshot.id = kId;
  snapshot.last_timestamp_ms = 99;
  snapshot.kraft_version = 1;
  wire::VotersRecord::Voter voter;
  voter.voter_id = 1;
  voter.voter_directory_id.bytes[3] = 4;
  voter.endpoints.push_back({"PLAINTEXT", "host", 9092});
  snapshot.voters.voters.push_back(voter);
  snapshot.records.push_back(wire::ClusterIdRecord{"c"});
  for (size_t i = 0; i < records; ++i)
    snapshot.records.push_back(wire::ConfigRecord{4, "", "key" + std::to_string(i), std::string(i % 97, 'v')});
  return snapshot;
}

class SnapshotTest : public ::testing::Test {
 protected:
  SnapshotTest() {
    EXPECT_TRUE(disk.make_directory("/meta"));
    EXPECT_TRUE(disk.sync_directory("/"));
  }
  void write(const Snapshot& snapshot) {
    auto written = write_snapshot(disk, buffers, "/meta", snapshot);
    ASSERT_TRUE(written) << written.error().context;
  }
  const std::string path = "/meta/" + kId.file_name();
  aio::SimDisk disk;
  BufferPool buffers{0};
};

TEST_F(SnapshotTest, Names) {
  EXPECT_EQ(kId.file_name(), "00000000000000001234-0000000005.checkpoint");
  EXPECT_EQ(SnapshotId::parse(kId.file_name()), kId);
  for (const char* name : {"", "00000000000000001234-0000000005.checkpoint.part", "00000000000000001234.log",
                           "0000000000000000123x-0000000005.checkpoint", "00000000000000001234_0000000005.checkpoint",
                           "-0000000000000001234-0000000005.checkpoint", "99999999999999999999-0000000005.checkpoint"})
    EXPECT_EQ(SnapshotId::parse(name), std::nullopt) << name;
}

TEST_F(SnapshotTest, ReadIsWhatWasWritten) {
  for (size_t records : {size_t{0}, size_t{1}, size_t{20'000}}) {
    Snapshot snapshot = sample(records);
    write(snapshot);
    auto read = read_snapshot(disk, "/meta", kId);
    ASSERT_TRUE(read) << read.error().context;
    EXPECT_EQ(read->id, snapshot.id);
    EXPECT_EQ(read->last_timestamp_ms, 99);
    EXPECT_EQ(read->kraft_version, 1);
    EXPECT_EQ(read->voters, snapshot.voters);
    EXPECT_EQ(read->records, snapshot.records);
  }
  EXPECT_EQ(list_snapshots(disk, "/meta")->size(), 1u);
}

TEST_F(SnapshotTest, EveryFlippedBitAndEveryCutIsFound) {
  write(sample(3));
  auto content = disk.read_whole(path, 1 << 20);
  ASSERT_TRUE(content);
  for (size_t i = 0; i < content->size(); ++i) {
    // The epoch of a batch is outside its CRC, and not used.
    bool epoch = false;
    for (size_t at = 0; at < content->size();) {
      auto batch = record::parse_batch(as_bytes(*content).subspan(at));
      ASSERT_TRUE(batch);
      epoch |= i >= at + 12 && i < at + 16;
      at += batch->size();
    }
    if (epoch) continue;
    ASSERT_TRUE(disk.flip(path, i, i % 8));
    EXPECT_EQ(read_snapshot(disk, "/meta", kId).code(), Errc::kCorrupt) << i;
    ASSERT_TRUE(disk.flip(path, i, i % 8));
  }
  ASSERT_TRUE(read_snapshot(disk, "/meta", kId));
  for (size_t length = content->size(); length-- > 0;) {
    auto file = disk.open(path, FileSystem::Mode::kReadWrite);
    ASSERT_TRUE((*file)->truncate(length));
    EXPECT_EQ(read_snapshot(disk, "/meta", kId).code(), Errc::kCorrupt) << length;
  }
}

TEST_F(SnapshotTest, MoreBehindTheFooterIsDamage) {
  write(sample(1));
  auto content = disk.read_whole(path, 1 << 20);
  auto file = disk.open(path, FileSystem::Mode::kReadWrite);
  Bytes again = as_bytes(*content);
  ASSERT_TRUE((*file)->write_at(std::span<const Bytes>(&again, 1), content->size()));
  EXPECT_EQ(read_snapshot(disk, "/meta", kId).code(), Errc::kCorrupt);
}

TEST_F(SnapshotTest, AnInterruptedOneIsNotThere) {
  SeededRandom random(1);
  write(sample(2));
  SnapshotId later{Offset(2000), Epoch(6)};
  for (uint64_t cut = 0; cut < 12; ++cut) {
    auto now = disk.clone();
    now->cut_after(cut);
    Snapshot snapshot = sample(50);
    snapshot.id = later;
    bool written = write_snapshot(*now, buffers, "/meta", snapshot).ok();
    auto after = now->crashed(aio::CrashMode::kSubset, random);
    // What the first one left is durable; the later one is whole or not there.
    auto found = list_snapshots(*after, "/meta");
    ASSERT_TRUE(found);
    bool there = std::find(found->begin(), found->end(), later) != found->end();
    EXPECT_TRUE(there || !written) << cut;
    EXPECT_EQ(there, read_snapshot(*after, "/meta", later).ok()) << cut;
    auto names = after->list("/meta");
    ASSERT_TRUE(names);
    for (const auto& name : *names) EXPECT_FALSE(name.ends_with(".part"));
  }
}

TEST_F(SnapshotTest, AFullDiskLeavesNothingBehind) {
  disk.fail_from(aio::DiskOp::kWrite, 2, Errc::kDiskFull);
  EXPECT_EQ(write_snapshot(disk, buffers, "/meta", sample(5)).code(), Errc::kDiskFull);
  disk.heal();
  EXPECT_TRUE(disk.list("/meta")->empty());
}

TEST_F(SnapshotTest, AForeignRecordIsRefusedNotPassedOver) {
  Snapshot snapshot = sample(0);
  write(snapshot);
  auto content = disk.read_whole(path, 1 << 20);
  // The middle batch, the state, is replaced by one with a record of id 9999.
  auto first = record::parse_batch(as_bytes(*content));
  auto state = record::parse_batch(as_bytes(*content).subspan(first->size()));
  std::vector<std::string> encoded{std::string("\x01\x8f\x4e\x00\x00", 5)};
  record::BatchStamp stamp;
  stamp.base_offset = state->base_offset();
  auto foreign = build_batch(buffers, encoded, 1, stamp, 1000);
  ASSERT_TRUE(foreign);
  std::string changed = content->substr(0, first->size());
  changed += as_text(foreign->bytes);
  changed += content->substr(first->size() + state->size());
  ASSERT_TRUE(disk.replace(path, as_bytes(changed)));
  auto read = read_snapshot(disk, "/meta", kId);
  EXPECT_EQ(read.code(), Errc::kUnsupportedVersion);
  EXPECT_NE(read.error().context.find("9999"), std::string::npos) << read.error().context;
}

TEST(BuildBatch, RefusesWhatIsTooLarge) {
  BufferPool buffers(0);
  std::vector<std::string> encoded{std::string(2000, 'x')};
  EXPECT_EQ(build_batch(buffers, encoded, 1, {}, 1000).code(), Errc::kTooLarge);
  EXPECT_TRUE(build_batch(buffers, encoded, 1, {}, 3000));
}

}  // namespace
}  // namespace sl::quorum
