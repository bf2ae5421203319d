// Tasks: windows that close by the clock, times that no window can hold, what is noted for saving, and damaged state.
#include "query/task.h"

#include <gtest/gtest.h>

#include <map>

#include "query/session.h"

namespace sl::query {
namespace {

// The entries that a task saves.
class Entries final : public StateWriter {
 public:
  void put(std::string_view key, std::string_view value) override { all[std::string(key)] = value; }
  void erase(std::string_view key) override { all.erase(std::string(key)); }
  void erase_prefix(std::string_view prefix) override {
    std::erase_if(all, [&](const auto& entry) { return entry.first.starts_with(prefix); });
  }
  std::map<std::string, std::string> all;
};

// A SELECT over the stream s (k STRING, v BIGINT) of JSON, its rows as JSON lines.
class Running {
 public:
  explicit Running(const std::string& select, const std::map<std::string, std::string>& settings = {},
                   bool tracked = false) {
    Settings session_settings;
    for (const auto& [name, value] : settings) EXPECT_TRUE(session_settings.set(name, value));
    Session session(session_settings);
    for (const auto& sql : {std::string("CREATE STREAM s (k STRING, v BIGINT) WITH (kafka_topic='s');"),
                            std::string("CREATE STREAM r (k STRING, w BIGINT) WITH (kafka_topic='r');"), select}) {
      auto script = split_script(sql);
      auto statement = session.parse(script->statements.at(0));
      EXPECT_TRUE(statement) << statement.error().context;
      auto outcome = session.run(*std::move(statement));
      EXPECT_TRUE(outcome) << outcome.error().context;
      if (auto* run = std::get_if<RunSelect>(&*outcome)) plan = run->plan;
    }
    auto made = Task::make(*plan, session.settings(), nullptr, nullptr);
    EXPECT_TRUE(made);
    task = *std::move(made);
    if (tracked) task->track_changes();
    encoder = make_encoder({}, plan->sink.value);
    task->set_output([this](const Batch& batch) -> Status {
      for (size_t row = 0; row < batch.rows; ++row) {
        std::string line;
        SL_CHECK(encoder->encode(batch.columns.data(), row, line));
        rows.push_back(line);
      }
      return {};
    });
  }
  void push(const std::string& json, int64_t timestamp, int64_t now_ms = 0, size_t source = 0) {
    InputRecord record;
    record.value = as_bytes(json);
    record.timestamp = timestamp;
    EXPECT_TRUE(task->push(source, {&record, 1}, now_ms));
  }

