#include "tools/common/brokers.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"

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
    return Error{Errc::kUsage, fmt::format("cannot read the configuration {}: {}", path, why)};
  }
  SL_TRY(ConfigFile file, parse_config_file(*text, path));
  return std::optional(std::move(file));
}

// Named from outside, that is for this run: such a profile is meant more than a variable with addresses.
std::optional<Given> named_profile(const BrokerFlags& flags, const BrokerPlaces& places) {
  if (flags.profile) return Given{*flags.profile, "--profile"};
  if (auto name = places.environment("SL_PROFILE")) return Given{*name, "SL_PROFILE"};
  return std::nullopt;
}

Result<const ConfigProfile*> find_profile(const Given& wanted, const std::optional<ConfigFile>& file,
                                          const std::string& path) {
  std::vector<std::string_view> names;
  if (file) {
    for (const auto& [name, profile] : file->profiles) names.push_back(name);
    if (auto at = file->profiles.find(wanted.text); at != file->profiles.end()) return &at->second;
  }
  auto nearest = nearest_name(wanted.text, names);
  return Error{Errc::kUsage, fmt::format("{}: there is no profile '{}' in {}{}", wanted.origin, wanted.text,
                                         path.empty() ? "any configuration" : path,
                                         nearest ? fmt::format(" (did you mean '{}'?)", *nearest) : "")};
}

void take_settings(const Settings& from, Settings& into) {
  for (const auto& [name, given] : from) into[name] = given;
}

Status take_flags(const BrokerFlags& flags, Settings& into) {
  for (const std::string& setting : flags.settings) {
    if (setting == "list" || setting == "dump") continue;  // the tool answers these
    size_t equals = setting.find('=');
    if (equals == setting.npos || equals == 0)
      return Error{Errc::kUsage,
                   fmt::format("-X '{}' is not of the form NAME=VALUE ('-X list' shows the names)", setting)};
    into[setting.substr(0, equals)] = {setting.substr(equals + 1), "-X"};
  }
  return {};
}

Status add_default_sockets(const BrokerPlaces& places, BrokerChoice& choice) {
  std::vector<Given> missing;
  for (const std::string& address : default_socket_addresses(places)) {
    std::string path = address.substr(5);
    Given found{address, "the default socket"};
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
  auto named = named_profile(flags, places);
  const ConfigProfile* profile = nullptr;
  if (named) {
    SL_TRY(profile, find_profile(*named, file, path));
  } else if (file && file->profile) {
    SL_TRY(profile, find_profile(*file->profile, file, path));
  }
  if (file) take_settings(file->defaults.settings, choice.settings);
  if (profile != nullptr) take_settings(profile->settings, choice.settings);
  SL_CHECK(take_flags(flags, choice.settings));

  auto variable = places.environment("SL_BROKERS");
  bool profile_has_brokers = profile != nullptr && !profile->brokers.empty();
  if (flags.brokers) {
    SL_CHECK(add_list(*flags.brokers, "-b", choice));
  } else if (variable && !(named && profile_has_brokers)) {
    SL_CHECK(add_list(*variable, "SL_BROKERS", choice));
  } else if (profile_has_brokers) {
    choice.addresses = profile->brokers;
  } else if (file && !file->defaults.brokers.empty()) {
    choice.addresses = file->defaults.brokers;
  } else {
    choice.passed_over.insert(choice.passed_over.begin(), "SL_BROKERS is not set");
    if (file) choice.passed_over.push_back(fmt::format("{} names no brokers", path));
    SL_CHECK(add_default_sockets(places, choice));
  }
  return choice;
}

std::vector<std::string> profile_names(const BrokerFlags& flags, const BrokerPlaces& places) {
  BrokerChoice unused;
  std::string path;
  std::vector<std::string> names;
  auto file = read_config(flags, places, path, unused);
  if (!file || !*file) return names;
  for (const auto& [name, profile] : (*file)->profiles) names.push_back(name);
  return names;
}

std::string unreachable_sentence(const BrokerChoice& choice) {
  std::vector<std::string> tried;
  bool socket = false;
  for (const Given& one : choice.addresses) {
    tried.push_back(fmt::format("{} ({})", one.text, one.origin));
    socket |= one.origin == "the default socket";
  }
  std::string text = fmt::format("cannot connect: tried {}", fmt::join(tried, ", "));
  if (!socket) return text + "; is the broker running?";
  return fmt::format("{}; {}; start streamlogd, or name a broker with -b HOST:PORT", text,
                     fmt::join(choice.passed_over, ", "));
}

// The configuration file is every tool's: what only sl-produce or only sl-consume knows is no mistake of the others.
constexpr std::array<std::string_view, 16> kOfSomeTool{"acks",
                                                       "auto.commit.interval.ms",
                                                       "batch.size",
                                                       "check.crcs",
                                                       "compression.type",
                                                       "delivery.timeout.ms",
                                                       "fetch.max.bytes",
                                                       "fetch.max.wait.ms",
                                                       "fetch.min.bytes",
                                                       "heartbeat.interval.ms",
                                                       "isolation.level",
                                                       "linger.ms",
                                                       "max.partition.fetch.bytes",
                                                       "max.poll.interval.ms",
                                                       "metadata.max.age.ms",
                                                       "partitioner"};

Status apply_settings(const Settings& settings, const std::vector<KnownSetting>& known) {
  std::vector<std::string_view> names;
  for (const KnownSetting& one : known) names.push_back(one.name);
  for (const auto& [name, given] : settings) {
    auto at = std::find(names.begin(), names.end(), name);
    if (at != names.end()) {
      const auto& take = known[static_cast<size_t>(at - names.begin())].take;
      auto taken = take ? take(given.text) : Status();
      if (!taken) return Error{Errc::kUsage, fmt::format("{}: {}: {}", given.origin, name, taken.error().context)};
      continue;
    }
    if (std::find(kOfSomeTool.begin(), kOfSomeTool.end(), name) != kOfSomeTool.end()) continue;
    auto nearest = nearest_name(name, names);
    return Error{Errc::kUsage, fmt::format("{}: unknown setting '{}'{} ('-X list' shows all)", given.origin, name,
                                           nearest ? fmt::format(", did you mean '{}'?", *nearest) : "")};
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
    auto at = settings.find(one.name);
    out += fmt::format("{}={}\n", one.name, at == settings.end() ? one.default_value : at->second.text);
  }
  return out;
}

}  // namespace sl::tools
