// What all joins share: the two sides' keys and columns, packed rows of a side, and where they stand in the joined row:
// [key][left columns][right columns].
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "query/operator.h"

namespace sl::query {

class JoinSides {
 public:
  static Result<JoinSides> make(const PlanNode& node, const JoinInputs& wanted);

  size_t columns() const { return columns_; }
  // Evaluates the key of side `side` for a batch.
  void begin(size_t side, const Batch& batch);
  // The packed key of a row, its window with it; false where it is null or failed: the row joins nothing.
  bool key(size_t side, size_t row, std::string& out, Environment& environment) const;
  // The wanted columns of a row.
  std::string packed(size_t side, const Batch& batch, size_t row) const;

  // Parts of the row that `rows` has begun. Packed bytes must lie in the arena.
  void fill_key(RowBuilder& rows, std::string_view key, Arena& arena) const;
  void fill(RowBuilder& rows, size_t side, const Batch& batch, size_t row) const;
  void fill_packed(RowBuilder& rows, size_t side, std::string_view packed, Arena& arena) const;
  void copy_window(const Batch& batch, size_t row, RowBuilder& rows) const;

 private:
  struct Side {
    NodePtr key;
    const Value* keys = nullptr;
    std::vector<size_t> slots;  // wanted ones
    size_t first = 0;           // where the side begins in the joined row
  };
  Side sides_[2];
  const Batch* batch_ = nullptr;
  size_t columns_ = 0;
};

}  // namespace sl::query
