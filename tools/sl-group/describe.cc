// describe: up to three tables of groups, once or again and again. On a terminal each picture takes the place of the
// last one; anywhere else they follow each other.
#include "tools/common/exit_code.h"
#include "tools/common/plain_text.h"
#include "tools/sl-group/lag.h"
#include "tools/sl-group/verbs.h"

namespace sl::tools::group {
namespace {

constexpr std::string_view kHomeAndClear = "\x1b[H\x1b[J";

Cell text_cell(const std::string& text) {
  return text.empty() ? Cell() : Cell(text);
}
Cell offset_cell(const std::optional<Offset>& offset) {
  return offset ? Cell(offset->value) : Cell();
}
Cell seconds_cell(const std::optional<int64_t>& ms) {
  return ms ? Cell(static_cast<double>(*ms) / 1000) : Cell();
}

Table summary_table(const std::vector<GroupLag>& lags) {
  Table table({"GROUP", "COORDINATOR", "STATE", "BALANCER", "MEMBERS", "TOTAL-LAG", "TYPE"});
  for (const auto& lag : lags) {
    const auto& group = lag.group;
    auto records = lag.records();
    table.add({group.name, int64_t{group.coordinator.value}, text_cell(group.state), text_cell(group.assignor),
               static_cast<int64_t>(group.members.size()), records ? Cell(*records) : Cell(), group.type});
  }
  return table;
}

Table lag_table(const std::vector<GroupLag>& lags) {
  Table table({"GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-START-OFFSET", "LOG-END-OFFSET", "LAG",
               "MEMBER-ID", "INSTANCE-ID", "CLIENT-ID", "HOST", "LAG-TIME"});
  for (const auto& lag : lags) {
    for (const auto& partition : lag.partitions) {
      client::MemberDescription nobody;
      const auto& member = partition.member ? lag.group.members[*partition.member] : nobody;
      bool known = partition.error.code == Errc::kNone;
      table.add({lag.group.name, partition.where.topic, int64_t{partition.where.partition.value},
                 offset_cell(partition.committed), offset_cell(partition.start), offset_cell(partition.end),
                 known ? Cell(partition.lag) : Cell(), text_cell(member.id), text_cell(member.instance_id.value_or("")),
                 text_cell(member.client_id), text_cell(member.host), seconds_cell(partition.waiting_ms)});
    }
  }
  return table;
}

// As -t takes it: "orders:0,1;events:3".
std::string assignment_text(const std::vector<client::TopicPartition>& assigned) {
  std::string text;
  for (size_t i = 0; i < assigned.size(); ++i) {
    bool same_topic = i > 0 && assigned[i - 1].topic == assigned[i].topic;
    if (same_topic)
      text += fmt::format(",{}", assigned[i].partition.value);
    else
      text += fmt::format("{}{}:{}", i > 0 ? ";" : "", assigned[i].topic, assigned[i].partition.value);
  }
  return text;
}

Table member_table(const std::vector<GroupLag>& lags) {
  Table table({"GROUP", "MEMBER-ID", "INSTANCE-ID", "CLIENT-ID", "HOST", "PARTITIONS", "ASSIGNMENT"});
  for (const auto& lag : lags)
    for (const auto& member : lag.group.members)
      table.add({lag.group.name, member.id, text_cell(member.instance_id.value_or("")), text_cell(member.client_id),
                 text_cell(member.host), static_cast<int64_t>(member.assigned.size()),
                 text_cell(assignment_text(member.assigned))});
  return table;
}

std::vector<Section> sections_of(const std::vector<std::string>& chosen, const std::vector<GroupLag>& lags) {
  std::vector<Section> sections;
  auto shown = [&](std::string_view name) { return std::find(chosen.begin(), chosen.end(), name) != chosen.end(); };
  if (chosen.empty() || shown("summary")) sections.push_back({"summary", summary_table(lags)});
  if (chosen.empty() || shown("lag")) sections.push_back({"lag", lag_table(lags)});
  if (shown("members")) sections.push_back({"members", member_table(lags)});
  return sections;
}

// The groups named, or all there are.
aio::Task<Result<std::vector<std::string>>> wanted(client::GroupAdmin& admin, const DescribeOptions& options) {
  if (!options.names.empty()) co_return options.names;
  SL_CO_TRY(auto listed, co_await admin.list());
  if (!listed.errors.empty()) co_return listed.errors.front().error;
  std::vector<std::string> names;
  for (const auto& group : listed.groups)
    if (group.type.empty() || group.type == "Classic" || group.type == "Consumer") names.push_back(group.name);
  co_return names;
}

// One picture; the exit code beside it.
aio::Task<int> picture(Session& session, const Shared& shared, const DescribeOptions& options, std::string& text) {
  client::GroupAdmin admin(session.cluster, shared.timeout_ms);
  auto names = co_await wanted(admin, options);
  if (!names) co_return session.messages.error("cannot list groups", names.error());
  const auto& chosen = options.sections;
  bool times = chosen.empty() || std::find(chosen.begin(), chosen.end(), "lag") != chosen.end();
  auto lags = co_await load_lags(session, shared.timeout_ms, *std::move(names), times);
  if (!lags) co_return session.messages.error("cannot describe", lags.error());
  int exit_code = say_errors(session.messages, "describe", *lags);
  std::erase_if(*lags, [](const GroupLag& lag) { return lag.group.error.code != Errc::kNone; });
  if (!lags->empty() || exit_code == kExitOk) text = render(sections_of(chosen, *lags), options.format);
  co_return exit_code;
}

}  // namespace

aio::Task<int> describe(Session& session, const Shared& shared, const DescribeOptions& options) {
  aio::Timer pause(session.runtime.timers());
  bool redraw = options.watch_ms > 0 && options.stdout_is_terminal && options.format == OutputFormat::kText;
  for (bool first = true;; first = false) {
    std::string text;
    int exit_code = co_await picture(session, shared, options, text);
    if (redraw) print(kHomeAndClear);
    if (!redraw && !first && options.format == OutputFormat::kText) print("\n");
    print(text);
    if (options.watch_ms == 0 || exit_code != kExitOk) co_return exit_code;
    auto shown = flush_printed();
    if (!shown) co_return session.messages.error("", shown.error());
    co_await pause.wait_ms(options.watch_ms);
  }
}

}  // namespace sl::tools::group
