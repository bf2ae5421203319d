// The join of two streams WITHIN a time: each side's rows are kept for as long as a row of the other may still meet
// them. A row without a partner shows padded with nulls: at once where no GRACE PERIOD is given, else when its time is
// over without one (Kafka Streams' KStreamKStreamJoin).
#include <map>
#include <optional>

#include "base/bytes.h"
#include "query/joining.h"
#include "query/raw_bytes.h"
#include "query/time_text.h"

namespace sl::query {
namespace {

class StreamStream final : public Operator {
 public:
  StreamStream(JoinSides sides, const PlanNode& node, Environment& environment)
      : sides_(std::move(sides)), join_(node.join), within_(*node.within), environment_(environment) {
    grace_ms_ = within_.grace_ms.value_or(kDayMs);
  }

  Status process(size_t input, const Batch& batch) override {
    sides_.begin(input, batch);
    RowBuilder rows(sides_.columns());
    for (size_t row = 0; row < batch.rows; ++row)
      if (!batch.is_absent(row) && sides_.key(input, row, key_, environment_)) one(input, batch, row, rows);
    if (rows.empty()) return {};
    return pass_on(rows.batch(batch, false));
  }
  Status finish(const Batch& like) override {
    RowBuilder rows(sides_.columns());
    give_up_until(INT64_MAX, rows, *like.arena);
    if (rows.empty()) return {};
    return pass_on(rows.batch(like, false));
  }
  void save(StateWriter& writer) override;
  Status restore(std::string_view key, std::string_view value) override;

 private:
  // By key, then time, then order of arrival.
  struct Place {
    std::string key;
    int64_t ts = 0;
    uint64_t number = 0;
    auto operator<=>(const Place&) const = default;
  };
  struct Kept {
    std::string packed;
    bool met = false;
    int64_t window_start = 0, window_end = 0;
  };
  using Buffer = std::map<Place, Kept>;

  bool outer(size_t side) const {
    return join_ == JoinKind::kFull || (join_ == JoinKind::kLeft && side == 0) ||
           (join_ == JoinKind::kRight && side == 1);
  }
  // A left row at t meets right rows from t - before to t + after, a right row the left ones the other way round.
  int64_t before(size_t side) const { return side == 0 ? within_.before_ms : within_.after_ms; }
  int64_t after(size_t side) const { return side == 0 ? within_.after_ms : within_.before_ms; }

  void one(size_t side, const Batch& batch, size_t row, RowBuilder& rows) {
    int64_t ts = batch.timestamps[row];
    stream_time_ = std::max(stream_time_, ts);
    // Too old to meet anything that is still kept.
    if (ts < stream_time_ - before(side) - after(side) - grace_ms_) {
      ++environment_.counters.late_rows;
      return;
    }
    bool patient = within_.grace_ms.has_value();
    Place place{key_, ts, number_++};
    bool met = false;
    if (patient && ts == stream_time_) give_up_until(stream_time_, rows, *batch.arena);
    auto& others = buffers_[1 - side];
    auto at = others.lower_bound({key_, std::max<int64_t>(ts - before(side), 0), 0});
    for (; at != others.end() && at->first.key == key_ && at->first.ts <= ts + after(side); ++at) {
      met = true;
      if (!at->second.met) touch(1 - side, at->first);
      at->second.met = true;
      rows.begin(std::max(ts, at->first.ts), false);
      sides_.copy_window(batch, row, rows);
      sides_.fill_key(rows, key_, *batch.arena);
      sides_.fill(rows, side, batch, row);
      sides_.fill_packed(rows, 1 - side, batch.arena->copy(at->second.packed), *batch.arena);
    }
    Kept kept{sides_.packed(side, batch, row), met, 0, 0};
    if (batch.window_starts) kept.window_start = batch.window_starts[row], kept.window_end = batch.window_ends[row];
    if (!met && outer(side) && (!patient || ts + after(side) + grace_ms_ < stream_time_)) {
      alone(side, place, kept, rows, *batch.arena, batch.window_starts != nullptr);
      kept.met = true;
    }
    if (!kept.met && outer(side)) waiting_.emplace(ts, Waiting{side, place});
    touch(side, place);
    buffers_[side].emplace(place, std::move(kept));
    times_[side].emplace(ts, place);
    forget();
  }

