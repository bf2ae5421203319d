// GROUP BY over SESSION windows. A key's rows that lie no further apart than the gap are one session, from its first
// row's time to its last. A row may join two sessions; what it absorbs is taken back by a tombstone each, oldest first,
// before the merged one shows (Kafka Streams' KStreamSessionWindowAggregate).
#include <algorithm>
#include <set>
#include <unordered_map>

#include "query/changed_keys.h"
#include "query/grouping.h"
#include "query/raw_bytes.h"
#include "query/time_text.h"

namespace sl::query {
namespace {

struct Session {
  int64_t start = 0;
  int64_t end = 0;
  bool passed = false;  // HAVING, the last time it showed
  std::vector<uint64_t> fixed;
  std::vector<std::string> texts;

  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(fixed.data()); }
};

class SessionAggregation final : public Operator {
 public:
  SessionAggregation(Grouping grouping, const PlanNode& node, Environment& environment, int64_t idle_close_ms)
      : grouping_(std::move(grouping)),
        environment_(environment),
        rows_(grouping_.columns()),
        final_only_(node.final_only),
        idle_close_ms_(idle_close_ms),
        gap_ms_(node.windowing->size_ms),
        grace_ms_(node.windowing->grace_ms.value_or(std::max<int64_t>(kDayMs - gap_ms_, 0))) {}

  Status process(size_t, const Batch& batch) override {
    grouping_.begin(batch);
    rows_.clear();
    shown_.clear();
    last_seen_ms_ = batch.now_ms;
    for (size_t row = 0; row < batch.rows; ++row)
      if (!batch.is_absent(row)) insert(batch, row);
    return flush(batch);
  }
  Status finish(const Batch& like) override {
    if (!final_only_) return {};
    rows_.clear();
    shown_.clear();
    close_until(INT64_MAX, *like.arena);
    return flush(like);
  }
  Status idle(const Batch& like, int64_t now_ms) override {
    if (idle_close_ms_ < 0 || sessions_.empty() || now_ms - last_seen_ms_ < idle_close_ms_) return {};
    // What was given out is closed for good: a row that would have joined it is late.
    stream_time_ = std::max(stream_time_, ends_.rbegin()->first + 2 * gap_ms_ + grace_ms_ + 1);
    return finish(like);
  }
  void save(StateWriter& writer) override;
  Status restore(std::string_view key, std::string_view value) override;

 private:
  using Sessions = std::vector<Session>;  // of one key, by start
  // A row of rows_: for a session that shows, where its mark of HAVING is kept; for a tombstone, whether it had shown.
  struct Shown {
    std::string key;
    int64_t start = 0;
    bool tombstone = false;
    bool had_passed = false;
  };

  void insert(const Batch& batch, size_t row) {
    int64_t ts = batch.timestamps[row];
    stream_time_ = std::max(stream_time_, ts);
    if (grouping_.key(row, key_)) into_session(batch, row, ts);
    if (final_only_)
      close_until(stream_time_ - grace_ms_ - gap_ms_, *batch.arena);
    else
      forget_closed();
  }

  Session fresh(int64_t start, int64_t end) const {
    const auto& shape = grouping_.shape();
    return {start, end, false, std::vector<uint64_t>(shape.fixed_bytes / 8), std::vector<std::string>(shape.texts)};
  }

  void into_session(const Batch& batch, size_t row, int64_t ts) {
    auto& all = sessions_[key_];
    auto merged = fresh(ts, ts);
    std::vector<size_t> absorbed;
    for (size_t i = 0; i < all.size(); ++i)
      if (all[i].end >= ts - gap_ms_ && all[i].start <= ts + gap_ms_) absorbed.push_back(i);
    int64_t start = ts, end = ts;
    for (size_t i : absorbed) {
      start = std::min(start, all[i].start);
      end = std::max(end, all[i].end);
    }
    if (end < stream_time_ - grace_ms_ - gap_ms_) {
      ++environment_.counters.late_rows;
      if (all.empty()) sessions_.erase(key_);
      return;
    }
    for (size_t i : absorbed) {
      grouping_.merge(merged.bytes(), merged.texts.data(), all[i].bytes(), all[i].texts.data(), false, *batch.arena);
      bool same = all[i].start == start && all[i].end == end;
      if (same)
        merged.passed = all[i].passed;
      else
        take_back(all[i], *batch.arena);
    }
    for (size_t i = absorbed.size(); i-- > 0;) {
      ends_.erase({all[absorbed[i]].end, key_});
      all.erase(all.begin() + static_cast<ptrdiff_t>(absorbed[i]));
    }
    merged.start = start;
    merged.end = end;
    grouping_.add(row, merged.bytes(), merged.texts.data(), *batch.arena);
    auto at = std::find_if(all.begin(), all.end(), [&](const Session& s) { return s.start > start; });
    at = all.insert(at, std::move(merged));
    changed_.note(key_);
    ends_.emplace(end, key_);
    if (!final_only_) show(key_, *at, *batch.arena);
  }

