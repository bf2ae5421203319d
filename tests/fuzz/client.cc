// Our client against a broker that answers anything: answers of the right kind whose fields are chance, bytes in their
// place, sizes that lie, answers that nobody asked for, silence, a closed connection. A consumer, a producer and the
// calls of administration must come to their ends, in bounded memory, and what a consumer hands out must be whole.
#include <sanitizer/allocator_interface.h>

#include "aio/sim_network.h"
#include "aio/sim_runtime.h"
#include "client/admin.h"
#include "client/consumer.h"
#include "client/producer.h"
#include "record/record_cursor.h"
#include "tests/fuzz/steer.h"
#include "wire/api.h"

namespace {

using namespace sl;

constexpr size_t kHeldBytesMax = 64 << 20;
constexpr int kAnswersMax = 400;
constexpr int kFetchesMax = 20;
constexpr uint16_t kPort = 9092;

// How an answer of the input is sent.
enum Twist : uint8_t { kWrongCorrelation = 1, kClose = 2, kSilence = 4, kLongSize = 8, kTwice = 16, kHuge = 32 };

struct Scripted {
  uint8_t twist = 0;
  std::string body;  // behind the correlation id
};

class HostileBroker {
 public:
  HostileBroker(aio::SimRuntime& runtime, uint64_t seed, bool errors)
      : runtime_(runtime), random_(seed), errors_(errors) {
    aio::Address address{"broker", kPort, {}};
    aio::ListenOptions options;
    listener_ = *runtime_.listen(address, options);
    tasks_.spawn(accept_all());
  }
  void script(int16_t api, Scripted answer) { scripts_[api].push_back(std::move(answer)); }
  void stop() {
    listener_->close();
    for (auto& stream : streams_) stream->close();
  }
  size_t live() const { return tasks_.live(); }

 private:
  aio::Task<void> accept_all() {
    for (;;) {
      auto stream = co_await listener_->accept();
      if (!stream) co_return;
      streams_.push_back(*std::move(stream));
      tasks_.spawn(serve(streams_.back().get()));
    }
  }
  aio::Task<void> serve(aio::Stream* stream) {
    BufferPool pool(0);
    rpc::FrameReader reader(*stream, pool, 64 << 20);
    for (;;) {
      auto frame = co_await reader.next();
      if (!frame) break;
      auto request = wire::decode_request_header(frame->bytes);
      fuzz::require(request.ok() && request->known, "our requests can be read");
      if (++answers_ > kAnswersMax) break;
      uint8_t twist = 0;
      std::string bytes = answer(*request, twist);
      Bytes piece = as_bytes(bytes);
      std::span<const Bytes> pieces(&piece, 1);
      if (twist & kSilence) continue;
      auto written = co_await stream->write(pieces);
      if (!written || (twist & kClose)) break;
    }
    stream->close();
  }
  std::string answer(const wire::RequestFrame& request, uint8_t& twist) {
    auto& script = scripts_[request.header.api_key];
    int32_t correlation = request.header.correlation_id;
    if (script.empty()) {
      std::string bytes;
      wire::visit_request(request.header.api_key, [&]<class M>() { bytes = invent<M>(correlation, request); });
      return bytes;
    }
    Scripted next = std::move(script.front());
    script.pop_front();
    twist = next.twist;
    std::string bytes(8, '\0');
    auto* head = reinterpret_cast<uint8_t*>(bytes.data());
    auto size = static_cast<int32_t>(4 + next.body.size());
    if (twist & kLongSize) size += 1000;
    if (twist & kHuge) size |= 0x7000'0000;
    store_be(head, size);
    store_be(head + 4, twist & kWrongCorrelation ? correlation + 1 : correlation);
    bytes += next.body;
    return twist & kTwice ? bytes + bytes : bytes;
  }
  template <wire::Request M>
  std::string invent(int32_t correlation, const wire::RequestFrame& request) {
    int16_t version = request.header.api_version;
    typename M::Response response;
    if constexpr (std::same_as<M, wire::ApiVersionsRequest>) {
      response = wire::listed_apis();
    } else {
      wire::fill(response, version, random_);
      fuzz::Steer(random_, "broker", errors_ ? 6 : 10).structure(response);
    }
    if constexpr (std::same_as<M, wire::MetadataRequest>) make_usable(response);
    return wire::encode_response(correlation, response, version).joined();
  }
  // One broker, which leads what was asked for, most of the time.
  void make_usable(wire::MetadataResponse& response) {
    if (errors_ && random_.below(4) == 0) return;
    response.error_code = 0;
    response.brokers.resize(1);
    response.brokers[0].node_id = 1;
    response.brokers[0].host = "broker";
    response.brokers[0].port = kPort;
    response.topics.resize(1);
    auto& topic = response.topics[0];
    topic.error_code = 0;
    topic.name = "t";
    topic.partitions.resize(2);
    for (int32_t i = 0; i < 2; ++i) {
      auto& partition = topic.partitions[static_cast<size_t>(i)];
      partition.partition_index = i;
      partition.leader_id = 1;
    }
  }

