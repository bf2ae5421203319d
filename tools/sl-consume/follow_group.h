// Reading as a member of a group: partitions come and go, and what was delivered is committed.
#pragma once
#include "tools/sl-consume/run.h"

namespace sl::tools::consume {

// Joins, reads what it is assigned until --count, -e or --idle ends it, or the run is over; commits and leaves.
aio::Task<void> follow_group(Run& run, client::Subscription subscription);

}  // namespace sl::tools::consume
