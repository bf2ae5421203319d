#include "client/admin.h"

#include <fmt/core.h>

#include <algorithm>

#include "client/interruptible.h"
#include "wire/messages/configs.h"
#include "wire/messages/offsets.h"
#include "wire/messages/topics.h"

namespace sl::client {
namespace {

constexpr int64_t kRetryMs = 100;
// Brokers answer a little before the call gives up, so that their own sentence arrives.
constexpr int64_t kAnswerMarginMs = 1'000;
// How long Kafka's nodes may take to hear of what their controller has answered, and how often they are asked.
constexpr int64_t kSpreadMs = 5'000;
constexpr int64_t kSpreadPauseMs = 20;

Error item_error(int16_t number, const std::optional<std::string>& message, const std::string& name) {
  Errc code = errc_from_wire(number);
  if (code == Errc::kNone) return {};
  if (message && !message->empty()) return Error{code, *message};
  std::string text(error_info(code).text);
  if (error_info(code).code != code) text = fmt::format("error {} of Kafka's protocol", number);
  return Error{code, fmt::format("{}: {}", name, text)};
}

Error not_mentioned(const std::string& name) {
  return Error{Errc::kProtocolMismatch, fmt::format("{}: the answer does not mention it", name)};
}

// Whether any item says that another node is the controller.
template <class Items>
bool wrong_controller(const Items& items) {
  return std::any_of(items.begin(), items.end(),
                     [](const auto& item) { return errc_from_wire(item.error_code) == Errc::kNotController; });
}
bool wrong_controller(const wire::CreateTopicsResponse& answer) {
  return wrong_controller(answer.topics);
}
bool wrong_controller(const wire::DeleteTopicsResponse& answer) {
  return wrong_controller(answer.responses);
}
bool wrong_controller(const wire::CreatePartitionsResponse& answer) {
  return wrong_controller(answer.results);
}
bool wrong_controller(const wire::IncrementalAlterConfigsResponse& answer) {
  return wrong_controller(answer.responses);
}
bool wrong_controller(const wire::DescribeConfigsResponse&) {
  return false;
}

}  // namespace

// Asks the controller, and whoever it is next where it was another or could not be reached.
template <wire::Request M>
aio::Task<Result<typename M::Response>> Admin::ask_controller(M request) {
  int64_t give_up_ns = cluster_.runtime().mono_ns() + timeout_ms_ * 1'000'000;
  aio::Timer pause(cluster_.runtime().timers());
  for (;;) {
    Error why{Errc::kNotController, "no node says that it is the controller"};
    bool sent = false;
    Result<ConnectionPtr> connection = co_await cluster_.connect_controller();
    int64_t left_ms = std::max<int64_t>(1, (give_up_ns - cluster_.runtime().mono_ns()) / 1'000'000);
    if (connection) {
      sent = true;
      M copy = request;
      auto answer = co_await call_on(*connection, std::move(copy), left_ms);
      if (answer && !wrong_controller(*answer)) co_return answer;
      if (!answer) why = std::move(answer).error();
    } else {
      why = std::move(connection).error();
    }
    // A request whose answer was lost may have been carried out; repeating it would turn success into "exists already".
    bool again = why.code == Errc::kNotController || (!sent && error_info(why.code).retriable);
    if (!again || cluster_.runtime().mono_ns() + kRetryMs * 1'000'000 >= give_up_ns) co_return why;
    co_await pause.wait_ms(kRetryMs);
    Status known = co_await cluster_.refresh_nodes();  // Where even that fails, the next round says why.
    if (!known) continue;
  }
}

// Until the cluster shows the topic with at least so many partitions; 0: not at all. The change was answered already,
// so what goes wrong here is no error: whoever comes next meets it.
aio::Task<void> Admin::await_partitions(std::string name, int32_t partitions) {
  int64_t give_up_ns = cluster_.runtime().mono_ns() + std::min(timeout_ms_, kSpreadMs) * 1'000'000;
  aio::Timer pause(cluster_.runtime().timers());
  for (;;) {
    Result<TopicPtr> topic = co_await cluster_.refresh(name);
    if (!topic && topic.code() != Errc::kUnknownTopicOrPartition) co_return;
    int32_t count = topic ? (*topic)->partition_count() : 0;
    bool settled = partitions == 0 ? count == 0 : count >= partitions;
    if (settled || cluster_.runtime().mono_ns() >= give_up_ns) co_return;
    co_await pause.wait_ms(kSpreadPauseMs);
  }
}

aio::Task<Result<ClusterInfo>> Admin::describe_cluster() {
  ClusterInfo info;
  SL_CO_CHECK(co_await cluster_.refresh_nodes());
  info.cluster_id = cluster_.cluster_id();
  info.controller = cluster_.controller();
  info.nodes = cluster_.nodes();
  co_return info;
}

aio::Task<Result<std::vector<TopicPtr>>> Admin::topics() {
  co_return co_await cluster_.all_topics();
}

aio::Task<Result<TopicPtr>> Admin::topic(std::string name) {
  co_return co_await cluster_.refresh(std::move(name));
}

aio::Task<Result<std::vector<CreatedTopic>>> Admin::create(std::vector<NewTopic> topics, bool validate_only) {
  wire::CreateTopicsRequest request;
  request.timeout_ms = static_cast<int32_t>(std::max<int64_t>(1, timeout_ms_ - kAnswerMarginMs));
  request.validate_only = validate_only;
  for (const NewTopic& topic : topics) {
    auto& each = request.topics.emplace_back();
    each.name = topic.name;
    each.num_partitions = topic.partitions;
    each.replication_factor = topic.replication;
    for (const auto& [name, value] : topic.configs) {
      auto& config = each.configs.emplace_back();
      config.name = name;
      config.value = value;
    }
  }
  SL_CO_TRY(wire::CreateTopicsResponse answer, co_await ask_controller(std::move(request)));
  std::vector<CreatedTopic> results;
  for (const NewTopic& topic : topics) {
    CreatedTopic result{topic.name, not_mentioned(topic.name), {}};
    for (const auto& each : answer.topics) {
      if (each.name != topic.name) continue;
      result.error = item_error(each.error_code, each.error_message, topic.name);
      result.id = each.topic_id;
      result.partitions = each.num_partitions;
      result.replication = each.replication_factor;
    }
    results.push_back(std::move(result));
  }
  for (const CreatedTopic& result : results) {
    // One that exists may have been made by another a moment ago.
    bool there = result.error.code == Errc::kNone || result.error.code == Errc::kTopicAlreadyExists;
    if (there && !validate_only) co_await await_partitions(result.name, std::max(1, result.partitions));
  }
  co_return results;
}

aio::Task<Result<std::vector<ItemResult>>> Admin::remove(std::vector<std::string> topics) {
  wire::DeleteTopicsRequest request;
  request.timeout_ms = static_cast<int32_t>(std::max<int64_t>(1, timeout_ms_ - kAnswerMarginMs));
  for (const std::string& topic : topics) {
    request.topics.emplace_back().name = topic;  // version 6 on
    request.topic_names.push_back(topic);        // before
  }
  SL_CO_TRY(wire::DeleteTopicsResponse answer, co_await ask_controller(std::move(request)));
  std::vector<ItemResult> results;
  for (const std::string& topic : topics) {
    ItemResult result{topic, not_mentioned(topic)};
    for (const auto& each : answer.responses)
      if (each.name == topic) result.error = item_error(each.error_code, each.error_message, topic);
    results.push_back(std::move(result));
  }
  for (const ItemResult& result : results)
    if (result.error.code == Errc::kNone) co_await await_partitions(result.name, 0);
  co_return results;
}

aio::Task<Result<std::vector<ItemResult>>> Admin::grow(std::vector<GrownTopic> topics, bool validate_only) {
  wire::CreatePartitionsRequest request;
  request.timeout_ms = static_cast<int32_t>(std::max<int64_t>(1, timeout_ms_ - kAnswerMarginMs));
  request.validate_only = validate_only;
  for (const GrownTopic& topic : topics) {
    auto& each = request.topics.emplace_back();
    each.name = topic.name;
    each.count = topic.partitions;
  }
  SL_CO_TRY(wire::CreatePartitionsResponse answer, co_await ask_controller(std::move(request)));
  std::vector<ItemResult> results;
  for (const GrownTopic& topic : topics) {
    ItemResult result{topic.name, not_mentioned(topic.name)};
    for (const auto& each : answer.results)
      if (each.name == topic.name) result.error = item_error(each.error_code, each.error_message, topic.name);
    results.push_back(std::move(result));
  }
  for (size_t i = 0; i < results.size() && !validate_only; ++i)
    if (results[i].error.code == Errc::kNone) co_await await_partitions(results[i].name, topics[i].partitions);
  co_return results;
}

aio::Task<Result<std::vector<ResourceConfigs>>> Admin::configs(ResourceType type, std::vector<std::string> names) {
  wire::DescribeConfigsRequest request;
  for (const std::string& name : names) {
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<int8_t>(type);
    resource.resource_name = name;
  }
  SL_CO_TRY(wire::DescribeConfigsResponse answer, co_await ask_controller(std::move(request)));
  std::vector<ResourceConfigs> results;
  for (const std::string& name : names) {
    ResourceConfigs result{name, not_mentioned(name), {}};
    for (const auto& each : answer.results) {
      if (each.resource_name != name) continue;
      result.error = item_error(each.error_code, each.error_message, name);
      for (const auto& config : each.configs)
        result.entries.push_back({config.name, config.value, static_cast<ConfigSource>(config.config_source),
                                  config.read_only, config.is_sensitive});
    }
    results.push_back(std::move(result));
  }
  co_return results;
}

aio::Task<Result<std::vector<ItemResult>>> Admin::alter(ResourceType type, std::vector<std::string> names,
                                                        std::vector<ConfigChange> changes, bool validate_only) {
  wire::IncrementalAlterConfigsRequest request;
  request.validate_only = validate_only;
  for (const std::string& name : names) {
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<int8_t>(type);
    resource.resource_name = name;
    for (const ConfigChange& change : changes) {
      auto& config = resource.configs.emplace_back();
      config.name = change.name;
      config.config_operation = static_cast<int8_t>(change.operation);
      if (change.operation != ConfigOperation::kDelete) config.value = change.value;
    }
  }
  SL_CO_TRY(wire::IncrementalAlterConfigsResponse answer, co_await ask_controller(std::move(request)));
  std::vector<ItemResult> results;
  for (const std::string& name : names) {
    ItemResult result{name, not_mentioned(name)};
    for (const auto& each : answer.responses)
      if (each.resource_name == name) result.error = item_error(each.error_code, each.error_message, name);
    results.push_back(std::move(result));
  }
  co_return results;
}

aio::Task<Result<std::vector<OffsetAnswer>>> Admin::offsets(std::vector<OffsetQuery> queries) {
  co_return co_await list_offsets(cluster_, std::move(queries), timeout_ms_);
}

}  // namespace sl::client
