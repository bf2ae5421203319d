// The lossless JSON line: its exact shape, and that reading undoes writing for any bytes.
#include "tools/common/json_record.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/random.h"
#include "sample_record.h"

namespace sl::tools {
namespace {

using testing::SampleHeader;
using testing::SampleRecord;

std::string line_of(const SampleRecord& sample) {
  std::string out;
  append_json_record(out, {"t", Partition(0), Epoch(3), false}, sample.view);
  return out;
}

InputRecord read_json(JsonRecordReader& reader, std::string_view line) {
  InputRecord record;
  auto done = reader.read(line, line.size(), record);
  EXPECT_TRUE(done) << line << ": " << (done ? "" : done.error().context);
  return record;
}

std::string refusal_of(std::string_view line) {
  JsonRecordReader reader;
  InputRecord record;
  auto done = reader.read(line, line.size(), record);
  EXPECT_FALSE(done) << line;
  return done ? "" : done.error().context;
}

TEST(JsonRecord, HasTheDocumentedShape) {
  EXPECT_EQ(
      line_of(SampleRecord("k", "v", {{"n", "v"}, {"n", std::nullopt}})),
      R"({"topic":"t","partition":0,"offset":4,"ts":1603987358147,"tstype":"create","epoch":3,"key":"k","value":"v",)"
      R"("headers":[["n","v"],["n",null]]})"
      "\n");
  EXPECT_EQ(
      line_of(SampleRecord(std::nullopt, "")),
      R"({"topic":"t","partition":0,"offset":4,"ts":1603987358147,"tstype":"create","epoch":3,"key":null,"value":"",)"
      R"("headers":[]})"
      "\n");
  EXPECT_EQ(line_of(SampleRecord("\xff", std::string("\0\xff\x10", 3), {{"n", "\xfe"}})),
            R"({"topic":"t","partition":0,"offset":4,"ts":1603987358147,"tstype":"create","epoch":3,"key64":"/w==",)"
            R"("value64":"AP8Q","headers":[["n",{"b64":"/g=="}]]})"
            "\n");
}

TEST(JsonRecord, ReadsEveryField) {
  JsonRecordReader reader;
  InputRecord record = read_json(
      reader,
      R"({"topic":"t","partition":2,"offset":4,"ts":1600000000123,"tstype":"create","epoch":3,"key":"a\n\u20ac",)"
      R"("value":null,"headers":[["h","1"],["h",null],["g",""],["b",{"b64":"AP8Q"}]]})");
  EXPECT_EQ(record.topic, "t");
  EXPECT_EQ(record.partition, 2);
  EXPECT_EQ(record.timestamp_ms, 1600000000123);
  EXPECT_EQ(record.key, "a\n\xe2\x82\xac");
  EXPECT_EQ(record.value, std::nullopt);
  ASSERT_EQ(record.headers.size(), 4u);
  EXPECT_EQ(record.headers[0].value, "1");
  EXPECT_EQ(record.headers[1].name, "h");
  EXPECT_EQ(record.headers[1].value, std::nullopt);
  EXPECT_EQ(record.headers[2].value, "");
  EXPECT_EQ(record.headers[3].value, std::string_view("\0\xff\x10", 3));
}

TEST(JsonRecord, ReadsWhatOtherToolsWrite) {
  JsonRecordReader reader;
  InputRecord kcat = read_json(
      reader,
      R"({"topic":"t","partition":0,"offset":4,"tstype":"create","ts":16,"broker":0,"headers":["a","1","a",null],)"
      R"("key":"k","payload":"p"})");
  EXPECT_EQ(kcat.value, "p");
  ASSERT_EQ(kcat.headers.size(), 2u);
  EXPECT_EQ(kcat.headers[1].value, std::nullopt);
  InputRecord rpk =
      read_json(reader, R"({"topic":"t","key":"k","value":"v","headers":[{"key":"h","value":"x"}],"timestamp":17})");
  EXPECT_EQ(rpk.timestamp_ms, 17);
  ASSERT_EQ(rpk.headers.size(), 1u);
  EXPECT_EQ(rpk.headers[0].name, "h");
  EXPECT_EQ(rpk.headers[0].value, "x");
  InputRecord bare = read_json(reader, " { } ");
  EXPECT_EQ(bare.topic, std::nullopt);
  EXPECT_EQ(bare.value, std::nullopt);
  EXPECT_TRUE(bare.headers.empty());
  EXPECT_EQ(read_json(reader, R"({"ts":-1})").timestamp_ms, std::nullopt);
  EXPECT_EQ(read_json(reader, R"({"ts":null,"headers":null,"value" : "x" , "key": "\"\\" })").key, "\"\\");
}

TEST(JsonRecord, RefusesWithASentence) {
  EXPECT_NE(refusal_of("hello").find("not a JSON object"), std::string::npos);
  EXPECT_NE(refusal_of("").find("not a JSON object"), std::string::npos);
  EXPECT_NE(refusal_of("[1]").find("not a JSON object"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"value":"x")").find("not a JSON object"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"value":"x"} {})").find("behind the JSON object"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"value":"x"}})").find("J"), std::string::npos);
  EXPECT_NE(refusal_of("{\"value\":\"\xff\"}").find("not a JSON object"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"vlaue":"x"})").find("did you mean \"value\"?"), std::string::npos);
  EXPECT_EQ(refusal_of(R"({"value":1})"), "\"value\" must be a string or null");
  EXPECT_EQ(refusal_of(R"({"value64":"?"})"), "\"value64\" must be base64");
  EXPECT_EQ(refusal_of(R"({"ts":"soon"})"), "\"ts\" must be a whole number");
  EXPECT_EQ(refusal_of(R"({"ts":-2})"), "\"ts\" must be a time in milliseconds since 1970, from 0 on, or -1 for none");
  EXPECT_EQ(refusal_of(R"({"value":"x","value64":"eA=="})"), "\"value64\" gives it a second value");
  EXPECT_EQ(refusal_of(R"({"payload":null,"value":"x"})"), "\"value\" gives it a second value");
  EXPECT_EQ(refusal_of(R"({"key64":"eA==","key":"x"})"), "\"key\" gives it a second key");
  EXPECT_EQ(refusal_of(R"({"partition":-1})"), "\"partition\" must be a partition number, from 0 on");
  EXPECT_EQ(refusal_of(R"({"partition":1.5})"), "\"partition\" must be a whole number");
  EXPECT_NE(refusal_of(R"({"headers":{"a":"b"}})").find("\"headers\" must be a list"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"headers":[["a"]]})").find("\"headers\" must be"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"headers":["a"]})").find("\"headers\" must be"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"headers":[["a","b","c"]]})").find("\"headers\" must be"), std::string::npos);
}

