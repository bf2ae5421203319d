// Coordinator: the groups that this node coordinates. A group belongs to one partition of __consumer_offsets, by the
// hash of its name, and whoever leads that partition coordinates the group. The topic is made when the first group asks
// for its coordinator; partitions are loaded as soon as this node leads them, so that the sessions of members that died
// meanwhile run out although nobody asks.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/controller.h"
#include "cluster/image.h"
#include "cluster/settings.h"
#include "group/image_topics.h"
#include "group/offsets_partition.h"
#include "replica/replicas.h"

namespace sl::group {

inline constexpr std::string_view kOffsetsTopicName = "__consumer_offsets";

GroupSettings group_settings(const cluster::BrokerSettings& settings);

class Coordinator {
 public:
  // All of it outlives the coordinator.
  struct Seams {
    aio::Runtime& runtime;
    Logger& logger;
    BufferPool& buffers;
    kv::Store& index;
    const cluster::BrokerSettings& settings;
    const cluster::Image& image;
    cluster::Controller& controller;
    replica::Replicas& replicas;
    NodeId node;
  };
  explicit Coordinator(Seams seams);
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;

  // Makes the partitions here equal to those that this node leads: to be called when image and replicas have changed.
  void refresh();
  // Sessions, barriers, expired offsets and what the index keeps, until stop(); spawn it once.
  aio::Task<void> keep_time();
  // Tells everybody who waits kNotCoordinator, and returns when nothing runs any more. Cleanly: the index is told, too,
  // so that the next start reads no log.
  aio::Task<void> stop(bool cleanly);

  // Which node coordinates the group; makes the topic where there is none yet. kCoordinatorNotAvailable.
  aio::Task<Result<NodeId>> locate(std::string group);
  // The group's partition, loaded. kInvalidGroupId, kNotCoordinator, kCoordinatorNotAvailable.
  aio::Task<Result<std::shared_ptr<OffsetsPartition>>> find(std::string group);
  // Every partition here, loaded, those that cannot be excepted.
  aio::Task<std::vector<std::shared_ptr<OffsetsPartition>>> all();
  // Offsets in topics that are no more are forgotten.
  void forget_topics(const std::vector<std::string>& names);

  const Topics& topics() const { return topics_; }

 private:
  aio::Task<Status> make_topic();
  aio::Task<void> load(std::shared_ptr<OffsetsPartition> partition, int32_t index);
  aio::Task<void> close(std::shared_ptr<OffsetsPartition> partition);
  int64_t next_deadline_ms() const;
  void pace_heartbeats(int64_t now_ms);
  aio::Task<void> store(bool all);
  aio::Task<void> keep_stored();

  Seams seams_;
  GroupSettings settings_;
  ImageTopics topics_;
  CoordinatorShard shard_;
  std::map<int32_t, std::shared_ptr<OffsetsPartition>> partitions_;
  int64_t armed_ms_ = kNever;   // when keep_time() looks again
  int64_t offsets_due_ms_ = 0;  // when offsets are next looked at for their age
  int64_t offsets_interval_ms_;
  int64_t paced_ms_ = 0;  // when the members were last counted
  bool stopping_ = false;
  aio::Timer tick_;
  aio::Timer store_tick_;
  aio::TaskGroup tasks_;
};

}  // namespace sl::group
