#include "daemon.h"

#include <fmt/core.h>

#include "cluster/controller.h"
#include "cluster/image.h"
#include "cluster/image_listener.h"
#include "group/coordinator.h"
#include "quorum/sole_voter.h"
#include "replica/replicas.h"
#include "server/acceptor.h"
#include "server/broker.h"
#include "storage/data_directory.h"

namespace sl::daemon {
namespace {

// Large blocks that were used once are kept for the next requests, up to this.
constexpr size_t kPooledBytesMax = 48 << 20;

}  // namespace

// Declared in the order of building; destroyed in the opposite one.
struct Daemon::Parts {
  explicit Parts(DaemonSeams& seams, std::function<void(Error)> fatal)
      : buffers(kPooledBytesMax), shard{seams.runtime, seams.logger, buffers, std::move(fatal)}, listener(image) {}
  BufferPool buffers;
  replica::Shard shard;
  server::AllowAll authoriser;
  cluster::Image image;
  cluster::ImageListener listener;
  std::unique_ptr<storage::DataDirectory> data;
  std::unique_ptr<quorum::SoleVoter> quorum;
  std::unique_ptr<replica::Replicas> replicas;
  std::unique_ptr<cluster::Controller> controller;
  std::unique_ptr<group::Coordinator> coordinator;
  std::unique_ptr<server::Broker> broker;
  std::vector<std::unique_ptr<aio::Listener>> bound;
  std::vector<std::unique_ptr<server::Acceptor>> acceptors;
  aio::TaskGroup tasks;
};

Daemon::Daemon(DaemonSeams seams, Config config) : seams_(seams), config_(std::move(config)), ended_(seams.runtime) {}
Daemon::~Daemon() = default;

const std::vector<ListenerConfig>& Daemon::listeners() const {
  return config_.listeners;
}

aio::Task<Status> Daemon::run(std::function<void()> ready) {
  parts_ = std::make_unique<Parts>(seams_, [this](Error error) { fail(std::move(error)); });
  auto started = co_await start();
  if (!started) fail(std::move(started).error());
  if (!failure_ && !stopping_) {
    ready();
    while (!failure_ && !stopping_) co_await ended_.wait();
  }
  co_await wind_down(!failure_);
  parts_.reset();
  if (failure_) co_return *failure_;
  co_return std::move(refused_);
}

void Daemon::stop() {
  stopping_ = true;
  if (parts_ && parts_->replicas) parts_->replicas->stop_opening();
  ended_.notify();
}

// The mark comes first, from the loop itself: the pool may hang in the failing disk, and the draining takes time in
// which we can be killed. Without the mark the next start would trust pages that never reached the disk.
void Daemon::fail(Error error) {
  if (error.code == Errc::kSyncFailed && parts_ && parts_->data) parts_->data->mark_sync_failed();
  if (!failure_) failure_ = std::move(error);
  ended_.notify();
}

namespace {

aio::Task<Result<std::unique_ptr<storage::DataDirectory>>> open_data(DaemonSeams seams, std::string path, NodeId node) {
  storage::DataDirectory::Seams below{seams.runtime.files(), seams.logger, seams.runtime.random(), seams.index_opener};
  Result<std::unique_ptr<storage::DataDirectory>> data = Errc::kCancelled;
  std::function<void()> work = [&] { data = storage::DataDirectory::open(below, path, node); };
  co_await seams.runtime.run_in_pool(aio::Lane::kRead, std::move(work));
  co_return data;
}

}  // namespace

aio::Task<Status> Daemon::start() {
  NodeId node = config_.settings.node();
  SL_CO_TRY(parts_->data, co_await open_data(seams_, config_.data_directory, node));
  bool blank = parts_->data->format().cluster_id.empty();
  if (!parts_->data->was_clean() && !blank) seams_.logger.info("the last run did not end cleanly: recovering");

  quorum::QuorumSeams below{seams_.runtime, seams_.logger, parts_->buffers, *parts_->data, parts_->shard.fatal};
  quorum::SoleVoterOptions voter;
  for (const auto& one : config_.listeners)
    if (!one.address.is_unix()) voter.endpoints.push_back({one.name, one.advertised.host, one.advertised.port});
  SL_CO_TRY(parts_->quorum, co_await quorum::SoleVoter::start(below, std::move(voter), parts_->listener));
  if (stopping_) co_return Status();

  replica::ReplicasOptions options;
  options.retention_interval_ms = config_.settings.integer("log.retention.check.interval.ms");
  options.cleaner.threads = static_cast<int>(config_.settings.integer("log.cleaner.threads"));
  options.cleaner.backoff_ms = config_.settings.integer("log.cleaner.backoff.ms");
  options.cleaner.map_bytes = static_cast<size_t>(config_.settings.integer("log.cleaner.dedupe.buffer.size"));
  options.cleaner.bytes_per_second = config_.settings.real("log.cleaner.io.max.bytes.per.second");
  options.storage.producer_expiration_ms = config_.settings.integer("producer.id.expiration.ms");
  parts_->replicas = std::make_unique<replica::Replicas>(parts_->shard, *parts_->data, config_.settings, node, options);
  parts_->replicas->add_log(parts_->quorum->log());
  SL_CO_CHECK(co_await parts_->replicas->set_orphans_aside(parts_->image));
  auto recovered = co_await parts_->replicas->reconcile(parts_->image);
  if (!recovered) seams_.logger.error("some partitions are not available: {}", recovered.error().context);
  if (stopping_ || failure_) co_return Status();
  parts_->tasks.spawn(parts_->replicas->tend());
  refused_ = co_await open_listeners();
  if (!refused_) stop();
  co_return Status();
}

aio::Task<Status> Daemon::open_listeners() {
  cluster::ControllerOptions self;
  self.node = config_.settings.node();
  self.directory = parts_->data->format().directory_id;
  if (std::string rack = config_.settings.text("broker.rack"); !rack.empty()) self.rack = std::move(rack);
  std::vector<server::ListenerName> names;
  for (auto& one : config_.listeners) {
    SL_CO_TRY(auto listener, seams_.runtime.listen(one.address, aio::ListenOptions()));
    if (one.address.port == 0) one.address.port = listener->address().port;
    if (one.advertised.port == 0) one.advertised.port = one.address.port;
    parts_->bound.push_back(std::move(listener));
    if (one.address.is_unix()) {
      names.push_back({one.name, one.address.text(), 0});
    } else {
      names.push_back({one.name, one.advertised.host, one.advertised.port});
      self.endpoints.push_back({one.name, one.advertised.host, one.advertised.port});
    }
  }
  parts_->controller = std::make_unique<cluster::Controller>(seams_.runtime, *parts_->quorum, parts_->image,
                                                             config_.settings, seams_.logger, std::move(self));
  SL_CO_CHECK(co_await parts_->controller->register_self());
  group::Coordinator::Seams groups{seams_.runtime,        seams_.logger,     parts_->buffers,
                                   parts_->data->index(), config_.settings,  parts_->image,
                                   *parts_->controller,   *parts_->replicas, config_.settings.node()};
  parts_->coordinator = std::make_unique<group::Coordinator>(std::move(groups));
  parts_->coordinator->refresh();
  parts_->tasks.spawn(parts_->coordinator->keep_time());
  server::BrokerParts reach{seams_.runtime,    seams_.logger,        parts_->buffers,     *parts_->data,
                            config_.settings,  parts_->image,        *parts_->controller, *parts_->quorum,
                            *parts_->replicas, *parts_->coordinator, parts_->authoriser,  config_.settings.node(),
                            std::move(names)};
  parts_->broker = std::make_unique<server::Broker>(std::move(reach));
  server::AcceptorLimits limits;
  limits.sessions_max = static_cast<size_t>(config_.settings.integer("max.connections"));
  limits.idle_ms_max = config_.settings.integer("connections.max.idle.ms");
  for (size_t i = 0; i < parts_->bound.size(); ++i) {
    parts_->acceptors.push_back(std::make_unique<server::Acceptor>(*parts_->broker, std::move(parts_->bound[i]),
                                                                   config_.listeners[i].name, limits));
    parts_->tasks.spawn(parts_->acceptors.back()->run());
  }
  co_return Status();
}

aio::Task<void> Daemon::wind_down(bool cleanly) {
  for (auto& listener : parts_->bound)
    if (listener) listener->close();
  for (auto& acceptor : parts_->acceptors) acceptor->stop();
  if (parts_->coordinator) co_await parts_->coordinator->stop(cleanly);
  if (parts_->replicas) co_await parts_->replicas->stop(cleanly);
  co_await parts_->tasks.drained();
  if (parts_->quorum) co_await parts_->quorum->stop(cleanly);
  if (!parts_->data) co_return;
  if (cleanly && parts_->replicas) co_await parts_->replicas->checkpoint();
  // A log that this run did not get to has not been recovered: the next one must not think it was.
  bool recovered = parts_->replicas && parts_->replicas->complete();
  parts_->broker.reset();
  parts_->coordinator.reset();
  parts_->replicas.reset();
  Status ended;
  bool sync_failed = failure_ && failure_->code == Errc::kSyncFailed;
  bool whole = cleanly && recovered && !failure_;
  if (cleanly && !recovered) seams_.logger.info("not every partition was recovered: the next start recovers them");
  std::function<void()> work = [&] {
    // Once more: there may have been no descriptor left before the sessions ended.
    if (sync_failed) parts_->data->mark_sync_failed();
    if (whole) ended = parts_->data->end_cleanly();
  };
  co_await seams_.runtime.run_in_pool(aio::Lane::kRead, std::move(work));
  if (whole && ended) seams_.logger.info("stopped cleanly: everything is on disk");
  if (ended) co_return;
  seams_.logger.error("the clean mark could not be written: {}", ended.error().context);
  if (ended.code() == Errc::kSyncFailed) fail(std::move(ended).error());
}

}  // namespace sl::daemon
