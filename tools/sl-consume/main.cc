// sl-consume: records of topics onto standard output. Here are its frame, the choice of the way to read, and its end.
#include <algorithm>

#include "tools/common/command_line.h"
#include "tools/common/exit_code.h"
#include "tools/sl-consume/follow.h"
#include "tools/sl-consume/follow_group.h"
#include "tools/sl-consume/merged.h"

namespace {

using namespace sl;
using namespace sl::tools;
using namespace sl::tools::consume;

// What main() knows when the cluster is closed.
struct Ending {
  Stop stop;
  bool broken_pipe = false;
};

void say_outage(Session& session, const aio::Address& node, const Error* why) {
  if (why)
    session.messages.notice("broker {} has gone, trying again: {}", node.text(), error_text(*why));
  else
    session.messages.notice("broker {} is back", node.text());
}

aio::Task<void> read_all(Run& run) {
  const Options& options = run.options;
  auto chosen = co_await choose_partitions(run.session, options);
  if (!chosen) co_return run.fail(chosen.error());
  if (options.group.name) {
    auto subscription = subscription_to(options);
    if (!subscription) co_return run.fail(subscription.error());
    co_await follow_group(run, *std::move(subscription));
  } else if (options.tail) {
    co_await print_tail(run, *std::move(chosen), *options.tail);
  } else if (options.merge_by_time || (options.exit_at_end && options.range.to)) {
    auto ranges = co_await resolve(run.session, *std::move(chosen), options.exit_at_end);
    if (!ranges) co_return run.fail(ranges.error());
    if (options.merge_by_time) {
      co_await print_merged(run, *std::move(ranges));
    } else {
      co_await follow(run, assignments_of(*ranges));
    }
  } else {
    co_await follow(run, *std::move(chosen));
  }
}

aio::Task<int> consume_all(Session& session, const Options& options, Printer& printer, Ending& ending) {
  session.cluster.on_outage = [&session](const aio::Address& node, const Error* why) {
    say_outage(session, node, why);
  };
  Output output(session.runtime);
  Run run(session, options, printer, output, ending.stop);
  if (!printer.enough()) co_await read_all(run);
  auto written = co_await output.flush();
  if (!written && output.status().code() != Errc::kBrokenPipe && run.exit_code() == kExitOk) run.fail(written.error());
  ending.broken_pipe = output.status().code() == Errc::kBrokenPipe;
  co_await run.close();
  co_return run.exit_code();
}

int consume_main(Options& options, Messages& messages, Ending& ending) {
  bool only_shows = shows_settings(options.common.brokers);
  if (auto checked = check(options); !checked && !only_shows) return messages.error("", checked.error());
  auto printer = Printer::make(options);
  if (!printer) return messages.error("--format", printer.error());
  return with_cluster(
      options.common, messages, options.timeout_ms,
      [&](Session& session) { return consume_all(session, options, *printer, ending); }, known_settings(options));
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  ignore_sigpipe();
  Messages messages = Messages::to_stderr("sl-consume");
  Options options;
  Ending ending;
  CommandLine cli("sl-consume", "Print the records of topics.");
  declare(cli.root(), options);
  cli.root().action([&] { return consume_main(options, messages, ending); });
  int exit_code = cli.run(argc, argv);
  ending.stop.die_if_requested();
  if (ending.broken_pipe) die_by_sigpipe();
  return exit_code;
}
