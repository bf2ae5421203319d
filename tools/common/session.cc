#include "tools/common/session.h"

#include "tools/common/exit_code.h"

namespace sl::tools {
namespace {

constexpr int64_t kCompletionMs = 300;

Result<client::ClusterOptions> cluster_options(const BrokerChoice& choice, int64_t timeout_ms) {
  client::ClusterOptions options;
  for (const auto& broker : choice.addresses) {
    auto address = aio::Address::parse(broker.address, 9092);
    if (!address) return Error{Errc::kUsage, fmt::format("{} (from {})", address.error().context, broker.origin)};
    options.bootstrap.push_back(*std::move(address));
  }
  if (auto id = choice.settings.find("client.id"); id != choice.settings.end()) options.client_id = id->second;
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
  std::vector<KnownSetting> all{{"client.id", "streamlog", "The name that brokers see"}};
  all.insert(all.end(), known.begin(), known.end());
  for (const auto& setting : options.brokers.settings) {
    if (setting != "list") continue;
    std::fputs(list_settings(all).c_str(), stdout);
    return kExitOk;
  }
  auto choice = choose_brokers(options.brokers, process_places());
  if (!choice) return messages.error("which broker?", choice.error());
  if (auto checked = check_settings(choice->settings, all); !checked) return messages.error("-X", checked.error());
  for (const auto& setting : options.brokers.settings) {
    if (setting != "dump") continue;
    std::fputs(dump_settings(choice->settings, all).c_str(), stdout);
    return kExitOk;
  }
  auto cluster = cluster_options(*choice, timeout_ms);
  if (!cluster) return messages.error("which broker?", cluster.error());
  auto runtime = aio::UvRuntime::make({});
  Run run{*choice, messages, body};
  runtime->run(run_session(*runtime, *std::move(cluster), run));
  return run.exit_code;
}

namespace {

aio::Task<void> list_names(aio::UvRuntime& runtime, client::ClusterOptions options, std::vector<Candidate>& names) {
  client::Cluster cluster(runtime, std::move(options));
  if (auto opened = co_await cluster.open(); opened) {
    if (auto topics = co_await cluster.all_topics(); topics)
      for (const auto& topic : *topics)
        names.push_back({topic->name, fmt::format("{} partitions", topic->partition_count())});
  }
  co_await cluster.close();
}

}  // namespace

std::vector<Candidate> complete_topics(const CommonOptions& options, std::string_view prefix) {
  std::vector<Candidate> names;
  auto choice = choose_brokers(options.brokers, process_places());
  if (!choice) return names;
  auto cluster = cluster_options(*choice, kCompletionMs);
  if (!cluster) return names;
  auto runtime = aio::UvRuntime::make({});
  runtime->run(list_names(*runtime, *std::move(cluster), names));
  std::erase_if(names, [&](const Candidate& c) { return !c.value.starts_with(prefix); });
  return names;
}

}  // namespace sl::tools
