#include "tools/sl-group/plan.h"

#include <algorithm>
#include <map>

#include "tools/common/exit_code.h"
#include "tools/common/plain_text.h"

namespace sl::tools::group {
namespace {

// The offset of a wish, moved into the log.
Offset within(Session& session, const Wish& wish, Offset wanted, Offset start, Offset end) {
  Offset now = std::max(start, std::min(wanted, end));
  if (now != wanted)
    session.messages.notice("{} partition {}: {} is not in the log, {} is its {}", wish.where.topic,
                            wish.where.partition.value, wanted.value, now.value, now == start ? "start" : "end");
  return now;
}

}  // namespace

Table Plan::table() const {
  Table table({"GROUP", "TOPIC", "PARTITION", "OLD", "NEW"});
  for (const auto& each : offsets)
    table.add({group, each.where.topic, int64_t{each.where.partition.value}, each.old ? Cell(each.old->value) : Cell(),
               each.now.value});
  return table;
}

Result<std::vector<Wish>> wishes_from_file(const std::string& path, const std::string& group, const TopicList& topics) {
  SL_TRY(auto lines, read_offset_lines(path));
  // Each partition once and in order; of two lines about one the later holds.
  std::map<client::TopicPartition, Offset> offsets;
  for (auto& line : lines) {
    client::TopicPartition where{std::move(line.topic), line.partition};
    bool meant = (!line.group || *line.group == group) && (topics.empty() || topics.takes(where));
    if (meant) offsets[std::move(where)] = line.offset;
  }
  if (offsets.empty()) return Error{Errc::kNotFound, fmt::format("{} has no position for it", path)};
  std::vector<Wish> wishes;
  for (const auto& [where, offset] : offsets) wishes.push_back({where, client::Position::at(offset)});
  return wishes;
}

aio::Task<Result<Plan>> make_plan(Session& session, const Shared& shared, std::string group, std::vector<Wish> wishes,
                                  std::vector<client::GroupOffset> committed) {
  std::map<client::TopicPartition, Offset> old;
  for (const auto& each : committed)
    if (each.error.code == Errc::kNone) old[{each.topic, each.partition}] = each.offset;
  std::vector<client::OffsetQuery> queries;
  for (const Wish& wish : wishes)
    for (client::Position position : {client::Position::start(), client::Position::end(), wish.to})
      queries.push_back({wish.where.topic, wish.where.partition, position});
  client::Admin admin(session.cluster, shared.timeout_ms);
  SL_CO_TRY(auto answers, co_await admin.offsets(std::move(queries)));
  Plan plan;
  plan.group = std::move(group);
  for (size_t i = 0; i < wishes.size(); ++i) {
    const Wish& wish = wishes[i];
    const auto& start = answers[3 * i];
    const auto& end = answers[3 * i + 1];
    const auto& to = answers[3 * i + 2];
    const Error& error = start.error.code != Errc::kNone ? start.error : to.error;
    if (error.code != Errc::kNone || end.error.code != Errc::kNone) {
      std::string what = fmt::format("{} partition {}", wish.where.topic, wish.where.partition.value);
      int code = session.messages.error(what, error.code != Errc::kNone ? error : end.error);
      plan.exit_code = merge_exit_codes(plan.exit_code, code);
      continue;
    }
    auto found = old.find(wish.where);
    std::optional<Offset> before;
    if (found != old.end()) before = found->second;
    plan.offsets.push_back({wish.where, before, within(session, wish, to.offset, start.offset, end.offset)});
  }
  co_return plan;
}

void show(const Plan& plan, OutputFormat format) {
  if (plan.offsets.empty() && plan.exit_code != kExitOk && format == OutputFormat::kText) return;
  print(plan.table().render(format));
}

Error active_error(const client::GroupDescription& group) {
  if (group.error.code != Errc::kNone || group.members.empty()) return {};
  return Error{Errc::kNonEmptyGroup,
               fmt::format("it has {}", counted(static_cast<int64_t>(group.members.size()), "active member"))};
}

aio::Task<int> carry_out(Session& session, const Shared& shared, std::string verb, Plan plan, Error obstacle,
                         ChangeOptions change) {
  std::string what = fmt::format("cannot {} '{}'", verb, plan.group);
  if (obstacle.code != Errc::kNone)
    co_return merge_exit_codes(plan.exit_code, session.messages.error(what, obstacle, kActiveHint));
  std::vector<client::GroupOffset> offsets;
  for (const auto& each : plan.offsets)
    if (each.old != each.now) offsets.push_back({each.where.topic, each.where.partition, each.now, kNoEpoch, {}, {}});
  if (change.dry_run || offsets.empty()) co_return plan.exit_code;
  auto shown = flush_printed();
  if (!shown) co_return session.messages.error("", shown.error());
  std::string question =
      fmt::format("Set {} of group '{}'?", counted(static_cast<int64_t>(offsets.size()), "position"), plan.group);
  auto confirmed = confirm(change.yes, question, session.messages);
  if (!confirmed) co_return session.messages.error(verb, confirmed.error());
  if (!*confirmed) co_return kExitFailed;
  client::GroupAdmin admin(session.cluster, shared.timeout_ms);
  auto results = co_await admin.commit(plan.group, std::move(offsets));
  co_return merge_exit_codes(plan.exit_code, say_errors(session.messages, what, results));
}

}  // namespace sl::tools::group
