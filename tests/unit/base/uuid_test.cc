// Ids as Kafka writes them, and base64.
#include "base/uuid.h"

#include <gtest/gtest.h>

#include <unordered_set>

#include "base/random.h"

namespace sl {
namespace {

TEST(Uuid, TextIsKafkas) {
  EXPECT_EQ(Uuid{}.text(), "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_TRUE(Uuid{}.is_zero());
  EXPECT_EQ(kMetadataTopicId.text(), "AAAAAAAAAAAAAAAAAAAAAQ");
  auto id = Uuid::parse("4L6g3nShT-eMCtK--X86sw");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), "4L6g3nShT-eMCtK--X86sw");
  EXPECT_EQ(id->bytes[0], 0xe0);
}

TEST(Uuid, WrongTextIsRefused) {
  for (const char* text : {"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAA+A", "AAAAAAAAAAAAAAAAAAAAA ",
                           "00000000-0000-0000-0000-000000000001"})
    EXPECT_EQ(Uuid::parse(text).code(), Errc::kMalformed) << text;
}

TEST(Uuid, RandomOnesAreVersionFourDistinctAndNeverLookLikeAnOption) {
  SeededRandom random(4);
  std::unordered_set<Uuid> seen;
  for (int i = 0; i < 5000; ++i) {
    Uuid id = Uuid::random(random);
    EXPECT_TRUE(seen.insert(id).second);
    EXPECT_EQ(id.bytes[6] >> 4, 4);
    EXPECT_EQ(id.bytes[8] >> 6, 2);
    EXPECT_NE(id.text()[0], '-');
    auto back = Uuid::parse(id.text());
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, id);
  }
}

// RFC 4648, 10.
TEST(Base64, TheVectorsOfTheRfc) {
  const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (auto [plain, encoded] : kVectors) {
    EXPECT_EQ(base64_encode(plain), encoded);
    EXPECT_EQ(*base64_decode(encoded), plain);
  }
  EXPECT_EQ(*base64_decode("Zm8"), "fo") << "padding may be missing";
  for (const char* text : {"Z", "Zm9vY", "Zm9_", "Zm 9v", "=Zm9"}) EXPECT_FALSE(base64_decode(text)) << text;
}

TEST(Base64, AllBytesComeBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (size_t n = 0; n <= all.size(); ++n) EXPECT_EQ(*base64_decode(base64_encode(all.substr(n))), all.substr(n));
}

}  // namespace
}  // namespace sl
