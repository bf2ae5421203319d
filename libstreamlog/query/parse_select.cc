// SELECT: the list, FROM with its joins, WINDOW and the clauses behind.
#include <fmt/format.h>

#include <array>

#include "query/name.h"
#include "query/parse_state.h"

namespace sl::query {
namespace {

// Words that, behind a source or an expression, go on with the query and are no alias.
bool goes_on(std::string_view word) {
  for (std::string_view w : {"WINDOW", "EMIT", "PARTITION", "GRACE", "TUMBLING", "HOPPING", "SESSION"})
    if (same_name(word, w)) return true;
  return false;
}

}  // namespace

Result<Select> Parser::select() {
  Select out;
  out.at = peek().at;
  SL_CHECK(expect("SELECT"));
  do {
    SL_TRY(auto one, item());
    out.items.push_back(std::move(one));
  } while (accept(","));
  SL_CHECK(expect("FROM"));
  SL_TRY(out.from, relation());
  SL_CHECK(joins(out));
  if (sees("WINDOW")) {
    SL_TRY(out.window, window());
  }
  if (accept("WHERE")) {
    SL_TRY(out.where, expression());
  }
  if (accept_all({"GROUP", "BY"})) {
    SL_TRY(out.group_by, list_of_expressions(true));
  }
  if (accept_all({"PARTITION", "BY"})) {
    SL_TRY(out.partition_by, list_of_expressions(true));
  }
  if (accept("HAVING")) {
    SL_TRY(out.having, expression());
  }
  if (accept("EMIT")) {
    if (accept("CHANGES"))
      out.emit = Emit::kChanges;
    else if (accept("FINAL"))
      out.emit = Emit::kFinal;
    else
      return unexpected("CHANGES or FINAL", {"CHANGES", "FINAL"});
  }
  if (accept("LIMIT")) {
    SL_TRY(out.limit, integer("a number of rows"));
  }
  return out;
}

Result<SelectItem> Parser::item() {
  SelectItem out;
  out.at = peek().at;
  if (accept("*")) {
    out.star = true;
    return out;
  }
  if (identifier_next() && sees(".", 1) && sees("*", 2)) {
    SL_TRY(out.qualifier, identifier("a source"));
    take();
    take();
    out.star = true;
    return out;
  }
  SL_TRY(out.expression, expression());
  if (accept("AS")) {
    SL_TRY(out.alias, identifier("a name for the column"));
  } else if (identifier_next() && !goes_on(peek().text)) {
    SL_TRY(out.alias, bare_alias("a name for the column"));
  }
  return out;
}

Result<Relation> Parser::relation() {
  Relation out;
  out.at = peek().at;
  SL_TRY(out.name, identifier("a stream, table or topic"));
  out.alias = out.name;
  if (accept("AS")) {
    SL_TRY(out.alias, identifier("an alias"));
  } else if (identifier_next() && !goes_on(peek().text)) {
    SL_TRY(out.alias, bare_alias("an alias"));
  }
  return out;
}

Status Parser::joins(Select& select) {
  for (;;) {
    Join join;
    join.at = peek().at;
    if (accept("JOIN")) {
      join.kind = JoinKind::kInner;
    } else if (sees("INNER") || sees("LEFT") || sees("RIGHT") || sees("FULL")) {
      auto word = upper_name(take().text);
      join.kind = word == "INNER"   ? JoinKind::kInner
                  : word == "LEFT"  ? JoinKind::kLeft
                  : word == "RIGHT" ? JoinKind::kRight
                                    : JoinKind::kFull;
      if (join.kind != JoinKind::kInner) accept("OUTER");
      SL_CHECK(expect("JOIN"));
    } else if (sees("OUTER")) {
      take();
      join.kind = JoinKind::kFull;
      SL_CHECK(expect("JOIN"));
    } else {
      return {};
    }
    SL_TRY(join.right, relation());
    if (accept("WITHIN")) {
      SL_TRY(join.within, within());
    }
    SL_CHECK(expect("ON"));
    SL_TRY(join.on, expression());
    select.joins.push_back(std::move(join));
  }
}

Result<Join::Within> Parser::within() {
  Join::Within out;
  if (accept("(")) {
    SL_TRY(out.before_ms, duration());
    SL_CHECK(expect(","));
    SL_TRY(out.after_ms, duration());
    SL_CHECK(expect(")"));
  } else {
    SL_TRY(out.before_ms, duration());
    out.after_ms = out.before_ms;
  }
  if (accept_all({"GRACE", "PERIOD"})) {
    SL_TRY(out.grace_ms, duration());
  }
  return out;
}

// "30 SECONDS"; milliseconds.
Result<int64_t> Parser::duration() {
  SL_TRY(int64_t count, integer("a length of time, like 30 SECONDS"));
  constexpr std::array<std::pair<std::string_view, int64_t>, 14> kUnits = {{{"MILLISECOND", 1},
                                                                            {"MILLISECONDS", 1},
                                                                            {"SECOND", 1000},
                                                                            {"SECONDS", 1000},
                                                                            {"MINUTE", 60'000},
                                                                            {"MINUTES", 60'000},
                                                                            {"HOUR", 3'600'000},
                                                                            {"HOURS", 3'600'000},
                                                                            {"DAY", 86'400'000},
                                                                            {"DAYS", 86'400'000},
                                                                            {"WEEK", 604'800'000},
                                                                            {"WEEKS", 604'800'000},
                                                                            {"YEAR", 31'536'000'000},
                                                                            {"YEARS", 31'536'000'000}}};
  for (const auto& [word, ms] : kUnits) {
    if (!sees(word)) continue;
    if (count > INT64_MAX / 8 / ms) return error_at(peek().at, "that is too long");
    take();
    return count * ms;
  }
  return unexpected("a unit of time", {"MILLISECONDS", "SECONDS", "MINUTES", "HOURS", "DAYS"});
}

Result<Window> Parser::window() {
  Window out;
  out.at = take().at;
  // A name for the window, which nothing uses.
  if (identifier_next() && (sees("TUMBLING", 1) || sees("HOPPING", 1) || sees("SESSION", 1))) take();
  if (accept("TUMBLING"))
    out.kind = Window::Kind::kTumbling;
  else if (accept("HOPPING"))
    out.kind = Window::Kind::kHopping;
  else if (accept("SESSION"))
    out.kind = Window::Kind::kSession;
  else
    return unexpected("TUMBLING, HOPPING or SESSION", {"TUMBLING", "HOPPING", "SESSION"});
  SL_CHECK(expect("("));
  if (out.kind != Window::Kind::kSession) SL_CHECK(expect("SIZE"));
  auto at = peek().at;
  SL_TRY(out.size_ms, duration());
  if (out.kind == Window::Kind::kHopping) {
    SL_CHECK(expect(","));
    if (!accept_all({"ADVANCE", "BY"})) return unexpected("ADVANCE BY", {"ADVANCE"});
    SL_TRY(out.advance_ms, duration());
  }
  while (accept(",")) {
    if (accept("RETENTION")) {
      SL_TRY(out.retention_ms, duration());
    } else if (accept_all({"GRACE", "PERIOD"})) {
      SL_TRY(out.grace_ms, duration());
    } else {
      return unexpected("RETENTION or GRACE PERIOD", {"RETENTION", "GRACE"});
    }
  }
  SL_CHECK(expect(")"));
  if (out.size_ms <= 0) return error_at(at, "a window must be longer than nothing");
  if (out.kind == Window::Kind::kHopping && (out.advance_ms <= 0 || out.advance_ms > out.size_ms))
    return error_at(at, "a hopping window advances by more than nothing and at most by its size");
  constexpr int64_t kWindowsMax = 100'000;
  if (out.kind == Window::Kind::kHopping && out.size_ms / out.advance_ms > kWindowsMax)
    return error_at(at, fmt::format("each record would lie in over {} windows", kWindowsMax));
  if (out.retention_ms && *out.retention_ms < out.size_ms + out.grace_ms.value_or(0))
    return error_at(at, "RETENTION must be at least SIZE and GRACE PERIOD together");
  return out;
}

Result<std::vector<ExpressionPtr>> Parser::list_of_expressions(bool parentheses) {
  std::vector<ExpressionPtr> out;
  // GROUP BY (A, B) is GROUP BY A, B; GROUP BY (A) + 1 is an expression.
  // As in ksqlDB, a condition needs parentheses here.
  size_t before = next_;
  if (parentheses && accept("(")) {
    do {
      SL_TRY(auto one, expression());
      out.push_back(std::move(one));
    } while (accept(","));
    if (accept(")") && out.size() > 1) return out;
    out.clear();
    next_ = before;
  }
  do {
    SL_TRY(auto one, parentheses ? sum() : expression());
    out.push_back(std::move(one));
  } while (accept(","));
  return out;
}

}  // namespace sl::query
