// A task: a plan that runs. Records of its sources go in, rows or records come out, one thread, no I/O. Its state can
// be saved entry by entry and given back to a new task of the same plan.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "query/operator.h"
#include "query/settings.h"
#include "query/source_stage.h"

namespace sl::query {

class Task {
 public:
  // Takes what the plan's root makes: its columns by index. The batch lives until it returns.
  using Output = std::function<Status(const Batch&)>;
  // The plan must outlive the task; `random` and `complaints` may be null.
  static Result<std::unique_ptr<Task>> make(const Plan& plan, const Settings& settings, Random* random,
                                            Complaints* complaints);
  ~Task();

  void set_output(Output output) { output_ = std::move(output); }
  // The sources in the plan's order; a source that is joined with itself stands there twice.
  size_t sources() const { return stages_.size(); }
  const Source& source(size_t i) const { return stages_[i]->source(); }

  Status push(size_t source, std::span<const InputRecord> records, int64_t now_ms);
  // A finite input is over: every open window closes.
  Status finish(int64_t now_ms);
  // No record has come for a while (window.idle.close.ms).
  Status idle(int64_t now_ms);

  // Before the first push, where the state will be saved.
  void track_changes() { environment_.tracks_changes = true; }
  // Entries changed since the last save; keys begin with the number of the operator.
  void save(StateWriter& writer);
  Status restore(std::string_view key, std::string_view value);

  Environment& environment() { return environment_; }
  const Counters& counters() const { return environment_.counters; }
  // Of memory for the batch at hand.
  size_t scratch_bytes() const { return arena_.bytes(); }

 private:
  class Last;
  Task() = default;
  Result<Operator*> add(OperatorPtr made, Operator* next, size_t input);
  Status build(const PlanNode& node, const Wanted& wanted, bool pairs, Operator* next, size_t input,
               int64_t idle_close_ms);
  Batch like(int64_t now_ms);

  Environment environment_;
  Arena arena_;
  Random* random_ = nullptr;
  Output output_;
  std::unique_ptr<Last> last_;
  std::vector<OperatorPtr> operators_;
  std::vector<std::unique_ptr<SourceStage>> stages_;
};

}  // namespace sl::query
