// Broker: what a request can reach on this node, gathered in one place. It owns only what all sessions share, and lives
// on one shard; daemon.cc builds the parts and takes them down again.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "aio/runtime.h"
#include "base/buffer.h"
#include "base/log.h"
#include "cluster/controller.h"
#include "cluster/image.h"
#include "cluster/settings.h"
#include "group/coordinator.h"
#include "quorum/quorum.h"
#include "replica/replicas.h"
#include "server/authorise.h"
#include "server/batch_checks.h"
#include "server/dispatch.h"
#include "storage/data_directory.h"

namespace sl::server {

// How this node is reached through one of its listeners.
struct ListenerName {
  std::string name;  // PLAINTEXT, UNIX, …
  std::string host;  // what Metadata answers there; `unix:PATH` with port 0 for a unix socket
  uint16_t port = 0;
};

struct BrokerParts {
  aio::Runtime& runtime;
  Logger& logger;
  BufferPool& buffers;
  storage::DataDirectory& data;
  const cluster::BrokerSettings& settings;
  const cluster::Image& image;
  cluster::Controller& controller;
  quorum::Quorum& quorum;
  replica::Replicas& replicas;
  group::Coordinator& coordinator;
  Authoriser& authoriser;
  NodeId node;
  std::vector<ListenerName> listeners;
};

class Broker {
 public:
  explicit Broker(BrokerParts parts);

  aio::Runtime& runtime() { return parts_.runtime; }
  Logger& logger() { return parts_.logger; }
  BufferPool& buffers() { return parts_.buffers; }
  storage::DataDirectory& data() { return parts_.data; }
  const cluster::BrokerSettings& settings() const { return parts_.settings; }
  const cluster::Image& image() const { return parts_.image; }
  cluster::Controller& controller() { return parts_.controller; }
  quorum::Quorum& quorum() { return parts_.quorum; }
  replica::Replicas& replicas() { return parts_.replicas; }
  group::Coordinator& coordinator() { return parts_.coordinator; }
  Authoriser& authoriser() { return parts_.authoriser; }
  NodeId node() const { return parts_.node; }
  const std::vector<ListenerName>& listeners() const { return parts_.listeners; }
  // The listener of that name; null where there is none.
  const ListenerName* listener(std::string_view name) const;
  const Dispatcher& dispatcher() const { return dispatcher_; }
  BatchChecks& checks() { return checks_; }
  // Memory for the requests of all sessions, in bytes: queued.max.request.bytes.
  Permits& request_memory() { return request_memory_; }

 private:
  BrokerParts parts_;
  Dispatcher dispatcher_;
  BatchChecks checks_;
  Permits request_memory_;
};

}  // namespace sl::server
