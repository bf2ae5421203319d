// Operators: the steps of a plan, running. A batch is pushed through them from the sources to the result; each passes
// on what it makes before it returns. An operator's state is what state.h can save and restore.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "query/aggregate.h"
#include "query/batch.h"
#include "query/plan.h"
#include "query/state.h"

namespace sl::query {

// What did not become a row, and why. Nothing is dropped without being counted here.
struct Counters {
  uint64_t rows_in = 0;
  uint64_t rows_out = 0;
  uint64_t bad_records = 0;  // could not be decoded, or had no usable timestamp or key
  uint64_t bad_values = 0;   // an expression failed for a row
  uint64_t late_rows = 0;    // behind their window's grace
};

// Where a bad record lies; a caller keeps it in a dead-letter topic or prints it.
struct BadRecord {
  std::string_view source;
  int32_t partition = 0;
  int64_t offset = 0;
  std::string_view why;
};
class Complaints {
 public:
  virtual ~Complaints() = default;
  virtual void bad_record(const BadRecord& record) = 0;
  // An expression of a row that counts otherwise.
  virtual void bad_value(std::string_view why) = 0;
};

struct Environment {
  Counters counters;
  Complaints* complaints = nullptr;  // may be null
  AggregateLimits limits;
  // Whether somebody will save(): only then do operators note what changed.
  bool tracks_changes = false;

  void complain(std::string_view why) {
    ++counters.bad_values;
    if (complaints) complaints->bad_value(why);
  }
};

class Operator {
 public:
  virtual ~Operator() = default;
  // Rows from input `input`. An error ends the query.
  virtual Status process(size_t input, const Batch& batch) = 0;
  // Closes what the end of a finite input closes: every window that EMIT FINAL still holds.
  virtual Status finish(const Batch& like);
  // Closes windows for which no row has come for as long as window.idle.close.ms says.
  virtual Status idle(const Batch& like, int64_t now_ms);
  virtual void save(StateWriter&) {}
  virtual Status restore(std::string_view key, std::string_view value);

  void set_next(Operator* next, size_t input) {
    next_ = next;
    next_input_ = input;
  }

 protected:
  Status pass_on(const Batch& batch) {
    if (batch.rows == 0) return {};
    return next_->process(next_input_, batch);
  }

 private:
  Operator* next_ = nullptr;
  size_t next_input_ = 0;
};
using OperatorPtr = std::unique_ptr<Operator>;

// One for each step (operators_*.cc). `wanted` says which of the step's columns somebody reads.
using Wanted = std::vector<bool>;
Result<OperatorPtr> make_filter(const PlanNode& node, Environment& environment);
Result<OperatorPtr> make_rekey(const PlanNode& node, const Wanted& wanted, Environment& environment);
Result<OperatorPtr> make_explode(const PlanNode& node, const Wanted& wanted, Environment& environment);
Result<OperatorPtr> make_project(const PlanNode& node, const Wanted& wanted, Environment& environment);
Result<OperatorPtr> make_aggregate(const PlanNode& node, Environment& environment, int64_t idle_close_ms);
Result<OperatorPtr> make_session_aggregate(const PlanNode& node, Environment& environment, int64_t idle_close_ms);
// By side, and of the joined row.
struct JoinInputs {
  Wanted left, right, joined;
};
Result<OperatorPtr> make_stream_stream_join(const PlanNode& node, const JoinInputs& wanted, Environment& environment);
Result<OperatorPtr> make_stream_table_join(const PlanNode& node, const JoinInputs& wanted, Environment& environment);
Result<OperatorPtr> make_table_table_join(const PlanNode& node, const JoinInputs& wanted, Environment& environment);
Result<OperatorPtr> make_foreign_key_join(const PlanNode& node, const JoinInputs& wanted, Environment& environment);

}  // namespace sl::query
