// What the parser makes of SQL text: expressions and statements, with the place of each in the text. Names are kept
// as identifiers after the rules of case were applied; nothing is resolved yet.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "query/type.h"

namespace sl::query {

// Where a token lies in the text: line and column count from 1, offset and length in bytes.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
  uint32_t offset = 0;
  uint32_t length = 0;
};

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Expression {
  enum class Kind : uint8_t {
    kNull,
    kBoolean,    // name: TRUE or FALSE
    kInteger,    // name: the digits, with a sign where a minus stood directly before them
    kDecimal,    // name: as written, 2.345
    kDouble,     // name: as written, 1.5E0
    kString,     // name: the text itself
    kColumn,     // qualifier (may be empty), name
    kField,      // args[0] -> name
    kAllFields,  // args[0] ->*
    kSubscript,  // args[0] [ args[1] ]
    kCall,       // name: the function, upper case; args. COUNT(*) has no args and `star` set
    kLambda,     // names: its parameters; args[0]: its body
    kUnary,      // name: "-", "+" or "NOT"; args[0]
    kBinary,     // name: + - * / % || = <> < <= > >= AND OR "IS DISTINCT FROM" "IS NOT DISTINCT FROM"; args[0], args[1]
    kBetween,    // args: value, low, high; negated
    kIn,         // args[0] in args[1…]; negated
    kLike,       // args: text, pattern[, escape]; negated
    kIsNull,     // args[0]; negated: IS NOT NULL
    kCase,       // searched: args: condition, result, …[, else]; simple ones (CASE x WHEN v) were rewritten to x = v
    kCast,       // args[0] as type
    kArray,      // ARRAY[args…]
    kMap,        // MAP(args: key, value, …)
    kStruct,     // STRUCT(args[i] AS names[i], …)
    kInterval,   // name: a unit of time as DATEADD(DAYS, …) takes it, upper case
  };
  Kind kind = Kind::kNull;
  Position at;
  std::string name;
  std::string qualifier;
  std::vector<ExpressionPtr> args;
  std::vector<std::string> names;
  TypePtr type;
  bool negated = false;
  bool star = false;      // COUNT(*)
  bool has_else = false;  // kCase
  uint16_t height = 1;    // levels below and with this one; the parser bounds it, so recursion over a tree ends
};

// Equal but for positions.
bool same_expression(const Expression& a, const Expression& b);
// As SQL, with parentheses where ksqlDB puts them: (A + B), ABS(R.A), ADDRESS->TOWN.
std::string to_sql(const Expression& expression);
ExpressionPtr clone(const Expression& expression);

struct Literal {
  // The text of a string, the digits of a number, TRUE or FALSE.
  std::string text;
  bool quoted = false;
  Position at;
};
// WITH (NAME = literal, …), names in upper case.
using Options = std::map<std::string, Literal>;

enum class SourceKind : uint8_t { kStream, kTable };

struct ColumnDefinition {
  enum class Role : uint8_t { kValue, kKey, kPrimaryKey, kHeaders, kHeader };
  std::string name;
  TypePtr type;
  Role role = Role::kValue;
  std::string header;  // kHeader: HEADER('name')
  Position at;
};

struct SelectItem {
  bool star = false;      // * or qualifier.*
  std::string qualifier;  // of a star
  ExpressionPtr expression;
  std::string alias;  // empty: none was given
  Position at;
};

struct Relation {
  std::string name;
  std::string alias;  // its name where none was given
  Position at;
};

enum class JoinKind : uint8_t { kInner, kLeft, kRight, kFull };

struct Join {
  JoinKind kind = JoinKind::kInner;
  Relation right;
  struct Within {
    int64_t before_ms = 0;
    int64_t after_ms = 0;
    std::optional<int64_t> grace_ms;
  };
  std::optional<Within> within;
  ExpressionPtr on;
  Position at;
};

struct Window {
  enum class Kind : uint8_t { kTumbling, kHopping, kSession };
  Kind kind = Kind::kTumbling;
  int64_t size_ms = 0;  // of a session: the gap
  int64_t advance_ms = 0;
  std::optional<int64_t> grace_ms;
  std::optional<int64_t> retention_ms;
  Position at;
};

enum class Emit : uint8_t { kDefault, kChanges, kFinal };

struct Select {
  std::vector<SelectItem> items;
  Relation from;
  std::vector<Join> joins;
  std::optional<Window> window;
  ExpressionPtr where;
  std::vector<ExpressionPtr> group_by;
  std::vector<ExpressionPtr> partition_by;
  ExpressionPtr having;
  Emit emit = Emit::kDefault;
  std::optional<int64_t> limit;
  Position at;
};

struct CreateSource {
  SourceKind kind = SourceKind::kStream;
  bool or_replace = false;
  bool if_not_exists = false;
  bool read_only = false;  // CREATE SOURCE STREAM|TABLE
  std::string name;
  std::vector<ColumnDefinition> columns;
  Options with;
};
struct CreateAs {
  SourceKind kind = SourceKind::kStream;
  bool or_replace = false;
  bool if_not_exists = false;
  std::string name;
  Options with;
  Select query;
};
struct InsertSelect {
  std::string target;
  Options with;
  Select query;
};
struct InsertValues {
  std::string target;
  std::vector<std::string> columns;
  std::vector<ExpressionPtr> values;
};
struct SetProperty {
  std::string name;
  std::optional<std::string> value;  // none: UNSET
};
// SHOW|LIST what: STREAMS, TABLES, TOPICS, QUERIES, FUNCTIONS, TYPES, PROPERTIES, VARIABLES.
struct Show {
  std::string what;
  bool extended = false;
};
struct Describe {
  std::string what;  // a source's name; with `function`, a function's
  bool extended = false;
  bool function = false;
};
struct Statement;
struct Explain {
  std::string query_id;  // or:
  std::shared_ptr<Statement> statement;
};
struct Print {
  std::string topic;
  bool from_beginning = false;
  std::optional<int64_t> interval;
  std::optional<int64_t> limit;
};
// TERMINATE, PAUSE and RESUME of one query, or of all where the id is empty.
struct QueryControl {
  enum class Verb : uint8_t { kTerminate, kPause, kResume };
  Verb verb = Verb::kTerminate;
  std::string query_id;
};
struct Drop {
  enum class What : uint8_t { kStream, kTable, kType };
  What what = What::kStream;
  std::string name;
  bool if_exists = false;
  bool delete_topic = false;
};
struct AlterSource {
  SourceKind kind = SourceKind::kStream;
  std::string name;
  std::vector<ColumnDefinition> add;
};
struct CreateType {
  std::string name;
  TypePtr type;
  bool if_not_exists = false;
};
// DEFINE name = 'value'; none: UNDEFINE.
struct Define {
  std::string name;
  std::optional<std::string> value;
};

struct Statement {
  std::variant<Select, CreateSource, CreateAs, InsertSelect, InsertValues, SetProperty, Show, Describe, Explain, Print,
               QueryControl, Drop, AlterSource, CreateType, Define>
      body;
  Position at;
  std::string text;  // as written, without the semicolon
};

}  // namespace sl::query
