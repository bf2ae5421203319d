#include "tools/sl-query/topic_reader.h"

#include <fmt/format.h>

#include <set>

#include "client/admin.h"
#include "record/record_cursor.h"

namespace sl::tools::query {
namespace {

constexpr size_t kBatchRows = 1024;

}  // namespace

TopicReader::TopicReader(Session& session, sl::query::Task& task)
    : session_(session), task_(task), consumer_(session.cluster, {}) {}

aio::Task<Status> TopicReader::open(bool at_end, bool until_end) {
  std::set<std::string> topics;
  for (size_t i = 0; i < task_.sources(); ++i) topics.insert(task_.source(i).topic);
  std::vector<client::Assignment> assignments;
  for (const auto& topic : topics) {
    auto info = co_await session_.cluster.topic(topic);
    if (!info) co_return info.error();
    for (int32_t p = 0; p < (*info)->partition_count(); ++p) {
      client::Assignment one;
      one.topic = topic;
      one.partition = Partition(p);
      one.from = at_end ? client::Position::end() : client::Position::start();
      if (until_end) one.until = client::Position::end();
      assignments.push_back(std::move(one));
    }
  }
  co_return co_await consumer_.assign(std::move(assignments));
}

aio::Task<Result<bool>> TopicReader::pump(int64_t wait_ms_max) {
  using Kind = client::Fetched::Kind;
  auto fetched = co_await consumer_.next(wait_ms_max);
  if (!fetched) co_return fetched.error();
  if (fetched->kind == Kind::kFinished) co_return false;
  if (fetched->kind == Kind::kSkipped) {
    const auto& one = consumer_.assignment(fetched->index);
    session_.messages.notice("{} partition {}: the records from {} to {} are gone", one.topic, one.partition.value,
                             fetched->from.value, fetched->next.value);
  }
  if (fetched->kind == Kind::kRecords) SL_CO_CHECK(take(*fetched));
  co_return true;
}

Status TopicReader::take(const client::Fetched& fetched) {
  const auto& one = consumer_.assignment(fetched.index);
  for (const auto& batch : fetched.batches) {
    SL_TRY(auto cursor, record::RecordCursor::open(batch, decompressor_));
    record::RecordView view;
    for (;;) {
      SL_TRY(bool some, cursor.next(view));
      if (!some) break;
      if (view.offset < fetched.from || view.offset >= fetched.until) continue;
      sl::query::InputRecord record;
      record.key = view.key;
      record.value = view.value;
      record.timestamp = view.timestamp_ms;
      record.partition = one.partition.value;
      record.offset = view.offset.value;
      record.headers = {view.header_bytes, view.header_count};
      records_.push_back(record);
      if (records_.size() >= kBatchRows) SL_CHECK(push(one.topic));
    }
    // Views of a compressed batch live as long as the next one is not decompressed.
    SL_CHECK(push(one.topic));
  }
  return {};
}

Status TopicReader::push(const std::string& topic) {
  for (size_t i = 0; i < task_.sources(); ++i)
    if (task_.source(i).topic == topic) SL_CHECK(task_.push(i, records_, session_.runtime.wall_ms()));
  records_.clear();
  return {};
}

}  // namespace sl::tools::query
