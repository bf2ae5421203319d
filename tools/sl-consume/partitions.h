// Which partitions are read: topics by name or expression, their partitions, and the range of each.
#pragma once
#include <vector>

#include "client/consumer.h"
#include "tools/common/session.h"
#include "tools/sl-consume/options.h"

namespace sl::tools::consume {

// As the command line says, in order of topics and partitions; their ranges may still depend on the log.
// kUnknownTopicOrPartition names what is not there.
aio::Task<Result<std::vector<client::Assignment>>> choose_partitions(Session& session, const Options& options);

// A range of one partition in offsets; `until` is exclusive.
struct Range {
  std::string topic;
  Partition partition;
  Offset from;
  Offset until;
  Offset log_start;
};
// Asks the leaders what the positions are now. What has no end gets that of the log, and with `end_at_log` nothing goes
// beyond it.
aio::Task<Result<std::vector<Range>>> resolve(Session& session, std::vector<client::Assignment> assignments,
                                              bool end_at_log);
std::vector<client::Assignment> assignments_of(const std::vector<Range>& ranges);

// "0,3,5-7" as partition numbers, of `count`; empty: all. kUsage, kUnknownTopicOrPartition.
Result<std::vector<int32_t>> parse_partition_list(std::string_view text, int32_t count);

}  // namespace sl::tools::consume
