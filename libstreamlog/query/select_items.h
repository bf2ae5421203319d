// The SELECT list: stars spread out, every column given its name by ksqlDB's rules (ColumnNames.java).
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "query/ast.h"
#include "query/bind.h"

namespace sl::query {

struct Item {
  ExpressionPtr expression;  // normalised
  std::string name;
  bool aliased = false;
  Position at;
};

// `scope` is that of FROM with its joins; `joined` says that there are several sources.
// The first `key_columns` slots are the source's key: a star of a query with PARTITION BY has the new key first and the
// old one last.
Result<std::vector<Item>> expand_items(const Select& query, const Scope& scope, bool joined, size_t key_columns);

}  // namespace sl::query
