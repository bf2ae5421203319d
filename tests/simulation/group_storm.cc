#include "tests/simulation/group_storm.h"

#include <fmt/core.h>

#include <algorithm>

#include "record/record_cursor.h"
#include "wire/messages/committed_offsets.h"

namespace sl::simulation {

namespace {

bool is_outage(Errc code) {
  return code == Errc::kUnreachable || code == Errc::kConnectionClosed || code == Errc::kRequestTimedOut;
}

}  // namespace

struct GroupStorm::Life {
  Life(aio::Runtime& runtime, client::ClusterOptions cluster_options, client::GroupOptions options,
       client::ConsumerOptions consumer_options)
      : cluster(runtime, std::move(cluster_options)),
        member(cluster, std::move(options)),
        consumer(cluster, consumer_options) {}
  client::Cluster cluster;
  client::GroupMember member;
  client::Consumer consumer;
  std::map<int32_t, Held> held;
  int64_t end_ms = 0;
  int64_t commit_ms = 0;
};

GroupStorm::GroupStorm(aio::Runtime& runtime, GroupStormOptions options)
    : runtime_(runtime), options_(std::move(options)) {}

void GroupStorm::blame(const std::string& what) {
  if (trouble_.empty()) trouble_ = fmt::format("at {} ms: {}", runtime_.mono_ms(), what);
}

int64_t GroupStorm::delivered(int32_t partition) const {
  auto found = delivered_.find(partition);
  return found == delivered_.end() ? 0 : found->second;
}

aio::Task<void> GroupStorm::inhabit(bool constant) {
  while (constant ? !stopping_ : !calm_) {
    aio::Timer pause(runtime_.timers());
    uint64_t longest_ms = constant ? 100 : 3000;
    (void)co_await pause.wait_ms(static_cast<int64_t>(runtime_.random().below(longest_ms)));
    co_await live(constant);
  }
}

aio::Task<void> GroupStorm::live(bool constant) {
  client::ClusterOptions cluster;
  cluster.bootstrap.push_back(aio::Address{options_.broker, 9092, {}});
  cluster.connect_timeout_ms = 2000;
  cluster.request_timeout_ms = 5000;
  client::GroupOptions group;
  group.group = options_.group;
  group.subscription.topics.push_back(options_.topic);
  group.protocol = options_.protocol;
  client::ConsumerOptions reading;
  reading.open_ended = true;
  Life life(runtime_, std::move(cluster), std::move(group), reading);
  life.end_ms = runtime_.mono_ms() + 500 +
                static_cast<int64_t>(runtime_.random().below(static_cast<uint64_t>(options_.life_ms_max)));
  auto opened = co_await life.cluster.open();
  if (opened) {
    ++lives_;
    life.member.open();
    auto assigned_none = co_await life.consumer.assign(std::vector<client::Assignment>());
    Status ended = assigned_none;
    if (ended) ended = co_await read(&life, constant);
    if (!ended && !(options_.troubled && is_outage(ended.code())))
      blame(fmt::format("a member: {} {}", error_info(ended.code()).name, ended.error().context));
    bool dies = !ended || (!constant && runtime_.random().below(1000) < options_.death_permille);
    std::vector<client::TopicPartition> all;
    for (const auto& [partition, held] : life.held) all.push_back({options_.topic, Partition(partition)});
    if (!dies) {
      (void)co_await commit(&life, all);
      std::string id = life.member.member_id();
      int32_t generation = life.member.generation();
      give_up(&life, all);
      co_await life.member.leave();
      if (!options_.troubled && !id.empty() && generation >= 0)
        co_await commit_as_ghost(&life, std::move(id), generation);
    }
    give_up(&life, all);
  }
  co_await life.member.close();
  co_await life.consumer.close();
  co_await life.cluster.close();
}

aio::Task<Status> GroupStorm::read(Life* life, bool constant) {
  constexpr int64_t kCommitEveryMs = 1000, kLookMs = 50;
  while (constant ? !stopping_ : !calm_ && runtime_.mono_ms() < life->end_ms) {
    bool waits = !life->member.event_ready() && life->held.empty();
    if (life->member.event_ready() || waits) SL_CO_CHECK(co_await take_event(life));
    if (life->held.empty()) continue;
    SL_CO_TRY(auto fetched, co_await life->consumer.next(kLookMs));
    if (fetched.kind == client::Fetched::Kind::kRecords) deliver(life, fetched);
    if (fetched.kind == client::Fetched::Kind::kSkipped) blame("records are gone");
    if (runtime_.mono_ms() < life->commit_ms) continue;
    life->commit_ms = runtime_.mono_ms() + kCommitEveryMs;
    std::vector<client::TopicPartition> all;
    for (const auto& [partition, held] : life->held) all.push_back({options_.topic, Partition(partition)});
    SL_CO_CHECK(co_await commit(life, std::move(all)));
  }
  co_return Status();
}

aio::Task<Status> GroupStorm::take_event(Life* life) {
  SL_CO_TRY(auto event, co_await life->member.next_event(50));
  using Kind = client::GroupEvent::Kind;
  if (event.kind == Kind::kAssigned) co_return co_await assigned(life, std::move(event.partitions));
  if (event.kind == Kind::kLost) give_up(life, event.partitions);
  if (event.kind != Kind::kRevoked) co_return Status();
  life->consumer.remove(event.partitions);
  auto committed = co_await commit(life, event.partitions);
  give_up(life, event.partitions);
  life->member.revoked_done();
  co_return committed;
}

aio::Task<Status> GroupStorm::assigned(Life* life, std::vector<client::TopicPartition> partitions) {
  if (partitions.empty()) co_return Status();
  for (const auto& one : partitions) {
    const Life*& owner = owners_[one.partition.value];
    if (owner) blame(fmt::format("partition {} has two owners", one.partition.value));
    owner = life;
    ++handovers_;
    life->held.emplace(one.partition.value, Held());
  }
  SL_CO_TRY(auto positions, co_await life->member.committed(partitions));
  std::vector<client::Assignment> assignments;
  for (const auto& position : positions) {
    int64_t from = position.offset == kNoOffset ? 0 : position.offset.value;
    if (from > delivered(position.partition.value))
      blame(fmt::format("partition {}: {} is committed, {} delivered", position.partition.value, from,
                        delivered(position.partition.value)));
    if (from < committed_[position.partition.value])
      blame(fmt::format("partition {}: {} was committed, the group says {}", position.partition.value,
                        committed_[position.partition.value], from));
    life->held[position.partition.value].next = from;
    client::Assignment assignment;
    assignment.topic = position.topic;
    assignment.partition = position.partition;
    assignment.from = client::Position::at(Offset(from));
    assignments.push_back(std::move(assignment));
  }
  SL_CO_TRY(auto indexes, co_await life->consumer.add(std::move(assignments)));
  for (size_t i = 0; i < indexes.size(); ++i) life->held[positions[i].partition.value].index = indexes[i];
  co_return Status();
}

// What was delivered so far. A member that has lost a partition hears of it soon: its commit may be refused.
aio::Task<Status> GroupStorm::commit(Life* life, std::vector<client::TopicPartition> partitions) {
  std::vector<client::GroupOffset> offsets;
  for (const auto& one : partitions) {
    auto held = life->held.find(one.partition.value);
    if (held == life->held.end()) continue;
    client::GroupOffset offset;
    offset.topic = one.topic;
    offset.partition = one.partition;
    offset.offset = Offset(held->second.next);
    offsets.push_back(std::move(offset));
  }
  if (offsets.empty()) co_return Status();
  auto done = co_await life->member.commit(std::move(offsets));
  if (!done) co_return std::move(done).error();
  for (const auto& one : *done) {
    int64_t& newest = committed_[one.partition.value];
    if (one.error.code == Errc::kNone) newest = std::max(newest, one.offset.value);
  }
  co_return Status();
}

// It has left: a commit in the generation that it had must not count.
aio::Task<void> GroupStorm::commit_as_ghost(Life* life, std::string member_id, int32_t generation) {
  auto connection = co_await life->cluster.connect_coordinator(options_.group);
  if (!connection) co_return;
  constexpr int16_t kLastByName = 9;
  wire::OffsetCommitRequest request;
  request.group_id = options_.group;
  request.member_id = std::move(member_id);
  request.generation_id_or_member_epoch = generation;
  auto& topic = request.topics.emplace_back();
  topic.name = options_.topic;
  topic.partitions.emplace_back();  // Offset 0: where it is taken by mistake, the others begin anew.
  auto answer = co_await (*connection)->call(std::move(request), 5000, kLastByName);
  if (!answer) co_return;
  if (answer->topics.at(0).partitions.at(0).error_code == 0) blame("one who had left has committed");
  ++refused_;
}

void GroupStorm::give_up(Life* life, const std::vector<client::TopicPartition>& partitions) {
  life->consumer.remove(partitions);
  for (const auto& one : partitions) {
    life->held.erase(one.partition.value);
    const Life*& owner = owners_[one.partition.value];
    if (owner == life) owner = nullptr;
  }
}

void GroupStorm::deliver(Life* life, const client::Fetched& fetched) {
  int32_t partition = life->consumer.assignment(fetched.index).partition.value;
  auto found = life->held.find(partition);
  if (found == life->held.end() || found->second.index != fetched.index)
    return blame(fmt::format("partition {} is read by one who gave it up", partition));
  Held& held = found->second;
  record::Decompressor decompressor;
  for (const auto& batch : fetched.batches) {
    auto cursor = record::RecordCursor::open(batch, decompressor);
    record::RecordView record;
    while (cursor) {
      auto more = cursor->next(record);
      if (!more || !*more) break;
      if (record.offset < fetched.from || record.offset >= fetched.until) continue;
      if (record.offset.value != held.next)
        return blame(
            fmt::format("partition {}: offset {} came, {} was next", partition, record.offset.value, held.next));
      ++held.next;
    }
  }
  int64_t& all = delivered_[partition];
  all = std::max(all, held.next);
}

}  // namespace sl::simulation
