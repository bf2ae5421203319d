// list: names for pipes, a table for people. What the table adds, members and lag, is asked for only where it is shown.
#include <strings.h>

#include "tools/common/exit_code.h"
#include "tools/common/name_pattern.h"
#include "tools/common/plain_text.h"
#include "tools/sl-group/lag.h"
#include "tools/sl-group/verbs.h"

namespace sl::tools::group {
namespace {

// Whether it is one of the names, in any case; none named is any.
bool taken(const std::vector<std::string>& names, const std::string& name) {
  auto same = [&](const std::string& each) { return ::strcasecmp(each.c_str(), name.c_str()) == 0; };
  return names.empty() || std::any_of(names.begin(), names.end(), same);
}

Cell text_cell(const std::string& text) {
  return text.empty() ? Cell() : Cell(text);
}

// Groups that are no consumer groups have no members and no lag to show.
Table table_of(const std::vector<client::ListedGroup>& groups, const std::vector<GroupLag>& lags) {
  Table table({"GROUP", "STATE", "TYPE", "MEMBERS", "LAG"});
  for (size_t i = 0; i < groups.size(); ++i) {
    Cell members, lag;
    if (lags[i].group.error.code == Errc::kNone) {
      members = static_cast<int64_t>(lags[i].group.members.size());
      if (auto records = lags[i].records()) lag = *records;
    }
    table.add({groups[i].name, text_cell(groups[i].state), text_cell(groups[i].type), members, lag});
  }
  return table;
}

}  // namespace

aio::Task<int> list(Session& session, const Shared& shared, const ListOptions& options) {
  // Without an expression all are listed: a group's name may be what no expression matches.
  std::optional<NamePattern> pattern;
  if (options.pattern) {
    auto compiled = NamePattern::compile(*options.pattern);
    if (!compiled) co_return session.messages.error("list", compiled.error());
    pattern = *std::move(compiled);
  }
  client::GroupAdmin admin(session.cluster, shared.timeout_ms);
  auto listed = co_await admin.list();
  if (!listed) co_return session.messages.error("cannot list groups", listed.error());
  int exit_code = kExitOk;
  for (const auto& node : listed->errors) {
    std::string what = fmt::format("cannot list the groups of {}", node.name);
    exit_code = merge_exit_codes(exit_code, session.messages.error(what, node.error));
  }
  std::vector<client::ListedGroup> groups = std::move(listed->groups);
  std::erase_if(groups, [&](const client::ListedGroup& group) {
    return !taken(options.states, group.state) || !taken(options.types, group.type) ||
           (pattern && !pattern->matches(group.name));
  });
  if (!options.details && options.format == OutputFormat::kText && !options.stdout_is_terminal) {
    for (const auto& group : groups) print(group.name + "\n");
    co_return exit_code;
  }
  std::vector<std::string> names;
  for (const auto& group : groups) names.push_back(group.name);
  auto lags = co_await load_lags(session, shared.timeout_ms, std::move(names), false);
  if (!lags) co_return session.messages.error("cannot read the groups", lags.error());
  print(table_of(groups, *lags).render(options.format));
  // A group that was listed and is none any more, or no consumer group, is no error.
  std::erase_if(*lags, [](const GroupLag& lag) { return lag.group.error.code == Errc::kGroupIdNotFound; });
  co_return merge_exit_codes(exit_code, say_errors(session.messages, "read", *lags));
}

}  // namespace sl::tools::group
