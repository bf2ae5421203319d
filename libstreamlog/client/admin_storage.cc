// Administration of what lies on disks: trimming, which the leader of each partition does, and sizes, which every node
// knows of its own.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "client/admin.h"
#include "wire/messages/broker.h"
#include "wire/messages/offsets.h"

namespace sl::client {
namespace {

constexpr int64_t kRetryMs = 100;

// What one leader is to trim; indexes into the requests.
struct LeaderTrim {
  NodeId leader;
  std::vector<size_t> items;
};

struct Trimming {
  Cluster& cluster;
  const std::vector<TrimRequest>& requests;
  std::vector<TrimResult> results;
  std::vector<bool> done;
};

wire::DeleteRecordsRequest request_for(const Trimming& trimming, const LeaderTrim& trim, int64_t timeout_ms) {
  wire::DeleteRecordsRequest request;
  request.timeout_ms = static_cast<int32_t>(std::clamp<int64_t>(timeout_ms, 1, INT32_MAX));
  for (size_t item : trim.items) {
    const TrimRequest& asked = trimming.requests[item];
    auto same = [&](const auto& topic) { return topic.name == asked.topic; };
    auto found = std::find_if(request.topics.begin(), request.topics.end(), same);
    if (found == request.topics.end()) {
      found = request.topics.emplace(request.topics.end());
      found->name = asked.topic;
    }
    auto& partition = found->partitions.emplace_back();
    partition.partition_index = asked.partition.value;
    partition.offset = asked.before.value;
  }
  return request;
}

Error about(const TrimRequest& request, Errc code, std::string_view reason) {
  return Error{code, fmt::format("{} [{}]: {}", request.topic, request.partition.value, reason)};
}

aio::Task<void> trim_at(Trimming* trimming, const LeaderTrim* trim, int64_t timeout_ms) {
  Error failed;
  Result<ConnectionPtr> connection = co_await trimming->cluster.connect(trim->leader);
  if (connection) {
    wire::DeleteRecordsRequest request = request_for(*trimming, *trim, timeout_ms);
    auto answer = co_await (*connection)->call(std::move(request), timeout_ms);
    if (answer) {
      for (size_t item : trim->items) {
        const TrimRequest& asked = trimming->requests[item];
        TrimResult& result = trimming->results[item];
        for (const auto& topic : answer->topics) {
          for (const auto& partition : topic.partitions) {
            if (topic.name != asked.topic || partition.partition_index != asked.partition.value) continue;
            Errc code = errc_from_wire(partition.error_code);
            result.error = code == Errc::kNone ? Error{} : about(asked, code, error_info(code).text);
            result.log_start = Offset(partition.low_watermark);
            trimming->done[item] = !error_info(code).retriable;
          }
        }
      }
      co_return;
    }
    failed = std::move(answer).error();
  } else {
    failed = std::move(connection).error();
  }
  for (size_t item : trim->items) {
    trimming->results[item].error = failed;
    trimming->done[item] = !error_info(failed.code).retriable;
  }
}

// Finds the leaders of what is not done. What has none stays open, with the reason as its error.
aio::Task<std::vector<LeaderTrim>> by_leader(Trimming* trimming, bool again) {
  std::map<int32_t, LeaderTrim> leaders;
  std::map<std::string, Result<TopicPtr>> topics;
  for (size_t i = 0; i < trimming->requests.size(); ++i) {
    const TrimRequest& asked = trimming->requests[i];
    if (trimming->done[i]) continue;
    auto known = topics.find(asked.topic);
    if (known == topics.end()) {
      Result<TopicPtr> topic = Errc::kCancelled;
      if (again)
        topic = co_await trimming->cluster.refresh(asked.topic);
      else
        topic = co_await trimming->cluster.topic(asked.topic);
      known = topics.emplace(asked.topic, std::move(topic)).first;
    }
    const Result<TopicPtr>& topic = known->second;
    Error& error = trimming->results[i].error;
    if (!topic) {
      error = topic.error();
      trimming->done[i] = error.code == Errc::kUnknownTopicOrPartition || !error_info(error.code).retriable;
      continue;
    }
    if (asked.partition.value < 0 || asked.partition.value >= (*topic)->partition_count()) {
      error = about(asked, Errc::kUnknownTopicOrPartition,
                    fmt::format("the topic has no such partition; it has {}", (*topic)->partition_count()));
      trimming->done[i] = true;
      continue;
    }
    NodeId leader = (*topic)->partitions[static_cast<size_t>(asked.partition.value)].leader;
    error = about(asked, Errc::kLeaderNotAvailable, error_info(Errc::kLeaderNotAvailable).text);
    if (leader.value < 0) continue;
    leaders[leader.value].leader = leader;
    leaders[leader.value].items.push_back(i);
  }
  std::vector<LeaderTrim> list;
  for (auto& [id, trim] : leaders) list.push_back(std::move(trim));
  co_return list;
}

struct DirsAnswer {
  Node node;
  Result<wire::DescribeLogDirsResponse> answer = Errc::kCancelled;
};

aio::Task<void> ask_dirs(Cluster* cluster, DirsAnswer* into, wire::DescribeLogDirsRequest request, int64_t timeout_ms) {
  Result<ConnectionPtr> connection = co_await cluster->connect(into->node.id);
  if (connection)
    into->answer = co_await (*connection)->call(std::move(request), timeout_ms);
  else
    into->answer = std::move(connection).error();
}

void add_directory(const wire::DescribeLogDirsResponse::Directory& directory, NodeId node, LogDirs& dirs) {
  Errc code = errc_from_wire(directory.error_code);
  if (code != Errc::kNone) {
    Error error{code, fmt::format("node {}, {}: {}", node.value, directory.log_dir, error_info(code).text)};
    dirs.errors.push_back({directory.log_dir, std::move(error)});
    return;
  }
  for (const auto& topic : directory.topics)
    for (const auto& partition : topic.partitions)
      dirs.replicas.push_back({node, directory.log_dir, topic.name, Partition(partition.partition_index),
                               partition.partition_size, partition.record_count, partition.offset_lag});
}

}  // namespace

aio::Task<Result<std::vector<TrimResult>>> Admin::trim(std::vector<TrimRequest> requests) {
  Trimming trimming{cluster_, requests, {}, {}};
  trimming.results.resize(requests.size());
  trimming.done.resize(requests.size());
  int64_t give_up_ns = cluster_.runtime().mono_ns() + timeout_ms_ * 1'000'000;
  aio::Timer pause(cluster_.runtime().timers());
  for (bool again = false;; again = true) {
    std::vector<LeaderTrim> leaders = co_await by_leader(&trimming, again);
    int64_t left_ms = std::max<int64_t>(1, (give_up_ns - cluster_.runtime().mono_ns()) / 1'000'000);
    aio::TaskGroup asking;
    for (const LeaderTrim& trim : leaders) asking.spawn(trim_at(&trimming, &trim, left_ms));
    co_await asking.drained();
    bool open = std::find(trimming.done.begin(), trimming.done.end(), false) != trimming.done.end();
    if (!open || cluster_.runtime().mono_ns() + kRetryMs * 1'000'000 >= give_up_ns) break;
    co_await pause.wait_ms(kRetryMs);
  }
  co_return std::move(trimming.results);
}

aio::Task<Result<LogDirs>> Admin::log_dirs(std::optional<std::vector<std::string>> topics) {
  wire::DescribeLogDirsRequest request;
  if (topics) {
    request.topics.emplace();
    for (const std::string& name : *topics) {
      SL_CO_TRY(TopicPtr info, co_await cluster_.topic(name));
      auto& topic = request.topics->emplace_back();
      topic.topic = name;
      for (int32_t p = 0; p < info->partition_count(); ++p) topic.partitions.push_back(p);
    }
  }
  SL_CO_CHECK(co_await cluster_.refresh_nodes());
  std::vector<DirsAnswer> answers;
  std::vector<Node> nodes = cluster_.nodes();
  for (Node& node : nodes) answers.push_back({std::move(node)});
  aio::TaskGroup asking;
  for (DirsAnswer& each : answers) asking.spawn(ask_dirs(&cluster_, &each, request, timeout_ms_));
  co_await asking.drained();
  LogDirs dirs;
  for (const DirsAnswer& each : answers) {
    std::string name = fmt::format("node {}", each.node.id.value);
    Error error;
    if (!each.answer)
      error = each.answer.error();
    else if (Errc code = errc_from_wire(each.answer->error_code); code != Errc::kNone)
      error = Error{code, fmt::format("{}: {}", name, error_info(code).text)};
    if (error.code != Errc::kNone) {
      dirs.errors.push_back({name, std::move(error)});
      continue;
    }
    for (const auto& directory : each.answer->results) add_directory(directory, each.node.id, dirs);
  }
  co_return dirs;
}

}  // namespace sl::client
