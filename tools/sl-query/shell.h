// The interactive shell: statements as they are typed, each run when its semicolon is there.
#pragma once
#include "tools/common/session.h"
#include "tools/common/stop.h"
#include "tools/sl-query/options.h"

namespace sl::tools::query {

// The exit code. Ctrl-C ends a SELECT or gives up what is typed; Ctrl-D, `exit` and `quit` leave, which ends the
// queries that were started.
aio::Task<int> run_shell(Session& session, const Options& options, Stop& stop);

}  // namespace sl::tools::query
