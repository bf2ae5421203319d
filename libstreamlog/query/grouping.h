// What the windowed and the session aggregation share: the grouping expressions, the aggregates with their places in a
// group's state, HAVING, and the rows that come out.
#pragma once
#include <string>
#include <vector>

#include "query/bind_aggregate.h"
#include "query/group_table.h"
#include "query/operator.h"

namespace sl::query {

class Grouping {
 public:
  static Result<Grouping> make(const PlanNode& node, Environment& environment);

  const GroupShape& shape() const { return shape_; }
  size_t columns() const { return columns_; }
  bool over_table() const { return over_table_; }

  // Evaluates grouping expressions and arguments for a batch; the rows below are those of this batch.
  void begin(const Batch& batch);
  // The packed key of a row; false where one of its parts is null or failed: the row is in no group.
  bool key(size_t row, std::string& out);
  // An error leaves the group as it was before the failing aggregate, and is counted.
  void add(size_t row, uint8_t* fixed, std::string* texts, Arena& arena);
  void undo(size_t row, uint8_t* fixed, std::string* texts, Arena& arena);
  void merge(uint8_t* into_fixed, std::string* into_texts, uint8_t* from_fixed, std::string* from_texts,
             bool from_first, Arena& arena);

  // Fills the row that `builder` has begun: the key's parts, what the aggregates stand at, ROWTIME and the window.
  void fill(RowBuilder& builder, std::string_view key, uint8_t* fixed, std::string* texts, int64_t timestamp,
            Arena& arena);
  void fill_window(RowBuilder& builder, int64_t start, int64_t end);
  // A group's state as bytes, and back: false where they are no such state.
  void append_state(std::string& out, const uint8_t* fixed, const std::string* texts) const;
  bool take_state(std::string_view& in, uint8_t* fixed, std::string* texts) const;

  bool has_having() const { return having_ != nullptr; }
  // By row of `batch`: whether it passes HAVING.
  std::vector<bool> passing(const Batch& batch) const;

 private:
  struct Part {
    BoundAggregate bound;
    size_t fixed_at = 0;
    size_t text_at = 0;
    std::vector<const Value*> arguments;
  };
  AggregateState state(const Part& part, uint8_t* fixed, std::string* texts) const {
    return {fixed + part.fixed_at, part.bound.aggregate->uses_text() ? texts + part.text_at : nullptr};
  }
  const Value* row_of(const Part& part, size_t row);

  Environment* environment_ = nullptr;
  std::vector<NodePtr> keys_;
  std::vector<const Value*> key_columns_;
  std::vector<Part> parts_;
  std::vector<Value> row_;
  NodePtr having_;
  GroupShape shape_;
  size_t columns_ = 0;
  bool over_table_ = false;
  const Batch* batch_ = nullptr;
};

}  // namespace sl::query
