// seek: other positions for a group that exists and that nobody reads with now. Where from is said in one of four ways;
// each comes to a list of wishes.
#include "tools/common/exit_code.h"
#include "tools/common/offset_spec.h"
#include "tools/common/plain_text.h"
#include "tools/common/position.h"
#include "tools/sl-group/plan.h"

namespace sl::tools::group {
namespace {

using Wishes = Result<std::vector<Wish>>;

int ways(const SeekOptions& options) {
  return options.to.has_value() + options.shift.has_value() + options.to_group.has_value() +
         options.from_file.has_value();
}

// What is meant without -t: everything that the group has committed or is assigned.
std::vector<client::TopicPartition> own_partitions(const client::GroupDescription& group,
                                                   const std::vector<client::GroupOffset>& committed) {
  std::vector<client::TopicPartition> partitions;
  for (const auto& each : committed) partitions.push_back({each.topic, each.partition});
  for (const auto& member : group.members)
    partitions.insert(partitions.end(), member.assigned.begin(), member.assigned.end());
  std::sort(partitions.begin(), partitions.end());
  partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
  return partitions;
}

aio::Task<Wishes> wishes_to(Session& session, const Shared& shared, const SeekOptions& options, const TopicList& topics,
                            std::vector<client::TopicPartition> own) {
  OffsetGrammar grammar{session.runtime.wall_ms(), false};
  SL_CO_TRY(Position parsed, parse_position(*options.to, grammar));
  SL_CO_TRY(client::Position position, to_client(parsed));
  client::Admin admin(session.cluster, shared.timeout_ms);
  if (!topics.empty()) {
    SL_CO_TRY(own, co_await topics.partitions(admin));
  }
  if (own.empty()) co_return Error{Errc::kNotFound, "nothing is committed: name topics with -t"};
  std::vector<Wish> wishes;
  for (auto& where : own) wishes.push_back({std::move(where), position});
  co_return wishes;
}

Wishes wishes_shifted(const SeekOptions& options, const TopicList& topics,
                      const std::vector<client::GroupOffset>& committed) {
  std::vector<Wish> wishes;
  for (const auto& each : committed) {
    client::TopicPartition where{each.topic, each.partition};
    if (!topics.empty() && !topics.takes(where)) continue;
    Offset from = std::min(each.offset, Offset(kShiftMax));
    wishes.push_back({std::move(where), client::Position::at(from + *options.shift)});
  }
  if (wishes.empty()) return Error{Errc::kNotFound, "nothing is committed that could be shifted"};
  return wishes;
}

// As another group has it.
aio::Task<Wishes> wishes_of_group(client::GroupAdmin& admin, const std::string& other, const TopicList& topics) {
  std::vector<std::string> names(1, other);
  auto described = co_await admin.describe(names);
  if (described[0].error.code != Errc::kNone)
    co_return Error{described[0].error.code, fmt::format("'{}': {}", other, error_text(described[0].error))};
  auto offsets = co_await admin.offsets(std::move(names));
  if (offsets[0].error.code != Errc::kNone) co_return offsets[0].error;
  std::vector<Wish> wishes;
  for (const auto& each : offsets[0].offsets) {
    client::TopicPartition where{each.topic, each.partition};
    if (!topics.empty() && !topics.takes(where)) continue;
    wishes.push_back({std::move(where), client::Position::at(each.offset)});
  }
  if (wishes.empty()) co_return Error{Errc::kNotFound, fmt::format("'{}' has committed nothing of it", other)};
  co_return wishes;
}

}  // namespace

aio::Task<int> seek(Session& session, const Shared& shared, const SeekOptions& options) {
  std::string what = fmt::format("cannot seek '{}'", options.name);
  auto topics = TopicList::parse(options.topics);
  if (!topics) co_return session.messages.error("", topics.error());
  if (ways(options) != 1) {
    Error why{Errc::kUsage, "say where to, once: --to, --shift, --to-group or --from-file"};
    co_return session.messages.error("seek", why);
  }
  client::GroupAdmin admin(session.cluster, shared.timeout_ms);
  std::vector<std::string> names(1, options.name);
  auto described = co_await admin.describe(names);
  if (described[0].error.code != Errc::kNone)
    co_return session.messages.error(
        what, described[0].error,
        described[0].error.code == Errc::kGroupIdNotFound ? "'sl-group create' makes one" : "");
  auto offsets = co_await admin.offsets(std::move(names));
  if (offsets[0].error.code != Errc::kNone) co_return session.messages.error(what, offsets[0].error);
  const auto& committed = offsets[0].offsets;
  Wishes wishes = Errc::kUsage;
  if (options.to)
    wishes = co_await wishes_to(session, shared, options, *topics, own_partitions(described[0], committed));
  else if (options.shift)
    wishes = wishes_shifted(options, *topics, committed);
  else if (options.to_group)
    wishes = co_await wishes_of_group(admin, *options.to_group, *topics);
  else
    wishes = wishes_from_file(*options.from_file, options.name, *topics);
  if (!wishes) co_return session.messages.error(what, wishes.error());
  auto plan = co_await make_plan(session, shared, options.name, *std::move(wishes), committed);
  if (!plan) co_return session.messages.error(what, plan.error());
  show(*plan, options.change.format);
  Error obstacle = active_error(described[0]);
  co_return co_await carry_out(session, shared, "seek", *std::move(plan), std::move(obstacle), options.change);
}

}  // namespace sl::tools::group
