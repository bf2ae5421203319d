// Statements over the topics of a cluster, one after the other.
#pragma once
#include <string>

#include "tools/common/session.h"
#include "tools/common/stop.h"
#include "tools/sl-query/options.h"

namespace sl::tools::query {

// The exit code.
aio::Task<int> run_script(Session& session, const Options& options, std::string sql, Stop& stop, bool& broken_pipe);

}  // namespace sl::tools::query
