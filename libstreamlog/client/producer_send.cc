// Batches out: which leave together, to whom, and when.
#include <fmt/core.h>

#include <algorithm>

#include "client/producer.h"
#include "wire/messages/producers.h"

namespace sl::client {
namespace {

constexpr int64_t kRetryMinMs = 50;
constexpr int64_t kRetryMaxMs = 1'000;
constexpr int64_t kExpiryEveryNs = 1'000'000'000;
constexpr int64_t kIdleNs = 3'600'000'000'000;
// The last version that names topics instead of giving their ids.
constexpr int16_t kProduceByName = 12;
// What a broker gets for acks all; the call itself waits a little longer, so that its answer comes first.
constexpr int64_t kAnswerMarginMs = 2'000;
// What a batch is given that leaves when its time is nearly over: the end of a call costs the others their connection.
constexpr int64_t kLastCallMs = 1'000;

}  // namespace

// The lane may have something to send: queue it at its leader.
void Producer::offer(Lane& lane) {
  if (lane.waiting || lane.delayed) return;
  if (lane.leader < 0) {
    if (lane.last_error.code == Errc::kNone) lane.last_error = Error{Errc::kLeaderNotAvailable, "no leader"};
    delay(lane);
    if (!lane.topic->refreshing && !stopping_) group_.spawn(refresh(lane.topic));
    return;
  }
  auto& leader = leaders_[lane.leader];
  if (!leader) leader = std::make_unique<Leader>(Leader{lane.leader, {}});
  lane.waiting = true;
  leader->waiting.push_back(&lane);
  dispatch(*leader);
}

void Producer::dispatch_all() {
  for (auto& [node, leader] : leaders_) dispatch(*leader);
}

void Producer::dispatch(Leader& leader) {
  if (!identified_) return;
  while (!leader.waiting.empty() && leader.in_flight < options_.requests_in_flight_max && !stopping_) {
    ConnectionPtr connection = cluster_.connected(NodeId(leader.node));
    if (!connection) {
      if (!leader.reaching) group_.spawn(reach(&leader));
      return;
    }
    std::unique_ptr<Request> request = collect(leader);
    if (!request) return;
    ++leader.in_flight;
    group_.spawn(send(&leader, std::move(connection), std::move(request)));
  }
}

// One batch of each waiting lane, as many as a request holds; null where none may leave now.
std::unique_ptr<Producer::Request> Producer::collect(Leader& leader) {
  auto request = std::make_unique<Request>();
  for (size_t left = leader.waiting.size(); left > 0; --left) {
    Lane& lane = *leader.waiting.front();
    leader.waiting.pop_front();
    lane.waiting = false;
    if (lane.leader != leader.node) {  // It moved.
      offer(lane);
      continue;
    }
    bool due_but_full = lane.due && !lane.builder.empty() && !may_seal();
    BatchPtr batch = take(lane);
    if (!batch) {
      if (due_but_full && lane.could_send(lane_in_flight_max_)) {
        lane.waiting = true;
        leader.waiting.push_back(&lane);
      }
      continue;
    }
    size_t bytes = batch->bytes.bytes.size();
    bool fits = request->batches.empty() || request->bytes + bytes <= options_.request_bytes_max;
    if (fits) {
      lane.sent(*batch);
      request->bytes += bytes;
      request->batches.push_back(std::move(batch));
    }
    if (!fits || lane.next(lane_in_flight_max_)) {
      lane.waiting = true;
      if (fits)
        leader.waiting.push_back(&lane);
      else
        leader.waiting.push_front(&lane);
    }
    if (!fits) break;
  }
  return request->batches.empty() ? nullptr : std::move(request);
}

// The lane's next batch; the open one is closed only now that it can leave, so it has grown as long as it could.
BatchPtr Producer::take(Lane& lane) {
  if (lane.due && !lane.builder.empty() && lane.could_send(lane_in_flight_max_) && may_seal()) {
    SealedBatch& batch = lane.seal(sealing_);
    --open_;
    ++sealed_;
    sealed_bytes_ += batch.weight();
  }
  return lane.next(lane_in_flight_max_);
}

wire::ProduceRequest Producer::message(const Request& request) const {
  wire::ProduceRequest message;
  message.acks = static_cast<int16_t>(options_.acks);
  message.timeout_ms = static_cast<int32_t>(cluster_.options().request_timeout_ms);
  for (const BatchPtr& batch : request.batches) {
    const Topic& topic = *batch->lane->topic;
    auto same = [&](const auto& each) { return each.name == topic.name; };
    auto found = std::find_if(message.topic_data.begin(), message.topic_data.end(), same);
    if (found == message.topic_data.end()) {
      found = message.topic_data.emplace(message.topic_data.end());
      found->name = topic.name;
      found->topic_id = topic.info->id;
    }
    auto& partition = found->partition_data.emplace_back();
    partition.index = batch->lane->index;
    partition.records.add(batch->bytes);
  }
  return message;
}

// How long an answer is waited for: not much beyond the time in which the oldest batch must be delivered.
int64_t Producer::call_ms(const Request& request) const {
  int64_t opened_ns = INT64_MAX;
  for (const BatchPtr& batch : request.batches) opened_ns = std::min(opened_ns, batch->opened_ns);
  int64_t left_ms = options_.delivery_timeout_ms - (runtime_.mono_ns() - opened_ns) / 1'000'000;
  return std::min(cluster_.options().request_timeout_ms + kAnswerMarginMs, std::max(left_ms, kLastCallMs));
}

aio::Task<void> Producer::send(Leader* leader, ConnectionPtr connection, std::unique_ptr<Request> request) {
  wire::ProduceRequest produce = message(*request);
  bool ids = std::none_of(produce.topic_data.begin(), produce.topic_data.end(),
                          [](const auto& topic) { return topic.topic_id.is_zero(); });
  int16_t version_max = ids ? INT16_MAX : kProduceByName;
  int64_t timeout_ms = call_ms(*request);
  if (options_.acks == Acks::kNone) {
    Status handed = co_await connection->send(std::move(produce), timeout_ms, version_max);
    Result<wire::ProduceResponse> answer = wire::ProduceResponse();
    if (!handed) answer = std::move(handed).error();
    --leader->in_flight;
    complete(*request, answer);
  } else {
    Result<wire::ProduceResponse> answer = co_await connection->call(std::move(produce), timeout_ms, version_max);
    --leader->in_flight;
    complete(*request, answer);
  }
  dispatch_all();
  room_.notify();
}

// Connects to a leader that lanes wait for. Where that fails, perhaps it is the leader no more.
aio::Task<void> Producer::reach(Leader* leader) {
  leader->reaching = true;
  auto connection = co_await asking_.run(cluster_.connect(NodeId(leader->node)));
  leader->reaching = false;
  if (!connection || stopping_) co_return;
  if (*connection) {
    dispatch(*leader);
    co_return;
  }
  std::deque<Lane*> waiting;
  waiting.swap(leader->waiting);
  for (Lane* lane : waiting) {
    lane->waiting = false;
    lane->last_error = connection->error();
    delay(*lane);
    if (!lane->topic->refreshing) group_.spawn(refresh(lane->topic));
  }
}

aio::Task<void> Producer::refresh(Topic* topic) {
  topic->refreshing = true;
  auto info = co_await asking_.run(cluster_.refresh(topic->name));
  topic->refreshing = false;
  if (!info || stopping_) co_return;
  int64_t now_ns = runtime_.mono_ns();
  if (*info) {
    topic->unknown_since_ns = -1;
    learn(*topic, **std::move(info));
    co_return;  // What waits is offered again when its delay is over.
  }
  for (auto& lane : topic->lanes) lane->last_error = info->error();
  if (info->code() != Errc::kUnknownTopicOrPartition) co_return;
  if (topic->unknown_since_ns < 0) topic->unknown_since_ns = now_ns;
  if (now_ns - topic->unknown_since_ns < options_.unknown_topic_grace_ms * 1'000'000) co_return;
  for (auto& lane : topic->lanes) {
    std::vector<BatchPtr> lost;
    for (const BatchPtr& batch : lane->batches)
      if (!batch->in_flight) lost.push_back(batch);
    for (const BatchPtr& batch : lost) give_up(batch, info->error());
    if (!lane->builder.empty()) drop_open(*lane, info->error());
    after(*lane);
  }
  room_.notify();
}

// The producer's id, without which no batch can be closed.
aio::Task<void> Producer::identify() {
  while (!stopping_) {
    auto connection = co_await asking_.run(cluster_.connect_any());
    if (!connection || stopping_) co_return;
    Error why;
    if (*connection) {
      wire::InitProducerIdRequest request;
      request.transaction_timeout_ms = INT32_MAX;
      auto answer = co_await asking_.run(
          call_on(**std::move(connection), std::move(request), cluster_.options().request_timeout_ms));
      if (!answer || stopping_) co_return;
      Errc code = *answer ? errc_from_wire((*answer)->error_code) : answer->code();
      if (code == Errc::kNone) sealing_.identity = {ProducerId((*answer)->producer_id), (*answer)->producer_epoch};
      // An old broker knows no producer ids; then one batch at a time keeps the order.
      if (code == Errc::kUnsupportedVersion) lane_in_flight_max_ = 1;
      if (code == Errc::kNone || code == Errc::kUnsupportedVersion) {
        identified_ = true;
        break;
      }
      why = *answer ? Error{code, fmt::format("no producer id: {}", error_info(code).text)} : answer->error();
    } else {
      why = connection->error();
    }
    if (!error_info(why.code).retriable) {
      fatal_ = why;
      drop_all(why);
      break;
    }
    co_await id_pause_.wait_ms(kRetryMinMs * 2);
  }
  dispatch_all();
  room_.notify();
}

// ---- time

void Producer::wake_by(int64_t due_ns) {
  if (due_ns >= armed_for_ns_) return;
  armed_for_ns_ = due_ns;
  timer_.cut();
}

// The lane waits before it tries again, longer each time.
void Producer::delay(Lane& lane) {
  if (lane.delayed || stopping_) return;
  lane.delayed = true;
  int64_t ms = std::min(kRetryMinMs << std::min(lane.failures, 10), kRetryMaxMs);
  lane.failures = std::min(lane.failures + 1, 10);
  lane.retry_at_ns = runtime_.mono_ns() + ms * 1'000'000;
  delayed_.push_back(&lane);
  wake_by(lane.retry_at_ns);
}

aio::Task<void> Producer::clockwork() {
  while (!stopping_) {
    int64_t now_ns = runtime_.mono_ns();
    run_due(now_ns);
    if (now_ns >= next_expiry_ns_) {
      expire(now_ns);
      next_expiry_ns_ = now_ns + kExpiryEveryNs;
    }
    int64_t due_ns = idle() ? now_ns + kIdleNs : next_expiry_ns_;
    if (!lingering_.empty()) due_ns = std::min(due_ns, lingering_.front().due_ns);
    for (const Lane* lane : delayed_) due_ns = std::min(due_ns, lane->retry_at_ns);
    armed_for_ns_ = due_ns;
    co_await timer_.wait_until(due_ns);
  }
}

void Producer::run_due(int64_t now_ns) {
  while (!lingering_.empty()) {
    Lingering each = lingering_.front();
    bool current = each.generation == each.lane->generation && !each.lane->builder.empty();
    if (current && each.due_ns > now_ns) break;
    lingering_.pop_front();
    if (!current) continue;
    each.lane->due = true;
    offer(*each.lane);
  }
  std::vector<Lane*> ready;
  std::erase_if(delayed_, [&](Lane* lane) {
    if (lane->retry_at_ns > now_ns) return false;
    lane->delayed = false;
    ready.push_back(lane);
    return true;
  });
  for (Lane* lane : ready)
    if (!lane->idle() || lane->due) offer(*lane);
}

// Gives up what was not delivered in time and is not in flight just now.
void Producer::expire(int64_t now_ns) {
  int64_t oldest_ns = now_ns - options_.delivery_timeout_ms * 1'000'000;
  for (auto& [name, topic] : topics_) {
    for (auto& lane : topic->lanes) {
      std::vector<BatchPtr> late;
      for (const BatchPtr& batch : lane->batches)
        if (!batch->in_flight && batch->opened_ns < oldest_ns) late.push_back(batch);
      bool open_late = !lane->builder.empty() && lane->opened_ns < oldest_ns;
      if (late.empty() && !open_late) continue;
      std::string reason = fmt::format("not stored within {} ms", options_.delivery_timeout_ms);
      if (!lane->last_error.context.empty()) reason += "; " + lane->last_error.context;
      for (const BatchPtr& batch : late) give_up(batch, Error{Errc::kRequestTimedOut, reason});
      if (open_late) drop_open(*lane, Error{Errc::kRequestTimedOut, reason});
      after(*lane);
    }
  }
  room_.notify();
}

}  // namespace sl::client
