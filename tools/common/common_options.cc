#include "tools/common/common_options.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

namespace sl::tools {
namespace {

std::vector<Candidate> complete_settings(const Command& root) {
  std::vector<Candidate> found{{"list", "Show the settings"}, {"dump", "Show what holds"}};
  for (const auto& known : {client_settings(), settings_of(root)})
    for (const KnownSetting& setting : known) found.push_back({setting.name + "=", setting.description});
  return found;
}

std::vector<Candidate> complete_profiles(const CommonOptions& options) {
  std::vector<Candidate> found;
  for (std::string& name : profile_names(options.brokers, process_places())) found.push_back({std::move(name), ""});
  return found;
}

}  // namespace

std::vector<KnownSetting> client_settings() {
  return {{"client.id", "streamlog", "The name that brokers see"}};
}

std::vector<KnownSetting> settings_of(const Command& command) {
  std::vector<KnownSetting> known;
  for (const Option& option : command.options()) {
    if (option.setting_name().empty()) continue;
    known.push_back({option.setting_name(), option.default_shown(), option.description(),
                     [&option](std::string_view value) { return option.take_setting(value); }});
  }
  return known;
}

std::vector<Candidate> complete_positions(std::string_view) {
  return {{"start", "The first record there is"}, {"end", "Behind the last record"}};
}

void declare_common(Command& root, CommonOptions& options) {
  constexpr const char* kConnection = "Connection";
  root.option("-b,--brokers", "LIST", "Brokers to ask first: HOST:PORT or unix:/PATH, separated by commas")
      .into(&options.brokers.brokers)
      .default_text("the daemon's unix socket")
      .env_shown("SL_BROKERS")
      .alias("--bootstrap-server")
      .group(kConnection);
  root.option("--profile", "NAME", "Profile of the configuration file to take brokers and settings from")
      .into(&options.brokers.profile)
      .env_shown("SL_PROFILE")
      .complete([&options](std::string_view) { return complete_profiles(options); })
      .group(kConnection);
  root.option("-F,--config-file", "FILE", "Configuration file")
      .into(&options.brokers.config)
      .default_text("~/.config/streamlog/config.toml")
      .group(kConnection);
  root.option("-X,--set", "NAME=VALUE", "A setting of the client; 'list' shows them, 'dump' what holds")
      .into(&options.brokers.settings)
      .complete([&root](std::string_view) { return complete_settings(root); })
      .group(kConnection);
  root.flag("-q,--quiet", "Say nothing but errors").into(&options.quiet).group("Messages").excludes("--verbose");
  root.flag("-v,--verbose", "Say more; twice for debugging").into_count(&options.verbose).group("Messages");
}

void declare_timeout(Command& root, int64_t& timeout_ms) {
  root.option("--timeout", "DURATION", "Longest wait for each answer of a broker")
      .into_duration(&timeout_ms, 1000)
      .default_text("10s")
      .group("Connection");
}

void declare_format(Command& command, OutputFormat& format) {
  command.option("--format", "FORMAT", "Output for people (text), as one JSON document (json), or tab-separated (awk)")
      .choices({"text", "json", "awk"})
      .into_store([&format](std::string_view text) -> Status {
        SL_TRY(format, parse_output_format(text));
        return {};
      })
      .default_text("text");
}

void declare_yes(Command& command, bool& yes) {
  command.flag("-y,--yes", "Do not ask before destroying something").into(&yes);
}

Result<bool> confirm(bool yes, std::string_view question, Messages& messages) {
  if (yes) return true;
  if (isatty(STDIN_FILENO) != 1 || !messages.terminal())
    return Error{Errc::kUsage, fmt::format("{} There is no terminal to ask on: use -y to go on", question)};
  std::fprintf(stderr, "%.*s [y/N] ", static_cast<int>(question.size()), question.data());
  std::fflush(stderr);
  char answer[64];
  if (std::fgets(answer, sizeof answer, stdin) == nullptr) return false;
  return answer[0] == 'y' || answer[0] == 'Y';
}

}  // namespace sl::tools
