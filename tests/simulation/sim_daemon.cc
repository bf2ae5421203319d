// The one thing that has an order: a crash first takes the seams away, then tells the ghost to stop.
#include "tests/simulation/sim_daemon.h"

namespace sl::simulation {

SimDaemon::SimDaemon(aio::SimNode& node, std::vector<std::pair<std::string, std::string>> settings) : node_(node) {
  config_.data_directory = "/data";
  daemon::ListenerConfig listener;
  listener.name = "PLAINTEXT";
  listener.address = aio::Address{node.name(), kPort, {}};
  listener.advertised = listener.address;
  config_.listeners.push_back(std::move(listener));
  for (const auto& [key, value] : settings) {
    [[maybe_unused]] auto set = config_.settings.set(key, value);
    assert(set.ok());
  }
}

SimDaemon::~SimDaemon() {
  assert(all_ended());
}

aio::Task<void> SimDaemon::live(Life* life) {
  std::function<void()> ready = [life] { life->ready = true; };
  life->result = co_await life->daemon->run(std::move(ready));
  life->ended = true;
}

void SimDaemon::start() {
  assert(!running());
  lives_.push_back(std::make_unique<Life>(medium_));
  Life& life = *lives_.back();
  life.process = &node_.start_process();
  life.daemon = std::make_unique<daemon::Daemon>(daemon::DaemonSeams{*life.process, life.logger, life.opener}, config_);
  life.tasks.spawn(live(&life));
}

void SimDaemon::stop() {
  lives_.back()->daemon->stop();
}

void SimDaemon::mourn() {
  Life& life = *lives_.back();
  life.killed = true;
  medium_->crash(kv::FakeMedium::CrashMode::kKeepCommitted, node_.world().random());
  if (!life.ended) life.daemon->stop();
}

void SimDaemon::kill() {
  lives_.back()->process->crash();
  mourn();
}

void SimDaemon::power_cut(aio::CrashMode mode) {
  node_.power_cut(mode);
  mourn();
}

bool SimDaemon::all_ended() const {
  for (const auto& life : lives_)
    if (!life->ended) return false;
  return true;
}

}  // namespace sl::simulation
