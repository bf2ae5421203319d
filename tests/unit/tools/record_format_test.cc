// Formats, written and read, and the escapes of delimiters.
#include "tools/common/record_format.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "sample_record.h"
#include "tools/common/delimiter.h"
#include "tools/common/input_format.h"

namespace sl::tools {
namespace {

using testing::SampleRecord;
using namespace std::string_literals;

std::string formatted(std::string_view format, const SampleRecord& sample, std::string_view null_text = "") {
  auto compiled = RecordFormat::compile(format, null_text);
  EXPECT_TRUE(compiled) << format << ": " << (compiled ? "" : compiled.error().context);
  if (!compiled) return {};
  std::string out;
  compiled->append(out, {"orders", Partition(3), Epoch(2), false}, sample.view);
  return out;
}

TEST(RecordFormat, Letters) {
  SampleRecord sample("key", "value", {{"a", "1"}, {"b", std::nullopt}});
  EXPECT_EQ(formatted("%t %p %o %e %T %i\\n", sample), "orders 3 4 2 1603987358147 1\n");
  EXPECT_EQ(formatted("%k=%v|%K %V|%s %S", sample), "key=value|3 5|value 5");
  EXPECT_EQ(formatted("%H %h", sample), "2 a=1,b=NULL");
  EXPECT_EQ(formatted("%h{[%k:%v:%V] }", sample), "[a:1:1] [b::-1] ");
  EXPECT_EQ(formatted("%d %d{unix} %d{rfc3339} %d{strftime[%F %T]}", sample),
            "1603987358147 1603987358 2020-10-29T16:02:38.147Z 2020-10-29 16:02:38");
  EXPECT_EQ(formatted("%%%{%}\\t\\0\\x41\\\\", sample), "%{}\t\0A\\"s);
  EXPECT_EQ(formatted("{\"p\":%p}", sample), "{\"p\":3}");
}

TEST(RecordFormat, TheUsualShapes) {
  SampleRecord sample("key", "value"), nothing(std::nullopt, std::nullopt);
  EXPECT_EQ(formatted("%v\\n", sample), "value\n");
  EXPECT_EQ(formatted("%s", sample), "value");
  EXPECT_EQ(formatted("%k\\t%v\\n", sample), "key\tvalue\n");
  EXPECT_EQ(formatted("%v\\n", nothing), "\n");
  EXPECT_EQ(formatted("%k:%v\\n", nothing, "NULL"), "NULL:NULL\n");
  EXPECT_EQ(formatted("%k:%v:%o\\n", nothing, "NULL"), "NULL:NULL:4\n");
  EXPECT_TRUE(RecordFormat::compile("%v\\n")->value_only());
  EXPECT_FALSE(RecordFormat::compile("%v{hex}\\n")->value_only());
  std::string out;
  RecordFormat::keyed_lines("->", "|").append(out, {}, sample.view);
  RecordFormat::lines("\0"s).append(out, {}, sample.view);
  EXPECT_EQ(out, "key->value|value\0"s);
}

TEST(RecordFormat, Styles) {
  SampleRecord sample("k", "\x01\xff\"", {{"n", "\xff"}}), nothing(std::nullopt, std::nullopt);
  EXPECT_EQ(formatted("%v{hex} %v{base64} %k{base64raw}", sample), "01ff22 Af8i aw");
  EXPECT_EQ(formatted("%v{json}", sample), "\"\\u0001\xef\xbf\xbd\\\"\"");
  EXPECT_EQ(formatted("%v{json}", nothing), "null");
  EXPECT_EQ(formatted("%h{%v{hex}}", sample), "ff");
  EXPECT_EQ(formatted("%o{hex16} %o{hex4} %p{big32}%p{little16}%p{byte}", sample), "0004 4 \0\0\0\3\3\0\3"s);
  EXPECT_EQ(formatted("%V{big32}%R", nothing), "\xff\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_EQ(formatted("%o{bool} %p{ascii}", sample), "true 3");
}

TEST(RecordFormat, Unpack) {
  SampleRecord sample("\x01\x02\xff\xff\xff\xfezrest"s, "\xff"s);
  EXPECT_EQ(formatted("%k{unpack[>h ic s]}", sample), "258 -2z rest");
  EXPECT_EQ(formatted("%k{unpack[<HxB b$]}", sample), "513 255 -1<7 bytes left>");
  EXPECT_EQ(formatted("%v{unpack[B$]}", sample), "255");
  EXPECT_EQ(formatted("%v{unpack[q]}", sample), "<too short>");
  EXPECT_FALSE(RecordFormat::compile("%v{unpack[z]}"));
}

TEST(RecordFormat, TimeBeforeTheEpochAndAcrossSeconds) {
  auto format = RecordFormat::compile("%d{strftime[%T]} ");
  ASSERT_TRUE(format);
  SampleRecord sample("k", "v");
  std::string out;
  for (int64_t ms : {0, 999, 1000, 61'000, 61'000}) {
    sample.view.timestamp_ms = ms;
    format->append(out, {}, sample.view);
  }
  sample.view.timestamp_ms = -1;  // there is none
  format->append(out, {}, sample.view);
  EXPECT_EQ(out, "00:00:00 00:00:00 00:00:01 00:01:01 00:01:01  ");
}

TEST(RecordFormat, RefusesWithASentence) {
  for (const char* format : {"%q", "%", "%v{", "%v{hexx}", "%p{hex}", "%p{big4}", "%h{%p}", "%v{hex32}", "\\q", "\\x4",
                             "\\", "%d{strftime}", "%d{never}", "%h{%v", "%t{big32}"}) {
    auto refused = RecordFormat::compile(format);
    ASSERT_FALSE(refused) << format;
    EXPECT_EQ(refused.code(), Errc::kUsage) << format;
    EXPECT_FALSE(refused.error().context.empty()) << format;
  }
}

TEST(Delimiter, Escapes) {
  EXPECT_EQ(*parse_delimiter("\\n"), "\n");
  EXPECT_EQ(*parse_delimiter("\\0"), "\0"s);
  EXPECT_EQ(*parse_delimiter("\\x1f\\x1E"), "\x1f\x1e");
  EXPECT_EQ(*parse_delimiter("::"), "::");
  EXPECT_FALSE(parse_delimiter(""));
  EXPECT_FALSE(parse_delimiter("\\"));
  EXPECT_FALSE(parse_delimiter("\\xg0"));
}

TEST(InputFormat, LinesAndKeys) {
  auto format = InputFormat::compile("%k\\t%v\\n");
  ASSERT_TRUE(format);
  InputRecord record;
  EXPECT_EQ(*format->read("a\tb\nc\td", false, record), 4u);
  EXPECT_EQ(record.key, "a");
  EXPECT_EQ(record.value, "b");
  EXPECT_EQ(format->read("c\td", false, record).code(), Errc::kWouldBlock);
  EXPECT_EQ(*format->read("c\td", true, record), 3u) << "the last line needs no newline";
  EXPECT_EQ(record.value, "d");
  EXPECT_EQ(format->read("no tab\n", true, record).code(), Errc::kMalformed);
}

TEST(InputFormat, ReadsEveryLetter) {
  auto format = InputFormat::compile("%t %p %o %T %H %h{%k=%v;}%v{hex}\\n");
  ASSERT_TRUE(format) << format.error().context;
  InputRecord record;
  std::string_view text = "orders 3 44 1603987358147 2 a=1;b=;00ff\n";
  EXPECT_EQ(*format->read(text, false, record), text.size());
  EXPECT_EQ(record.topic, "orders");
  EXPECT_EQ(record.partition, 3);
  EXPECT_EQ(record.timestamp_ms, 1603987358147);
  ASSERT_EQ(record.headers.size(), 2u);
  EXPECT_EQ(record.headers[1].name, "b");
  EXPECT_EQ(record.headers[1].value, "");
  EXPECT_EQ(record.value, "\0\xff"s);
}

TEST(InputFormat, RefusesWhatItCannotRead) {
  for (const char* format :
       {"%v", "%k%v\\n", "%h{%k=%v }%v\\n", "%d{strftime[%F]} %v\\n", "%v{json}\\n", "", "%h %v\\n"})
    EXPECT_FALSE(InputFormat::compile(format)) << format;
  auto sized = InputFormat::compile("%V{big32}%v");
  ASSERT_TRUE(sized);
  InputRecord record;
  EXPECT_EQ(sized->read("\x7f\xff\xff\xff"s, false, record).code(), Errc::kTooLarge);
  EXPECT_EQ(sized->read("\0\0"s, false, record).code(), Errc::kWouldBlock);
  EXPECT_EQ(sized->read("\0\0\0\5abc"s, true, record).code(), Errc::kMalformed);
}

TEST(InputFormat, ReadingUndoesWritingOfAnyBytes) {
  constexpr std::string_view kFormat = "%p %T %K{big32}%k%V{little64}%v%H{byte}%h{%K{big16}%k%V{hex16}%v}";
  auto writer = RecordFormat::compile(kFormat);
  auto reader = InputFormat::compile(kFormat);
  ASSERT_TRUE(writer && reader);
  SeededRandom random(11);
  auto bytes = [&]() -> std::optional<std::string> {
    if (random.below(4) == 0) return std::nullopt;
    std::string text(random.below(50), '\0');
    random.fill({reinterpret_cast<uint8_t*>(text.data()), text.size()});
    return text;
  };
  for (int i = 0; i < 1000; ++i) {
    auto key = bytes(), value = bytes(), header = bytes();
    SampleRecord sample(key, value, {{"n", header}, {"n", value}});
    std::string out;
    writer->append(out, {"t", Partition(i), kNoEpoch, false}, sample.view);
    InputRecord record;
    for (size_t cut : {size_t{0}, out.size() / 2, out.size() - 1})
      ASSERT_EQ(reader->read(std::string_view(out).substr(0, cut), false, record).code(), Errc::kWouldBlock);
    auto taken = reader->read(out + "next", false, record);
    ASSERT_TRUE(taken) << taken.error().context;
    std::string whole = out + "next";
    ASSERT_TRUE(reader->read(whole, false, record));
    EXPECT_EQ(*taken, out.size());
    EXPECT_EQ(record.partition, i);
    EXPECT_EQ(record.key, key);
    EXPECT_EQ(record.value, value);
    ASSERT_EQ(record.headers.size(), 2u);
    EXPECT_EQ(record.headers[0].value, header);
  }
}

}  // namespace
}  // namespace sl::tools
