// OffsetsPartition: one partition of __consumer_offsets that this node leads: the groups that it owns, kept equal to
// its log. Requests go through the state machine (groups.h), and this follows the rule of outcome.h: answers leave at
// once, every append becomes one batch, and its fate is told in the order of the log.
//
// What is hard is what lies between: a request may wait for minutes (a join) while its client hangs up, a write may
// take back batches that were already queued, and the partition may move away under all of them.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>

#include "aio/event.h"
#include "aio/runtime.h"
#include "base/buffer.h"
#include "base/log.h"
#include "group/groups.h"
#include "group/stored_groups.h"
#include "replica/partition.h"

namespace sl::group {

// A request that waits for its answer. Whoever asked may stop waiting, as when its client hangs up: the answer is then
// for nobody, what was asked for happens none the less.
class Question {
 public:
  explicit Question(aio::Runtime& runtime) : runtime_(runtime) {}
  Question(const Question&) = delete;
  void settle(Answer answer) {
    answer_ = std::move(answer);
    wake();
  }
  void abandon() {
    abandoned_ = true;
    wake();
  }
  // co_await question: true where there is an answer.
  bool await_ready() const noexcept { return answer_ || abandoned_; }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }
  bool await_resume() noexcept { return answer_.has_value(); }
  template <class Body>
  Body take() {
    return std::get<Body>(std::move(answer_->body));
  }

 private:
  void wake() {
    if (waiter_) runtime_.post(std::exchange(waiter_, {}));
  }
  aio::Runtime& runtime_;
  std::optional<Answer> answer_;
  bool abandoned_ = false;
  std::coroutine_handle<> waiter_;
};

// What the partitions of one coordinator share. Outlives them.
struct CoordinatorShard {
  aio::Runtime& runtime;
  Logger& logger;
  BufferPool& buffers;
  kv::Store& index;
  const GroupSettings& settings;
  const Topics& topics;
  // Some group's next deadline has become this, monotonic ms.
  std::function<void(int64_t)> deadline;
};

class OffsetsPartition {
 public:
  OffsetsPartition(CoordinatorShard& shard, std::shared_ptr<replica::Partition> log);
  ~OffsetsPartition();
  OffsetsPartition(const OffsetsPartition&) = delete;

  // Takes the groups out of the index and what came later out of the log. Once; an error leaves it closed.
  aio::Task<Status> load();
  // Whether requests may be asked.
  bool active() const { return state_ == State::kActive; }
  // Until load() has ended. kCoordinatorLoadInProgress never comes of it: people wait at a prompt, and a load is short.
  aio::Task<Status> loaded();
  // The replica and the leadership that these groups belong to.
  bool belongs_to(const replica::Partition& log) const { return log_.get() == &log; }

  // Groups as they are now, for whoever only reads. Active ones.
  const Groups& groups() const { return groups_; }

  // Asks the state machine: `request(Groups&, RequestId, Now, Outcome&)`. `question` is settled, now or later, unless
  // it is withdrawn. Only where active().
  template <class Request>
  RequestId ask(Question& question, Request request) {
    RequestId id = ++last_request_;
    questions_.emplace(id, &question);
    Outcome out;
    request(groups_, id, now(), out);
    carry_out(std::move(out));
    return id;
  }
  void withdraw(RequestId request) { questions_.erase(request); }
  // Changes that nobody asked for: sessions that ran out, offsets that expired, topics that are gone.
  template <class Change>
  void change(Change change) {
    Outcome out;
    change(groups_, now(), out);
    carry_out(std::move(out));
  }
  int64_t next_deadline_ms() const { return active() ? groups_.next_deadline_ms() : kNever; }

  // Stores the groups in the index, where enough has come since the last time, or anything at all with `all`; not while
  // some of them are in the middle of a change.
  aio::Task<void> store(bool all);
  // Another node leads now, or the daemon stops: whoever waits is told `error`. Returns when nothing runs here any
  // more.
  aio::Task<void> close(Errc error);

 private:
  enum class State : uint8_t { kLoading, kActive, kClosed };
  // An append whose fate is not told yet.
  struct Pending {
    std::string group;
    Source source = Source::kOffsets;
    uint64_t ticket = 0;
    Errc error = Errc::kNone;
    std::shared_ptr<replica::Durability> durability;  // none where the append itself failed
  };
  Now now() const { return {shard_.runtime.mono_ms(), shard_.runtime.wall_ms()}; }
  void carry_out(Outcome out);
  void append(Append append);
  Result<storage::CheckedBatch> checked_batch(const std::vector<Record>& records);
  aio::Task<std::optional<StoredGroups>> take_stored();
  aio::Task<void> tell_fates();
  void apply_batch(record::BatchView batch, record::Decompressor& decompressor);

  CoordinatorShard& shard_;
  std::shared_ptr<replica::Partition> log_;
  Groups groups_;
  State state_ = State::kLoading;
  std::unordered_map<RequestId, Question*> questions_;
  RequestId last_request_ = 0;
  std::deque<Pending> pending_;
  bool telling_ = false;
  Offset stored_;  // up to where the index knows
  bool storing_ = false;
  aio::Event loaded_;
  aio::TaskGroup tasks_;
};

}  // namespace sl::group
