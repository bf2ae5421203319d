// The fake forgets what LMDB would forget, and no more; and every planned fault happens once, where it was planned.
#include "kv/fake_store.h"

#include "fixtures.h"

namespace sl::kv {
namespace {

const std::string kIndex = "node1/index.lmdb";

class FakeStoreTest : public testing::Test {
 protected:
  FakeStoreTest() { restart(); }
  void restart() {
    opener_ = std::make_unique<FakeOpener>(medium_);
    auto opened = opener_->open(kIndex);
    ASSERT_TRUE(opened.ok()) << opened.error().context;
    store_ = *std::move(opened);
  }
  Status put(std::string key) { return put_all(*store_, {{key, "v"}}); }
  std::string keys() {
    std::string text;
    for (const auto& [key, value] : medium_->contents(kIndex)) text += key;
    return text;
  }

  std::shared_ptr<FakeMedium> medium_ = std::make_shared<FakeMedium>(4);
  SeededRandom random_{5};
  std::unique_ptr<FakeOpener> opener_;
  std::unique_ptr<Store> store_;
};

TEST_F(FakeStoreTest, CommitsSurviveACrashAndTheOldLifeIsOver) {
  ASSERT_TRUE(put("a").ok() && put("b").ok());
  medium_->crash(FakeMedium::CrashMode::kKeepCommitted, random_);
  EXPECT_EQ(put("c").code(), Errc::kIo);
  EXPECT_EQ(store_->read([](Reader&) -> Status { return {}; }).code(), Errc::kIo);
  EXPECT_EQ(opener_->open(kIndex).code(), Errc::kIo);
  EXPECT_EQ(opener_->destroy(kIndex).code(), Errc::kIo);
  restart();
  EXPECT_EQ(keys(), "ab");
  ASSERT_TRUE(put("c").ok());
  EXPECT_EQ(keys(), "abc");
}

TEST_F(FakeStoreTest, ACrashMayLoseTheLastCommitWhole) {
  ASSERT_TRUE(put("a").ok());
  Status done = store_->write([](Writer& writer) -> Status {
    SL_CHECK(writer.put("b", "new"));
    return writer.erase("a");
  });
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(keys(), "b");
  medium_->crash(FakeMedium::CrashMode::kLoseLast, random_);
  EXPECT_EQ(keys(), "a");
}

TEST_F(FakeStoreTest, ChanceDecidesBothWays) {
  ASSERT_TRUE(put("a").ok() && put("b").ok());
  int lost = 0;
  for (int i = 0; i < 40; ++i) {
    auto other = medium_->clone();
    other->crash(FakeMedium::CrashMode::kMayLoseLast, random_);
    lost += other->contents(kIndex).size() == 1 ? 1 : 0;
  }
  EXPECT_GT(lost, 5);
  EXPECT_LT(lost, 35);
  EXPECT_EQ(keys(), "ab");
}

TEST_F(FakeStoreTest, APowerCutDuringACommitGoesEitherWay) {
  medium_->cut_at_commit(2, false);
  ASSERT_TRUE(put("a").ok());
  EXPECT_EQ(put("b").code(), Errc::kIo);
  EXPECT_EQ(put("c").code(), Errc::kIo);
  EXPECT_EQ(keys(), "a");
  restart();
  medium_->cut_at_commit(1, true);
  EXPECT_EQ(put("d").code(), Errc::kIo);
  EXPECT_EQ(put("e").code(), Errc::kIo);
  restart();
  EXPECT_EQ(keys(), "ad");
  EXPECT_EQ(medium_->commits(), 2u);
}

TEST_F(FakeStoreTest, AFailedCommitHasNoEffect) {
  medium_->fail_commit_at(2);
  ASSERT_TRUE(put("a").ok());
  ASSERT_TRUE(store_->write([](Writer&) -> Status { return {}; }).ok());
  EXPECT_EQ(put("b").code(), Errc::kIo);
  ASSERT_TRUE(put("c").ok());
  EXPECT_EQ(keys(), "ac");
}

TEST_F(FakeStoreTest, AFullMapHealsOnceAndFailsTwice) {
  int runs = 0;
  auto two = [&] {
    return store_->write([&](Writer& writer) -> Status {
      ++runs;
      SL_CHECK(writer.put("a", "v"));
      return writer.put("b", "v");
    });
  };
  medium_->full_at_put(2);
  EXPECT_TRUE(two().ok());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(keys(), "ab");
  medium_->full_at_put(2, 2);
  EXPECT_EQ(two().code(), Errc::kMapFull);
  EXPECT_TRUE(two().ok());
}

TEST_F(FakeStoreTest, AnOlderImageComesBackAsFarAsHistoryGoes) {
  for (std::string key : {"a", "b", "c", "d", "e", "f"}) ASSERT_TRUE(put(key).ok());
  EXPECT_EQ(medium_->make_stale(kIndex, 2), 2u);
  EXPECT_EQ(keys(), "abcd");
  EXPECT_EQ(medium_->make_stale(kIndex, 9), 2u);
  EXPECT_EQ(keys(), "ab");
  EXPECT_EQ(medium_->make_stale("other", 1), 0u);
}

TEST_F(FakeStoreTest, AStaleCrashGoesBackToACommittedState) {
  for (std::string key : {"a", "b", "c", "d", "e"}) ASSERT_TRUE(put(key).ok());
  for (int i = 0; i < 20; ++i) {
    auto other = medium_->clone();
    other->crash(FakeMedium::CrashMode::kStale, random_);
    std::string left;
    for (const auto& [key, value] : other->contents(kIndex)) left += key;
    EXPECT_TRUE(std::string("abcde").starts_with(left)) << left;
    EXPECT_GE(left.size(), 1u);
  }
}

TEST_F(FakeStoreTest, WipeAndDamage) {
  ASSERT_TRUE(put("a").ok());
  medium_->damage(kIndex);
  EXPECT_EQ(opener_->open(kIndex).code(), Errc::kCorrupt);
  ASSERT_TRUE(opener_->destroy(kIndex).ok());
  EXPECT_EQ(put("b").code(), Errc::kIo);
  restart();
  EXPECT_EQ(keys(), "");
  ASSERT_TRUE(put("c").ok());
  medium_->wipe();
  restart();
  EXPECT_EQ(keys(), "");
}

TEST_F(FakeStoreTest, AClonePartsFromItsOrigin) {
  ASSERT_TRUE(put("a").ok());
  auto other = medium_->clone();
  ASSERT_TRUE(put("b").ok());
  FakeOpener opener(other);
  auto store = opener.open(kIndex);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(put_all(**store, {{"z", "v"}}).ok());
  EXPECT_EQ(keys(), "ab");
  EXPECT_EQ(other->contents(kIndex).size(), 2u);
  EXPECT_TRUE(other->contents(kIndex).contains("z"));
}

}  // namespace
}  // namespace sl::kv
