// create: a group with a position, before anybody reads with it.
#include "tools/common/exit_code.h"
#include "tools/common/offset_spec.h"
#include "tools/common/plain_text.h"
#include "tools/common/position.h"
#include "tools/sl-group/plan.h"

namespace sl::tools::group {
namespace {

aio::Task<Result<std::vector<Wish>>> wishes_of(Session& session, const Shared& shared, const CreateOptions& options) {
  SL_CO_TRY(TopicList topics, TopicList::parse(options.topics));
  OffsetGrammar grammar{session.runtime.wall_ms(), false};
  SL_CO_TRY(Position parsed, parse_position(options.at, grammar));
  SL_CO_TRY(client::Position position, to_client(parsed));
  client::Admin admin(session.cluster, shared.timeout_ms);
  SL_CO_TRY(auto partitions, co_await topics.partitions(admin));
  std::vector<Wish> wishes;
  for (auto& where : partitions) wishes.push_back({std::move(where), position});
  co_return wishes;
}

}  // namespace

aio::Task<int> create(Session& session, const Shared& shared, const CreateOptions& options) {
  std::string what = fmt::format("cannot create '{}'", options.name);
  if (options.name.empty()) {
    Error empty{Errc::kUsage, "a group needs a name"};
    co_return session.messages.error(what, empty);
  }
  client::GroupAdmin admin(session.cluster, shared.timeout_ms);
  std::vector<std::string> names(1, options.name);
  auto described = co_await admin.describe(std::move(names));
  const Error& found = described[0].error;
  if (found.code == Errc::kNone) {
    if (options.if_not_exists) co_return kExitOk;
    Error why{Errc::kExists, "the group exists already"};
    co_return session.messages.error(what, why, "'sl-group seek' moves it, --if-not-exists accepts it");
  }
  if (found.code != Errc::kGroupIdNotFound) co_return session.messages.error(what, found);
  auto wishes = co_await wishes_of(session, shared, options);
  if (!wishes) co_return session.messages.error(what, wishes.error());
  std::vector<client::GroupOffset> nothing;
  auto plan = co_await make_plan(session, shared, options.name, *std::move(wishes), std::move(nothing));
  if (!plan) co_return session.messages.error(what, plan.error());
  if (options.dry_run || options.format != OutputFormat::kText) show(*plan, options.format);
  Error no_obstacle;
  ChangeOptions change;
  change.yes = true;
  change.dry_run = options.dry_run;
  change.format = options.format;
  co_return co_await carry_out(session, shared, "create", *std::move(plan), std::move(no_obstacle), change);
}

}  // namespace sl::tools::group
