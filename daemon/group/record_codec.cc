#include "group/record_codec.h"

#include <fmt/core.h>

#include <algorithm>

#include "record/batch_builder.h"

namespace sl::group {
namespace {

// Partitions by topic, as Kafka writes them.
template <class TopicPartitions>
std::vector<TopicPartitions> by_topic(const PartitionSet& set) {
  std::vector<TopicPartitions> topics;
  for (const auto& [topic, partition] : set) {
    if (topics.empty() || topics.back().topic_id != topic) topics.emplace_back().topic_id = topic;
    topics.back().partitions.push_back(partition.value);
  }
  return topics;
}

PartitionSet flat(const auto& topics) {
  PartitionSet set;
  for (const auto& topic : topics)
    for (int32_t partition : topic.partitions) set.push_back({topic.topic_id, Partition(partition)});
  std::ranges::sort(set);
  set.erase(std::unique(set.begin(), set.end()), set.end());
  return set;
}

// Each kind of record both ways; an entry without a value is a tombstone.

wire::GroupRecord to_wire(const ClassicGroupRecord& record) {
  wire::GroupEntry<wire::GroupMetadataKey> entry{{record.group}, std::nullopt};
  if (!record.value) return entry;
  auto& value = entry.value.emplace();
  value.protocol_type = record.value->protocol_type;
  value.generation = record.value->generation;
  value.protocol = record.value->protocol;
  value.leader = record.value->leader;
  value.current_state_timestamp = record.value->state_wall_ms;
  for (const auto& member : record.value->members)
    value.members.push_back({member.member_id,
                             member.instance_id,
                             member.client_id,
                             member.client_host,
                             member.rebalance_timeout_ms,
                             member.session_timeout_ms,
                             {member.subscription},
                             {member.assignment}});
  return entry;
}

Record from_wire(wire::GroupEntry<wire::GroupMetadataKey> entry) {
  ClassicGroupRecord record{std::move(entry.key.group), std::nullopt};
  if (!entry.value) return record;
  auto& value = *(record.value = ClassicGroupRecord::Value());
  value.protocol_type = std::move(entry.value->protocol_type);
  value.generation = entry.value->generation;
  value.protocol = std::move(entry.value->protocol);
  value.leader = std::move(entry.value->leader);
  value.state_wall_ms = entry.value->current_state_timestamp;
  for (auto& member : entry.value->members)
    value.members.push_back({std::move(member.member_id), std::move(member.group_instance_id),
                             std::move(member.client_id), std::move(member.client_host), member.rebalance_timeout,
                             member.session_timeout, std::move(member.subscription.value),
                             std::move(member.assignment.value)});
  return record;
}

wire::GroupRecord to_wire(const GroupEpochRecord& record) {
  wire::GroupEntry<wire::ConsumerGroupMetadataKey> entry{{record.group}, std::nullopt};
  if (record.value) entry.value = {record.value->epoch, record.value->metadata_hash};
  return entry;
}

Record from_wire(wire::GroupEntry<wire::ConsumerGroupMetadataKey> entry) {
  GroupEpochRecord record{std::move(entry.key.group_id), std::nullopt};
  if (entry.value) record.value = {entry.value->epoch, entry.value->metadata_hash};
  return record;
}

wire::GroupRecord to_wire(const MemberRecord& record) {
  wire::GroupEntry<wire::ConsumerGroupMemberMetadataKey> entry{{record.group, record.member_id}, std::nullopt};
  if (!record.value) return entry;
  auto& value = entry.value.emplace();
  value.instance_id = record.value->instance_id;
  value.rack_id = record.value->rack_id;
  value.client_id = record.value->client_id;
  value.client_host = record.value->client_host;
  value.subscribed_topic_names = record.value->topic_names;
  value.subscribed_topic_regex = record.value->topic_regex;
  value.rebalance_timeout_ms = record.value->rebalance_timeout_ms;
  value.server_assignor = record.value->assignor;
  return entry;
}

Record from_wire(wire::GroupEntry<wire::ConsumerGroupMemberMetadataKey> entry) {
  MemberRecord record{std::move(entry.key.group_id), std::move(entry.key.member_id), std::nullopt};
  if (!entry.value) return record;
  auto& value = *(record.value = MemberRecord::Value());
  value.instance_id = std::move(entry.value->instance_id);
  value.rack_id = std::move(entry.value->rack_id);
  value.client_id = std::move(entry.value->client_id);
  value.client_host = std::move(entry.value->client_host);
  value.topic_names = std::move(entry.value->subscribed_topic_names);
  value.topic_regex = std::move(entry.value->subscribed_topic_regex);
  value.rebalance_timeout_ms = entry.value->rebalance_timeout_ms;
  value.assignor = std::move(entry.value->server_assignor);
  return record;
}

wire::GroupRecord to_wire(const TargetEpochRecord& record) {
  wire::GroupEntry<wire::ConsumerGroupTargetAssignmentMetadataKey> entry{{record.group}, std::nullopt};
  if (record.value) entry.value = {record.value->epoch, record.value->wall_ms};
  return entry;
}

Record from_wire(wire::GroupEntry<wire::ConsumerGroupTargetAssignmentMetadataKey> entry) {
  TargetEpochRecord record{std::move(entry.key.group_id), std::nullopt};
  if (entry.value) record.value = {entry.value->assignment_epoch, entry.value->assignment_timestamp};
  return record;
}

wire::GroupRecord to_wire(const TargetAssignmentRecord& record) {
  using Value = wire::ConsumerGroupTargetAssignmentMemberValue;
  wire::GroupEntry<wire::ConsumerGroupTargetAssignmentMemberKey> entry{{record.group, record.member_id}, std::nullopt};
  if (record.value) entry.value = Value{by_topic<Value::TopicPartitions>(*record.value)};
  return entry;
}

Record from_wire(wire::GroupEntry<wire::ConsumerGroupTargetAssignmentMemberKey> entry) {
  TargetAssignmentRecord record{std::move(entry.key.group_id), std::move(entry.key.member_id), std::nullopt};
  if (entry.value) record.value = flat(entry.value->topic_partitions);
  return record;
}

wire::GroupRecord to_wire(const CurrentAssignmentRecord& record) {
  using Value = wire::ConsumerGroupCurrentMemberAssignmentValue;
  wire::GroupEntry<wire::ConsumerGroupCurrentMemberAssignmentKey> entry{{record.group, record.member_id}, std::nullopt};
  if (record.value)
    entry.value = Value{record.value->epoch, record.value->previous_epoch, static_cast<int8_t>(record.value->state),
                        by_topic<Value::TopicPartitions>(record.value->assigned),
                        by_topic<Value::TopicPartitions>(record.value->pending_revocation)};
  return entry;
}

Record from_wire(wire::GroupEntry<wire::ConsumerGroupCurrentMemberAssignmentKey> entry) {
  CurrentAssignmentRecord record{std::move(entry.key.group_id), std::move(entry.key.member_id), std::nullopt};
  if (entry.value)
    record.value = {entry.value->member_epoch, entry.value->previous_member_epoch,
                    static_cast<MemberState>(entry.value->state), flat(entry.value->assigned_partitions),
                    flat(entry.value->partitions_pending_revocation)};
  return record;
}

wire::GroupRecord to_wire(const OffsetRecord& record) {
  wire::GroupEntry<wire::OffsetCommitKey> entry{{record.group, record.topic, record.partition.value}, std::nullopt};
  if (record.value)
    entry.value = {record.value->offset.value,   record.value->leader_epoch.value, record.value->metadata,
                   record.value->commit_wall_ms, record.value->expire_wall_ms,     record.value->topic_id};
  return entry;
}

Record from_wire(wire::GroupEntry<wire::OffsetCommitKey> entry) {
  OffsetRecord record{std::move(entry.key.group), std::move(entry.key.topic), Partition(entry.key.partition),
                      std::nullopt};
  if (entry.value)
    record.value = {Offset(entry.value->offset),   Epoch(entry.value->leader_epoch), std::move(entry.value->metadata),
                    entry.value->commit_timestamp, entry.value->expire_timestamp,    entry.value->topic_id};
  return record;
}

std::optional<Record> from_wire(const wire::GroupEntry<wire::ConsumerGroupPartitionMetadataKey>&) {
  return std::nullopt;
}
std::optional<Record> from_wire(const wire::GroupEntry<wire::ConsumerGroupRegularExpressionKey>&) {
  return std::nullopt;
}

}  // namespace

wire::GroupRecordBytes encode(const Record& record) {
  return std::visit([](const auto& one) { return wire::encode_group_record(to_wire(one)); }, record);
}

Result<Slice> batch_of(const std::vector<Record>& records, int64_t wall_ms, size_t bytes_max, BufferPool& buffers) {
  std::vector<wire::GroupRecordBytes> encoded;
  encoded.reserve(records.size());
  constexpr size_t kRecordOverhead = 32;
  size_t bytes = record::kBatchHeaderBytes;
  for (const Record& record : records) {
    encoded.push_back(encode(record));
    bytes += encoded.back().key.size() + (encoded.back().value ? encoded.back().value->size() : 0) + kRecordOverhead;
  }
  record::BatchBuilder builder(buffers, bytes_max, bytes);
  for (const auto& [key, value] : encoded) {
    std::optional<Bytes> value_bytes;
    if (value) value_bytes = as_bytes(*value);
    if (!builder.append(wall_ms, as_bytes(key), value_bytes))
      return Error{Errc::kRecordListTooLarge,
                   fmt::format("{} records of groups are over {} bytes, which is the most that one batch may have",
                               records.size(), bytes_max)};
  }
  return builder.finish(record::BatchStamp());
}

Result<std::optional<Record>> decode(Bytes key, const std::optional<Bytes>& value) {
  SL_TRY(wire::GroupRecord record, wire::decode_group_record(key, value));
  return std::visit([](auto&& entry) -> std::optional<Record> { return from_wire(std::move(entry)); },
                    std::move(record));
}

}  // namespace sl::group