std::optional<std::string> random_bytes(Random& random) {
  if (random.below(5) == 0) return std::nullopt;
  static constexpr std::string_view kPieces[] = {"abc",
                                                 "\"",
                                                 "\\",
                                                 "\n",
                                                 "\xe2\x82\xac",
                                                 "\xff",
                                                 "\xf0\x9f\x98\x80",
                                                 "plain text that runs on",
                                                 "64\"",
                                                 "{}",
                                                 std::string_view("\0", 1)};
  std::string text;
  for (uint64_t n = random.below(5); n > 0; --n) {
    std::string_view piece = kPieces[random.below(std::size(kPieces))];
    if (text.size() + piece.size() < 60) text += piece;
  }
  return text;
}

TEST(JsonRecord, ReadingUndoesWriting) {
  SeededRandom random(7);
  JsonRecordReader reader;
  for (int i = 0; i < 5000; ++i) {
    auto key = random_bytes(random), value = random_bytes(random);
    std::vector<SampleHeader> headers;
    for (uint64_t n = random.below(4); n > 0; --n)
      headers.emplace_back(random_bytes(random).value_or("h"), random_bytes(random));
    SampleRecord sample(key, value, headers);
    std::string line = line_of(sample);
    line.pop_back();
    size_t length = line.size();
    // As it stands in a buffer: other lines follow, or nothing does.
    if (i % 2 == 0) line += "\n" + std::string(80, i % 4 == 0 ? '"' : '{');
    InputRecord record;
    auto done = reader.read(std::string_view(line).substr(0, length), line.size(), record);
    ASSERT_TRUE(done) << line << done.error().context;
    ASSERT_EQ(record.key, key) << line;
    ASSERT_EQ(record.value, value) << line;
    ASSERT_EQ(record.headers.size(), headers.size()) << line;
    for (size_t h = 0; h < headers.size(); ++h) {
      ASSERT_EQ(record.headers[h].name, headers[h].first) << line;
      ASSERT_EQ(record.headers[h].value, headers[h].second) << line;
    }
  }
}

TEST(JsonRecord, AnyCutOfALineIsRefused) {
  std::string line = line_of(SampleRecord("key", "\xff\xfe", {{"n", "v"}, {"b", "\xff"}}));
  line.pop_back();
  for (size_t length = 0; length < line.size(); ++length) refusal_of(line.substr(0, length));
}

TEST(Base64, RoundTripsAndRefuses) {
  SeededRandom random(3);
  for (size_t length = 0; length < 70; ++length) {
    std::string bytes(length, '\0'), encoded, decoded, hex, from_hex;
    random.fill({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
    append_base64(encoded, as_bytes(bytes));
    EXPECT_EQ(encoded.size() % 4, 0u);
    ASSERT_TRUE(decode_base64(encoded, decoded));
    EXPECT_EQ(decoded, bytes);
    append_hex(hex, as_bytes(bytes));
    ASSERT_TRUE(decode_hex(hex, from_hex));
    EXPECT_EQ(from_hex, bytes);
  }
  std::string out;
  EXPECT_TRUE(decode_base64("AP8", out));
  for (const char* wrong : {"A", "AP8Q=", "A===", "AP 8", "AP8*", "=", "AP=8"}) EXPECT_FALSE(decode_base64(wrong, out));
  EXPECT_FALSE(decode_hex("abc", out));
  EXPECT_FALSE(decode_hex("zz", out));
}

}  // namespace
}  // namespace sl::tools
