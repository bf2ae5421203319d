// Positions in a partition: by time, by leader epoch, and the log start that DeleteRecords moves.
#include "server/broker.h"
#include "server/handlers/families.h"
#include "server/handlers/locate.h"
#include "server/handlers/repeats.h"

namespace sl::server {
namespace {

// The timestamps that are no times (KIP-79, KIP-734, KIP-405).
constexpr int64_t kLatest = -1, kEarliest = -2, kMaxTimestamp = -3, kEarliestLocal = -4, kLatestTiered = -5;

void set_offset(replica::Partition& partition, Offset offset, int64_t timestamp_ms,
                wire::ListOffsetsResponse::Partition& answer) {
  answer.offset = offset.value;
  answer.timestamp = timestamp_ms;
  Epoch epoch = partition.log().epoch_at(offset).epoch;
  answer.leader_epoch = epoch == kNoEpoch ? partition.leader_epoch().value : epoch.value;
}

aio::Task<void> list_one(Call& call, std::string topic_name, wire::ListOffsetsRequest::Partition asked,
                         wire::ListOffsetsResponse::Partition& answer) {
  answer.partition_index = asked.partition_index;
  const cluster::TopicState* topic = call.broker.image().find(topic_name);
  Located located = locate(call.broker, topic, false, asked.partition_index, asked.current_leader_epoch);
  if (!call.allowed(Operation::kDescribe, ResourceType::kTopic, topic_name))
    located.error = Errc::kTopicAuthorizationFailed;
  answer.error_code = errc_to_wire(located.error);
  if (located.error != Errc::kNone) co_return;
  replica::Partition& partition = *located.partition;
  if (asked.timestamp == kLatest) {
    set_offset(partition, partition.high_watermark(), -1, answer);
    co_return;
  }
  if (asked.timestamp == kEarliest || asked.timestamp == kEarliestLocal) {
    set_offset(partition, partition.log().log_start(), -1, answer);
    co_return;
  }
  if (asked.timestamp == kLatestTiered) co_return;  // Nothing is tiered: no offset, no error.
  if (asked.timestamp < kLatestTiered) {
    answer.error_code = errc_to_wire(Errc::kInvalidRequest);
    co_return;
  }
  Result<std::optional<storage::FoundTime>> found = Errc::kNone;
  if (asked.timestamp == kMaxTimestamp)
    found = co_await partition.find_max_time();
  else
    found = co_await partition.find_time(asked.timestamp);
  if (!found) {
    answer.error_code = errc_to_wire(found.code());
  } else if (*found) {
    answer.offset = (*found)->offset.value;
    answer.timestamp = (*found)->timestamp_ms;
    answer.leader_epoch = (*found)->epoch.value;
  }
}

aio::Task<wire::ListOffsetsResponse> list_offsets(Call& call, wire::ListOffsetsRequest request) {
  wire::ListOffsetsResponse response;
  drop_repeated_partitions(request.topics, &wire::ListOffsetsRequest::Topic::name,
                           &wire::ListOffsetsRequest::Topic::partitions,
                           &wire::ListOffsetsRequest::Partition::partition_index);
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    answer.partitions.resize(topic.partitions.size());
    for (size_t p = 0; p < topic.partitions.size(); ++p)
      co_await list_one(call, topic.name, topic.partitions[p], answer.partitions[p]);
  }
  co_return response;
}

aio::Task<wire::OffsetForLeaderEpochResponse> offset_for_leader_epoch(Call& call,
                                                                      wire::OffsetForLeaderEpochRequest request) {
  wire::OffsetForLeaderEpochResponse response;
  drop_repeated_partitions(request.topics, &wire::OffsetForLeaderEpochRequest::Topic::topic,
                           &wire::OffsetForLeaderEpochRequest::Topic::partitions,
                           &wire::OffsetForLeaderEpochRequest::Partition::partition);
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.topic = topic.topic;
    bool allowed = call.allowed(Operation::kDescribe, ResourceType::kTopic, topic.topic);
    for (const auto& asked : topic.partitions) {
      auto& one = answer.partitions.emplace_back();
      one.partition = asked.partition;
      Located located = locate(call.broker, call.broker.image().find(topic.topic), false, asked.partition,
                               asked.current_leader_epoch);
      if (!allowed) located.error = Errc::kTopicAuthorizationFailed;
      one.error_code = errc_to_wire(located.error);
      if (located.error != Errc::kNone) continue;
      storage::EpochEnd end = located.partition->log().end_offset_for(Epoch(asked.leader_epoch));
      one.leader_epoch = end.epoch.value;
      one.end_offset = end.end.value;
    }
  }
  co_return response;
}

// The metadata log hears of it first: if the daemon dies in between, the next start finishes the move.
aio::Task<Result<Offset>> delete_before(Call& call, std::string topic_name, int32_t index, int64_t offset) {
  const cluster::TopicState* topic = call.broker.image().find(topic_name);
  Located located = locate(call.broker, topic, false, index, -1);
  if (located.error != Errc::kNone) co_return located.error;
  Offset to = offset == -1 ? located.partition->high_watermark() : Offset(offset);
  if (to.value < 0 || to > located.partition->high_watermark()) co_return Errc::kOffsetOutOfRange;
  if (to > located.partition->log().log_start()) {
    SL_CO_CHECK(co_await call.broker.controller().move_log_start(topic->id, sl::Partition(index), to));
  }
  co_return co_await located.partition->advance_log_start(to);
}

aio::Task<wire::DeleteRecordsResponse> delete_records(Call& call, wire::DeleteRecordsRequest request) {
  wire::DeleteRecordsResponse response;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    bool allowed = call.allowed(Operation::kDelete, ResourceType::kTopic, topic.name);
    for (const auto& asked : topic.partitions) {
      Result<Offset> moved = Errc::kTopicAuthorizationFailed;
      if (allowed) moved = co_await delete_before(call, topic.name, asked.partition_index, asked.offset);
      auto& one = answer.partitions.emplace_back();
      one.partition_index = asked.partition_index;
      one.low_watermark = moved ? moved->value : -1;
      one.error_code = errc_to_wire(moved.code());
    }
  }
  co_return response;
}

}  // namespace

void add_offset_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::ListOffsetsRequest>(Guard::kByHandler, &list_offsets);
  dispatcher.add<wire::OffsetForLeaderEpochRequest>(Guard::kByHandler, &offset_for_leader_epoch);
  dispatcher.add<wire::DeleteRecordsRequest>(Guard::kByHandler, &delete_records);
}

}  // namespace sl::server
