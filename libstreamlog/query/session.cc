#include "query/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "query/function.h"
#include "query/name.h"
#include "query/select_items.h"

namespace sl::query {
namespace {

std::string_view kind_name(SourceKind kind) {
  return kind == SourceKind::kStream ? "stream" : "table";
}

void names_of_sources(const PlanNode& node, std::vector<std::string>& out) {
  if (node.kind == PlanNode::Kind::kSource) out.push_back(node.source.name);
  for (const auto& input : node.inputs) names_of_sources(*input, out);
}

}  // namespace

Result<Statement> Session::parse(const StatementText& text) const {
  ParseOptions options;
  options.identifiers = settings_.identifiers;
  options.variables = &variables_;
  options.named_type = [this](const std::string& name) { return catalogue_.type(name); };
  return parse_statement(text, options);
}

Result<Outcome> Session::run(Statement statement) {
  auto& body = statement.body;
  if (auto* select = std::get_if<Select>(&body)) {
    SL_TRY(auto plan, plan_select(*select, catalogue_, settings_));
    return Outcome(RunSelect{std::make_shared<Plan>(std::move(plan))});
  }
  if (auto* create = std::get_if<CreateSource>(&body)) return create_source(*create, statement.text);
  if (auto* create = std::get_if<CreateAs>(&body)) return create_as(*create, statement.text);
  if (auto* insert = std::get_if<InsertSelect>(&body)) return insert_select(*insert);
  if (auto* insert = std::get_if<InsertValues>(&body)) return insert_values(*insert, statement.at);
  if (auto* set = std::get_if<SetProperty>(&body)) {
    // UNSET gives back what it is by default.
    auto changed =
        set->value ? settings_.set(set->name, *set->value) : settings_.set(set->name, Settings().list()[set->name]);
    if (!changed) return error_at(statement.at, changed.error().context);
    return Outcome(Said{});
  }
  if (auto* one = std::get_if<Drop>(&body)) return drop(*one, statement.at);
  if (auto* one = std::get_if<AlterSource>(&body)) return alter(*one, statement.at);
  if (auto* one = std::get_if<CreateType>(&body)) return create_type(*one, statement.at);
  if (auto* one = std::get_if<Describe>(&body)) return describe(*one, statement.at);
  if (auto* one = std::get_if<Explain>(&body); one && one->statement) return explain(*one);
  if (auto* one = std::get_if<Show>(&body)) return show(*one, statement);
  if (auto* define = std::get_if<Define>(&body)) {
    if (define->value)
      variables_[define->name] = *define->value;
    else
      variables_.erase(define->name);
    return Outcome(Said{});
  }
  return Outcome(Asked{std::make_shared<Statement>(std::move(statement))});
}

Result<bool> Session::may_create(const std::string& name, SourceKind kind, bool replace, bool if_not_exists,
                                 const Position& at) {
  const auto* known = catalogue_.find(name);
  if (!known) return true;
  if (if_not_exists) return false;
  if (replace && known->read_only)
    return error_at(at, fmt::format("Cannot add {0} '{1}': CREATE OR REPLACE is not supported on source {0}s.",
                                    kind_name(known->kind), name));
  if (replace && known->kind == kind) return true;
  if (replace)
    return error_at(at, fmt::format("Cannot replace {} {}: it is a {}", kind_name(kind), name, kind_name(known->kind)));
  return error_at(
      at, fmt::format("Cannot add {0} '{1}': A {2} with the same name already exists. CREATE OR REPLACE makes it anew",
                      kind_name(kind), name, kind_name(known->kind)));
}

Result<Outcome> Session::create_source(const CreateSource& statement, const std::string& text) {
  if (statement.or_replace && statement.read_only)
    return error_at({}, fmt::format("Cannot add {0} '{1}': CREATE OR REPLACE is not supported on source {0}s.",
                                    kind_name(statement.kind), statement.name));
  SL_TRY(bool make, may_create(statement.name, statement.kind, statement.or_replace, statement.if_not_exists, {}));
  if (!make) return Outcome(Said{fmt::format("{} exists already", statement.name)});
  SL_TRY(auto source, declared_source(statement, settings_));
  source.statement = text;
  catalogue_.put(source);
  return Outcome(Declared{std::move(source)});
}

Result<Outcome> Session::create_as(const CreateAs& statement, const std::string& text) {
  SL_TRY(bool make,
         may_create(statement.name, statement.kind, statement.or_replace, statement.if_not_exists, statement.query.at));
  if (!make) return Outcome(Said{fmt::format("{} exists already", statement.name)});
  SL_TRY(auto plan, plan_create_as(statement, catalogue_, settings_));
  plan.sink.statement = text;
  catalogue_.put(plan.sink);
  StartQuery out;
  out.id = next_id(statement.kind == SourceKind::kStream ? "CSAS" : "CTAS", statement.name);
  out.plan = std::make_shared<Plan>(std::move(plan));
  queries_.push_back({out.id, statement.name, {}});
  names_of_sources(*out.plan->root, queries_.back().sources);
  return Outcome(std::move(out));
}

Result<Outcome> Session::insert_select(const InsertSelect& statement) {
  SL_TRY(auto plan, plan_insert(statement, catalogue_, settings_));
  StartQuery out;
  out.id = next_id("INSERTQUERY", statement.target);
  out.plan = std::make_shared<Plan>(std::move(plan));
  out.creates_sink = false;
  queries_.push_back({out.id, out.plan->sink.name, {}});
  names_of_sources(*out.plan->root, queries_.back().sources);
  return Outcome(std::move(out));
}

std::string Session::next_id(std::string_view verb, const std::string& sink) {
  return fmt::format("{}_{}_{}", verb, upper_name(sink), ++query_number_);
}

Result<Outcome> Session::insert_values(const InsertValues& statement, const Position& at) {
  SL_TRY(const auto* target, catalogue_.need(statement.target, at));
  if (target->read_only)
    return error_at(at,
                    fmt::format("Cannot insert values into read-only {}: {}", kind_name(target->kind), target->name));
  if (!target->headers.empty())
    return error_at(at, fmt::format("Cannot insert into {} because it has header columns", target->name));
  InsertRow out;
  out.arena = std::make_shared<Arena>();
  out.key.resize(target->key.size());
  out.value.resize(target->value.size());
  auto names = statement.columns;
  if (names.empty())
    for (const auto* side : {&target->key, &target->value})
      for (const auto& column : *side) names.push_back(column.name);
  if (names.size() != statement.values.size())
    return error_at(at, fmt::format("Expected a value for each column. Expected Columns: {}. Got {} values",
                                    names.size(), statement.values.size()));
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& expression = *statement.values[i];
    if (same_name(names[i], "ROWTIME")) {
      SL_TRY(auto time, evaluate_constant(expression, simple_type(Base::kBigint), *out.arena));
      if (time.present()) out.timestamp = time.as_integer();
      continue;
    }
    auto name_of = [](const Field& f) -> const std::string& { return f.name; };
    auto key = find_name(target->key, names[i], name_of);
    auto value = find_name(target->value, names[i], name_of);
    if (!key && !value)
      return error_at(expression.at,
                      fmt::format("Column name {} does not exist in {}", quoted_name(names[i]), target->name));
    const auto& type = key ? target->key[*key].type : target->value[*value].type;
    SL_TRY(auto made, evaluate_constant(expression, type, *out.arena));
    (key ? out.key[*key] : out.value[*value]) = made;
  }
  if (target->kind == SourceKind::kTable)
    for (const auto& part : out.key)
      if (part.is_null())
        return error_at(
            at, fmt::format("Failed to insert values into '{}'. Value for primary key column(s) is required for tables",
                            target->name));
  out.target = *target;
  return Outcome(std::move(out));
}

