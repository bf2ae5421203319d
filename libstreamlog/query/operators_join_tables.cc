// Joins that look into a table: of a stream with a table, of two tables by their keys, and of two tables by a foreign
// key.
#include <map>
#include <unordered_map>

#include "query/changed_keys.h"
#include "query/joining.h"
#include "query/raw_bytes.h"

namespace sl::query {
namespace {

class StreamTable final : public Operator {
 public:
  StreamTable(JoinSides sides, const PlanNode& node, Environment& environment)
      : sides_(std::move(sides)), left_join_(node.join == JoinKind::kLeft), environment_(environment) {}

  Status process(size_t input, const Batch& batch) override {
    sides_.begin(input, batch);
    if (input == 1) {
      for (size_t row = 1; row < batch.rows; row += 2) change(batch, row);
      return {};
    }
    RowBuilder rows(sides_.columns());
    for (size_t row = 0; row < batch.rows; ++row) {
      if (batch.is_absent(row) || !sides_.key(0, row, key_, environment_)) continue;
      auto found = table_.find(key_);
      if (found == table_.end() && !left_join_) continue;
      rows.begin(batch.timestamps[row], false);
      sides_.copy_window(batch, row, rows);
      sides_.fill_key(rows, key_, *batch.arena);
      sides_.fill(rows, 0, batch, row);
      if (found != table_.end()) sides_.fill_packed(rows, 1, batch.arena->copy(found->second), *batch.arena);
    }
    if (rows.empty()) return {};
    return pass_on(rows.batch(batch, false));
  }
  void save(StateWriter& writer) override {
    for (const auto& key : changed_.take()) {
      auto at = table_.find(key);
      if (at == table_.end())
        writer.erase(key);
      else
        writer.put(key, at->second);
    }
  }
  Status restore(std::string_view key, std::string_view value) override {
    table_[std::string(key)] = value;
    return {};
  }

 private:
  void change(const Batch& batch, size_t row) {
    if (!sides_.key(1, row, key_, environment_)) return;
    changed_.note(key_);
    if (batch.is_absent(row))
      table_.erase(key_);
    else
      table_[key_] = sides_.packed(1, batch, row);
  }

  JoinSides sides_;
  bool left_join_;
  Environment& environment_;
  std::unordered_map<std::string, std::string> table_;
  ChangedKeys changed_{environment_};
  std::string key_;
};

// What a table's side knows of a key.
struct Row {
  std::string packed;
  int64_t timestamp = 0;
};

// State entries of a side: its number, the key; the value: timestamp, then the row.
void save_side(StateWriter& writer, char side, const std::string& key, const Row* row) {
  std::string name(1, side);
  name += key;
  if (!row) return writer.erase(name);
  std::string value;
  append_raw(value, row->timestamp);
  writer.put(name, value + row->packed);
}
Result<Row> read_side(std::string_view value) {
  auto timestamp = take_raw<int64_t>(value);
  if (!timestamp) return Error{Errc::kCorrupt, "the state of a join is damaged"};
  return Row{std::string(value), *timestamp};
}

class TableTable final : public Operator {
 public:
  TableTable(JoinSides sides, const PlanNode& node, Environment& environment)
      : sides_(std::move(sides)), join_(node.join), environment_(environment) {}

  Status process(size_t input, const Batch& batch) override {
    sides_.begin(input, batch);
    RowBuilder rows(sides_.columns());
    for (size_t row = 0; row < batch.rows; row += 2) change(input, batch, row, rows);
    if (rows.empty()) return {};
    return pass_on(rows.batch(batch, true));
  }
  void save(StateWriter& writer) override {
    for (char side = 0; side < 2; ++side) {
      for (const auto& key : changed_[static_cast<size_t>(side)].take()) {
        const auto& table = tables_[static_cast<size_t>(side)];
        auto at = table.find(key);
        save_side(writer, side, key, at == table.end() ? nullptr : &at->second);
      }
    }
  }
  Status restore(std::string_view key, std::string_view value) override {
    SL_TRY(auto row, read_side(value));
    if (key.empty() || static_cast<unsigned char>(key[0]) > 1)
      return Error{Errc::kCorrupt, "the state of a join is damaged"};
    tables_[static_cast<size_t>(key[0])][std::string(key.substr(1))] = std::move(row);
    return {};
  }

