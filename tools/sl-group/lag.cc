#include "tools/sl-group/lag.h"

#include <algorithm>
#include <map>
#include <set>

#include "client/consumer.h"
#include "record/record_cursor.h"
#include "tools/common/exit_code.h"

namespace sl::tools::group {
namespace {

bool gone(Errc code) {
  return code == Errc::kUnknownTopicOrPartition || code == Errc::kUnknownTopicId;
}

std::vector<PartitionLag> partitions_of(const client::GroupDescription& group, const client::GroupOffsets& offsets) {
  std::map<client::TopicPartition, PartitionLag> partitions;
  for (const auto& offset : offsets.offsets) {
    PartitionLag& partition = partitions[{offset.topic, offset.partition}];
    if (offset.error.code == Errc::kNone)
      partition.committed = offset.offset;
    else
      partition.error = offset.error;
  }
  for (size_t i = 0; i < group.members.size(); ++i)
    for (const auto& where : group.members[i].assigned) partitions[where].member = i;
  std::vector<PartitionLag> list;
  for (auto& [where, partition] : partitions) {
    partition.where = where;
    list.push_back(std::move(partition));
  }
  return list;
}

void take_ends(PartitionLag& partition, const client::OffsetAnswer& start, const client::OffsetAnswer& end) {
  const Error& error = start.error.code != Errc::kNone ? start.error : end.error;
  if (error.code != Errc::kNone) {
    if (!gone(error.code)) partition.error = error;
    return;
  }
  partition.start = start.offset;
  partition.end = end.offset;
  Offset position = std::max(partition.committed.value_or(start.offset), start.offset);
  partition.lag = std::max<int64_t>(0, end.offset - position);
}

// Asked once of each partition, however many groups read it.
aio::Task<Status> load_ends(client::Admin& admin, std::vector<GroupLag>& lags) {
  std::map<client::TopicPartition, size_t> places;
  std::vector<client::OffsetQuery> starts, ends;
  for (const auto& lag : lags) {
    for (const auto& partition : lag.partitions) {
      if (!places.emplace(partition.where, starts.size()).second) continue;
      starts.push_back({partition.where.topic, partition.where.partition, client::Position::start()});
      ends.push_back({partition.where.topic, partition.where.partition, client::Position::end()});
    }
  }
  SL_CO_TRY(auto first, co_await admin.offsets(std::move(starts)));
  SL_CO_TRY(auto last, co_await admin.offsets(std::move(ends)));
  for (auto& lag : lags) {
    for (auto& partition : lag.partitions) {
      size_t place = places[partition.where];
      take_ends(partition, first[place], last[place]);
    }
  }
  co_return Status();
}

// The timestamp of the first record from `from` on, if there is one.
Result<std::optional<int64_t>> first_timestamp(const client::Fetched& fetched, Offset from) {
  record::Decompressor decompressor;
  for (const auto& batch : fetched.batches) {
    SL_TRY(auto cursor, record::RecordCursor::open(batch, decompressor));
    record::RecordView record;
    for (;;) {
      SL_TRY(bool more, cursor.next(record));
      if (!more) break;
      if (record.offset >= from) return std::optional<int64_t>(record.timestamp_ms);
    }
  }
  return std::optional<int64_t>();
}

// Reads of each partition that lags the first record. What `consumer` was assigned is by_index.
aio::Task<Status> read_times(client::Consumer& consumer, Session& session, int64_t timeout_ms,
                             std::vector<PartitionLag*> by_index) {
  size_t open = by_index.size();
  while (open > 0) {
    SL_CO_TRY(client::Fetched fetched, co_await consumer.next(timeout_ms));
    if (fetched.kind == client::Fetched::Kind::kFinished) co_return Status();
    if (fetched.kind == client::Fetched::Kind::kTimedOut)
      co_return Error{Errc::kRequestTimedOut, "no answer about the first record that is not read"};
    if (fetched.kind != client::Fetched::Kind::kRecords) continue;
    PartitionLag& partition = *by_index[fetched.index];
    SL_CO_TRY(auto timestamp_ms, first_timestamp(fetched, fetched.from));
    if (!timestamp_ms) continue;
    partition.waiting_ms = std::nullopt;
    if (*timestamp_ms >= 0) partition.waiting_ms = std::max<int64_t>(0, session.runtime.wall_ms() - *timestamp_ms);
    consumer.stop(fetched.index);
    --open;
  }
  co_return Status();
}

aio::Task<Status> load_times(Session& session, int64_t timeout_ms, GroupLag& lag) {
  std::vector<client::Assignment> assignments;
  std::vector<PartitionLag*> by_index;
  for (auto& partition : lag.partitions) {
    if (partition.error.code != Errc::kNone) continue;
    partition.waiting_ms = 0;
    if (partition.lag == 0) continue;
    client::Assignment& assignment = assignments.emplace_back();
    assignment.topic = partition.where.topic;
    assignment.partition = partition.where.partition;
    assignment.from = client::Position::at(*partition.end - partition.lag);
    assignment.until = client::Position::at(*partition.end);
    by_index.push_back(&partition);
  }
  if (assignments.empty()) co_return Status();
  client::ConsumerOptions options;
  options.partition_bytes_max = 64 << 10;
  options.outage_ms_max = timeout_ms;
  client::Consumer consumer(session.cluster, options);
  Status read = co_await consumer.assign(std::move(assignments));
  if (read) read = co_await read_times(consumer, session, timeout_ms, std::move(by_index));
  co_await consumer.close();
  co_return read;
}

}  // namespace

std::optional<int64_t> GroupLag::records() const {
  int64_t sum = 0;
  for (const auto& partition : partitions) {
    if (partition.error.code != Errc::kNone) return std::nullopt;
    sum += partition.lag;
  }
  return sum;
}

std::optional<int64_t> GroupLag::waiting_ms() const {
  int64_t longest = 0;
  for (const auto& partition : partitions) {
    if (!partition.waiting_ms) return std::nullopt;
    longest = std::max(longest, *partition.waiting_ms);
  }
  return longest;
}

aio::Task<Result<std::vector<GroupLag>>> load_lags(Session& session, int64_t timeout_ms, std::vector<std::string> names,
                                                   bool times) {
  client::GroupAdmin groups(session.cluster, timeout_ms);
  std::vector<client::GroupDescription> described = co_await groups.describe(names);
  std::vector<client::GroupOffsets> offsets = co_await groups.offsets(std::move(names));
  std::vector<GroupLag> lags(described.size());
  for (size_t i = 0; i < described.size(); ++i) {
    lags[i].group = std::move(described[i]);
    Error& error = lags[i].group.error;
    if (error.code == Errc::kNone) error = offsets[i].error;
    if (error.code == Errc::kNone) lags[i].partitions = partitions_of(lags[i].group, offsets[i]);
  }
  client::Admin admin(session.cluster, timeout_ms);
  SL_CO_CHECK(co_await load_ends(admin, lags));
  for (size_t i = 0; times && i < lags.size(); ++i) SL_CO_CHECK(co_await load_times(session, timeout_ms, lags[i]));
  co_return lags;
}

int say_errors(Messages& messages, std::string_view what, const std::vector<GroupLag>& lags) {
  int exit_code = kExitOk;
  for (const auto& lag : lags) {
    std::string whole = fmt::format("cannot {} '{}'", what, lag.group.name);
    if (lag.group.error.code != Errc::kNone)
      exit_code = merge_exit_codes(exit_code, messages.error(whole, lag.group.error));
    for (const auto& partition : lag.partitions)
      if (partition.error.code != Errc::kNone)
        exit_code = merge_exit_codes(exit_code, messages.error(whole, partition.error));
  }
  return exit_code;
}

}  // namespace sl::tools::group
