// Config: what streamlogd was told, by flags, --set and streamlogd.toml, checked as a whole before anything starts.
// Broker settings keep Kafka's names and live in cluster::BrokerSettings; here is the rest: where the data is, where to
// listen and how much to log.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aio/stream.h"
#include "base/file.h"
#include "base/log.h"
#include "cluster/settings.h"

namespace sl::daemon {

struct ListenerConfig {
  std::string name;  // UNIX for the unix socket, PLAINTEXT for a tcp listener without a name
  aio::Address address;
  aio::Address advertised;  // what clients are told; equal to `address` unless advertised.listeners says otherwise
};

struct Config {
  std::string data_directory;
  std::vector<ListenerConfig> listeners;
  LogLevel log_level = LogLevel::kInfo;
  bool open_listener_accepted = false;  // the long flag of DESIGN's security rules was given
  cluster::BrokerSettings settings;
};

// The command line as it was typed.
struct Flags {
  std::optional<std::string> data;
  std::vector<std::string> listen;
  bool no_socket = false;
  std::string config_file;
  std::vector<std::string> set;
  std::string log_level;
  bool open_listener_accepted = false;
};

// What the defaults depend on.
struct Surroundings {
  uint32_t uid = 0;
  std::string directory;  // the working directory
  std::string home;
  std::string data_home;        // $XDG_DATA_HOME
  std::string runtime_dir;      // $XDG_RUNTIME_DIR
  std::string state_directory;  // $STATE_DIRECTORY, set by systemd for the service
};

// kBadConfig, with the sentence for the user: what is wrong, where (file:line), what to write instead.
Result<Config> make_config(const Flags& flags, const Surroundings& around, FileSystem& files);

// $XDG_RUNTIME_DIR/streamlog/streamlogd.sock, /run/streamlog/… for root, /tmp/streamlog-UID/… for others.
std::string default_socket_path(const Surroundings& around);

}  // namespace sl::daemon
