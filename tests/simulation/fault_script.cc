// Each step has a client of its own, so that none inherits what another has seen.
#include "tests/simulation/fault_script.h"

#include <fmt/core.h>

#include "client/consumer.h"
#include "record/record_cursor.h"
#include "tests/simulation/sample_batch.h"

namespace sl::simulation {
namespace {

constexpr const char* kTopic = "t";
constexpr const char* kDoomed = "doomed";
constexpr uint64_t kTrim = 12;
constexpr int64_t kSegmentMs = 1000;

client::ClusterOptions cluster_options() {
  client::ClusterOptions options;
  options.bootstrap.push_back(aio::Address{"broker", 9092, {}});
  options.connect_timeout_ms = 2000;
  options.request_timeout_ms = 5000;
  return options;
}

std::string value_of(uint64_t number) {
  return sample_value(number, 40 + number * 7);
}

}  // namespace

void FaultScript::require(bool holds, const std::string& sentence) {
  if (!holds && trouble_.empty()) trouble_ = sentence;
}

aio::Task<void> FaultScript::pause(int64_t ms) {
  aio::Timer timer(runtime_.timers());
  (void)co_await timer.wait_ms(ms);
}

aio::Task<void> FaultScript::run() {
  co_await administer(Step::kCreate, kDoomed);
  co_await administer(Step::kCreate, kTopic);
  co_await produce(0, kTrim);
  co_await pause(kSegmentMs + 500);
  co_await produce(kTrim, kTrim);
  half_done_ = true;
  while (!may_go_on_ && !abandoned_) co_await pause(20);
  co_await administer(Step::kTrim, kTopic);
  co_await administer(Step::kRemove, kDoomed);
  co_await pause(1500);
  co_await produce(2 * kTrim, kTrim);
  done_ = true;
}

aio::Task<void> FaultScript::administer(Step step, std::string topic) {
  constexpr const char* kWords[] = {"creating ", "removing ", "trimming "};
  doing_ = kWords[static_cast<int>(step)] + topic;
  while (!abandoned_) {
    Errc code = co_await try_step(step, topic);
    if (code == Errc::kNone) co_return;
    co_await pause(200);
  }
}

// kNone once it is answered that it is done, now or by an attempt whose answer was lost.
aio::Task<Errc> FaultScript::try_step(Step step, std::string topic) {
  client::Cluster cluster(runtime_, cluster_options());
  auto opened = co_await cluster.open();
  Errc code = opened.code();
  client::Admin admin(cluster, 5000);
  if (opened && step == Step::kCreate) {
    client::NewTopic wanted;
    wanted.name = topic;
    wanted.partitions = 1;
    wanted.configs.emplace_back("segment.ms", std::to_string(kSegmentMs));
    std::vector<client::NewTopic> topics;
    topics.push_back(std::move(wanted));
    auto made = co_await admin.create(std::move(topics));
    code = made ? made->front().error.code : made.code();
    if (code == Errc::kTopicAlreadyExists) code = Errc::kNone;
  } else if (opened && step == Step::kRemove) {
    std::vector<std::string> names;
    names.push_back(topic);
    auto gone = co_await admin.remove(std::move(names));
    code = gone ? gone->front().error.code : gone.code();
    if (code == Errc::kUnknownTopicOrPartition) code = Errc::kNone;
    removed_ |= code == Errc::kNone;
  } else if (opened) {
    std::vector<client::TrimRequest> trims;
    trims.push_back(client::TrimRequest{topic, Partition(0), Offset(kTrim)});
    auto trimmed = co_await admin.trim(std::move(trims));
    code = trimmed ? trimmed->front().error.code : trimmed.code();
    if (code == Errc::kNone) trimmed_to_ = trimmed->front().log_start.value;
  }
  co_await cluster.close();
  co_return code;
}

void FaultScript::note(const client::Delivery& delivery) {
  if (delivery.error) {
    require(abandoned_, "records failed: " + delivery.error->context);
    return;
  }
  for (int32_t i = 0; i < delivery.count; ++i) {
    uint64_t number = delivery.first_input + static_cast<uint64_t>(i);
    int64_t offset = delivery.base_offset == kNoOffset ? -1 : delivery.base_offset.value + i;
    require(acknowledged_.emplace(number, offset).second, fmt::format("record {} was acknowledged twice", number));
  }
}

aio::Task<void> FaultScript::produce(uint64_t first, uint64_t count) {
  doing_ = fmt::format("producing from {}", first);
  client::Cluster cluster(runtime_, cluster_options());
  Status opened = Errc::kUnreachable;
  while (!opened && !abandoned_) {
    opened = co_await cluster.open();
    if (!opened) co_await pause(200);
  }
  client::ProducerOptions options;
  options.unknown_topic_grace_ms = 120'000;
  options.batch_bytes = 1024;
  client::Producer producer(cluster, options);
  producer.on_delivery = [this](const client::Delivery& delivery) { note(delivery); };
  client::Producer::Topic* topic = nullptr;
  while (!topic && !abandoned_) {
    auto found = co_await producer.open_topic(kTopic);
    if (found)
      topic = *found;
    else
      co_await pause(200);
  }
  for (uint64_t number = first; topic && number < first + count; ++number) {
    std::string value = value_of(number);
    client::ProducerRecord record;
    record.value = as_bytes(value);
    record.input = number;
    record.partition = 0;
    Errc code = producer.append(*topic, record);
    while (code == Errc::kWouldBlock && !abandoned_) {
      co_await producer.wait_room();
      code = producer.append(*topic, record);
    }
    require(code == Errc::kNone || abandoned_, "a record was refused: " + producer.refusal().context);
    if (number % 4 == 3) {
      producer.nudge();
      co_await pause(3);
    }
  }
  auto flushed = co_await producer.flush();
  require(flushed.ok() || abandoned_, flushed ? "" : "flush: " + flushed.error().context);
  co_await producer.close(1000);
  co_await cluster.close();
}

// Every record from the log start on, in its place, as it was sent.
aio::Task<Status> FaultScript::read(client::Cluster* cluster) {
  client::Consumer consumer(*cluster, client::ConsumerOptions());
  std::vector<client::Assignment> assignments(1);
  assignments[0].topic = kTopic;
  assignments[0].partition = Partition(0);
  auto assigned = co_await consumer.assign(std::move(assignments));
  int64_t next = -1;
  record::Decompressor decompressor;
  while (assigned) {
    auto fetched = co_await consumer.next(30'000);
    if (!fetched || fetched->kind != client::Fetched::Kind::kRecords) {
      if (!fetched) assigned = std::move(fetched).error();
      break;
    }
    for (const auto& batch : fetched->batches) {
      auto cursor = record::RecordCursor::open(batch, decompressor);
      record::RecordView record;
      while (cursor) {
        auto more = cursor->next(record);
        if (!more || !*more) break;
        if (record.offset < fetched->from) continue;
        if (next < 0) next = trimmed_to_;
        auto number = static_cast<uint64_t>(record.offset.value);
        require(record.offset.value == next, fmt::format("offset {} comes where {} should", number, next));
        require(as_text(*record.value) == value_of(number), fmt::format("record {} is another", number));
        ++next;
      }
    }
  }
  co_await consumer.close();
  if (assigned) require(next == static_cast<int64_t>(kRecords), fmt::format("the log ends at {}", next));
  co_return assigned;
}

aio::Task<Status> FaultScript::look(client::Cluster* cluster) {
  client::Admin admin(*cluster, 5000);
  SL_CO_TRY(auto topics, co_await admin.topics());
  std::string names;
  for (const auto& topic : topics) names += topic->name + " ";
  require(names == "t ", "the topics are " + names);
  co_return Status();
}

aio::Task<void> FaultScript::judge() {
  doing_ = "judging";
  for (uint64_t number = 0; number < kRecords; ++number) {
    auto at = acknowledged_.find(number);
    bool right = at != acknowledged_.end() && (at->second < 0 || at->second == static_cast<int64_t>(number));
    require(right, fmt::format("record {} was not acknowledged, or not in its place", number));
  }
  require(removed_ && trimmed_to_ == kTrim, fmt::format("the log was trimmed to {}", trimmed_to_));
  Status done = Errc::kUnreachable;
  for (int attempt = 0; attempt < 20 && !done && trouble_.empty(); ++attempt) {
    client::Cluster cluster(runtime_, cluster_options());
    done = co_await cluster.open();
    if (done) done = co_await look(&cluster);
    if (done) done = co_await read(&cluster);
    co_await cluster.close();
    if (!done) co_await pause(200);
  }
  require(done.ok(), done ? "" : "it cannot be read: " + done.error().context);
  judged_ = true;
}

}  // namespace sl::simulation