 private:
  // Whether rows show where this side has one alone.
  bool shows_alone(size_t side) const {
    return join_ == JoinKind::kFull || (join_ == JoinKind::kLeft && side == 0) ||
           (join_ == JoinKind::kRight && side == 1);
  }
  void change(size_t side, const Batch& batch, size_t row, RowBuilder& rows) {
    bool had = !batch.is_absent(row), has = !batch.is_absent(row + 1);
    if (!sides_.key(side, row + 1, key_, environment_)) return;
    changed_[side].note(key_);
    int64_t ts = batch.timestamps[row + 1];
    if (has)
      tables_[side][key_] = {sides_.packed(side, batch, row + 1), ts};
    else
      tables_[side].erase(key_);
    auto other = tables_[1 - side].find(key_);
    bool met = other != tables_[1 - side].end();
    if (!met && !shows_alone(side)) return;
    // A side that shows with this one's rows missing shows on, alone.
    bool other_alone = met && shows_alone(1 - side);
    bool showed = had || other_alone, shows = has || other_alone;
    if (!had && !has && !other_alone && !met) return;
    int64_t time = met ? std::max(ts, other->second.timestamp) : ts;
    for (size_t step = 0; step < 2; ++step) {
      bool now = step == 1;
      rows.begin(time, now ? !shows : !showed);
      sides_.copy_window(batch, row + 1, rows);
      sides_.fill_key(rows, key_, *batch.arena);
      if (now ? has : had) sides_.fill(rows, side, batch, row + step);
      if (met) sides_.fill_packed(rows, 1 - side, batch.arena->copy(other->second.packed), *batch.arena);
    }
  }

  JoinSides sides_;
  JoinKind join_;
  Environment& environment_;
  std::unordered_map<std::string, Row> tables_[2];
  ChangedKeys changed_[2] = {ChangedKeys(environment_), ChangedKeys(environment_)};
  std::string key_;
};

// A row of the left table points at one of the right. A change on the right shows for each left row that points there,
// by the left keys' order.
class ForeignKey final : public Operator {
 public:
  ForeignKey(JoinSides sides, const PlanNode& node, Environment& environment)
      : sides_(std::move(sides)), left_join_(node.join == JoinKind::kLeft), environment_(environment) {
    for (const auto& part : node.inputs[0]->key) left_key_.push_back(part.slots[0]);
  }

  Status process(size_t input, const Batch& batch) override {
    sides_.begin(input, batch);
    RowBuilder rows(sides_.columns());
    for (size_t row = 0; row < batch.rows; row += 2) {
      if (input == 0)
        left(batch, row, rows);
      else
        right(batch, row, rows);
    }
    if (rows.empty()) return {};
    return pass_on(rows.batch(batch, true));
  }
  void save(StateWriter& writer) override {
    for (const auto& key : changed_right_.take()) {
      auto at = right_.find(key);
      save_side(writer, 1, key, at == right_.end() ? nullptr : &at->second);
    }
    for (const auto& key : changed_left_.take()) {
      auto at = left_.find(key);
      save_side(writer, 0, key, at == left_.end() ? nullptr : &at->second);
    }
  }
  Status restore(std::string_view key, std::string_view value) override {
    SL_TRY(auto row, read_side(value));
    if (key.empty()) return Error{Errc::kCorrupt, "the state of a join is damaged"};
    std::string name(key.substr(1));
    if (key[0])
      right_[name] = std::move(row);
    else
      left_[name] = std::move(row);
    return {};
  }

 private:
  // The left rows are ordered by what they point at, then by their own keys.
  static std::string place(std::string_view foreign, std::string_view own) {
    auto size = static_cast<uint32_t>(foreign.size());
    std::string out(reinterpret_cast<const char*>(&size), sizeof size);
    out += foreign;
    out += own;
    return out;
  }
  std::string own_key(const Batch& batch, size_t row) const {
    std::string out;
    for (size_t slot : left_key_) append_packed(out, batch.columns[slot][row]);
    return out;
  }