Result<Outcome> Session::drop(const Drop& statement, const Position& at) {
  if (statement.what == Drop::What::kType) {
    if (!catalogue_.erase_type(statement.name) && !statement.if_exists)
      return error_at(at, fmt::format("Type {} does not exist", statement.name));
    return Outcome(Said{});
  }
  const auto* source = catalogue_.find(statement.name);
  if (!source) {
    if (statement.if_exists) return Outcome(Said{fmt::format("{} does not exist", statement.name)});
    return Error(Result<const Source*>(catalogue_.need(statement.name, at)).error());
  }
  auto wanted = statement.what == Drop::What::kStream ? SourceKind::kStream : SourceKind::kTable;
  if (source->kind != wanted)
    return error_at(
        at, fmt::format("Incompatible data source type is {0}, {1} is a {0}", kind_name(source->kind), source->name));
  if (statement.delete_topic && source->read_only)
    return error_at(at, fmt::format("Cannot delete topic for read-only source: {}", source->name));
  for (const auto& query : queries_)
    for (const auto& name : query.sources)
      if (name == source->name)
        return error_at(
            at, fmt::format("Cannot drop {}: the query {} reads it. TERMINATE it first", source->name, query.id));
  Dropped out{source->name, source->topic, statement.delete_topic};
  std::erase_if(queries_, [&](const Query& query) { return query.sink == out.name; });
  catalogue_.erase(out.name);
  return Outcome(std::move(out));
}

