// JSON in STRINGs, and the text scanner under its functions. The expected values are ksqlDB's where it has any.
#include "query/json_text.h"
#include "tests/unit/query/expression_text.h"

namespace sl::query {
namespace {

TEST(JsonFunctions, ExtractAField) {
  SL_EXPECT_SAID(
      {R"(EXTRACTJSONFIELD('{"name": "cdc", "@type": "UDF"}', '$.@type'))", "UDF"},
      {R"(EXTRACTJSONFIELD('{"v": 1}}', '$.v'))", "1"},
      {R"(EXTRACTJSONFIELD('{"a": [1.23450, 2]}', '$.a[0]'))", "1.23450"},
      {R"(EXTRACTJSONFIELD('{"a": [1, 2]}', '$.a[-1]'))", "null"},
      {R"(EXTRACTJSONFIELD('{"a": [1, 2]}', '$.a[2]'))", "null"},
      {R"(EXTRACTJSONFIELD('{"a": [1, 2]}', '$.a.b'))", "null"},
      {R"(EXTRACTJSONFIELD('{"a": {"b c": {"d": [ 1, "x" ]}}}', '$.a["b c"]'))", R"({"d":[1,"x"]})"},
      {R"(EXTRACTJSONFIELD('{"a": {"b c": 1}}', '$[''a'']["b c"]'))", "1"},
      {R"(EXTRACTJSONFIELD('{"a": "\u00e9\n\"q\""}', '$.a'))", "é\n\"q\""},
      {R"(EXTRACTJSONFIELD('{"a": null}', '$.a'))", "null"}, {R"(EXTRACTJSONFIELD('{"a": 1, "a": 2}', '$.a'))", "2"},
      {R"(EXTRACTJSONFIELD('{"\u0061": 123456789012345678901234567890}', '$.a'))", "123456789012345678901234567890"},
      {R"(EXTRACTJSONFIELD('"abc"', '$'))", "abc"}, {R"(EXTRACTJSONFIELD('5', '$.a'))", "null"},
      {R"(EXTRACTJSONFIELD('', '$.a'))", "null"},
      {R"(EXTRACTJSONFIELD('{"a" 1}', '$.a'))", R"(error: Invalid JSON format: {"a" 1})"},
      {R"(EXTRACTJSONFIELD('{}', 'a'))", "error: Invalid JSON path: 'a'"},
      {R"(EXTRACTJSONFIELD('{}', '$.'))", "error: Invalid JSON path: '$.'"},
      {R"(EXTRACTJSONFIELD('{}', '$[1'))", "error: Invalid JSON path: '$[1'"},
      {R"(EXTRACTJSONFIELD(CAST(NULL AS STRING), '$.a'))", "null"});
}

TEST(JsonFunctions, IsJson) {
  SL_EXPECT_SAID({"IS_JSON_STRING('1')", "true"}, {"IS_JSON_STRING('abc')", "false"},
                 {"IS_JSON_STRING('[1, 2, 3]')", "true"}, {R"(IS_JSON_STRING('"abc"'))", "true"},
                 {"IS_JSON_STRING('')", "false"}, {"IS_JSON_STRING('1e999')", "true"},
                 {"IS_JSON_STRING('{} x')", "false"}, {"IS_JSON_STRING(CAST(NULL AS STRING))", "false"});
}

TEST(JsonFunctions, Arrays) {
  SL_EXPECT_SAID({R"(JSON_ARRAY_CONTAINS('["Red", "P\u0069nk"]', 'Pink'))", "true"},
                 {R"(JSON_ARRAY_CONTAINS('["Red"]', 'red'))", "false"}, {"JSON_ARRAY_CONTAINS('[1, 2]', 2)", "true"},
                 {"JSON_ARRAY_CONTAINS('[1, 2.0]', 2)", "false"}, {"JSON_ARRAY_CONTAINS('[1.50]', 1.5)", "true"},
                 {"JSON_ARRAY_CONTAINS('[1.5]', 1.5E0)", "true"}, {"JSON_ARRAY_CONTAINS('[1, true]', true)", "true"},
                 {"JSON_ARRAY_CONTAINS('[false]', true)", "false"}, {"JSON_ARRAY_CONTAINS('[null]', NULL)", "true"},
                 {"JSON_ARRAY_CONTAINS('[[1]]', 1)", "false"}, {"JSON_ARRAY_CONTAINS('{\"a\":1}', 1)", "false"},
                 {"JSON_ARRAY_CONTAINS(CAST(NULL AS STRING), 1)", "false"}, {"JSON_ARRAY_LENGTH('[1, [2, 3]]')", "2"},
                 {"JSON_ARRAY_LENGTH('[]')", "0"}, {"JSON_ARRAY_LENGTH('')", "null"},
                 {"JSON_ARRAY_LENGTH('{}')", "null"}, {"JSON_ARRAY_LENGTH('[1')", "error: Invalid JSON format: [1"},
                 {R"(JSON_ITEMS('[{"a": 1}, "x", null]'))", R"([{"a":1}, "x", null])"}, {"JSON_ITEMS('[]')", "[]"},
                 {"JSON_ITEMS('5')", "null"});
}

TEST(JsonFunctions, Objects) {
  SL_EXPECT_SAID({R"(JSON_KEYS('{"Red": 3, "Green": {"x": 5}}'))", "[Red, Green]"}, {"JSON_KEYS('{}')", "[]"},
                 {"JSON_KEYS('[]')", "null"}, {"JSON_KEYS('')", "null"},
                 {R"(JSON_KEYS('{"a": 1, "b": 2, "a": 3}'))", "[a, b]"},
                 {R"(JSON_RECORDS('{"a": 1, "b": "Seven", "c": [1, 2]}'))", "{a=1, b=Seven, c=[1,2]}"},
                 {"JSON_RECORDS('1')", "null"});
}

TEST(JsonFunctions, Concat) {
  SL_EXPECT_SAID({R"(JSON_CONCAT('{"a": 1}', '{"b": 2, "a": 3}'))", R"({"a":3,"b":2})"},
                 {"JSON_CONCAT('[1, 2]', '[]', '[3]')", "[1,2,3]"},
                 {R"(JSON_CONCAT('[1]', '{"a": 2}', '"x"'))", R"([1,{"a":2},"x"])"}, {"JSON_CONCAT('{}', '{}')", "{}"},
                 {"JSON_CONCAT('1')", "1"}, {"JSON_CONCAT('1', '')", "null"},
                 {"JSON_CONCAT('1', 'x')", "error: Invalid JSON format: x"},
                 {"JSON_CONCAT('1', CAST(NULL AS STRING))", "null"});
}

TEST(JsonFunctions, ToJson) {
  SL_EXPECT_SAID({"TO_JSON_STRING('a\"b')", R"("a\"b")"}, {"TO_JSON_STRING(CAST(NULL AS STRING))", "null"},
                 {"TO_JSON_STRING(true)", "true"}, {"TO_JSON_STRING(1.50)", "1.50"}, {"TO_JSON_STRING(1E10)", "1.0E10"},
                 {"TO_JSON_STRING(CAST('16:43:40' AS TIME))", R"("16:43:40")"},
                 {"TO_JSON_STRING(CAST('1971-11-28T23:46:40.000' AS TIMESTAMP))", R"("1971-11-28T23:46:40.000")"},
                 {"TO_JSON_STRING(CAST('1971-11-28' AS DATE))", R"("1971-11-28")"},
                 {"TO_JSON_STRING(TO_BYTES('ff', 'hex'))", R"("/w==")"},
                 {"TO_JSON_STRING(MAP('id' := ARRAY[1, 2], 'a' := ARRAY[3]))", R"({"a":[3],"id":[1,2]})"},
                 {"TO_JSON_STRING(STRUCT(B := 1, A := CAST(NULL AS INT)))", R"({"A":null,"B":1})"});
}

TEST(JsonText, TakesWholeValuesOnly) {
  for (auto good : {"0", "-1.5e+3", "\"\\u00e9\\\\\"", "[ ]", "{ }", " [1 , {\"a\" : [ ] } ] ", "true",
                    "{\"a\":{\"b\":{}},\"c\":[[]]}"})
    EXPECT_TRUE(whole_json(good)) << good;
  for (auto bad : {"",      "01",         "1.",          ".5",     "+1",        "-",     "1e",      "tru",
                   "\"",    "\"\\x\"",    "\"\\u12g4\"", "\"\n\"", "[1,]",      "[1 2]", "{\"a\"}", "{\"a\":}",
                   "{a:1}", "{\"a\":1,}", "[",           "]",      "{\"a\":1]", "1 1",   "[1]]"})
    EXPECT_FALSE(whole_json(bad)) << bad;
  EXPECT_TRUE(whole_json(std::string(1000, '[') + std::string(1000, ']')));
  EXPECT_FALSE(whole_json(std::string(1001, '[') + std::string(1001, ']')));
}

TEST(JsonText, Unescapes) {
  EXPECT_EQ(json_string(R"("a\/\b\f\n\r\t\"\\")"), "a/\b\f\n\r\t\"\\");
  EXPECT_EQ(json_string(R"("\ud83d\udc95")"), "💕");
  EXPECT_EQ(json_string(R"("\ud83d\u0041\udc95")"),
            "\xef\xbf\xbd"
            "A\xef\xbf\xbd");
}

}  // namespace
}  // namespace sl::query