  void left(const Batch& batch, size_t row, RowBuilder& rows) {
    std::string old_foreign, foreign;
    bool had = !batch.is_absent(row) && sides_.key(0, row, old_foreign, environment_);
    bool has = !batch.is_absent(row + 1) && sides_.key(0, row + 1, foreign, environment_);
    bool was_there = !batch.is_absent(row), is_there = !batch.is_absent(row + 1);
    auto own = own_key(batch, row + 1);
    if (had) {
      changed_left_.note(place(old_foreign, own));
      left_.erase(place(old_foreign, own));
    }
    if (has) {
      changed_left_.note(place(foreign, own));
      left_[place(foreign, own)] = {sides_.packed(0, batch, row + 1), batch.timestamps[row + 1]};
    }
    auto before = had ? right_.find(old_foreign) : right_.end();
    auto now = has ? right_.find(foreign) : right_.end();
    bool showed = before != right_.end() || (left_join_ && was_there);
    bool shows = now != right_.end() || (left_join_ && is_there);
    if (!showed && !shows && !had) return;
    int64_t ts = batch.timestamps[row + 1];
    emit(rows, batch, showed ? row : SIZE_MAX, before == right_.end() ? nullptr : &before->second, ts, row + 1);
    emit(rows, batch, shows ? row + 1 : SIZE_MAX, now == right_.end() ? nullptr : &now->second, ts, row + 1);
  }
  void emit(RowBuilder& rows, const Batch& batch, size_t row, const Row* other, int64_t ts, size_t key_row) {
    rows.begin(other ? std::max(ts, other->timestamp) : ts, row == SIZE_MAX);
    if (row != SIZE_MAX) {
      sides_.fill(rows, 0, batch, row);
      if (other) sides_.fill_packed(rows, 1, batch.arena->copy(other->packed), *batch.arena);
      return;
    }
    for (size_t slot : left_key_) rows.set(1 + slot, batch.columns[slot][key_row]);
  }

  void right(const Batch& batch, size_t row, RowBuilder& rows) {
    bool had = !batch.is_absent(row), has = !batch.is_absent(row + 1);
    if (!sides_.key(1, row + 1, key_, environment_)) return;
    int64_t ts = batch.timestamps[row + 1];
    changed_right_.note(key_);
    if (has)
      right_[key_] = {sides_.packed(1, batch, row + 1), ts};
    else
      right_.erase(key_);
    auto prefix = place(key_, {});
    for (auto at = left_.lower_bound(prefix); at != left_.end() && at->first.starts_with(prefix); ++at) {
      for (size_t step = 0; step < 2; ++step) {
        bool there = step ? has : had;
        rows.begin(std::max(ts, at->second.timestamp), !there && !left_join_);
        sides_.fill_packed(rows, 0, batch.arena->copy(at->second.packed), *batch.arena);
        if (there) sides_.fill(rows, 1, batch, row + step);
      }
    }
  }

  JoinSides sides_;
  bool left_join_;
  Environment& environment_;
  std::vector<size_t> left_key_;
  std::map<std::string, Row> left_;
  std::unordered_map<std::string, Row> right_;
  ChangedKeys changed_left_{environment_}, changed_right_{environment_};
  std::string key_;
};

template <class Join>
Result<OperatorPtr> make(const PlanNode& node, const JoinInputs& wanted, Environment& environment) {
  SL_TRY(auto sides, JoinSides::make(node, wanted));
  return OperatorPtr(std::make_unique<Join>(std::move(sides), node, environment));
}

}  // namespace

Result<OperatorPtr> make_stream_table_join(const PlanNode& node, const JoinInputs& wanted, Environment& environment) {
  return make<StreamTable>(node, wanted, environment);
}
Result<OperatorPtr> make_table_table_join(const PlanNode& node, const JoinInputs& wanted, Environment& environment) {
  return make<TableTable>(node, wanted, environment);
}
Result<OperatorPtr> make_foreign_key_join(const PlanNode& node, const JoinInputs& wanted, Environment& environment) {
  return make<ForeignKey>(node, wanted, environment);
}

}  // namespace sl::query
