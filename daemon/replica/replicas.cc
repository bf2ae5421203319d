#include "replica/replicas.h"

#include <fmt/core.h>

#include <set>

namespace sl::replica {
namespace {

// Recovering many partitions at once keeps the disk busy without holding every pool thread.
constexpr int kOpeningAtOnce = 6;
constexpr int64_t kIdleTickMs = 1000;
constexpr int64_t kBusyTickMs = 100;
// Partitions that could not be opened or deleted are tried again after such pauses.
constexpr int64_t kRetryMsMin = 1000;
constexpr int64_t kRetryMsMax = 60'000;

}  // namespace

struct Replicas::Wanted {
  Epoch leader_epoch;
  Offset log_start;
  storage::LogSettings settings;
};

Replicas::Replicas(Shard& shard, storage::DataDirectory& data, const cluster::BrokerSettings& settings, NodeId node,
                   ReplicasOptions options)
    : shard_(shard),
      data_(data),
      settings_(settings),
      node_(node),
      options_(options),
      checkpointer_(data.index()),
      round_done_(shard.runtime),
      checkpointed_(shard.runtime),
      tick_(shard.runtime.timers()),
      clean_tick_(shard.runtime.timers()),
      pace_(options.cleaner.bytes_per_second) {}

Replicas::~Replicas() = default;

std::shared_ptr<Partition> Replicas::find(const Uuid& topic, sl::Partition partition) const {
  auto at = partitions_.find(Key{topic, partition.value});
  return at != partitions_.end() && at->second->serving() ? at->second : nullptr;
}

aio::Task<Status> Replicas::reconcile(const cluster::Image& image) {
  uint64_t wanted_round = rounds_started_ + 1;
  while (reconciling_) {
    co_await round_done_.wait();
    if (rounds_done_ >= wanted_round) co_return last_round_;
  }
  reconciling_ = true;
  image_ = &image;
  uint64_t round = ++rounds_started_;
  auto result = co_await reconcile_once(image);
  last_round_ = result;
  retry_pause_ms_ = result ? 0 : std::clamp(2 * retry_pause_ms_, kRetryMsMin, kRetryMsMax);
  retry_at_ms_ = shard_.runtime.mono_ms() + retry_pause_ms_;
  rounds_done_ = round;
  reconciling_ = false;
  round_done_.notify();
  co_return result;
}

aio::Task<Status> Replicas::reconcile_once(const cluster::Image& image) {
  std::map<Key, Wanted> wanted;
  for (const auto& [name, id] : image.names()) {
    const cluster::TopicState* topic = image.find(id);
    storage::LogSettings settings = cluster::log_settings(settings_, image, *topic);
    for (size_t i = 0; i < topic->partitions.size(); ++i) {
      const auto& state = topic->partitions[i];
      if (std::find(state.replicas.begin(), state.replicas.end(), node_) == state.replicas.end()) continue;
      wanted.emplace(Key{id, static_cast<int32_t>(i)}, Wanted{state.leader_epoch, state.log_start, settings});
    }
  }
  std::vector<Key> gone;
  for (const auto& [key, partition] : partitions_)
    if (!wanted.contains(key)) gone.push_back(key);
  aio::TaskGroup opening;
  std::deque<Status> results;
  if (!gone.empty() || !undeleted_.empty()) {
    auto removed = co_await remove(std::move(gone));
    if (!removed) results.push_back(std::move(removed));
  }
  for (const auto& [key, want] : wanted) {
    if (stopping_) break;
    auto at = partitions_.find(key);
    if (at == partitions_.end()) {
      results.emplace_back();
      opening.spawn(open_one(key, want, &results.back()));
      if (opening.live() >= kOpeningAtOnce) co_await opening.drained();
      continue;
    }
    if (at->second->log().settings() == want.settings) continue;
    auto partition = at->second;
    auto changed = co_await partition->set_settings(want.settings);
    if (!changed) results.push_back(std::move(changed));
  }
  co_await opening.drained();
  // A round that a stop cut short says nothing of what it would have found.
  bool all_open = true;
  for (const auto& [key, want] : wanted) all_open &= partitions_.contains(key);
  if (!stopping_ || all_open) complete_ = all_open;
  for (Status& result : results)
    if (!result) co_return std::move(result);
  co_return Status();
}

aio::Task<void> Replicas::open_one(Key key, Wanted wanted, Status* result) {
  storage::OpenOptions options;
  options.directory = data_.partition_path(key.topic, sl::Partition(key.partition));
  options.topic = key.topic;
  options.partition = sl::Partition(key.partition);
  options.settings = wanted.settings;
  options.clean = data_.was_clean();
  options.distrust_cache = data_.distrust_cache();
  options.log_start = wanted.log_start;
  options.epoch_max = wanted.leader_epoch;
  storage::Seams seams{shard_.runtime.files(), shard_.runtime.clock(), shard_.logger,
                       data_.index(),          shard_.buffers,         tails_,
                       options_.storage};
  Result<storage::OpenedLog> opened = Errc::kCancelled;
  std::function<void()> work = [&] { opened = storage::PartitionLog::open(seams, options); };
  co_await shard_.runtime.run_in_pool(aio::Lane::kRead, std::move(work));
  if (!opened) {
    shard_.logger.error("cannot open partition {}-{}: {}", key.topic.text(), key.partition, opened.error().context);
    if (opened.code() == Errc::kSyncFailed) shard_.fatal(opened.error());
    *result = std::move(opened).error();
    co_return;
  }
  for (const auto& sentence : opened->report.damage) shard_.logger.error("damage: {}", sentence);
  if (opened->report.cut_bytes > 0)
    shard_.logger.warn("partition {}-{}: a torn tail of {} bytes was cut and kept aside", key.topic.text(),
                       key.partition, opened->report.cut_bytes);
  partitions_[key] = std::make_shared<Partition>(shard_, std::move(opened->log), wanted.leader_epoch);
}

aio::Task<Status> Replicas::remove(std::vector<Key> keys) {
  std::vector<storage::PartitionPlace> places = std::exchange(undeleted_, {});
  std::vector<std::shared_ptr<Partition>> stopped;
  aio::TaskGroup stopping;
  for (const Key& key : keys) {
    places.push_back({key.topic, sl::Partition(key.partition)});
    stopped.push_back(partitions_.extract(key).mapped());
    stopping.spawn(stopped.back()->stop(Errc::kUnknownTopicOrPartition, false));
  }
  co_await stopping.drained();
  for (const auto& partition : stopped) partition->log().leave_checkpoint();
  Status deleted;
  std::function<void()> work = [&] { deleted = data_.delete_partitions(places); };
  co_await shard_.runtime.run_in_pool(aio::Lane::kRead, std::move(work));
  if (deleted) co_return deleted;
  shard_.logger.error("cannot delete partitions: {}", deleted.error().context);
  if (deleted.code() == Errc::kSyncFailed) shard_.fatal(deleted.error());
  undeleted_ = std::move(places);
  co_return deleted;
}

void Replicas::try_again(int64_t now_ms) {
  if (last_round_ || reconciling_ || now_ms < retry_at_ms_) return;
  tasks_.spawn(reconcile_again());
}

aio::Task<void> Replicas::reconcile_again() {
  (void)co_await reconcile(*image_);
}

aio::Task<Status> Replicas::set_orphans_aside(const cluster::Image& image) {
  Status result;
  std::function<void()> work = [&] {
    auto places = data_.partitions();
    if (!places) {
      result = std::move(places).error();
      return;
    }
    for (const auto& place : *places) {
      const cluster::TopicState* topic = image.find(place.topic);
      if (topic && static_cast<size_t>(place.partition.value) < topic->partitions.size()) continue;
      auto moved = data_.set_aside(place);
      if (moved)
        shard_.logger.warn("the metadata does not know a partition folder; it lies in {} now", *moved);
      else if (result)
        result = std::move(moved).error();
    }
  };
  co_await shard_.runtime.run_in_pool(aio::Lane::kRead, std::move(work));
  co_return result;
}

std::vector<storage::PartitionLog*> Replicas::logs() {
  std::vector<storage::PartitionLog*> all;
  all.reserve(partitions_.size());
  for (auto& [key, partition] : partitions_) all.push_back(&partition->log());
  all.insert(all.end(), other_logs_.begin(), other_logs_.end());
  return all;
}

aio::Task<void> Replicas::checkpoint(int64_t idle_since_ns) {
  while (checkpointer_.under_way()) co_await checkpointed_.wait();
  auto all = logs();
  auto job = checkpointer_.start(all, idle_since_ns);
  if (!job) co_return;
  storage::CheckpointJob* running = job.get();
  std::function<void()> work = [running] { running->run(); };
  co_await shard_.runtime.run_in_pool(aio::Lane::kBackground, std::move(work));
  auto done = checkpointer_.finish(std::move(job));
  // It is tried again with every tick: on a full disk that is a line ten times a second.
  if (!done && !checkpoint_failing_)
    shard_.logger.warn("checkpoints cannot be written and are tried again and again: {}", done.error().context);
  if (done && checkpoint_failing_) shard_.logger.info("checkpoints are written again");
  checkpoint_failing_ = !done;
  checkpointed_.notify();
}

aio::Task<void> Replicas::tend() {
  int64_t last_checkpoint_ms = 0;
  int64_t next_retention_ms = shard_.runtime.mono_ms() + options_.retention_interval_ms;
  bool busy = false;
  tasks_.spawn(compact());
  for (;;) {
    int64_t pause_ms = busy ? kBusyTickMs : kIdleTickMs;
    bool go_on = co_await tick_.wait_ms(pause_ms);
    if (!go_on) break;
    int64_t now_ms = shard_.runtime.mono_ms();
    bool retention = now_ms >= next_retention_ms;
    if (retention) next_retention_ms = now_ms + options_.retention_interval_ms;
    try_again(now_ms);
    busy = false;
    uint64_t unsaved_bytes = 0;
    for (storage::PartitionLog* log : other_logs_) busy |= log->dirty();
    for (auto& [key, partition] : partitions_) {
      storage::PartitionLog& log = partition->log();
      log.tick(shard_.runtime.wall_ms(), shard_.runtime.mono_ns());
      busy |= log.dirty() || log.sync_due_ns() != INT64_MAX;
      unsaved_bytes += log.unsaved_bytes();
      bool due = retention || log.rebuild_due() || log.trim_due() || log.sync_due_ns() <= shard_.runtime.mono_ns();
      if (due) tasks_.spawn(partition->tend());
    }
    // All that changed, now and then; in between those that fell idle, so that a quiet log is soon safe to reopen.
    bool much = unsaved_bytes >= options_.checkpoint_bytes;
    int64_t interval_ms = much ? options_.checkpoint_interval_ms : options_.checkpoint_interval_max_ms;
    if (now_ms - last_checkpoint_ms >= interval_ms) {
      co_await checkpoint(INT64_MAX);
      last_checkpoint_ms = now_ms;
    } else if (busy) {
      co_await checkpoint(shard_.runtime.mono_ns() - kBusyTickMs * 1'000'000);
    }
  }
  co_await tasks_.drained();
}

aio::Task<void> Replicas::stop(bool cleanly) {
  stopping_ = true;
  tick_.cancel();
  clean_tick_.cancel();
  while (reconciling_) co_await round_done_.wait();
  aio::TaskGroup stopping;
  for (auto& [key, partition] : partitions_) stopping.spawn(partition->stop(Errc::kBrokerNotAvailable, cleanly));
  co_await stopping.drained();
}

}  // namespace sl::replica
