// forget: what a group has committed of a topic, deleted; of a topic that is gone too.
#include "tools/common/exit_code.h"
#include "tools/common/plain_text.h"
#include "tools/sl-group/partitions.h"
#include "tools/sl-group/verbs.h"

namespace sl::tools::group {
namespace {

// What the group has committed of the topics.
aio::Task<Result<std::vector<client::TopicPartition>>> wanted(client::GroupAdmin& admin, const ForgetOptions& options) {
  SL_CO_TRY(TopicList topics, TopicList::parse(options.topics));
  std::vector<std::string> names(1, options.name);
  auto described = co_await admin.describe(names);
  if (described[0].error.code != Errc::kNone) co_return described[0].error;
  auto offsets = co_await admin.offsets(std::move(names));
  if (offsets[0].error.code != Errc::kNone) co_return offsets[0].error;
  std::vector<client::TopicPartition> partitions;
  for (const auto& each : offsets[0].offsets) {
    client::TopicPartition where{each.topic, each.partition};
    if (topics.takes(where)) partitions.push_back(std::move(where));
  }
  const std::string* missing = topics.missing(partitions);
  if (missing && !options.if_exists)
    co_return Error{Errc::kNotFound, fmt::format("nothing is committed of '{}'", *missing)};
  co_return partitions;
}

}  // namespace

aio::Task<int> forget(Session& session, const Shared& shared, const ForgetOptions& options) {
  std::string what = fmt::format("cannot forget positions of '{}'", options.name);
  client::GroupAdmin admin(session.cluster, shared.timeout_ms);
  auto partitions = co_await wanted(admin, options);
  if (!partitions) {
    if (options.if_exists && partitions.code() == Errc::kGroupIdNotFound) co_return kExitOk;
    co_return session.messages.error(what, partitions.error());
  }
  if (options.dry_run) {
    for (const auto& each : *partitions) print(fmt::format("{} {}\n", each.topic, each.partition.value));
    co_return kExitOk;
  }
  if (partitions->empty()) co_return kExitOk;
  std::string question = fmt::format("Forget {} of group '{}'?",
                                     counted(static_cast<int64_t>(partitions->size()), "position"), options.name);
  auto confirmed = confirm(options.yes, question, session.messages);
  if (!confirmed) co_return session.messages.error("forget", confirmed.error());
  if (!*confirmed) co_return kExitFailed;
  auto errors = co_await admin.forget(options.name, *partitions);
  std::vector<client::GroupOffset> results;
  for (size_t i = 0; i < errors.size(); ++i) {
    const auto& where = (*partitions)[i];
    results.push_back({where.topic, where.partition, kNoOffset, kNoEpoch, {}, errors[i]});
    if (errors[i].code == Errc::kNone)
      session.messages.verbose("forgot {} partition {}", where.topic, where.partition.value);
  }
  co_return say_errors(session.messages, what, results);
}

}  // namespace sl::tools::group
