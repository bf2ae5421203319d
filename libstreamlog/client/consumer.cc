// What the reader sees: assigning, the next answer, pausing and seeking.
#include "client/consumer.h"

#include <fmt/core.h>

#include <algorithm>

#include "client/consumer_source.h"

namespace sl::client {

size_t Fetched::bytes() const {
  size_t sum = 0;
  for (const record::BatchView& batch : batches) sum += batch.size();
  return sum;
}

Consumer::Consumer(Cluster& cluster, ConsumerOptions options)
    : cluster_(cluster),
      runtime_(cluster.runtime()),
      options_(options),
      asking_(cluster),
      ready_(runtime_),
      wake_(runtime_),
      look_pause_(runtime_.timers()) {}

Consumer::~Consumer() {
  assert(group_.live() == 0);
}

Error Consumer::about(const Source& source, Errc code, std::string_view reason) const {
  return Error{code, fmt::format("{} [{}]: {}", source.assignment.topic, source.assignment.partition.value, reason)};
}

aio::Task<Status> Consumer::assign(std::vector<Assignment> assignments) {
  auto taken = co_await take_on(std::move(assignments), false);
  if (!taken) co_return std::move(taken).error();
  co_return Status();
}

aio::Task<Result<std::vector<size_t>>> Consumer::add(std::vector<Assignment> assignments) {
  co_return co_await take_on(std::move(assignments), false);
}

aio::Task<Status> Consumer::bring_into_log(std::vector<Assignment>* assignments) {
  std::vector<OffsetQuery> queries;
  auto may_be_outside = [](const Assignment& each) {
    return each.otherwise && each.from.kind == Position::Kind::kAbsolute;
  };
  for (const Assignment& each : *assignments) {
    if (!may_be_outside(each)) continue;
    queries.push_back({each.topic, each.partition, Position::start()});
    queries.push_back({each.topic, each.partition, Position::end()});
  }
  if (queries.empty()) co_return Status();
  auto asked = co_await asking_.run(list_offsets(cluster_, std::move(queries), cluster_.options().request_timeout_ms));
  if (!asked) co_return Error{Errc::kCancelled, "the consumer is closed"};
  if (!*asked) co_return std::move(*asked).error();
  const OffsetAnswer* answer = (*asked)->data();
  for (Assignment& each : *assignments) {
    if (!may_be_outside(each)) continue;
    const OffsetAnswer& start = *answer++;
    const OffsetAnswer& end = *answer++;
    if (start.error.code != Errc::kNone) co_return start.error;
    if (end.error.code != Errc::kNone) co_return end.error;
    Offset from(each.from.value);
    if (from < start.offset || from > end.offset) each.from = *each.otherwise;
  }
  co_return Status();
}

// All or none of them. Where it announces, each begins with kAdded.
aio::Task<Result<std::vector<size_t>>> Consumer::take_on(std::vector<Assignment> assignments, bool announce) {
  SL_CO_CHECK(co_await bring_into_log(&assignments));
  std::vector<OffsetQuery> queries;
  for (const Assignment& each : assignments) {
    queries.push_back({each.topic, each.partition, each.from});
    if (each.until) queries.push_back({each.topic, each.partition, *each.until});
  }
  int64_t timeout_ms = cluster_.options().request_timeout_ms;
  auto asked = co_await asking_.run(list_offsets(cluster_, std::move(queries), timeout_ms, options_.read_committed));
  if (!asked) co_return Error{Errc::kCancelled, "the consumer is closed"};
  auto& found = *asked;
  if (!found) co_return std::move(found).error();
  for (const OffsetAnswer& answer : *found)
    if (answer.error.code != Errc::kNone) co_return answer.error;
  std::vector<TopicPtr> infos;
  for (const Assignment& each : assignments) {
    SL_CO_TRY(TopicPtr info, co_await cluster_.topic(each.topic));
    if (each.partition.value < 0 || each.partition.value >= info->partition_count())
      co_return Error{Errc::kUnknownTopicOrPartition,
                      fmt::format("{} [{}]: the topic has no such partition; it has {}", each.topic,
                                  each.partition.value, info->partition_count())};
    infos.push_back(std::move(info));
  }
  std::vector<size_t> indexes;
  size_t at = 0;
  for (size_t i = 0; i < assignments.size(); ++i) {
    Offset from = (*found)[at++].offset;
    Offset until = assignments[i].until ? (*found)[at++].offset : kNoEnd;
    Source& source = source_for(std::move(assignments[i]), infos[i]);
    indexes.push_back(source.index);
    start(source, from, until, announce);
  }
  for (size_t index : indexes) lead(*sources_[index], sources_[index]->info);
  wake_.notify();
  co_return indexes;
}

// In the place of one that was removed, if it was this partition's; so that they do not grow with every rebalance.
Consumer::Source& Consumer::source_for(Assignment assignment, TopicPtr info) {
  auto same = [&](const auto& each) {
    return each->removed && !each->recovering && each->assignment.topic == assignment.topic &&
           each->assignment.partition == assignment.partition;
  };
  auto found = std::find_if(sources_.begin(), sources_.end(), same);
  if (found == sources_.end()) {
    sources_.push_back(std::make_unique<Source>(runtime_, sources_.size(), Assignment()));
    found = std::prev(sources_.end());
  }
  Source& source = **found;
  source.assignment = std::move(assignment);
  source.info = std::move(info);
  source.bytes_max = options_.partition_bytes_max;
  source.high_watermark = kNoOffset;
  source.aborted.clear();
  source.removed = source.ended = source.gone = source.paused = source.caught_up = false;
  source.failures = 0;
  source.failing_since_ns = source.unknown_since_ns = -1;
  ++live_;
  return source;
}

void Consumer::remove(const std::vector<TopicPartition>& partitions) {
  for (auto& source : sources_) {
    TopicPartition name{source->assignment.topic, source->assignment.partition};
    if (source->removed || std::find(partitions.begin(), partitions.end(), name) == partitions.end()) continue;
    stop(source->index);
    source->removed = true;
  }
}

void Consumer::start(Source& source, Offset from, Offset until, bool announce) {
  source.fetched = source.handed = from;
  source.until = until;
  if (announce) push(news_of(source, Fetched::Kind::kAdded));
  if (from >= until) end(source);
}

// Takes over who leads the partition, and sees to it that someone fetches from there.
void Consumer::lead(Source& source, TopicPtr info) {
  source.info = std::move(info);
  auto index = static_cast<size_t>(source.assignment.partition.value);
  if (index >= source.info->partitions.size()) return;
  const PartitionInfo& partition = source.info->partitions[index];
  source.leader = partition.leader;
  source.leader_epoch = partition.leader_epoch;
  if (source.ended || stopping_) return;
  if (source.leader.value < 0) {
    recover(source, about(source, Errc::kLeaderNotAvailable, error_info(Errc::kLeaderNotAvailable).text));
    return;
  }
  auto& fetcher = fetchers_[source.leader.value];
  if (fetcher) return;
  fetcher = std::make_unique<Fetcher>(Fetcher{source.leader});
  group_.spawn(fetch_from(fetcher.get()));
}

void Consumer::end(Source& source, Fetched::Kind kind) {
  source.ended = true;
  --live_;
  push(news_of(source, kind));
}

// An answer without records.
Fetched Consumer::news_of(const Source& source, Fetched::Kind kind) {
  Fetched news;
  news.kind = kind;
  news.index = source.index;
  news.from = news.next = source.fetched;
  news.until = source.until;
  news.high_watermark = source.high_watermark;
  return news;
}

void Consumer::fail(Error why) {
  if (failure_.code == Errc::kNone) failure_ = std::move(why);
  ready_.notify();
}

void Consumer::push(Fetched fetched) {
  waiting_bytes_ += fetched.bytes();
  waiting_.push_back(std::move(fetched));
  ready_.notify();
}

// Where the last partition is gone, there may be another of its topic that the subscription has yet to find.
bool Consumer::finished() const {
  return !options_.open_ended && live_ == 0 && !look_due_ && !looking_ && !(subscription_ && subscription_->wanted);
}

bool Consumer::ready() const {
  return !waiting_.empty() || finished() || failure_.code != Errc::kNone;
}

aio::Task<Result<Fetched>> Consumer::next(int64_t wait_ms_max) {
  bool over = wait_ms_max == 0;
  aio::Deadline deadline(runtime_.timers(), [&over, this] {
    over = true;
    ready_.notify();
  });
  if (wait_ms_max > 0 && !ready()) deadline.arm_ms(wait_ms_max);
  while (!ready() && !stopping_ && !over) co_await ready_.wait();
  Fetched fetched;
  if (!waiting_.empty()) {
    fetched = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= fetched.bytes();
    sources_[fetched.index]->handed = fetched.next;
    wake_.notify();
    co_return fetched;
  }
  if (failure_.code != Errc::kNone) co_return failure_;
  if (stopping_) co_return Error{Errc::kCancelled, "the consumer is closed"};
  fetched.kind = finished() ? Fetched::Kind::kFinished : Fetched::Kind::kTimedOut;
  co_return fetched;
}

void Consumer::pause(size_t index) {
  sources_[index]->paused = true;
}

void Consumer::resume(size_t index) {
  sources_[index]->paused = false;
  wake_.notify();
}

void Consumer::drop_waiting(size_t index) {
  std::erase_if(waiting_, [&](const Fetched& each) {
    if (each.index != index) return false;
    waiting_bytes_ -= each.bytes();
    return true;
  });
}

void Consumer::seek(size_t index, Offset offset) {
  Source& source = *sources_[index];
  drop_waiting(index);
  ++source.generation;
  source.fetched = source.handed = offset;
  source.aborted.clear();
  source.caught_up = false;
  if (source.gone) return;
  if (source.ended && offset < source.until) {
    source.ended = false;
    ++live_;
    lead(source, source.info);
  } else if (!source.ended && offset >= source.until) {
    end(source);
  }
  wake_.notify();
}

void Consumer::stop(size_t index) {
  Source& source = *sources_[index];
  drop_waiting(index);
  ++source.generation;
  if (source.ended) return;
  source.ended = true;
  --live_;
  ready_.notify();
}

const Assignment& Consumer::assignment(size_t index) const {
  return sources_[index]->assignment;
}
size_t Consumer::assignment_count() const {
  return sources_.size();
}
Offset Consumer::position(size_t index) const {
  return sources_[index]->handed;
}
Offset Consumer::until(size_t index) const {
  return sources_[index]->until;
}
Offset Consumer::high_watermark(size_t index) const {
  return sources_[index]->high_watermark;
}

aio::Task<void> Consumer::close() {
  stopping_ = true;
  asking_.stop();
  for (auto& source : sources_) source->pause.cancel();
  look_pause_.cancel();
  wake_.notify();
  ready_.notify();
  co_await group_.drained();
}

}  // namespace sl::client
