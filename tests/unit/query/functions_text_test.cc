// Functions of STRINGs and regular expressions. The expected values are ksqlDB's.
#include "tests/unit/query/expression_text.h"

namespace sl::query {
namespace {

TEST(TextFunctions, Cases) {
  SL_EXPECT_SAID({"UCASE('straße é')", "STRAßE É"}, {"LCASE('ÀB Ω')", "àb ω"},
                 {"INITCAP('the qUICK  fox')", "The Quick  Fox"}, {"LEN('añ')", "2"}, {"LEN('')", "0"},
                 {"LEN(CAST(NULL AS STRING))", "null"}, {"TRIM('  a b ')", "a b"});
}

TEST(TextFunctions, Parts) {
  SL_EXPECT_SAID({"SUBSTRING('stream', 4)", "eam"}, {"SUBSTRING('stream', 1, 4)", "stre"},
                 {"SUBSTRING('stream', -3, 2)", "ea"}, {"SUBSTRING('stream', 7)", ""},
                 {"SUBSTRING('stream', 2, 100)", "tream"}, {"SUBSTRING('añbc', 2, 2)", "ñb"},
                 {"INSTR('corporate floor', 'or')", "2"}, {"INSTR('corporate floor', 'or', 3)", "5"},
                 {"INSTR('corporate floor', 'or', -3)", "5"}, {"INSTR('corporate floor', 'or', 3, 2)", "14"},
                 {"INSTR('corporate floor', 'or', -3, 2)", "2"}, {"INSTR('corporate floor', 'bridge')", "0"},
                 {"REPLACE('foo foo', 'o', '0')", "f00 f00"}, {"REPLACE('foo', '', 'x')", "foo"});
}

TEST(TextFunctions, Padding) {
  SL_EXPECT_SAID({"LPAD('foo', 7, 'Bar')", "BarBfoo"}, {"RPAD('foo', 7, 'Bar')", "fooBarB"},
                 {"LPAD('foo', 2, 'x')", "fo"}, {"LPAD('foo', 0, 'x')", ""}, {"LPAD('foo', -1, 'x')", "null"},
                 {"LPAD('foo', 5, '')", "null"},
                 {"FROM_BYTES(LPAD(TO_BYTES('01', 'hex'), 3, TO_BYTES('ab', 'hex')), 'hex')", "ABAB01"});
}

TEST(TextFunctions, SplitAndJoin) {
  SL_EXPECT_SAID({"SPLIT('..a..', '.')", "[, , a, , ]"}, {"SPLIT('añb', '')", "[a, ñ, b]"}, {"SPLIT('', '.')", "[]"},
                 {"SPLIT_TO_MAP('a:1;b:2', ';', ':')", "{a=1, b=2}"}, {"SPLIT_TO_MAP('a=1', ';', ':')", "{}"},
                 {"CONCAT('a', CAST(NULL AS STRING), 'b')", "ab"},
                 {"CONCAT_WS('-', 'a', CAST(NULL AS STRING), 'b')", "a-b"},
                 {"CONCAT_WS(CAST(NULL AS STRING), 'a', 'b')", "null"}, {"ELT(2, 'a', 'b')", "b"},
                 {"ELT(3, 'a', 'b')", "null"}, {"FIELD('b', 'a', 'b')", "2"}, {"FIELD('c', 'a', 'b')", "0"},
                 {"CHR(75)", "K"}, {"CHR('\\u597d')", "好"}, {"CHR('\\ud83d\\udc95')", "💕"}, {"CHR(1114112)", "null"});
}

TEST(TextFunctions, Masks) {
  SL_EXPECT_SAID(
      {"MASK('My Test $123')", "Xx-Xxxx--nnn"}, {"MASK('My Test $123', '*', NULL, '1', NULL)", "*y *est $111"},
      {"MASK_LEFT('My Test $123', 4)", "Xx-Xest $123"}, {"MASK_RIGHT('My Test $123', 4)", "My Test -nnn"},
      {"MASK_KEEP_LEFT('My Test $123', 4)", "My Txxx--nnn"}, {"MASK_KEEP_RIGHT('My Test $123', 4)", "Xx-Xxxx-$123"});
}

TEST(TextFunctions, RegexpExtract) {
  SL_EXPECT_SAID({"REGEXP_EXTRACT('.*', 'test string')", "test string"},
                 {"REGEXP_EXTRACT('(.*) (.*)', 'test string', 2)", "string"},
                 {"REGEXP_EXTRACT('(.*) (.*)', 'test string', 3)", "null"}, {"REGEXP_EXTRACT('x', 'test')", "null"},
                 {"REGEXP_EXTRACT('(x)?t', 'test', 1)", "null"},
                 {"REGEXP_EXTRACT('t', 'test', -1)", "error: a capturing group's number is not negative"},
                 {"REGEXP_EXTRACT(CAST(NULL AS STRING), 'test')", "null"},
                 {"REGEXP_EXTRACT_ALL('.t', 'atbtc')", "[at, bt]"},
                 {"REGEXP_EXTRACT_ALL('(.)t', 'atbtc', 1)", "[a, b]"}, {"REGEXP_EXTRACT_ALL('x', 'atbtc')", "[]"},
                 {"REGEXP_EXTRACT_ALL('x*', 'xaé')", "[x, , , ]"}, {"REGEXP_EXTRACT_ALL('(.)t', 'atbtc', 2)", "null"});
  EXPECT_EQ(said("REGEXP_EXTRACT('(', 'test')").substr(0, 45), "error: Invalid regular expression pattern: (:");
}

TEST(TextFunctions, RegexpReplace) {
  SL_EXPECT_SAID(
      {"REGEXP_REPLACE('baababaa', '(ab)+', 'cat')", "bacataa"},
      {"REGEXP_REPLACE('baabbabaa', '(ab)+', 'cat')", "bacatbcataa"},
      {"REGEXP_REPLACE('John Doe', '(\\w+) (\\w+)', '$2, $1')", "Doe, John"},
      {"REGEXP_REPLACE('aab', 'a*', 'x')", "xxbx"}, {"REGEXP_REPLACE('a', '(a)', '$10')", "a0"},
      {"REGEXP_REPLACE('a.b', '\\.', '\\$')", "a$b"}, {"REGEXP_REPLACE('abc', 'x', 'y')", "abc"},
      {"REGEXP_REPLACE('abc', '', '-')", "-a-b-c-"}, {"REGEXP_REPLACE('abc', 'abc', '')", ""},
      {"REGEXP_REPLACE('abc', 'b', '$1')", "error: the replacement $1 names a group that the pattern does not have"},
      {"REGEXP_REPLACE('baababaa', CAST(NULL AS STRING), 'cat')", "null"});
}

TEST(TextFunctions, RegexpSplit) {
  SL_EXPECT_SAID({"REGEXP_SPLIT_TO_ARRAY('aabcda', '(ab|cd)')", "[a, , a]"},
                 {"REGEXP_SPLIT_TO_ARRAY('aabdcda', '(ab|cd)')", "[a, d, a]"},
                 {"REGEXP_SPLIT_TO_ARRAY('zxy', '(ab|cd)')", "[zxy]"},
                 {"REGEXP_SPLIT_TO_ARRAY('xay', '[xy]')", "[, a, ]"}, {"REGEXP_SPLIT_TO_ARRAY('añc', '')", "[a, ñ, c]"},
                 {"REGEXP_SPLIT_TO_ARRAY('a1b22', '[0-9]*')", "[a, b]"},
                 {"REGEXP_SPLIT_TO_ARRAY('ab cd', '\\b')", "[ab,  , cd]"}, {"REGEXP_SPLIT_TO_ARRAY('', ',')", "[]"});
}

}  // namespace
}  // namespace sl::query
