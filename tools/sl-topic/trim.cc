// trim: a plan first, then a yes, then the deletion. The plan names for each partition where its log starts now and
// where it will start.
#include "tools/common/exit_code.h"
#include "tools/common/partition_list.h"
#include "tools/sl-topic/verbs.h"

namespace sl::tools::topic {
namespace {

Result<std::vector<client::OffsetQuery>> read_file(const std::string& path) {
  SL_TRY(auto lines, read_offset_lines(path));
  std::vector<client::OffsetQuery> queries;
  for (auto& line : lines) {
    if (line.group) return Error{Errc::kUsage, fmt::format("{} holds positions of groups (GROUP,TOPIC,...)", path)};
    queries.push_back({std::move(line.topic), line.partition, client::Position::at(line.offset)});
  }
  return queries;
}

aio::Task<Result<std::vector<client::OffsetQuery>>> wanted(client::Admin& admin, Session& session,
                                                           const TrimOptions& options) {
  if (options.from_file && !options.name.empty())
    co_return Error{Errc::kUsage, "the lines of --from-file name their topics; a topic beside it is one too many"};
  if (options.from_file) co_return read_file(*options.from_file);
  if (options.name.empty() || options.position.empty())
    co_return Error{Errc::kUsage, "name a topic and with -o the position to keep from, like -o @-7d; or --from-file"};
  SL_CO_TRY(auto position, topic::parse_position(options.position, session.runtime.wall_ms()));
  SL_CO_TRY(auto topic, co_await admin.topic(options.name));
  SL_CO_TRY(auto partitions, parse_partition_list(options.partitions, topic->partition_count()));
  std::vector<client::OffsetQuery> queries;
  for (int32_t p : partitions) queries.push_back({options.name, Partition(p), position});
  co_return queries;
}

struct Plan {
  std::vector<client::TrimRequest> requests;
  Table table{{"TOPIC", "PARTITION", "LOG-START", "NEW-LOG-START"}};
  int exit_code = kExitOk;
};

aio::Task<Result<Plan>> make_plan(client::Admin& admin, Session& session, std::vector<client::OffsetQuery> queries) {
  Plan plan;
  std::vector<client::OffsetQuery> starts = queries;
  for (auto& query : starts) query.position = client::Position::start();
  auto asked = queries;
  SL_CO_TRY(auto now, co_await admin.offsets(std::move(starts)));
  SL_CO_TRY(auto targets, co_await admin.offsets(std::move(queries)));
  for (size_t i = 0; i < asked.size(); ++i) {
    const Error& error = now[i].error.code != Errc::kNone ? now[i].error : targets[i].error;
    if (error.code != Errc::kNone) {
      std::string what = fmt::format("'{}' partition {}", asked[i].topic, asked[i].partition.value);
      plan.exit_code = merge_exit_codes(plan.exit_code, session.messages.error(what, error));
      continue;
    }
    Offset to = std::max(targets[i].offset, now[i].offset);
    plan.table.add({asked[i].topic, int64_t{asked[i].partition.value}, now[i].offset.value, to.value});
    if (to > now[i].offset) plan.requests.push_back({asked[i].topic, asked[i].partition, to});
  }
  co_return plan;
}

aio::Task<int> carry_out(client::Admin& admin, Session& session, std::vector<client::TrimRequest> requests) {
  auto asked = requests;
  auto results = co_await admin.trim(std::move(requests));
  if (!results) co_return session.messages.error("cannot trim", results.error());
  int exit_code = kExitOk;
  for (size_t i = 0; i < asked.size(); ++i) {
    const auto& result = (*results)[i];
    std::string what = fmt::format("'{}' partition {}", asked[i].topic, asked[i].partition.value);
    if (result.error.code == Errc::kNone)
      session.messages.verbose("{} starts at {} now", what, result.log_start.value);
    else
      exit_code = merge_exit_codes(exit_code, session.messages.error("cannot trim " + what, result.error));
  }
  co_return exit_code;
}

}  // namespace

aio::Task<int> trim(Session& session, const Shared& shared, const TrimOptions& options) {
  client::Admin admin(session.cluster, shared.timeout_ms);
  auto queries = co_await wanted(admin, session, options);
  std::string what = options.name.empty() ? "trim" : fmt::format("cannot trim '{}'", options.name);
  if (!queries) co_return session.messages.error(what, queries.error());
  auto plan = co_await make_plan(admin, session, *std::move(queries));
  if (!plan) co_return session.messages.error("cannot trim", plan.error());
  if (options.dry_run || session.messages.verbosity() >= Verbosity::kVerbose ||
      (!options.yes && session.messages.terminal()))
    print(plan->table.render(options.format));
  if (options.dry_run || plan->requests.empty()) co_return plan->exit_code;
  auto confirmed = confirm(options.yes, "Delete the records before these positions?", session.messages);
  if (!confirmed) co_return session.messages.error("trim", confirmed.error());
  if (!*confirmed) co_return kExitFailed;
  int code = co_await carry_out(admin, session, std::move(plan->requests));
  co_return merge_exit_codes(plan->exit_code, code);
}

}  // namespace sl::tools::topic
