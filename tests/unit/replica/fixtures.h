// The replicas of one node on a simulated disk, under an image that the test writes record by record; batches, and
// tasks whose results wait in a box.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "aio/sim_runtime.h"
#include "aio/sim_world.h"
#include "kv/fake_store.h"
#include "record/batch_builder.h"
#include "replica/replicas.h"

namespace sl::replica::testing {

struct BatchSpec {
  int records = 1;
  size_t value_bytes = 20;
  ProducerId producer{-1};
  int16_t epoch = -1;
  int32_t sequence = -1;
};

struct Counter final : Watcher {
  int woken = 0;
  void wake() override { ++woken; }
};

// What a task came to; none while it runs.
template <class T>
struct Box {
  std::optional<T> value;
  bool has() const { return value.has_value(); }
};

template <class T>
aio::Task<void> fill(aio::Task<T> task, Box<T>* box) {
  box->value.emplace(co_await std::move(task));
}

class ReplicaFixture : public ::testing::Test {
 protected:
  explicit ReplicaFixture(aio::SimOptions options = slow_disk()) : world(11, options) {
    storage::DataDirectory::Seams seams{runtime.files(), logger, runtime.random(), opener};
    auto opened = storage::DataDirectory::open(seams, "/data", NodeId(1));
    EXPECT_TRUE(opened && (*opened)->begin_writing());
    data = *std::move(opened);
    ReplicasOptions replicas_options;
    replicas_options.retention_interval_ms = 5'000;
    replicas = std::make_unique<Replicas>(shard, *data, settings, NodeId(1), replicas_options);
  }
  ~ReplicaFixture() override {
    disk().heal();
    world.run(replicas->stop(false));
    EXPECT_TRUE(world.run_until([&] { return tasks.live() == 0; }, 60'000)) << "a task does not end";
  }
  // A job takes a millisecond, so that one is seen at work.
  static aio::SimOptions slow_disk() {
    aio::SimOptions options;
    options.disk_latency_min_ns = options.disk_latency_max_ns = 1'000'000;
    options.disk.cache_miss_permille = 0;
    return options;
  }
  aio::SimDisk& disk() { return runtime.node().disk(); }

  static Uuid id_of(uint8_t n) {
    Uuid id;
    id.bytes[0] = 1;
    id.bytes[15] = n;
    return id;
  }
  void apply(wire::MetadataRecord record) {
    auto applied = image.apply(record, Offset(records_applied++));
    ASSERT_TRUE(applied) << applied.error().context;
  }
  void add_topic(uint8_t id, int32_t partitions, std::map<std::string, std::string> topic_settings = {}) {
    std::string name = "t" + std::to_string(id);
    apply(wire::TopicRecord{name, id_of(id)});
    for (const auto& [key, value] : topic_settings)
      apply(wire::ConfigRecord{cluster::kTopicResource, name, key, value});
    for (int32_t i = 0; i < partitions; ++i) {
      wire::PartitionRecord record;
      record.partition_id = i;
      record.topic_id = id_of(id);
      record.replicas = record.isr = {1};
      record.leader = 1;
      record.leader_epoch = record.partition_epoch = 0;
      record.directories = {id_of(200)};
      apply(record);
    }
  }
  Status reconcile() { return run(replicas->reconcile(image)); }
  // Topic 1 with one partition, open.
  std::shared_ptr<Partition> open_partition(std::map<std::string, std::string> topic_settings = {}) {
    add_topic(1, 1, std::move(topic_settings));
    EXPECT_TRUE(reconcile());
    return replicas->find(id_of(1), sl::Partition(0));
  }

  template <class T>
  T run(aio::Task<T> task) {
    Box<T> box;
    world.run(fill(std::move(task), &box));
    return *std::move(box.value);
  }
  template <class T>
  void start(aio::Task<T> task, Box<T>& box) {
    tasks.spawn(fill(std::move(task), &box));
  }
  template <class T>
  T wait(Box<T>& box) {
    EXPECT_TRUE(world.run_until([&] { return box.has(); }, 60'000)) << "it does not end";
    return *box.value;
  }

  storage::CheckedBatch batch(const BatchSpec& spec = {}) {
    record::BatchBuilder builder(buffers, 12 << 20, 4096);
    for (int i = 0; i < spec.records; ++i)
      EXPECT_TRUE(builder.append(runtime.wall_ms(), std::nullopt, as_bytes(std::string(spec.value_bytes, 'v'))));
    record::BatchStamp stamp;
    stamp.producer_id = spec.producer;
    stamp.producer_epoch = spec.epoch;
    stamp.base_sequence = spec.sequence;
    storage::CheckedBatch checked;
    checked.batch = builder.finish(stamp);
    checked.record_count = spec.records;
    return checked;
  }
  // One batch, durable.
  Offset append(Partition& partition, const BatchSpec& spec = {}) {
    auto appended = partition.append(batch(spec));
    EXPECT_TRUE(appended) << appended.error().context;
    EXPECT_TRUE(run(partition.wait_durable(appended->next)));
    return appended->next;
  }

  int fatal_calls = 0;
  Errc fatal_code = Errc::kNone;
  int64_t records_applied = 0;
  aio::SimWorld world;
  aio::SimRuntime& runtime = world.add_node("a").start_process();
  MemoryLogger logger;
  BufferPool buffers{64 << 20};
  Shard shard{runtime, logger, buffers, [this](const Error& error) {
                ++fatal_calls;
                fatal_code = error.code;
              }};
  cluster::BrokerSettings settings;
  cluster::Image image;
  std::shared_ptr<kv::FakeMedium> medium = std::make_shared<kv::FakeMedium>();
  kv::FakeOpener opener{medium};
  std::unique_ptr<storage::DataDirectory> data;
  std::unique_ptr<Replicas> replicas;
  aio::TaskGroup tasks;
};

}  // namespace sl::replica::testing
