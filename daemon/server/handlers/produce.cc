// Produce: check every batch, queue all of them in the order of the request, then wait until they are durable. Two
// requests of one connection cannot overtake each other: nothing suspends between the first append of one and the last,
// and where its checks take so long that the pool does them, those that come behind it wait for their turn.
#include <fmt/core.h>

#include <map>
#include <set>

#include "record/batch.h"
#include "server/broker.h"
#include "server/handlers/families.h"
#include "server/handlers/locate.h"

namespace sl::server {
namespace {

constexpr int16_t kAcksAll = -1, kAcksNone = 0, kAcksLeader = 1;

// A partition of the request that this node leads.
struct Part {
  std::shared_ptr<replica::Partition> partition;
  Slice batch;
  wire::ProduceResponse::Partition* answer = nullptr;
  std::shared_ptr<replica::Durability> durability;  // once appended
};

void refuse(wire::ProduceResponse::Partition& answer, const Error& error) {
  answer.error_code = errc_to_wire(error.code);
  answer.base_offset = -1;
  if (!error.context.empty()) answer.error_message = error.context;
}

std::optional<Error> refuse_whole(const wire::ProduceRequest& request) {
  if (request.acks != kAcksAll && request.acks != kAcksNone && request.acks != kAcksLeader)
    return Error{Errc::kInvalidRequiredAcks, {}};
  if (request.transactional_id) return Error{Errc::kInvalidTxnState, "this server has no transactions yet"};
  return std::nullopt;
}

std::optional<Part> find_part(Call& call, const cluster::TopicState* topic, bool by_id,
                              wire::ProduceRequest::Partition& asked, wire::ProduceResponse::Partition& answer) {
  Located located = locate(call.broker, topic, by_id, asked.index, -1);
  if (located.error != Errc::kNone) {
    refuse(answer, Error{located.error, {}});
    if (located.error == Errc::kNotLeaderOrFollower)
      answer.current_leader = {located.leader.value, located.leader_epoch.value};
    return std::nullopt;
  }
  if (topic->name == group::kOffsetsTopicName) {
    refuse(answer, Error{Errc::kInvalidTopic, "only the coordinators of groups write to " + topic->name});
    return std::nullopt;
  }
  if (asked.records.pieces.size() != 1) {
    refuse(answer, Error{Errc::kInvalidRecord, "a partition's records must be exactly one batch"});
    return std::nullopt;
  }
  return Part{std::move(located.partition), std::move(asked.records.pieces[0]), &answer, nullptr};
}

// What can be taken, in the order of the request; everything else is refused in `response`, which may grow no more.
std::vector<Part> find_parts(Call& call, wire::ProduceRequest& request, wire::ProduceResponse& response) {
  std::vector<Part> parts;
  bool by_id = call.version() >= 13;
  auto refused = refuse_whole(request);
  response.responses.resize(request.topic_data.size());
  for (size_t t = 0; t < request.topic_data.size(); ++t) {
    auto& asked = request.topic_data[t];
    auto& answer = response.responses[t];
    const cluster::TopicState* topic = find_topic(call.broker.image(), asked.name, asked.topic_id, by_id);
    bool allowed = call.allowed(Operation::kWrite, ResourceType::kTopic, topic ? topic->name : asked.name);
    answer.partition_responses.resize(asked.partition_data.size());
    for (size_t p = 0; p < asked.partition_data.size(); ++p) {
      auto& one = answer.partition_responses[p];
      one.index = asked.partition_data[p].index;
      if (refused) {
        refuse(one, *refused);
      } else if (!allowed) {
        refuse(one, Error{Errc::kTopicAuthorizationFailed, {}});
      } else if (auto part = find_part(call, topic, by_id, asked.partition_data[p], one)) {
        parts.push_back(*std::move(part));
      }
    }
    answer.name = std::move(asked.name);
    answer.topic_id = asked.topic_id;
  }
  return parts;
}

bool too_long_for_loop(const std::vector<Part>& parts) {
  size_t steps = 0;
  for (const Part& part : parts) steps += BatchChecks::steps(part.batch.bytes, part.partition->log().settings());
  return steps > BatchChecks::kStepsOnLoop;
}

void append(Part& part, Result<storage::CheckedBatch> checked) {
  if (!checked) return refuse(*part.answer, checked.error());
  record::BatchView view(checked->batch.bytes);
  if (view.transactional() || view.control())
    return refuse(*part.answer, Error{Errc::kInvalidTxnState, "this server has no transactions yet"});
  auto appended = part.partition->append(*checked);
  if (!appended) return refuse(*part.answer, appended.error());
  part.answer->base_offset = appended->base.value;
  part.answer->log_append_time_ms = appended->log_append_time_ms;
  part.answer->log_start_offset = part.partition->log().log_start().value;
  part.durability = part.partition->durability(appended->next);
}

void append_here(Broker& broker, std::vector<Part>& parts) {
  for (Part& part : parts)
    append(part, broker.checks().check_here(std::move(part.batch), part.partition->log().settings()));
}

// The same, with checks that take their time.
aio::Task<void> append_from_pool(Broker& broker, std::vector<Part>& parts) {
  std::vector<BatchCheck> checks;
  checks.reserve(parts.size());
  for (Part& part : parts) checks.push_back(BatchCheck{part.partition, std::move(part.batch)});
  co_await broker.checks().check_in_pool(checks);
  for (size_t i = 0; i < parts.size(); ++i) append(parts[i], std::move(checks[i].checked));
}

aio::Task<wire::ProduceResponse> produce(Call& call, wire::ProduceRequest request) {
  wire::ProduceResponse response;
  std::vector<Part> parts = find_parts(call, request, response);
  bool in_pool = too_long_for_loop(parts);
  if (!in_pool && call.session.appends->idle()) {
    append_here(call.broker, parts);
  } else {
    Permits::Ask ask(*call.session.appends, 1);
    Permits::Share turn = co_await ask;
    if (in_pool)
      co_await append_from_pool(call.broker, parts);
    else
      append_here(call.broker, parts);
  }
  if (request.acks == kAcksNone) {
    // The only way to tell a producer that waits for no answer that something is wrong is to hang up, as Kafka does.
    for (const auto& topic : response.responses)
      for (const auto& partition : topic.partition_responses) call.hang_up |= partition.error_code != 0;
    call.answer = false;
    co_return response;
  }
  for (Part& part : parts) {
    if (!part.durability) continue;
    auto durable = co_await replica::Partition::wait_durable(std::move(part.durability));
    if (!durable) refuse(*part.answer, durable.error());
  }
  co_return response;
}

aio::Task<wire::InitProducerIdResponse> init_producer_id(Call& call, wire::InitProducerIdRequest request) {
  wire::InitProducerIdResponse response;
  if (request.transactional_id) {
    response.error_code = errc_to_wire(Errc::kInvalidRequest);
    co_return response;
  }
  if (!call.allowed(Operation::kIdempotentWrite, ResourceType::kCluster, kClusterResource)) {
    response.error_code = errc_to_wire(Errc::kClusterAuthorizationFailed);
    co_return response;
  }
  auto id = co_await call.broker.controller().allocate_producer_id();
  if (id)
    response.producer_id = id->value;
  else
    response.error_code = errc_to_wire(id.code());
  co_return response;
}

// Each partition once; topics of which nothing is left are not answered.
void ask_once(wire::DescribeProducersRequest& request) {
  std::map<std::string, std::set<int32_t>> seen;
  for (auto& topic : request.topics) {
    std::set<int32_t>& indexes = seen[topic.name];
    std::erase_if(topic.partition_indexes, [&](int32_t index) { return !indexes.insert(index).second; });
  }
  std::erase_if(request.topics, [](const auto& topic) { return topic.partition_indexes.empty(); });
}

aio::Task<wire::DescribeProducersResponse> describe_producers(Call& call, wire::DescribeProducersRequest request) {
  wire::DescribeProducersResponse response;
  ask_once(request);
  for (auto& asked : request.topics) {
    auto& answer = response.topics.emplace_back();
    const cluster::TopicState* topic = call.broker.image().find(asked.name);
    bool allowed = call.allowed(Operation::kRead, ResourceType::kTopic, asked.name);
    answer.name = std::move(asked.name);
    for (int32_t index : asked.partition_indexes) {
      auto& one = answer.partitions.emplace_back();
      one.partition_index = index;
      Located located = locate(call.broker, topic, false, index, -1);
      if (!allowed) located.error = Errc::kTopicAuthorizationFailed;
      one.error_code = errc_to_wire(located.error);
      if (located.error != Errc::kNone) continue;
      const storage::ProducerTable& producers = located.partition->log().producers();
      for (ProducerId id : producers.ids()) {
        const storage::ProducerEntry& entry = *producers.find(id);
        wire::DescribeProducersResponse::ActiveProducer active;
        active.producer_id = id.value;
        active.producer_epoch = entry.epoch;
        if (entry.count > 0) {
          const auto& last = entry.batches[entry.count - 1u];
          active.last_sequence = last.last_sequence;
          active.last_timestamp = last.timestamp_ms;
        }
        one.active_producers.push_back(active);
      }
    }
  }
  co_return response;
}

}  // namespace

void add_produce_handlers(Dispatcher& dispatcher) {
  dispatcher.add<wire::ProduceRequest>(Guard::kByHandler, &produce);
  dispatcher.add<wire::InitProducerIdRequest>(Guard::kByHandler, &init_producer_id);
  dispatcher.add<wire::DescribeProducersRequest>(Guard::kByHandler, &describe_producers);
}

}  // namespace sl::server
