// The formats of keys and values: what a record's bytes become, what is refused and why, and what is written.
#include "query/format.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

namespace sl::query {
namespace {

using Columns = std::vector<Field>;

TypePtr t(Base base) {
  return simple_type(base);
}

// Bytes with nothing behind them, so that a sanitizer sees who reads on.
struct Exact {
  explicit Exact(std::string_view text) : size(text.size()), bytes(new uint8_t[text.size()]) {
    if (!text.empty()) std::memcpy(bytes.get(), text.data(), text.size());
  }
  size_t size;
  std::unique_ptr<uint8_t[]> bytes;
};

// The wanted columns as texts, "a|b|null", or "bad: why".
std::string decoded(const Format& format, const Columns& columns, std::vector<size_t> wanted, std::string_view data) {
  auto decoder = make_decoder(format, columns, wanted);
  std::vector<Value> values(wanted.size());
  std::vector<Value*> outputs;
  for (auto& value : values) outputs.push_back(&value);
  Arena arena;
  std::string why;
  Exact exact(data);
  if (!decoder->decode({exact.bytes.get(), exact.size}, 0, outputs.data(), 0, arena, why)) return "bad: " + why;
  std::string out;
  for (size_t i = 0; i < values.size(); ++i) out += (i ? "|" : "") + to_text(values[i], *columns[wanted[i]].type);
  return out;
}
std::string decoded(const Format& format, const Columns& columns, std::string_view data) {
  std::vector<size_t> wanted;
  for (size_t i = 0; i < columns.size(); ++i) wanted.push_back(i);
  return decoded(format, columns, wanted, data);
}
// One JSON text as a value of `type`.
std::string json_as(const TypePtr& type, std::string_view json) {
  Arena arena;
  std::string why;
  auto value = value_from_json(json, *type, arena, why);
  return value ? to_text(*value, *type) : "bad";
}
// Values, given as a JSON object, in another format; "none" where it has no bytes for them.
std::string encoded(const Format& format, const Columns& columns, std::string_view json) {
  std::vector<size_t> wanted;
  std::vector<Value> values(columns.size());
  std::vector<Value*> outputs;
  for (size_t i = 0; i < columns.size(); ++i) {
    wanted.push_back(i);
    outputs.push_back(&values[i]);
  }
  Arena arena;
  std::string why, out;
  EXPECT_TRUE(make_decoder({}, columns, wanted)->decode(as_bytes(json), 0, outputs.data(), 0, arena, why)) << why;
  auto done = make_encoder(format, columns)->encode(outputs.data(), 0, out);
  if (!done) return "refused: " + done.error().context;
  return *done ? out : "none";
}
std::string refusal(const Format& format, const Columns& columns, bool key = false) {
  auto status = check_format(format, columns, key);
  return status ? "" : status.error().context;
}

const Format kJson{};
const Format kDelimited{.kind = FormatKind::kDelimited};
const Format kKafka{.kind = FormatKind::kKafka};
const Format kRaw{.kind = FormatKind::kRaw};
const Format kNone{.kind = FormatKind::kNone};
const Format kUnwrapped{.unwrapped = true};

const Columns kThree = {{"ID", t(Base::kBigint)}, {"NAME", t(Base::kString)}, {"Mixed", t(Base::kDouble)}};

TEST(JsonDecoder, TakesColumnsByName) {
  EXPECT_EQ(decoded(kJson, kThree, R"({"ID":7,"NAME":"x","Mixed":1.5})"), "7|x|1.5");
  EXPECT_EQ(decoded(kJson, kThree, R"( { "Mixed" : 1.5 , "other":[{"ID":1}], "NAME" : "x" ,"ID" : 7 } )"), "7|x|1.5");
  EXPECT_EQ(decoded(kJson, kThree, {1}, R"({"ID":"no number, and nobody asks","NAME":"x"})"), "x");
  EXPECT_EQ(decoded(kJson, kThree, {2, 0}, R"({"ID":7,"NAME":"x","Mixed":1.5})"), "1.5|7");
  EXPECT_EQ(decoded(kJson, kThree, {}, R"({"ID":7})"), "");
  EXPECT_EQ(decoded(kJson, kThree, "{}"), "null|null|null");
  EXPECT_EQ(decoded(kJson, kThree, R"({"ID":null,"NAME":null})"), "null|null|null");
  EXPECT_EQ(decoded(kJson, kThree, "null"), "null|null|null");
}

TEST(JsonDecoder, ExactNamesGoFirstAndTheLastWins) {
  EXPECT_EQ(decoded(kJson, kThree, R"({"id":7,"Name":"x","MIXED":2})"), "7|x|2.0");
  EXPECT_EQ(decoded(kJson, kThree, R"({"id":1,"ID":2})"), "2|null|null");
  EXPECT_EQ(decoded(kJson, kThree, R"({"ID":2,"id":1})"), "2|null|null");
  EXPECT_EQ(decoded(kJson, kThree, R"({"ID":2,"ID":3})"), "3|null|null");
  EXPECT_EQ(decoded(kJson, kThree, R"({"id":2,"Id":3})"), "3|null|null");
  EXPECT_EQ(decoded(kJson, kThree, R"({"ID":2,"ID":null})"), "null|null|null");
  EXPECT_EQ(decoded(kJson, kThree, R"({"\u0049D":2,"NAM\u0045":"x"})"), "2|x|null");
  Columns both = {{"a", t(Base::kInt)}, {"A", t(Base::kInt)}};
  EXPECT_EQ(decoded(kJson, both, R"({"A":1,"a":2})"), "2|1");
}

TEST(JsonDecoder, Texts) {
  auto string = t(Base::kString);
  EXPECT_EQ(json_as(string, R"("a\"b\\c\n\u00e9\ud83d\ude00")"), "a\"b\\c\n\u00e9\U0001F600");
  EXPECT_EQ(json_as(string, R"("")"), "");
  EXPECT_EQ(json_as(string, "12.50"), "12.50");
  EXPECT_EQ(json_as(string, "true"), "true");
  EXPECT_EQ(json_as(string, R"({ "a" : [1, 2] })"), R"({"a":[1,2]})");
  EXPECT_EQ(json_as(string, R"([1, "b", null, [2]])"), "[1, b, null, [2]]");
  EXPECT_EQ(decoded(kJson, kThree, {1}, R"({"NAME":"a\tb"})"), "a\tb");
  EXPECT_EQ(decoded(kJson, kThree, {1}, R"({"NAME":{ "x": 1 }})"), R"({"x":1})");
  EXPECT_EQ(json_as(t(Base::kBytes), R"("AQID")"), std::string("\1\2\3"));
  EXPECT_EQ(json_as(t(Base::kBytes), R"("*")"), "bad");
}

TEST(JsonDecoder, Numbers) {
  auto number = t(Base::kInt);
  EXPECT_EQ(json_as(number, "2147483647"), "2147483647");
  EXPECT_EQ(json_as(number, "2147483648"), "-2147483648");  // wraps, as Jackson's intValue()
  EXPECT_EQ(json_as(number, "-1.9"), "-1");
  EXPECT_EQ(json_as(number, R"("42")"), "42");
  EXPECT_EQ(json_as(number, R"("4.2")"), "bad");
  EXPECT_EQ(json_as(number, R"("")"), "bad");
  EXPECT_EQ(json_as(number, "true"), "bad");
  EXPECT_EQ(json_as(number, "[1]"), "bad");
  EXPECT_EQ(json_as(t(Base::kBigint), "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(json_as(t(Base::kBigint), "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(json_as(t(Base::kBigint), "1e3"), "1000");
  EXPECT_EQ(json_as(t(Base::kBigint), "-"), "bad");
  EXPECT_TRUE(decoded(kJson, kThree, R"({"ID":1 2})").starts_with("bad: "));
  EXPECT_EQ(json_as(t(Base::kDouble), "3"), "3.0");
  EXPECT_EQ(json_as(t(Base::kDouble), "-2.5E-3"), "-0.0025");
  EXPECT_EQ(json_as(t(Base::kDouble), R"("1.5")"), "1.5");
  EXPECT_EQ(json_as(t(Base::kBoolean), "true"), "true");
  EXPECT_EQ(json_as(t(Base::kBoolean), R"("true")"), "bad");
  EXPECT_EQ(json_as(t(Base::kBoolean), "0"), "bad");
  EXPECT_EQ(json_as(decimal_type(4, 2), "12.3"), "12.30");
  EXPECT_EQ(json_as(decimal_type(4, 2), R"("-0.05")"), "-0.05");
  EXPECT_EQ(json_as(decimal_type(4, 2), "123"), "bad");
  EXPECT_EQ(json_as(decimal_type(4, 2), "1.005"), "bad");
}

TEST(JsonDecoder, TimesAreNumbers) {
  EXPECT_EQ(json_as(t(Base::kDate), "18321"), "2020-02-29");
  EXPECT_EQ(json_as(t(Base::kTime), "33300000"), "09:15");
  EXPECT_EQ(json_as(t(Base::kTimestamp), R"("1000")"), "1970-01-01T00:00:01.000");
  EXPECT_EQ(json_as(t(Base::kDate), R"("2020-02-29")"), "bad");
}

TEST(JsonDecoder, Nested) {
  auto row = struct_type({{"A", t(Base::kInt)}, {"B", array_type(t(Base::kString))}});
  EXPECT_EQ(json_as(row, R"({"b":["x",null],"a":"1","c":{}})"), "Struct{A=1,B=[x, null]}");
  EXPECT_EQ(json_as(row, R"({})"), "Struct{}");
  EXPECT_EQ(json_as(row, R"([1])"), "bad");
  EXPECT_EQ(json_as(row, R"("text")"), "bad");
  EXPECT_EQ(json_as(row, R"({"A":"x"})"), "bad");
  EXPECT_EQ(json_as(array_type(t(Base::kInt)), "[]"), "[]");
  EXPECT_EQ(json_as(array_type(t(Base::kInt)), R"([1,"2",null])"), "[1, 2, null]");
  EXPECT_EQ(json_as(array_type(t(Base::kInt)), R"({"0":1})"), "bad");
  auto map = map_type(t(Base::kString), t(Base::kDouble));
  EXPECT_EQ(json_as(map, R"({"x":1,"y":null,"x":2})"), "{x=2.0, y=null}");
  EXPECT_EQ(json_as(map, "[]"), "bad");
}

TEST(JsonDecoder, SaysWhyARecordIsBad) {
  EXPECT_EQ(decoded(kJson, kThree, R"({"ID":"x1"})"), "bad: column ID: x1 is no BIGINT");
  EXPECT_EQ(decoded(kJson, kThree, "[1,2]"), "bad: it is no JSON object: [1,2]");
  for (std::string_view text : {"", " ", "{", "}", R"({"ID")", R"({"ID":)", R"({"ID":1)", R"({"ID" 1})", R"({"ID":1,})",
                                R"({"ID":1 "NAME":"x"})", R"({"NAME":"x})", "{\"NAME\":\"\xff\"}", "plain text", "\0"})
    EXPECT_TRUE(decoded(kJson, kThree, text).starts_with("bad: ")) << text;
}

TEST(JsonDecoder, ReadsWhereTheRecordLies) {
  // Two records side by side, the second one in quotes that the first must not see.
  std::string data = R"({"ID":1,"NAME":"a"}"},{"ID":2)";
  size_t first = data.find('}') + 1, behind = data.size() - first;
  data.append(128, '"');
  auto decoder = make_decoder(kJson, kThree, {0, 1});
  Value id, name;
  Value* outputs[] = {&id, &name};
  Arena arena;
  std::string why;
  ASSERT_TRUE(decoder->decode(as_bytes(data).first(first), behind + 128, outputs, 0, arena, why)) << why;
  EXPECT_EQ(id.as_integer(), 1);
  EXPECT_EQ(name.as_text(), "a");
  EXPECT_EQ(name.as_text().data(), data.data() + data.find("a\"}")) << "the text is a view of the record";
}

TEST(JsonDecoder, DepthAndWidthAreBounded) {
  // Text of nested brackets must neither take the stack nor, with many keys, time that grows with their square.
  std::string deep(200'000, '[');
  std::string closed = deep + std::string(200'000, ']');
  EXPECT_EQ(json_as(t(Base::kString), closed), "bad");
  EXPECT_TRUE(decoded(kJson, kThree, R"({"NAME":)" + closed + "}").starts_with("bad: "));
  EXPECT_EQ(decoded(kJson, kThree, {1}, R"({"ID":)" + closed + R"(,"NAME":"x"})"), "x");
  std::string wide = "{";
  for (int i = 0; i < 100'000; ++i)
    wide += (i ? ",\"k" : "\"k") + std::to_string(i % 60'000) + "\":" + std::to_string(i);
  Arena arena;
  std::string why;
  auto value = value_from_json(wide + "}", *map_type(t(Base::kString), t(Base::kInt)), arena, why);
  ASSERT_TRUE(value) << why;
  ASSERT_EQ(value->size(), 60'000U);
  EXPECT_EQ(value->map_value(0).as_integer(), 60'000);
  EXPECT_EQ(value->map_value(59'999).as_integer(), 59'999);
}

TEST(JsonFormat, SingleColumnsUnwrapped) {
  EXPECT_EQ(decoded(kUnwrapped, {{"A", t(Base::kInt)}}, " 7 "), "7");
  EXPECT_EQ(decoded(kUnwrapped, {{"A", t(Base::kInt)}}, R"("7")"), "7");
  EXPECT_EQ(decoded(kUnwrapped, {{"A", t(Base::kString)}}, R"("x\ty")"), "x\ty");
  EXPECT_EQ(decoded(kUnwrapped, {{"A", t(Base::kBoolean)}}, "false"), "false");
  EXPECT_EQ(decoded(kUnwrapped, {{"A", t(Base::kInt)}}, "null"), "null");
  EXPECT_EQ(decoded(kUnwrapped, {{"A", array_type(t(Base::kInt))}}, "[1,2]"), "[1, 2]");
  EXPECT_TRUE(decoded(kUnwrapped, {{"A", t(Base::kInt)}}, R"({"A":1})").starts_with("bad: "));
  EXPECT_EQ(encoded(kUnwrapped, {{"A", t(Base::kString)}}, R"({"A":"x"})"), R"("x")");
  EXPECT_EQ(encoded(kUnwrapped, {{"A", t(Base::kString)}}, "{}"), "none");
}

TEST(JsonEncoder, WritesWhatItReads) {
  Columns columns = {{"I", t(Base::kInt)},
                     {"D", t(Base::kDouble)},
                     {"M", decimal_type(6, 2)},
                     {"S", t(Base::kString)},
                     {"B", t(Base::kBytes)},
                     {"T", t(Base::kTimestamp)},
                     {"L", array_type(t(Base::kInt))},
                     {"P", map_type(t(Base::kString), t(Base::kBoolean))},
                     {"R", struct_type({{"x", t(Base::kInt)}})}};
  std::string text =
      R"({"I":-1,"D":1.0E10,"M":1.50,"S":"a\"\\\n\u0001é","B":"AQI=","T":1000,"L":[1,null],"P":{"k":true},"R":{"x":null}})";
  EXPECT_EQ(encoded(kJson, columns, text), text);
  EXPECT_EQ(encoded(kJson, {{"I", t(Base::kInt)}, {"S", t(Base::kString)}}, "{}"), R"({"I":null,"S":null})");
}

TEST(DelimitedDecoder, Fields) {
  Columns columns = {{"A", t(Base::kInt)}, {"B", t(Base::kString)}, {"C", t(Base::kDouble)}};
  EXPECT_EQ(decoded(kDelimited, columns, "1,two,3.5"), "1|two|3.5");
  EXPECT_EQ(decoded(kDelimited, columns, "1,two,3.5\r\n"), "1|two|3.5");
  EXPECT_EQ(decoded(kDelimited, columns, ",,"), "null|null|null");
  EXPECT_EQ(decoded(kDelimited, columns, R"("","","")"), "null||null");
  EXPECT_EQ(decoded(kDelimited, columns, R"(1,"a, ""b""",2)"), R"(1|a, "b"|2.0)");
  EXPECT_EQ(decoded(kDelimited, columns, R"(1,a "b" c,2)"), R"(1|a "b" c|2.0)");
  EXPECT_EQ(decoded(kDelimited, columns, {1}, "not asked,x,y"), "x");
  EXPECT_EQ(decoded({.kind = FormatKind::kDelimited, .delimiter = '\t'}, columns, "1\ta,b\t2"), "1|a,b|2.0");
  EXPECT_EQ(decoded(kDelimited, {{"M", decimal_type(4, 2)}}, "\"-1.5\""), "-1.50");
}

TEST(DelimitedDecoder, SaysWhyARecordIsBad) {
  Columns columns = {{"A", t(Base::kInt)}, {"B", t(Base::kString)}};
  EXPECT_EQ(decoded(kDelimited, columns, "1,2,3"),
            "bad: Unexpected field count, csv has 3 fields but the schema has 2");
  EXPECT_EQ(decoded(kDelimited, columns, "x,2"), "bad: column A: 'x' is no INTEGER");
  EXPECT_EQ(decoded(kDelimited, {{"A", t(Base::kString)}}, ""), "bad: No fields in record");
  EXPECT_TRUE(decoded(kDelimited, columns, "1,\"open").starts_with("bad: "));
  EXPECT_TRUE(decoded(kDelimited, columns, "1,\"shut\"x").starts_with("bad: "));
  EXPECT_TRUE(decoded(kDelimited, columns, "3000000000,x").starts_with("bad: "));
}

TEST(DelimitedEncoder, Quotes) {
  Columns columns = {{"A", t(Base::kInt)}, {"B", t(Base::kString)}, {"C", decimal_type(4, 2)}};
  EXPECT_EQ(encoded(kDelimited, columns, R"({"A":1,"B":"x","C":1.5})"), "1,x,1.50");
  EXPECT_EQ(encoded(kDelimited, columns, R"({"A":1,"B":"a,b","C":null})"), "1,\"a,b\",");
  EXPECT_EQ(encoded(kDelimited, columns, R"({"B":"say \"x\""})"), ",\"say \"\"x\"\"\",");
  EXPECT_EQ(encoded(kDelimited, {{"A", t(Base::kString)}}, "{}"), "none");
}

TEST(PlainFormats, KafkaNumbersAreBigEndian) {
  EXPECT_EQ(encoded(kKafka, {{"A", t(Base::kInt)}}, R"({"A":258})"), std::string("\0\0\1\2", 4));
  EXPECT_EQ(encoded(kKafka, {{"A", t(Base::kBigint)}}, R"({"A":-2})"), "\xff\xff\xff\xff\xff\xff\xff\xfe");
  EXPECT_EQ(encoded(kKafka, {{"A", t(Base::kDouble)}}, R"({"A":1})"), std::string("\x3f\xf0\0\0\0\0\0\0", 8));
  EXPECT_EQ(encoded(kKafka, {{"A", t(Base::kString)}}, R"({"A":"x"})"), "x");
  EXPECT_EQ(encoded(kKafka, {{"A", t(Base::kString)}}, "{}"), "none");
  EXPECT_EQ(decoded(kKafka, {{"A", t(Base::kInt)}}, std::string("\0\0\1\2", 4)), "258");
  EXPECT_EQ(decoded(kKafka, {{"A", t(Base::kBigint)}}, "12345678"), "3544952156018063160");
  EXPECT_EQ(decoded(kKafka, {{"A", t(Base::kDouble)}}, std::string("\x3f\xf0\0\0\0\0\0\0", 8)), "1.0");
  EXPECT_EQ(decoded(kKafka, {{"A", t(Base::kInt)}}, "12345"), "bad: 5 bytes are no INTEGER");
}

TEST(PlainFormats, RawAndNone) {
  EXPECT_EQ(decoded(kRaw, {{"A", t(Base::kString)}}, "any {text"), "any {text");
  EXPECT_EQ(encoded(kRaw, {{"A", t(Base::kString)}}, R"({"A":"x,y"})"), "x,y");
  EXPECT_EQ(decoded(kNone, {}, "ignored"), "");
  EXPECT_EQ(encoded(kNone, {}, "{}"), "none");
}

TEST(Formats, WhatTheyCannotHold) {
  auto list = array_type(t(Base::kInt));
  EXPECT_EQ(refusal(kDelimited, {{"F0", list}}),
            "The 'DELIMITED' format does not support type 'ARRAY<INTEGER>', column: F0");
  EXPECT_EQ(refusal(kKafka, {{"A", t(Base::kInt)}, {"B", t(Base::kInt)}}),
            "The 'KAFKA' format does not support multiple columns, got: 2");
  EXPECT_EQ(refusal(kKafka, {{"f", t(Base::kBoolean)}}),
            "The 'KAFKA' format does not support type 'BOOLEAN', column: `f`");
  EXPECT_NE(refusal(kJson, {{"A", map_type(t(Base::kInt), t(Base::kInt))}}), "");
  EXPECT_EQ(refusal(kJson, {{"A", map_type(t(Base::kString), list)}}), "");
  EXPECT_NE(refusal(kJson, {{"A", array_type(map_type(t(Base::kString), list))}}, true), "");
  EXPECT_NE(refusal(kNone, {{"A", t(Base::kInt)}}), "");
  EXPECT_NE(refusal(kRaw, {{"A", t(Base::kInt)}}), "");
  EXPECT_NE(refusal(kUnwrapped, {{"A", t(Base::kInt)}, {"B", t(Base::kInt)}}), "");
  EXPECT_EQ(refusal(kRaw, {{"A", t(Base::kBytes)}}), "");
}

TEST(Formats, Names) {
  EXPECT_EQ(*parse_format("json"), FormatKind::kJson);
  EXPECT_EQ(*parse_format("Delimited"), FormatKind::kDelimited);
  EXPECT_EQ(format_name(FormatKind::kNone), "NONE");
  EXPECT_NE(parse_format("jsn").error().context.find("did you mean JSON?"), std::string::npos);
  EXPECT_NE(parse_format("AVRO").error().context.find("schema registry"), std::string::npos);
}

}  // namespace
}  // namespace sl::query
