// Numbers, nulls, bytes and URLs, and how a function is chosen for its arguments. The expected values are ksqlDB's.
#include <gtest/gtest.h>

#include "query/function.h"
#include "tests/unit/query/expression_text.h"

namespace sl::query {
namespace {

TEST(Functions, RoundAndCut) {
  SL_EXPECT_SAID({"ABS(-3)", "3"}, {"ABS(CAST(-2.5 AS DOUBLE))", "2.5"}, {"ABS(-1.50)", "1.50"},
                 {"ABS(CAST(NULL AS INT))", "null"}, {"SIGN(-3)", "-1"}, {"SIGN(0.0)", "0"}, {"SIGN(1E1)", "1"},
                 {"CEIL(1.2E0)", "2.0"}, {"CEIL(3)", "3"}, {"FLOOR(-1.2E0)", "-2.0"}, {"FLOOR(1.7)", "1.0"},
                 {"ROUND(1.5E0)", "2"}, {"ROUND(-1.5E0)", "-1"}, {"ROUND(-2.5E0)", "-2"}, {"ROUND(1.5)", "2"},
                 {"ROUND(-1.5)", "-1"}, {"ROUND(12.345E0, 2)", "12.35"}, {"ROUND(1234.5E0, -2)", "1200.0"},
                 {"ROUND(12.345, 2)", "12.350"}, {"ROUND(7)", "7"}, {"TRUNC(-1.9E0)", "-1"},
                 {"TRUNC(12.349E0, 2)", "12.34"}, {"TRUNC(-1.9)", "-1"});
}

TEST(Functions, RealFunctions) {
  SL_EXPECT_SAID({"SQRT(16)", "4.0"}, {"SQRT(-1)", "NaN"}, {"CBRT(27)", "3.0"}, {"EXP(0)", "1.0"}, {"LN(1)", "0.0"},
                 {"LN(0)", "-Infinity"}, {"LN(-1)", "NaN"}, {"LOG(0)", "-Infinity"}, {"LOG(13)", "2.5649493574615367"},
                 {"LOG(15, 13)", "0.9471572411831843"}, {"LOG(15, 0)", "-Infinity"}, {"LOG(0, 13)", "NaN"},
                 {"LOG(1, 13)", "NaN"}, {"POWER(2, 10)", "1024.0"}, {"SIN(0)", "0.0"}, {"COS(0)", "1.0"},
                 {"ATAN2(0, 1)", "0.0"}, {"DEGREES(PI())", "180.0"}, {"RADIANS(180)", "3.141592653589793"},
                 {"GEO_DISTANCE(37.4439, -122.1663, 51, 0)", "8682.45906136827"});
}

TEST(Functions, ChooseAmongValues) {
  SL_EXPECT_SAID({"COALESCE(NULL, CAST(NULL AS INT), 3, 4)", "3"}, {"IFNULL(CAST(NULL AS STRING), 'x')", "x"},
                 {"NULLIF(1, 1)", "null"}, {"NULLIF('a', 'b')", "a"}, {"GREATEST(1, 3, NULL, 2)", "3"},
                 {"LEAST(1.5, 0.25)", "0.25"}, {"LEAST('b', 'a')", "a"}, {"GREATEST(CAST(NULL AS INT), NULL)", "null"},
                 {"AS_VALUE(5)", "5"});
}

TEST(Functions, BytesAndTheirTexts) {
  SL_EXPECT_SAID(
      {"FROM_BYTES(TO_BYTES('1aB2', 'hex'), 'hex')", "1AB2"}, {"FROM_BYTES(TO_BYTES('IQ==', 'base64'), 'ascii')", "!"},
      {"FROM_BYTES(TO_BYTES('αβ', 'utf8'), 'hex')", "CEB1CEB2"}, {"FROM_BYTES(TO_BYTES('αβ', 'ascii'), 'utf8')", "??"},
      {"FROM_BYTES(TO_BYTES('ff', 'hex'), 'utf8')", "\xef\xbf\xbd"},
      {"FROM_BYTES(TO_BYTES('f8908080', 'hex'), 'utf8')", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"TO_BYTES('zz', 'hex')", "error: it is not hexadecimal"},
      {"TO_BYTES('a', 'utf7')",
       "error: Unknown encoding type 'utf7'. Supported formats are 'hex', 'utf8', 'ascii', and 'base64'."},
      {"TO_BYTES(CAST(NULL AS STRING), 'hex')", "null"});
}

TEST(Functions, EncodeOneTextInAnother) {
  SL_EXPECT_SAID(
      {"ENCODE('4578616d706C6521', 'hex', 'ascii')", "Example!"},
      {"ENCODE('0x4578616d706C6521', 'hex', 'base64')", "RXhhbXBsZSE="},
      {"ENCODE('X''4578616d706C6521''', 'hex', 'utf8')", "Example!"},
      {"ENCODE('0x578616d706C6521', 'hex', 'utf8')", "\x05xample!"}, {"ENCODE('0x', 'hex', 'utf8')", ""},
      {"ENCODE('x''''', 'hex', 'utf8')", ""},
      {"ENCODE('578616d706C6521', 'hex', 'utf8')", "error: it is not hexadecimal: the number of digits is odd"},
      {"ENCODE('X''', 'hex', 'utf8')", "error: it is not hexadecimal"},
      {"ENCODE('c39c62', 'hex', 'ascii')",
       "\xef\xbf\xbd\xef\xbf\xbd"
       "b"},
      {"ENCODE('Üb', 'ascii', 'hex')", "3f62"}, {"ENCODE('Üb', 'utf8', 'hex')", "c39c62"},
      {"ENCODE('w5xi', 'BASE64', 'UTF8')", "Üb"},
      {"ENCODE('a', 'hex', 'hex')", "error: Supported input and output encodings are: hex, utf8, ascii and base64"},
      {"ENCODE(CAST(NULL AS STRING), 'hex', 'utf8')", "null"});
}

TEST(Functions, NumbersOfBytes) {
  SL_EXPECT_SAID({"INT_FROM_BYTES(TO_BYTES('AAAH5Q==', 'base64'))", "2021"},
                 {"INT_FROM_BYTES(TO_BYTES('5QcAAA==', 'base64'), 'LITTLE_ENDIAN')", "2021"},
                 {"INT_FROM_BYTES(TO_BYTES('ffffffff', 'hex'), 'BIG_ENDIAN')", "-1"},
                 {"BIGINT_FROM_BYTES(TO_BYTES('AAAAASoF8gA=', 'base64'))", "5000000000"},
                 {"DOUBLE_FROM_BYTES(TO_BYTES('QICm/ZvJ9YI=', 'base64'))", "532.8738323"},
                 {"DOUBLE_FROM_BYTES(TO_BYTES('gvXJm/2mgEA=', 'base64'), 'LITTLE_ENDIAN')", "532.8738323"},
                 {"INT_FROM_BYTES(TO_BYTES('00', 'hex'))", "error: Number of bytes must be equal to 4, but found 1"},
                 {"INT_FROM_BYTES(TO_BYTES('00000000', 'hex'), 'MIDDLE')",
                  "error: Byte order must be BIG_ENDIAN or LITTLE_ENDIAN, not MIDDLE"});
}

TEST(Functions, Md5) {
  SL_EXPECT_SAID({"MD5('')", "d41d8cd98f00b204e9800998ecf8427e"},
                 {"MD5('message digest')", "f96b697d7cb7938d525a2f31aaf161d0"},
                 {"MD5('12345678901234567890123456789012345678901234567890123456789012345678901234567890')",
                  "57edf4a22be3c955ac49da2e2107b67a"},
                 {"MD5(CAST(NULL AS STRING))", "null"});
}

TEST(Functions, Uuids) {
  SL_EXPECT_SAID({"UUID(TO_BYTES('00112233445566778899aabbccddeeff', 'hex'))", "00112233-4455-6677-8899-aabbccddeeff"},
                 {"UUID(TO_BYTES('00', 'hex'))", "null"}, {"LEN(UUID())", "36"}, {"SUBSTRING(UUID(), 15, 1)", "4"});
}

TEST(Functions, PartsOfUrls) {
  SL_EXPECT_SAID(
      {"URL_EXTRACT_FRAGMENT('http://www.test.com/?query#frag%20ment')", "frag ment"},
      {"URL_EXTRACT_FRAGMENT('http://www.nofragment.com')", "null"},
      {"URL_EXTRACT_HOST('http://test@confluent.io:8080')", "confluent.io"},
      {"URL_EXTRACT_HOST('http://[::1]:80/')", "[::1]"}, {"URL_EXTRACT_HOST('http://under_score/')", "null"},
      {"URL_EXTRACT_HOST('http://192.168.0.1/')", "192.168.0.1"}, {"URL_EXTRACT_HOST('http://192.168.0.256/')", "null"},
      {"URL_EXTRACT_HOST('mailto:a@b.c')", "null"}, {"URL_EXTRACT_PATH('http://www.test.com?query#fragment')", ""},
      {"URL_EXTRACT_PATH('http://test@confluent.io:8080/nested/path?query&jobs')", "/nested/path"},
      {"URL_EXTRACT_PATH('relative/path')", "relative/path"}, {"URL_EXTRACT_PATH('mailto:a@b.c')", "null"},
      {"URL_EXTRACT_PORT('http://test@confluent.io')", "null"},
      {"URL_EXTRACT_PORT('http://confluent.io:8080/p')", "8080"}, {"URL_EXTRACT_PROTOCOL('https://a.b')", "https"},
      {"URL_EXTRACT_PROTOCOL('a/b')", "null"}, {"URL_EXTRACT_QUERY('http://www.test.com/path?q1&q2#f')", "q1&q2"},
      {"URL_EXTRACT_QUERY('http://a/b')", "null"},
      {"URL_EXTRACT_PARAMETER('http://a/?one=a%20b&two=b&three', 'one')", "a b"},
      {"URL_EXTRACT_PARAMETER('http://a/?one=a&three', 'three')", ""},
      {"URL_EXTRACT_PARAMETER('http://a/?one=a=b', 'one')", "a=b"},
      {"URL_EXTRACT_PARAMETER('http://a/?one=a', 'two')", "null"});
}

TEST(Functions, WhatIsNoUrlIsAnError) {
  for (auto url :
       {"http://a b", "http://a/%zz", "http:", "1http://a", "http://", "http://a/[b]", "://a", "http://a/{b}"})
    EXPECT_EQ(said(std::string("URL_EXTRACT_HOST('") + url + "')"),
              std::string("error: URL input has invalid syntax: ") + url);
}

TEST(Functions, FormParameters) {
  SL_EXPECT_SAID({"URL_ENCODE_PARAM('?foo $bar')", "%3Ffoo+%24bar"},
                 {"URL_ENCODE_PARAM('a-b_c.d*é')", "a-b_c.d*%C3%A9"},
                 {"URL_DECODE_PARAM('%3Ffoo+%24bar')", "?foo $bar"}, {"URL_DECODE_PARAM('%C3%A9')", "é"},
                 {"URL_DECODE_PARAM('%4')", "error: there is a % without two hexadecimal digits in %4"});
}

TEST(Functions, AreChosenByTheirArguments) {
  EXPECT_EQ(said("ABS(CAST(1 AS BIGINT))", true), "BIGINT 1");
  EXPECT_EQ(said("ABS(1)", true), "INTEGER 1");
  EXPECT_EQ(said("ABS(1.5)", true), "DECIMAL(2, 1) 1.5");
  EXPECT_EQ(said("SQRT(CAST(4 AS BIGINT))", true), "DOUBLE 2.0");
  EXPECT_EQ(said("COALESCE(NULL, 1, 2.50)", true), "DECIMAL(12, 2) 1.00");
  EXPECT_EQ(said("LEN(TO_BYTES('aa', 'hex'))", true), "INTEGER 1");
  EXPECT_EQ(said("SPLIT('a,b', ',')", true), "ARRAY<STRING> [a, b]");
}

TEST(Functions, ThatDoNotFitAreRefused) {
  EXPECT_EQ(said("GEO_DISTANCE(1, 2, 'foo', 0)"),
            "refused: line 1:8: Function 'GEO_DISTANCE' does not accept parameters (INTEGER, INTEGER, STRING, "
            "INTEGER). Valid alternatives are: "
            "(DOUBLE, DOUBLE, DOUBLE, DOUBLE), (DOUBLE, DOUBLE, DOUBLE, DOUBLE, STRING)");
  EXPECT_EQ(said("GREATEST()").substr(0, 68), "refused: line 1:8: Function 'GREATEST' does not accept parameters ()");
  EXPECT_EQ(said("UCSAE('a')"),
            "refused: line 1:8: Can't find any functions with the name 'UCSAE'; did you mean UCASE?");
}

TEST(Functions, AreListed) {
  auto all = all_functions();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  auto at = std::find_if(all.begin(), all.end(), [](const auto& f) { return f.name == "REGEXP_EXTRACT"; });
  ASSERT_NE(at, all.end());
  EXPECT_EQ(at->signatures,
            (std::vector<std::string>{"REGEXP_EXTRACT(STRING, STRING)", "REGEXP_EXTRACT(STRING, STRING, INT)"}));
  EXPECT_EQ(function_kind("regexp_Extract"), FunctionKind::kScalar);
  EXPECT_EQ(function_kind("COUNT"), FunctionKind::kAggregate);
  EXPECT_EQ(function_kind("EXPLODE"), FunctionKind::kTable);
  EXPECT_EQ(function_kind("NOTHING"), FunctionKind::kNone);
}

}  // namespace
}  // namespace sl::query
