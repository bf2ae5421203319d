// Batch: rows on their way through a query, column by column. Columns and what they point to live in the task's arena,
// in the records they were decoded from or in an operator's state, until the batch has reached the end of the plan.
//
// Rows of a stream are records. Rows of a table are changes, and come in one of two shapes: pairs (old row, new row
// side by side, where a later step must take the old one back), or the new row alone. A row that is absent has a key
// and no value: a null value in a stream, a tombstone or a missing old row in a table.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "query/expression.h"
#include "query/value.h"

namespace sl::query {

struct RowHeaders {
  Bytes encoded;
  int32_t count = 0;
};

struct Batch {
  size_t rows = 0;
  bool pairs = false;
  std::vector<const Value*> columns;       // by slot; null where nobody reads it
  const int64_t* timestamps = nullptr;     // ms
  const uint8_t* absent = nullptr;         // null: no row is
  const int64_t* window_starts = nullptr;  // null: not windowed
  const int64_t* window_ends = nullptr;
  const RowHeaders* headers = nullptr;  // null: none
  Arena* arena = nullptr;
  int64_t now_ms = 0;
  Random* random = nullptr;

  bool is_absent(size_t row) const { return absent && absent[row]; }
  Frame frame() const {
    Frame out;
    out.rows = rows;
    out.columns = columns.data();
    out.arena = arena;
    out.now_ms = now_ms;
    out.random = random;
    return out;
  }
  // A batch of nothing with this one's arena, clock and shape.
  Batch empty_like() const {
    Batch out;
    out.pairs = pairs;
    out.arena = arena;
    out.now_ms = now_ms;
    out.random = random;
    return out;
  }
};

// The rows `rows` of a batch, in that order; a row may come twice.
Batch gathered(const Batch& batch, std::span<const uint32_t> rows);

// Rows that an operator makes one at a time, as a batch.
class RowBuilder {
 public:
  explicit RowBuilder(size_t columns) : columns_(columns) {}
  // Begins a row; its values are null until set.
  void begin(int64_t timestamp, bool absent);
  void window(int64_t start, int64_t end);
  void set(size_t column, const Value& value) { columns_[column].back() = value; }
  size_t rows() const { return timestamps_.size(); }
  bool empty() const { return timestamps_.empty(); }
  // What was built; the builder's memory backs it until clear().
  Batch batch(const Batch& like, bool pairs) const;
  void clear();

 private:
  std::vector<std::vector<Value>> columns_;
  std::vector<int64_t> timestamps_, starts_, ends_;
  std::vector<uint8_t> absent_;
  bool windowed_ = false;
};

}  // namespace sl::query
