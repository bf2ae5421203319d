// SQL text to statements: a lexer and a recursive-descent parser of ksqlDB's dialect (grammar:
// https://docs.ksqldb.io/en/latest/developer-guide/ksqldb-reference/). Errors are kMalformed with a text that begins
// with "line L:C: ", says what was expected, and names the nearest word where one is near.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/ast.h"

namespace sl::query {

enum class IdentifierCase : uint8_t {
  kPreserve,  // as written; matched whatever their case
  kUpper,     // ksqlDB's: unquoted names are upper-cased
};

struct ParseOptions {
  IdentifierCase identifiers = IdentifierCase::kPreserve;
  // ${NAME} in the text; null: none is known.
  const std::map<std::string, std::string>* variables = nullptr;
  // A name that CREATE TYPE gave to a type; null pointer: no such type.
  std::function<TypePtr(const std::string&)> named_type;
};

// One statement of a script before it is parsed: its text and where it begins. Statements are parsed one at a time, as
// CREATE TYPE, DEFINE and SET change how the next is read.
struct StatementText {
  std::string_view text;  // without the semicolon
  Position at;
};
// Splits at semicolons, heeding quotes and comments; statements of blanks and comments alone are left out.
// kMalformed for a quote or comment that does not end. `complete` says whether the last one had its semicolon.
struct Script {
  std::vector<StatementText> statements;
  bool complete = true;
};
Result<Script> split_script(std::string_view text);

Result<Statement> parse_statement(const StatementText& text, const ParseOptions& options);
// "card_number STRING, ts BIGINT": the columns of --columns.
Result<std::vector<ColumnDefinition>> parse_columns(std::string_view text, const ParseOptions& options);
// One type: "ARRAY<STRUCT<A INT>>".
Result<TypePtr> parse_type(std::string_view text, const ParseOptions& options);

// The error of a place in the text: "line 1:8: …".
Error error_at(const Position& at, std::string_view text);

}  // namespace sl::query
