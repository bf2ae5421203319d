#include "query/batch.h"

#include <algorithm>

namespace sl::query {
namespace {

template <class T>
const T* pick(const T* from, std::span<const uint32_t> rows, Arena& arena) {
  if (!from) return nullptr;
  auto* to = arena.array<T>(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) to[i] = from[rows[i]];
  return to;
}

}  // namespace

Batch gathered(const Batch& batch, std::span<const uint32_t> rows) {
  Batch out = batch.empty_like();
  out.rows = rows.size();
  for (const auto* column : batch.columns) out.columns.push_back(pick(column, rows, *batch.arena));
  out.timestamps = pick(batch.timestamps, rows, *batch.arena);
  out.absent = pick(batch.absent, rows, *batch.arena);
  out.window_starts = pick(batch.window_starts, rows, *batch.arena);
  out.window_ends = pick(batch.window_ends, rows, *batch.arena);
  out.headers = pick(batch.headers, rows, *batch.arena);
  return out;
}

void RowBuilder::begin(int64_t timestamp, bool absent) {
  for (auto& column : columns_) column.emplace_back();
  timestamps_.push_back(timestamp);
  absent_.push_back(absent);
  starts_.push_back(0);
  ends_.push_back(0);
}

void RowBuilder::window(int64_t start, int64_t end) {
  windowed_ = true;
  starts_.back() = start;
  ends_.back() = end;
}

Batch RowBuilder::batch(const Batch& like, bool pairs) const {
  Batch out = like.empty_like();
  out.pairs = pairs;
  out.rows = timestamps_.size();
  for (const auto& column : columns_) out.columns.push_back(column.data());
  out.timestamps = timestamps_.data();
  bool any = std::find(absent_.begin(), absent_.end(), 1) != absent_.end();
  out.absent = any ? absent_.data() : nullptr;
  out.window_starts = windowed_ ? starts_.data() : nullptr;
  out.window_ends = windowed_ ? ends_.data() : nullptr;
  return out;
}

void RowBuilder::clear() {
  for (auto& column : columns_) column.clear();
  timestamps_.clear();
  absent_.clear();
  starts_.clear();
  ends_.clear();
  windowed_ = false;
}

}  // namespace sl::query
