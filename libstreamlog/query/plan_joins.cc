// FROM and its joins: which kind each one is, what its rows are keyed by, and what cannot be joined.
#include <fmt/format.h>

#include <algorithm>

#include "query/name.h"
#include "query/plan_steps.h"
#include "query/rewrite.h"

namespace sl::query {
namespace {

// Which side of a join an expression speaks of; an error where it is both or none.
enum class Side : uint8_t { kLeft, kRight };
Result<Side> side_of(const Expression& e, const Scope& left, const Scope& right) {
  bool in_left = false, in_right = false;
  Status unknown;
  walk(e, [&](const Expression& part) {
    if (part.kind != Expression::Kind::kColumn) return false;
    bool l = left.find(part).ok(), r = right.find(part).ok();
    if (l && r) unknown = error_at(part.at, fmt::format("Column '{}' is ambiguous.", part.name));
    if (!l && !r) unknown = left.find(part).error();
    in_left = in_left || l;
    in_right = in_right || (r && !l);
    return false;
  });
  SL_CHECK(std::move(unknown));
  if (in_left == in_right)
    return error_at(e.at, fmt::format("Invalid comparison expression '{}' in join. Each side of the join comparision "
                                      "must contain references from exactly one source.",
                                      to_sql(e)));
  return in_left ? Side::kLeft : Side::kRight;
}

bool plain_column(const Expression& e) {
  return e.kind == Expression::Kind::kColumn;
}

// The slots that hold the join's key for the rows of one side: its column, and what equals it.
std::vector<size_t> key_slots(const PlanNode& side, const Expression& key) {
  if (!plain_column(key)) return {};
  auto slot = Scope(side.columns).find(key);
  if (!slot) return {};
  for (const auto& part : side.key)
    if (std::find(part.slots.begin(), part.slots.end(), *slot) != part.slots.end()) return part.slots;
  return {*slot};
}

bool is_key_of(const PlanNode& side, const Expression& key) {
  if (!plain_column(key) || side.key.size() != 1) return false;
  auto slot = Scope(side.columns).find(key);
  const auto& slots = side.key[0].slots;
  return slot && std::find(slots.begin(), slots.end(), *slot) != slots.end();
}

Status check_kinds(const Join& join, const PlanNode& left, const PlanNode& right) {
  auto refuse = [&](std::string_view text) { return error_at(join.at, text); };
  bool outer = join.kind == JoinKind::kRight || join.kind == JoinKind::kFull;
  if (left.table && !right.table)
    return refuse("Invalid join order: table-stream joins are not supported; only stream-table joins.");
  if (!left.table && !right.table && !join.within)
    return refuse(fmt::format(
        "{} must be joined with a WITHIN clause: two streams are joined by how near in time their records are",
        join.right.name));
  if (join.within && right.table)
    return refuse(
        left.table
            ? "A window definition was provided for a Table-Table join. These joins are not windowed. Please drop the "
              "window definition (i.e. the WITHIN clause) and try to execute your Table-Table join again."
            : "A window definition was provided for a Stream-Table join. These joins are not windowed. Please drop the "
              "window definition (ie. the WITHIN clause) and try to execute your join again.");
  if (!left.table && right.table && outer)
    return refuse(join.kind == JoinKind::kFull
                      ? "Invalid join type encountered: [FULL] OUTER JOIN of a stream and a table"
                      : "RIGHT JOIN of a stream and a table is not supported");
  if (left.window.has_value() != right.window.has_value())
    return refuse("Incompatible windowed sources: a windowed source joins only another one whose windows are alike");
  if (left.window && (left.window->kind == Window::Kind::kSession) != (right.window->kind == Window::Kind::kSession))
    return refuse("Incompatible windowed sources: session windows join session windows only");
  if (left.window && left.window->size_ms != right.window->size_ms)
    return refuse("Implicit repartitioning of windowed sources is not supported: their windows differ in size");
  return {};
}

// The key of the joined rows; `offset` is where the right side's columns begin.
std::vector<KeyPart> joined_key(const Join& join, const PlanNode& node, size_t left_at, size_t right_at) {
  if (node.foreign_key) {
    auto key = node.inputs[0]->key;
    for (auto& part : key)
      for (auto& slot : part.slots) slot += left_at;
    for (auto& part : key)
      if (part.value_slot) *part.value_slot += left_at;
    return key;
  }
  KeyPart part;
  part.value_slot = 0;
  // Either side's column stands for the key, even where a row lacks that side; a full join has no such column.
  if (join.kind == JoinKind::kFull) return {std::move(part)};
  for (auto slot : key_slots(*node.inputs[0], *node.left_key)) part.slots.push_back(slot + left_at);
  for (auto slot : key_slots(*node.inputs[1], *node.right_key)) part.slots.push_back(slot + right_at);
  return {std::move(part)};
}

Status take_condition(const Join& join, PlanNode& node) {
  const auto& on = *join.on;
  if (on.kind != Expression::Kind::kBinary || on.name != "=")
    return error_at(
        on.at, fmt::format("Unsupported join expression: {}. Only equality comparisons are supported.", to_sql(on)));
  Scope left(node.inputs[0]->columns), right(node.inputs[1]->columns);
  node.left_key = clone(*on.args[0]);
  node.right_key = clone(*on.args[1]);
  SL_TRY(auto first, side_of(*node.left_key, left, right));
  SL_TRY(auto second, side_of(*node.right_key, left, right));
  if (first == second)
    return error_at(on.at, fmt::format("Invalid join condition: both sides of '{}' come from one source", to_sql(on)));
  if (first == Side::kRight) std::swap(node.left_key, node.right_key);
  normalise(*node.left_key, left);
  normalise(*node.right_key, right);
  SL_TRY(auto left_type, type_of(*node.left_key, left));
  SL_TRY(auto right_type, type_of(*node.right_key, right));
  if (!same_type(*left_type, *right_type))
    return error_at(
        on.at, fmt::format("Invalid join condition: types don't match. Got {}{{{}}} = {}{{{}}}.",
                           to_sql(*node.left_key), to_sql(*left_type), to_sql(*node.right_key), to_sql(*right_type)));
  return {};
}

Status check_table_keys(const Join& join, PlanNode& node) {
  const auto& left = *node.inputs[0];
  const auto& right = *node.inputs[1];
  if (!right.table) return {};
  if (right.key.size() != 1)
    return error_at(join.at, fmt::format("Invalid join condition: a table with a key of {} columns cannot be joined",
                                         right.key.size()));
  if (!is_key_of(right, *node.right_key))
    return error_at(
        join.on->at,
        fmt::format("Invalid join condition: {} must be joined on its primary key. Got {} = {}.",
                    left.table ? "table-table joins require the right table" : "stream-table joins require the table",
                    to_sql(*node.left_key), to_sql(*node.right_key)));
  if (!left.table || is_key_of(left, *node.left_key)) return {};
  node.foreign_key = true;
  if (left.kind == PlanNode::Kind::kJoin)
    return error_at(join.at, fmt::format("Invalid join condition: foreign-key table-table joins are not supported as "
                                         "part of n-way joins. Got {} = {}.",
                                         to_sql(*node.left_key), to_sql(*node.right_key)));
  if (join.kind == JoinKind::kRight || join.kind == JoinKind::kFull)
    return error_at(join.at, "Invalid join type: foreign-key joins are INNER or LEFT");
  if (left.window || right.window) return error_at(join.at, "Foreign-key joins of windowed tables are not supported");
  return {};
}

size_t join_depth(const PlanNode& node) {
  return node.kind == PlanNode::Kind::kJoin ? 1 + join_depth(*node.inputs[0]) : 0;
}

Result<PlanPtr> plan_join(const Join& join, PlanPtr left, PlanPtr right) {
  SL_CHECK(check_kinds(join, *left, *right));
  auto node = std::make_unique<PlanNode>();
  node->kind = PlanNode::Kind::kJoin;
  node->join = join.kind;
  node->within = join.within;
  node->table = left->table;
  node->window = left->window;
  node->inputs.push_back(std::move(left));
  node->inputs.push_back(std::move(right));
  SL_CHECK(take_condition(join, *node));
  SL_CHECK(check_table_keys(join, *node));
  if (node->window && !(is_key_of(*node->inputs[0], *node->left_key) && is_key_of(*node->inputs[1], *node->right_key)))
    return error_at(join.on->at,
                    "Implicit repartitioning of windowed sources is not supported: they are joined on their keys");
  const auto& a = node->inputs[0]->columns;
  const auto& b = node->inputs[1]->columns;
  // The join's key has a column of its own, which is named only where no source's column always holds it.
  auto key = joined_key(join, *node, 1, 1 + a.size());
  size_t depth = join_depth(*node);
  bool named = !node->foreign_key && key[0].slots.empty();
  SL_TRY(auto key_type, type_of(*node->left_key, Scope(a)));
  node->columns.push_back({"", named ? "ROWKEY" : made_name("joinkey", depth), key_type, !named});
  node->columns.insert(node->columns.end(), a.begin(), a.end());
  // The key of an earlier join is no column of this one.
  for (auto& slot : node->columns)
    if (&slot != &node->columns[0] && slot.source.empty() && slot.name == "ROWKEY")
      slot = {"", made_name("joinkey", depth - 1), slot.type, true};
  node->columns.insert(node->columns.end(), b.begin(), b.end());
  if (named) key[0].slots.push_back(0);
  node->key = std::move(key);
  return node;
}

}  // namespace

Status check_kafka_format(const Source& source, const Position& at, std::string_view clause) {
  if (source.value_format.kind != FormatKind::kKafka) return {};
  return error_at(at,
                  fmt::format("Source(s) {} are using the 'KAFKA' value format. This format does not yet support {}.",
                              source.name, clause));
}

PlanPtr plan_source(const Source& source, const std::string& alias) {
  auto node = std::make_unique<PlanNode>();
  node->kind = PlanNode::Kind::kSource;
  node->source = source;
  node->alias = alias;
  node->table = source.kind == SourceKind::kTable;
  node->window = source.window;
  auto add = [&](const std::string& name, const TypePtr& type, bool system) {
    node->columns.push_back({alias, name, type, system});
  };
  for (size_t i = 0; i < source.key.size(); ++i) {
    node->key.push_back({{i}, std::nullopt, source.inferred});
    add(source.key[i].name, source.key[i].type, false);
  }
  for (const auto& column : source.value) add(column.name, column.type, false);
  for (const auto& column : source.headers)
    add(column.name, column.header.empty() ? headers_type() : simple_type(Base::kBytes), false);
  add("ROWTIME", simple_type(Base::kBigint), true);
  add("ROWPARTITION", simple_type(Base::kInt), true);
  add("ROWOFFSET", simple_type(Base::kBigint), true);
  if (source.window) {
    add("WINDOWSTART", simple_type(Base::kBigint), true);
    add("WINDOWEND", simple_type(Base::kBigint), true);
  }
  return node;
}

Result<PlanPtr> plan_from(const Select& query, const Catalogue& catalogue, const Settings& settings) {
  SL_TRY(const auto* first, catalogue.need(query.from.name, query.from.at));
  auto node = plan_source(*first, query.from.alias);
  if (settings.strict && !query.joins.empty()) SL_CHECK(check_kafka_format(*first, query.from.at, "JOIN"));
  std::vector<std::string> aliases = {query.from.alias};
  std::vector<std::string> names = {first->name};
  for (const auto& join : query.joins) {
    SL_TRY(const auto* source, catalogue.need(join.right.name, join.right.at));
    bool again = std::any_of(names.begin(), names.end(), [&](const auto& name) { return name == source->name; });
    if (again && settings.strict)
      return error_at(join.right.at,
                      fmt::format("Can not join '{0}' to '{0}': self joins are not yet supported.", source->name));
    for (const auto& alias : aliases)
      if (same_name(alias, join.right.alias))
        return error_at(join.right.at, fmt::format("{} is named twice: give one of them an alias", join.right.alias));
    if (settings.strict) SL_CHECK(check_kafka_format(*source, join.right.at, "JOIN"));
    if (first->partitions && source->partitions && *first->partitions != *source->partitions)
      return error_at(
          join.right.at,
          fmt::format("Can't join {0} with {1} since the number of partitions don't match. {0} partitions = {2}; {1} "
                      "partitions = {3}. Please repartition either one so that the number of partitions match.",
                      quoted_name(first->name), quoted_name(source->name), *first->partitions, *source->partitions));
    aliases.push_back(join.right.alias);
    names.push_back(source->name);
    SL_TRY(node, plan_join(join, std::move(node), plan_source(*source, join.right.alias)));
  }
  return node;
}

}  // namespace sl::query
