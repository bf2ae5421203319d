// What an expression gives, as text, for the tests of functions, casts and operators: parsed, bound and computed for
// one row.
#pragma once
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "query/bind.h"
#include "query/parser.h"

namespace sl::query {

// The value as CAST to STRING has it, with the type in front where `typed`; "null", "error: …" where it failed,
// "refused: …" where it does not even bind.
inline std::string said(std::string_view expression, bool typed = false) {
  std::string sql = "SELECT " + std::string(expression) + " FROM nowhere";
  auto statement = parse_statement({sql, {}}, {});
  if (!statement) return "refused: " + statement.error().context;
  auto& select = std::get<Select>(statement->body);
  auto node = bind(*select.items[0].expression, Scope());
  if (!node) return "refused: " + node.error().context;
  Arena arena;
  SeededRandom random(1);
  Frame frame{.rows = 1, .arena = &arena, .random = &random};
  const auto& value = *(*node)->evaluate(frame);
  const auto& type = *(*node)->type();
  if (value.is_error()) return "error: " + std::string(value.as_text());
  auto text = value.is_null() ? "null" : to_text(value, type);
  return typed ? to_sql(type) + " " + text : text;
}

struct SaidValue {
  std::string_view expression;
  std::string_view expected;
};
#define SL_EXPECT_SAID(...)                                                                             \
  for (const auto& [expression, expected] : std::initializer_list<::sl::query::SaidValue>{__VA_ARGS__}) \
  EXPECT_EQ(::sl::query::said(expression), expected) << expression

}  // namespace sl::query
