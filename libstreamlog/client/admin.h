// Admin: the requests of administration, each answered item by item. A call fails as a whole only where the cluster
// cannot be reached or does not know the request; what is wrong with one topic stands in its own result.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cluster.h"
#include "client/offsets.h"

namespace sl::client {

// `error.code` is kNone where it went well; the sentence is the server's where it gave one.
struct ItemResult {
  std::string name;
  Error error;
};

struct NewTopic {
  std::string name;
  int32_t partitions = -1;   // the cluster's default
  int16_t replication = -1;  // the cluster's default
  std::vector<std::pair<std::string, std::string>> configs;
};

struct CreatedTopic {
  std::string name;
  Error error;
  Uuid id;
  int32_t partitions = -1;  // -1 where the cluster does not say
  int16_t replication = -1;
};

struct GrownTopic {
  std::string name;
  int32_t partitions = 0;  // the new total
};

enum class ResourceType : int8_t { kTopic = 2, kBroker = 4 };

enum class ConfigSource : int8_t {
  kUnknown = 0,
  kTopic = 1,
  kDynamicBroker = 2,
  kDynamicDefaultBroker = 3,
  kStaticBroker = 4,
  kDefault = 5,
};

struct ConfigEntry {
  std::string name;
  std::optional<std::string> value;  // none where it is secret
  ConfigSource source = ConfigSource::kUnknown;
  bool read_only = false;
  bool sensitive = false;
  bool is_default() const { return source == ConfigSource::kDefault; }
};

struct ResourceConfigs {
  std::string name;
  Error error;
  std::vector<ConfigEntry> entries;
};

enum class ConfigOperation : int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

struct ConfigChange {
  std::string name;
  ConfigOperation operation = ConfigOperation::kSet;
  std::string value;
};

struct TrimRequest {
  std::string topic;
  Partition partition;
  Offset before;  // records below it go; kNoOffset: all up to the high watermark
};

struct TrimResult {
  Error error;
  Offset log_start;
};

// A replica as it lies in one directory of one node.
struct ReplicaSize {
  NodeId node;
  std::string directory;
  std::string topic;
  Partition partition;
  int64_t bytes = 0;
  int64_t records = -1;  // exact; -1 where the node does not count
  int64_t offset_lag = 0;
};

struct LogDirs {
  std::vector<ReplicaSize> replicas;
  std::vector<ItemResult> errors;  // by directory or node
};

struct ClusterInfo {
  std::string cluster_id;
  NodeId controller{-1};
  std::vector<Node> nodes;
};

class Admin {
 public:
  // `cluster`, open, must outlive it. Each call gives up after `timeout_ms`, with kRequestTimedOut.
  Admin(Cluster& cluster, int64_t timeout_ms) : cluster_(cluster), timeout_ms_(timeout_ms) {}

  aio::Task<Result<ClusterInfo>> describe_cluster();
  // All topics, by name.
  aio::Task<Result<std::vector<TopicPtr>>> topics();
  // One topic as it is now.
  aio::Task<Result<TopicPtr>> topic(std::string name);

  // Results are in the order of what was asked for. create(), remove() and grow() return when the node that is asked
  // for metadata knows of it, so that the next command finds what this one made; or after five seconds without.
  aio::Task<Result<std::vector<CreatedTopic>>> create(std::vector<NewTopic> topics, bool validate_only = false);
  aio::Task<Result<std::vector<ItemResult>>> remove(std::vector<std::string> topics);
  aio::Task<Result<std::vector<ItemResult>>> grow(std::vector<GrownTopic> topics, bool validate_only = false);
  aio::Task<Result<std::vector<ResourceConfigs>>> configs(ResourceType type, std::vector<std::string> names);
  aio::Task<Result<std::vector<ItemResult>>> alter(ResourceType type, std::vector<std::string> names,
                                                   std::vector<ConfigChange> changes, bool validate_only = false);
  aio::Task<Result<std::vector<OffsetAnswer>>> offsets(std::vector<OffsetQuery> queries);
  aio::Task<Result<std::vector<TrimResult>>> trim(std::vector<TrimRequest> requests);
  // Of the topics named, or of all; asks every node.
  aio::Task<Result<LogDirs>> log_dirs(std::optional<std::vector<std::string>> topics = std::nullopt);

 private:
  template <wire::Request M>
  aio::Task<Result<typename M::Response>> ask_controller(M request);
  aio::Task<void> await_partitions(std::string name, int32_t partitions);

  Cluster& cluster_;
  int64_t timeout_ms_;
};

}  // namespace sl::client