Result<Outcome> Session::alter(const AlterSource& statement, const Position& at) {
  SL_TRY(const auto* source, catalogue_.need(statement.name, at));
  if (source->kind != statement.kind)
    return error_at(at, fmt::format("Incompatible data source type is {}", kind_name(source->kind)));
  if (source->read_only)
    return error_at(at, fmt::format("Cannot alter read-only {}: {}", kind_name(source->kind), source->name));
  for (const auto& query : queries_)
    if (query.sink == source->name)
      return error_at(at, fmt::format("ALTER command is not supported for CREATE ... AS statements: {} is made by {}",
                                      source->name, query.id));
  Source changed = *source;
  for (const auto& column : statement.add) {
    for (const auto* side : {&changed.key, &changed.value})
      for (const auto& other : *side)
        if (other.name == column.name)
          return error_at(column.at,
                          fmt::format("Cannot add column {} to schema. A column with the same name already exists.",
                                      quoted_name(column.name)));
    if (column.role != ColumnDefinition::Role::kValue)
      return error_at(column.at, "a column that is added is a value column");
    changed.value.push_back({column.name, column.type});
  }
  catalogue_.put(changed);
  return Outcome(Declared{std::move(changed)});
}

Result<Outcome> Session::create_type(const CreateType& statement, const Position& at) {
  if (catalogue_.type(statement.name)) {
    if (statement.if_not_exists) return Outcome(Said{fmt::format("{} exists already", statement.name)});
    return error_at(at, fmt::format("Cannot register custom type '{}' since it is already registered with type: {}",
                                    statement.name, to_sql(*catalogue_.type(statement.name))));
  }
  catalogue_.put_type(statement.name, statement.type);
  return Outcome(Said{});
}

Result<Outcome> Session::describe(const Describe& statement, const Position& at) {
  if (statement.function) {
    for (const auto& function : all_functions()) {
      if (!same_name(function.name, statement.what)) continue;
      return Outcome(Said{fmt::format("{}\n  {}", fmt::join(function.signatures, "\n"), function.summary)});
    }
    return error_at(at, fmt::format("Can't find any functions with the name '{}'", statement.what));
  }
  SL_TRY(const auto* source, catalogue_.need(statement.what, at));
  std::string out = fmt::format("{} ({}) over the topic {}, key {}, value {}\n  {}", source->name,
                                kind_name(source->kind), source->topic, format_name(source->key_format.kind),
                                format_name(source->value_format.kind), schema_text(*source));
  if (statement.extended && !source->statement.empty()) out += "\n" + source->statement;
  return Outcome(Said{out});
}

Result<Outcome> Session::explain(const Explain& statement) {
  const auto& body = statement.statement->body;
  if (const auto* select = std::get_if<Select>(&body)) {
    SL_TRY(auto plan, plan_select(*select, catalogue_, settings_));
    return Outcome(Said{plan.explain()});
  }
  if (const auto* create = std::get_if<CreateAs>(&body)) {
    SL_TRY(auto plan, plan_create_as(*create, catalogue_, settings_));
    return Outcome(Said{plan.explain()});
  }
  if (const auto* insert = std::get_if<InsertSelect>(&body)) {
    SL_TRY(auto plan, plan_insert(*insert, catalogue_, settings_));
    return Outcome(Said{plan.explain()});
  }
  return error_at(statement.statement->at, "EXPLAIN takes a query: SELECT, CREATE … AS or INSERT INTO … SELECT");
}

Result<Outcome> Session::show(const Show& statement, Statement& whole) {
  std::string out;
  auto line = [&out](const std::string& text) { out += (out.empty() ? "" : "\n") + text; };
  if (statement.what == "STREAMS" || statement.what == "TABLES") {
    auto kind = statement.what == "STREAMS" ? SourceKind::kStream : SourceKind::kTable;
    for (const auto& source : catalogue_.sources())
      if (source->kind == kind) line(fmt::format("{}  {}  {}", source->name, source->topic, schema_text(*source)));
  } else if (statement.what == "FUNCTIONS") {
    for (const auto& function : all_functions()) line(fmt::format("{}  {}", function.name, function.summary));
  } else if (statement.what == "TYPES") {
    for (const auto& [name, type] : catalogue_.types()) line(fmt::format("{}  {}", name, to_sql(*type)));
  } else if (statement.what == "PROPERTIES") {
    for (const auto& [name, value] : settings_.list()) line(fmt::format("{}  {}", name, value));
  } else if (statement.what == "VARIABLES") {
    for (const auto& [name, value] : variables_) line(fmt::format("{}  {}", name, value));
  } else {
    return Outcome(Asked{std::make_shared<Statement>(std::move(whole))});
  }
  return Outcome(Said{out});
}

}  // namespace sl::query
