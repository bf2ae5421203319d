// Reading in the order of time: --merge time and --tail. Ranges that end, from an offset to an offset.
#pragma once
#include "tools/sl-consume/run.h"

namespace sl::tools::consume {

// Prints the ranges merged by time, without the first `skip` records.
aio::Task<void> print_merged(Run& run, std::vector<Range> ranges, int64_t skip = 0);

// Prints the last `count` records of all partitions together, then, unless -e was given, what comes after them.
aio::Task<void> print_tail(Run& run, std::vector<client::Assignment> assignments, int64_t count);

}  // namespace sl::tools::consume
