// offsets: a position of the -o grammar, asked of every partition's leader.
#include "tools/common/exit_code.h"
#include "tools/common/offset_spec.h"
#include "tools/common/partition_list.h"
#include "tools/common/position.h"
#include "tools/sl-topic/verbs.h"

namespace sl::tools::topic {

Result<client::Position> parse_position(std::string_view text, int64_t now_ms) {
  OffsetGrammar grammar{now_ms, false};
  SL_TRY(Position position, tools::parse_position(text, grammar));
  return to_client(position);
}

aio::Task<int> offsets(Session& session, const Shared& shared, const OffsetsOptions& options) {
  auto position = topic::parse_position(options.position, session.runtime.wall_ms());
  if (!position) co_return session.messages.error("-o", position.error());
  client::Admin admin(session.cluster, shared.timeout_ms);
  int exit_code = kExitOk;
  std::vector<client::OffsetQuery> queries;
  for (const auto& name : options.names) {
    auto topic = co_await admin.topic(name);
    if (!topic) {
      exit_code =
          merge_exit_codes(exit_code, session.messages.error(fmt::format("cannot read '{}'", name), topic.error()));
      continue;
    }
    auto partitions = parse_partition_list(options.partitions, (*topic)->partition_count());
    if (!partitions) co_return session.messages.error(fmt::format("'{}'", name), partitions.error());
    for (int32_t p : *partitions) queries.push_back({name, Partition(p), *position});
  }
  auto asked = queries;
  auto answers = co_await admin.offsets(std::move(queries));
  if (!answers) co_return session.messages.error("cannot read offsets", answers.error());
  Table table({"TOPIC", "PARTITION", "OFFSET"});
  for (size_t i = 0; i < asked.size(); ++i) {
    const auto& answer = (*answers)[i];
    if (answer.error.code != Errc::kNone) {
      std::string what = fmt::format("'{}' partition {}", asked[i].topic, asked[i].partition.value);
      exit_code = merge_exit_codes(exit_code, session.messages.error(what, answer.error));
      continue;
    }
    table.add({asked[i].topic, int64_t{asked[i].partition.value},
               answer.offset == kNoOffset ? Cell() : Cell(answer.offset.value)});
  }
  print(table.render(options.format));
  co_return exit_code;
}

}  // namespace sl::tools::topic
