// Where to connect, and with which settings: -b, then the profile that --profile or else SL_PROFILE names, then
// SL_BROKERS, then the configuration file (~/.config/streamlog/config.toml) with the profile it names itself, then the
// daemon's unix socket in its usual places. Each address and setting keeps where it came from, so that an error can
// name that place.
//
//   brokers = ["a:9092", "b:9092"]        # or "a:9092,b:9092", or "unix:/path"
//   profile = "prod"                      # the default one
//   [settings]                            # as -X
//   "client.id" = "nightly"
//   [profiles.prod]
//   brokers = "kafka:9092"
//   [profiles.prod.settings]
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "tools/common/config_file.h"
#include "tools/common/environment.h"

namespace sl::tools {

struct BrokerChoice {
  // HOST:PORT or unix:/PATH, not looked at yet; never empty; of default sockets those that exist, else all.
  std::vector<Given> addresses;
  Settings settings;                     // the file's, the profile's and -X, the later ones winning
  std::vector<std::string> passed_over;  // "SL_BROKERS is not set", for the error sentence
};

// What the command line says of it.
struct BrokerFlags {
  std::optional<std::string> brokers;  // -b
  std::optional<std::string> profile;  // --profile
  std::optional<std::string> config;   // -F: another file, which must then exist
  std::vector<std::string> settings;   // -X key=value
};

// What is looked at outside the command line.
struct BrokerPlaces {
  Environment environment;
  FileSystem* files = nullptr;
  uint32_t uid = 0;
  // Whether the directory belongs to `uid` and nobody else may write to it: /tmp is everyone's, and a socket that
  // someone else put there must not get our records.
  std::function<bool(const std::string& path, uint32_t uid)> owned_by;
};
BrokerPlaces process_places();

// Whatever is wrong with what the user wrote, in a file too, is kUsage.
Result<BrokerChoice> choose_brokers(const BrokerFlags& flags, const BrokerPlaces& places);
// The names of the file's profiles, for completion; none where it cannot be read.
std::vector<std::string> profile_names(const BrokerFlags& flags, const BrokerPlaces& places);
// "cannot connect: tried unix:/run/… (the default socket); is streamlogd running? Name a broker with -b HOST:PORT"
std::string unreachable_sentence(const BrokerChoice& choice);
// The default sockets of DESIGN §8, the likeliest first; as addresses, "unix:/…".
std::vector<std::string> default_socket_addresses(const BrokerPlaces& places);

// A setting that a tool knows, for -X and the configuration file: Kafka's name, its default, a sentence, and what takes
// its value.
struct KnownSetting {
  std::string name;
  std::string default_value;
  std::string description;
  std::function<Status(std::string_view value)> take = {};
};
// Refuses names that are not among them, with the nearest one, and hands each value to what takes it. Every error is
// kUsage and says where the setting stands.
Status apply_settings(const Settings& settings, const std::vector<KnownSetting>& known);
// Whether -X list or -X dump was given, which need nothing else.
bool shows_settings(const BrokerFlags& flags);
// -X list: name<TAB>default<TAB>description lines. -X dump: name=value lines of what holds.
std::string list_settings(const std::vector<KnownSetting>& known);
std::string dump_settings(const Settings& settings, const std::vector<KnownSetting>& known);

}  // namespace sl::tools
