// Topics made, removed and widened. All items of a request that pass their checks go into one batch: they come to be
// together, or each gets the error.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "cluster/controller.h"
#include "cluster/topic_names.h"

namespace sl::cluster {
namespace {

constexpr int16_t kTopicDeletionDisabledSince = 3;

void refuse(auto& answer, const Error& error) {
  answer.error_code = errc_to_wire(error.code);
  answer.error_message = error.context.empty() ? std::string(error_info(error.code).text) : error.context;
}

Error duplicate(std::string_view name) {
  return Error{Errc::kInvalidRequest, fmt::format("topic {} is named more than once in this request", name)};
}

// Names that come more than once in a request.
std::set<std::string> repeated(const auto& items, auto name_of) {
  std::set<std::string> seen, twice;
  for (const auto& item : items)
    if (!seen.insert(name_of(item)).second) twice.insert(name_of(item));
  return twice;
}

Error too_many_partitions() {
  return Error{Errc::kInvalidPartitions,
               fmt::format("A topic has at most {} partitions, and a request makes at most as many", kPartitionsMax)};
}

}  // namespace

Status Controller::check_replicas(const std::vector<int32_t>& brokers) const {
  auto refused = [](std::string text) { return Error{Errc::kInvalidReplicaAssignment, std::move(text)}; };
  if (brokers.empty()) return refused("The manual partition assignment includes an empty replica list.");
  if (brokers.size() != 1)
    return refused(
        fmt::format("The manual partition assignment names {} replicas; this cluster has one broker.", brokers.size()));
  if (!image_.brokers().contains(NodeId(brokers[0])) || NodeId(brokers[0]) != options_.node)
    return refused(fmt::format("The manual partition assignment includes broker {}, but no such broker is registered.",
                               brokers[0]));
  return {};
}

// How many partitions, of how many replicas.
Status Controller::check_placement(const wire::CreateTopicsRequest::Topic& asked, NewTopic& topic) const {
  if (!asked.assignments.empty()) {
    if (asked.num_partitions != -1)
      return Error{Errc::kInvalidRequest, "A manual partition assignment was specified, but numPartitions was not -1."};
    if (asked.replication_factor != -1)
      return Error{Errc::kInvalidRequest,
                   "A manual partition assignment was specified, but replicationFactor was not -1."};
    if (asked.assignments.size() > static_cast<size_t>(kPartitionsMax)) return too_many_partitions();
    std::set<int32_t> indexes;
    for (const auto& assignment : asked.assignments) {
      SL_CHECK(check_replicas(assignment.broker_ids));
      indexes.insert(assignment.partition_index);
    }
    if (indexes.size() != asked.assignments.size() || *indexes.begin() != 0 ||
        *indexes.rbegin() != static_cast<int32_t>(indexes.size()) - 1)
      return Error{Errc::kInvalidReplicaAssignment, "partitions should be a consecutive 0-based integer sequence"};
    topic.partitions = static_cast<int32_t>(asked.assignments.size());
    return {};
  }
  topic.partitions =
      asked.num_partitions == -1 ? static_cast<int32_t>(settings_.integer("num.partitions")) : asked.num_partitions;
  if (topic.partitions <= 0)
    return Error{Errc::kInvalidPartitions, "Number of partitions was set to an invalid non-positive value."};
  if (topic.partitions > kPartitionsMax) return too_many_partitions();
  topic.replication_factor = asked.replication_factor == -1
                                 ? static_cast<int16_t>(settings_.integer("default.replication.factor"))
                                 : asked.replication_factor;
  if (topic.replication_factor <= 0)
    return Error{Errc::kInvalidReplicationFactor,
                 "Replication factor must be larger than 0, or -1 to use the default value."};
  if (topic.replication_factor > 1)
    return Error{Errc::kInvalidReplicationFactor,
                 fmt::format("The target replication factor of {} cannot be reached because only 1 broker(s) are "
                             "registered.",
                             topic.replication_factor)};
  return {};
}

Result<Controller::NewTopic> Controller::check_new_topic(const wire::CreateTopicsRequest::Topic& asked) const {
  SL_CHECK(check_topic_name(asked.name));
  if (image_.find(asked.name))
    return Error{Errc::kTopicAlreadyExists, fmt::format("Topic '{}' already exists.", asked.name)};
  if (auto other = colliding_topic(image_, asked.name))
    return Error{Errc::kInvalidTopic, fmt::format("Topic '{}' collides with existing topic: {}", asked.name, *other)};
  NewTopic topic;
  topic.name = asked.name;
  SL_CHECK(check_placement(asked, topic));
  for (const auto& config : asked.configs) {
    if (!config.value)
      return Error{Errc::kInvalidConfig, fmt::format("Null value not supported for topic configs: {}", config.name)};
    SL_CHECK(check_topic_setting(config.name, *config.value));
    topic.settings[config.name] = *config.value;
  }
  return topic;
}

wire::PartitionRecord Controller::new_partition(const Uuid& topic, int32_t partition) const {
  wire::PartitionRecord record;
  record.partition_id = partition;
  record.topic_id = topic;
  record.replicas.push_back(options_.node.value);
  record.isr.push_back(options_.node.value);
  record.leader = options_.node.value;
  record.leader_epoch = 0;
  record.partition_epoch = 0;
  record.directories.push_back(options_.directory);
  return record;
}

void Controller::add_records(const NewTopic& topic, std::vector<wire::MetadataRecord>& records) const {
  records.push_back(wire::TopicRecord{topic.name, topic.id});
  for (const auto& [key, value] : topic.settings)
    records.push_back(wire::ConfigRecord{kTopicResource, topic.name, key, value});
  for (int32_t i = 0; i < topic.partitions; ++i) records.push_back(new_partition(topic.id, i));
}

void Controller::describe_new(const NewTopic& topic, wire::CreateTopicsResponse::Topic& answer) const {
  answer.num_partitions = topic.partitions;
  answer.replication_factor = topic.replication_factor;
  auto& configs = answer.configs.emplace();
  for (const Setting& setting : topic_settings()) {
    auto effective = effective_topic_setting(setting, settings_, image_, topic.settings);
    configs.push_back(
        {std::string(setting.name), effective.value, false, static_cast<int8_t>(effective.source), false});
  }
}

aio::Task<wire::CreateTopicsResponse> Controller::create_topics(wire::CreateTopicsRequest request, int16_t) {
  co_await turn_.take();
  wire::CreateTopicsResponse response;
  std::vector<wire::MetadataRecord> records;
  std::vector<NewTopic> made;
  std::vector<size_t> made_at;
  int32_t partitions = 0;
  std::set<std::string> twice = repeated(request.topics, [](const auto& topic) { return topic.name; });
  for (const std::string& name : twice) {
    auto& answer = response.topics.emplace_back();
    answer.name = name;
    refuse(answer, duplicate(name));
  }
  for (const auto& asked : request.topics) {
    if (twice.contains(asked.name)) continue;
    auto& answer = response.topics.emplace_back();
    answer.name = asked.name;
    auto topic = check_new_topic(asked);
    if (topic && partitions + topic->partitions > kPartitionsMax) topic = too_many_partitions();
    // Two new names may collide with each other, too.
    for (const NewTopic& other : made)
      if (topic && names_collide(other.name, topic->name))
        topic = Error{Errc::kInvalidTopic,
                      fmt::format("Topic '{}' collides with another of this request: {}", asked.name, other.name)};
    if (!topic) {
      refuse(answer, topic.error());
      continue;
    }
    partitions += topic->partitions;
    describe_new(*topic, answer);
    if (!request.validate_only) {
      topic->id = Uuid::random(runtime_.random());
      answer.topic_id = topic->id;
      add_records(*topic, records);
    }
    made.push_back(*std::move(topic));
    made_at.push_back(response.topics.size() - 1);
  }
  auto committed = co_await commit(std::move(records));
  turn_.give();
  if (!committed)
    for (size_t at : made_at) {
      std::string name = response.topics[at].name;
      response.topics[at] = wire::CreateTopicsResponse::Topic();
      response.topics[at].name = std::move(name);
      refuse(response.topics[at], committed.error());
    }
  // As Kafka does: who does not wait is not told, of invalid topics either.
  if (request.timeout_ms <= 0)
    for (auto& answer : response.topics) refuse(answer, Error{Errc::kRequestTimedOut, {}});
  co_return response;
}

Result<const TopicState*> Controller::find_doomed(const wire::DeleteTopicsRequest::Topic& asked) const {
  if (asked.name && !asked.topic_id.is_zero())
    return Error{Errc::kInvalidRequest, "Name a topic or give its id, not both."};
  const TopicState* topic = asked.name ? image_.find(*asked.name) : image_.find(asked.topic_id);
  if (!topic) return asked.name ? Errc::kUnknownTopicOrPartition : Errc::kUnknownTopicId;
  return topic;
}

aio::Task<wire::DeleteTopicsResponse> Controller::delete_topics(wire::DeleteTopicsRequest request, int16_t version) {
  co_await turn_.take();
  for (auto& name : request.topic_names) request.topics.push_back({std::move(name), {}});
  bool enabled = settings_.boolean("delete.topic.enable");
  wire::DeleteTopicsResponse response;
  std::vector<wire::MetadataRecord> records;
  std::map<Uuid, int> doomed;
  for (const auto& asked : request.topics)
    if (auto topic = find_doomed(asked)) ++doomed[(*topic)->id];
  for (const auto& asked : request.topics) {
    auto& answer = response.responses.emplace_back();
    answer.name = asked.name;
    answer.topic_id = asked.topic_id;
    auto topic = find_doomed(asked);
    if (!enabled) topic = version < kTopicDeletionDisabledSince ? Errc::kInvalidRequest : Errc::kTopicDeletionDisabled;
    if (topic && doomed[(*topic)->id] > 1) topic = duplicate((*topic)->name);
    if (!topic) {
      refuse(answer, topic.error());
      continue;
    }
    answer.name = (*topic)->name;
    answer.topic_id = (*topic)->id;
    records.push_back(wire::RemoveTopicRecord{(*topic)->id});
  }
  auto committed = co_await commit(std::move(records));
  turn_.give();
  if (!committed)
    for (auto& answer : response.responses)
      if (answer.error_code == 0) refuse(answer, committed.error());
  co_return response;
}

// How many partitions there are to be.
Result<int32_t> Controller::check_growth(const wire::CreatePartitionsRequest::Topic& asked) const {
  const TopicState* topic = image_.find(asked.name);
  if (!topic) return Errc::kUnknownTopicOrPartition;
  auto now = static_cast<int32_t>(topic->partitions.size());
  if (topic->name == "__consumer_offsets")
    return Error{Errc::kInvalidTopic, "Groups are found by the number of partitions of __consumer_offsets."};
  if (asked.count == now)
    return Error{Errc::kInvalidPartitions, fmt::format("Topic already has {} partition(s).", now)};
  if (asked.count < now)
    return Error{Errc::kInvalidPartitions,
                 fmt::format("The topic {} currently has {} partition(s); {} would not be an increase.", asked.name,
                             now, asked.count)};
  if (asked.count > kPartitionsMax) return too_many_partitions();
  if (!asked.assignments) return asked.count;
  if (asked.assignments->size() != static_cast<size_t>(asked.count - now))
    return Error{Errc::kInvalidReplicaAssignment,
                 fmt::format("Attempted to add {} additional partition(s), but only {} assignment(s) were specified.",
                             asked.count - now, asked.assignments->size())};
  for (const auto& assignment : *asked.assignments) SL_CHECK(check_replicas(assignment.broker_ids));
  return asked.count;
}

aio::Task<wire::CreatePartitionsResponse> Controller::create_partitions(wire::CreatePartitionsRequest request) {
  co_await turn_.take();
  wire::CreatePartitionsResponse response;
  std::vector<wire::MetadataRecord> records;
  std::set<std::string> twice = repeated(request.topics, [](const auto& topic) { return topic.name; });
  for (const std::string& name : twice) {
    auto& answer = response.results.emplace_back();
    answer.name = name;
    refuse(answer, duplicate(name));
  }
  for (const auto& asked : request.topics) {
    if (twice.contains(asked.name)) continue;
    auto& answer = response.results.emplace_back();
    answer.name = asked.name;
    auto count = check_growth(asked);
    if (count && records.size() + static_cast<size_t>(*count) > static_cast<size_t>(kPartitionsMax))
      count = too_many_partitions();
    if (!count) {
      refuse(answer, count.error());
      continue;
    }
    if (request.validate_only) continue;
    const TopicState* topic = image_.find(asked.name);
    for (auto i = static_cast<int32_t>(topic->partitions.size()); i < *count; ++i)
      records.push_back(new_partition(topic->id, i));
  }
  auto committed = co_await commit(std::move(records));
  turn_.give();
  if (!committed)
    for (auto& answer : response.results)
      if (answer.error_code == 0) refuse(answer, committed.error());
  co_return response;
}

}  // namespace sl::cluster
