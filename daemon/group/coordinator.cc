#include "group/coordinator.h"

#include <algorithm>

namespace sl::group {

GroupSettings group_settings(const cluster::BrokerSettings& settings) {
  auto number = [&](std::string_view key) { return static_cast<int32_t>(settings.integer(key)); };
  GroupSettings group;
  group.session_timeout_min_ms = number("group.min.session.timeout.ms");
  group.session_timeout_max_ms = number("group.max.session.timeout.ms");
  group.initial_rebalance_delay_ms = number("group.initial.rebalance.delay.ms");
  group.size_max = number("group.max.size");
  group.consumer_session_timeout_ms = number("group.consumer.session.timeout.ms");
  group.consumer_heartbeat_interval_ms = number("group.consumer.heartbeat.interval.ms");
  group.consumer_size_max = number("group.consumer.max.size");
  group.offsets_retention_ms = settings.integer("offsets.retention.minutes") * 60'000;
  group.offset_metadata_bytes_max = number("offset.metadata.max.bytes");
  return group;
}

Coordinator::Coordinator(Seams seams)
    : seams_(seams),
      settings_(group_settings(seams.settings)),
      topics_(seams.image),
      shard_{seams.runtime,
             seams.logger,
             seams.buffers,
             seams.index,
             settings_,
             topics_,
             [this](int64_t due_ms) {
               if (due_ms < armed_ms_) tick_.cut();
             }},
      offsets_interval_ms_(seams.settings.integer("offsets.retention.check.interval.ms")),
      tick_(seams.runtime.timers()),
      store_tick_(seams.runtime.timers()) {
  offsets_due_ms_ = seams.runtime.mono_ms() + offsets_interval_ms_;
}

Coordinator::~Coordinator() = default;

void Coordinator::refresh() {
  if (stopping_) return;
  const cluster::TopicState* topic = seams_.image.find(kOffsetsTopicName);
  auto leads = [&](int32_t index) -> std::shared_ptr<replica::Partition> {
    if (!topic || static_cast<size_t>(index) >= topic->partitions.size()) return nullptr;
    if (topic->partitions[static_cast<size_t>(index)].leader != seams_.node) return nullptr;
    return seams_.replicas.find(topic->id, sl::Partition(index));
  };
  std::erase_if(partitions_, [&](auto& entry) {
    auto log = leads(entry.first);
    if (log && entry.second->belongs_to(*log)) return false;
    tasks_.spawn(close(entry.second));
    return true;
  });
  for (int32_t i = 0; topic && i < static_cast<int32_t>(topic->partitions.size()); ++i) {
    auto log = leads(i);
    if (!log || partitions_.contains(i)) continue;
    auto partition = std::make_shared<OffsetsPartition>(shard_, std::move(log));
    partitions_.emplace(i, partition);
    tasks_.spawn(load(std::move(partition), i));
  }
}

aio::Task<void> Coordinator::load(std::shared_ptr<OffsetsPartition> partition, int32_t index) {
  auto loaded = co_await partition->load();
  if (!loaded && loaded.code() != Errc::kNotCoordinator)
    seams_.logger.error("the groups of {}-{} cannot be served: {}", kOffsetsTopicName, index, loaded.error().context);
}

aio::Task<void> Coordinator::close(std::shared_ptr<OffsetsPartition> partition) {
  co_await partition->close(Errc::kNotCoordinator);
}

int64_t Coordinator::next_deadline_ms() const {
  int64_t next_ms = offsets_due_ms_;
  for (const auto& [index, partition] : partitions_) next_ms = std::min(next_ms, partition->next_deadline_ms());
  return next_ms;
}

aio::Task<void> Coordinator::store(bool all) {
  auto here = partitions_;
  for (auto& [index, partition] : here) co_await partition->store(all);
}

aio::Task<void> Coordinator::keep_stored() {
  constexpr int64_t kEveryMs = 10'000;
  while (!stopping_) {
    (void)co_await store_tick_.wait_ms(kEveryMs);
    if (!stopping_) co_await store(false);
  }
}

// A group of few members calls often, since people wait for it; thousands of such groups would keep a core busy.
void Coordinator::pace_heartbeats(int64_t now_ms) {
  constexpr int64_t kEveryMs = 1000, kHeartbeatsPerSecond = 2000;
  if (now_ms < paced_ms_ + kEveryMs) return;
  paced_ms_ = now_ms;
  size_t members = 0;
  for (const auto& [index, partition] : partitions_) members += partition->groups().consumer_members();
  settings_.consumer_heartbeat_interval_crowd_ms =
      static_cast<int32_t>(static_cast<int64_t>(members) * 1000 / kHeartbeatsPerSecond);
}

aio::Task<void> Coordinator::keep_time() {
  tasks_.spawn(keep_stored());
  while (!stopping_) {
    armed_ms_ = next_deadline_ms();
    (void)co_await tick_.wait_until(armed_ms_ * 1'000'000);
    if (stopping_) break;
    int64_t now_ms = seams_.runtime.mono_ms();
    pace_heartbeats(now_ms);
    bool offsets_due = offsets_due_ms_ <= now_ms;
    if (offsets_due) offsets_due_ms_ = now_ms + offsets_interval_ms_;
    for (auto& [index, partition] : partitions_) {
      if (partition->next_deadline_ms() <= now_ms)
        partition->change([this](Groups& groups, Now now, Outcome& out) { groups.expire(topics_, now, out); });
      if (offsets_due && partition->active())
        partition->change([this](Groups& groups, Now now, Outcome& out) { groups.expire_offsets(topics_, now, out); });
    }
  }
}

aio::Task<void> Coordinator::stop(bool cleanly) {
  stopping_ = true;
  tick_.cancel();
  store_tick_.cancel();
  if (cleanly) co_await store(true);
  for (auto& [index, partition] : partitions_) tasks_.spawn(close(partition));
  partitions_.clear();
  co_await tasks_.drained();
}

aio::Task<Status> Coordinator::make_topic() {
  wire::CreateTopicsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = kOffsetsTopicName;
  topic.num_partitions = static_cast<int32_t>(seams_.settings.integer("offsets.topic.num.partitions"));
  topic.replication_factor = static_cast<int16_t>(seams_.settings.integer("offsets.topic.replication.factor"));
  topic.configs.push_back({"cleanup.policy", "compact"});
  topic.configs.push_back({"compression.type", "producer"});
  topic.configs.push_back({"segment.bytes", seams_.settings.text("offsets.topic.segment.bytes")});
  int16_t version = wire::CreateTopicsRequest::kMaxVersion;
  auto response = co_await seams_.controller.create_topics(std::move(request), version);
  Errc error = response.topics.empty() ? Errc::kUnknownServerError : errc_from_wire(response.topics[0].error_code);
  // Two groups may have asked at once.
  if (error != Errc::kNone && error != Errc::kTopicAlreadyExists) {
    seams_.logger.error("{} cannot be made: {}", kOffsetsTopicName,
                        response.topics.empty() ? "" : response.topics[0].error_message.value_or(""));
    co_return error;
  }
  auto settled = co_await seams_.replicas.reconcile(seams_.image);
  if (!settled) seams_.logger.error("partitions: {}", settled.error().context);
  refresh();
  co_return Status();
}

aio::Task<Result<NodeId>> Coordinator::locate(std::string group) {
  if (!seams_.image.find(kOffsetsTopicName)) {
    auto made = co_await make_topic();
    if (!made) co_return Errc::kCoordinatorNotAvailable;
  }
  const cluster::TopicState* topic = seams_.image.find(kOffsetsTopicName);
  if (!topic || topic->partitions.empty()) co_return Errc::kCoordinatorNotAvailable;
  auto index = partition_for(group, static_cast<int32_t>(topic->partitions.size()));
  NodeId leader = topic->partitions[static_cast<size_t>(index.value)].leader;
  if (leader.value < 0) co_return Errc::kCoordinatorNotAvailable;
  co_return leader;
}

aio::Task<Result<std::shared_ptr<OffsetsPartition>>> Coordinator::find(std::string group) {
  const cluster::TopicState* topic = seams_.image.find(kOffsetsTopicName);
  if (!topic || topic->partitions.empty() || stopping_) co_return Errc::kNotCoordinator;
  auto index = partition_for(group, static_cast<int32_t>(topic->partitions.size()));
  auto found = partitions_.find(index.value);
  if (found == partitions_.end()) co_return Errc::kNotCoordinator;
  auto partition = found->second;
  if (!partition->active()) {
    auto loaded = co_await partition->loaded();
    // A log that cannot be read is not another node's: retrying here is right, in case it heals.
    if (!loaded) co_return Errc::kCoordinatorNotAvailable;
  }
  co_return partition;
}

aio::Task<std::vector<std::shared_ptr<OffsetsPartition>>> Coordinator::all() {
  std::vector<std::shared_ptr<OffsetsPartition>> here;
  for (auto& [index, partition] : partitions_) here.push_back(partition);
  for (auto& partition : here) (void)co_await partition->loaded();
  std::erase_if(here, [](const auto& partition) { return !partition->active(); });
  co_return here;
}

void Coordinator::forget_topics(const std::vector<std::string>& names) {
  for (auto& [index, partition] : partitions_)
    if (partition->active())
      partition->change([&](Groups& groups, Now, Outcome& out) { groups.forget_topics(names, out); });
}

}  // namespace sl::group
