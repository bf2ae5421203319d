// check: whether groups keep up, as an exit code.
#include "tools/common/exit_code.h"
#include "tools/sl-group/lag.h"
#include "tools/sl-group/verbs.h"

namespace sl::tools::group {
namespace {

// What is wrong with a group, in words; empty where nothing is.
std::string excess(const GroupLag& lag, const CheckOptions& options) {
  int64_t records = lag.records().value_or(0);
  if (options.max_lag && records > *options.max_lag)
    return fmt::format("its lag is {}, more than {}", counted(records, "record"), *options.max_lag);
  if (options.max_lag_ms < 0) return {};
  auto waiting_ms = lag.waiting_ms();
  if (!waiting_ms) return "a record that is not read has no timestamp, so its age is not known";
  if (*waiting_ms > options.max_lag_ms)
    return fmt::format("the oldest record that is not read is of {} s ago", static_cast<double>(*waiting_ms) / 1000);
  return {};
}

}  // namespace

aio::Task<int> check(Session& session, const Shared& shared, const CheckOptions& options) {
  if (!options.max_lag && options.max_lag_ms < 0) {
    Error why{Errc::kUsage, "say what to check: --max-lag, --max-lag-time or both"};
    co_return session.messages.error("check", why);
  }
  auto lags = co_await load_lags(session, shared.timeout_ms, options.names, options.max_lag_ms >= 0);
  if (!lags) co_return session.messages.error("check", lags.error());
  int exit_code = say_errors(session.messages, "check", *lags);
  for (const auto& lag : *lags) {
    if (lag.group.error.code != Errc::kNone) continue;
    std::string why = excess(lag, options);
    if (why.empty()) continue;
    Error not_met{Errc::kConditionNotMet, std::move(why)};
    int code = session.messages.error(fmt::format("'{}'", lag.group.name), not_met);
    exit_code = merge_exit_codes(exit_code, code);
  }
  co_return exit_code;
}

}  // namespace sl::tools::group
