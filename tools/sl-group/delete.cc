// delete: names or patterns become a list, the list a question, the answer a deletion.
#include "tools/common/exit_code.h"
#include "tools/common/name_pattern.h"
#include "tools/common/plain_text.h"
#include "tools/sl-group/plan.h"

namespace sl::tools::group {
namespace {

// The names that are meant: those given, or those there are that match one of the patterns.
aio::Task<Result<std::vector<std::string>>> wanted_names(client::GroupAdmin& admin, const DeleteOptions& options) {
  if (!options.regex) co_return options.names;
  SL_CO_TRY(auto listed, co_await admin.list());
  if (!listed.errors.empty()) co_return listed.errors.front().error;
  std::vector<std::string> names;
  for (const auto& pattern : options.names) {
    SL_CO_TRY(NamePattern compiled, NamePattern::compile(pattern));
    for (const auto& group : listed.groups)
      if (compiled.matches(group.name)) names.push_back(group.name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  co_return names;
}

std::string question(const std::vector<std::string>& names) {
  std::string list;
  for (size_t i = 0; i < names.size() && i < 10; ++i) list += (i ? ", " : "") + names[i];
  if (names.size() > 10) list += fmt::format(" and {} more", names.size() - 10);
  return fmt::format("Delete {} with all positions?", list);
}

int say_error(Messages& messages, const DeleteOptions& options, const std::string& name, Error why) {
  if (why.code == Errc::kGroupIdNotFound && options.if_exists) return kExitOk;
  if (why.code == Errc::kGroupIdNotFound) why.context = "there is no such group";
  std::string_view hint = why.code == Errc::kNonEmptyGroup ? kActiveHint : std::string_view();
  return messages.error(fmt::format("cannot delete '{}'", name), why, hint);
}

// --dry-run: what would go; a group that could not go fails as it would in earnest.
aio::Task<int> show_plan(client::GroupAdmin& admin, Messages& messages, const DeleteOptions& options,
                         std::vector<std::string> names) {
  int exit_code = kExitOk;
  auto groups = co_await admin.describe(std::move(names));
  for (const auto& group : groups) {
    Error why = group.error;
    if (why.code == Errc::kNone && !group.members.empty()) why = Error{Errc::kNonEmptyGroup, {}};
    if (why.code == Errc::kNone)
      print(group.name + "\n");
    else
      exit_code = merge_exit_codes(exit_code, say_error(messages, options, group.name, std::move(why)));
  }
  co_return exit_code;
}

}  // namespace

aio::Task<int> remove(Session& session, const Shared& shared, const DeleteOptions& options) {
  client::GroupAdmin admin(session.cluster, shared.timeout_ms);
  auto names = co_await wanted_names(admin, options);
  if (!names) co_return session.messages.error("delete", names.error());
  if (names->empty()) {
    if (options.if_exists) co_return kExitOk;
    session.messages.error("delete: no group matches");
    co_return kExitNotFound;
  }
  if (options.dry_run) co_return co_await show_plan(admin, session.messages, options, *std::move(names));
  auto confirmed = confirm(options.yes, question(*names), session.messages);
  if (!confirmed) co_return session.messages.error("delete", confirmed.error());
  if (!*confirmed) co_return kExitFailed;
  auto removed = co_await admin.remove(*std::move(names));
  int exit_code = kExitOk;
  for (auto& item : removed) {
    if (item.error.code == Errc::kNone)
      session.messages.verbose("deleted '{}'", item.name);
    else
      exit_code = merge_exit_codes(exit_code, say_error(session.messages, options, item.name, std::move(item.error)));
  }
  co_return exit_code;
}

}  // namespace sl::tools::group
