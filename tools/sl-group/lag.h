// What a group has left to read: of each partition that it has committed or that a member is assigned, the records
// between its position and the end of the log, and for how long the first of them has been waiting.
//
// What is hard is to be exact where something is missing. Where nothing is committed, or only what was deleted since,
// the position is the start of the log. Of a topic that is gone nothing is left to read.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "client/group_admin.h"
#include "tools/common/session.h"

namespace sl::tools::group {

struct PartitionLag {
  client::TopicPartition where;
  std::optional<Offset> committed;
  std::optional<Offset> start, end;   // of the log; none where the partition is gone, or `error` says why
  int64_t lag = 0;                    // records; offsets that compaction emptied count too
  std::optional<int64_t> waiting_ms;  // the age of the first record not read; 0 where there is none
  std::optional<size_t> member;       // of the group's members, which it is assigned
  Error error;                        // the log could not be asked: `lag` is not known
};

struct GroupLag {
  client::GroupDescription group;        // its error says that there is nothing else
  std::vector<PartitionLag> partitions;  // by topic and partition
  // Over all partitions; none where one is not known.
  std::optional<int64_t> records() const;
  std::optional<int64_t> waiting_ms() const;  // of the partition that waits longest
};

// In the order of `names`. `times` says whether to fetch the records whose age is asked for. Fails where the cluster
// cannot be asked at all.
aio::Task<Result<std::vector<GroupLag>>> load_lags(Session& session, int64_t timeout_ms, std::vector<std::string> names,
                                                   bool times);

// Says what is wrong with groups and partitions; the exit code. `what` is "describe" or the like.
int say_errors(Messages& messages, std::string_view what, const std::vector<GroupLag>& lags);

}  // namespace sl::tools::group
