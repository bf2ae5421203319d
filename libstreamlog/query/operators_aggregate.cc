// GROUP BY without a window and over tumbling and hopping ones. Each window has a table of groups of its own, so that
// closing a window frees its state at once. A record belongs to every window that covers it; windows that are past
// their grace take no more. EMIT CHANGES gives a row for every update; EMIT FINAL one row a group when its window
// closes, whatever time jumped over.
#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "query/grouping.h"
#include "query/raw_bytes.h"
#include "query/time_text.h"

namespace sl::query {
namespace {

// State entries: 8 bytes of window start, big-endian with the sign flipped so that they sort, then the group's key. The
// meta entry has an empty key.
std::string state_key(int64_t start, std::string_view group) {
  std::string key(8, '\0');
  store_be<uint64_t>(reinterpret_cast<uint8_t*>(key.data()), static_cast<uint64_t>(start) ^ (uint64_t{1} << 63));
  key += group;
  return key;
}

struct Span {
  int64_t start;
  int64_t end;
};

class Aggregation final : public Operator {
 public:
  Aggregation(Grouping grouping, const PlanNode& node, Environment& environment, int64_t idle_close_ms)
      : grouping_(std::move(grouping)),
        environment_(environment),
        rows_(grouping_.columns()),
        windowing_(node.windowing),
        final_only_(node.final_only),
        idle_close_ms_(idle_close_ms) {
    if (!windowing_) return;
    size_ms_ = windowing_->size_ms;
    advance_ms_ = windowing_->kind == Window::Kind::kHopping ? windowing_->advance_ms : size_ms_;
    grace_ms_ = windowing_->grace_ms.value_or(std::max<int64_t>(kDayMs - size_ms_, 0));
  }

  Status process(size_t, const Batch& batch) override {
    grouping_.begin(batch);
    rows_.clear();
    owners_.clear();
    last_seen_ms_ = batch.now_ms;
    if (batch.pairs) {
      for (size_t row = 0; row < batch.rows; row += 2) change(batch, row);
    } else {
      for (size_t row = 0; row < batch.rows; ++row)
        if (!batch.is_absent(row)) insert(batch, row);
    }
    auto status = flush(batch);
    forget_closed();
    return status;
  }
  Status finish(const Batch& like) override {
    if (!final_only_) return {};
    rows_.clear();
    owners_.clear();
    close_until(INT64_MAX, *like.arena);
    return flush(like);
  }
  Status idle(const Batch& like, int64_t now_ms) override {
    if (!final_only_ || idle_close_ms_ < 0 || windows_.empty() || now_ms - last_seen_ms_ < idle_close_ms_) return {};
    // What was given out is closed for good: a row that comes for it later is late.
    stream_time_ = std::max(stream_time_, windows_.rbegin()->first + size_ms_ + grace_ms_);
    return finish(like);
  }
  void save(StateWriter& writer) override;
  Status restore(std::string_view key, std::string_view value) override;

 private:
  struct Owner {
    GroupTable* table;
    size_t group;
  };

  void insert(const Batch& batch, size_t row) {
    int64_t ts = batch.timestamps[row];
    if (!windowing_) {
      if (!grouping_.key(row, key_)) return;
      auto& table = window(0);
      size_t group = table.find_or_add(key_);
      grouping_.add(row, table.fixed(group), table.texts(group), *batch.arena);
      emit(table, group, ts, {0, 0}, *batch.arena);
      return;
    }
    if (ts > stream_time_) stream_time_ = ts;
    // The record is taken in before what it closes is given out, as it may itself be late for nothing that is open.
    bool grouped = grouping_.key(row, key_);
    if (grouped) into_windows(batch, row, ts);
    if (final_only_) close_until(stream_time_ - grace_ms_, *batch.arena);
  }

  void into_windows(const Batch& batch, size_t row, int64_t ts) {
    int64_t last = ts - modulo(ts, advance_ms_);
    int64_t first = last;
    while (first - advance_ms_ > ts - size_ms_) first -= advance_ms_;
    bool late = false;
    for (int64_t start = first; start <= last; start += advance_ms_) {
      if (start < 0) continue;
      if (start + size_ms_ <= stream_time_ - grace_ms_) {
        late = true;
        continue;
      }
      auto& table = window(start);
      size_t group = table.find_or_add(key_);
      grouping_.add(row, table.fixed(group), table.texts(group), *batch.arena);
      emit(table, group, ts, {start, start + size_ms_}, *batch.arena);
    }
    if (late) ++environment_.counters.late_rows;
  }

  // A changed row of a table leaves its old group and enters its new one; where they are one, it shows once.
  void change(const Batch& batch, size_t row) {
    bool left = !batch.is_absent(row) && grouping_.key(row, old_key_);
    bool entered = !batch.is_absent(row + 1) && grouping_.key(row + 1, key_);
    auto& table = window(0);
    int64_t ts = batch.timestamps[row + 1];
    if (left) {
      size_t group = table.find_or_add(old_key_);
      grouping_.undo(row, table.fixed(group), table.texts(group), *batch.arena);
      if (!entered || old_key_ != key_) emit(table, group, ts, {0, 0}, *batch.arena);
    }
    if (entered) {
      size_t group = table.find_or_add(key_);
      grouping_.add(row + 1, table.fixed(group), table.texts(group), *batch.arena);
      emit(table, group, ts, {0, 0}, *batch.arena);
    }
  }

