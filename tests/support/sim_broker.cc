#include "tests/support/sim_broker.h"

#include <cstdio>
#include <cstdlib>

namespace sl::support {
namespace {

void must(const Status& status, const char* what) {
  if (status) return;
  std::fprintf(stderr, "%s: %s\n", what, status.error().context.c_str());
  std::abort();
}

aio::Task<void> keep(aio::Task<Status> task, Status& result) {
  result = co_await task;
}

aio::Task<Status> create(server::Broker& broker, wire::CreateTopicsRequest request) {
  auto response = co_await broker.controller().create_topics(std::move(request), 7);
  for (const auto& topic : response.topics)
    if (topic.error_code != 0) co_return Error{errc_from_wire(topic.error_code), topic.error_message.value_or("")};
  co_return co_await broker.replicas().reconcile(broker.image());
}

}  // namespace

SimBroker::SimBroker(Options options)
    : world_(options.seed, options.world),
      node_(&world_.add_node("broker")),
      runtime_(&node_->start_process()),
      client_(&node_->start_process()),
      buffers_(8 << 20),
      shard_{*runtime_, logger_, buffers_, [this](Error error) { fatal_ = error.code; }},
      listener_(image_),
      opener_(std::make_shared<kv::FakeMedium>()) {
  for (const auto& [key, value] : options.settings) must(settings_.set(key, value), "a setting of the broker");
  server::Authoriser* authoriser = options.authoriser ? options.authoriser : &allow_all_;
  Status started = Errc::kCancelled;
  world_.run(keep(start(options.sessions_max, *authoriser), started));
  must(started, "the broker does not start");
}

SimBroker::~SimBroker() {
  world_.run(stop());
  broker_.reset();
  coordinator_.reset();
  replicas_.reset();
}

aio::Address SimBroker::address() const {
  aio::Address address;
  address.unix_path = "/run/s";
  return address;
}

aio::Task<Status> SimBroker::start(size_t sessions_max, server::Authoriser& authoriser) {
  NodeId node = settings_.node();
  storage::DataDirectory::Seams below{runtime_->files(), logger_, runtime_->random(), opener_};
  SL_CO_TRY(data_, storage::DataDirectory::open(below, "/data", node));
  SL_CO_CHECK(data_->begin_writing());
  quorum::QuorumSeams seams{*runtime_, logger_, buffers_, *data_, shard_.fatal};
  SL_CO_TRY(quorum_, co_await quorum::SoleVoter::start(seams, quorum::SoleVoterOptions(), listener_));
  replicas_ = std::make_unique<replica::Replicas>(shard_, *data_, settings_, node, replica::ReplicasOptions());
  replicas_->add_log(quorum_->log());
  SL_CO_CHECK(co_await replicas_->reconcile(image_));
  tasks_.spawn(replicas_->tend());
  SL_CO_TRY(auto bound, runtime_->listen(address(), aio::ListenOptions()));
  cluster::ControllerOptions self;
  self.node = node;
  self.directory = data_->format().directory_id;
  controller_ = std::make_unique<cluster::Controller>(*runtime_, *quorum_, image_, settings_, logger_, std::move(self));
  SL_CO_CHECK(co_await controller_->register_self());
  group::Coordinator::Seams groups{*runtime_,    logger_,    buffers_, data_->index(), settings_, image_,
                                   *controller_, *replicas_, node};
  coordinator_ = std::make_unique<group::Coordinator>(std::move(groups));
  tasks_.spawn(coordinator_->keep_time());
  server::BrokerParts parts{*runtime_,
                            logger_,
                            buffers_,
                            *data_,
                            settings_,
                            image_,
                            *controller_,
                            *quorum_,
                            *replicas_,
                            *coordinator_,
                            authoriser,
                            node,
                            {{"UNIX", address().text(), 0}}};
  broker_ = std::make_unique<server::Broker>(std::move(parts));
  server::AcceptorLimits limits;
  limits.sessions_max = sessions_max;
  acceptor_ = std::make_unique<server::Acceptor>(*broker_, std::move(bound), "UNIX", limits);
  tasks_.spawn(acceptor_->run());
  co_return Status();
}

aio::Task<void> SimBroker::stop() {
  acceptor_->stop();
  co_await coordinator_->stop(true);
  co_await replicas_->stop(true);
  co_await tasks_.drained();
  co_await quorum_->stop(true);
}

void SimBroker::create_topic(const std::string& name, int32_t partitions) {
  wire::CreateTopicsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = name;
  topic.num_partitions = partitions;
  topic.replication_factor = 1;
  request.timeout_ms = 10'000;
  Status created = Errc::kCancelled;
  world_.run(keep(create(*broker_, std::move(request)), created));
  must(created, "a topic cannot be created");
}

}  // namespace sl::support