  aio::SimRuntime& runtime_;
  SeededRandom random_;
  bool errors_;
  std::unique_ptr<aio::Listener> listener_;
  std::vector<std::unique_ptr<aio::Stream>> streams_;
  std::map<int16_t, std::deque<Scripted>> scripts_;
  int answers_ = 0;
  aio::TaskGroup tasks_;
};

void check_batches(const client::Fetched& fetched) {
  record::Decompressor decompressor;
  for (const auto& batch : fetched.batches) {
    fuzz::require(batch.crc_ok(), "what is handed out is whole");
    auto cursor = record::RecordCursor::open(batch, decompressor);
    record::RecordView record;
    while (cursor) {
      auto more = cursor->next(record);
      if (!more || !*more) break;
      auto headers = record.headers();
      while (headers.next()) continue;
    }
  }
}

aio::Task<void> consume(client::Cluster& cluster) {
  client::ConsumerOptions options;
  options.outage_ms_max = 3000;
  client::Consumer consumer(cluster, options);
  std::vector<client::Assignment> assignments(2);
  for (auto& assignment : assignments) assignment.topic = "t";
  assignments[1].partition = Partition(1);
  assignments[1].from = client::Position::before_end(3);
  assignments[1].until = client::Position::time(1'700'000'050'000);
  auto assigned = co_await consumer.assign(std::move(assignments));
  for (int i = 0; assigned && i < kFetchesMax; ++i) {
    auto fetched = co_await consumer.next(1000);
    if (!fetched || fetched->kind == client::Fetched::Kind::kFinished) break;
    check_batches(*fetched);
  }
  co_await consumer.close();
}

aio::Task<void> produce(client::Cluster& cluster, client::Acks acks) {
  client::ProducerOptions options;
  options.acks = acks;
  options.delivery_timeout_ms = 3000;
  options.unknown_topic_grace_ms = 1000;
  client::Producer producer(cluster, options);
  uint64_t told = 0;
  producer.on_delivery = [&told](const client::Delivery& delivery) { told += static_cast<uint64_t>(delivery.count); };
  auto topic = co_await producer.open_topic("t");
  uint64_t taken = 0;
  for (uint64_t i = 0; topic && i < 12; ++i) {
    std::string value(100 * i, 'v');
    client::ProducerRecord record;
    record.value = as_bytes(value);
    record.input = i;
    if (producer.append(**topic, record) == Errc::kNone) ++taken;
    if (i % 4 == 0) producer.nudge();
    if (i % 4 == 0) co_await producer.breathe();
  }
  auto flushed = co_await producer.flush();
  (void)flushed.ok();
  co_await producer.close(500);
  fuzz::require(told == taken, "every record's fate is told");
}

aio::Task<void> administrate(client::Cluster& cluster) {
  client::Admin admin(cluster, 2000);
  std::vector<std::string> names(1, "t");
  std::vector<client::NewTopic> topics(1);
  topics[0].name = "u";
  std::vector<client::GrownTopic> grown(1);
  grown[0].name = "t";
  grown[0].partitions = 4;
  std::vector<client::ConfigChange> changes(1);
  changes[0].name = "retention.ms";
  std::vector<client::OffsetQuery> queries(1);
  queries[0].topic = "t";
  queries[0].position = client::Position::after_start(2);
  std::vector<client::TrimRequest> trims(1);
  trims[0].topic = "t";
  (void)(co_await admin.describe_cluster()).ok();
  (void)(co_await admin.topics()).ok();
  (void)(co_await admin.create(std::move(topics))).ok();
  (void)(co_await admin.grow(std::move(grown))).ok();
  (void)(co_await admin.configs(client::ResourceType::kTopic, names)).ok();
  (void)(co_await admin.alter(client::ResourceType::kTopic, names, std::move(changes))).ok();
  (void)(co_await admin.offsets(std::move(queries))).ok();
  (void)(co_await admin.trim(std::move(trims))).ok();
  (void)(co_await admin.log_dirs()).ok();
  (void)(co_await admin.remove(names)).ok();
}

aio::Task<void> use(aio::Runtime& runtime, uint8_t settings) {
  client::ClusterOptions options;
  options.bootstrap.push_back(aio::Address{"broker", kPort, {}});
  options.connect_timeout_ms = options.request_timeout_ms = 1000;
  client::Cluster cluster(runtime, options);
  std::vector<std::string> topics(1, "t");
  auto acks = settings & 8 ? client::Acks::kLeader : client::Acks::kAll;
  auto opened = co_await cluster.open(std::move(topics));
  if (opened && (settings & 1)) co_await consume(cluster);
  if (opened && (settings & 2)) co_await produce(cluster, acks);
  if (opened && (settings & 4)) co_await administrate(cluster);
  co_await cluster.close();
}

template <wire::Request M>
std::string body_of(Random& random) {
  wire::Versions versions = wire::versions_of<M>();
  if constexpr (requires { M::kListedMax; }) versions.max = M::kListedMax;
  typename M::Response response;
  wire::fill(response, versions.max, random);
  if (random.below(8) != 0) fuzz::Steer(random, "broker", 8).structure(response);
  return wire::encode_response(1, response, versions.max).joined().substr(8);
}

// Settings, a seed, then answers: index of the API, twist, size, body.
std::string make(Random& random) {
  std::string input(1, static_cast<char>(random.below(32)));
  input += static_cast<char>(random.next());
  for (uint64_t answers = random.below(4); answers > 0; --answers) {
    auto index = static_cast<uint8_t>(random.below(wire::kApiCount));
    std::string body;
    wire::visit_request(static_cast<int16_t>(wire::kApis[index].key), [&]<class M>() { body = body_of<M>(random); });
    if (body.size() > 2000) continue;
    input += static_cast<char>(index);
    input += static_cast<char>(random.below(8) == 0 ? random.below(64) : 0);
    input += {static_cast<char>(body.size() >> 8), static_cast<char>(body.size())};
    input += body;
  }
  return input;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  return fuzz::mutate(data, size, size_max, seed, &make);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  auto settings = input.take<uint8_t>();
  aio::SimWorld world(1);
  aio::SimRuntime& server = world.add_node("broker").start_process();
  aio::SimRuntime& user = world.add_node("client").start_process();
  HostileBroker broker(server, input.take<uint8_t>(), settings & 16);
  while (!input.empty()) {
    auto api = static_cast<int16_t>(wire::kApis[input.below(wire::kApiCount)].key);
    auto twist = input.take<uint8_t>();
    broker.script(api, {twist, std::string(input.long_text())});
  }
  size_t before = __sanitizer_get_current_allocated_bytes();
  aio::TaskGroup tasks;
  tasks.spawn(use(user, settings));
  bool little = true;
  bool ended = world.run_until([&] {
    little = little && __sanitizer_get_current_allocated_bytes() < before + kHeldBytesMax;
    return tasks.live() == 0;
  });
  fuzz::require(little, "a client's memory is bounded");
  fuzz::require(ended, "a client comes to its end");
  broker.stop();
  fuzz::require(world.run_until([&] { return broker.live() == 0; }), "and so does the broker");
  return 0;
}
