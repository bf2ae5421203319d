// Shared blocks and the pool that gives them out again.
#include "base/buffer.h"

#include <gtest/gtest.h>

namespace sl {
namespace {

TEST(Buffer, SharesItsBlock) {
  Buffer empty;
  EXPECT_FALSE(empty);
  EXPECT_EQ(empty.size(), 0u);
  Buffer first = Buffer::copy_of(as_bytes("hello"));
  Buffer second = first;
  first.data()[0] = 'j';
  EXPECT_EQ(as_text(second.bytes()), "jello");
  first = {};
  EXPECT_EQ(as_text(second.bytes()), "jello");
  Buffer third = std::move(second);
  EXPECT_FALSE(second);
  EXPECT_EQ(third.size(), 5u);
}

TEST(BufferPool, GivesAFreedBlockOutAgain) {
  BufferPool pool(1 << 20);
  Buffer first = pool.take(100'000);
  EXPECT_EQ(first.size(), 128u << 10);
  uint8_t* where = first.data();
  Buffer shared = first;
  first = {};
  EXPECT_EQ(pool.kept_bytes(), 0u) << "somebody still holds it";
  shared = {};
  EXPECT_EQ(pool.kept_bytes(), 128u << 10);
  Buffer again = pool.take(70'000);
  EXPECT_EQ(again.data(), where);
  EXPECT_EQ(pool.kept_bytes(), 0u);
}

TEST(BufferPool, SizesAreAtLeastWhatWasAsked) {
  BufferPool pool(0);
  for (size_t size : {size_t{0}, size_t{1}, size_t{65536}, size_t{65537}, size_t{1} << 20, (size_t{1} << 20) + 1,
                      size_t{128} << 20, (size_t{128} << 20) + 1})
    EXPECT_GE(pool.take(size).size(), size);
}

TEST(BufferPool, KeepsNoMoreThanItsLimit) {
  BufferPool pool(200'000);
  {
    std::vector<Buffer> taken;
    for (int i = 0; i < 10; ++i) taken.push_back(pool.take(65536));
  }
  EXPECT_EQ(pool.kept_bytes(), 3u * 65536);
}

TEST(BufferPool, BlocksOutliveThePool) {
  Buffer kept;
  {
    BufferPool pool(1 << 20);
    kept = pool.take(10);
  }
  kept.data()[0] = 1;
  kept = {};
  EXPECT_FALSE(kept);
}

}  // namespace
}  // namespace sl