  void emit(GroupTable& table, size_t group, int64_t ts, Span span, Arena& arena) {
    if (environment_.tracks_changes) table.set_dirty(group);
    auto& newest = table.timestamp(group);
    newest = std::max(newest, ts);
    if (!final_only_) append(table, group, span, arena);
  }
  void append(GroupTable& table, size_t group, Span span, Arena& arena) {
    rows_.begin(table.timestamp(group), false);
    grouping_.fill(rows_, table.key(group), table.fixed(group), table.texts(group), table.timestamp(group), arena);
    if (windowing_) grouping_.fill_window(rows_, span.start, span.end);
    owners_.push_back({&table, group});
  }

  // Gives out every window that ends at or before `closed`, by its start, its groups by their keys.
  void close_until(int64_t closed, Arena& arena) {
    while (!windows_.empty() && windows_.begin()->first + size_ms_ <= closed) {
      auto at = windows_.begin();
      auto& table = at->second;
      std::vector<size_t> order(table.size());
      for (size_t i = 0; i < order.size(); ++i) order[i] = i;
      std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return table.key(a) < table.key(b); });
      for (size_t group : order) append(table, group, {at->first, at->first + size_ms_}, arena);
      retire(at);
    }
  }
  // Tables whose rows are still to be passed on live until then.
  void retire(std::map<int64_t, GroupTable>::iterator at) {
    note_gone(at->first);
    current_ = nullptr;
    retired_.push_back(std::move(windows_.extract(at).mapped()));
  }
  void note_gone(int64_t start) {
    if (environment_.tracks_changes) gone_.push_back(start);
  }
  void forget_closed() {
    if (!windowing_ || final_only_) return;
    while (!windows_.empty() && windows_.begin()->first + size_ms_ <= stream_time_ - grace_ms_) {
      note_gone(windows_.begin()->first);
      windows_.erase(windows_.begin());
      current_ = nullptr;
    }
  }

  // HAVING, then on. What no longer passes is a tombstone where it passed before; what never did is nothing.
  Status flush(const Batch& like) {
    if (rows_.empty()) {
      retired_.clear();
      return {};
    }
    Batch batch = rows_.batch(like, false);
    if (grouping_.has_having()) batch = having(batch);
    auto status = pass_on(batch);
    retired_.clear();
    return status;
  }
  Batch having(const Batch& batch) {
    auto passing = grouping_.passing(batch);
    auto* absent = batch.arena->array<uint8_t>(batch.rows);
    std::vector<uint32_t> kept;
    for (size_t row = 0; row < batch.rows; ++row) {
      bool before = !final_only_ && owners_[row].table->passed(owners_[row].group);
      absent[row] = !passing[row];
      if (!final_only_) owners_[row].table->set_passed(owners_[row].group, passing[row]);
      if (passing[row] || before) kept.push_back(static_cast<uint32_t>(row));
    }
    Batch marked = batch;
    marked.absent = absent;
    return kept.size() == batch.rows ? marked : gathered(marked, kept);
  }

  GroupTable& window(int64_t start) {
    if (current_ && current_start_ == start) return *current_;
    auto [at, fresh] = windows_.try_emplace(start, grouping_.shape());
    current_ = &at->second;
    current_start_ = start;
    return *current_;
  }
  static int64_t modulo(int64_t a, int64_t b) { return ((a % b) + b) % b; }

  Grouping grouping_;
  Environment& environment_;
  RowBuilder rows_;
  std::vector<Owner> owners_;  // by row of rows_
  std::optional<Window> windowing_;
  bool final_only_;
  int64_t idle_close_ms_;
  int64_t size_ms_ = 0, advance_ms_ = 0, grace_ms_ = 0;
  int64_t stream_time_ = INT64_MIN / 4;
  int64_t last_seen_ms_ = 0;
  std::map<int64_t, GroupTable> windows_;  // by start; without windows there is one, at 0
  std::vector<GroupTable> retired_;
  std::vector<int64_t> gone_;  // starts of windows whose state is to be erased
  GroupTable* current_ = nullptr;
  int64_t current_start_ = 0;
  std::string key_, old_key_;
};

void Aggregation::save(StateWriter& writer) {
  for (int64_t start : gone_) writer.erase_prefix(state_key(start, {}));
  gone_.clear();
  std::string value;
  for (auto& [start, table] : windows_) {
    for (auto group : table.take_dirty_groups()) {
      value.clear();
      append_raw(value, table.timestamp(group));
      append_raw(value, table.passed(group));
      grouping_.append_state(value, table.fixed(group), table.texts(group));
      writer.put(state_key(start, table.key(group)), value);
    }
  }
  if (!windowing_) return;
  value.clear();
  append_raw(value, stream_time_);
  writer.put("", value);
}

Status Aggregation::restore(std::string_view key, std::string_view value) {
  const Error damaged{Errc::kCorrupt, "the state of an aggregation is damaged"};
  auto time = take_raw<int64_t>(value);
  if (!time) return damaged;
  if (key.empty()) {
    stream_time_ = *time;
    return {};
  }
  auto passed = take_raw<bool>(value);
  if (key.size() < 8 || !passed) return damaged;
  auto flipped = load_be<uint64_t>(reinterpret_cast<const uint8_t*>(key.data()));
  auto& table = window(static_cast<int64_t>(flipped ^ (uint64_t{1} << 63)));
  size_t group = table.find_or_add(key.substr(8));
  table.timestamp(group) = *time;
  table.set_passed(group, *passed);
  return grouping_.take_state(value, table.fixed(group), table.texts(group)) ? Status() : Status(damaged);
}

}  // namespace

Result<OperatorPtr> make_aggregate(const PlanNode& node, Environment& environment, int64_t idle_close_ms) {
  SL_TRY(auto grouping, Grouping::make(node, environment));
  return OperatorPtr(std::make_unique<Aggregation>(std::move(grouping), node, environment, idle_close_ms));
}

}  // namespace sl::query
