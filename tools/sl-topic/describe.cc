// describe: up to three tables of a topic (summary, settings, partitions), loaded only where they are shown.
#include <map>
#include <set>

#include "tools/common/exit_code.h"
#include "tools/sl-topic/verbs.h"

namespace sl::tools::topic {
namespace {

struct Described {
  std::vector<client::TopicPtr> topics;
  std::map<std::string, std::vector<client::ConfigEntry>> configs;  // only those that are no defaults
  std::vector<client::OffsetAnswer> starts, ends;                   // by topic and partition, in order
  std::map<std::pair<std::string, int32_t>, const client::ReplicaSize*> sizes;
  client::LogDirs dirs;
};

// The topics named, each missing one said; or all but internal ones.
aio::Task<Result<std::vector<client::TopicPtr>>> find_topics(client::Admin& admin, Session& session,
                                                             const DescribeOptions& options, int& exit_code) {
  std::vector<client::TopicPtr> topics;
  if (options.names.empty()) {
    SL_CO_TRY(topics, co_await admin.topics());
    std::erase_if(topics, [](const client::TopicPtr& topic) { return topic->internal; });
    co_return topics;
  }
  for (const auto& name : options.names) {
    auto topic = co_await admin.topic(name);
    if (topic)
      topics.push_back(*topic);
    else
      exit_code =
          merge_exit_codes(exit_code, session.messages.error(fmt::format("cannot describe '{}'", name), topic.error()));
  }
  co_return topics;
}

aio::Task<Status> load_configs(client::Admin& admin, Described& described) {
  std::vector<std::string> names;
  for (const auto& topic : described.topics) names.push_back(topic->name);
  SL_CO_TRY(auto resources, co_await admin.configs(client::ResourceType::kTopic, std::move(names)));
  for (auto& resource : resources) {
    std::erase_if(resource.entries, [](const auto& e) { return e.source != client::ConfigSource::kTopic; });
    described.configs[resource.name] = std::move(resource.entries);
  }
  co_return Status();
}

aio::Task<Status> load_partitions(client::Admin& admin, Described& described) {
  std::vector<client::OffsetQuery> starts, ends;
  std::vector<std::string> names;
  for (const auto& topic : described.topics) {
    names.push_back(topic->name);
    for (int32_t p = 0; p < topic->partition_count(); ++p) {
      starts.push_back({topic->name, Partition(p), client::Position::start()});
      ends.push_back({topic->name, Partition(p), client::Position::end()});
    }
  }
  SL_CO_TRY(described.starts, co_await admin.offsets(std::move(starts)));
  SL_CO_TRY(described.ends, co_await admin.offsets(std::move(ends)));
  auto dirs = co_await admin.log_dirs(std::move(names));
  if (dirs) described.dirs = *std::move(dirs);  // Without the right to see sizes the columns show a dash.
  for (const auto& replica : described.dirs.replicas) {
    auto& kept = described.sizes[{replica.topic, replica.partition.value}];
    if (!kept || replica.bytes > kept->bytes) kept = &replica;
  }
  co_return Status();
}

std::vector<int64_t> numbers(const std::vector<NodeId>& nodes) {
  std::vector<int64_t> out;
  for (NodeId node : nodes) out.push_back(node.value);
  return out;
}

Cell offset_cell(const client::OffsetAnswer& answer) {
  return answer.error.code == Errc::kNone && answer.offset != kNoOffset ? Cell(answer.offset.value) : Cell();
}

bool shown(const DescribeOptions& options, const client::PartitionInfo& partition) {
  if (options.under_replicated && partition.isr.size() >= partition.replicas.size()) return false;
  return !options.unavailable || partition.leader.value < 0;
}

Table partition_table(const DescribeOptions& options, const Described& described) {
  Table table({"TOPIC", "PARTITION", "LEADER", "EPOCH", "REPLICAS", "ISR", "LOG-START", "HIGH-WATERMARK", "LOG-END",
               "RECORDS", "BYTES"});
  size_t at = 0;
  for (const auto& topic : described.topics) {
    for (int32_t p = 0; p < topic->partition_count(); ++p, ++at) {
      const auto& partition = topic->partitions[static_cast<size_t>(p)];
      if (!shown(options, partition)) continue;
      auto size = described.sizes.find({topic->name, p});
      const client::ReplicaSize* known = size == described.sizes.end() ? nullptr : size->second;
      Cell end = offset_cell(described.ends[at]);
      table.add({topic->name, int64_t{p}, partition.leader.value < 0 ? Cell() : Cell(int64_t{partition.leader.value}),
                 int64_t{partition.leader_epoch.value}, numbers(partition.replicas), numbers(partition.isr),
                 offset_cell(described.starts[at]), end, end,
                 known && known->records >= 0 ? Cell(known->records) : Cell(), known ? Cell(known->bytes) : Cell()});
    }
  }
  return table;
}

Table summary_table(const Described& described) {
  Table table({"TOPIC", "ID", "PARTITIONS", "REPLICAS", "INTERNAL"});
  for (const auto& topic : described.topics) {
    int64_t replicas = topic->partitions.empty() ? 0 : static_cast<int64_t>(topic->partitions[0].replicas.size());
    table.add({topic->name, topic->id.is_zero() ? Cell() : Cell(topic->id.text()), int64_t{topic->partition_count()},
               replicas, topic->internal});
  }
  return table;
}

Table config_table(const Described& described) {
  Table table({"TOPIC", "KEY", "VALUE"});
  for (const auto& [name, entries] : described.configs)
    for (const auto& entry : entries) table.add({name, entry.name, entry.value ? Cell(*entry.value) : Cell()});
  return table;
}

}  // namespace

aio::Task<int> describe(Session& session, const Shared& shared, const DescribeOptions& options) {
  client::Admin admin(session.cluster, shared.timeout_ms);
  int exit_code = kExitOk;
  auto topics = co_await find_topics(admin, session, options, exit_code);
  if (!topics) co_return session.messages.error("cannot describe", topics.error());
  Described described;
  described.topics = *std::move(topics);
  if (described.topics.empty() && exit_code != kExitOk) co_return exit_code;
  bool filtered = options.under_replicated || options.unavailable;
  bool none_named = !options.summary && !options.configs && !options.partitions;
  bool partitions = options.partitions || options.all || none_named || filtered;
  bool configs = options.configs || options.all;
  bool summary = options.summary || options.all;
  if (configs || options.with_overrides) {
    auto loaded = co_await load_configs(admin, described);
    if (!loaded) co_return session.messages.error("cannot read settings", loaded.error());
  }
  if (options.with_overrides)
    std::erase_if(described.topics, [&](const client::TopicPtr& t) { return described.configs[t->name].empty(); });
  if (partitions) {
    auto loaded = co_await load_partitions(admin, described);
    if (!loaded) co_return session.messages.error("cannot read offsets", loaded.error());
  }
  std::vector<Section> sections;
  if (summary) sections.push_back({"topics", summary_table(described)});
  if (configs) sections.push_back({"configs", config_table(described)});
  if (partitions) sections.push_back({"partitions", partition_table(options, described)});
  print(render(sections, options.format));
  co_return exit_code;
}

}  // namespace sl::tools::topic
