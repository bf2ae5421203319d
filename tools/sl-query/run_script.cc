// Statements are planned in order. A SELECT runs when its turn comes; queries that go on are started, and run until the
// tool is stopped or, with --until-end, one after the other until their sources' end.
#include "tools/sl-query/run_script.h"

#include <fmt/format.h>

#include <algorithm>

#include "aio/task.h"
#include "client/admin.h"
#include "query/infer_schema.h"
#include "query/name.h"
#include "query/session.h"
#include "query/task.h"
#include "record/record_cursor.h"
#include "tools/common/exit_code.h"
#include "tools/sl-query/complaints.h"
#include "tools/sl-query/row_output.h"
#include "tools/sl-query/script.h"
#include "tools/sl-query/topic_reader.h"
#include "tools/sl-query/topic_writer.h"

namespace sl::tools::query {
namespace {

constexpr int64_t kLookMs = 200;  // how soon a stop or an idle window is noticed where nothing comes
constexpr size_t kInferredRecords = 100;

aio::Task<Status> run_select(Script& script, std::shared_ptr<sl::query::Plan> plan) {
  auto format = row_format_of(script.options, script.output.by_line());
  if (!format) co_return format.error();
  SaidComplaints complaints(script.session.messages);
  auto random = system_random();
  SL_CO_TRY(auto task, sl::query::Task::make(*plan, script.sql.settings(), random.get(), &complaints));
  RowOutput rows(*plan, *format, script.output);
  rows.begin();
  task->set_output([&rows](const sl::query::Batch& batch) { return rows.take(batch); });
  TopicReader reader(script.session, *task);
  auto status = co_await reader.open(script.sql.settings().start_at_end, script.options.until_end);
  bool ended = false;
  while (status && !rows.enough() && !script.stop.requested() && !ended) {
    if (reader.idle()) status = co_await script.output.flush();
    if (!status) break;
    auto more = co_await reader.pump(kLookMs);
    if (!more)
      status = more.error();
    else
      ended = !*more;
    if (status) status = task->idle(script.session.runtime.wall_ms());
    if (status && script.output.full()) status = co_await script.output.flush();
  }
  // The end that was asked for closes every window.
  if (status && ended) status = task->finish(script.session.runtime.wall_ms());
  auto flushed = co_await script.output.flush();
  if (status) status = flushed;
  co_await reader.close();
  complaints.sum_up(task->counters());
  co_return status;
}

void topics_of(const sl::query::PlanNode& node, std::vector<std::string>& out) {
  if (node.kind == sl::query::PlanNode::Kind::kSource) out.push_back(node.source.topic);
  for (const auto& input : node.inputs) topics_of(*input, out);
}

// The sink's topic, made before the query runs, so that the next statement can name it: with as many partitions as the
// largest of the sources. A table's is compacted.
aio::Task<Status> make_sink(Script& script, const sl::query::Plan& plan) {
  std::vector<std::string> topics;
  topics_of(*plan.root, topics);
  int32_t partitions = 1;
  for (const auto& topic : topics) {
    auto info = co_await script.session.cluster.topic(topic);
    if (!info) co_return info.error();
    partitions = std::max(partitions, (*info)->partition_count());
  }
  bool table = plan.result == sl::query::SourceKind::kTable;
  co_return co_await ensure_topic(script.session, plan.sink.topic, plan.sink.partitions.value_or(partitions), table);
}

// One query that writes a topic.
aio::Task<Status> run_query(Script& script, std::shared_ptr<sl::query::Plan> plan) {
  SaidComplaints complaints(script.session.messages);
  auto random = system_random();
  SL_CO_TRY(auto task, sl::query::Task::make(*plan, script.sql.settings(), random.get(), &complaints));
  TopicWriter writer(script.session, *plan, *task);
  TopicReader reader(script.session, *task);
  auto status = co_await writer.open();
  if (status) status = co_await reader.open(script.sql.settings().start_at_end, script.options.until_end);
  bool ended = false;
  while (status && !ended && !script.leaving()) {
    auto more = co_await reader.pump(kLookMs);
    if (!more)
      status = more.error();
    else
      ended = !*more;
    if (status) status = task->idle(script.session.runtime.wall_ms());
    if (status) status = co_await writer.send();
  }
  if (status) status = co_await writer.flush();
  co_await reader.close();
  co_await writer.close();
  complaints.sum_up(task->counters());
  co_return status;
}

// A topic that no statement declared: its columns are those of its first records, or the whole value where they are no
// JSON.
aio::Task<Result<sl::query::Source>> inferred(Script& script, std::string topic) {
  auto info = co_await script.session.cluster.topic(topic);
  if (!info) co_return info.error();
  client::Consumer consumer(script.session.cluster, {});
  std::vector<client::Assignment> assignments;
  for (int32_t p = 0; p < (*info)->partition_count(); ++p)
    assignments.push_back({topic, Partition(p), client::Position::start(), client::Position::end()});
  auto status = co_await consumer.assign(std::move(assignments));
  std::vector<std::string> values;
  record::Decompressor decompressor;
  while (status && values.size() < kInferredRecords) {
    auto fetched = co_await consumer.next(kLookMs);
    if (!fetched) status = fetched.error();
    if (!fetched || fetched->kind == client::Fetched::Kind::kFinished) break;
    for (const auto& batch : fetched->batches) {
      auto cursor = record::RecordCursor::open(batch, decompressor);
      if (!cursor) break;
      record::RecordView view;
      for (auto some = cursor->next(view); some && *some && values.size() < kInferredRecords; some = cursor->next(view))
        if (view.value) values.emplace_back(as_text(*view.value));
    }
  }
  co_await consumer.close();
  if (!status) co_return status.error();
  std::vector<std::string_view> views(values.begin(), values.end());
  sl::query::Source source;
  source.name = source.topic = topic;
  source.inferred = true;
  source.key = {{"key", sl::query::simple_type(sl::query::Base::kString)}};
  source.value = sl::query::infer_json(views);
  // A column of the value may be called key; then the record's key has no name.
  for (const auto& field : source.value)
    if (sl::query::same_name(field.name, "key")) source.key.clear();
  if (source.key.empty()) source.key_format.kind = sl::query::FormatKind::kNone;
  if (source.value.empty()) {
    source.value_format.kind = sl::query::FormatKind::kRaw;
    source.value = {{"value", sl::query::simple_type(sl::query::Base::kString)}};
  }
  script.session.messages.verbose("{} is taken for ({})", topic, sl::query::schema_text(source));
  co_return source;
}

// Declares what FROM names and nobody has declared, where it is a topic.
aio::Task<Status> declare_topics(Script& script, const sl::query::Statement& statement) {
  if (const auto* explain = std::get_if<sl::query::Explain>(&statement.body); explain && explain->statement)
    co_return co_await declare_topics(script, *explain->statement);
  const auto* query = std::get_if<sl::query::Select>(&statement.body);
  if (const auto* create = std::get_if<sl::query::CreateAs>(&statement.body)) query = &create->query;
  if (const auto* insert = std::get_if<sl::query::InsertSelect>(&statement.body)) query = &insert->query;
  if (!query) co_return Status();
  std::vector<std::string> names = {query->from.name};
  for (const auto& join : query->joins) names.push_back(join.right.name);
  for (const auto& name : names) {
    if (script.sql.catalogue().find(name)) continue;
    auto source = co_await inferred(script, name);
    if (source)
      script.sql.put_source(*std::move(source));
    else if (source.code() != Errc::kUnknownTopicOrPartition)
      co_return source.error();
  }
  co_return Status();
}

aio::Task<Status> insert_row(Script& script, sl::query::InsertRow row) {
  SL_CO_CHECK(co_await ensure_topic(script.session, row.target.topic, row.target.partitions.value_or(-1), false));
  std::vector<const sl::query::Value*> keys, values;
  for (const auto& one : row.key) keys.push_back(&one);
  for (const auto& one : row.value) values.push_back(&one);
  auto key_format = row.target.key_format;
  if (key_format.kind == sl::query::FormatKind::kJson && row.target.key.size() == 1) key_format.unwrapped = true;
  auto key_encoder = sl::query::make_encoder(key_format, row.target.key);
  auto value_encoder = sl::query::make_encoder(row.target.value_format, row.target.value);
  std::string key, value;
  SL_CO_TRY(bool has_key, key_encoder->encode(keys.data(), 0, key));
  SL_CO_TRY(bool has_value, value_encoder->encode(values.data(), 0, value));
  client::Producer producer(script.session.cluster, {});
  auto topic = co_await producer.open_topic(row.target.topic);
  Status status;
  if (!topic) status = topic.error();
  if (status) {
    client::ProducerRecord record;
    if (has_key) record.key = as_bytes(key);
    if (has_value) record.value = as_bytes(value);
    record.timestamp_ms = row.timestamp.value_or(-1);
    if (producer.append(**topic, record) != Errc::kNone) status = producer.refusal();
  }
  if (status) status = co_await producer.flush();
  co_await producer.close(0);
  co_return status;
}

aio::Task<Status> act(Script& script, sl::query::Outcome outcome) {
  if (auto* select = std::get_if<sl::query::RunSelect>(&outcome)) co_return co_await run_select(script, select->plan);
  if (auto* start = std::get_if<sl::query::StartQuery>(&outcome)) {
    SL_CO_CHECK(co_await make_sink(script, *start->plan));
    script.started.push_back(start->plan);
    if (script.options.until_end) co_return co_await run_query(script, start->plan);
    co_return Status();
  }
  if (auto* declared = std::get_if<sl::query::Declared>(&outcome)) {
    const auto& source = declared->source;
    if (source.partitions) {
      auto made = co_await ensure_topic(script.session, source.topic, *source.partitions,
                                        source.kind == sl::query::SourceKind::kTable);
      co_return made;
    }
    auto info = co_await script.session.cluster.topic(source.topic);
    if (!info && info.code() == Errc::kUnknownTopicOrPartition)
      co_return Error{
          Errc::kUnknownTopicOrPartition,
          fmt::format("the topic {} of {} does not exist; WITH (PARTITIONS=…) makes it", source.topic, source.name)};
    co_return info ? Status() : Status(info.error());
  }
  if (auto* row = std::get_if<sl::query::InsertRow>(&outcome)) co_return co_await insert_row(script, std::move(*row));
  if (auto* dropped = std::get_if<sl::query::Dropped>(&outcome)) {
    if (!dropped->delete_topic) co_return Status();
    client::Admin admin(script.session.cluster, script.options.timeout_ms);
    std::vector<std::string> topics = {dropped->topic};
    auto removed = co_await admin.remove(std::move(topics));
    if (!removed) co_return removed.error();
    for (const auto& one : *removed)
      if (one.error.code != Errc::kNone) co_return one.error;
    co_return Status();
  }
  if (auto* said = std::get_if<sl::query::Said>(&outcome)) {
    if (!said->text.empty()) script.output.text() += said->text + "\n";
    co_return co_await script.output.flush();
  }
  co_return Error{Errc::kUsage, "this statement is not possible here yet: queries are managed where they run"};
}

}  // namespace

aio::Task<void> run_started(Script& script, std::shared_ptr<sl::query::Plan> plan) {
  auto status = co_await run_query(script, std::move(plan));
  if (!status) script.fail(status.error());
}

aio::Task<Status> run_statement(Script& script, sl::query::StatementText text) {
  SL_CO_TRY(auto statement, script.sql.parse(text));
  SL_CO_CHECK(co_await declare_topics(script, statement));
  SL_CO_TRY(auto outcome, script.sql.run(std::move(statement)));
  co_return co_await act(script, std::move(outcome));
}

namespace {

// Queries that go on begin at once, so that a later SELECT sees what they write.
aio::Task<Status> run_statements(Script& script, const std::string& sql, aio::TaskGroup& queries) {
  SL_CO_TRY(auto statements, sl::query::split_script(sql));
  size_t spawned = 0;
  for (const auto& text : statements.statements) {
    if (script.stop.requested()) break;
    SL_CO_CHECK(co_await run_statement(script, text));
    if (script.options.until_end) continue;  // it has been run
    while (spawned < script.started.size()) queries.spawn(run_started(script, script.started[spawned++]));
  }
  co_return Status();
}

}  // namespace

aio::Task<int> run_script(Session& session, const Options& options, std::string sql, Stop& stop, bool& broken_pipe) {
  auto settings = settings_of(options);
  if (!settings) co_return session.messages.error("", settings.error());
  Script script(session, options, stop, *settings);
  stop.arm(session.runtime, [] {});
  aio::TaskGroup queries;
  auto status = co_await run_statements(script, sql, queries);
  // A statement that fails ends the whole script.
  if (!status) {
    script.fail(status.error());
    script.left = true;
  }
  co_await queries.drained();
  auto flushed = co_await script.output.flush();
  broken_pipe = script.output.status().code() == Errc::kBrokenPipe;
  if (!flushed && !broken_pipe && script.exit_code == kExitOk) script.fail(flushed.error());
  stop.disarm();
  co_return script.exit_code;
}

}  // namespace sl::tools::query
