// The parser: what the clauses become, how expressions group, and where errors point.
#include "query/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

namespace sl::query {
namespace {

Result<Statement> parsed(std::string_view sql, const ParseOptions& options = {}) {
  return parse_statement({sql, {}}, options);
}
template <class Body>
Body body_of(std::string_view sql) {
  auto statement = parsed(sql);
  if (!statement) {
    ADD_FAILURE() << sql << ": " << statement.error().context;
    return {};
  }
  auto* body = std::get_if<Body>(&statement->body);
  if (body) return std::move(*body);
  ADD_FAILURE() << sql << " is another statement";
  return {};
}
// The expression in full parentheses, or its error.
std::string grouped(std::string_view expression) {
  auto statement = parsed("SELECT " + std::string(expression) + " FROM S");
  return statement ? to_sql(*std::get<Select>(statement->body).items[0].expression) : statement.error().context;
}
std::string refusal(std::string_view sql) {
  auto statement = parsed(sql);
  return statement ? "accepted" : statement.error().context;
}
std::string repeated(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Parser, TheStatementOfTheTalk) {
  auto create = body_of<CreateAs>(
      "CREATE STREAM possible_fraud AS SELECT card_number, count(*) FROM authorization_attempts "
      "WINDOW TUMBLING (SIZE 5 MINUTE) GROUP BY card_number HAVING count(*) > 3");
  EXPECT_EQ(create.kind, SourceKind::kStream);
  EXPECT_EQ(create.name, "possible_fraud");
  ASSERT_EQ(create.query.items.size(), 2u);
  EXPECT_TRUE(create.query.items[1].expression->star);
  EXPECT_EQ(create.query.from.name, "authorization_attempts");
  ASSERT_TRUE(create.query.window);
  EXPECT_EQ(create.query.window->size_ms, 300'000);
  EXPECT_EQ(create.query.group_by.size(), 1u);
  EXPECT_EQ(to_sql(*create.query.having), "(COUNT(*) > 3)");
}

TEST(Parser, Precedence) {
  EXPECT_EQ(grouped("A + B * C - D"), "((A + (B * C)) - D)");
  EXPECT_EQ(grouped("A - B - C"), "((A - B) - C)");
  EXPECT_EQ(grouped("A OR B AND NOT C = D"), "(A OR (B AND (NOT (C = D))))");
  EXPECT_EQ(grouped("-A * 2"), "(-A * 2)");
  EXPECT_EQ(grouped("A || B || 'it''s'"), "((A + B) + 'it''s')");
  EXPECT_EQ(grouped("(A + B) * C"), "((A + B) * C)");
  EXPECT_EQ(grouped("A != B"), "(A <> B)");
  EXPECT_EQ(grouped("A BETWEEN 1 AND 2 AND B"), "((A BETWEEN 1 AND 2) AND B)");
  EXPECT_EQ(grouped("A NOT IN (1, 2)"), "(A NOT IN (1, 2))");
  EXPECT_EQ(grouped("A NOT LIKE 'x!%' ESCAPE '!'"), "(A NOT LIKE 'x!%' ESCAPE '!')");
  EXPECT_EQ(grouped("A IS NOT NULL OR A IS DISTINCT FROM B"), "((A IS NOT NULL) OR (A IS DISTINCT FROM B))");
  EXPECT_EQ(grouped("A IS NOT DISTINCT FROM B"), "(A IS NOT DISTINCT FROM B)");
}

TEST(Parser, NestedValues) {
  EXPECT_EQ(grouped("S.A->B[1]->C"), "S.A->B[1]->C");
  EXPECT_EQ(grouped("A->*"), "A->*");
  EXPECT_EQ(grouped("ARRAY[1, ARRAY[]]"), "ARRAY[1, ARRAY[]]");
  EXPECT_EQ(grouped("MAP('a' := 1, 'b' := 2)"), "MAP('a':=1, 'b':=2)");
  EXPECT_EQ(grouped("STRUCT(X := 1, `y z` := 'b')"), "STRUCT(1 AS X, 'b' AS `y z`)");
  EXPECT_EQ(grouped("REDUCE(A, 0, (S, X) => S + X)"), "REDUCE(A, 0, (S, X) => (S + X))");
  EXPECT_EQ(grouped("TRANSFORM(A, X => FILTER(X, Y => Y > 1))"), "TRANSFORM(A, X => FILTER(X, Y => (Y > 1)))");
  EXPECT_EQ(grouped("STRUCT(X := 1, X := 2)").substr(0, 5), "line ");
}

TEST(Parser, CaseAndCast) {
  EXPECT_EQ(grouped("CASE WHEN A > 1 THEN 'x' ELSE 'y' END"), "(CASE WHEN (A > 1) THEN 'x' ELSE 'y' END)");
  EXPECT_EQ(grouped("CASE A WHEN 1 THEN 'x' WHEN 2 THEN 'y' END"),
            "(CASE WHEN (A = 1) THEN 'x' WHEN (A = 2) THEN 'y' END)");
  EXPECT_EQ(grouped("CAST(A AS DECIMAL(4, 2))"), "CAST(A AS DECIMAL(4, 2))");
  EXPECT_EQ(grouped("CAST(A AS MAP<STRING, ARRAY<STRUCT<X INT>>>)"),
            "CAST(A AS MAP<STRING, ARRAY<STRUCT<X INTEGER>>>)");
  EXPECT_EQ(grouped("DATEADD(DAYS, 5, D)"), "DATEADD(DAYS, 5, D)");
}

TEST(Parser, Literals) {
  auto select = body_of<Select>("SELECT 1, -1, 1.50, 1E3, 1.5e-3, 'x', TRUE, null, .5 FROM S");
  using Kind = Expression::Kind;
  const Kind kinds[] = {Kind::kInteger, Kind::kInteger, Kind::kDecimal, Kind::kDouble, Kind::kDouble,
                        Kind::kString,  Kind::kBoolean, Kind::kNull,    Kind::kDecimal};
  ASSERT_EQ(select.items.size(), std::size(kinds));
  for (size_t i = 0; i < std::size(kinds); ++i) EXPECT_EQ(select.items[i].expression->kind, kinds[i]) << i;
  EXPECT_EQ(select.items[1].expression->name, "-1");
  EXPECT_EQ(select.items[2].expression->name, "1.50");
}

TEST(Parser, ClausesOfSelect) {
  auto select = body_of<Select>(
      "SELECT L.*, R.X AS Y, Z W FROM A L LEFT OUTER JOIN B AS R WITHIN (1 HOUR, 2 MINUTES) GRACE PERIOD 3 SECONDS "
      "ON L.ID = R.ID INNER JOIN C ON C.ID = L.ID "
      "WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 SECONDS, RETENTION 1 DAY, GRACE PERIOD 0 SECONDS) "
      "WHERE L.V > 1 GROUP BY (L.ID, R.X) HAVING COUNT(*) > 1 EMIT FINAL LIMIT 3");
  EXPECT_TRUE(select.items[0].star);
  EXPECT_EQ(select.items[0].qualifier, "L");
  EXPECT_EQ(select.items[1].alias, "Y");
  EXPECT_EQ(select.items[2].alias, "W");
  EXPECT_EQ(select.from.alias, "L");
  ASSERT_EQ(select.joins.size(), 2u);
  EXPECT_EQ(select.joins[0].kind, JoinKind::kLeft);
  EXPECT_EQ(select.joins[0].right.alias, "R");
  ASSERT_TRUE(select.joins[0].within);
  EXPECT_EQ(select.joins[0].within->before_ms, 3'600'000);
  EXPECT_EQ(select.joins[0].within->after_ms, 120'000);
  EXPECT_EQ(select.joins[0].within->grace_ms, 3'000);
  EXPECT_FALSE(select.joins[1].within);
  EXPECT_EQ(select.window->kind, Window::Kind::kHopping);
  EXPECT_EQ(select.window->advance_ms, 5'000);
  EXPECT_EQ(select.window->retention_ms, 86'400'000);
  EXPECT_EQ(select.window->grace_ms, 0);
  EXPECT_EQ(select.group_by.size(), 2u);
  EXPECT_EQ(select.emit, Emit::kFinal);
  EXPECT_EQ(select.limit, 3);
  EXPECT_EQ(body_of<Select>("SELECT * FROM S WINDOW SESSION (1 MINUTE) GROUP BY A").window->size_ms, 60'000);
  EXPECT_EQ(body_of<Select>("SELECT * FROM S PARTITION BY A, B EMIT CHANGES").partition_by.size(), 2u);
}

TEST(Parser, Declarations) {
  auto table = body_of<CreateSource>(
      "CREATE OR REPLACE SOURCE TABLE IF NOT EXISTS T (ID BIGINT PRIMARY KEY, H BYTES HEADER('trace'), "
      "HS ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS, V VARCHAR) WITH (kafka_topic = 't', PARTITIONS = 3)");
  EXPECT_TRUE(table.or_replace && table.read_only && table.if_not_exists);
  EXPECT_EQ(table.kind, SourceKind::kTable);
  using Role = ColumnDefinition::Role;
  ASSERT_EQ(table.columns.size(), 4u);
  EXPECT_EQ(table.columns[0].role, Role::kPrimaryKey);
  EXPECT_EQ(table.columns[1].role, Role::kHeader);
  EXPECT_EQ(table.columns[1].header, "trace");
  EXPECT_EQ(table.columns[2].role, Role::kHeaders);
  EXPECT_EQ(to_sql(*table.columns[3].type), "STRING");
  EXPECT_EQ(table.with.at("KAFKA_TOPIC").text, "t");
  EXPECT_FALSE(table.with.at("PARTITIONS").quoted);
  auto insert = body_of<InsertValues>("INSERT INTO S (A, `b`) VALUES (1, ARRAY[2])");
  EXPECT_EQ(insert.columns, (std::vector<std::string>{"A", "b"}));
  EXPECT_EQ(insert.values.size(), 2u);
  EXPECT_EQ(body_of<InsertSelect>("INSERT INTO S WITH (QUERY_ID = 'q') SELECT * FROM T").target, "S");
  EXPECT_EQ(body_of<AlterSource>("ALTER STREAM S ADD COLUMN A INT, ADD B STRING").add.size(), 2u);
  EXPECT_TRUE(body_of<CreateType>("CREATE TYPE IF NOT EXISTS P AS STRUCT<A INT>").if_not_exists);
}

TEST(Parser, StatementsThatManage) {
  auto drop = body_of<Drop>("DROP TABLE IF EXISTS T DELETE TOPIC");
  EXPECT_TRUE(drop.if_exists && drop.delete_topic && drop.what == Drop::What::kTable);
  EXPECT_EQ(body_of<SetProperty>("SET 'auto.offset.reset' = 'latest'").value, "latest");
  EXPECT_FALSE(body_of<SetProperty>("UNSET 'auto.offset.reset'").value);
  EXPECT_EQ(body_of<Define>("DEFINE a = 'b'").value, "b");
  EXPECT_FALSE(body_of<Define>("UNDEFINE a").value);
  EXPECT_EQ(body_of<Show>("LIST TABLES EXTENDED").what, "TABLES");
  EXPECT_TRUE(body_of<Describe>("DESCRIBE FUNCTION ABS").function);
  EXPECT_TRUE(body_of<Explain>("EXPLAIN SELECT * FROM S EMIT CHANGES").statement);
  EXPECT_EQ(body_of<Explain>("EXPLAIN CSAS_A_1").query_id, "CSAS_A_1");
  auto print = body_of<Print>("PRINT 'my-topic' FROM BEGINNING INTERVAL 2 LIMIT 3");
  EXPECT_TRUE(print.from_beginning && print.interval == 2 && print.limit == 3 && print.topic == "my-topic");
  EXPECT_EQ(body_of<QueryControl>("PAUSE ALL").query_id, "");
  EXPECT_EQ(body_of<QueryControl>("TERMINATE q").query_id, "q");
  EXPECT_EQ(body_of<QueryControl>("RESUME q").verb, QueryControl::Verb::kResume);
}

TEST(Parser, CaseOfNames) {
  ParseOptions upper{.identifiers = IdentifierCase::kUpper, .variables = nullptr, .named_type = {}};
  auto kept = parsed("SELECT card, `Card` FROM s");
  auto raised = parsed("SELECT card, `Card` FROM s", upper);
  ASSERT_TRUE(kept && raised);
  EXPECT_EQ(std::get<Select>(kept->body).items[0].expression->name, "card");
  EXPECT_EQ(std::get<Select>(raised->body).items[0].expression->name, "CARD");
  EXPECT_EQ(std::get<Select>(raised->body).items[1].expression->name, "Card");
}

TEST(Parser, ErrorsPointAtTheTokenAndNameTheNearestWord) {
  EXPECT_EQ(refusal("SELCT * FROM s"), "line 1:1: expected a statement, found 'SELCT'; did you mean SELECT?");
  EXPECT_EQ(refusal("SELECT * FORM s"), "line 1:10: expected FROM, found 'FORM'; did you mean FROM?");
  EXPECT_EQ(refusal("SELECT a FORM s"), "line 1:10: expected FROM, found 'FORM'; did you mean FROM?");
  EXPECT_EQ(refusal("SELECT a FROM s\nWEHRE a > 1"),
            "line 2:1: expected the end of the statement, found 'WEHRE'; did you mean WHERE?");
  EXPECT_EQ(refusal("SELECT a FROM s x y"), "line 1:19: expected the end of the statement, found 'y'");
  EXPECT_EQ(refusal("SELECT a FROM s EMIT CHANGE"),
            "line 1:22: expected CHANGES or FINAL, found 'CHANGE'; did you mean CHANGES?");
  EXPECT_EQ(refusal("SELECT (a FROM s"), "line 1:11: expected ), found 'FROM'");
  EXPECT_EQ(refusal("CREATE STREAM s (a STRNG) WITH (x=1)"),
            "line 1:20: Cannot resolve unknown type: STRNG; did you mean STRING?");
  EXPECT_EQ(refusal("SELECT * FROM s WINDOW TUMBLNG (SIZE 1 DAY)"),
            "line 1:24: expected TUMBLING, HOPPING or SESSION, found 'TUMBLNG'; did you mean TUMBLING?");
  EXPECT_EQ(refusal("SELECT 'abc FROM s"), "line 1:8: the quote that begins here has no end: ' is missing");
  EXPECT_EQ(refusal("SELECT a /* b FROM s"), "line 1:10: the comment that begins here has no end: */ is missing");
  EXPECT_EQ(refusal("SELECT a FROM"), "line 1:14: expected a stream, table or topic, found the end");
  EXPECT_EQ(refusal("SELECT a FROM s LIMIT 99999999999999999999"), "line 1:23: 99999999999999999999 is too large");
  // A condition to group by needs parentheses, as in ksqlDB.
  EXPECT_EQ(refusal("SELECT a FROM s GROUP BY a AND b"), "line 1:28: expected the end of the statement, found 'AND'");
  EXPECT_EQ(refusal("SELECT a FROM s GROUP BY (a AND b)"), "accepted");
  EXPECT_EQ(refusal("SELECT a FROM s GROUP BY (a) + 1, b"), "accepted");
}

TEST(Parser, DepthIsBounded) {
  auto select = [](const std::string& expression) { return refusal("SELECT " + expression + " FROM s"); };
  auto deep = [](std::string_view why) { return why.starts_with("line 1:") && why != "accepted"; };
  EXPECT_EQ(select(repeated("(", 150) + "1" + repeated(")", 150)), "accepted");
  EXPECT_PRED1(deep, select(repeated("(", 100'000)));
  EXPECT_PRED1(deep, select(repeated("NOT ", 100'000) + "TRUE"));
  EXPECT_PRED1(deep, select(repeated("- ", 100'000) + "1"));
  EXPECT_PRED1(deep, select(repeated("x => ", 100'000) + "1"));
  EXPECT_PRED1(deep, select("CAST(1 AS " + repeated("ARRAY<", 100'000)));
  // Chains are as deep as they are long.
  EXPECT_EQ(select("1" + repeated(" + 1", 900)), "accepted");
  for (std::string_view link : {" + 1", " * 1", " OR a", " AND a", " = 1", "->f", "[1]", " IS NULL", " || 'x'"})
    EXPECT_PRED1(deep, select("a" + repeated(link, 200'000))) << link;
  EXPECT_PRED1(deep, select(repeated("(", 150) + "a" + repeated(repeated(" + 1", 900) + ")", 150)));
  // Operands of simple CASEs are repeated by each WHEN.
  EXPECT_PRED1(deep, select(repeated("CASE ", 100) + "a" + repeated(" WHEN 1 THEN 1 WHEN 2 THEN 2 END", 100)));
}

TEST(Parser, Scripts) {
  std::string text = "-- first; not a statement\nSET 'a;b' = ';' ;; /* ; */ SELECT `;` FROM s;\n  LIST TOPICS";
  auto script = split_script(text);
  ASSERT_TRUE(script);
  ASSERT_EQ(script->statements.size(), 3u);
  EXPECT_EQ(script->statements[0].at.line, 2u);
  EXPECT_EQ(script->statements[1].text, "SELECT `;` FROM s");
  EXPECT_EQ(script->statements[2].text, "LIST TOPICS");
  EXPECT_EQ(script->statements[2].at.line, 3u);
  EXPECT_EQ(script->statements[2].at.column, 3u);
  EXPECT_FALSE(script->complete);
  EXPECT_TRUE(split_script("LIST TOPICS; -- done")->complete);
  EXPECT_FALSE(split_script("SELECT 'a"));
}

TEST(Parser, Variables) {
  std::map<std::string, std::string> variables = {{"topic", "orders"}, {"n", "5"}};
  ParseOptions options{.identifiers = IdentifierCase::kPreserve, .variables = &variables, .named_type = {}};
  auto statement =
      parsed("SELECT '/* ${topic}', `${x}` FROM ${topic} /* ${unknown} */ LIMIT ${n} -- ${unknown}", options);
  ASSERT_TRUE(statement) << statement.error().context;
  const auto& select = std::get<Select>(statement->body);
  EXPECT_EQ(select.items[0].expression->name, "/* orders");
  EXPECT_EQ(select.items[1].expression->name, "${x}");
  EXPECT_EQ(select.from.name, "orders");
  EXPECT_EQ(select.limit, 5);
  auto unknown = parsed("SELECT *\nFROM ${tpoic}", options);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().context, "line 2:6: there is no variable ${tpoic}: DEFINE tpoic = '…' makes it");
  EXPECT_FALSE(parsed("SELECT * FROM ${topic", options));
}

TEST(Parser, ColumnsAndTypes) {
  auto columns = parse_columns("card_number STRING, `Ts` BIGINT", {});
  ASSERT_TRUE(columns);
  EXPECT_EQ((*columns)[1].name, "Ts");
  EXPECT_FALSE(parse_columns("card_number STRING,", {}));
  EXPECT_EQ(to_sql(**parse_type("decimal(10,3)", {})), "DECIMAL(10, 3)");
  EXPECT_FALSE(parse_type("DECIMAL(3, 4)", {}));
  EXPECT_FALSE(parse_type("MAP<STRING>", {}));
}

}  // namespace
}  // namespace sl::query
