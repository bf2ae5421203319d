// SimDaemon: a whole streamlogd on a simulated machine, over many lives: started, stopped, killed, cut from power, and
// started again on what its disk and its index have kept. A life that was killed goes on as a ghost that nobody sees,
// until its tasks have come to their ends.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "aio/sim_runtime.h"
#include "daemon.h"
#include "kv/fake_store.h"

namespace sl::simulation {

class SimDaemon {
 public:
  static constexpr uint16_t kPort = 9092;

  // Listens on the node's own name. `settings` are broker keys with values, as in streamlogd.toml.
  SimDaemon(aio::SimNode& node, std::vector<std::pair<std::string, std::string>> settings = {});
  // Every life has ended; see all_ended().
  ~SimDaemon();
  SimDaemon(const SimDaemon&) = delete;

  void start();
  // Drains and stops cleanly; wait for running() to become false.
  void stop();
  // kill -9: the page cache lives on.
  void kill();
  void power_cut(aio::CrashMode mode);
  // SIGSTOP for so long.
  void pause_for_ms(int64_t ms) { lives_.back()->process->pause_for_ms(ms); }

  bool running() const { return !lives_.empty() && !lives_.back()->ended && !lives_.back()->killed; }
  bool ready() const { return running() && lives_.back()->ready; }
  // Whether the last life ever was.
  bool was_ready() const { return !lives_.empty() && lives_.back()->ready; }
  bool all_ended() const;
  // How the last life that was not killed ended, once it has.
  const Status& result() const { return lives_.back()->result; }
  // What the present life, or the last one, has logged.
  const std::string& said() const { return lives_.back()->logger.text; }
  size_t lives() const { return lives_.size(); }
  aio::SimNode& node() { return node_; }
  kv::FakeMedium& index() { return *medium_; }

 private:
  struct Life {
    explicit Life(std::shared_ptr<kv::FakeMedium> medium) : opener(std::move(medium)) {}
    kv::FakeOpener opener;
    MemoryLogger logger;
    aio::SimRuntime* process = nullptr;
    std::unique_ptr<daemon::Daemon> daemon;
    bool ready = false;
    bool ended = false;
    bool killed = false;
    Status result;
    aio::TaskGroup tasks;
  };
  static aio::Task<void> live(Life* life);
  void mourn();

  aio::SimNode& node_;
  daemon::Config config_;
  std::shared_ptr<kv::FakeMedium> medium_ = std::make_shared<kv::FakeMedium>();
  std::vector<std::unique_ptr<Life>> lives_;
};

}  // namespace sl::simulation
