// The data directory: whose it is, how it was left, what does not belong to it.
#include "storage/data_directory.h"

#include <gtest/gtest.h>

#include "aio/sim_disk.h"
#include "kv/fake_store.h"

namespace sl::storage {
namespace {

struct DataDirectoryTest : ::testing::Test {
  Result<std::unique_ptr<DataDirectory>> open(NodeId node = NodeId(1)) {
    opener = std::make_unique<kv::FakeOpener>(medium);
    return DataDirectory::open({*disk, logger, random, *opener}, "/var/data/", node);
  }
  void put(const std::string& path, std::string_view text) {
    ASSERT_TRUE(disk->make_directories(parent_of(path)).ok());
    ASSERT_TRUE(disk->replace(path, as_bytes(text)).ok());
  }
  std::unique_ptr<aio::SimDisk> disk = std::make_unique<aio::SimDisk>();
  std::shared_ptr<kv::FakeMedium> medium = std::make_shared<kv::FakeMedium>();
  std::unique_ptr<kv::FakeOpener> opener;
  MemoryLogger logger;
  SeededRandom random{3};
};

TEST_F(DataDirectoryTest, ABlankOneMakesItselfAndKeepsItsId) {
  Uuid id;
  {
    auto data = open();
    ASSERT_TRUE(data.ok()) << data.error().context;
    EXPECT_FALSE((*data)->was_clean());
    EXPECT_TRUE((*data)->index_is_new());
    id = (*data)->format().directory_id;
    EXPECT_FALSE(id.is_zero());
    ASSERT_TRUE((*data)->set_cluster_id("some-cluster").ok());
  }
  disk = disk->crashed(aio::CrashMode::kNothing, random);
  auto data = open();
  ASSERT_TRUE(data.ok()) << data.error().context;
  EXPECT_EQ((*data)->format().directory_id, id);
  EXPECT_EQ((*data)->format().cluster_id, "some-cluster");
  EXPECT_TRUE((*data)->set_cluster_id("some-cluster").ok());
  EXPECT_EQ((*data)->set_cluster_id("another").code(), Errc::kInconsistentClusterId);
}

TEST_F(DataDirectoryTest, ASecondDaemonIsRefused) {
  auto data = open();
  ASSERT_TRUE(data.ok());
  auto second = open();
  EXPECT_EQ(second.code(), Errc::kLocked);
  EXPECT_NE(second.error().context.find("/var/data"), std::string::npos);
}

TEST_F(DataDirectoryTest, ForeignNewerAndDamagedOnesAreRefused) {
  { ASSERT_TRUE(open().ok()); }
  EXPECT_EQ(open(NodeId(2)).code(), Errc::kBadConfig);
  std::string text = *disk->read_whole("/var/data/format", 4096);
  std::string damaged = text;
  damaged[damaged.find("node-id=") + 8] = '2';
  put("/var/data/format", damaged);
  EXPECT_EQ(open().code(), Errc::kCorrupt);
  std::string newer = text;
  newer[newer.find("version=") + 8] = '2';
  put("/var/data/format", newer);
  EXPECT_EQ(open().code(), Errc::kBadConfig);
}

TEST_F(DataDirectoryTest, AFolderOfOtherThingsIsRefused) {
  put("/var/data/letters.txt", "dear");
  auto data = open();
  EXPECT_EQ(data.code(), Errc::kBadConfig);
  EXPECT_NE(data.error().context.find("letters.txt"), std::string::npos);
  EXPECT_EQ(*disk->list("/var/data"), std::vector<std::string>{"letters.txt"});
}

TEST_F(DataDirectoryTest, TheCleanMarkIsThereOnceAndOnlyOnce) {
  {
    auto data = open();
    ASSERT_TRUE((*data)->begin_writing().ok());
    ASSERT_TRUE((*data)->end_cleanly().ok());
  }
  disk = disk->crashed(aio::CrashMode::kNothing, random);
  {
    auto data = open();
    EXPECT_TRUE((*data)->was_clean());
    ASSERT_TRUE((*data)->begin_writing().ok());
  }
  disk = disk->crashed(aio::CrashMode::kNothing, random);
  EXPECT_FALSE((*open())->was_clean());
}

TEST_F(DataDirectoryTest, AFailedSyncIsRemembered) {
  {
    auto data = open();
    EXPECT_FALSE((*data)->distrust_cache());
    (*data)->mark_sync_failed();
  }
  auto data = open();
  EXPECT_TRUE((*data)->distrust_cache());
}

TEST_F(DataDirectoryTest, OrphansAreMovedAsideAndDeletedOnesVanish) {
  auto data = open();
  Uuid topic = Uuid::random(random);
  std::string path = (*data)->partition_path(topic, Partition(3));
  put(path + "/00000000000000000000.log", "bytes");
  put((*data)->partition_path(topic, Partition(4)) + "/00000000000000000000.log", "more");
  auto places = (*data)->partitions();
  ASSERT_TRUE(places.ok());
  ASSERT_EQ(places->size(), 2u);
  EXPECT_EQ((*places)[0].topic, topic);
  EXPECT_EQ((*places)[0].partition, Partition(3));
  auto aside = (*data)->set_aside((*places)[0]);
  ASSERT_TRUE(aside.ok()) << aside.error().context;
  EXPECT_EQ(*disk->read_whole(*aside + "/00000000000000000000.log", 100), "bytes");
  ASSERT_TRUE((*data)->delete_partition((*places)[1]).ok());
  EXPECT_TRUE((*data)->partitions()->empty());
  EXPECT_FALSE(*disk->exists((*data)->path() + "/" + topic.text()));
}

TEST_F(DataDirectoryTest, ADamagedIndexIsThrownAway) {
  { ASSERT_TRUE(open().ok()); }
  medium->damage("/var/data/index.lmdb");
  auto data = open();
  ASSERT_TRUE(data.ok()) << data.error().context;
  EXPECT_TRUE((*data)->index_is_new());
}

}  // namespace
}  // namespace sl::storage
