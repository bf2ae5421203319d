// + - * / % and the comparisons: result types and values, over the types.
#include "query/arithmetic.h"

#include "tests/unit/query/expression_text.h"

namespace sl::query {
namespace {

std::string typed(std::string_view expression) {
  return said(expression, true);
}

TEST(Arithmetic, Integers) {
  EXPECT_EQ(typed("12 * 4 + 2"), "INTEGER 50");
  EXPECT_EQ(typed("2147483647 + 1"), "INTEGER -2147483648");
  EXPECT_EQ(typed("2147483647 + 2147483648"), "BIGINT 4294967295");
  EXPECT_EQ(typed("9223372036854775807 + 1"), "BIGINT -9223372036854775808");
  EXPECT_EQ(typed("-7 / 2"), "INTEGER -3");
  EXPECT_EQ(typed("-7 % 2"), "INTEGER -1");
  EXPECT_EQ(typed("1 / 0"), "error: division by zero");
  EXPECT_EQ(typed("1 % 0"), "error: division by zero");
  EXPECT_EQ(typed("CAST(-9223372036854775807 - 1 AS BIGINT) / -1"), "BIGINT -9223372036854775808");
  EXPECT_EQ(typed("1 + CAST(NULL AS INT)"), "INTEGER null");
}

TEST(Arithmetic, Reals) {
  EXPECT_EQ(typed("1E0 + 2"), "DOUBLE 3.0");
  EXPECT_EQ(typed("1E0 / 0"), "DOUBLE Infinity");
  EXPECT_EQ(typed("5.5E0 % 2"), "DOUBLE 1.5");
  EXPECT_EQ(typed("1.5 * 2E0"), "DOUBLE 3.0");
}

TEST(Arithmetic, Decimals) {
  EXPECT_EQ(typed("1.10 + 2.205"), "DECIMAL(5, 3) 3.305");
  EXPECT_EQ(typed("1.10 - 2.205"), "DECIMAL(5, 3) -1.105");
  EXPECT_EQ(typed("1.5 + 1"), "DECIMAL(12, 1) 2.5");
  EXPECT_EQ(typed("1.5 * 1.25"), "DECIMAL(6, 3) 1.875");
  EXPECT_EQ(typed("1.0 / 3.0"), "DECIMAL(8, 6) 0.333333");
  EXPECT_EQ(typed("2.0 / 3.0"), "DECIMAL(8, 6) 0.666667");
  EXPECT_EQ(typed("-2.0 / 3.0"), "DECIMAL(8, 6) -0.666667");
  EXPECT_EQ(typed("5.50 % 2.0"), "DECIMAL(3, 2) 1.50");
  EXPECT_EQ(typed("1.0 / 0.0"), "error: division by zero");
  // The precision of a product of two BIGINTs and a scale is more than there is: digits behind the point go.
  EXPECT_EQ(typed("CAST(1 AS DECIMAL(38, 10)) * CAST(3 AS DECIMAL(38, 10))"), "DECIMAL(38, 6) 3.000000");
  EXPECT_EQ(said("CAST('99999999999999999999999999999999999999' AS DECIMAL(38, 0)) * CAST(100 AS DECIMAL(38, 0))")
                .substr(0, 6),
            "error:");
}

TEST(Arithmetic, OfTextsAndOthers) {
  EXPECT_EQ(typed("'a' + 'b'"), "STRING ab");
  EXPECT_EQ(typed("'a' + CAST(NULL AS STRING)"), "STRING null");
  EXPECT_EQ(said("TRUE + 1.5").substr(0, 8), "refused:");
  EXPECT_EQ(typed("-(1.5)"), "DECIMAL(2, 1) -1.5");
  EXPECT_EQ(typed("-(0E0)"), "DOUBLE -0.0");
  EXPECT_EQ(typed("-(2147483648)"), "BIGINT -2147483648");
  EXPECT_EQ(said("-('a')").substr(0, 8), "refused:");
}

TEST(Comparison, OfNumbersOverTheirTypes) {
  SL_EXPECT_SAID({"1 = 1.0", "true"}, {"1.20 = 1.2E0", "true"}, {"2147483648 > 1", "true"}, {"1.1E0 <= 1.10", "true"},
                 {"1.19 < 1.2", "true"}, {"0.1E0 > 0.1", "false"}, {"CAST(NULL AS INT) = 1", "false"},
                 {"CAST(NULL AS INT) <> 1", "false"}, {"SQRT(-1) = SQRT(-1)", "true"}, {"SQRT(-1) > 1E0", "true"});
}

TEST(Comparison, OfTimesAndTexts) {
  SL_EXPECT_SAID({"CAST('2020-01-02' AS DATE) > '2020-01-01'", "true"},
                 {"CAST('2020-01-02' AS DATE) = CAST('2020-01-02T00:00:00' AS TIMESTAMP)", "true"},
                 {"CAST('10:00' AS TIME) < '11:00:00'", "true"},
                 {"'2020-01-01T00:00:00' < CAST('2020-01-01T00:00:00.001' AS TIMESTAMP)", "true"},
                 {"CAST('2020-01-02' AS DATE) > 'x'", "error: the text is no date or time in ISO form"},
                 {"'a' < 'b'", "true"}, {"'B' < 'a'", "true"});
}

TEST(Comparison, OfNestedValuesIsEqualityAlone) {
  SL_EXPECT_SAID({"ARRAY[1, 2] = ARRAY[1, 2]", "true"}, {"MAP('a' := 1, 'b' := 2) = MAP('b' := 2, 'a' := 1)", "true"},
                 {"STRUCT(A := 1) <> STRUCT(A := 2)", "true"});
  EXPECT_EQ(said("ARRAY[1] < ARRAY[2]").substr(0, 8), "refused:");
  EXPECT_EQ(said("1 = 'a'").substr(0, 8), "refused:");
  EXPECT_EQ(said("true < false").substr(0, 8), "refused:");
}

}  // namespace
}  // namespace sl::query
