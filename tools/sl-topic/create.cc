// create and grow: what makes partitions.
#include <unistd.h>

#include "tools/common/exit_code.h"
#include "tools/sl-topic/verbs.h"

namespace sl::tools::topic {
namespace {

Result<std::vector<std::pair<std::string, std::string>>> parse_configs(const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> configs;
  for (const auto& text : texts) {
    size_t equals = text.find('=');
    if (equals == text.npos || equals == 0)
      return Error{Errc::kUsage, fmt::format("-c {}: write it as KEY=VALUE", text)};
    configs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return configs;
}

std::string hint_for(const client::CreatedTopic& topic) {
  if (topic.error.code == Errc::kTopicAlreadyExists)
    return "'sl-topic config' changes its settings, 'sl-topic grow' adds partitions, --if-not-exists accepts it";
  return {};
}

}  // namespace

aio::Task<int> create(Session& session, const Shared& shared, const CreateOptions& options) {
  auto configs = parse_configs(options.configs);
  if (!configs) co_return session.messages.error("create", configs.error());
  std::vector<client::NewTopic> topics;
  for (const auto& name : options.names)
    topics.push_back({name, options.partitions, static_cast<int16_t>(options.replicas), *configs});
  client::Admin admin(session.cluster, shared.timeout_ms);
  auto created = co_await admin.create(std::move(topics), options.dry_run);
  if (!created) co_return session.messages.error("cannot create", created.error());
  int exit_code = kExitOk;
  Table table({"TOPIC", "PARTITIONS", "ERROR", "MESSAGE"});
  for (const auto& topic : *created) {
    bool exists = topic.error.code == Errc::kTopicAlreadyExists;
    bool fine = topic.error.code == Errc::kNone || (options.if_not_exists && exists);
    if (!fine) {
      int code = session.messages.error(fmt::format("cannot create '{}'", topic.name), topic.error, hint_for(topic));
      exit_code = merge_exit_codes(exit_code, code);
    } else if (exists) {
      session.messages.verbose("'{}' exists already", topic.name);
    } else {
      session.messages.verbose("{} '{}'", options.dry_run ? "would create" : "created", topic.name);
    }
    Cell partitions = topic.partitions >= 0 ? Cell(int64_t{topic.partitions}) : Cell();
    table.add({topic.name, partitions, std::string(fine ? "NONE" : error_info(topic.error.code).name),
               fine ? Cell() : Cell(error_text(topic.error))});
  }
  if (options.format != OutputFormat::kText) print(table.render(options.format));
  co_return exit_code;
}

aio::Task<int> grow(Session& session, const Shared& shared, const GrowOptions& options) {
  client::Admin admin(session.cluster, shared.timeout_ms);
  auto topic = co_await admin.topic(options.name);
  if (!topic) co_return session.messages.error(fmt::format("cannot grow '{}'", options.name), topic.error());
  int32_t before = (*topic)->partition_count();
  std::vector<client::GrownTopic> wanted{{options.name, options.to}};
  auto grown = co_await admin.grow(std::move(wanted), options.dry_run);
  if (!grown) co_return session.messages.error(fmt::format("cannot grow '{}'", options.name), grown.error());
  const Error& error = grown->front().error;
  if (error.code != Errc::kNone)
    co_return session.messages.error(
        fmt::format("cannot grow '{}' from {} to {}", options.name, counted(before, "partition"), options.to), error);
  session.messages.notice("{} {} {}; keys may land on other partitions than before, so their order starts anew",
                          options.name, options.dry_run ? "would have" : "has", counted(options.to, "partition"));
  co_return kExitOk;
}

}  // namespace sl::tools::topic
