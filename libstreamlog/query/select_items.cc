#include "query/select_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "query/catalogue.h"
#include "query/name.h"
#include "query/parser.h"
#include "query/rewrite.h"

namespace sl::query {
namespace {

// Names of what has no name of its own. Counts from left to right and never takes a name that a source uses.
class Names {
 public:
  Names(const Scope& scope, bool joined) : scope_(scope), joined_(joined) {
    for (const auto& slot : scope.slots()) taken_.insert(upper_name(slot.name));
  }
  std::string of_column(const Expression& column, bool always_prefixed) {
    size_t same = 0;
    for (const auto& slot : scope_.slots())
      if (same_name(slot.name, column.name)) ++same;
    bool prefixed = joined_ && !column.qualifier.empty() && (always_prefixed || same > 1);
    return prefixed ? column.qualifier + "_" + column.name : column.name;
  }
  std::string of_field(const std::string& field) {
    for (size_t n = 0;; ++n) {
      auto name = n == 0 ? field : fmt::format("{}_{}", field, n);
      if (taken_.insert(upper_name(name)).second) return name;
    }
  }
  std::string generated() {
    for (;;) {
      auto name = fmt::format("KSQL_COL_{}", generated_++);
      if (!taken_.contains(name)) return name;
    }
  }

 private:
  const Scope& scope_;
  bool joined_;
  std::set<std::string> taken_;  // upper case
  size_t generated_ = 0;
};

// The columns that a star means, in order. A query with PARTITION BY has its key first, and what was the key last.
Result<std::vector<ExpressionPtr>> star_columns(const SelectItem& item, const Select& query, const Scope& scope,
                                                size_t key_columns) {
  std::vector<ExpressionPtr> keys, values, old_keys;
  bool any = false;
  for (const auto& by : query.partition_by) {
    if (by->kind == Expression::Kind::kNull) continue;
    keys.push_back(clone(*by));
    normalise(*keys.back(), scope);
  }
  for (size_t i = 0; i < scope.slots().size(); ++i) {
    const auto& slot = scope.slots()[i];
    if (!item.qualifier.empty() && !same_name(slot.source, item.qualifier)) continue;
    any = true;
    if (slot.system) continue;
    auto column = column_of(slot, item.at);
    bool is_key =
        std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return same_expression(*key, *column); });
    if (is_key) continue;
    bool old_key = !query.partition_by.empty() && i < key_columns;
    (old_key ? old_keys : values).push_back(std::move(column));
  }
  if (!any) return error_at(item.at, fmt::format("'{}' is not a valid stream/table name or alias.", item.qualifier));
  for (auto* more : {&values, &old_keys})
    for (auto& one : *more) keys.push_back(std::move(one));
  return keys;
}

Status spread_star(const SelectItem& item, const Select& query, const Scope& scope, size_t key_columns, Names& names,
                   std::vector<Item>& out) {
  SL_TRY(auto columns, star_columns(item, query, scope, key_columns));
  for (auto& column : columns) {
    Item made;
    if (column->kind == Expression::Kind::kColumn)
      made.name = names.of_column(*column, true);
    else
      made.name = column->kind == Expression::Kind::kField ? names.of_field(column->name) : names.generated();
    made.expression = std::move(column);
    made.aliased = true;
    made.at = item.at;
    out.push_back(std::move(made));
  }
  return {};
}

Status spread_fields(const SelectItem& item, const Scope& scope, Names& names, std::vector<Item>& out) {
  SL_TRY(auto type, type_of(*item.expression->args[0], scope));
  if (type->base != Base::kStruct)
    return error_at(item.at, fmt::format("->* takes a STRUCT, and {} is of type {}", to_sql(*item.expression->args[0]),
                                         to_sql(*type)));
  for (const auto& field : type->fields) {
    auto expression = std::make_unique<Expression>();
    expression->kind = Expression::Kind::kField;
    expression->at = item.at;
    expression->name = field.name;
    expression->args.push_back(clone(*item.expression->args[0]));
    normalise(*expression, scope);
    out.push_back({std::move(expression), names.of_field(field.name), false, item.at});
  }
  return {};
}

}  // namespace

Result<std::vector<Item>> expand_items(const Select& query, const Scope& scope, bool joined, size_t key_columns) {
  std::vector<Item> out;
  Names names(scope, joined);
  for (const auto& item : query.items) {
    if (item.star) {
      SL_CHECK(spread_star(item, query, scope, key_columns, names, out));
      continue;
    }
    if (item.expression->kind == Expression::Kind::kAllFields) {
      SL_CHECK(spread_fields(item, scope, names, out));
      continue;
    }
    Item made;
    made.expression = clone(*item.expression);
    made.at = item.at;
    bool qualified = !made.expression->qualifier.empty();
    normalise(*made.expression, scope);
    if (!item.alias.empty()) {
      if (system_name(item.alias))
        return error_at(item.at,
                        fmt::format("'{}' is a reserved column name. You cannot use it as an alias for a column.",
                                    upper_name(item.alias)));
      made.name = item.alias;
      made.aliased = true;
    } else if (made.expression->kind == Expression::Kind::kColumn) {
      made.name = names.of_column(*made.expression, false);
      if (!qualified && made.name != made.expression->name) made.name = made.expression->name;
    } else if (made.expression->kind == Expression::Kind::kField) {
      made.name = names.of_field(made.expression->name);
    } else {
      made.name = names.generated();
    }
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace sl::query
