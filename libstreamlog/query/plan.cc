// The projection and what becomes of it: rows of an ephemeral query, a new stream or table, records of an existing one.
#include "query/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "query/name.h"
#include "query/plan_steps.h"
#include "query/rewrite.h"

namespace sl::query {
namespace {

// Puts the projection on top: a column an item.
Result<PlanPtr> project(Steps& steps) {
  auto node = std::make_unique<PlanNode>();
  node->kind = PlanNode::Kind::kProject;
  node->table = steps.root->table;
  node->window = steps.root->window;
  Scope scope(steps.root->columns);
  for (auto& item : steps.items) {
    SL_TRY(auto type, type_of(*item.expression, scope));
    node->columns.push_back({"", item.name, type});
    node->expressions.push_back(clone(*item.expression));
  }
  node->inputs.push_back(std::move(steps.root));
  return node;
}

// The root's columns that hold the parts of the key. Plain columns only: AS_VALUE(key) is a copy.
struct KeyColumns {
  std::vector<size_t> columns;  // by part of the key
  std::vector<bool> is_key;     // by column of the root
};

Result<KeyColumns> find_key(PlanNode& root, const Select& query, std::string_view sink, const Settings& settings) {
  const auto& below = *root.inputs[0];
  Scope scope(below.columns);
  KeyColumns out;
  out.is_key.assign(root.columns.size(), false);
  std::vector<std::optional<size_t>> slot_of;
  for (const auto& expression : root.expressions) {
    auto slot =
        expression->kind == Expression::Kind::kColumn ? scope.find(*expression) : Result<size_t>(Errc::kNotFound);
    slot_of.push_back(slot.ok() ? std::optional(*slot) : std::nullopt);
  }
  for (const auto& part : below.key) {
    std::optional<size_t> found;
    for (size_t slot : part.slots) {
      for (size_t i = 0; i < slot_of.size(); ++i) {
        if (slot_of[i] != slot) continue;
        if (found && slot_of[*found] == slot)
          return error_at(query.items[0].at,
                          fmt::format("The projection contains a key column more than once: {} and {}.",
                                      quoted_name(root.columns[*found].name), quoted_name(root.columns[i].name)));
        if (!found) found = i;
      }
      if (found) break;
    }
    if (!found && (settings.key_from_projection || part.optional)) continue;
    if (!found)
      return error_at(
          query.at,
          fmt::format("Key missing from projection. The query used to build {} must include the {} in its projection "
                      "(eg, SELECT {}...).",
                      quoted_name(sink),
                      query.group_by.empty() ? (query.partition_by.empty() ? "key column" : "partitioning expression")
                                             : "grouping expression",
                      part.slots.empty() ? "ROWKEY" : below.columns[part.slots[0]].name));
    out.columns.push_back(*found);
    out.is_key[*found] = true;
    if (part.value_slot) root.expressions[*found] = column_of(below.columns[*part.value_slot], query.at);
  }
  if (settings.key_from_projection) std::sort(out.columns.begin(), out.columns.end());
  return out;
}

Status check_reserved(const PlanNode& root, const std::vector<Item>& items) {
  for (size_t i = 0; i < root.columns.size(); ++i)
    if (system_name(root.columns[i].name) && !items[i].aliased)
      return error_at(items[i].at, fmt::format("Reserved column name in select: {}. Please remove or alias the column.",
                                               quoted_name(root.columns[i].name)));
  return {};
}

Status check_names(const PlanNode& root, const std::vector<Item>& items) {
  SL_CHECK(check_reserved(root, items));
  for (size_t i = 0; i < root.columns.size(); ++i) {
    const auto& name = root.columns[i].name;
    if (root.columns[i].type->base == Base::kUnknown)
      return error_at(
          items[i].at,
          fmt::format("Type of the NULL in column {} is unknown; CAST(NULL AS type) gives it one", quoted_name(name)));
    for (size_t j = 0; j < i; ++j)
      if (root.columns[j].name == name)
        return error_at(items[i].at,
                        fmt::format("The projection contains a duplicate column name: {}", quoted_name(name)));
  }
  return {};
}

std::vector<Field> fields_of(const PlanNode& root, const std::vector<size_t>& columns) {
  std::vector<Field> out;
  for (size_t i : columns) out.push_back({root.columns[i].name, root.columns[i].type});
  return out;
}

// Formats of the sink, and whether they can hold its columns.
Status take_formats(const CreateAs& statement, const Steps& steps, const Settings& settings, Plan& plan) {
  auto& sink = plan.sink;
  SL_CHECK(check_options(statement.with, true));
  SL_TRY(auto formats, sink_formats(statement.with, *steps.first, settings));
  sink.value_format = formats.value;
  SL_CHECK(settle_wrapping(statement.with, sink.value, sink.value_format));
  sink.key_format = formats.key;
  if (sink.key.empty()) {
    sink.key_format = Format{.kind = FormatKind::kNone};
  } else if (sink.key_format.kind == FormatKind::kNone && !formats.key_given) {
    sink.key_format = Format{.kind = settings.default_key_format};
  }
  // A stream of passing updates groups by several columns without being told a format: JSON holds them all.
  if (!settings.strict && !formats.key_given && !check_format(sink.key_format, sink.key, true).ok())
    sink.key_format = Format{.kind = FormatKind::kJson};
  const Position& at = statement.query.at;
  if (auto ok = check_format(sink.key_format, sink.key, true); !ok) return error_at(at, ok.error().context);
  if (auto ok = check_format(sink.value_format, sink.value, false); !ok) return error_at(at, ok.error().context);
  return {};
}

Status check_result_kind(const CreateAs& statement, const Steps& steps, const Settings& settings, Plan& plan) {
  plan.result = statement.kind;
  if (statement.kind == steps.result) return {};
  if (statement.kind == SourceKind::kStream && steps.grouped && !settings.strict) {
    plan.append_only = true;
    return {};
  }
  bool stream = steps.result == SourceKind::kStream;
  return error_at(
      statement.query.at,
      fmt::format(
          "Invalid result type. Your SELECT query produces a {}. Please use CREATE {} AS SELECT statement instead.",
          stream ? "STREAM" : "TABLE", stream ? "STREAM" : "TABLE"));
}

// All columns of the projection in the order of the key, then the rest.
Status take_columns(const CreateAs& statement, const Settings& settings, Plan& plan) {
  auto& root = *plan.root;
  SL_TRY(auto key, find_key(root, statement.query, statement.name, settings));
  plan.key_columns = key.columns;
  for (size_t i = 0; i < root.columns.size(); ++i)
    if (!key.is_key[i] || plan.append_only) plan.value_columns.push_back(i);
  plan.sink.key = fields_of(root, plan.key_columns);
  plan.sink.value = fields_of(root, plan.value_columns);
  if (plan.sink.value.empty() && !plan.sink.key.empty())
    return error_at(statement.query.at, "The projection contains no value columns.");
  return {};
}

}  // namespace

Result<Plan> plan_select(const Select& query, const Catalogue& catalogue, const Settings& settings) {
  Plan plan;
  SL_TRY(auto steps, plan_steps(query, catalogue, settings));
  plan.result = steps.result;
  SL_TRY(plan.root, project(steps));
  for (size_t i = 0; i < plan.root->columns.size(); ++i) plan.value_columns.push_back(i);
  plan.sink.value = fields_of(*plan.root, plan.value_columns);
  plan.limit = query.limit;
  return plan;
}

Result<Plan> plan_create_as(const CreateAs& statement, const Catalogue& catalogue, const Settings& settings) {
  if (statement.query.limit) return error_at(statement.query.at, "LIMIT is for queries that end; CREATE … AS does not");
  Plan plan;
  SL_TRY(auto steps, plan_steps(statement.query, catalogue, settings));
  SL_CHECK(check_result_kind(statement, steps, settings, plan));
  plan.sink.kind = statement.kind;
  plan.sink.name = statement.name;
  plan.sink.window = steps.root->window;
  SL_TRY(plan.root, project(steps));
  SL_CHECK(check_names(*plan.root, steps.items));
  SL_CHECK(take_columns(statement, settings, plan));
  SL_CHECK(take_formats(statement, steps, settings, plan));
  SL_CHECK(take_timestamp(statement.with, plan.sink));
  const auto* topic = option(statement.with, "KAFKA_TOPIC");
  plan.sink.topic = topic ? topic->text : settings.topic_prefix + statement.name;
  return plan;
}

Result<Plan> plan_insert(const InsertSelect& statement, const Catalogue& catalogue, const Settings& settings) {
  SL_TRY(const auto* target, catalogue.need(statement.target, statement.query.at));
  if (target->kind == SourceKind::kTable)
    return error_at(statement.query.at,
                    "INSERT INTO can only be used to insert into a stream. " + target->name + " is a table.");
  if (target->read_only) return error_at(statement.query.at, "Cannot insert into read-only stream: " + target->name);
  if (!target->headers.empty())
    return error_at(statement.query.at,
                    fmt::format("Cannot insert into {} because it has header columns", target->name));
  Plan plan;
  SL_TRY(auto steps, plan_steps(statement.query, catalogue, settings));
  if (steps.result == SourceKind::kTable && (settings.strict || !steps.grouped))
    return error_at(statement.query.at,
                    "INSERT INTO can only be used to insert into a stream, and this query produces a TABLE.");
  plan.append_only = steps.grouped;
  if (steps.root->window && !target->window) {
    if (settings.strict)
      return error_at(statement.query.at, "Incompatible schema: the query's keys are windowed, the target's are not");
  }
  SL_TRY(plan.root, project(steps));
  SL_CHECK(check_reserved(*plan.root, steps.items));
  plan.sink = *target;
  SL_TRY(auto key, find_key(*plan.root, statement.query, target->name, settings));
  plan.key_columns = key.columns;
  for (size_t i = 0; i < plan.root->columns.size(); ++i)
    if (!key.is_key[i]) plan.value_columns.push_back(i);
  auto mismatch = [&](const std::vector<Field>& wanted, const std::vector<size_t>& given) {
    if (wanted.size() != given.size()) return true;
    for (size_t i = 0; i < given.size(); ++i)
      if (!implicitly_castable(*plan.root->columns[given[i]].type, *wanted[i].type)) return true;
    return false;
  };
  if (mismatch(target->key, plan.key_columns) || mismatch(target->value, plan.value_columns))
    return error_at(statement.query.at, fmt::format("Incompatible schema between results and sink. Sink schema is {}",
                                                    schema_text(*target)));
  // Cast where a smaller type is put into a larger one.
  for (size_t side = 0; side < 2; ++side) {
    const auto& wanted = side ? target->value : target->key;
    const auto& given = side ? plan.value_columns : plan.key_columns;
    for (size_t i = 0; i < given.size(); ++i) {
      auto& column = plan.root->columns[given[i]];
      if (same_type(*column.type, *wanted[i].type)) continue;
      auto cast = std::make_unique<Expression>();
      cast->kind = Expression::Kind::kCast;
      cast->at = statement.query.at;
      cast->type = wanted[i].type;
      cast->args.push_back(std::move(plan.root->expressions[given[i]]));
      plan.root->expressions[given[i]] = std::move(cast);
      column.type = wanted[i].type;
    }
  }
  return plan;
}

}  // namespace sl::query
