#include "query/grouping.h"

#include <algorithm>
#include <cassert>

#include "query/raw_bytes.h"

namespace sl::query {

Result<Grouping> Grouping::make(const PlanNode& node, Environment& environment) {
  Grouping out;
  out.environment_ = &environment;
  Scope scope(node.inputs[0]->columns);
  for (const auto& expression : node.expressions) {
    SL_TRY(auto key, bind(*expression, scope));
    out.keys_.push_back(std::move(key));
  }
  for (const auto& call : node.aggregates) {
    Part part;
    SL_TRY(part.bound, bind_aggregate(*call, scope, environment.limits));
    part.fixed_at = out.shape_.fixed_bytes;
    part.text_at = out.shape_.texts;
    out.shape_.fixed_bytes += (part.bound.aggregate->fixed_bytes() + 7) & ~size_t{7};
    out.shape_.texts += part.bound.aggregate->uses_text();
    out.parts_.push_back(std::move(part));
  }
  if (node.condition) {
    SL_TRY(out.having_, bind_condition(*node.condition, Scope(node.columns), "HAVING"));
  }
  out.columns_ = node.columns.size();
  out.over_table_ = node.inputs[0]->table;
  return out;
}

void Grouping::begin(const Batch& batch) {
  batch_ = &batch;
  auto frame = batch.frame();
  key_columns_.clear();
  for (const auto& key : keys_) key_columns_.push_back(key->evaluate(frame));
  for (auto& part : parts_) {
    part.arguments.clear();
    for (const auto& argument : part.bound.arguments) part.arguments.push_back(argument->evaluate(frame));
  }
}

bool Grouping::key(size_t row, std::string& out) {
  out.clear();
  for (const auto* column : key_columns_) {
    if (!column[row].present()) {
      if (column[row].is_error()) environment_->complain(column[row].as_text());
      return false;
    }
    append_packed(out, column[row]);
  }
  return true;
}

// The arguments of a row; null where one failed, so that the aggregate does not see the row.
const Value* Grouping::row_of(const Part& part, size_t row) {
  row_.clear();
  for (const auto* column : part.arguments) {
    if (column[row].is_error()) {
      environment_->complain(column[row].as_text());
      row_.push_back(Value::null());
    } else {
      row_.push_back(column[row]);
    }
  }
  return row_.data();
}

void Grouping::add(size_t row, uint8_t* fixed, std::string* texts, Arena& arena) {
  for (const auto& part : parts_) {
    auto added = part.bound.aggregate->add(state(part, fixed, texts), row_of(part, row), arena);
    if (!added) environment_->complain(added.error().context);
  }
}

void Grouping::undo(size_t row, uint8_t* fixed, std::string* texts, Arena& arena) {
  for (const auto& part : parts_) {
    auto undone = part.bound.aggregate->undo(state(part, fixed, texts), row_of(part, row), arena);
    if (!undone) environment_->complain(undone.error().context);
  }
}

void Grouping::merge(uint8_t* into_fixed, std::string* into_texts, uint8_t* from_fixed, std::string* from_texts,
                     bool from_first, Arena& arena) {
  for (const auto& part : parts_) {
    auto merged = part.bound.aggregate->merge(state(part, into_fixed, into_texts), state(part, from_fixed, from_texts),
                                              from_first, arena);
    if (!merged) environment_->complain(merged.error().context);
  }
}

void Grouping::fill(RowBuilder& builder, std::string_view key, uint8_t* fixed, std::string* texts, int64_t timestamp,
                    Arena& arena) {
  size_t column = 0;
  for (size_t i = 0; i < keys_.size(); ++i) {
    auto value = read_packed(key, arena);
    assert(value);
    builder.set(column++, *value);
  }
  for (const auto& part : parts_) {
    // A result may point into the state, which the next row of the batch changes.
    if (fixed || texts) {
      auto result = part.bound.aggregate->result(state(part, fixed, texts), arena);
      builder.set(column, part.bound.aggregate->uses_text() ? deep_copy(result, arena) : result);
    }
    ++column;
  }
  builder.set(column, Value::integer(timestamp));
}

void Grouping::fill_window(RowBuilder& builder, int64_t start, int64_t end) {
  builder.window(start, end);
  builder.set(columns_ - 2, Value::integer(start));
  builder.set(columns_ - 1, Value::integer(end));
}

void Grouping::append_state(std::string& out, const uint8_t* fixed, const std::string* texts) const {
  out.append(reinterpret_cast<const char*>(fixed), shape_.fixed_bytes);
  for (size_t i = 0; i < shape_.texts; ++i) append_sized(out, texts[i]);
}

bool Grouping::take_state(std::string_view& in, uint8_t* fixed, std::string* texts) const {
  if (in.size() < shape_.fixed_bytes) return false;
  std::copy_n(in.data(), shape_.fixed_bytes, fixed);
  in.remove_prefix(shape_.fixed_bytes);
  for (size_t i = 0; i < shape_.texts; ++i) {
    auto text = take_sized(in);
    if (!text) return false;
    texts[i] = *text;
  }
  return true;
}

std::vector<bool> Grouping::passing(const Batch& batch) const {
  std::vector<bool> out(batch.rows, true);
  if (!having_) return out;
  const auto* holds = having_->evaluate(batch.frame());
  for (size_t row = 0; row < batch.rows; ++row) {
    if (holds[row].is_error() && !batch.is_absent(row)) environment_->complain(holds[row].as_text());
    out[row] = holds[row].holds();
  }
  return out;
}

}  // namespace sl::query
