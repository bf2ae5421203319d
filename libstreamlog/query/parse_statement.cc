// Statements: what they begin with decides.
#include <fmt/format.h>

#include <array>

#include "query/name.h"
#include "query/parse_state.h"

namespace sl::query {
namespace {

template <class Body>
Statement statement_of(Body body) {
  Statement out;
  out.body = std::move(body);
  return out;
}

}  // namespace

Result<Statement> Parser::statement() {
  auto at = peek().at;
  SL_TRY(auto out, dispatch());
  SL_CHECK(end());
  out.at = at;
  return out;
}

Result<Statement> Parser::dispatch() {
  if (sees("SELECT")) {
    SL_TRY(auto query, select());
    return statement_of(std::move(query));
  }
  if (sees("CREATE")) return create();
  if (sees("INSERT")) return insert();
  if (accept("SET")) return set(false);
  if (accept("UNSET")) return set(true);
  if (sees("SHOW") || sees("LIST")) return show();
  if (sees("DESCRIBE")) return describe();
  if (sees("EXPLAIN")) return explain();
  if (sees("PRINT")) return print();
  if (accept("TERMINATE")) return control(QueryControl::Verb::kTerminate);
  if (accept("PAUSE")) return control(QueryControl::Verb::kPause);
  if (accept("RESUME")) return control(QueryControl::Verb::kResume);
  if (sees("DROP")) return drop();
  if (sees("ALTER")) return alter();
  if (accept("DEFINE")) return define(false);
  if (accept("UNDEFINE")) return define(true);
  return unexpected("a statement", {"SELECT", "CREATE", "INSERT", "SET", "UNSET", "SHOW", "LIST", "DESCRIBE", "EXPLAIN",
                                    "PRINT", "TERMINATE", "PAUSE", "RESUME", "DROP", "ALTER", "DEFINE", "UNDEFINE"});
}

Result<SourceKind> Parser::source_kind() {
  if (accept("STREAM")) return SourceKind::kStream;
  if (accept("TABLE")) return SourceKind::kTable;
  return unexpected("STREAM or TABLE", {"STREAM", "TABLE", "TYPE", "SOURCE"});
}

Result<bool> Parser::if_exists(bool negated) {
  if (!sees("IF")) return false;
  bool seen = negated ? accept_all({"IF", "NOT", "EXISTS"}) : accept_all({"IF", "EXISTS"});
  if (!seen) return unexpected(negated ? "IF NOT EXISTS" : "IF EXISTS");
  return true;
}

Result<Statement> Parser::create() {
  take();
  bool replace = accept_all({"OR", "REPLACE"});
  if (!replace && accept("TYPE")) {
    CreateType out;
    SL_TRY(out.if_not_exists, if_exists(true));
    SL_TRY(out.name, identifier("the type's name"));
    SL_CHECK(expect("AS"));
    SL_TRY(out.type, type());
    return statement_of(std::move(out));
  }
  bool read_only = accept("SOURCE");
  SL_TRY(auto kind, source_kind());
  return create_source(kind, replace, read_only);
}

Result<Statement> Parser::create_source(SourceKind kind, bool replace, bool read_only) {
  SL_TRY(bool if_not_exists, if_exists(true));
  SL_TRY(auto name, identifier("a name"));
  std::vector<ColumnDefinition> defined;
  if (accept("(")) {
    SL_TRY(defined, columns());
    SL_CHECK(expect(")"));
  }
  SL_TRY(auto options, with());
  if (!accept("AS")) {
    CreateSource out{kind, replace, if_not_exists, read_only, name, std::move(defined), std::move(options)};
    if (out.columns.empty() && out.with.empty())
      return unexpected("columns in parentheses, WITH or AS", {"WITH", "AS"});
    return statement_of(std::move(out));
  }
  if (!defined.empty()) return error_at(peek().at, "CREATE … AS SELECT takes its columns from the query");
  if (read_only) return error_at(peek().at, "a SOURCE stream or table is not made by a query");
  CreateAs out;
  out.kind = kind;
  out.or_replace = replace;
  out.if_not_exists = if_not_exists;
  out.name = name;
  out.with = std::move(options);
  SL_TRY(out.query, select());
  return statement_of(std::move(out));
}

Result<std::vector<ColumnDefinition>> Parser::columns() {
  std::vector<ColumnDefinition> out;
  do {
    SL_TRY(auto one, column());
    out.push_back(std::move(one));
  } while (accept(","));
  return out;
}

Result<ColumnDefinition> Parser::column() {
  using Role = ColumnDefinition::Role;
  ColumnDefinition out;
  out.at = peek().at;
  SL_TRY(out.name, identifier("a column's name"));
  SL_TRY(out.type, type());
  if (accept_all({"PRIMARY", "KEY"})) {
    out.role = Role::kPrimaryKey;
  } else if (accept("KEY")) {
    out.role = Role::kKey;
  } else if (accept("HEADERS")) {
    out.role = Role::kHeaders;
  } else if (accept("HEADER")) {
    SL_CHECK(expect("("));
    SL_TRY(out.header, string("the header's name"));
    SL_CHECK(expect(")"));
    out.role = Role::kHeader;
  }
  return out;
}

Result<Literal> Parser::literal() {
  Literal out;
  out.at = peek().at;
  bool minus = accept("-");
  const auto& token = peek();
  switch (token.kind) {
    case Token::Kind::kString:
      out.quoted = true;
      break;
    case Token::Kind::kInteger:
    case Token::Kind::kDecimal:
    case Token::Kind::kDouble:
      break;
    default:
      if (!sees("TRUE") && !sees("FALSE")) return unexpected("a value: 'text', a number, TRUE or FALSE");
  }
  out.text = (minus ? "-" : "") + take().text;
  return out;
}

Result<Options> Parser::with() {
  Options out;
  if (!accept("WITH")) return out;
  SL_CHECK(expect("("));
  if (accept(")")) return out;
  do {
    const auto name = peek();
    if (name.kind != Token::Kind::kWord && name.kind != Token::Kind::kIdentifier && name.kind != Token::Kind::kString)
      return unexpected("a property's name");
    take();
    SL_CHECK(expect("="));
    SL_TRY(auto value, literal());
    if (!out.emplace(upper_name(name.text), value).second)
      return error_at(name.at, fmt::format("{} is given twice", name.text));
  } while (accept(","));
  SL_CHECK(expect(")"));
  return out;
}

Result<Statement> Parser::insert() {
  take();
  SL_CHECK(expect("INTO"));
  SL_TRY(auto target, identifier("a stream or table"));
  if (sees("SELECT") || sees("WITH")) {
    InsertSelect out;
    out.target = target;
    SL_TRY(out.with, with());
    SL_TRY(out.query, select());
    return statement_of(std::move(out));
  }
  InsertValues out;
  out.target = target;
  if (accept("(")) {
    do {
      SL_TRY(auto name, identifier("a column's name"));
      out.columns.push_back(name);
    } while (accept(","));
    SL_CHECK(expect(")"));
  }
  if (!accept("VALUES")) return unexpected("VALUES or SELECT", {"VALUES", "SELECT"});
  SL_CHECK(expect("("));
  SL_TRY(out.values, list_of_expressions(false));
  SL_CHECK(expect(")"));
  return statement_of(std::move(out));
}

Result<Statement> Parser::set(bool unset) {
  SetProperty out;
  SL_TRY(out.name, string("the property's name"));
  if (!unset) {
    SL_CHECK(expect("="));
    SL_TRY(auto value, literal());
    out.value = value.text;
  }
  return statement_of(std::move(out));
}

Result<Statement> Parser::show() {
  take();
  Show out;
  constexpr std::array<std::string_view, 8> kThings = {"STREAMS",   "TABLES", "TOPICS",     "QUERIES",
                                                       "FUNCTIONS", "TYPES",  "PROPERTIES", "VARIABLES"};
  for (auto thing : kThings) {
    if (!accept(thing)) continue;
    out.what = thing;
    out.extended = accept("EXTENDED");
    return statement_of(std::move(out));
  }
  return unexpected("STREAMS, TABLES, TOPICS, QUERIES, FUNCTIONS, TYPES, PROPERTIES or VARIABLES",
                    {"STREAMS", "TABLES", "TOPICS", "QUERIES", "FUNCTIONS", "TYPES", "PROPERTIES", "VARIABLES"});
}

Result<Statement> Parser::describe() {
  take();
  Describe out;
  out.function = accept("FUNCTION");
  SL_TRY(out.what, identifier("a stream, table or function"));
  out.extended = accept("EXTENDED");
  return statement_of(std::move(out));
}

Result<Statement> Parser::explain() {
  take();
  Explain out;
  bool query = sees("SELECT") || sees("CREATE") || sees("INSERT");
  if (query) {
    SL_TRY(auto inner, dispatch());
    out.statement = std::make_shared<Statement>(std::move(inner));
  } else {
    SL_TRY(out.query_id, identifier("a query's id or a statement"));
  }
  return statement_of(std::move(out));
}

Result<Statement> Parser::print() {
  take();
  Print out;
  if (peek().kind == Token::Kind::kString)
    out.topic = take().text;
  else {
    if (peek().kind != Token::Kind::kWord && peek().kind != Token::Kind::kIdentifier) return unexpected("a topic");
    out.topic = take().text;
  }
  out.from_beginning = accept_all({"FROM", "BEGINNING"});
  if (accept("INTERVAL") || accept("SAMPLE")) {
    SL_TRY(out.interval, integer("a number of records"));
  }
  if (accept("LIMIT")) {
    SL_TRY(out.limit, integer("a number of records"));
  }
  return statement_of(std::move(out));
}

Result<Statement> Parser::control(QueryControl::Verb verb) {
  QueryControl out;
  out.verb = verb;
  if (!accept("ALL")) {
    SL_TRY(out.query_id, identifier("a query's id or ALL"));
  }
  return statement_of(std::move(out));
}

Result<Statement> Parser::drop() {
  take();
  Drop out;
  if (accept("TYPE")) {
    out.what = Drop::What::kType;
  } else {
    SL_TRY(auto kind, source_kind());
    out.what = kind == SourceKind::kStream ? Drop::What::kStream : Drop::What::kTable;
  }
  SL_TRY(out.if_exists, if_exists(false));
  SL_TRY(out.name, identifier("a name"));
  if (out.what != Drop::What::kType) out.delete_topic = accept_all({"DELETE", "TOPIC"});
  return statement_of(std::move(out));
}

Result<Statement> Parser::alter() {
  take();
  AlterSource out;
  SL_TRY(out.kind, source_kind());
  SL_TRY(out.name, identifier("a name"));
  do {
    SL_CHECK(expect("ADD"));
    accept("COLUMN");
    SL_TRY(auto one, column());
    out.add.push_back(std::move(one));
  } while (accept(","));
  return statement_of(std::move(out));
}

Result<Statement> Parser::define(bool undefine) {
  Define out;
  SL_TRY(out.name, identifier("a variable's name"));
  if (!undefine) {
    SL_CHECK(expect("="));
    SL_TRY(out.value, string("the variable's value"));
  }
  return statement_of(std::move(out));
}

Result<Statement> parse_statement(const StatementText& text, const ParseOptions& options) {
  std::string source(text.text);
  if (options.variables) {
    SL_TRY(source, substituted(source, text.at, *options.variables));
  }
  SL_TRY(auto tokens, tokens_of(source, text.at));
  Parser parser(std::move(tokens), options);
  SL_TRY(auto out, parser.statement());
  out.text = std::move(source);
  return out;
}

Result<std::vector<ColumnDefinition>> parse_columns(std::string_view text, const ParseOptions& options) {
  SL_TRY(auto tokens, tokens_of(text, {}));
  Parser parser(std::move(tokens), options);
  SL_TRY(auto out, parser.columns());
  SL_CHECK(parser.end());
  return out;
}

Result<TypePtr> parse_type(std::string_view text, const ParseOptions& options) {
  SL_TRY(auto tokens, tokens_of(text, {}));
  Parser parser(std::move(tokens), options);
  SL_TRY(auto out, parser.type());
  SL_CHECK(parser.end());
  return out;
}

}  // namespace sl::query
