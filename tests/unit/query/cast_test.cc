// CAST between all types, and the casts that happen unasked.
#include "query/cast.h"

#include "tests/unit/query/expression_text.h"

namespace sl::query {
namespace {

TEST(Cast, TextsToNumbers) {
  SL_EXPECT_SAID({"CAST('42' AS INT)", "42"}, {"CAST(' +42 ' AS BIGINT)", "42"},
                 {"CAST('2147483648' AS INT)", "error: '2147483648' is no INTEGER"},
                 {"CAST('2147483648' AS BIGINT)", "2147483648"}, {"CAST('4.2' AS INT)", "error: '4.2' is no INTEGER"},
                 {"CAST('1e3' AS DOUBLE)", "1000.0"}, {"CAST('x' AS DOUBLE)", "error: 'x' is no DOUBLE"},
                 {"CAST('1.005' AS DECIMAL(4, 2))", "1.01"}, {"CAST('-1.005' AS DECIMAL(4, 2))", "-1.01"},
                 {"CAST('1E2' AS DECIMAL(5, 1))", "100.0"}, {"CAST('' AS INT)", "error: '' is no INTEGER"});
  EXPECT_EQ(said("CAST('123' AS DECIMAL(4, 2))"),
            "error: Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less "
            "than 10^2. Got 123");
}

TEST(Cast, Numbers) {
  SL_EXPECT_SAID({"CAST(2147483648 AS INT)", "-2147483648"}, {"CAST(-1.9 AS INT)", "-1"},
                 {"CAST(-1.9E0 AS BIGINT)", "-1"}, {"CAST(1E300 AS INT)", "2147483647"},
                 {"CAST(-1E300 AS BIGINT)", "-9223372036854775808"}, {"CAST(3 AS DOUBLE)", "3.0"},
                 {"CAST(1.25 AS DOUBLE)", "1.25"}, {"CAST(1 AS DECIMAL(4, 2))", "1.00"},
                 {"CAST(10.12 AS DECIMAL(5, 3))", "10.120"}, {"CAST(10.125 AS DECIMAL(4, 2))", "10.13"},
                 {"CAST(0.1E0 AS DECIMAL(4, 3))", "0.100"}, {"CAST(1.005E0 AS DECIMAL(4, 2))", "1.01"});
}

TEST(Cast, ToText) {
  SL_EXPECT_SAID({"CAST(1 AS STRING)", "1"}, {"CAST(1E0 AS STRING)", "1.0"}, {"CAST(1E7 AS STRING)", "1.0E7"},
                 {"CAST(1E-3 AS STRING)", "0.001"}, {"CAST(1.5E-4 AS STRING)", "1.5E-4"},
                 {"CAST(123456.789E0 AS STRING)", "123456.789"}, {"CAST(1.50 AS STRING)", "1.50"},
                 {"CAST(true AS STRING)", "true"}, {"CAST(ARRAY[1, 3] AS STRING)", "[1, 3]"},
                 {"CAST(MAP('this' := 1) AS STRING)", "{this=1}"},
                 {"CAST(STRUCT(F0 := 1, `f1` := 3) AS STRING)", "Struct{F0=1,f1=3}"},
                 {"CAST(CAST('2020-02-29' AS DATE) AS STRING)", "2020-02-29"},
                 {"CAST(CAST('09:15:00' AS TIME) AS STRING)", "09:15"},
                 {"CAST(CAST('2020-01-01T10:00:00.5' AS TIMESTAMP) AS STRING)", "2020-01-01T10:00:00.500"},
                 {"CAST(CAST(NULL AS DOUBLE) AS STRING)", "null"});
}

TEST(Cast, Times) {
  SL_EXPECT_SAID({"CAST(CAST('2020-02-29T10:11:12.013' AS TIMESTAMP) AS DATE)", "2020-02-29"},
                 {"CAST(CAST('2020-02-29T10:11:12' AS TIMESTAMP) AS TIME)", "10:11:12"},
                 {"CAST(CAST('1969-12-31T23:00:00' AS TIMESTAMP) AS DATE)", "1969-12-31"},
                 {"CAST(CAST('1969-12-31T23:00:00' AS TIMESTAMP) AS TIME)", "23:00"},
                 {"CAST(CAST('2020-02-29' AS DATE) AS TIMESTAMP)", "2020-02-29T00:00:00.000"},
                 {"CAST('2020-02-30' AS DATE)", "error: '2020-02-30' is no DATE (yyyy-MM-dd)"},
                 {"CAST('25:00' AS TIME)", "error: '25:00' is no TIME (HH:mm:ss)"},
                 {"CAST('2020-01-01T10:00:00+01:00' AS TIMESTAMP)", "2020-01-01T09:00:00.000"});
}

TEST(Cast, Booleans) {
  SL_EXPECT_SAID({"CAST('TRUE' AS BOOLEAN)", "true"}, {"CAST('f' AS BOOLEAN)", "false"},
                 {"CAST('yes' AS BOOLEAN)", "true"},
                 {"CAST('maybe' AS BOOLEAN)", "error: invalid input syntax for type BOOLEAN: \"maybe\""});
}

TEST(Cast, Nested) {
  SL_EXPECT_SAID({"CAST(ARRAY[1, 3, 2147483648] AS ARRAY<INT>)", "[1, 3, -2147483648]"},
                 {"CAST(ARRAY[ARRAY[1], ARRAY[-2147483648]] AS ARRAY<ARRAY<STRING>>)", "[[1], [-2147483648]]"},
                 {"CAST(MAP('this' := 2147483648) AS MAP<STRING, INT>)", "{this=-2147483648}"},
                 {"CAST(STRUCT(A := 1, B := '2') AS STRUCT<B INT, C STRING>)", "Struct{B=2}"},
                 {"CAST(ARRAY['1', 'x'] AS ARRAY<INT>)", "error: 'x' is no INTEGER"},
                 {"CAST(ARRAY[1, NULL] AS ARRAY<STRING>)", "[1, null]"});
}

TEST(Cast, ThatThereIsNot) {
  SL_EXPECT_SAID({"CAST('a' AS ARRAY<INT>)", "refused: line 1:8: Cast of STRING to ARRAY<INTEGER> is not supported"},
                 {"CAST(true AS INT)", "refused: line 1:8: Cast of BOOLEAN to INTEGER is not supported"},
                 {"CAST('a' AS BYTES)", "refused: line 1:8: Cast of STRING to BYTES is not supported"},
                 {"CAST(1 AS DATE)", "refused: line 1:8: Cast of INTEGER to DATE is not supported"});
}

}  // namespace
}  // namespace sl::query
