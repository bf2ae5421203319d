// One life of a simulated node that is nothing but a quorum of one: from start() to a clean stop, a kill or a power
// cut. Its state is a map of settings, so that what survives is easily compared.
#pragma once
#include <gtest/gtest.h>

#include <map>

#include "aio/sim_runtime.h"
#include "aio/sim_world.h"
#include "kv/fake_store.h"
#include "quorum/sole_voter.h"

namespace sl::quorum::testing {

using State = std::map<std::string, std::string>;

class MapListener final : public Listener {
 public:
  Status begin_snapshot(Offset end) override {
    state_.clear();
    cluster_id.clear();
    next = end;
    ++snapshots;
    return {};
  }
  Status on_snapshot_record(const wire::MetadataRecord& record) override { return take(record); }
  Status end_snapshot() override { return {}; }
  Status on_committed(const wire::MetadataRecord& record, Offset offset) override {
    EXPECT_GE(offset, next);
    next = offset + 1;
    ++heard;
    if (refuse) return Error{Errc::kMalformed, "refused by the test"};
    return take(record);
  }
  void on_leader(NodeId node, Epoch epoch) override {
    leader = node;
    leader_epoch = epoch;
  }
  std::vector<wire::MetadataRecord> state() const override {
    std::vector<wire::MetadataRecord> records;
    records.push_back(wire::ClusterIdRecord{cluster_id});
    for (const auto& [key, value] : state_) records.push_back(wire::ConfigRecord{4, "", key, value});
    return records;
  }
  const State& values() const { return state_; }

  std::string cluster_id;
  Offset next{0};
  NodeId leader{-1};
  Epoch leader_epoch;
  int heard = 0;
  int snapshots = 0;
  bool refuse = false;

 private:
  Status take(const wire::MetadataRecord& record) {
    if (auto* config = std::get_if<wire::ConfigRecord>(&record)) state_[config->name] = config->value.value_or("");
    if (auto* cluster = std::get_if<wire::ClusterIdRecord>(&record)) cluster_id = cluster->cluster_id;
    return {};
  }
  State state_;
};

// The machine, which outlives its daemons.
struct Machine {
  explicit Machine(uint64_t seed) : world(seed), node(world.add_node("n")) {}
  aio::SimWorld world;
  aio::SimNode& node;
  std::shared_ptr<kv::FakeMedium> medium = std::make_shared<kv::FakeMedium>();
};

template <class Result, class Call>
aio::Task<void> keep(Call call, Result* into) {
  *into = co_await std::move(call);
}

class Life {
 public:
  explicit Life(Machine& machine, SoleVoterOptions options = {})
      : machine_(machine),
        runtime(machine.node.start_process()),
        opener_(machine.medium),
        options_(std::move(options)) {}
  ~Life() {
    if (quorum) stop(false);
  }

  Status open() {
    storage::DataDirectory::Seams seams{runtime.files(), logger, runtime.random(), opener_};
    SL_TRY(data, storage::DataDirectory::open(seams, "/data", NodeId(1)));
    return {};
  }
  Status start() {
    if (!data) SL_CHECK(open());
    QuorumSeams seams{runtime, logger, buffers, *data, [this](Error error) { fatal.push_back(std::move(error)); }};
    Result<std::unique_ptr<SoleVoter>> started = Errc::kCancelled;
    machine_.world.run(keep(SoleVoter::start(seams, options_, listener), &started));
    if (!started) return std::move(started).error();
    quorum = *std::move(started);
    return {};
  }
  Result<Offset> propose(std::vector<wire::MetadataRecord> records) {
    Result<Offset> answer = Errc::kCancelled;
    machine_.world.run(keep(quorum->propose(std::move(records)), &answer));
    return answer;
  }
  Result<Offset> put(const std::string& key, const std::string& value) {
    std::vector<wire::MetadataRecord> records;
    records.push_back(wire::ConfigRecord{4, "", key, value});
    return propose(std::move(records));
  }
  void stop(bool cleanly) {
    machine_.world.run(quorum->stop(cleanly));
    if (cleanly) {
      checkpoint();
      EXPECT_TRUE(data->end_cleanly());
    }
    quorum.reset();
    data.reset();
  }
  void checkpoint() {
    storage::Checkpointer checkpointer(data->index());
    storage::PartitionLog* logs[] = {&quorum->log()};
    if (auto job = checkpointer.start(logs)) {
      job->run();
      EXPECT_TRUE(checkpointer.finish(std::move(job)));
    }
  }
  // kill -9: what was written stays, what ran becomes a ghost.
  void kill() {
    runtime.crash();
    SeededRandom random(1);
    machine_.medium->crash(kv::FakeMedium::CrashMode::kKeepCommitted, random);
    end_ghost();
  }
  void power_cut(aio::CrashMode mode) {
    machine_.node.power_cut(mode);
    SeededRandom random(1);
    machine_.medium->crash(kv::FakeMedium::CrashMode::kKeepCommitted, random);
    end_ghost();
  }

 private:
  void end_ghost() {
    if (quorum) machine_.world.run(quorum->stop(false));
    quorum.reset();
    data.reset();
  }
  Machine& machine_;

 public:
  aio::SimRuntime& runtime;
  MemoryLogger logger;
  BufferPool buffers{1 << 20};
  MapListener listener;
  std::vector<Error> fatal;

 private:
  kv::FakeOpener opener_;
  SoleVoterOptions options_;

 public:
  std::unique_ptr<storage::DataDirectory> data;
  std::unique_ptr<SoleVoter> quorum;
};

}  // namespace sl::quorum::testing
