// Rows of a query as a table, JSON lines, CSV and TSV.
#include "tools/sl-query/row_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sl::tools::query {
namespace {

using sl::query::Base;
using sl::query::simple_type;
using sl::query::Value;

// Two rows of (card STRING, n BIGINT, tags ARRAY<STRING>): one with everything that needs quoting, one of nulls.
std::string two_rows(RowFormat format) {
  RowWriter writer(format, {{"card", simple_type(Base::kString)},
                            {"n", simple_type(Base::kBigint)},
                            {"tags", sl::query::array_type(simple_type(Base::kString))}});
  const Value tags[] = {Value::text("a"), Value::text("b\"c")};
  const Value cards[] = {Value::text("x,\t\"y\"\nz\\"), Value()};
  const Value counts[] = {Value::integer(-42), Value()};
  const Value lists[] = {Value::array(tags, 2), Value()};
  sl::query::Batch batch;
  batch.rows = 2;
  batch.columns = {cards, counts, lists};
  std::string out;
  for (size_t row = 0; row < batch.rows; ++row) writer.append(batch, row, out);
  return out;
}

TEST(RowWriter, JsonLinesHaveNoHeader) {
  EXPECT_EQ(two_rows(RowFormat::kJson),
            "{\"card\":\"x,\\t\\\"y\\\"\\nz\\\\\",\"n\":-42,\"tags\":[\"a\",\"b\\\"c\"]}\n"
            "{\"card\":null,\"n\":null,\"tags\":null}\n");
}

TEST(RowWriter, CsvQuotesWhatWouldBreakALine) {
  EXPECT_EQ(two_rows(RowFormat::kCsv),
            "card,n,tags\n"
            "\"x,\t\"\"y\"\"\nz\\\",-42,\"[\"\"a\"\",\"\"b\\\"\"c\"\"]\"\n"
            ",,\n");
}

TEST(RowWriter, TsvEscapesTabsAndLines) {
  EXPECT_EQ(two_rows(RowFormat::kTsv),
            "card\tn\ttags\n"
            "x,\\t\"y\"\\nz\\\\\t-42\t[\"a\",\"b\\\\\"c\"]\n"
            "\t\t\n");
}

TEST(RowWriter, TablesAlignNumbersToTheRight) {
  RowWriter writer(RowFormat::kTable, {{"card_number", simple_type(Base::kString)}, {"n", simple_type(Base::kInt)}});
  const Value cards[] = {Value::text("fraud1"), Value::text("é")};
  const Value counts[] = {Value::integer(4), Value()};
  sl::query::Batch batch;
  batch.rows = 2;
  batch.columns = {cards, counts};
  std::string out;
  writer.begin(out);
  writer.begin(out);  // only once
  for (size_t row = 0; row < batch.rows; ++row) writer.append(batch, row, out);
  EXPECT_EQ(out,
            "card_number         n\n"
            "fraud1              4\n"
            "é                null\n");
}

TEST(RowWriter, AHeaderComesWithoutRows) {
  RowWriter writer(RowFormat::kCsv, {{"a,b", simple_type(Base::kInt)}, {"c", simple_type(Base::kInt)}});
  std::string out;
  writer.begin(out);
  EXPECT_EQ(out, "\"a,b\",c\n");
  EXPECT_FALSE(parse_row_format("xml"));
  EXPECT_EQ(*parse_row_format("tsv"), RowFormat::kTsv);
}

}  // namespace
}  // namespace sl::tools::query
