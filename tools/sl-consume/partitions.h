// Which partitions are read: topics by name or expression, their partitions, and the range of each.
#pragma once
#include <optional>
#include <vector>

#include "client/consumer.h"
#include "tools/common/partition_list.h"
#include "tools/common/session.h"
#include "tools/sl-consume/options.h"

namespace sl::tools::consume {

// As the command line says, in order of topics and partitions; their ranges may still depend on the log.
// kUnknownTopicOrPartition names what is not there.
aio::Task<Result<std::vector<client::Assignment>>> choose_partitions(Session& session, const Options& options);

// The topics by name or expression. kUsage.
Result<client::Subscription> subscription_to(const Options& options);
// What is read besides as it comes to be: nothing where the user named partitions or an end. After choose_partitions().
std::optional<client::Subscription> subscription_of(const Options& options);

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
// Where a reader that ends at the log's end would begin behind it: says so. Without that end it is an error.
void say_if_beyond(Messages& messages, const client::Assignment& of, Offset from, Offset log_end);
std::vector<client::Assignment> assignments_of(const std::vector<Range>& ranges);

}  // namespace sl::tools::consume
