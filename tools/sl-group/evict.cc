// evict: members put out of a group, each named by its id or, a static one, by its instance id. One that lives joins
// again; this is for those that are gone and whose session has not ended yet, and for static members, whose seat is
// kept.
#include "tools/common/exit_code.h"
#include "tools/common/plain_text.h"
#include "tools/sl-group/verbs.h"

namespace sl::tools::group {
namespace {

using Members = std::vector<client::MemberDescription>;

// Those that are meant; what is none is said.
Members chosen(const client::GroupDescription& group, const EvictOptions& options, Messages& messages, int& exit_code) {
  if (options.all) return group.members;
  Members found;
  for (const std::string& name : options.members) {
    auto named = [&](const client::MemberDescription& member) {
      return member.id == name || member.instance_id == name;
    };
    auto at = std::find_if(group.members.begin(), group.members.end(), named);
    if (at != group.members.end()) {
      found.push_back(*at);
      continue;
    }
    Error why{Errc::kNotFound, "the group has no such member"};
    exit_code = merge_exit_codes(exit_code, messages.error(fmt::format("cannot evict '{}'", name), why));
  }
  return found;
}

const std::string& name_of(const client::MemberDescription& member) {
  return member.instance_id ? *member.instance_id : member.id;
}

}  // namespace

aio::Task<int> evict(Session& session, const Shared& shared, const EvictOptions& options) {
  if (options.all != options.members.empty()) {
    Error why{Errc::kUsage, "name members, or --all for every one"};
    co_return session.messages.error("evict", why);
  }
  client::GroupAdmin admin(session.cluster, shared.timeout_ms);
  std::vector<std::string> names(1, options.name);
  auto described = co_await admin.describe(std::move(names));
  client::GroupDescription& group = described[0];
  if (group.error.code != Errc::kNone)
    co_return session.messages.error(fmt::format("cannot evict members of '{}'", options.name), group.error);
  int exit_code = kExitOk;
  Members members = chosen(group, options, session.messages, exit_code);
  if (options.dry_run)
    for (const auto& member : members) print(name_of(member) + "\n");
  if (options.dry_run || members.empty()) co_return exit_code;
  std::string question =
      fmt::format("Put {} out of group '{}'?", counted(static_cast<int64_t>(members.size()), "member"), options.name);
  auto confirmed = confirm(options.yes, question, session.messages);
  if (!confirmed) co_return session.messages.error("evict", confirmed.error());
  if (!*confirmed) co_return kExitFailed;
  auto errors = co_await admin.evict(std::move(group), members);
  for (size_t i = 0; i < errors.size(); ++i) {
    if (errors[i].code == Errc::kNone)
      session.messages.verbose("evicted '{}'", name_of(members[i]));
    else
      exit_code = merge_exit_codes(
          exit_code, session.messages.error(fmt::format("cannot evict '{}'", name_of(members[i])), errors[i]));
  }
  co_return exit_code;
}

}  // namespace sl::tools::group
