#include "tools/common/table.h"

#include <gtest/gtest.h>

#include <limits>

namespace sl::tools {
namespace {

Table sample_table() {
  Table table({"TOPIC", "LOG-START", "REPLICAS", "OK", "NOTE"});
  table.add({std::string("orders"), int64_t{7}, std::vector<int64_t>{1, 2}, true, std::string("")});
  table.add({std::string("grün\t\"x\""), int64_t{1234}, std::vector<int64_t>{}, false, std::monostate()});
  return table;
}

TEST(Table, TextIsAlignedWithDashesForNothing) {
  EXPECT_EQ(sample_table().render(OutputFormat::kText),
            "TOPIC      LOG-START  REPLICAS  OK     NOTE\n"
            "orders             7  1,2       true   -\n"
            "grün\\t\"x\"       1234  -         false  -\n");
}

TEST(Table, JsonHasTypes) {
  EXPECT_EQ(sample_table().render(OutputFormat::kJson),
            "[{\"topic\":\"orders\",\"log_start\":7,\"replicas\":[1,2],\"ok\":true,\"note\":\"\"},"
            "{\"topic\":\"grün\\t\\\"x\\\"\",\"log_start\":1234,\"replicas\":[],\"ok\":false,\"note\":null}]\n");
  EXPECT_EQ(Table({"A"}).render(OutputFormat::kJson), "[]\n");
}

TEST(Table, AwkHasTabsAndNoHeader) {
  EXPECT_EQ(sample_table().render(OutputFormat::kAwk), "orders\t7\t1,2\ttrue\t-\ngrün\\t\"x\"\t1234\t-\tfalse\t-\n");
  EXPECT_EQ(Table({"A"}).render(OutputFormat::kAwk), "");
}

TEST(Table, SectionsAreOneObjectOrFollowEachOther) {
  Table numbers({"N"});
  numbers.add({int64_t{1}});
  std::vector<Section> sections{{"a", numbers}, {"b", Table({"M"})}};
  EXPECT_EQ(render(sections, OutputFormat::kText), "N\n1\n\nM\n");
  EXPECT_EQ(render(sections, OutputFormat::kJson), "{\"a\":[{\"n\":1}],\"b\":[]}\n");
  EXPECT_EQ(render(sections, OutputFormat::kAwk), "1\n");
  sections.pop_back();
  EXPECT_EQ(render(sections, OutputFormat::kJson), "[{\"n\":1}]\n");
}

TEST(JsonWriter, EscapesWhatMustBe) {
  std::string out;
  append_json_string(out, std::string_view("a\"b\\c\n\t\r\b\f\x01\x1f\0z\x7f", 15));
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u001f\\u0000z\x7f\"");
  // Every place in and around the runs of eight that are copied at once.
  for (size_t length = 0; length < 40; ++length) {
    for (size_t at = 0; at < length; ++at) {
      std::string text(length, 'x');
      text[at] = '"';
      std::string made;
      append_json_string(made, text);
      EXPECT_EQ(made, "\"" + std::string(at, 'x') + "\\\"" + std::string(length - at - 1, 'x') + "\"");
    }
  }
}

TEST(JsonWriter, NumbersAndBrokenText) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_array();
  writer.number(std::numeric_limits<int64_t>::min());
  writer.number(1.5);
  writer.number(std::numeric_limits<double>::infinity());
  writer.text("a\xff\xc3");
  writer.text("\xe2\x82\xac");
  writer.begin_object();
  writer.end_object();
  writer.null();
  writer.end_array();
  EXPECT_EQ(out, "[-9223372036854775808,1.5,null,\"a\xef\xbf\xbd\xef\xbf\xbd\",\"\xe2\x82\xac\",{},null]");
}

}  // namespace
}  // namespace sl::tools
