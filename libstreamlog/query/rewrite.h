// Changes to expressions before they are bound: columns under their full names, and parts that an earlier step computes
// (grouping expressions, aggregates, table functions) replaced by the columns that hold them.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "query/ast.h"
#include "query/bind.h"

namespace sl::query {

// A column by its full name.
ExpressionPtr column_of(const Slot& slot, const Position& at);

// A column that a step makes for a later one; no text can name it.
ExpressionPtr made_column(std::string_view what, size_t index, const Position& at);
std::string made_name(std::string_view what, size_t index);

// Gives every column that `scope` knows its source and its name as declared, so that equal columns look equal.
void normalise(Expression& expression, const Scope& scope);

// Replaces each part for which `replacement` returns something, outermost first; a replaced part is not looked into.
void replace_parts(ExpressionPtr& expression, const std::function<ExpressionPtr(const Expression&)>& replacement);

// Calls `look` for each part, outermost first; where it returns true, that part's own parts are left out.
void walk(const Expression& expression, const std::function<bool(const Expression&)>& look);

}  // namespace sl::query
