#include "tools/sl-query/run_stdin.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "query/infer_schema.h"
#include "query/session.h"
#include "query/task.h"
#include "tools/common/exit_code.h"
#include "tools/sl-query/complaints.h"
#include "tools/sl-query/row_output.h"

namespace sl::tools::query {
namespace {

constexpr int kStandardInput = 0;
constexpr size_t kBlockBytes = 1 << 20;
constexpr size_t kLineBytesMax = 64 << 20;
constexpr size_t kSlackBytes = 64;  // simdjson reads so far ahead
constexpr size_t kBatchRows = 1024;
constexpr size_t kInferredLines = 100;

// Whole lines out of a descriptor: a buffer that keeps what is left of a line for the next read.
class Lines {
 public:
  Lines(aio::UvRuntime& runtime) : input_(runtime, kStandardInput), buffer_(kBlockBytes + kSlackBytes) {}

  // Reads until there is a whole line, or the end.
  aio::Task<Result<bool>> fill() {
    std::memmove(buffer_.data(), buffer_.data() + at_, end_ - at_);
    end_ -= at_;
    at_ = 0;
    while (!done_) {
      if (end_ + kSlackBytes == buffer_.size()) {
        if (buffer_.size() >= kLineBytesMax) co_return Error{Errc::kTooLarge, "a line is longer than 64 MiB"};
        buffer_.resize(2 * buffer_.size());
      }
      MutableBytes room(reinterpret_cast<uint8_t*>(buffer_.data()) + end_, buffer_.size() - kSlackBytes - end_);
      auto read = co_await input_.read(room);
      if (!read) co_return read.error();
      done_ = *read == 0;
      size_t fresh = end_;
      end_ += *read;
      if (std::memchr(buffer_.data() + fresh, '\n', *read)) break;
    }
    co_return at_ < end_;
  }
  // The next line without its end; none where only a part of one is there.
  std::optional<std::string_view> next() {
    if (at_ == end_) return std::nullopt;
    const auto* newline = static_cast<const char*>(std::memchr(buffer_.data() + at_, '\n', end_ - at_));
    if (!newline && !done_) return std::nullopt;
    size_t stop = newline ? static_cast<size_t>(newline - buffer_.data()) : end_;
    std::string_view line(buffer_.data() + at_, stop - at_);
    at_ = std::min(stop + 1, end_);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }
  // Bytes that may be read behind a line.
  size_t slack(std::string_view line) const {
    return static_cast<size_t>(buffer_.data() + buffer_.size() - line.data()) - line.size();
  }
  // The lines that are here, from the next one on.
  std::vector<std::string_view> peek(size_t most) {
    std::vector<std::string_view> out;
    size_t at = at_;
    while (out.size() < most) {
      auto line = next();
      if (!line) break;
      out.push_back(*line);
    }
    at_ = at;
    return out;
  }
  void cancel() { input_.cancel(); }
  bool would_wait() const { return input_.would_wait(); }

