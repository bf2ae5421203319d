// Executor: records handed to a command, one by one or in batches, one run at a time. What a run that ended well was
// given counts as delivered; what fails for good goes to the dead-letter topic, or ends everything.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/sl-consume/dead_letters.h"
#include "tools/sl-consume/run.h"

namespace sl::tools::consume {

class Executor {
 public:
  // `delivery` is null where no group keeps the place. Both must outlive it.
  Executor(Run& run, Delivery* delivery);
  Executor(const Executor&) = delete;
  // Whether the dead-letter topic is there.
  aio::Task<Status> open();

  // Takes a record, unless it passes no filter; true where the next thing is to run().
  bool add(const RecordContext& context, const record::RecordView& record, size_t place);
  // There is nothing more before `next`.
  void pass(size_t place, Offset next);
  // Runs the command for what was taken. An error that stays ends the run.
  aio::Task<void> run();
  // An incomplete batch has waited long enough at that time; negative: there is none.
  int64_t due_ms() const { return count_ > 0 ? first_ms_ + kBatchWaitMs : -1; }
  void interrupt() { pause_.cancel(); }
  aio::Task<void> close();

  static constexpr int64_t kBatchWaitMs = 1'000;

 private:
  aio::Task<std::string> attempt();
  void settle();
  Error failed(const std::string& reason, int attempts) const;

  Run& run_;
  const CommandFlags& flags_;
  Delivery* delivery_;
  const bool value_only_;
  aio::Timer pause_;
  std::optional<DeadLetters> dead_letters_;
  // What the next run is given.
  std::string text_;
  std::vector<std::string> environment_;
  int32_t count_ = 0;
  int64_t first_ms_ = 0;
  std::string first_name_;  // of the first record, for messages
  std::vector<KeptRecord> kept_;
  std::map<size_t, Offset> reached_;  // by place
};

}  // namespace sl::tools::consume
