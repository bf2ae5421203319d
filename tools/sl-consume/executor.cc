#include "tools/sl-consume/executor.h"

#include <algorithm>

namespace sl::tools::consume {
namespace {

// A batch of large records runs sooner.
constexpr size_t kTextMax = 4 << 20;
constexpr int64_t kFirstPauseMs = 100;
constexpr int64_t kPauseMsMax = 10'000;
// Linux takes no longer string into an environment, and C strings end at a zero byte.
constexpr size_t kVariableMax = 100 << 10;

void add_variable(std::vector<std::string>& environment, std::string name, std::string_view value) {
  if (value.find('\0') != value.npos || value.size() > kVariableMax) return;
  environment.push_back(std::move(name) + "=" + std::string(value));
}

std::vector<std::string> environment_of(const RecordContext& context, const record::RecordView& record) {
  std::vector<std::string> environment;
  add_variable(environment, "SL_TOPIC", context.topic);
  add_variable(environment, "SL_PARTITION", std::to_string(context.partition.value));
  add_variable(environment, "SL_OFFSET", std::to_string(record.offset.value));
  add_variable(environment, "SL_TIMESTAMP", std::to_string(record.timestamp_ms));
  if (record.key) add_variable(environment, "SL_KEY", as_text(*record.key));
  record::HeaderCursor headers = record.headers();
  size_t bytes = 0;
  while (auto header = headers.next()) {
    if (!header->value) continue;
    std::string name(header->name);
    auto usual = [](char c) { return ('0' <= c && c <= '9') || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z'); };
    std::replace_if(
        name.begin(), name.end(), [&](char c) { return !usual(c); }, '_');
    bytes += name.size() + header->value->size();
    if (bytes > kVariableMax) break;
    add_variable(environment, "SL_H_" + name, as_text(*header->value));
  }
  return environment;
}

// A record goes to a command of its own as its value and nothing else, unless a format was asked for.
bool shows_values_only(const Options& o) {
  return o.exec.batch == 0 && !o.json && !o.format && !o.key_delimiter && !o.show_offset;
}

std::string reason_of(const Result<aio::ProcessEnd>& end) {
  if (!end) return error_text(end.error());
  if (end->signal != 0) return fmt::format("signal {}", end->signal);
  return end->exit_code == 0 ? "" : fmt::format("exit {}", end->exit_code);
}

}  // namespace

Executor::Executor(Run& run, Delivery* delivery)
    : run_(run),
      flags_(run.options.exec),
      delivery_(delivery),
      value_only_(shows_values_only(run.options)),
      pause_(run.session.runtime.timers()) {
  if (flags_.dead_letter) dead_letters_.emplace(run.session.cluster, *flags_.dead_letter);
}

aio::Task<Status> Executor::open() {
  if (dead_letters_) co_return co_await dead_letters_->open();
  co_return Status();
}

aio::Task<void> Executor::close() {
  if (dead_letters_) co_await dead_letters_->close();
}

bool Executor::add(const RecordContext& context, const record::RecordView& record, size_t place) {
  bool passed;
  if (value_only_) {
    passed = run_.printer.admit(record);
    if (passed && record.value) text_ = as_text(*record.value);
  } else {
    passed = run_.printer.append(text_, context, record);
  }
  if (!passed) {
    pass(place, record.offset + 1);
    return false;
  }
  reached_[place] = record.offset + 1;
  if (count_++ == 0) {
    first_ms_ = run_.session.runtime.mono_ms();
    first_name_ = fmt::format("{} [{}] offset {}", context.topic, context.partition.value, record.offset.value);
  }
  if (flags_.batch == 0) environment_ = environment_of(context, record);
  if (dead_letters_) kept_.emplace_back(context, record);
  return count_ >= std::max(flags_.batch, 1) || text_.size() >= kTextMax;
}

void Executor::pass(size_t place, Offset next) {
  reached_[place] = next;
  if (count_ == 0) settle();
}

void Executor::settle() {
  for (auto [place, next] : reached_)
    if (delivery_) delivery_->done(place, next);
  reached_.clear();
  kept_.clear();
  text_.clear();
  environment_.clear();
  count_ = 0;
}

// Why it failed; empty where it did not.
aio::Task<std::string> Executor::attempt() {
  aio::ProcessCall call;
  call.words = {"/bin/sh", "-c", *flags_.text};
  call.environment = environment_;
  call.input = as_bytes(text_);
  auto end = co_await run_.session.runtime.run_process(std::move(call));
  co_return reason_of(end);
}

Error Executor::failed(const std::string& reason, int attempts) const {
  std::string what = count_ == 1 ? first_name_ : fmt::format("{} records from {} on", count_, first_name_);
  std::string times = attempts == 1 ? "" : fmt::format(" {} times", attempts);
  std::string rest = delivery_ ? "; that is not committed" : "";
  return Error{Errc::kIo, fmt::format("the command failed{} ({}) for {}{}", times, reason, what, rest)};
}

aio::Task<void> Executor::run() {
  if (count_ == 0 || run_.over()) co_return;
  std::string reason;
  int attempts = 0;
  for (int64_t pause_ms = kFirstPauseMs;; pause_ms = std::min(2 * pause_ms, kPauseMsMax)) {
    reason = co_await attempt();
    ++attempts;
    if (reason.empty()) co_return settle();
    // A terminal's Ctrl-C ends the command too, and so does a reader of its output that goes away: no failure of it.
    if (run_.stopped()) co_return;
    if (run_.output.reader_has_gone()) {
      run_.output.abandon();
      co_return run_.end();
    }
    if (attempts > flags_.retries) break;
    run_.session.messages.verbose("{}; trying again", failed(reason, attempts).context);
    co_await pause_.wait_ms(pause_ms);
    if (run_.stopped()) co_return;
  }
  if (!dead_letters_) co_return run_.fail(failed(reason, attempts));
  FailedCommand why{reason, attempts, run_.options.group.name.value_or("")};
  Status stored = co_await dead_letters_->put(kept_, why);
  if (!stored) {
    Error error{stored.code(), fmt::format("cannot write to the dead-letter topic '{}': {}", *flags_.dead_letter,
                                           error_text(stored.error()))};
    co_return run_.fail(error);
  }
  run_.session.messages.notice("{} went to '{}': the command failed ({})", first_name_, *flags_.dead_letter, reason);
  settle();
}

}  // namespace sl::tools::consume
