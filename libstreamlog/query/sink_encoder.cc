#include "query/sink_encoder.h"

#include "base/bytes.h"

namespace sl::query {

Result<std::unique_ptr<SinkEncoder>> SinkEncoder::make(const Plan& plan, Environment& environment) {
  std::unique_ptr<SinkEncoder> out(new SinkEncoder(plan, environment));
  const auto& sink = plan.sink;
  auto key_format = sink.key_format;
  if (key_format.kind == FormatKind::kJson && sink.key.size() == 1) key_format.unwrapped = true;
  out->key_encoder_ = make_encoder(key_format, sink.key);
  out->value_encoder_ = make_encoder(sink.value_format, sink.value);
  if (!sink.timestamp_column.empty()) {
    for (size_t i = 0; i < plan.root->columns.size(); ++i)
      if (plan.root->columns[i].name == sink.timestamp_column) out->time_column_ = i;
    if (!sink.timestamp_format.empty()) {
      SL_TRY(out->time_pattern_, TimePattern::make(sink.timestamp_format));
    }
  }
  return out;
}

Status SinkEncoder::encode(const Batch& batch, const std::function<Status(const OutputRecord&)>& emit) {
  key_columns_.clear();
  value_columns_.clear();
  for (size_t i : plan_.key_columns) key_columns_.push_back(batch.columns[i]);
  for (size_t i : plan_.value_columns) value_columns_.push_back(batch.columns[i]);
  for (size_t row = batch.pairs ? 1 : 0; row < batch.rows; row += batch.pairs ? 2 : 1) {
    bool absent = batch.is_absent(row);
    if (absent && plan_.append_only) continue;
    SL_CHECK(one(batch, row, absent, emit));
  }
  return {};
}

Status SinkEncoder::one(const Batch& batch, size_t row, bool absent,
                        const std::function<Status(const OutputRecord&)>& emit) {
  OutputRecord record;
  auto time = absent ? batch.timestamps[row] : timestamp(batch, row);
  if (!time || *time < 0) {
    environment_.complain("the row's timestamp is null, negative or not of its format");
    return {};
  }
  record.timestamp = *time;
  if (batch.headers) record.headers = batch.headers[row];
  key_.clear();
  SL_TRY(bool has_key, key_encoder_->encode(key_columns_.data(), row, key_));
  if (has_key || plan_.sink.window) {
    append_window(batch, row);
    record.key = key_;
  }
  value_.clear();
  if (!absent) {
    SL_TRY(bool has_value, value_encoder_->encode(value_columns_.data(), row, value_));
    if (has_value) record.value = value_;
  }
  ++environment_.counters.rows_out;
  return emit(record);
}

void SinkEncoder::append_window(const Batch& batch, size_t row) {
  if (!plan_.sink.window || !batch.window_starts) return;
  uint8_t bytes[8];
  auto put = [&](int64_t v) {
    store_be<int64_t>(bytes, v);
    key_.append(reinterpret_cast<const char*>(bytes), 8);
  };
  if (plan_.sink.window->kind == Window::Kind::kSession) put(batch.window_ends[row]);
  put(batch.window_starts[row]);
}

std::optional<int64_t> SinkEncoder::timestamp(const Batch& batch, size_t row) const {
  if (!time_column_) return batch.timestamps[row];
  const auto& value = batch.columns[*time_column_][row];
  if (!value.present()) return std::nullopt;
  return time_pattern_ ? time_pattern_->parse(value.as_text()) : value.as_integer();
}

}  // namespace sl::query
