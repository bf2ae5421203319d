// export: what groups have committed, in the two forms that others read: Redpanda's `topic partition offset`, and the
// CSV of Kafka's tool, where several groups have their names in front.
#include "tools/common/exit_code.h"
#include "tools/common/plain_text.h"
#include "tools/sl-group/partitions.h"
#include "tools/sl-group/verbs.h"

namespace sl::tools::group {
namespace {

// Only a group's name can need it.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"") == text.npos) return text;
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string lines_of(const client::GroupOffsets& group, const TopicList& topics, const ExportOptions& options) {
  std::string out;
  std::string lead = options.names.size() > 1 ? csv_field(group.name) + "," : "";
  for (const auto& each : group.offsets) {
    client::TopicPartition where{each.topic, each.partition};
    if (each.error.code != Errc::kNone || (!topics.empty() && !topics.takes(where))) continue;
    if (options.csv)
      out += fmt::format("{}{},{},{}\n", lead, each.topic, each.partition.value, each.offset.value);
    else
      out += fmt::format("{} {} {}\n", each.topic, each.partition.value, each.offset.value);
  }
  return out;
}

}  // namespace

aio::Task<int> export_offsets(Session& session, const Shared& shared, const ExportOptions& options) {
  auto topics = TopicList::parse(options.topics);
  if (!topics) co_return session.messages.error("", topics.error());
  if (options.names.size() > 1 && !options.csv) {
    Error why{Errc::kUsage, "several groups need --csv: the other form has no place for their names"};
    co_return session.messages.error("export", why);
  }
  client::GroupAdmin admin(session.cluster, shared.timeout_ms);
  auto described = co_await admin.describe(options.names);
  auto offsets = co_await admin.offsets(options.names);
  int exit_code = kExitOk;
  for (size_t i = 0; i < offsets.size(); ++i) {
    const Error& error = described[i].error.code != Errc::kNone ? described[i].error : offsets[i].error;
    if (error.code != Errc::kNone) {
      std::string what = fmt::format("cannot export '{}'", offsets[i].name);
      exit_code = merge_exit_codes(exit_code, session.messages.error(what, error));
      continue;
    }
    print(lines_of(offsets[i], *topics, options));
  }
  co_return exit_code;
}

}  // namespace sl::tools::group