  std::shared_ptr<Plan> plan;
  std::unique_ptr<Task> task;
  std::unique_ptr<Encoder> encoder;
  std::vector<std::string> rows;
};

using Rows = std::vector<std::string>;
constexpr const char* kFinal =
    "SELECT k, count(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY k EMIT FINAL;";

TEST(Task, ClosesWindowsByTheClockAndEachOnce) {
  Running query(kFinal, {{"window.idle.close.ms", "1000"}});
  query.push(R"({"k":"a"})", 1000, 50'000);
  ASSERT_TRUE(query.task->idle(50'999));
  EXPECT_EQ(query.rows, Rows());
  ASSERT_TRUE(query.task->idle(51'000));
  EXPECT_EQ(query.rows, Rows({R"({"k":"a","n":1})"}));
  // The window is closed: a row that belongs into it is late, and does not give it a second time.
  query.push(R"({"k":"a"})", 2000, 52'000);
  ASSERT_TRUE(query.task->finish(53'000));
  EXPECT_EQ(query.rows.size(), 1u);
  EXPECT_EQ(query.task->counters().late_rows, 1u);
}

TEST(Task, ClosesSessionsByTheClockAndEachOnce) {
  Running query(
      "SELECT k, count(*) AS n FROM s WINDOW SESSION (10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;",
      {{"window.idle.close.ms", "1000"}});
  query.push(R"({"k":"a"})", 1000, 50'000);
  query.push(R"({"k":"a"})", 3000, 50'000);
  ASSERT_TRUE(query.task->idle(51'000));
  EXPECT_EQ(query.rows, Rows({R"({"k":"a","n":2})"}));
  query.push(R"({"k":"a"})", 3500, 52'000);
  ASSERT_TRUE(query.task->finish(53'000));
  EXPECT_EQ(query.rows.size(), 1u);
  EXPECT_EQ(query.task->counters().late_rows, 1u);
}

TEST(Task, RefusesTimesThatNoWindowCanHold) {
  Running query(kFinal);
  query.push(R"({"k":"a"})", -1);
  query.push(R"({"k":"a"})", INT64_MAX);
  query.push(R"({"k":"a"})", INT64_MIN);
  query.push(R"({"k":"a"})", 5);
  ASSERT_TRUE(query.task->finish(0));
  EXPECT_EQ(query.rows, Rows({R"({"k":"a","n":1})"}));
  EXPECT_EQ(query.task->counters().bad_records, 3u);
}

TEST(Task, CollectsAllValuesUnlessALimitIsSet) {
  Running all("SELECT k, array_length(collect_list(v)) AS n, array_length(collect_set(v)) AS d FROM s GROUP BY k;");
  Running some("SELECT k, array_length(collect_list(v)) AS n, array_length(collect_set(v)) AS d FROM s GROUP BY k;",
               {{"ksql.functions.collect_list.limit", "3"}, {"functions.collect_set.limit", "2"}});
  for (int i = 0; i < 1500; ++i)
    for (auto* query : {&all, &some}) query->push(R"({"k":"a","v":)" + std::to_string(i % 1200) + "}", i);
  EXPECT_EQ(all.rows.back(), R"({"k":"a","n":1500,"d":1200})");
  EXPECT_EQ(some.rows.back(), R"({"k":"a","n":3,"d":2})");
}

// The statements whose operators keep state, and a second source where they have one.
const char* const kKeeping[] = {
    "SELECT k, count(*), collect_list(v) FROM s GROUP BY k;",
    "SELECT k, count(*), max(v) FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 SECONDS) GROUP BY k;",
    "SELECT k, count(*) FROM s WINDOW SESSION (10 SECONDS) GROUP BY k;",
    "SELECT s.k, v, w FROM s LEFT JOIN r WITHIN 1 HOUR ON s.k = r.k;",
};

void feed(Running& query) {
  for (int i = 0; i < 30; ++i) {
    query.push(R"({"k":"k)" + std::to_string(i % 7) + R"(","v":)" + std::to_string(i) + "}", i * 700);
    if (query.task->sources() > 1) query.push(R"({"k":"k)" + std::to_string(i % 5) + R"(","w":1})", i * 700, 0, 1);
  }
}

TEST(Task, NotesChangesOnlyForWhoSaves) {
  for (const auto* sql : kKeeping) {
    Running untracked(sql), tracked(sql, {}, true);
    feed(untracked);
    feed(tracked);
    Entries none, some;
    untracked.task->save(none);
    tracked.task->save(some);
    // Stream time and the like are one entry an operator.
    EXPECT_LE(none.all.size(), 1u) << sql;
    EXPECT_GT(some.all.size(), 5u) << sql;
    EXPECT_EQ(untracked.rows, tracked.rows) << sql;
    // What has been saved is not saved again.
    Entries again;
    tracked.task->save(again);
    EXPECT_LE(again.all.size(), 1u) << sql;
  }
}

TEST(Task, RefusesDamagedState) {
  for (const auto* sql : kKeeping) {
    Running query(sql, {}, true);
    feed(query);
    Entries saved;
    query.task->save(saved);
    for (const auto& [key, value] : saved.all) {
      Running whole(sql), cut(sql);
      EXPECT_TRUE(whole.task->restore(key, value)) << sql;
      EXPECT_EQ(cut.task->restore(key, std::string_view(value).substr(0, 7)).code(), Errc::kCorrupt) << sql;
    }
    EXPECT_EQ(query.task->restore("\x7f", "").code(), Errc::kCorrupt);
    EXPECT_EQ(query.task->restore("", "").code(), Errc::kCorrupt);
  }
}

}  // namespace
}  // namespace sl::query
