// import: positions from a file that export wrote, or Kafka's and Redpanda's tools. A group that does not exist is
// made.
#include "tools/common/exit_code.h"
#include "tools/common/plain_text.h"
#include "tools/sl-group/plan.h"

namespace sl::tools::group {

aio::Task<int> import_offsets(Session& session, const Shared& shared, const ImportOptions& options) {
  std::string what = fmt::format("cannot import '{}'", options.name);
  auto topics = TopicList::parse(options.topics);
  if (!topics) co_return session.messages.error("", topics.error());
  auto wishes = wishes_from_file(options.file, options.name, *topics);
  if (!wishes) co_return session.messages.error(what, wishes.error());
  client::GroupAdmin admin(session.cluster, shared.timeout_ms);
  std::vector<std::string> names(1, options.name);
  auto described = co_await admin.describe(names);
  const Error& found = described[0].error;
  if (found.code != Errc::kNone && found.code != Errc::kGroupIdNotFound) co_return session.messages.error(what, found);
  auto offsets = co_await admin.offsets(std::move(names));
  if (offsets[0].error.code != Errc::kNone) co_return session.messages.error(what, offsets[0].error);
  auto plan = co_await make_plan(session, shared, options.name, *std::move(wishes), std::move(offsets[0].offsets));
  if (!plan) co_return session.messages.error(what, plan.error());
  show(*plan, options.change.format);
  Error obstacle = active_error(described[0]);
  co_return co_await carry_out(session, shared, "import", *std::move(plan), std::move(obstacle), options.change);
}

}  // namespace sl::tools::group
