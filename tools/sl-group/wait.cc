// wait: until groups have little left to read and nobody is about to lose or to get a partition.
#include "tools/common/exit_code.h"
#include "tools/sl-group/lag.h"
#include "tools/sl-group/verbs.h"

namespace sl::tools::group {
namespace {

constexpr int64_t kLookAgainMs = 200;

// What is still missing, in words; empty where nothing is.
std::string missing(const std::vector<GroupLag>& lags, int64_t lag_max) {
  for (const auto& lag : lags) {
    int64_t records = lag.records().value_or(0);
    if (records > lag_max) return fmt::format("'{}' has a lag of {}", lag.group.name, counted(records, "record"));
    if (!lag.group.settled()) return fmt::format("'{}' is rebalancing ({})", lag.group.name, lag.group.state);
  }
  return {};
}

}  // namespace

aio::Task<int> wait(Session& session, const Shared& shared, const WaitOptions& options) {
  int64_t give_up_ns = session.runtime.mono_ns() + options.deadline_ms * 1'000'000;
  aio::Timer pause(session.runtime.timers());
  for (;;) {
    auto lags = co_await load_lags(session, shared.timeout_ms, options.names, false);
    if (!lags) co_return session.messages.error("wait", lags.error());
    int exit_code = say_errors(session.messages, "wait for", *lags);
    if (exit_code != kExitOk) co_return exit_code;
    std::string what = missing(*lags, options.lag);
    if (what.empty()) co_return kExitOk;
    session.messages.debug("{}", what);
    if (options.deadline_ms >= 0 && session.runtime.mono_ns() + kLookAgainMs * 1'000'000 >= give_up_ns) {
      Error why{Errc::kConditionNotMet, what + " still"};
      co_return session.messages.error("wait", why);
    }
    co_await pause.wait_ms(kLookAgainMs);
  }
}

}  // namespace sl::tools::group
