// What a member wants to read: topics that come to be, and, where it leads a classic group, partitions that are added.
#include <algorithm>

#include "client/group_member.h"

namespace sl::client {
namespace {

// Where a topic that the group reads does not exist yet, or the last look failed.
constexpr int64_t kLookAgainMs = 1'000;

}  // namespace

void GroupMember::subscribe(std::vector<std::string> topics) {
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  topics_ = std::move(topics);
  if (classic_) classic_->subscribe(topics_);
  if (consumer_) consumer_->subscribe(topics_);
  pause_.cut();
}

aio::Task<void> GroupMember::keep_looking() {
  Status looked;
  while (!stopping_) {
    int64_t wait_ms = options_.metadata_max_age_ms;
    if (!looked || topic_missing()) wait_ms = std::min(wait_ms, kLookAgainMs);
    bool over = co_await look_pause_.wait_ms(wait_ms);
    if (over) looked = co_await look();
  }
}

bool GroupMember::topic_missing() const {
  if (!classic_ || !classic_->leads()) return false;
  const auto& topics = classic_->group_topics();
  return std::any_of(topics.begin(), topics.end(), [&](const auto& topic) { return !counts_.contains(topic); });
}

aio::Task<Status> GroupMember::look() {
  if (options_.subscription.wanted) {
    auto all = co_await asking_.run(cluster_.all_topics());
    if (!all) co_return Error{Errc::kCancelled, "the group member is closed"};
    if (!*all) co_return all->error();
    std::vector<std::string> names = options_.subscription.topics;
    for (const TopicPtr& topic : **all)
      if (!topic->internal && options_.subscription.wanted(*topic)) names.push_back(topic->name);
    subscribe(std::move(names));
  }
  if (!classic_ || !classic_->leads()) co_return Status();
  // Those of the group's topics that the pattern took are known by now, but it may read others too.
  PartitionCounts counts = co_await count_partitions(classic_->group_topics(), true);
  if (classic_ && classic_->leads() && counts != counts_ && !stopping_) {
    classic_->rejoin();
    pause_.cut();
  }
  co_return Status();
}

aio::Task<PartitionCounts> GroupMember::count_partitions(std::set<std::string> topics, bool anew) {
  PartitionCounts counts;
  for (const std::string& name : topics) {
    TopicPtr topic = anew ? nullptr : cluster_.known(name);
    Errc code = Errc::kNone;
    if (!topic) {
      auto asked = co_await asking_.run(cluster_.refresh(name));
      if (asked && *asked)
        topic = **std::move(asked);
      else if (asked)
        code = asked->code();
    }
    // Where nobody can say, what was known holds.
    if (!topic && code != Errc::kUnknownTopicOrPartition) topic = cluster_.known(name);
    if (topic) counts[name] = topic->partition_count();
  }
  co_return counts;
}

// Sees to it that the cluster knows partitions which a leader knew before us.
aio::Task<void> GroupMember::learn_partitions(std::vector<TopicPartition> partitions) {
  for (const TopicPartition& each : partitions) {
    TopicPtr topic = cluster_.known(each.topic);
    if (topic && each.partition.value < topic->partition_count()) continue;
    auto asked = co_await asking_.run(cluster_.refresh(each.topic));
    if (!asked) co_return;
  }
}

}  // namespace sl::client
