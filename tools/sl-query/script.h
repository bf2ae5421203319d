// What statements over topics have in common, whether they come from a text or from the shell: the session of SQL, the
// output, and the queries that go on.
#pragma once
#include <memory>
#include <vector>

#include "query/session.h"
#include "tools/common/output.h"
#include "tools/common/session.h"
#include "tools/common/stop.h"
#include "tools/sl-query/options.h"

namespace sl::tools::query {

struct Script {
  Session& session;
  const Options& options;
  Stop& stop;
  Output output;
  sl::query::Session sql;
  int exit_code = kExitOk;
  std::vector<std::shared_ptr<sl::query::Plan>> started;
  // In the shell a signal ends the SELECT at hand; queries that go on end when the shell is left.
  bool shell = false;
  bool left = false;

  Script(Session& s, const Options& o, Stop& st, sl::query::Settings settings)
      : session(s), options(o), stop(st), output(s.runtime), sql(std::move(settings)) {}
  // Whether queries that go on come to their end.
  bool leaving() const { return left || ((!shell || options.until_end) && stop.requested()); }
  void fail(const Error& error) {
    if (error.code == Errc::kBrokenPipe) return;
    exit_code = session.messages.error("", error);
  }
};

// Plans one statement and acts on it; a query that goes on is added to `started`. `text` must live until it returns.
aio::Task<Status> run_statement(Script& script, sl::query::StatementText text);
// Runs what was started, to its end; an error is said.
aio::Task<void> run_started(Script& script, std::shared_ptr<sl::query::Plan> plan);

}  // namespace sl::tools::query
