// SimBroker: the daemon's server over its real storage, quorum and controller, built as daemon.cc builds it, in a
// simulated world; but with an authoriser of the test's own, and every part within reach. One unix socket, no threads,
// the same run for the same seed.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aio/sim_network.h"
#include "aio/sim_runtime.h"
#include "aio/sim_world.h"
#include "base/log.h"
#include "cluster/image_listener.h"
#include "kv/fake_store.h"
#include "quorum/sole_voter.h"
#include "server/acceptor.h"
#include "server/broker.h"

namespace sl::support {

class SimBroker {
 public:
  struct Options {
    uint64_t seed = 1;
    size_t sessions_max = 1000;
    aio::SimOptions world = {};
    // Of the broker, beside the defaults.
    std::map<std::string, std::string> settings = {};
    // Null: AllowAll. Must outlive the broker.
    server::Authoriser* authoriser = nullptr;
  };
  // Started and listening, or the program ends.
  explicit SimBroker(Options options);
  // Stops it as the daemon does, and runs the world until nothing of it is left.
  ~SimBroker();
  SimBroker(const SimBroker&) = delete;

  aio::SimWorld& world() { return world_; }
  aio::SimNode& node() { return *node_; }
  // The process of the clients, on the same machine.
  aio::SimRuntime& client() { return *client_; }
  aio::Address address() const;
  server::Broker& broker() { return *broker_; }
  server::Acceptor& acceptor() { return *acceptor_; }
  cluster::Image& image() { return image_; }
  replica::Replicas& replicas() { return *replicas_; }
  // What it logged so far.
  const std::string& log() const { return logger_.text; }
  // What its parts called fatal; kNone so far.
  Errc fatal() const { return fatal_; }
  // A topic with default settings, ready to be used.
  void create_topic(const std::string& name, int32_t partitions);
  // Stops accepting and lets the sessions drain; the destructor does the rest.
  void stop_accepting() { acceptor_->stop(); }

 private:
  aio::Task<Status> start(size_t sessions_max, server::Authoriser& authoriser);
  aio::Task<void> stop();

  aio::SimWorld world_;
  aio::SimNode* node_;
  aio::SimRuntime* runtime_;
  aio::SimRuntime* client_;
  MemoryLogger logger_;
  BufferPool buffers_;
  server::AllowAll allow_all_;
  Errc fatal_ = Errc::kNone;
  replica::Shard shard_;
  cluster::BrokerSettings settings_;
  cluster::Image image_;
  cluster::ImageListener listener_;
  kv::FakeOpener opener_;
  std::unique_ptr<storage::DataDirectory> data_;
  std::unique_ptr<quorum::SoleVoter> quorum_;
  std::unique_ptr<replica::Replicas> replicas_;
  std::unique_ptr<cluster::Controller> controller_;
  std::unique_ptr<group::Coordinator> coordinator_;
  std::unique_ptr<server::Broker> broker_;
  std::unique_ptr<server::Acceptor> acceptor_;
  aio::TaskGroup tasks_;
};

}  // namespace sl::support
