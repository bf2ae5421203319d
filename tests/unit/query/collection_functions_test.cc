// ARRAYs, MAPs and lambdas, and the functions that make several rows of one. The expected values are ksqlDB's.
#include <gtest/gtest.h>

#include "query/function.h"
#include "tests/unit/query/expression_text.h"

namespace sl::query {
namespace {

TEST(CollectionFunctions, LookIntoArrays) {
  SL_EXPECT_SAID({"ARRAY_CONTAINS(ARRAY[1, 2], 2)", "true"}, {"ARRAY_CONTAINS(ARRAY[1, 2], 3)", "false"},
                 {"ARRAY_CONTAINS(ARRAY[1, NULL], NULL)", "true"}, {"ARRAY_CONTAINS(ARRAY['a'], 'A')", "false"},
                 {"ARRAY_CONTAINS(CAST(NULL AS ARRAY<INT>), 1)", "false"}, {"ARRAY_LENGTH(ARRAY[1, NULL, 3])", "3"},
                 {"ARRAY_LENGTH(CAST(NULL AS ARRAY<INT>))", "null"}, {"ARRAY_MAX(ARRAY[1, 3, NULL, 2])", "3"},
                 {"ARRAY_MIN(ARRAY['b', 'a'])", "a"}, {"ARRAY_MIN(ARRAY[CAST(NULL AS INT)])", "null"});
}

TEST(CollectionFunctions, ArraysAsSets) {
  SL_EXPECT_SAID(
      {"ARRAY_DISTINCT(ARRAY[1, 1, 2, 3, 1, 2])", "[1, 2, 3]"},
      {"ARRAY_DISTINCT(ARRAY['apple', NULL, 'Apple', NULL])", "[apple, null, Apple]"},
      {"ARRAY_EXCEPT(ARRAY[1, 2, 3, 1, 2], ARRAY[2, 3])", "[1]"},
      {"ARRAY_INTERSECT(ARRAY['foo', 'bar', 'foo'], ARRAY['foo', 'baz'])", "[foo]"},
      {"ARRAY_UNION(ARRAY[1, 2, 3, 3], ARRAY[4, 1])", "[1, 2, 3, 4]"},
      {"ARRAY_UNION(ARRAY[1], CAST(NULL AS ARRAY<INT>))", "null"}, {"ARRAY_CONCAT(ARRAY[1, 2], ARRAY[2])", "[1, 2, 2]"},
      {"ARRAY_CONCAT(ARRAY[1], CAST(NULL AS ARRAY<INT>))", "[1]"},
      {"ARRAY_CONCAT(CAST(NULL AS ARRAY<INT>), CAST(NULL AS ARRAY<INT>))", "null"},
      {"ARRAY_REMOVE(ARRAY['a', 'b', 'a'], 'a')", "[b]"}, {"ARRAY_REMOVE(ARRAY[1, NULL, 3], NULL)", "[1, 3]"});
}

TEST(CollectionFunctions, OrderAndText) {
  SL_EXPECT_SAID({"ARRAY_SORT(ARRAY[3, NULL, 1, 2])", "[1, 2, 3, null]"},
                 {"ARRAY_SORT(ARRAY[3, NULL, 1, 2], 'desc')", "[3, 2, 1, null]"},
                 {"ARRAY_SORT(ARRAY['Two', 'one', 'Three'], 'ASCENDING')", "[Three, Two, one]"},
                 {"ARRAY_SORT(ARRAY[1], 'sideways')", "null"}, {"ARRAY_JOIN(ARRAY[1, NULL, 3])", "1,null,3"},
                 {"ARRAY_JOIN(ARRAY['a', 'b'], '; ')", "a; b"}, {"ARRAY_JOIN(ARRAY['a', 'b'], NULL)", "ab"},
                 {"ARRAY_JOIN(CAST(NULL AS ARRAY<INT>), ',')", "null"},
                 {"ARRAY_JOIN(ARRAY[1.50, 2.25], '|')", "1.50|2.25"});
}

TEST(CollectionFunctions, SliceIsWholeOrNothing) {
  SL_EXPECT_SAID({"SLICE(ARRAY[1, 2, 3, 4], 2, 3)", "[2, 3]"}, {"SLICE(ARRAY[1, 2, 3], NULL, 2)", "[1, 2]"},
                 {"SLICE(ARRAY[1, 2, 3], 2, NULL)", "[2, 3]"}, {"SLICE(ARRAY[1, 2, 3], 0, 2)", "null"},
                 {"SLICE(ARRAY[1, 2, 3], 2, 4)", "null"}, {"SLICE(CAST(NULL AS ARRAY<INT>), 1, 2)", "null"});
}

TEST(CollectionFunctions, SeriesAreBounded) {
  SL_EXPECT_SAID({"GENERATE_SERIES(1, 4)", "[1, 2, 3, 4]"}, {"GENERATE_SERIES(3, 1)", "[3, 2, 1]"},
                 {"GENERATE_SERIES(0, 7, 3)", "[0, 3, 6]"}, {"GENERATE_SERIES(5, 0, -2)", "[5, 3, 1]"},
                 {"GENERATE_SERIES(2, 2)", "[2]"}, {"ARRAY_LENGTH(GENERATE_SERIES(1, 100000))", "100000"});
  for (auto call : {"GENERATE_SERIES(1, 2, 0)", "GENERATE_SERIES(1, 2, -1)", "GENERATE_SERIES(2, 1, 1)",
                    "GENERATE_SERIES(1, 100001)", "GENERATE_SERIES(-9223372036854775807, 9223372036854775807)",
                    "GENERATE_SERIES(9223372036854775807, -9223372036854775807, -1)"})
    EXPECT_TRUE(said(call).starts_with("error: ")) << call << " gave " << said(call);
  // The last number stands at the end of its type, past which there is none to count to.
  EXPECT_EQ(said("GENERATE_SERIES(9223372036854775806, 9223372036854775807)"),
            "[9223372036854775806, 9223372036854775807]");
}

TEST(CollectionFunctions, Maps) {
  SL_EXPECT_SAID({"MAP_KEYS(MAP('a' := 1, 'b' := NULL))", "[a, b]"}, {"MAP_VALUES(MAP('a' := 1, 'b' := 2))", "[1, 2]"},
                 {"MAP_UNION(MAP('a' := 1, 'b' := 2), MAP('b' := 3))", "{a=1, b=3}"},
                 {"MAP_UNION(MAP('a' := 1), CAST(NULL AS MAP<STRING, INT>))", "{a=1}"},
                 {"AS_MAP(ARRAY['a', 'b'], ARRAY[1, 2])", "{a=1, b=2}"},
                 {"AS_MAP(ARRAY['a', 'b'], ARRAY[1])", "{a=1, b=null}"},
                 {"AS_MAP(ARRAY['a', 'a'], ARRAY[1, 2])", "{a=2}"}, {"AS_MAP(ARRAY['a'], ARRAY[1, 2])", "{a=1}"},
                 {"ENTRIES(MAP('b' := 1, 'a' := 2), true)", "[Struct{K=a,V=2}, Struct{K=b,V=1}]"},
                 {"ENTRIES(MAP('b' := 1, 'a' := 2), false)", "[Struct{K=b,V=1}, Struct{K=a,V=2}]"});
  EXPECT_EQ(said("ENTRIES(MAP('a' := 1.5), true)", true),
            "ARRAY<STRUCT<K STRING, V DECIMAL(2, 1)>> [Struct{K=a,V=1.5}]");
}

TEST(CollectionFunctions, LambdasOverArrays) {
  SL_EXPECT_SAID({"TRANSFORM(ARRAY[1, 2, 3], x => x * x)", "[1, 4, 9]"},
                 {"TRANSFORM(ARRAY['a', NULL], s => UCASE(s))", "[A, null]"},
                 {"TRANSFORM(ARRAY[ARRAY[1, 2], ARRAY[3]], a => REDUCE(a, 0, (s, x) => s + x))", "[3, 3]"},
                 {"TRANSFORM(CAST(NULL AS ARRAY<INT>), x => x + 1)", "null"},
                 {"FILTER(ARRAY[1, 2, 3, 4], x => x % 2 = 0)", "[2, 4]"}, {"FILTER(ARRAY[1, NULL], x => x > 1)", "[]"},
                 {"REDUCE(ARRAY[1, 2, 3], 10, (s, x) => s + x)", "16"},
                 {"REDUCE(ARRAY['a', 'b'], '', (s, x) => x + s)", "ba"},
                 {"REDUCE(CAST(NULL AS ARRAY<INT>), 5, (s, x) => s + x)", "5"},
                 {"REDUCE(ARRAY[1], CAST(NULL AS INT), (s, x) => x)", "null"});
  EXPECT_EQ(said("TRANSFORM(ARRAY[1, 2], x => CAST(x AS STRING))", true), "ARRAY<STRING> [1, 2]");
  EXPECT_TRUE(said("FILTER(ARRAY[1], x => x + 1)").starts_with("refused: "));
  EXPECT_TRUE(said("TRANSFORM(ARRAY[1], (x, y) => x)").starts_with("refused: "));
}

TEST(CollectionFunctions, LambdasOverMaps) {
  SL_EXPECT_SAID({"TRANSFORM(MAP('a' := 1, 'b' := 2), (k, v) => UCASE(k), (k, v) => v + 1)", "{A=2, B=3}"},
                 {"TRANSFORM(MAP('a' := 1, 'b' := 2), (k, v) => 'x', (k, v) => v)", "{x=2}"},
                 {"FILTER(MAP('a' := 1, 'b' := 2), (k, v) => k = 'b' AND v = 2)", "{b=2}"},
                 {"REDUCE(MAP('a' := 1, 'b' := 2), 0, (s, k, v) => s + v + LEN(k))", "5"});
  EXPECT_TRUE(said("TRANSFORM(MAP('a' := 1), (k, v) => CAST(NULL AS STRING), (k, v) => v)").starts_with("error: "));
}

// The rows that a table function makes of one array, as texts.
std::string rows_of(std::string_view name, const TypePtr& element, std::vector<Value> items) {
  auto type = array_type(element);
  ArgumentShape shape{type};
  auto call = resolve_table(name, {&shape, 1});
  if (!call) return "refused: " + call.error().context;
  Arena arena;
  std::shared_ptr<void> site;
  CallContext context{.arena = arena, .argument_types = call->argument_types, .type = call->type, .lambdas = {}};
  context.site = &site;
  auto array = Value::array(items.data(), items.size());
  std::vector<Value> rows;
  call->function(context, &array, rows);
  std::string out;
  for (const auto& row : rows) out += (out.empty() ? "" : "; ") + (row.is_null() ? "null" : to_text(row, *call->type));
  return out;
}

TEST(CollectionFunctions, ExplodeGivesEveryItem) {
  const auto& type = simple_type(Base::kInt);
  EXPECT_EQ(rows_of("EXPLODE", type, {Value::integer(1), Value::null(), Value::integer(3)}), "1; null; 3");
  EXPECT_EQ(rows_of("EXPLODE", type, {}), "");
  ArgumentShape text{simple_type(Base::kString)};
  EXPECT_FALSE(resolve_table("EXPLODE", {&text, 1}));
}

TEST(CollectionFunctions, CubeGivesEachCombinationOnce) {
  const auto& type = simple_type(Base::kInt);
  EXPECT_EQ(rows_of("CUBE_EXPLODE", type, {Value::integer(1), Value::integer(2)}),
            "[null, null]; [null, 2]; [1, null]; [1, 2]");
  EXPECT_EQ(rows_of("CUBE_EXPLODE", type, {Value::integer(1), Value::null()}), "[null, null]; [1, null]");
  EXPECT_EQ(rows_of("CUBE_EXPLODE", type, {Value::null()}), "[null]");
}

}  // namespace
}  // namespace sl::query
