#include "client/offsets.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "wire/messages/offsets.h"

namespace sl::client {
namespace {

constexpr int64_t kLatest = -1;
constexpr int64_t kEarliest = -2;
constexpr int64_t kLargestTime = -3;
constexpr int64_t kRetryMs = 100;

// One thing to ask of a leader for one partition. A position may need two: its end and its start.
struct LookUp {
  const OffsetQuery* query;
  int64_t timestamp;
  bool done = false;
  Error error;
  int64_t offset = -1;
  int64_t found_timestamp_ms = -1;
};

void add_look_ups(const OffsetQuery& query, std::vector<LookUp>& look_ups) {
  auto add = [&](int64_t timestamp) { look_ups.push_back({&query, timestamp, false, {}}); };
  switch (query.position.kind) {
    case Position::Kind::kAbsolute:
      return;
    case Position::Kind::kStart:
      return add(kEarliest);
    case Position::Kind::kEnd:
      return add(kLatest);
    case Position::Kind::kMaxTimestamp:
      return add(kLargestTime);
    case Position::Kind::kTime:
      add(query.position.value);
      return add(kLatest);  // where no record is as young
    case Position::Kind::kAfterStart:
    case Position::Kind::kBeforeEnd:
      add(kEarliest);
      return add(kLatest);
  }
}

// The offset from the look-ups of one query, which follow one another from `at`.
OffsetAnswer conclude(const OffsetQuery& query, const LookUp*& at) {
  OffsetAnswer answer;
  if (query.position.kind == Position::Kind::kAbsolute) {
    answer.offset = Offset(query.position.value);
    return answer;
  }
  const LookUp& first = *at++;
  bool two = query.position.kind == Position::Kind::kTime || query.position.kind == Position::Kind::kAfterStart ||
             query.position.kind == Position::Kind::kBeforeEnd;
  const LookUp& second = two ? *at++ : first;
  answer.error = first.error.code != Errc::kNone ? first.error : second.error;
  if (answer.error.code != Errc::kNone) return answer;
  int64_t value = query.position.value;
  switch (query.position.kind) {
    case Position::Kind::kTime:
      answer.offset = Offset(first.offset >= 0 ? first.offset : second.offset);
      answer.timestamp_ms = first.found_timestamp_ms;
      break;
    case Position::Kind::kAfterStart:
      answer.offset = Offset(value > second.offset - first.offset ? second.offset : first.offset + value);
      break;
    case Position::Kind::kBeforeEnd:
      answer.offset = Offset(value > second.offset - first.offset ? first.offset : second.offset - value);
      break;
    default:
      answer.offset = Offset(first.offset);
      answer.timestamp_ms = first.found_timestamp_ms;
  }
  return answer;
}

// A request holds a partition once: what is asked of one leader, with at most one look-up each.
struct Batch {
  NodeId leader;
  std::vector<LookUp*> look_ups;
};

wire::ListOffsetsRequest request_for(const Batch& batch, Cluster& cluster, int64_t timeout_ms, bool committed_only) {
  wire::ListOffsetsRequest request;
  request.replica_id = -1;
  request.isolation_level = committed_only ? 1 : 0;
  request.timeout_ms = static_cast<int32_t>(std::clamp<int64_t>(timeout_ms, 1, INT32_MAX));
  for (const LookUp* look_up : batch.look_ups) {
    const OffsetQuery& query = *look_up->query;
    auto same = [&](const auto& each) { return each.name == query.topic; };
    auto found = std::find_if(request.topics.begin(), request.topics.end(), same);
    if (found == request.topics.end()) {
      found = request.topics.emplace(request.topics.end());
      found->name = query.topic;
    }
    auto& partition = found->partitions.emplace_back();
    partition.partition_index = query.partition.value;
    partition.timestamp = look_up->timestamp;
    TopicPtr topic = cluster.known(query.topic);
    if (topic && query.partition.value < topic->partition_count())
      partition.current_leader_epoch = topic->partitions[static_cast<size_t>(query.partition.value)].leader_epoch.value;
  }
  return request;
}

// Notes one partition's answer; true where it should be asked again, of a leader looked up anew.
bool note(LookUp& look_up, const wire::ListOffsetsResponse::Partition& answer) {
  Errc code = errc_from_wire(answer.error_code);
  if (code == Errc::kNone) {
    look_up.done = true;
    look_up.error = {};
    if (answer.offset < kNoOffset.value)
      look_up.error =
          Error{Errc::kProtocolMismatch, fmt::format("{} [{}]: the answer has offset {}", look_up.query->topic,
                                                     look_up.query->partition.value, answer.offset)};
    look_up.offset = answer.offset;
    look_up.found_timestamp_ms = look_up.timestamp >= 0 || look_up.timestamp == kLargestTime ? answer.timestamp : -1;
    return false;
  }
  const OffsetQuery& query = *look_up.query;
  look_up.error = Error{code, fmt::format("{} [{}]: {}", query.topic, query.partition.value, error_info(code).text)};
  bool again = error_info(code).retriable;
  look_up.done = !again;
  return again;
}

aio::Task<void> ask_leader(Cluster* cluster, Batch* batch, int64_t timeout_ms, bool committed_only) {
  Error failed;
  Result<ConnectionPtr> connection = co_await cluster->connect(batch->leader);
  if (connection) {
    wire::ListOffsetsRequest request = request_for(*batch, *cluster, timeout_ms, committed_only);
    auto answer = co_await (*connection)->call(std::move(request), timeout_ms);
    if (answer) {
      for (LookUp* look_up : batch->look_ups) {
        for (const auto& topic : answer->topics)
          for (const auto& partition : topic.partitions)
            if (topic.name == look_up->query->topic && partition.partition_index == look_up->query->partition.value)
              note(*look_up, partition);
      }
      co_return;
    }
    failed = std::move(answer).error();
  } else {
    failed = std::move(connection).error();
  }
  for (LookUp* look_up : batch->look_ups) {
    look_up->error = failed;
    look_up->done = !error_info(failed.code).retriable && failed.code != Errc::kBrokerNotAvailable;
  }
}

// Sorts what is open by leader, one look-up of a partition in a batch. Partitions without a leader stay open.
std::vector<Batch> group_by_leader(Cluster& cluster, std::vector<LookUp>& look_ups) {
  std::map<std::pair<int32_t, int>, Batch> batches;
  std::map<std::pair<std::string_view, int32_t>, int> asked;
  for (LookUp& look_up : look_ups) {
    if (look_up.done) continue;
    const OffsetQuery& query = *look_up.query;
    TopicPtr topic = cluster.known(query.topic);
    if (!topic) continue;
    if (query.partition.value < 0 || query.partition.value >= topic->partition_count()) {
      look_up.done = true;
      look_up.error =
          Error{Errc::kUnknownTopicOrPartition, fmt::format("topic '{}' has no partition {}; it has {}", query.topic,
                                                            query.partition.value, topic->partition_count())};
      continue;
    }
    NodeId leader = topic->partitions[static_cast<size_t>(query.partition.value)].leader;
    if (leader.value < 0) {
      look_up.error = Error{Errc::kLeaderNotAvailable,
                            fmt::format("{} [{}]: it has no leader now", query.topic, query.partition.value)};
      continue;
    }
    int round = asked[{query.topic, query.partition.value}]++;
    Batch& batch = batches[{leader.value, round}];
    batch.leader = leader;
    batch.look_ups.push_back(&look_up);
  }
  std::vector<Batch> list;
  for (auto& [key, batch] : batches) list.push_back(std::move(batch));
  return list;
}

// Learns every topic that is named, anew where `again`.
aio::Task<Status> learn_topics(Cluster* cluster, std::vector<LookUp>* look_ups, bool again) {
  std::string last;
  for (LookUp& look_up : *look_ups) {
    if (look_up.done || look_up.query->topic == last) continue;
    last = look_up.query->topic;
    Result<TopicPtr> topic = Errc::kCancelled;
    if (again)
      topic = co_await cluster->refresh(last);
    else
      topic = co_await cluster->topic(last);
    if (topic) continue;
    Errc code = topic.code();
    if (code == Errc::kUnknownTopicOrPartition || code == Errc::kInvalidTopic ||
        code == Errc::kTopicAuthorizationFailed) {
      for (LookUp& each : *look_ups) {
        if (each.query->topic != last) continue;
        each.done = true;
        each.error = topic.error();
      }
    } else if (!again) {
      co_return std::move(topic).error();
    }
  }
  co_return Status();
}

}  // namespace

aio::Task<Result<std::vector<OffsetAnswer>>> list_offsets(Cluster& cluster, std::vector<OffsetQuery> queries,
                                                          int64_t timeout_ms, bool committed_only) {
  std::vector<LookUp> look_ups;
  for (const OffsetQuery& query : queries) add_look_ups(query, look_ups);
  int64_t give_up_ns = cluster.runtime().mono_ns() + timeout_ms * 1'000'000;
  aio::Timer pause(cluster.runtime().timers());
  for (bool again = false;; again = true) {
    SL_CO_CHECK(co_await learn_topics(&cluster, &look_ups, again));
    std::vector<Batch> batches = group_by_leader(cluster, look_ups);
    int64_t left_ms = std::max<int64_t>(1, (give_up_ns - cluster.runtime().mono_ns()) / 1'000'000);
    aio::TaskGroup asking;
    for (Batch& batch : batches) asking.spawn(ask_leader(&cluster, &batch, left_ms, committed_only));
    co_await asking.drained();
    bool open = std::any_of(look_ups.begin(), look_ups.end(), [](const LookUp& each) { return !each.done; });
    if (!open || cluster.runtime().mono_ns() >= give_up_ns) break;
    co_await pause.wait_ms(kRetryMs);
  }
  for (LookUp& each : look_ups)
    if (!each.done && each.error.code == Errc::kNone)
      each.error = Error{Errc::kRequestTimedOut, fmt::format("{} [{}]: no answer about its offsets", each.query->topic,
                                                             each.query->partition.value)};
  std::vector<OffsetAnswer> answers;
  const LookUp* at = look_ups.data();
  for (const OffsetQuery& query : queries) answers.push_back(conclude(query, at));
  co_return answers;
}

}  // namespace sl::client
