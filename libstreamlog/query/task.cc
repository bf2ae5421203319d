#include "query/task.h"

#include "query/rewrite.h"

namespace sl::query {

// Hands rows to the caller.
class Task::Last final : public Operator {
 public:
  explicit Last(Task& task) : task_(task) {}
  Status process(size_t, const Batch& batch) override { return task_.output_ ? task_.output_(batch) : Status(); }

 private:
  Task& task_;
};

namespace {

// Which of `columns` an expression reads.
void mark(const Expression& expression, const std::vector<Slot>& columns, Wanted& wanted) {
  Scope scope(columns);
  walk(expression, [&](const Expression& part) {
    if (part.kind != Expression::Kind::kColumn) return false;
    if (auto slot = scope.find(part); slot.ok()) wanted[*slot] = true;
    return false;
  });
}

}  // namespace

Task::~Task() = default;

Result<std::unique_ptr<Task>> Task::make(const Plan& plan, const Settings& settings, Random* random,
                                         Complaints* complaints) {
  std::unique_ptr<Task> task(new Task);
  task->random_ = random;
  task->environment_.complaints = complaints;
  task->environment_.limits = settings.aggregate_limits;
  task->last_ = std::make_unique<Last>(*task);
  Wanted all(plan.root->columns.size(), true);
  SL_CHECK(task->build(*plan.root, all, false, task->last_.get(), 0, settings.window_idle_close_ms));
  return task;
}

Result<Operator*> Task::add(OperatorPtr made, Operator* next, size_t input) {
  made->set_next(next, input);
  operators_.push_back(std::move(made));
  return operators_.back().get();
}

// From the result to the sources, so that each step knows what is asked of it: which columns, and whether with old
// rows.
Status Task::build(const PlanNode& node, const Wanted& wanted, bool pairs, Operator* next, size_t input,
                   int64_t idle_close_ms) {
  if (node.kind == PlanNode::Kind::kSource) {
    SL_TRY(auto stage, SourceStage::make(node, wanted, pairs && node.table, environment_));
    stage->set_next(next, input);
    stages_.push_back(std::move(stage));
    return {};
  }
  if (node.kind == PlanNode::Kind::kJoin) {
    const auto& left = *node.inputs[0];
    const auto& right = *node.inputs[1];
    Wanted left_wanted(left.columns.size()), right_wanted(right.columns.size());
    for (size_t i = 0; i < left.columns.size(); ++i) left_wanted[i] = wanted[1 + i];
    for (size_t i = 0; i < right.columns.size(); ++i) right_wanted[i] = wanted[1 + left.columns.size() + i];
    mark(*node.left_key, left.columns, left_wanted);
    mark(*node.right_key, right.columns, right_wanted);
    if (node.foreign_key)
      for (const auto& part : left.key) left_wanted[part.slots[0]] = true;
    auto make = !left.table        ? (right.table ? make_stream_table_join : make_stream_stream_join)
                : node.foreign_key ? make_foreign_key_join
                                   : make_table_table_join;
    JoinInputs inputs{left_wanted, right_wanted, wanted};
    SL_TRY(auto made, make(node, inputs, environment_));
    SL_TRY(auto* join, add(std::move(made), next, input));
    SL_CHECK(build(left, left_wanted, true, join, 0, idle_close_ms));
    return build(right, right_wanted, true, join, 1, idle_close_ms);
  }
  const auto& below = *node.inputs[0];
  Wanted below_wanted(below.columns.size());
  OperatorPtr made;
  bool below_pairs = pairs;
  if (node.kind == PlanNode::Kind::kProject) {
    for (size_t i = 0; i < node.expressions.size(); ++i)
      if (wanted[i]) mark(*node.expressions[i], below.columns, below_wanted);
    SL_TRY(made, make_project(node, wanted, environment_));
  } else if (node.kind == PlanNode::Kind::kAggregate) {
    for (const auto& expression : node.expressions) mark(*expression, below.columns, below_wanted);
    for (const auto& call : node.aggregates) mark(*call, below.columns, below_wanted);
    below_pairs = true;
    bool session = node.windowing && node.windowing->kind == Window::Kind::kSession;
    SL_TRY(made, session ? make_session_aggregate(node, environment_, idle_close_ms)
                         : make_aggregate(node, environment_, idle_close_ms));
  } else {
    // These hand their input's columns on.
    for (size_t i = 0; i < below.columns.size(); ++i) below_wanted[i] = wanted[i];
    for (const auto& expression : node.expressions) mark(*expression, below.columns, below_wanted);
    if (node.condition) mark(*node.condition, below.columns, below_wanted);
    if (node.kind == PlanNode::Kind::kFilter) {
      below_pairs = true;
      SL_TRY(made, make_filter(node, environment_));
    } else if (node.kind == PlanNode::Kind::kRekey) {
      SL_TRY(made, make_rekey(node, wanted, environment_));
    } else {
      SL_TRY(made, make_explode(node, wanted, environment_));
    }
  }
  SL_TRY(auto* self, add(std::move(made), next, input));
  return build(below, below_wanted, below_pairs, self, 0, idle_close_ms);
}

Batch Task::like(int64_t now_ms) {
  arena_.reset();
  Batch out;
  out.arena = &arena_;
  out.now_ms = now_ms;
  out.random = random_;
  return out;
}

Status Task::push(size_t source, std::span<const InputRecord> records, int64_t now_ms) {
  if (records.empty()) return {};
  return stages_[source]->process(records, like(now_ms));
}

// Steps nearer to the sources first, as what they close goes through the later ones.
Status Task::finish(int64_t now_ms) {
  for (size_t i = operators_.size(); i-- > 0;) SL_CHECK(operators_[i]->finish(like(now_ms)));
  return {};
}

Status Task::idle(int64_t now_ms) {
  for (size_t i = operators_.size(); i-- > 0;) SL_CHECK(operators_[i]->idle(like(now_ms), now_ms));
  return {};
}

namespace {

// Puts the number of the operator before its keys.
class Numbered final : public StateWriter {
 public:
  Numbered(StateWriter& inner, size_t number) : inner_(inner), prefix_(1, static_cast<char>(number)) {}
  void put(std::string_view key, std::string_view value) override { inner_.put(prefix_ + std::string(key), value); }
  void erase(std::string_view key) override { inner_.erase(prefix_ + std::string(key)); }
  void erase_prefix(std::string_view prefix) override { inner_.erase_prefix(prefix_ + std::string(prefix)); }

 private:
  StateWriter& inner_;
  std::string prefix_;
};

}  // namespace

void Task::save(StateWriter& writer) {
  size_t number = 0;
  for (auto& stage : stages_) {
    Numbered numbered(writer, number++);
    stage->save(numbered);
  }
  for (auto& one : operators_) {
    Numbered numbered(writer, number++);
    one->save(numbered);
  }
}

Status Task::restore(std::string_view key, std::string_view value) {
  const Error damaged{Errc::kCorrupt, "the saved state is of no operator of this plan"};
  if (key.empty()) return damaged;
  size_t number = static_cast<unsigned char>(key[0]);
  key.remove_prefix(1);
  if (number < stages_.size()) return stages_[number]->restore(key, value);
  number -= stages_.size();
  return number < operators_.size() ? operators_[number]->restore(key, value) : Status(damaged);
}

}  // namespace sl::query
