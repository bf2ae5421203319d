// The typed plan of a query: a tree of steps from its sources to its result. It is what EXPLAIN prints, what a task is
// built from, and what its hash is taken of: two plans that print alike compute alike.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/ast.h"
#include "query/bind.h"
#include "query/catalogue.h"

namespace sl::query {

// A part of the key of a step's rows: the columns that hold it (more than one after an inner join), the first by
// preference.
struct KeyPart {
  std::vector<size_t> slots;
  // Where the key's value always is, when a column of an outer join may be null instead.
  std::optional<size_t> value_slot{};
  // A sink may do without it: nobody declared it.
  bool optional = false;
};

struct PlanNode {
  enum class Kind : uint8_t {
    kSource,
    kFilter,     // condition
    kRekey,      // PARTITION BY expressions; they stand behind the input's columns
    kExplode,    // table functions; their columns stand behind the input's columns
    kAggregate,  // GROUP BY expressions, aggregates; window; HAVING as condition
    kJoin,       // of two inputs
    kProject,    // expressions
  };
  Kind kind = Kind::kSource;
  bool table = false;               // its rows are changes of a table
  std::optional<KeyWindow> window;  // its keys carry windows
  std::vector<std::unique_ptr<PlanNode>> inputs;
  std::vector<Slot> columns;
  std::vector<KeyPart> key;

  Source source;      // kSource
  std::string alias;  // kSource
  ExpressionPtr condition;
  std::vector<ExpressionPtr> expressions;
  std::vector<ExpressionPtr> aggregates;  // kAggregate: calls, their arguments over the input
  std::optional<Window> windowing;        // kAggregate
  bool final_only = false;                // kAggregate: EMIT FINAL

  JoinKind join = JoinKind::kInner;
  std::optional<Join::Within> within;  // of two streams
  ExpressionPtr left_key, right_key;   // kJoin: over the left and the right input
  bool foreign_key = false;            // kJoin: the left key is no key of the left table
};
using PlanPtr = std::unique_ptr<PlanNode>;

struct Plan {
  PlanPtr root;  // a kProject
  SourceKind result = SourceKind::kStream;
  // What persistent queries make; for an ephemeral SELECT only its columns are filled in: all of them as value.
  Source sink;
  // By column of the sink's key and value: the root's columns they come from.
  std::vector<size_t> key_columns;
  std::vector<size_t> value_columns;
  // CREATE STREAM … GROUP BY: passing updates are appended, tombstones are not.
  bool append_only = false;
  std::optional<int64_t> limit;

  std::string explain() const;
  std::string explain_json() const;
};

// The plan of a SELECT that runs on its own.
Result<Plan> plan_select(const Select& query, const Catalogue& catalogue, const Settings& settings);
// CREATE STREAM|TABLE … AS; the plan's sink is the new source.
Result<Plan> plan_create_as(const CreateAs& statement, const Catalogue& catalogue, const Settings& settings);
// INSERT INTO … SELECT; the plan's sink is the target.
Result<Plan> plan_insert(const InsertSelect& statement, const Catalogue& catalogue, const Settings& settings);

}  // namespace sl::query
