// Topics that come and go while a consumer reads: what is deleted ends with kGone, and what comes to be in the topics
// of the subscription is read from its start.
//
// What is hard is a topic that is deleted and made anew. It has its name and its partitions still, but is another: it
// is told by its id, so that the old one is gone, however soon its place was taken, and the new one is not read from an
// offset of the old. Where both happened before anyone looked, the reader must not take the end of the old for the end
// of everything: while a look is due or under way, nothing is finished.
#include <algorithm>
#include <set>
#include <tuple>

#include "client/consumer.h"
#include "client/consumer_source.h"

namespace sl::client {
namespace {

// After a look that failed.
constexpr int64_t kLookAgainMs = 1'000;
// A topic that the cluster does not know may only just be made; after this it is gone.
constexpr int64_t kUnknownTopicGraceNs = 5'000'000'000;

}  // namespace

void Consumer::subscribe(Subscription subscription) {
  subscription_ = std::move(subscription);
  group_.spawn(keep_looking());
}

aio::Task<void> Consumer::keep_looking() {
  int64_t pause_ms = options_.metadata_max_age_ms;
  while (!stopping_ && failure_.code == Errc::kNone) {
    if (!look_due_) co_await look_pause_.wait_ms(pause_ms);
    if (stopping_) break;
    look_due_ = false;
    looking_ = true;
    Status looked = co_await look();
    looking_ = false;
    pause_ms = options_.metadata_max_age_ms;
    if (!looked) pause_ms = std::min(pause_ms, kLookAgainMs);
    ready_.notify();
  }
}

aio::Task<Status> Consumer::look() {
  SL_CO_TRY(std::vector<TopicPtr> topics, co_await subscribed());
  for (const TopicPtr& topic : topics) lose_replaced(*topic);
  std::vector<Assignment> fresh = not_read(topics);
  if (fresh.empty()) co_return Status();
  auto taken = co_await take_on(std::move(fresh), true);
  if (!taken) co_return std::move(taken).error();
  co_return Status();
}

// The topics of the subscription that there are now.
aio::Task<Result<std::vector<TopicPtr>>> Consumer::subscribed() {
  std::vector<TopicPtr> topics;
  Error closed{Errc::kCancelled, "the consumer is closed"};
  if (subscription_->wanted) {
    auto all = co_await asking_.run(cluster_.all_topics());
    if (!all) co_return closed;
    if (!*all) co_return std::move(*all).error();
    for (TopicPtr& topic : **all)
      if (!topic->internal && subscription_->wanted(*topic)) topics.push_back(std::move(topic));
  }
  for (const std::string& name : subscription_->topics) {
    auto topic = co_await asking_.run(cluster_.refresh(name));
    if (!topic) co_return closed;
    if (*topic)
      topics.push_back(**std::move(topic));
    else if (topic->code() != Errc::kUnknownTopicOrPartition)
      co_return std::move(*topic).error();
  }
  co_return topics;
}

std::vector<Assignment> Consumer::not_read(const std::vector<TopicPtr>& topics) const {
  std::set<std::tuple<std::string_view, Uuid, int32_t>> read;
  for (const auto& source : sources_)
    if (!source->gone) read.emplace(source->info->name, source->info->id, source->assignment.partition.value);
  std::vector<Assignment> fresh;
  for (const TopicPtr& topic : topics)
    for (int32_t p = 0; p < topic->partition_count(); ++p)
      if (!read.contains({topic->name, topic->id, p}))
        fresh.push_back({topic->name, Partition(p), Position::start(), std::nullopt});
  return fresh;
}

// Whether the source belongs to an older topic of that name.
bool Consumer::replaced(const Source& source, const TopicInfo& now) {
  return source.info->name == now.name &&
         (source.info->id != now.id || source.assignment.partition.value >= now.partition_count());
}

void Consumer::lose_replaced(const TopicInfo& now) {
  for (auto& source : sources_)
    if (!source->ended && replaced(*source, now)) lose(*source);
}

// Notes that the cluster does not know the source's topic; after the grace its partitions are lost together.
bool Consumer::unknown_for_good(Source& source) {
  if (source.unknown_since_ns < 0) source.unknown_since_ns = runtime_.mono_ns();
  if (runtime_.mono_ns() - source.unknown_since_ns < kUnknownTopicGraceNs) return false;
  for (auto& each : sources_)
    if (!each->ended && each->info->name == source.info->name && each->info->id == source.info->id) lose(*each);
  return true;
}

void Consumer::lose(Source& source) {
  source.gone = true;
  end(source, Fetched::Kind::kGone);
  if (!subscription_) return;
  look_due_ = true;
  look_pause_.cut();
}

}  // namespace sl::client
