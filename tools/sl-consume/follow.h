// Reading in the order of arrival: each partition in its own order, to its end or without end.
#pragma once
#include "tools/sl-consume/run.h"

namespace sl::tools::consume {

// Prints what the assignments name, until they end, --count or --idle does, or the run is over.
aio::Task<void> follow(Run& run, std::vector<client::Assignment> assignments);

}  // namespace sl::tools::consume
