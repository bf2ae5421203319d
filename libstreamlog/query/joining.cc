#include "query/joining.h"

namespace sl::query {

Result<JoinSides> JoinSides::make(const PlanNode& node, const JoinInputs& wanted) {
  JoinSides out;
  out.columns_ = node.columns.size();
  const ExpressionPtr* keys[] = {&node.left_key, &node.right_key};
  const Wanted* sides[] = {&wanted.left, &wanted.right};
  for (size_t side = 0; side < 2; ++side) {
    const auto& columns = node.inputs[side]->columns;
    auto& made = out.sides_[side];
    SL_TRY(made.key, bind(**keys[side], Scope(columns)));
    made.first = side == 0 ? 1 : 1 + node.inputs[0]->columns.size();
    for (size_t i = 0; i < columns.size(); ++i)
      if ((*sides[side])[i]) made.slots.push_back(i);
  }
  return out;
}

void JoinSides::begin(size_t side, const Batch& batch) {
  batch_ = &batch;
  sides_[side].keys = sides_[side].key->evaluate(batch.frame());
}

bool JoinSides::key(size_t side, size_t row, std::string& out, Environment& environment) const {
  const auto& value = sides_[side].keys[row];
  out.clear();
  if (!value.present()) {
    if (value.is_error()) environment.complain(value.as_text());
    return false;
  }
  append_packed(out, value);
  if (batch_->window_starts) append_packed(out, Value::integer(batch_->window_starts[row]));
  if (batch_->window_ends) append_packed(out, Value::integer(batch_->window_ends[row]));
  return true;
}

std::string JoinSides::packed(size_t side, const Batch& batch, size_t row) const {
  std::string out;
  for (size_t slot : sides_[side].slots) append_packed(out, batch.columns[slot][row]);
  return out;
}

void JoinSides::fill_key(RowBuilder& rows, std::string_view key, Arena& arena) const {
  auto copy = arena.copy(key);
  rows.set(0, read_packed(copy, arena).value_or(Value::null()));
}

void JoinSides::fill(RowBuilder& rows, size_t side, const Batch& batch, size_t row) const {
  for (size_t slot : sides_[side].slots) rows.set(sides_[side].first + slot, batch.columns[slot][row]);
}

void JoinSides::fill_packed(RowBuilder& rows, size_t side, std::string_view packed, Arena& arena) const {
  for (size_t slot : sides_[side].slots)
    rows.set(sides_[side].first + slot, read_packed(packed, arena).value_or(Value::null()));
}

void JoinSides::copy_window(const Batch& batch, size_t row, RowBuilder& rows) const {
  if (batch.window_starts) rows.window(batch.window_starts[row], batch.window_ends[row]);
}

}  // namespace sl::query
