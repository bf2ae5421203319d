#include "query/source_stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "query/name.h"
#include "record/record.h"

namespace sl::query {
namespace {

// Windows, graces and gaps are at most so long, too (parse_select.cc): their sums stay within 64 bits.
constexpr int64_t kTimeMax = INT64_MAX / 8;

bool usable_time(int64_t ms, std::string& why) {
  if (ms >= 0 && ms <= kTimeMax) return true;
  why = fmt::format("the timestamp {} is {}", ms, ms < 0 ? "negative" : "too far away");
  return false;
}

constexpr size_t kSystemColumns = 3;  // ROWTIME, ROWPARTITION, ROWOFFSET stand first behind the source's own

}  // namespace

Result<std::unique_ptr<SourceStage>> SourceStage::make(const PlanNode& node, const Wanted& wanted, bool pairs,
                                                       Environment& environment) {
  std::unique_ptr<SourceStage> out(new SourceStage(node, environment));
  const auto& source = out->source_;
  out->pairs_ = pairs;
  out->decoded_ = wanted;
  if (!source.timestamp_column.empty()) {
    for (size_t i = 0; i < source.key.size() + source.value.size(); ++i)
      if (node.columns[i].name == source.timestamp_column) out->time_slot_ = i;
    assert(out->time_slot_);
    out->decoded_[*out->time_slot_] = true;
    if (!source.timestamp_format.empty()) {
      SL_TRY(out->time_pattern_, TimePattern::make(source.timestamp_format));
    }
  }
  // The key of a table is always decoded: a record without one is no row.
  if (source.kind == SourceKind::kTable)
    for (size_t i = 0; i < source.key.size(); ++i) out->decoded_[i] = true;
  std::vector<size_t> keys, values;
  for (size_t i = 0; i < source.key.size(); ++i) {
    if (!out->decoded_[i]) continue;
    keys.push_back(i);
    out->key_slots_.push_back(i);
  }
  for (size_t i = 0; i < source.value.size(); ++i) {
    if (!out->decoded_[source.key.size() + i]) continue;
    values.push_back(i);
    out->value_slots_.push_back(source.key.size() + i);
  }
  auto key_format = source.key_format;
  if (key_format.kind == FormatKind::kJson && source.key.size() == 1) key_format.unwrapped = true;
  out->key_decoder_ = make_decoder(key_format, source.key, keys);
  out->value_decoder_ = make_decoder(source.value_format, source.value, values);
  return out;
}

Status SourceStage::process(std::span<const InputRecord> records, const Batch& like) {
  arena_ = like.arena;
  size_t width = pairs_ ? 2 : 1, rows = records.size() * width;
  columns_.assign(decoded_.size(), nullptr);
  for (size_t i = 0; i < decoded_.size(); ++i)
    if (decoded_[i]) columns_[i] = arena_->array<Value>(rows);
  auto gather = [&](const std::vector<size_t>& slots, std::vector<Value*>& into) {
    into.clear();
    for (size_t slot : slots) into.push_back(columns_[slot]);
  };
  gather(key_slots_, key_columns_);
  gather(value_slots_, value_columns_);
  timestamps_ = arena_->array<int64_t>(rows);
  windows_ = source_.window ? arena_->array<Windowed>(rows) : nullptr;
  auto* absent = arena_->array<uint8_t>(rows);
  auto* headers = arena_->array<RowHeaders>(rows);
  bool any_absent = false;
  size_t made = 0;
  std::string why;
  for (const auto& record : records) {
    size_t row = made + width - 1;
    bool none = false;
    why.clear();
    if (!decode(record, row, none, why)) {
      ++environment_.counters.bad_records;
      if (environment_.complaints)
        environment_.complaints->bad_record({source_.name, record.partition, record.offset, why});
      continue;
    }
    absent[row] = none;
    headers[row] = record.headers;
    any_absent = any_absent || none || pairs_;
    if (pairs_) {
      keep_old(record, row, none);
      absent[row - 1] = !row_is_known_;
      headers[row - 1] = record.headers;
    }
    made += width;
  }
  environment_.counters.rows_in += records.size();
  if (made == 0) return {};
  Batch batch = like.empty_like();
  batch.pairs = pairs_;
  batch.rows = made;
  for (auto* one : columns_) batch.columns.push_back(one);
  batch.timestamps = timestamps_;
  batch.absent = any_absent ? absent : nullptr;
  batch.headers = headers;
  if (windows_) {
    auto* starts = arena_->array<int64_t>(made);
    auto* ends = arena_->array<int64_t>(made);
    for (size_t i = 0; i < made; ++i) {
      starts[i] = windows_[i].start;
      ends[i] = windows_[i].end;
    }
    batch.window_starts = starts;
    batch.window_ends = ends;
  }
  return next_->process(next_input_, batch);
}

bool SourceStage::decode(const InputRecord& record, size_t row, bool& absent, std::string& why) {
  absent = !record.value || (source_.value_format.kind == FormatKind::kJson && as_text(*record.value) == "null");
  if (!decode_key(record, row, why)) return false;
  if (absent || source_.value_format.kind == FormatKind::kNone) {
    for (auto* one : value_columns_) one[row] = Value::null();
  } else if (!value_decoder_->decode(*record.value, record.value_slack, value_columns_.data(), row, *arena_, why)) {
    return false;
  }
  take_headers(record, row);
  if (!take_time(record, row, absent, why)) return false;
  set_system(record, row);
  return true;
}

bool SourceStage::decode_key(const InputRecord& record, size_t row, std::string& why) {
  auto nulls = [&] {
    for (auto* one : key_columns_) one[row] = Value::null();
  };
  bool table = source_.kind == SourceKind::kTable;
  if (!record.key) {
    nulls();
    if (windows_) windows_[row] = {};
    if (table) why = "a table's record has no key";
    return !table;
  }
  auto key = *record.key;
  if (windows_ && !take_window(key, row, why)) return false;
  if (key_columns_.empty()) return true;
  if (!key_decoder_->decode(key, 0, key_columns_.data(), row, *arena_, why)) {
    why = "key: " + why;
    return false;
  }
  return true;
}

// Behind the key: the start, or of a session the end and the start.
bool SourceStage::take_window(Bytes& key, size_t row, std::string& why) {
  bool session = source_.window->kind == Window::Kind::kSession;
  size_t bytes = session ? 16 : 8;
  if (key.size() < bytes) {
    why = "the key is too short to hold a window";
    return false;
  }
  const auto* at = key.data() + key.size() - bytes;
  auto& window = windows_[row];
  if (session) {
    window.end = load_be<int64_t>(at);
    window.start = load_be<int64_t>(at + 8);
  } else {
    window.start = load_be<int64_t>(at);
    if (__builtin_add_overflow(window.start, source_.window->size_ms, &window.end)) {
      why = "the window's start is no time";
      return false;
    }
  }
  key = key.first(key.size() - bytes);
  return true;
}

bool SourceStage::take_time(const InputRecord& record, size_t row, bool absent, std::string& why) {
  timestamps_[row] = record.timestamp;
  if (!time_slot_ || absent) return usable_time(record.timestamp, why);
  const auto& value = columns_[*time_slot_][row];
  if (value.is_null()) {
    why = fmt::format("the timestamp column {} is null", source_.timestamp_column);
    return false;
  }
  int64_t ms = 0;
  if (time_pattern_) {
    auto parsed = time_pattern_->parse(value.as_text());
    if (!parsed) {
      why = fmt::format("the timestamp '{}' is not of the form {}", value.as_text(), source_.timestamp_format);
      return false;
    }
    ms = *parsed;
  } else {
    ms = value.as_integer();
  }
  timestamps_[row] = ms;
  return usable_time(ms, why);
}

void SourceStage::take_headers(const InputRecord& record, size_t row) {
  size_t slot = source_.key.size() + source_.value.size();
  for (const auto& wanted : source_.headers) {
    auto* out = columns_[slot++];
    if (!out) continue;
    record::HeaderCursor cursor(record.headers.encoded, record.headers.count);
    if (!wanted.header.empty()) {
      out[row] = Value::null();
      while (auto header = cursor.next())
        if (header->name == wanted.header) out[row] = header->value ? Value::bytes(*header->value) : Value::null();
      continue;
    }
    auto* items = arena_->array<Value>(static_cast<size_t>(record.headers.count));
    size_t count = 0;
    while (auto header = cursor.next()) {
      auto* pair = arena_->array<Value>(2);
      pair[0] = Value::text(header->name);
      pair[1] = header->value ? Value::bytes(*header->value) : Value::null();
      items[count++] = Value::row(pair, 2);
    }
    out[row] = Value::array(items, count);
  }
}

void SourceStage::set_system(const InputRecord& record, size_t row) {
  size_t slot = source_.key.size() + source_.value.size() + source_.headers.size();
  auto set = [&](int64_t v) {
    if (auto* out = columns_[slot]) out[row] = Value::integer(v);
    ++slot;
  };
  set(timestamps_[row]);
  set(record.partition);
  set(record.offset);
  static_assert(kSystemColumns == 3);
  if (!windows_) return;
  set(windows_[row].start);
  set(windows_[row].end);
}

// The row that this change replaces goes into the slot before; what is kept is replaced.
void SourceStage::keep_old(const InputRecord& record, size_t row, bool absent) {
  std::string key(as_text(*record.key));
  auto known = table_.find(key);
  row_is_known_ = known != table_.end();
  timestamps_[row - 1] = timestamps_[row];
  if (windows_) windows_[row - 1] = windows_[row];
  std::string_view packed;
  if (row_is_known_) packed = arena_->copy(known->second);
  size_t keys = source_.key.size();
  for (size_t slot = 0; slot < columns_.size(); ++slot) {
    if (!columns_[slot]) continue;
    bool kept = slot >= keys && slot < keys + source_.value.size() + source_.headers.size();
    if (!kept)
      columns_[slot][row - 1] = columns_[slot][row];
    else if (row_is_known_)
      columns_[slot][row - 1] = read_packed(packed, *arena_).value_or(Value::null());
    else
      columns_[slot][row - 1] = Value::null();
  }
  changed_.note(key);
  if (absent) {
    if (row_is_known_) table_.erase(known);
    return;
  }
  std::string fresh;
  for (size_t slot = keys; slot < keys + source_.value.size() + source_.headers.size(); ++slot)
    if (columns_[slot]) append_packed(fresh, columns_[slot][row]);
  table_[std::move(key)] = std::move(fresh);
}

void SourceStage::save(StateWriter& writer) {
  for (const auto& key : changed_.take()) {
    auto row = table_.find(key);
    if (row == table_.end())
      writer.erase(key);
    else
      writer.put(key, row->second);
  }
}

Status SourceStage::restore(std::string_view key, std::string_view value) {
  table_[std::string(key)] = std::string(value);
  return {};
}

}  // namespace sl::query
