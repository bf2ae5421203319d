#include "tools/sl-group/partitions.h"

#include <fmt/core.h>

#include <algorithm>

#include "tools/common/exit_code.h"
#include "tools/common/partition_list.h"

namespace sl::tools::group {
namespace {

constexpr int32_t kPartitionCountMax = 100'000;

}  // namespace

// A topic's name has no colon.
Result<TopicList> TopicList::parse(const std::vector<std::string>& texts) {
  TopicList parsed;
  for (const std::string& text : texts) {
    size_t colon = text.find(':');
    Topic topic;
    topic.name = text.substr(0, colon);
    if (colon != text.npos) topic.list = text.substr(colon + 1);
    if (topic.name.empty() || (colon != text.npos && topic.list.empty()))
      return Error{Errc::kUsage, fmt::format("-t {}: write it as TOPIC or TOPIC:0,3,5-7", text)};
    if (!topic.list.empty()) {
      auto partitions = parse_partition_list(topic.list, kPartitionCountMax);
      if (!partitions) return Error{Errc::kUsage, fmt::format("-t {}: {}", text, partitions.error().context)};
      topic.partitions = *std::move(partitions);
    }
    parsed.topics_.push_back(std::move(topic));
  }
  return parsed;
}

bool TopicList::takes(const client::TopicPartition& partition) const {
  return std::any_of(topics_.begin(), topics_.end(), [&](const Topic& topic) {
    const auto& some = topic.partitions;
    return topic.name == partition.topic &&
           (some.empty() || std::find(some.begin(), some.end(), partition.partition.value) != some.end());
  });
}

aio::Task<Result<std::vector<client::TopicPartition>>> TopicList::partitions(client::Admin& admin) const {
  std::vector<client::TopicPartition> found;
  for (const Topic& each : topics_) {
    SL_CO_TRY(auto topic, co_await admin.topic(each.name));
    auto partitions = parse_partition_list(each.list, topic->partition_count());
    if (!partitions)
      co_return Error{partitions.code(), fmt::format("topic '{}' {}", each.name, partitions.error().context)};
    for (int32_t p : *partitions) found.push_back({each.name, Partition(p)});
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  co_return found;
}

const std::string* TopicList::missing(const std::vector<client::TopicPartition>& among) const {
  for (const Topic& topic : topics_) {
    auto same = [&](const client::TopicPartition& each) { return each.topic == topic.name; };
    if (std::none_of(among.begin(), among.end(), same)) return &topic.name;
  }
  return nullptr;
}

int say_errors(Messages& messages, const std::string& what, const std::vector<client::GroupOffset>& results) {
  auto same = [&](const client::GroupOffset& each) { return each.error.code == results.front().error.code; };
  if (results.empty()) return kExitOk;
  if (std::all_of(results.begin(), results.end(), same)) {
    const Error& error = results.front().error;
    if (error.code == Errc::kNone) return kExitOk;
    return messages.error(what, error);
  }
  int exit_code = kExitOk;
  for (const auto& each : results) {
    if (each.error.code == Errc::kNone) continue;
    std::string where = fmt::format("{}: {} partition {}", what, each.topic, each.partition.value);
    exit_code = merge_exit_codes(exit_code, messages.error(where, each.error));
  }
  return exit_code;
}

}  // namespace sl::tools::group
