// One suite over every store: whatever holds here, the rest of the house may rely on, and a simulated run means as
// much as one on LMDB.
#include "kv/store.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "fixtures.h"
#include "kv/fake_store.h"
#include "kv/key.h"
#include "kv/lmdb_store.h"

namespace sl::kv {
namespace {

class StoreTest : public testing::TestWithParam<bool> {
 protected:
  StoreTest() {
    if (GetParam())
      opener_ = std::make_unique<LmdbOpener>();
    else
      opener_ = std::make_unique<FakeOpener>(std::make_shared<FakeMedium>());
    open();
  }
  void open() {
    auto opened = opener_->open(directory_.index());
    ASSERT_TRUE(opened.ok()) << opened.error().context;
    store_ = *std::move(opened);
  }
  // Runs one look and shows what it found.
  std::string look(const std::function<Found(Reader&)>& at) {
    std::string text;
    Status done = store_->read([&](Reader& reader) -> Status {
      text = shown(at(reader));
      return {};
    });
    return done ? text : done.error().context;
  }
  std::string seek(std::string_view prefix, std::string_view key) {
    return look([&](Reader& reader) -> Found {
      SL_TRY(Cursor cursor, reader.cursor(prefix));
      return cursor.seek(key);
    });
  }
  std::string floor(std::string_view prefix, std::string_view key) {
    return look([&](Reader& reader) -> Found {
      SL_TRY(Cursor cursor, reader.cursor(prefix));
      return cursor.floor(key);
    });
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Opener> opener_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreTest, StartsEmpty) {
  EXPECT_TRUE(all_of(*store_).empty());
  EXPECT_EQ(value_of(*store_, "a"), "none");
  EXPECT_EQ(value_of(*store_, ""), "none");
  EXPECT_EQ(floor("", "zzz"), "none");
  EXPECT_EQ(seek("p", "p"), "none");
}

TEST_P(StoreTest, OrdersKeysAsUnsignedBytes) {
  ASSERT_TRUE(put_all(*store_, {{"b", "2"}, {"\xff", "5"}, {"a", "1"}, {"ba", "3"}, {"\x7f", "4"}}).ok());
  std::string values;
  for (const auto& [key, value] : all_of(*store_)) values += value;
  EXPECT_EQ(values, "12345");
  ASSERT_TRUE(put_all(*store_, {{"b", "replaced"}, {"empty", ""}}).ok());
  EXPECT_EQ(value_of(*store_, "b"), "replaced");
  EXPECT_EQ(value_of(*store_, "empty"), "");
  EXPECT_EQ(store_->stats()->entries, 6u);
}

TEST_P(StoreTest, FloorIsTheGreatestKeyNotAbove) {
  ASSERT_TRUE(put_all(*store_, {{"k10", "a"}, {"k20", "b"}, {"k30", "c"}}).ok());
  EXPECT_EQ(floor("", "k20"), "k20=b");
  EXPECT_EQ(floor("", "k29"), "k20=b");
  EXPECT_EQ(floor("", "k99"), "k30=c");
  EXPECT_EQ(floor("", "k1"), "none");
  EXPECT_EQ(floor("", std::string(600, '\xff')), "k30=c");
  EXPECT_EQ(seek("", "k10"), "k10=a");
  EXPECT_EQ(seek("", "k11"), "k20=b");
  EXPECT_EQ(seek("", "k31"), "none");
  EXPECT_EQ(seek("", ""), "k10=a");
}

TEST_P(StoreTest, PrefixBoundsEveryMove) {
  ASSERT_TRUE(put_all(*store_, {{"o9", "x"}, {"p1", "a"}, {"p5", "b"}, {"q0", "y"}, {"\xff\x01", "f"}}).ok());
  EXPECT_EQ(floor("p", "p4"), "p1=a");
  EXPECT_EQ(floor("p", "p0"), "none");
  EXPECT_EQ(floor("p", "z"), "p5=b");
  EXPECT_EQ(floor("p", "a"), "none");
  EXPECT_EQ(seek("p", "a"), "p1=a");
  EXPECT_EQ(seek("p", "p6"), "none");
  EXPECT_EQ(floor("\xff", "\xff\xff\xff"), "\xff\x01=f");
  EXPECT_EQ(all_of(*store_, "p").size(), 2u);
  EXPECT_EQ(all_of(*store_, "\xff").size(), 1u);
  EXPECT_TRUE(all_of(*store_, "r").empty());
  Status done = store_->read([&](Reader& reader) -> Status {
    SL_TRY(Cursor cursor, reader.cursor("p"));
    EXPECT_EQ(shown(cursor.next()), "none");
    EXPECT_EQ(shown(cursor.last()), "p5=b");
    EXPECT_EQ(shown(cursor.prev()), "p1=a");
    EXPECT_EQ(shown(cursor.prev()), "none");
    EXPECT_EQ(shown(cursor.prev()), "none");
    EXPECT_EQ(shown(cursor.first()), "p1=a");
    EXPECT_EQ(shown(cursor.next()), "p5=b");
    EXPECT_EQ(shown(cursor.next()), "none");
    EXPECT_EQ(shown(cursor.prev()), "none");
    return {};
  });
  EXPECT_TRUE(done.ok());
}

TEST_P(StoreTest, EraseRangeTakesFromAndLeavesTo) {
  auto fill = [&] { return put_all(*store_, {{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}}); };
  auto erased = [&](std::string_view from, std::string_view to) {
    uint64_t count = 99;
    Status done = store_->write([&](Writer& writer) -> Status {
      SL_TRY(count, writer.erase_range(from, to));
      return {};
    });
    EXPECT_TRUE(done.ok());
    return count;
  };
  ASSERT_TRUE(fill().ok());
  EXPECT_EQ(erased("b", "d"), 2u);
  EXPECT_EQ(all_of(*store_).front().first, "a");
  EXPECT_EQ(all_of(*store_).back().first, "d");
  EXPECT_EQ(erased("b", "d"), 0u);
  EXPECT_EQ(erased("d", "a"), 0u);
  EXPECT_EQ(erased("b", ""), 1u);
  ASSERT_TRUE(fill().ok());
  EXPECT_EQ(erased("", ""), 4u);
  EXPECT_EQ(erased("", ""), 0u);
}

TEST_P(StoreTest, WriterSeesItsOwnChanges) {
  Status done = store_->write([&](Writer& writer) -> Status {
    SL_CHECK(writer.put("a", "1"));
    SL_CHECK(writer.put("b", "2"));
    SL_CHECK(writer.erase("a"));
    SL_CHECK(writer.erase("missing"));
    SL_TRY(auto a, writer.get("a"));
    EXPECT_FALSE(a.has_value());
    SL_TRY(Cursor cursor, writer.cursor());
    EXPECT_EQ(shown(cursor.first()), "b=2");
    return {};
  });
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(value_of(*store_, "b"), "2");
}

TEST_P(StoreTest, AnErrorAborts) {
  ASSERT_TRUE(put_all(*store_, {{"a", "old"}, {"b", "old"}}).ok());
  Status done = store_->write([&](Writer& writer) -> Status {
    SL_CHECK(writer.put("a", "new"));
    SL_CHECK(writer.put("c", "new"));
    SL_TRY([[maybe_unused]] uint64_t erased, writer.erase_range("b", "c"));
    return Errc::kCancelled;
  });
  EXPECT_EQ(done.code(), Errc::kCancelled);
  EXPECT_EQ(value_of(*store_, "a"), "old");
  EXPECT_EQ(value_of(*store_, "b"), "old");
  EXPECT_EQ(value_of(*store_, "c"), "none");
}

TEST_P(StoreTest, AFailedPutSpoilsTheTransactionEvenIfIgnored) {
  auto put = [&](std::string key, std::string value) {
    return store_->write([&](Writer& writer) -> Status {
      SL_CHECK(writer.put("good", "1"));
      [[maybe_unused]] Status ignored = writer.put(key, value);
      return {};
    });
  };
  EXPECT_EQ(put("", "x").code(), Errc::kMalformed);
  EXPECT_EQ(put(std::string(kKeyBytesMax + 1, 'k'), "x").code(), Errc::kTooLarge);
  EXPECT_EQ(put("k", std::string(kValueBytesMax + 1, 'v')).code(), Errc::kTooLarge);
  EXPECT_EQ(value_of(*store_, "good"), "none");
  std::string key(kKeyBytesMax, 'k'), value(kValueBytesMax, 'v');
  EXPECT_TRUE(put(key, value).ok());
  EXPECT_EQ(value_of(*store_, key), value);
  EXPECT_EQ(value_of(*store_, key + "k"), "none");
}

TEST_P(StoreTest, ReadReturnsWhatItsFunctionDoes) {
  EXPECT_EQ(store_->read([](Reader&) -> Status { return Errc::kNotFound; }).code(), Errc::kNotFound);
}

TEST_P(StoreTest, SurvivesReopening) {
  ASSERT_TRUE(put_all(*store_, {{"a", "1"}}).ok());
  store_->close();
  store_->close();
  EXPECT_EQ(put_all(*store_, {{"b", "2"}}).code(), Errc::kIo);
  EXPECT_EQ(store_->read([](Reader&) -> Status { return {}; }).code(), Errc::kIo);
  EXPECT_EQ(store_->stats().code(), Errc::kIo);
  open();
  EXPECT_EQ(value_of(*store_, "a"), "1");
  EXPECT_EQ(value_of(*store_, "b"), "none");
  store_.reset();
  ASSERT_TRUE(opener_->destroy(directory_.index()).ok());
  ASSERT_TRUE(opener_->destroy(directory_.index()).ok());
  open();
  EXPECT_TRUE(all_of(*store_).empty());
}

// Random changes against a std::map, with range erasures that empty whole pages, aborts and reopenings. On LMDB some of
// these transactions leave the file shorter than its pages, which write() must mend before the next open.
TEST_P(StoreTest, AgreesWithAMapOverManyChanges) {
  SeededRandom random(11);
  std::map<std::string, std::string> model;
  auto random_key = [&] {
    KeyBuilder key;
    key.u8(static_cast<uint8_t>(random.below(4))).be64(static_cast<int64_t>(random.below(5000)));
    return std::string(key.view());
  };
  for (int round = 0; round < 60; ++round) {
    auto next = model;
    bool abort = random.below(5) == 0;
    Status done = store_->write([&](Writer& writer) -> Status {
      for (int i = 0; i < 300; ++i) {
        std::string key = random_key(), value(random.below(random.below(20) == 0 ? 2000 : 60), 'v');
        SL_CHECK(writer.put(key, value));
        next[key] = value;
      }
      for (int i = 0; i < 20; ++i) {
        std::string key = random_key();
        SL_CHECK(writer.erase(key));
        next.erase(key);
      }
      std::string from = random_key(), to = random_key();
      SL_TRY(uint64_t erased, writer.erase_range(from, to));
      uint64_t expected = 0;
      for (auto it = next.lower_bound(from); it != next.end() && it->first < to; ++expected) it = next.erase(it);
      EXPECT_EQ(erased, expected);
      if (abort) return Errc::kCancelled;
      return {};
    });
    ASSERT_EQ(done.ok(), !abort);
    if (!abort) model = next;
    if (round % 16 == 15) {
      store_.reset();
      open();
    }
    auto entries = all_of(*store_);
    ASSERT_TRUE(std::equal(entries.begin(), entries.end(), model.begin(), model.end(),
                           [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; }))
        << "round " << round;
    std::string key = random_key();
    auto above = model.upper_bound(key);
    std::string expected = above == model.begin() ? "none" : std::prev(above)->first + "=" + std::prev(above)->second;
    EXPECT_EQ(floor("", key), expected);
  }
}

TEST_P(StoreTest, HoldsManyKeys) {
  constexpr int64_t kKeys = 200'000;
  Status done = store_->write([&](Writer& writer) -> Status {
    for (int64_t i = 0; i < kKeys; ++i) SL_CHECK(writer.put(KeyBuilder().be64((i * 7919) % kKeys), "value"));
    return {};
  });
  ASSERT_TRUE(done.ok()) << done.error().context;
  EXPECT_EQ(store_->stats()->entries, static_cast<uint64_t>(kKeys));
  done = store_->read([&](Reader& reader) -> Status {
    SL_TRY(Cursor cursor, reader.cursor());
    SL_TRY(auto entry, cursor.first());
    int64_t expected = 0;
    while (entry && KeyReader(entry->key).be64() == expected) {
      ++expected;
      SL_TRY(entry, cursor.next());
    }
    EXPECT_EQ(expected, kKeys);
    return {};
  });
  EXPECT_TRUE(done.ok());
  done = store_->write([&](Writer& writer) -> Status {
    SL_TRY(uint64_t erased, writer.erase_range(KeyBuilder().be64(10), KeyBuilder().be64(kKeys - 10)));
    EXPECT_EQ(erased, static_cast<uint64_t>(kKeys - 20));
    return {};
  });
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(all_of(*store_).size(), 20u);
}

// Two keys always change together; no reader may ever see them apart, on any thread.
TEST_P(StoreTest, ReadersSeeWholeTransactions) {
  ASSERT_TRUE(put_all(*store_, {{"a", "0"}, {"b", "0"}}).ok());
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0}, reads{0};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        Status done = store_->read([&](Reader& reader) -> Status {
          SL_TRY(auto a, reader.get("a"));
          SL_TRY(auto b, reader.get("b"));
          if (*a != *b) ++torn;
          return {};
        });
        if (!done) ++torn;
        ++reads;
      }
    });
  for (int i = 1; i <= 50 || reads < 50; ++i) {
    std::string value = std::to_string(i);
    ASSERT_TRUE(put_all(*store_, {{"a", value}, {"b", value}}).ok());
  }
  stop = true;
  readers.clear();
  EXPECT_EQ(torn, 0);
}

INSTANTIATE_TEST_SUITE_P(Kv, StoreTest, testing::Bool(),
                         [](const auto& param) { return param.param ? std::string("Lmdb") : std::string("Fake"); });

}  // namespace
}  // namespace sl::kv
