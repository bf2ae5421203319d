// Records in: the append, the batches being filled, and the waiting of their caller.
#include "client/producer.h"

#include <fmt/core.h>

#include <algorithm>

namespace sl::client {
namespace {

// The block a batch begins with where the one before left half empty; the pool has none smaller.
constexpr size_t kSmallBlockBytes = 64 << 10;
constexpr size_t kBatchBytesMin = 8 << 10;

}  // namespace

Producer::Producer(Cluster& cluster, ProducerOptions options)
    : cluster_(cluster),
      runtime_(cluster.runtime()),
      options_(options),
      asking_(cluster),
      room_(runtime_),
      timer_(runtime_.timers()),
      breath_(runtime_.timers()),
      id_pause_(runtime_.timers()),
      // Without sequence numbers a batch that fails may be overtaken by the next; so there is no next until it is
      // stored.
      lane_in_flight_max_(options.acks == Acks::kLeader ? 1 : options.requests_in_flight_max) {
  sealing_.codec = options.codec;
  sealing_.level = options.level;
}

Producer::~Producer() {
  assert(group_.live() == 0);
}

aio::Task<Result<Producer::Topic*>> Producer::open_topic(std::string name) {
  if (auto known = topics_.find(name); known != topics_.end()) co_return known->second.get();
  if (!started_) {
    started_ = true;
    identified_ = options_.acks != Acks::kAll;
    if (!identified_) group_.spawn(identify());
    group_.spawn(clockwork());
  }
  SL_CO_TRY(TopicPtr info, co_await cluster_.topic(name));
  if (auto known = topics_.find(name); known != topics_.end()) co_return known->second.get();
  Partitioner partitioner(options_.partitioner, info->partition_count(), runtime_.random());
  auto topic = std::make_unique<Topic>(Topic{name, nullptr, partitioner, {}});
  Topic* opened = topic.get();
  topics_[name] = std::move(topic);
  learn(*opened, std::move(info));
  co_return opened;
}

// Takes over what the cluster says of a topic: new partitions, moved leaders. Partitions never go away.
void Producer::learn(Topic& topic, TopicPtr info) {
  topic.info = std::move(info);
  for (int32_t p = static_cast<int32_t>(topic.lanes.size()); p < topic.info->partition_count(); ++p) {
    topic.lanes.push_back(std::make_unique<Lane>(cluster_.pool(), &topic, p, options_.batch_bytes));
    ++lanes_;
  }
  topic.partitioner.grow(static_cast<int32_t>(topic.lanes.size()));
  for (size_t p = 0; p < topic.info->partitions.size(); ++p) {
    const PartitionInfo& partition = topic.info->partitions[p];
    topic.lanes[p]->leader = partition.leader.value;
  }
  size_batches();
}

// All lanes may be filling at once, so each gets its share of the memory.
void Producer::size_batches() {
  size_t share = std::max(options_.open_bytes_max / std::max<size_t>(lanes_, 1), kBatchBytesMin);
  for (auto& [name, topic] : topics_)
    for (auto& lane : topic->lanes) lane->batch_bytes = std::min(lane->batch_bytes, share);
}

Errc Producer::append(Topic& topic, const ProducerRecord& record) {
  int64_t timestamp_ms = record.timestamp_ms >= 0 ? record.timestamp_ms : runtime_.wall_ms();
  for (;;) {
    int32_t partition = record.partition >= 0 ? record.partition : topic.partitioner.pick(record.key);
    if (static_cast<size_t>(partition) >= topic.lanes.size()) [[unlikely]]
      return refuse(Errc::kUnknownTopicOrPartition, fmt::format("topic '{}' has no partition {}; it has {}", topic.name,
                                                                partition, topic.lanes.size()));
    Lane& lane = *topic.lanes[static_cast<size_t>(partition)];
    if (lane.builder.empty()) [[unlikely]] {
      if (Errc code = open_batch(lane, record, timestamp_ms); code != Errc::kNone) return code;
      break;
    }
    if (lane.builder.append(timestamp_ms, record.key, record.value, record.headers)) [[likely]]
      break;
    if (fatal_.code != Errc::kNone) return refuse(fatal_.code, fatal_.context);
    if (!may_seal()) return Errc::kWouldBlock;
    lane.first_bytes = lane.batch_bytes;
    topic.partitioner.batch_full(partition);
    seal(lane);
  }
  if (record.partition < 0) topic.partitioner.used(record.key);
  return Errc::kNone;
}

// The first record of a batch. One that is larger than a batch is a batch of its own and leaves at once.
Errc Producer::open_batch(Lane& lane, const ProducerRecord& record, int64_t timestamp_ms) {
  if (fatal_.code != Errc::kNone) return refuse(fatal_.code, fatal_.context);
  if (stopping_) return refuse(Errc::kCancelled, "the producer is closed");
  size_t needed = record::BatchBuilder::batch_bytes_max(record.key, record.value, record.headers);
  size_t bytes_max = lane.batch_bytes;
  if (needed > bytes_max) {
    if (needed > options_.record_batch_bytes_max)
      return refuse(Errc::kMessageTooLarge, fmt::format("the record needs {} bytes, and a batch takes {} at most",
                                                        needed, options_.record_batch_bytes_max));
    if (!may_seal()) return Errc::kWouldBlock;
    bytes_max = needed;
  }
  size_t first_bytes = std::min(std::max({lane.first_bytes, kSmallBlockBytes, needed}), bytes_max);
  lane.builder = record::BatchBuilder(cluster_.pool(), bytes_max, first_bytes);
  if (!lane.builder.append(timestamp_ms, record.key, record.value, record.headers))
    return refuse(Errc::kMessageTooLarge, fmt::format("a record of {} bytes is more than a batch can hold", needed));
  lane.first_bytes = 0;
  lane.first_input = record.input;
  lane.opened_ns = runtime_.mono_ns();
  ++open_;
  if (needed > lane.batch_bytes) {
    seal(lane);
    return Errc::kNone;
  }
  input_blocked_ = false;
  while (!lingering_.empty() && lingering_.front().generation != lingering_.front().lane->generation)
    lingering_.pop_front();
  int64_t due_ns = lane.opened_ns + options_.linger_ms * 1'000'000;
  lingering_.push_back({&lane, lane.generation, due_ns});
  wake_by(due_ns);
  return Errc::kNone;
}

Errc Producer::refuse(Errc code, std::string sentence) {
  refusal_ = Error{code, std::move(sentence)};
  return code;
}

void Producer::seal(Lane& lane) {
  SealedBatch& batch = lane.seal(sealing_);
  --open_;
  ++sealed_;
  sealed_bytes_ += batch.weight();
  offer(lane);
}

// Lets the open batches leave whose partition has nothing on its way.
void Producer::release_idle() {
  for (size_t i = 0; i < lingering_.size(); ++i) {
    const Lingering& each = lingering_[i];
    Lane& lane = *each.lane;
    if (each.generation != lane.generation || lane.builder.empty()) continue;
    if (!lane.idle()) continue;
    lane.due = true;
    offer(lane);
  }
}

void Producer::release_all() {
  for (auto& [name, topic] : topics_) {
    for (auto& lane : topic->lanes) {
      if (lane->builder.empty()) continue;
      lane->due = true;
      offer(*lane);
    }
  }
}

void Producer::nudge() {
  input_blocked_ = true;
  if (open_ > 0) release_idle();
}

aio::Task<void> Producer::wait_room() {
  input_blocked_ = false;
  while (!may_seal() && fatal_.code == Errc::kNone && !stopping_) co_await room_.wait();
}

aio::Task<void> Producer::breathe() {
  co_await breath_.wait_ms(0);
}

aio::Task<Status> Producer::flush() {
  flushing_ = true;
  release_all();
  while (!idle() && !stopping_) co_await room_.wait();
  flushing_ = false;
  Error failure = std::exchange(first_failure_, Error{});
  if (failure.code != Errc::kNone) co_return failure;
  co_return Status();
}

aio::Task<void> Producer::close(int64_t wait_ms_max) {
  bool over = false;
  aio::Deadline deadline(runtime_.timers(), [&over, this] {
    over = true;
    room_.notify();
  });
  deadline.arm_ms(wait_ms_max);
  flushing_ = true;
  release_all();
  while (!idle() && !over) co_await room_.wait();
  stopping_ = true;
  timer_.cancel();
  id_pause_.cancel();
  asking_.stop();
  Error why{Errc::kCancelled, "the producer was closed before it was stored"};
  drop_all(why);
  room_.notify();
  // What is still in flight has no other end than its connection's.
  if (!idle())
    for (auto& [node, leader] : leaders_)
      if (leader->in_flight > 0)
        if (ConnectionPtr connection = cluster_.connected(NodeId(node))) connection->close();
  co_await group_.drained();
  drop_all(why);
}

}  // namespace sl::client
