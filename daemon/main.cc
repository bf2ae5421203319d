// streamlogd: one node of the event log. Exit codes: 0 after a clean stop; 2 wrong command line; 78 a configuration
// that is refused; 74 the disk could not make data durable; 1 anything else. The service unit restarts after none of 74
// and 78 (sysexits.h's EX_IOERR and EX_CONFIG).
#include <signal.h>

#include <cstdio>
#include <cstring>

#include "aio/uv_runtime.h"
#include "config.h"
#include "config_file.h"
#include "daemon.h"
#include "kv/lmdb_store.h"
#include "process.h"
#include "tools/common/command_line.h"

namespace {

using namespace sl;

constexpr int kExitConfig = 78;
constexpr int kExitIo = 74;

int exit_code(const Error& error) {
  if (error.code == Errc::kBadConfig) return kExitConfig;
  if (error.code == Errc::kSyncFailed) return kExitIo;
  return 1;
}

int say(const Error& error) {
  std::string sentence = error.context.empty() ? std::string(error_info(error.code).text) : error.context;
  std::fprintf(stderr, "streamlogd: %s\n", sentence.c_str());
  return exit_code(error);
}

void say_ready(const daemon::Daemon& daemon, const daemon::Config& config) {
  std::string where;
  for (const auto& listener : daemon.listeners()) where += " " + listener.address.text();
  std::fprintf(stderr, "streamlogd: ready, listening at%s, data in %s\n", where.c_str(), config.data_directory.c_str());
  daemon::notify_service_manager("READY=1");
}

aio::Task<void> run_daemon(daemon::Daemon& daemon, const daemon::Config& config, Status& result) {
  std::function<void()> ready = [&] { say_ready(daemon, config); };
  result = co_await daemon.run(std::move(ready));
}

int run(const daemon::Flags& flags) {
  if (flags.set == std::vector<std::string>{"list"}) {
    std::fputs(daemon::default_config_file().c_str(), stdout);
    return 0;
  }
  daemon::set_up_process();
  ::signal(SIGPIPE, SIG_IGN);
  auto config = daemon::make_config(flags, daemon::surroundings(), system_files());
  if (!config) {
    Error error = std::move(config).error();
    error.code = Errc::kBadConfig;
    return say(error);
  }
  auto logger = stderr_logger(daemon::under_journal());
  logger->set_level(config->log_level);
  for (const auto& listener : config->listeners) {
    if (listener.address.is_unix()) {
      if (auto prepared = daemon::prepare_socket_directory(listener.address.unix_path); !prepared)
        return say(prepared.error());
    } else if (config->open_listener_accepted) {
      logger->warn("listener {} at {} is open: no TLS, no authentication", listener.name, listener.address.text());
    }
  }
  kv::LmdbOpener opener;
  auto made = aio::UvRuntime::make({});
  if (!made) return say(made.error());
  auto runtime = *std::move(made);
  daemon::Daemon daemon({*runtime, *logger, opener}, *config);
  runtime->on_stop_signal([&](int signal) {
    logger->info("stopping: {}", ::strsignal(signal));
    daemon::notify_service_manager("STOPPING=1");
    daemon.stop();
  });
  Status result;
  runtime->run(run_daemon(daemon, *config, result));
  return result ? 0 : say(result.error());
}

}  // namespace

int main(int argc, char** argv) {
  daemon::Flags flags;
  tools::CommandLine cli("streamlogd", "The daemon of streamlog: keeps partitioned logs and serves Kafka's protocol.");
  auto& root = cli.root();
  root.example("streamlogd", "data and socket at their default places");
  root.example("streamlogd --data ./log --listen unix:./log.sock", "a log of your own, anywhere");
  root.example("streamlogd --listen 127.0.0.1:9092", "also plain TCP on loopback, for any Kafka client");
  root.option("--data", "DIR", "Data directory")
      .into(&flags.data)
      .default_text("/var/lib/streamlog for root, $XDG_DATA_HOME/streamlog for others");
  root.option("--listen", "[NAME=]ADDR", "Listen at HOST:PORT too, or at unix:PATH instead of the default socket")
      .into(&flags.listen);
  root.flag("--no-socket", "Open no unix socket").into(&flags.no_socket);
  root.option("--config", "FILE", "Read settings from a TOML file, see streamlogd.toml(5)").into(&flags.config_file);
  root.option("--set", "KEY=VALUE", "Set a broker setting; outranks the file. `list` prints all of them as a file")
      .into(&flags.set);
  root.option("--log-level", "LEVEL", "How much to log")
      .into(&flags.log_level)
      .choices({"debug", "info", "warn", "error"})
      .default_text("info");
  root.flag("--i-understand-this-listener-is-open",
            "Listen off loopback although there is neither TLS nor authentication")
      .into(&flags.open_listener_accepted);
  root.action([&] { return run(flags); });
  return cli.run(argc, argv);
}