 private:
  aio::InputFd input_;
  std::vector<char> buffer_;
  size_t at_ = 0, end_ = 0;
  bool done_ = false;
};

struct StdinRun {
  const Options& options;
  const std::string& sql;
  Messages& messages;
  Stop& stop;
  bool& broken_pipe;
  int exit_code = kExitOk;
  void fail(const Error& error) { exit_code = messages.error("", error); }
};

// The stream called stdin.
Result<sl::query::Source> stdin_source(const Options& options, Lines& lines, bool& header, Messages& messages) {
  sl::query::Source source;
  source.name = source.topic = "stdin";
  source.key_format.kind = sl::query::FormatKind::kNone;
  const auto& format = *options.stdin_format;
  auto sample = lines.peek(kInferredLines);
  bool delimited = format == "csv" || format == "tsv";
  source.value_format.delimiter = format == "tsv" ? '\t' : ',';
  source.value_format.kind = delimited          ? sl::query::FormatKind::kDelimited
                             : format == "json" ? sl::query::FormatKind::kJson
                                                : sl::query::FormatKind::kRaw;
  if (options.columns) {
    SL_TRY(auto columns, sl::query::parse_columns(*options.columns, {}));
    for (auto& column : columns) source.value.push_back({column.name, column.type});
    // A first line that names the same columns is a header.
    auto named = delimited ? sl::query::infer_delimited(std::span(sample).first(std::min<size_t>(sample.size(), 1)),
                                                        source.value_format.delimiter)
                           : std::vector<sl::query::Field>();
    header = !named.empty() && named.size() == source.value.size() &&
             std::equal(named.begin(), named.end(), source.value.begin(),
                        [](const auto& a, const auto& b) { return a.name == b.name; });
  } else if (format == "json") {
    source.value = sl::query::infer_json(sample);
    if (source.value.empty() && !sample.empty())
      return Error{Errc::kMalformed, "--stdin json: the first lines are no JSON objects; --stdin raw takes any line"};
  } else if (delimited) {
    source.value = sl::query::infer_delimited(sample, source.value_format.delimiter);
    header = true;
  } else {
    source.value = {{"line", sl::query::simple_type(sl::query::Base::kString)}};
  }
  if (!options.columns) messages.verbose("stdin is taken for ({})", sl::query::schema_text(source));
  if (options.timestamp) {
    source.timestamp_column = *options.timestamp;
    auto at = std::find_if(source.value.begin(), source.value.end(),
                           [&](const auto& f) { return f.name == *options.timestamp; });
    if (at == source.value.end())
      return Error{Errc::kUsage, fmt::format("--timestamp {}: there is no such column", *options.timestamp)};
    if (at->type->base != sl::query::Base::kBigint && at->type->base != sl::query::Base::kTimestamp)
      return Error{Errc::kUsage, fmt::format("--timestamp {}: the column is {}, not BIGINT or TIMESTAMP",
                                             *options.timestamp, sl::query::to_sql(*at->type))};
  }
  return source;
}

// The one SELECT; statements before it may set and declare things.
Result<std::shared_ptr<sl::query::Plan>> plan_of(const std::string& sql, sl::query::Session& session, Output& output) {
  SL_TRY(auto script, sl::query::split_script(sql));
  std::shared_ptr<sl::query::Plan> plan;
  for (const auto& text : script.statements) {
    if (plan)
      return Error{Errc::kUsage, "with --stdin the SELECT is the last statement: standard input can be read once"};
    SL_TRY(auto statement, session.parse(text));
    SL_TRY(auto outcome, session.run(std::move(statement)));
    if (auto* select = std::get_if<sl::query::RunSelect>(&outcome))
      plan = select->plan;
    else if (auto* said = std::get_if<sl::query::Said>(&outcome))
      output.text() += said->text.empty() ? "" : said->text + "\n";
    else
      return Error{
          Errc::kUsage,
          "with --stdin there are no topics: only SELECT, SET, DEFINE, CREATE TYPE, SHOW and DESCRIBE are possible"};
  }
  return plan;
}

aio::Task<Status> pump(StdinRun& run, aio::UvRuntime& runtime, Lines& lines, sl::query::Task& task, RowOutput& rows,
                       Output& output) {
  std::vector<sl::query::InputRecord> records;
  int64_t offset = 0;
  while (!rows.enough() && !run.stop.requested()) {
    const int64_t now_ms = runtime.wall_ms();
    while (auto line = lines.next()) {
      if (line->empty()) continue;
      sl::query::InputRecord record;
      record.value = as_bytes(*line);
      record.value_slack = lines.slack(*line);
      record.timestamp = now_ms;
      record.offset = offset++;
      records.push_back(record);
      if (records.size() < kBatchRows) continue;
      SL_CO_CHECK(task.push(0, records, now_ms));
      records.clear();
      if (rows.enough()) break;
      if (output.full()) SL_CO_CHECK(co_await output.flush());
    }
    SL_CO_CHECK(task.push(0, records, now_ms));
    records.clear();
    if (lines.would_wait()) SL_CO_CHECK(co_await output.flush());
    if (rows.enough()) break;
    auto more = co_await lines.fill();
    if (!more) co_return run.stop.requested() ? Status() : Status(more.error());
    if (!*more) break;
  }
  // The end of the input closes every window; a signal does not.
  if (!rows.enough() && !run.stop.requested()) SL_CO_CHECK(task.finish(runtime.wall_ms()));
  co_return Status();
}

aio::Task<void> query_stdin(StdinRun& run, aio::UvRuntime& runtime) {
  Output output(runtime);
  Lines lines(runtime);
  run.stop.arm(runtime, [&lines] { lines.cancel(); });
  auto settings = settings_of(run.options);
  if (!settings) co_return run.fail(settings.error());
  sl::query::Session session(*settings);
  auto any = co_await lines.fill();
  if (!any) co_return run.fail(any.error());
  bool header = false;
  auto source = stdin_source(run.options, lines, header, run.messages);
  if (!source) co_return run.fail(source.error());
  if (header) lines.next();
  session.put_source(*source);
  auto plan = plan_of(run.sql, session, output);
  if (!plan) co_return run.fail(plan.error());
  if (*plan) {
    auto format = row_format_of(run.options, output.by_line());
    if (!format) co_return run.fail(format.error());
    SaidComplaints complaints(run.messages);
    auto random = system_random();
    auto task = sl::query::Task::make(**plan, session.settings(), random.get(), &complaints);
    if (!task) co_return run.fail(task.error());
    RowOutput rows(**plan, *format, output);
    rows.begin();
    (*task)->set_output([&rows](const sl::query::Batch& batch) { return rows.take(batch); });
    auto pumped = co_await pump(run, runtime, lines, **task, rows, output);
    if (!pumped && pumped.code() != Errc::kBrokenPipe) run.fail(pumped.error());
    complaints.sum_up((*task)->counters());
  }
  auto written = co_await output.flush();
  run.broken_pipe = output.status().code() == Errc::kBrokenPipe;
  if (!written && !run.broken_pipe && run.exit_code == kExitOk) run.fail(written.error());
  run.stop.disarm();
}

}  // namespace

int run_stdin(const Options& options, const std::string& sql, Messages& messages, Stop& stop, bool& broken_pipe) {
  auto made = aio::UvRuntime::make({});
  if (!made) return messages.error("", made.error());
  auto runtime = *std::move(made);
  StdinRun run{options, sql, messages, stop, broken_pipe};
  runtime->run(query_stdin(run, *runtime));
  return run.exit_code;
}

}  // namespace sl::tools::query
