// list: names for pipes, a table for people; sizes are counted from one replica of each partition.
#include <map>

#include "base/text.h"
#include "tools/common/exit_code.h"
#include "tools/common/name_pattern.h"
#include "tools/sl-topic/verbs.h"

namespace sl::tools::topic {
namespace {

struct Totals {
  int64_t bytes = 0;
  int64_t records = 0;
  bool counted = true;
};

// Bytes and records of each topic, from one replica of each partition.
std::map<std::string, Totals> totals_of(const client::LogDirs& dirs) {
  std::map<std::pair<std::string, int32_t>, const client::ReplicaSize*> largest;
  for (const auto& replica : dirs.replicas) {
    auto& kept = largest[{replica.topic, replica.partition.value}];
    if (!kept || replica.bytes > kept->bytes) kept = &replica;
  }
  std::map<std::string, Totals> totals;
  for (const auto& [key, replica] : largest) {
    Totals& total = totals[key.first];
    total.bytes += replica->bytes;
    total.counted &= replica->records >= 0;
    total.records += std::max<int64_t>(replica->records, 0);
  }
  return totals;
}

}  // namespace

aio::Task<int> list(Session& session, const Shared& shared, const ListOptions& options) {
  auto pattern = NamePattern::compile(options.pattern.value_or(".*"));
  if (!pattern) co_return session.messages.error("list", pattern.error());
  client::Admin admin(session.cluster, shared.timeout_ms);
  auto topics = co_await admin.topics();
  if (!topics) co_return session.messages.error("cannot list topics", topics.error());
  std::erase_if(*topics, [&](const client::TopicPtr& topic) {
    return (topic->internal && !options.internal) || !pattern->matches(topic->name);
  });
  bool names_only = !options.details && options.format == OutputFormat::kText && !options.stdout_is_terminal;
  if (names_only) {
    for (const auto& topic : *topics) print(topic->name + "\n");
    co_return kExitOk;
  }
  std::map<std::string, Totals> totals;
  if (options.details) {
    auto dirs = co_await admin.log_dirs();
    if (!dirs) co_return session.messages.error("cannot read sizes", dirs.error());
    totals = totals_of(*dirs);
  }
  std::vector<std::string> columns{"NAME", "PARTITIONS", "REPLICAS"};
  if (options.details) columns.insert(columns.end(), {"RECORDS", "BYTES"});
  Table table(columns);
  for (const auto& topic : *topics) {
    auto replicas = topic->partitions.empty() ? 0 : static_cast<int64_t>(topic->partitions[0].replicas.size());
    std::vector<Cell> row{topic->name, int64_t{topic->partition_count()}, replicas};
    if (options.details) {
      const Totals& total = totals[topic->name];
      row.push_back(total.counted ? Cell(total.records) : Cell());
      row.push_back(total.bytes);
    }
    table.add(std::move(row));
  }
  print(table.render(options.format));
  co_return kExitOk;
}

}  // namespace sl::tools::topic