  void take_back(const Session& session, Arena& arena) {
    if (final_only_) return;
    rows_.begin(session.end, true);
    grouping_.fill(rows_, stable(key_, arena), nullptr, nullptr, session.end, arena);
    grouping_.fill_window(rows_, session.start, session.end);
    shown_.push_back({key_, session.start, true, session.passed});
  }
  void show(const std::string& key, Session& session, Arena& arena) {
    rows_.begin(session.end, false);
    grouping_.fill(rows_, stable(key, arena), session.bytes(), session.texts.data(), session.end, arena);
    grouping_.fill_window(rows_, session.start, session.end);
    shown_.push_back({key, session.start, false, session.passed});
    if (!grouping_.has_having()) session.passed = true;
  }
  // Rows point into their key.
  static std::string_view stable(const std::string& key, Arena& arena) { return arena.copy(key); }

  // Shows, and forgets, every session that ended before `closed`: by its end, then by key.
  void close_until(int64_t closed, Arena& arena) {
    while (!ends_.empty() && ends_.begin()->first < closed) {
      take_out_first([&](const std::string& key, Session& session) { show(key, session, arena); });
    }
  }
  void forget_closed() {
    while (!ends_.empty() && ends_.begin()->first < stream_time_ - grace_ms_ - gap_ms_) {
      take_out_first([](const std::string&, Session&) {});
    }
  }
  // The session that ended first, for good.
  template <class Do>
  void take_out_first(Do on_session) {
    const auto first = *ends_.begin();
    ends_.erase(ends_.begin());
    auto at = sessions_.find(first.second);
    auto session =
        std::find_if(at->second.begin(), at->second.end(), [&](const Session& s) { return s.end == first.first; });
    on_session(first.second, *session);
    changed_.note(first.second);
    at->second.erase(session);
    if (at->second.empty()) sessions_.erase(at);
  }

  Status flush(const Batch& like) {
    if (rows_.empty()) return {};
    Batch batch = rows_.batch(like, false);
    if (!grouping_.has_having()) return pass_on(batch);
    auto passing = grouping_.passing(batch);
    auto* absent = like.arena->array<uint8_t>(batch.rows);
    std::vector<uint32_t> kept;
    // An earlier row of this batch may have shown the same session.
    std::unordered_map<std::string, bool> showed;
    for (size_t row = 0; row < batch.rows; ++row) {
      const auto& shown = shown_[row];
      std::string id = shown.key;
      append_raw(id, shown.start);
      bool& last = showed.try_emplace(std::move(id), shown.had_passed).first->second;
      bool before = last;
      bool passes = !shown.tombstone && passing[row];
      absent[row] = !passes;
      last = passes;
      if (!shown.tombstone) mark(shown, passes);
      if (passes || (before && !final_only_)) kept.push_back(static_cast<uint32_t>(row));
    }
    Batch marked = batch;
    marked.absent = absent;
    return pass_on(gathered(marked, kept));
  }
  void mark(const Shown& shown, bool passes) {
    auto at = sessions_.find(shown.key);
    if (at == sessions_.end()) return;
    for (auto& session : at->second)
      if (session.start == shown.start) session.passed = passes;
  }

  Grouping grouping_;
  Environment& environment_;
  RowBuilder rows_;
  std::vector<Shown> shown_;
  bool final_only_;
  int64_t idle_close_ms_;
  int64_t gap_ms_, grace_ms_;
  int64_t stream_time_ = INT64_MIN / 4;
  int64_t last_seen_ms_ = 0;
  std::unordered_map<std::string, Sessions> sessions_;
  std::set<std::pair<int64_t, std::string>> ends_;  // of every session: when it ended, and its key
  ChangedKeys changed_{environment_};
  std::string key_;
};

// One entry a key: all its sessions. The meta entry has an empty key.
void SessionAggregation::save(StateWriter& writer) {
  std::string value;
  for (const auto& key : changed_.take()) {
    auto at = sessions_.find(key);
    if (at == sessions_.end()) {
      writer.erase(key);
      continue;
    }
    value.clear();
    for (auto& session : at->second) {
      append_raw(value, session.start);
      append_raw(value, session.end);
      append_raw(value, session.passed);
      grouping_.append_state(value, session.bytes(), session.texts.data());
    }
    writer.put(key, value);
  }
  value.clear();
  append_raw(value, stream_time_);
  writer.put("", value);
}

Status SessionAggregation::restore(std::string_view key, std::string_view value) {
  const Error damaged{Errc::kCorrupt, "the state of a session aggregation is damaged"};
  if (key.empty()) {
    auto time = take_raw<int64_t>(value);
    if (!time) return damaged;
    stream_time_ = *time;
    return {};
  }
  auto& sessions = sessions_[std::string(key)];
  while (!value.empty()) {
    auto start = take_raw<int64_t>(value), end = take_raw<int64_t>(value);
    auto passed = take_raw<bool>(value);
    if (!start || !end || !passed) return damaged;
    auto session = fresh(*start, *end);
    session.passed = *passed;
    if (!grouping_.take_state(value, session.bytes(), session.texts.data())) return damaged;
    ends_.emplace(*end, key);
    sessions.push_back(std::move(session));
  }
  return {};
}

}  // namespace

Result<OperatorPtr> make_session_aggregate(const PlanNode& node, Environment& environment, int64_t idle_close_ms) {
  SL_TRY(auto grouping, Grouping::make(node, environment));
  return OperatorPtr(std::make_unique<SessionAggregation>(std::move(grouping), node, environment, idle_close_ms));
}

}  // namespace sl::query
