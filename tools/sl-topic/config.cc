// config: without a change it shows settings, with changes it makes them, each topic answered by itself.
#include "tools/common/exit_code.h"
#include "tools/sl-topic/verbs.h"

namespace sl::tools::topic {
namespace {

Status add_changes(const std::vector<std::string>& texts, client::ConfigOperation operation, const char* option,
                   std::vector<client::ConfigChange>& changes) {
  for (const auto& text : texts) {
    size_t equals = text.find('=');
    if (operation == client::ConfigOperation::kDelete) {
      changes.push_back({text, operation, ""});
      continue;
    }
    if (equals == text.npos || equals == 0)
      return Error{Errc::kUsage, fmt::format("{} {}: write it as KEY=VALUE", option, text)};
    changes.push_back({text.substr(0, equals), operation, text.substr(equals + 1)});
  }
  return {};
}

Result<std::vector<client::ConfigChange>> parse_changes(const ConfigOptions& options) {
  std::vector<client::ConfigChange> changes;
  SL_CHECK(add_changes(options.set, client::ConfigOperation::kSet, "-s", changes));
  SL_CHECK(add_changes(options.remove, client::ConfigOperation::kDelete, "-d", changes));
  SL_CHECK(add_changes(options.append, client::ConfigOperation::kAppend, "--append", changes));
  SL_CHECK(add_changes(options.subtract, client::ConfigOperation::kSubtract, "--subtract", changes));
  return changes;
}

std::string source_name(client::ConfigSource source) {
  switch (source) {
    case client::ConfigSource::kTopic:
      return "topic";
    case client::ConfigSource::kDynamicBroker:
      return "broker";
    case client::ConfigSource::kDynamicDefaultBroker:
      return "cluster";
    case client::ConfigSource::kStaticBroker:
      return "file";
    case client::ConfigSource::kDefault:
      return "default";
    case client::ConfigSource::kUnknown:
      break;
  }
  return "unknown";
}

aio::Task<int> show(Session& session, client::Admin& admin, const ConfigOptions& options) {
  auto resources = co_await admin.configs(client::ResourceType::kTopic, options.names);
  if (!resources) co_return session.messages.error("cannot read settings", resources.error());
  int exit_code = kExitOk;
  Table table({"TOPIC", "KEY", "VALUE", "SOURCE"});
  for (const auto& resource : *resources) {
    if (resource.error.code != Errc::kNone) {
      exit_code = merge_exit_codes(
          exit_code,
          session.messages.error(fmt::format("cannot read the settings of '{}'", resource.name), resource.error));
      continue;
    }
    for (const auto& entry : resource.entries) {
      if (!options.all && entry.is_default()) continue;
      table.add({resource.name, entry.name, entry.value ? Cell(*entry.value) : Cell(), source_name(entry.source)});
    }
  }
  print(table.render(options.format));
  co_return exit_code;
}

}  // namespace

aio::Task<int> config(Session& session, const Shared& shared, const ConfigOptions& options) {
  auto changes = parse_changes(options);
  if (!changes) co_return session.messages.error("config", changes.error());
  client::Admin admin(session.cluster, shared.timeout_ms);
  if (changes->empty()) co_return co_await show(session, admin, options);
  auto altered =
      co_await admin.alter(client::ResourceType::kTopic, options.names, *std::move(changes), options.dry_run);
  if (!altered) co_return session.messages.error("cannot change settings", altered.error());
  int exit_code = kExitOk;
  for (const auto& item : *altered) {
    if (item.error.code == Errc::kNone)
      session.messages.verbose("{} '{}'", options.dry_run ? "would change" : "changed", item.name);
    else
      exit_code = merge_exit_codes(
          exit_code, session.messages.error(fmt::format("cannot change the settings of '{}'", item.name), item.error));
  }
  co_return exit_code;
}

}  // namespace sl::tools::topic
