#include "query/expression.h"

namespace sl::query {

Frame narrowed(const Frame& frame, const std::vector<uint32_t>& rows) {
  Frame out = frame;
  auto* map = frame.arena->array<uint32_t>(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) map[i] = frame.row_of ? frame.row_of[rows[i]] : rows[i];
  out.rows = rows.size();
  out.row_of = map;
  return out;
}

}  // namespace sl::query
