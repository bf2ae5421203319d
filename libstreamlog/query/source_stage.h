// The beginning of a plan: records to rows. Only the columns that somebody reads are decoded. A table's rows are kept,
// where a later step needs to know what a change replaced.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "query/changed_keys.h"
#include "query/operator.h"
#include "query/time_pattern.h"

namespace sl::query {

// A record of a source's topic. What it points to outlives the call it is given to.
struct InputRecord {
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  size_t value_slack = 0;  // bytes behind the value that may be read too
  int64_t timestamp = 0;   // ms
  int32_t partition = 0;
  int64_t offset = 0;
  RowHeaders headers;
};

class SourceStage {
 public:
  // `pairs`: a table's changes carry the old row, too.
  static Result<std::unique_ptr<SourceStage>> make(const PlanNode& node, const Wanted& wanted, bool pairs,
                                                   Environment& environment);

  void set_next(Operator* next, size_t input) {
    next_ = next;
    next_input_ = input;
  }
  // Rows of these records, pushed on. `like` gives arena and clock.
  Status process(std::span<const InputRecord> records, const Batch& like);
  void save(StateWriter& writer);
  Status restore(std::string_view key, std::string_view value);
  const Source& source() const { return source_; }

 private:
  struct Windowed {
    int64_t start = 0;
    int64_t end = 0;
  };
  SourceStage(const PlanNode& node, Environment& environment) : source_(node.source), environment_(environment) {}

  bool decode(const InputRecord& record, size_t row, bool& absent, std::string& why);
  bool decode_key(const InputRecord& record, size_t row, std::string& why);
  bool take_window(Bytes& key, size_t row, std::string& why);
  bool take_time(const InputRecord& record, size_t row, bool absent, std::string& why);
  void take_headers(const InputRecord& record, size_t row);
  void set_system(const InputRecord& record, size_t row);
  void keep_old(const InputRecord& record, size_t row, bool absent);
  Value* column(size_t slot) { return columns_[slot]; }

  Source source_;
  Environment& environment_;
  Operator* next_ = nullptr;
  size_t next_input_ = 0;
  bool pairs_ = false;
  std::vector<bool> decoded_;  // by slot
  std::unique_ptr<Decoder> key_decoder_, value_decoder_;
  std::vector<size_t> key_slots_, value_slots_;  // in the order of the decoders' outputs
  std::optional<size_t> time_slot_;              // of WITH (TIMESTAMP)
  std::optional<TimePattern> time_pattern_;
  std::vector<Value*> columns_;  // by slot, of the batch that is being made
  std::vector<Value*> key_columns_, value_columns_;
  int64_t* timestamps_ = nullptr;
  Windowed* windows_ = nullptr;
  Arena* arena_ = nullptr;
  bool row_is_known_ = false;                           // whether the change at hand replaces a row
  std::unordered_map<std::string, std::string> table_;  // key's bytes to the packed row
  ChangedKeys changed_{environment_};
};

}  // namespace sl::query