  void alone(size_t side, const Place& place, const Kept& kept, RowBuilder& rows, Arena& arena, bool windowed) {
    rows.begin(place.ts, false);
    if (windowed) rows.window(kept.window_start, kept.window_end);
    sides_.fill_key(rows, place.key, arena);
    sides_.fill_packed(rows, side, arena.copy(kept.packed), arena);
  }
  // Rows whose time to be met is over.
  void give_up_until(int64_t now, RowBuilder& rows, Arena& arena) {
    while (!waiting_.empty()) {
      auto [ts, waiting] = *waiting_.begin();
      if (now != INT64_MAX && ts + after(waiting.side) + grace_ms_ >= now) return;
      waiting_.erase(waiting_.begin());
      auto at = buffers_[waiting.side].find(waiting.place);
      if (at == buffers_[waiting.side].end() || at->second.met) continue;
      at->second.met = true;
      touch(waiting.side, waiting.place);
      alone(waiting.side, waiting.place, at->second, rows, arena, at->second.window_end != 0);
    }
  }
  // Notes what save() is to write; where nobody saves, nothing.
  void touch(size_t side, const Place& place) {
    if (environment_.tracks_changes) touched_.push_back({side, place});
  }
  void forget() {
    for (size_t side = 0; side < 2; ++side) {
      auto& times = times_[side];
      int64_t oldest = stream_time_ - within_.before_ms - within_.after_ms - grace_ms_;
      while (!times.empty() && times.begin()->first < oldest) {
        touch(side, times.begin()->second);
        buffers_[side].erase(times.begin()->second);
        times.erase(times.begin());
      }
    }
  }

  struct Waiting {
    size_t side;
    Place place;
  };
  JoinSides sides_;
  JoinKind join_;
  Join::Within within_;
  Environment& environment_;
  int64_t grace_ms_ = 0;
  int64_t stream_time_ = INT64_MIN / 4;
  uint64_t number_ = 0;
  Buffer buffers_[2];
  std::multimap<int64_t, Place> times_[2];
  std::multimap<int64_t, Waiting> waiting_;
  std::vector<Waiting> touched_;
  std::string key_;
};

// An entry a kept row: side, time, number, key; the value: whether it was met, its window, the row. The meta entry has
// an empty key.
void StreamStream::save(StateWriter& writer) {
  for (const auto& [side, place] : touched_) {
    std::string key(1, static_cast<char>(side));
    append_raw(key, place.ts);
    append_raw(key, place.number);
    key += place.key;
    auto at = buffers_[side].find(place);
    if (at == buffers_[side].end()) {
      writer.erase(key);
      continue;
    }
    std::string value(1, static_cast<char>(at->second.met));
    append_raw(value, at->second.window_start);
    append_raw(value, at->second.window_end);
    writer.put(key, value + at->second.packed);
  }
  touched_.clear();
  std::string meta;
  append_raw(meta, stream_time_);
  append_raw(meta, number_);
  writer.put("", meta);
}

Status StreamStream::restore(std::string_view key, std::string_view value) {
  const Error damaged{Errc::kCorrupt, "the state of a join is damaged"};
  if (key.empty()) {
    auto time = take_raw<int64_t>(value);
    auto number = take_raw<uint64_t>(value);
    if (!time || !number) return damaged;
    stream_time_ = *time;
    number_ = *number;
    return {};
  }
  auto which = take_raw<char>(key);
  auto ts = take_raw<int64_t>(key);
  auto number = take_raw<uint64_t>(key);
  auto met = take_raw<char>(value);
  auto start = take_raw<int64_t>(value), end = take_raw<int64_t>(value);
  if (!which || static_cast<unsigned char>(*which) > 1 || !ts || !number || !met || !start || !end) return damaged;
  auto side = static_cast<size_t>(*which);
  Place place{std::string(key), *ts, *number};
  Kept kept{std::string(value), *met != 0, *start, *end};
  if (!kept.met && outer(side)) waiting_.emplace(place.ts, Waiting{side, place});
  times_[side].emplace(place.ts, place);
  buffers_[side].emplace(std::move(place), std::move(kept));
  return {};
}

}  // namespace

Result<OperatorPtr> make_stream_stream_join(const PlanNode& node, const JoinInputs& wanted, Environment& environment) {
  SL_TRY(auto sides, JoinSides::make(node, wanted));
  return OperatorPtr(std::make_unique<StreamStream>(std::move(sides), node, environment));
}

}  // namespace sl::query
