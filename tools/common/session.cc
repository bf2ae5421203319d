#include "tools/common/session.h"

#include "client/group_admin.h"
#include "tools/common/exit_code.h"

namespace sl::tools {
namespace {

constexpr int64_t kCompletionMs = 300;

Result<client::ClusterOptions> cluster_options(const BrokerChoice& choice, int64_t timeout_ms) {
  client::ClusterOptions options;
  for (const auto& broker : choice.addresses) {
    auto address = aio::Address::parse(broker.text, 9092);
    if (!address) return Error{Errc::kUsage, fmt::format("{}: {}", broker.origin, address.error().context)};
    options.bootstrap.push_back(*std::move(address));
  }
  if (auto id = choice.settings.find("client.id"); id != choice.settings.end()) options.client_id = id->second.text;
  options.connect_timeout_ms = timeout_ms;
  options.request_timeout_ms = timeout_ms;
  return options;
}

struct Run {
  const BrokerChoice& choice;
  Messages& messages;
  const SessionBody& body;
  int exit_code = kExitOk;
};

aio::Task<void> run_session(aio::UvRuntime& runtime, client::ClusterOptions options, Run& run) {
  client::Cluster cluster(runtime, std::move(options));
  auto opened = co_await cluster.open();
  if (opened) {
    Session session{runtime, cluster, run.messages, run.choice.settings};
    run.exit_code = co_await run.body(session);
  } else if (opened.code() == Errc::kUnreachable) {
    run.messages.error(unreachable_sentence(run.choice));
    run.messages.verbose("{}", opened.error().context);
    run.exit_code = kExitUnreachable;
  } else {
    run.exit_code = run.messages.error("cannot connect", opened.error());
  }
  co_await cluster.close();
}

}  // namespace

int with_cluster(const CommonOptions& options, Messages& messages, int64_t timeout_ms, const SessionBody& body,
                 const std::vector<KnownSetting>& known) {
  messages.set_verbosity(options.verbose, options.quiet);
  std::vector<KnownSetting> all = client_settings();
  all.insert(all.end(), known.begin(), known.end());
  for (const auto& setting : options.brokers.settings) {
    if (setting != "list") continue;
    std::fputs(list_settings(all).c_str(), stdout);
    return kExitOk;
  }
  auto choice = choose_brokers(options.brokers, process_places());
  if (!choice) return messages.error("", choice.error());
  if (auto checked = apply_settings(choice->settings, all); !checked) return messages.error("", checked.error());
  for (const auto& setting : options.brokers.settings) {
    if (setting != "dump") continue;
    std::fputs(dump_settings(choice->settings, all).c_str(), stdout);
    return kExitOk;
  }
  auto cluster = cluster_options(*choice, timeout_ms);
  if (!cluster) return messages.error("", cluster.error());
  auto made = aio::UvRuntime::make({});
  if (!made) return messages.error("", made.error());
  auto runtime = *std::move(made);
  Run run{*choice, messages, body};
  runtime->run(run_session(*runtime, *std::move(cluster), run));
  return run.exit_code;
}

namespace {

using Lister = aio::Task<void> (*)(client::Cluster& cluster, std::vector<Candidate>& found);

aio::Task<void> list_topics(client::Cluster& cluster, std::vector<Candidate>& found) {
  auto topics = co_await cluster.all_topics();
  if (!topics) co_return;
  for (const auto& topic : *topics) found.push_back({topic->name, counted(topic->partition_count(), "partition")});
}

aio::Task<void> list_groups(client::Cluster& cluster, std::vector<Candidate>& found) {
  client::GroupAdmin admin(cluster, kCompletionMs);
  auto listed = co_await admin.list();
  if (!listed) co_return;
  for (const auto& group : listed->groups) found.push_back({group.name, group.state});
}

// Any topic will do: all of them have the same settings.
aio::Task<void> list_settings_of_topics(client::Cluster& cluster, std::vector<Candidate>& found) {
  auto topics = co_await cluster.all_topics();
  if (!topics || topics->empty()) co_return;
  client::Admin admin(cluster, kCompletionMs);
  std::vector<std::string> names{topics->front()->name};
  auto resources = co_await admin.configs(client::ResourceType::kTopic, std::move(names));
  if (!resources || resources->empty()) co_return;
  for (const auto& entry : resources->front().entries) found.push_back({entry.name + "=", entry.value.value_or("")});
}

aio::Task<void> list_with(aio::UvRuntime& runtime, client::ClusterOptions options, Lister lister,
                          std::vector<Candidate>& found) {
  client::Cluster cluster(runtime, std::move(options));
  auto opened = co_await cluster.open();
  if (opened) co_await lister(cluster, found);
  co_await cluster.close();
}

std::vector<Candidate> complete(const CommonOptions& options, std::string_view prefix, Lister lister) {
  std::vector<Candidate> found;
  auto choice = choose_brokers(options.brokers, process_places());
  if (!choice) return found;
  auto cluster = cluster_options(*choice, kCompletionMs);
  if (!cluster) return found;
  auto made = aio::UvRuntime::make({});
  if (!made) return found;
  auto runtime = *std::move(made);
  runtime->run(list_with(*runtime, *std::move(cluster), lister, found));
  std::erase_if(found, [&](const Candidate& c) { return !c.value.starts_with(prefix); });
  return found;
}

}  // namespace

std::vector<Candidate> complete_topics(const CommonOptions& options, std::string_view prefix) {
  return complete(options, prefix, &list_topics);
}

std::vector<Candidate> complete_groups(const CommonOptions& options, std::string_view prefix) {
  return complete(options, prefix, &list_groups);
}

std::vector<Candidate> complete_topic_settings(const CommonOptions& options, std::string_view prefix) {
  return complete(options, prefix, &list_settings_of_topics);
}

}  // namespace sl::tools
