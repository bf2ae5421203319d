// Controller: turns admin requests into metadata records, proposes them, and answers when they are committed and
// applied. It runs where the metadata log's leader is; on one node that is here. Requests come and go in the wire's own
// structs: what a client asked is what is answered, per item. Authorisation has happened above.
//
// What is hard about it is that a check and the commit of what it allowed lie a disk sync apart. So changes take turns:
// the next one is checked against an image that has taken the one before it. Reads do not wait.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "aio/runtime.h"
#include "aio/task.h"
#include "aio/turn.h"
#include "base/log.h"
#include "cluster/image.h"
#include "cluster/settings.h"
#include "quorum/quorum.h"
#include "wire/messages/configs.h"
#include "wire/messages/producers.h"
#include "wire/messages/topics.h"

namespace sl::cluster {

// What the controller knows of the node it runs on.
struct ControllerOptions {
  NodeId node;
  Uuid directory;
  std::vector<BrokerState::Endpoint> endpoints;
  std::optional<std::string> rack;
};

class Controller {
 public:
  Controller(aio::Runtime& runtime, quorum::Quorum& quorum, Image& image, const BrokerSettings& settings,
             Logger& logger, ControllerOptions options);

  // Registers this broker with a new incarnation; before anything else. Its epoch is kept.
  aio::Task<Status> register_self();

  // Per item as Kafka answers: names, counts, assignments and settings are checked; `validate_only` proposes nothing.
  aio::Task<wire::CreateTopicsResponse> create_topics(wire::CreateTopicsRequest request, int16_t version);
  aio::Task<wire::DeleteTopicsResponse> delete_topics(wire::DeleteTopicsRequest request, int16_t version);
  aio::Task<wire::CreatePartitionsResponse> create_partitions(wire::CreatePartitionsRequest request);
  aio::Task<wire::IncrementalAlterConfigsResponse> alter_configs(wire::IncrementalAlterConfigsRequest request);
  // The older request: the settings given replace all of the resource's own.
  aio::Task<wire::AlterConfigsResponse> replace_configs(wire::AlterConfigsRequest request);
  // Synchronous: read from the image.
  wire::DescribeConfigsResponse describe_configs(const wire::DescribeConfigsRequest& request) const;
  // A fresh producer id; blocks of 1000 are taken from the log (KIP-730).
  aio::Task<Result<ProducerId>> allocate_producer_id();
  // Records that the log of a partition starts at `offset` now (DeleteRecords). Never moves back.
  aio::Task<Status> move_log_start(Uuid topic, Partition partition, Offset offset);

 private:
  // Proposes and waits; nothing where there is nothing to propose.
  aio::Task<Status> commit(std::vector<wire::MetadataRecord> records);

  // A topic that passed every check, not yet in the log.
  struct NewTopic {
    std::string name;
    Uuid id;
    int32_t partitions = 0;
    int16_t replication_factor = 1;
    Image::Settings settings;
  };
  Result<NewTopic> check_new_topic(const wire::CreateTopicsRequest::Topic& asked) const;
  Status check_placement(const wire::CreateTopicsRequest::Topic& asked, NewTopic& topic) const;
  Status check_replicas(const std::vector<int32_t>& brokers) const;
  Result<const TopicState*> find_doomed(const wire::DeleteTopicsRequest::Topic& asked) const;
  Result<int32_t> check_growth(const wire::CreatePartitionsRequest::Topic& asked) const;
  wire::PartitionRecord new_partition(const Uuid& topic, int32_t partition) const;
  void add_records(const NewTopic& topic, std::vector<wire::MetadataRecord>& records) const;
  void describe_new(const NewTopic& topic, wire::CreateTopicsResponse::Topic& answer) const;

  struct Resource {
    int8_t type;
    std::string name;
    auto operator<=>(const Resource&) const = default;
  };
  // The settings that a resource has of its own; the errors of both alter requests.
  Result<Image::Settings> settings_of(const Resource& resource) const;
  Status check_settings(const Resource& resource, const Image::Settings& settings) const;
  // What the settings become that a resource has now.
  Result<Image::Settings> wanted(const wire::IncrementalAlterConfigsRequest::Resource& asked,
                                 Image::Settings settings) const;
  Result<Image::Settings> wanted(const wire::AlterConfigsRequest::Resource& asked, Image::Settings settings) const;
  template <class Response, class Request>
  aio::Task<Response> change_configs(Request request);
  // What is in force for a list before it is appended to or subtracted from.
  std::string list_before(const Resource& resource, const Setting& setting, const Image::Settings& settings) const;
  Status describe_resource(const wire::DescribeConfigsRequest::Resource& asked, bool synonyms, bool documentation,
                           wire::DescribeConfigsResponse::Resource& answer) const;

  aio::Runtime& runtime_;
  quorum::Quorum& quorum_;
  Image& image_;
  const BrokerSettings& settings_;
  Logger& logger_;
  ControllerOptions options_;
  aio::Turn turn_;  // from the first look at the image until what follows from it is applied
  int64_t broker_epoch_ = -1;
  // Ids of the block that this broker took last.
  int64_t next_producer_id_ = 0;
  int64_t producer_ids_end_ = 0;
};

// A topic has at most so many partitions, and one request makes at most so many, as in Kafka: they are one batch.
inline constexpr int32_t kPartitionsMax = 10'000;

}  // namespace sl::cluster
