// --stdin: a query over the lines of standard input, without a daemon.
#pragma once
#include "tools/common/stop.h"
#include "tools/sl-query/options.h"

namespace sl::tools::query {

// The exit code. `sql` is the text of the statements.
int run_stdin(const Options& options, const std::string& sql, Messages& messages, Stop& stop, bool& broken_pipe);

}  // namespace sl::tools::query
