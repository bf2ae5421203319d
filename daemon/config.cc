#include "config.h"

#include <fmt/core.h>

#include "base/text.h"
#include "config_file.h"
#include "listener_config.h"

namespace sl::daemon {
namespace {

// Keys that decide where and how the daemon runs rather than what its logs do.
struct Whereabouts {
  std::string data;
  std::string log_level;
};

Error at(const std::string& where, const Error& error) {
  return Error{Errc::kBadConfig, where.empty() ? error.context : fmt::format("{}: {}", where, error.context)};
}

Status take(const std::string& key, const std::string& value, const std::string& where, Whereabouts& whereabouts,
            cluster::BrokerSettings& settings) {
  if (key == "log.dir" || key == "log.dirs") {
    if (value.find(',') != value.npos)
      return at(where, Error{Errc::kBadConfig, "log.dirs: one directory, not several"});
    whereabouts.data = value;
    return {};
  }
  if (key == "log.level") {
    if (auto level = parse_log_level(value); !level) return at(where, level.error());
    whereabouts.log_level = value;
    return {};
  }
  auto set = settings.set(key, value);
  if (!set) return at(where, set.error());
  return {};
}

std::string default_data(const Surroundings& around) {
  if (!around.state_directory.empty()) return around.state_directory;
  if (around.uid == 0) return "/var/lib/streamlog";
  if (!around.data_home.empty()) return around.data_home + "/streamlog";
  return around.home + "/.local/share/streamlog";
}

}  // namespace

std::string default_socket_path(const Surroundings& around) {
  if (!around.runtime_dir.empty()) return around.runtime_dir + "/streamlog/streamlogd.sock";
  if (around.uid == 0) return "/run/streamlog/streamlogd.sock";
  return fmt::format("/tmp/streamlog-{}/streamlogd.sock", around.uid);
}

Result<Config> make_config(const Flags& flags, const Surroundings& around, FileSystem& files) {
  Config config;
  Whereabouts whereabouts;
  if (!flags.config_file.empty()) {
    SL_TRY(auto settings, read_config_file(flags.config_file, files));
    for (const auto& one : settings) SL_CHECK(take(one.key, one.value, one.where, whereabouts, config.settings));
  }
  for (const auto& text : flags.set) {
    size_t equals = text.find('=');
    if (equals == text.npos || equals == 0)
      return Error{Errc::kBadConfig, fmt::format("--set {}: write it as --set key=value", text)};
    SL_CHECK(take(text.substr(0, equals), text.substr(equals + 1), "--set", whereabouts, config.settings));
  }
  if (flags.data) {
    if (flags.data->empty()) return Error{Errc::kBadConfig, "--data: a directory's name is not empty"};
    whereabouts.data = *flags.data;
  }
  if (!flags.log_level.empty()) whereabouts.log_level = flags.log_level;

  config.data_directory = whereabouts.data.empty() ? default_data(around) : whereabouts.data;
  // Clients and the log name it where nobody knows what it would be relative to.
  if (!config.data_directory.starts_with('/') && !around.directory.empty())
    config.data_directory = around.directory + "/" + config.data_directory;
  if (!whereabouts.log_level.empty()) {
    SL_TRY(config.log_level, parse_log_level(whereabouts.log_level));
  }
  ListenerInputs inputs;
  inputs.flags = flags.listen;
  inputs.no_socket = flags.no_socket;
  inputs.listeners_key = config.settings.text("listeners");
  inputs.advertised_key = config.settings.text("advertised.listeners");
  inputs.default_socket = default_socket_path(around);
  inputs.open_accepted = flags.open_listener_accepted;
  SL_TRY(config.listeners, make_listeners(inputs));
  // Who asks for the broker's settings sees all listeners, those of --listen too.
  SL_CHECK(config.settings.set("listeners", listeners_text(config.listeners)));
  config.open_listener_accepted = flags.open_listener_accepted;
  return config;
}

}  // namespace sl::daemon
