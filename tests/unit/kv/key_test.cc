// Keys must order as their fields do, and come apart into the same fields.
#include "kv/key.h"

#include <gtest/gtest.h>

#include <limits>
#include <tuple>
#include <vector>

namespace sl::kv {
namespace {

TEST(Key, OrdersAsItsFieldsDo) {
  using Fields = std::tuple<std::string, int32_t, int64_t>;
  std::vector<Fields> fields;
  for (std::string text :
       {std::string(), std::string("\0", 1), std::string("\0\0", 2), std::string("\0\xff", 2), std::string("\1"),
        std::string("a"), std::string("a\0", 2), std::string("a\0b", 3), std::string("ab"), std::string("\xff")})
    for (int32_t number :
         {std::numeric_limits<int32_t>::min(), -1, 0, 1, 255, 256, std::numeric_limits<int32_t>::max()})
      for (int64_t large : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0}, int64_t{1} << 40})
        fields.emplace_back(text, number, large);
  auto key_of = [](const Fields& f) {
    return std::string(KeyBuilder().bytes(std::get<0>(f)).be32(std::get<1>(f)).be64(std::get<2>(f)).view());
  };
  std::sort(fields.begin(), fields.end(), [](const Fields& a, const Fields& b) {
    int order = std::get<0>(a).compare(std::get<0>(b));  // as unsigned bytes
    return order != 0 ? order < 0 : std::tie(std::get<1>(a), std::get<2>(a)) < std::tie(std::get<1>(b), std::get<2>(b));
  });
  for (size_t i = 1; i < fields.size(); ++i) ASSERT_LT(key_of(fields[i - 1]), key_of(fields[i])) << i;
}

TEST(Key, ComesApartIntoItsFields) {
  Uuid id{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
  KeyBuilder key;
  std::string text("a\0\xff\0", 4);
  key.u8(7).uuid(id).be32(Partition(-3)).bytes(text).be64(Offset(1) + 41).tail("rest");
  KeyReader reader(key.view());
  EXPECT_EQ(reader.u8(), 7);
  EXPECT_EQ(reader.uuid(), id);
  EXPECT_EQ(reader.be32(), -3);
  EXPECT_EQ(reader.bytes(), text);
  EXPECT_EQ(reader.be64(), 42);
  EXPECT_FALSE(reader.finished());
  EXPECT_EQ(reader.tail(), "rest");
  EXPECT_TRUE(reader.finished());
}

TEST(Key, EveryShorterKeyIsNoticed) {
  KeyBuilder key;
  key.u8(1).be32(2).bytes("xyz").be64(3);
  for (size_t size = 0; size < key.view().size(); ++size) {
    KeyReader reader(key.view().substr(0, size));
    reader.u8();
    reader.be32();
    reader.bytes();
    reader.be64();
    EXPECT_FALSE(reader.ok()) << size;
  }
}

TEST(Key, ForeignEscapeIsNoticed) {
  KeyReader reader(std::string_view("a\0\2b\0\1", 6));
  EXPECT_EQ(reader.bytes(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(Key, PrefixEndIsJustPastThePrefix) {
  EXPECT_EQ(prefix_end("ab"), "ac");
  EXPECT_EQ(prefix_end("a\xff\xff"), "b");
  EXPECT_EQ(prefix_end("\xff\xff"), "");
  EXPECT_EQ(prefix_end(""), "");
}

}  // namespace
}  // namespace sl::kv
