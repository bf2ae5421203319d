#include "tools/sl-consume/partitions.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "client/offsets.h"
#include "tools/common/position.h"

namespace sl::tools::consume {
namespace {

struct Chosen {
  client::TopicPtr topic;
  std::string partitions;  // as they were named
};

aio::Task<Result<std::vector<Chosen>>> choose_by_name(Session& session, const Options& options) {
  std::vector<Chosen> chosen;
  for (const std::string& text : options.topics) {
    // A topic's name has no colon.
    size_t colon = text.find(':');
    std::string name = text.substr(0, colon);
    std::string partitions = options.partitions;
    if (colon != text.npos) {
      if (!options.partitions.empty())
        co_return Error{Errc::kUsage, fmt::format("'{}' names partitions, and so does -p", text)};
      partitions = text.substr(colon + 1);
      if (partitions.empty()) co_return Error{Errc::kUsage, fmt::format("'{}': partitions are missing", text)};
    }
    auto topic = co_await session.cluster.topic(name);
    if (!topic && topic.code() == Errc::kUnknownTopicOrPartition)
      co_return Error{topic.code(),
                      fmt::format("the topic '{}' does not exist (sl-topic list shows those there are)", name)};
    if (!topic) co_return Error{topic.code(), fmt::format("cannot read '{}': {}", name, error_text(topic.error()))};
    chosen.push_back({*topic, partitions});
  }
  co_return chosen;
}

// Whether a topic's name matches one of the expressions.
using Matcher = std::function<bool(const client::TopicInfo&)>;

Result<Matcher> matcher_of(const std::vector<std::string>& texts) {
  auto expressions = std::make_shared<std::vector<std::unique_ptr<re2::RE2>>>();
  for (const std::string& text : texts) {
    expressions->push_back(std::make_unique<re2::RE2>(text, re2::RE2::Quiet));
    if (!expressions->back()->ok())
      return Error{Errc::kUsage,
                   fmt::format("'{}' is not a regular expression: {}", text, expressions->back()->error())};
  }
  return Matcher([expressions](const client::TopicInfo& topic) {
    return std::any_of(expressions->begin(), expressions->end(),
                       [&](const auto& each) { return re2::RE2::PartialMatch(topic.name, *each); });
  });
}

aio::Task<Result<std::vector<Chosen>>> choose_by_expression(Session& session, const Options& options) {
  SL_CO_TRY(Matcher matches, matcher_of(options.topics));
  SL_CO_TRY(auto topics, co_await session.cluster.all_topics());
  std::vector<Chosen> chosen;
  for (const client::TopicPtr& topic : topics)
    if (!topic->internal && matches(*topic)) chosen.push_back({topic, options.partitions});
  if (chosen.empty())
    co_return Error{Errc::kUnknownTopicOrPartition,
                    fmt::format("no topic matches '{}'", fmt::join(options.topics, "', '"))};
  co_return chosen;
}

Result<std::optional<client::Position>> position_of(const std::optional<Position>& position) {
  if (!position) return std::optional<client::Position>();
  SL_TRY(client::Position there, to_client(*position));
  return std::optional(there);
}

}  // namespace

aio::Task<Result<std::vector<client::Assignment>>> choose_partitions(Session& session, const Options& options) {
  SL_CO_TRY(auto from, position_of(options.range.from));
  SL_CO_TRY(auto until, position_of(options.range.to));
  if (!until && options.exit_at_end) until = client::Position::end();
  Result<std::vector<Chosen>> chosen = Errc::kNone;
  if (options.regex) {
    chosen = co_await choose_by_expression(session, options);
  } else {
    chosen = co_await choose_by_name(session, options);
  }
  if (!chosen) co_return std::move(chosen).error();
  std::vector<client::Assignment> assignments;
  std::set<std::pair<std::string, int32_t>> seen;
  for (const Chosen& each : *chosen) {
    auto partitions = parse_partition_list(each.partitions, each.topic->partition_count());
    if (!partitions) {
      Error error = std::move(partitions).error();
      bool about_topic = error.code == Errc::kUnknownTopicOrPartition;
      co_return Error{error.code,
                      about_topic ? fmt::format("'{}' {}", each.topic->name, error.context) : error.context};
    }
    for (int32_t p : *partitions) {
      // A partition that is named twice is read once.
      if (!seen.emplace(each.topic->name, p).second) continue;
      assignments.push_back({each.topic->name, Partition(p), from.value_or(client::Position::start()), until});
    }
  }
  co_return assignments;
}

Result<client::Subscription> subscription_to(const Options& options) {
  client::Subscription subscription;
  if (options.regex) {
    SL_TRY(subscription.wanted, matcher_of(options.topics));
    return subscription;
  }
  for (const std::string& text : options.topics)
    if (text.find(':') == text.npos) subscription.topics.push_back(text);
  return subscription;
}

std::optional<client::Subscription> subscription_of(const Options& options) {
  if (options.exit_at_end || options.range.to || !options.partitions.empty()) return std::nullopt;
  auto subscription = subscription_to(options);
  if (!subscription || (subscription->topics.empty() && !subscription->wanted)) return std::nullopt;
  return *std::move(subscription);
}

aio::Task<Result<std::vector<Range>>> resolve(Session& session, std::vector<client::Assignment> assignments,
                                              bool end_at_log) {
  constexpr size_t kQueries = 4;
  std::vector<client::OffsetQuery> queries;
  for (const client::Assignment& each : assignments) {
    client::Position end = client::Position::end();
    queries.push_back({each.topic, each.partition, client::Position::start()});
    queries.push_back({each.topic, each.partition, end});
    queries.push_back({each.topic, each.partition, each.from});
    queries.push_back({each.topic, each.partition, each.until.value_or(end)});
  }
  int64_t timeout_ms = session.cluster.options().request_timeout_ms;
  SL_CO_TRY(auto answers, co_await client::list_offsets(session.cluster, std::move(queries), timeout_ms));
  std::vector<Range> ranges;
  for (size_t i = 0; i < assignments.size(); ++i) {
    const client::OffsetAnswer* of = &answers[i * kQueries];
    for (size_t q = 0; q < kQueries; ++q)
      if (of[q].error.code != Errc::kNone) co_return of[q].error;
    if (end_at_log) say_if_beyond(session.messages, assignments[i], of[2].offset, of[1].offset);
    Offset until = end_at_log ? std::min(of[1].offset, of[3].offset) : of[3].offset;
    ranges.push_back(
        {assignments[i].topic, assignments[i].partition, of[2].offset, std::max(until, of[2].offset), of[0].offset});
  }
  co_return ranges;
}

void say_if_beyond(Messages& messages, const client::Assignment& of, Offset from, Offset log_end) {
  if (from > log_end)
    messages.notice("{} [{}]: offset {} is behind the end of the log, which is {}: nothing to read there", of.topic,
                    of.partition.value, from.value, log_end.value);
}

std::vector<client::Assignment> assignments_of(const std::vector<Range>& ranges) {
  std::vector<client::Assignment> assignments;
  for (const Range& range : ranges)
    assignments.push_back(
        {range.topic, range.partition, client::Position::at(range.from), client::Position::at(range.until)});
  return assignments;
}

}  // namespace sl::tools::consume
