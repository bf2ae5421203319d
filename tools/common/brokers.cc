#include "tools/common/brokers.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "tools/common/config_file.h"

namespace sl::tools {
namespace {

// A configuration of more than this is not one.
constexpr size_t kConfigBytesMax = 1 << 20;

bool directory_owned_by(const std::string& path, uint32_t uid) {
  struct stat info {};
  // lstat: a link that someone else put into /tmp is not our directory.
  return lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == uid &&
         (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::optional<std::string> config_path(const BrokerPlaces& places) {
  if (auto base = places.environment("XDG_CONFIG_HOME")) return *base + "/streamlog/config.toml";
  if (auto home = places.environment("HOME")) return *home + "/.config/streamlog/config.toml";
  return std::nullopt;
}

Status add_list(std::string_view list, const std::string& origin, BrokerChoice& choice) {
  for (std::string_view one : split(list, ','))
    if (!trim(one).empty()) choice.addresses.push_back({std::string(trim(one)), origin});
  if (choice.addresses.empty())
    return Error{Errc::kUsage, fmt::format("{} names no broker: use HOST:PORT or unix:/PATH", origin)};
  return {};
}

// The file, where there is one; a file named by -F must exist.
Result<std::optional<ConfigFile>> read_config(const BrokerFlags& flags, const BrokerPlaces& places, std::string& path,
                                              BrokerChoice& choice) {
  if (flags.config) {
    path = *flags.config;
  } else if (auto usual = config_path(places)) {
    path = *usual;
  } else {
    choice.passed_over.push_back("there is no home directory to look for a configuration in");
    return std::optional<ConfigFile>();
  }
  auto text = places.files->read_whole(path, kConfigBytesMax);
  if (!text && text.code() == Errc::kNotFound && !flags.config) {
    choice.passed_over.push_back(fmt::format("there is no {}", path));
    return std::optional<ConfigFile>();
  }
  if (!text) {
    std::string why = text.error().context.empty() ? std::string(error_info(text.code()).text) : text.error().context;
    return Error{text.code(), fmt::format("cannot read the configuration {}: {}", path, why)};
  }
  SL_TRY(ConfigFile file, parse_config_file(*text, path));
  return std::optional(std::move(file));
}

struct NamedProfile {
  std::string name;
  std::string origin;
};

std::optional<NamedProfile> wanted_profile(const BrokerFlags& flags, const BrokerPlaces& places,
                                           const std::optional<ConfigFile>& file, const std::string& path) {
  if (flags.profile) return NamedProfile{*flags.profile, "--profile"};
  if (auto name = places.environment("SL_PROFILE")) return NamedProfile{*name, "SL_PROFILE"};
  if (file && file->profile) return NamedProfile{*file->profile, path};
  return std::nullopt;
}

Result<const ConfigProfile*> find_profile(const NamedProfile& wanted, const std::optional<ConfigFile>& file,
                                          const std::string& path) {
  std::vector<std::string_view> names;
  if (file) {
    for (const auto& [name, profile] : file->profiles) names.push_back(name);
    if (auto at = file->profiles.find(wanted.name); at != file->profiles.end()) return &at->second;
  }
  auto nearest = nearest_name(wanted.name, names);
  return Error{Errc::kUsage, fmt::format("{} names the profile '{}', which is not in {}{}", wanted.origin, wanted.name,
                                         path.empty() ? "any configuration" : path,
                                         nearest ? fmt::format(" (did you mean '{}'?)", *nearest) : "")};
}

void take_settings(const Settings& from, Settings& into) {
  for (const auto& [name, value] : from) into[name] = value;
}

Status add_default_sockets(const BrokerPlaces& places, BrokerChoice& choice) {
  std::vector<BrokerAddress> missing;
  for (const std::string& address : default_socket_addresses(places)) {
    std::string path = address.substr(5);
    BrokerAddress found{address, "the default socket"};
    auto exists = places.files->exists(path);
    bool strange = exists && *exists && path.starts_with("/tmp/") && !places.owned_by(parent_of(path), places.uid);
    if (strange) {
      choice.passed_over.push_back(fmt::format("{} belongs to someone else", parent_of(path)));
    } else if (exists && *exists) {
      choice.addresses.push_back(found);
    } else {
      missing.push_back(found);
    }
  }
  if (choice.addresses.empty()) choice.addresses = missing;
  if (choice.addresses.empty())
    return Error{Errc::kUnreachable, fmt::format("no broker to connect to: {}; name one with -b HOST:PORT",
                                                 fmt::join(choice.passed_over, ", "))};
  return {};
}

}  // namespace

BrokerPlaces process_places() {
  return {process_environment(), &system_files(), static_cast<uint32_t>(geteuid()), directory_owned_by};
}

std::vector<std::string> default_socket_addresses(const BrokerPlaces& places) {
  std::vector<std::string> addresses;
  if (auto runtime = places.environment("XDG_RUNTIME_DIR"))
    addresses.push_back(fmt::format("unix:{}/streamlog/streamlogd.sock", *runtime));
  addresses.push_back("unix:/run/streamlog/streamlogd.sock");
  addresses.push_back(fmt::format("unix:/tmp/streamlog-{}/streamlogd.sock", places.uid));
  return addresses;
}

Result<BrokerChoice> choose_brokers(const BrokerFlags& flags, const BrokerPlaces& places) {
  BrokerChoice choice;
  std::string path;
  SL_TRY(auto file, read_config(flags, places, path, choice));
  auto wanted = wanted_profile(flags, places, file, path);
  const ConfigProfile* profile = nullptr;
  if (wanted) {
    SL_TRY(profile, find_profile(*wanted, file, path));
  }
  if (file) take_settings(file->defaults.settings, choice.settings);
  if (profile != nullptr) take_settings(profile->settings, choice.settings);
  for (const std::string& setting : flags.settings) {
    if (setting == "list" || setting == "dump") continue;  // the tool answers these
    size_t equals = setting.find('=');
    if (equals == setting.npos || equals == 0)
      return Error{Errc::kUsage,
                   fmt::format("-X '{}' is not of the form NAME=VALUE ('-X list' shows the names)", setting)};
    choice.settings[setting.substr(0, equals)] = setting.substr(equals + 1);
  }

  auto add_profile = [&](const ConfigProfile& from, const std::string& origin) {
    for (const std::string& broker : from.brokers) choice.addresses.push_back({broker, origin});
  };
  auto variable = places.environment("SL_BROKERS");
  if (flags.brokers) {
    SL_CHECK(add_list(*flags.brokers, "-b", choice));
  } else if (flags.profile && !profile->brokers.empty()) {
    // A profile named on the command line is meant more than a variable that is always set.
    add_profile(*profile, fmt::format("profile '{}' of {}", wanted->name, path));
  } else if (variable) {
    SL_CHECK(add_list(*variable, "SL_BROKERS", choice));
  } else if (profile != nullptr && !profile->brokers.empty()) {
    add_profile(*profile, fmt::format("profile '{}' of {}", wanted->name, path));
  } else if (file && !file->defaults.brokers.empty()) {
    add_profile(file->defaults, path);
  } else {
    choice.passed_over.insert(choice.passed_over.begin(), "SL_BROKERS is not set");
    if (file) choice.passed_over.push_back(fmt::format("{} names no brokers", path));
    SL_CHECK(add_default_sockets(places, choice));
  }
  return choice;
}

std::string unreachable_sentence(const BrokerChoice& choice) {
  std::vector<std::string> tried;
  bool socket = false;
  for (const BrokerAddress& one : choice.addresses) {
    tried.push_back(fmt::format("{} ({})", one.address, one.origin));
    socket |= one.origin == "the default socket";
  }
  std::string text = fmt::format("cannot connect: tried {}", fmt::join(tried, ", "));
  if (!socket) return text + "; is the broker running?";
  return fmt::format("{}; {}; start streamlogd, or name a broker with -b HOST:PORT", text,
                     fmt::join(choice.passed_over, ", "));
}

// The configuration file is every tool's: what only sl-produce or only sl-consume knows is no mistake of the others.
constexpr std::array<std::string_view, 12> kOfSomeTool{"acks",
                                                       "batch.size",
                                                       "check.crcs",
                                                       "compression.type",
                                                       "delivery.timeout.ms",
                                                       "fetch.max.bytes",
                                                       "fetch.max.wait.ms",
                                                       "fetch.min.bytes",
                                                       "isolation.level",
                                                       "linger.ms",
                                                       "max.partition.fetch.bytes",
                                                       "partitioner"};

Status apply_settings(const Settings& settings, const std::vector<KnownSetting>& known) {
  std::vector<std::string_view> names;
  for (const KnownSetting& one : known) names.push_back(one.name);
  for (const auto& [name, value] : settings) {
    auto at = std::find(names.begin(), names.end(), name);
    if (at != names.end()) {
      const auto& take = known[static_cast<size_t>(at - names.begin())].take;
      auto taken = take ? take(value) : Status();
      if (!taken) return Error{taken.code(), fmt::format("{}: {}", name, taken.error().context)};
      continue;
    }
    if (std::find(kOfSomeTool.begin(), kOfSomeTool.end(), name) != kOfSomeTool.end()) continue;
    auto nearest = nearest_name(name, names);
    return Error{Errc::kUsage,
                 nearest ? fmt::format("unknown setting '{}', did you mean '{}'? ('-X list' shows all)", name, *nearest)
                         : fmt::format("unknown setting '{}' ('-X list' shows all)", name)};
  }
  return {};
}

bool shows_settings(const BrokerFlags& flags) {
  return std::any_of(flags.settings.begin(), flags.settings.end(),
                     [](const std::string& setting) { return setting == "list" || setting == "dump"; });
}

std::string list_settings(const std::vector<KnownSetting>& known) {
  std::string out;
  for (const KnownSetting& one : known)
    out += fmt::format("{}\t{}\t{}\n", one.name, one.default_value.empty() ? "-" : one.default_value, one.description);
  return out;
}

std::string dump_settings(const Settings& settings, const std::vector<KnownSetting>& known) {
  std::string out;
  for (const KnownSetting& one : known) {
    auto at = settings.find(std::string(one.name));
    out += fmt::format("{}={}\n", one.name, at == settings.end() ? one.default_value : at->second);
  }
  return out;
}

}  // namespace sl::tools
