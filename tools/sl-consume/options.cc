#include "tools/sl-consume/options.h"

#include "base/clock.h"
#include "base/text.h"
#include "tools/common/delimiter.h"
#include "tools/common/session.h"

namespace sl::tools::consume {
namespace {

// Twice as much may be in memory.
constexpr int64_t kFetchBytesMax = 8 << 20;
constexpr const char* kPartitions = "Partitions";
constexpr const char* kRange = "Where to begin and end";
constexpr const char* kFilter = "Filter";
constexpr const char* kOutput = "Output";

void declare_partitions(Command& root, Options& o) {
  auto topics = [&o](std::string_view prefix) { return complete_topics(o.common, prefix); };
  root.positional("TOPIC", "Topics, or TOPIC:0,3 for some of its partitions").into(&o.topics).complete(topics);
  root.option("-t,--topic", "TOPIC", "A topic, as the argument").into(&o.topics).complete(topics).group(kPartitions);
  root.option("-p,--partitions", "LIST", "Only these partitions, like 0,3,5-7")
      .into_store([&o](std::string_view text) -> Status {
        if (text.empty()) return Error{Errc::kUsage, "a list of partitions like 0,3,5-7 is missing"};
        o.partitions = std::string(text);
        return {};
      })
      .group(kPartitions);
  root.flag("-r,--regex", "TOPIC is a regular expression").into(&o.regex).group(kPartitions);
}

void declare_range(Command& root, Options& o) {
  root.option("-o,--offset", "OFFSET", "Where to begin, or a range: start, end, N, +N, -N, @TIME, FROM:TO")
      .repeats()
      .into_store([&o](std::string_view text) -> Status {
        o.offset_given = true;
        OffsetGrammar grammar{system_clock().wall_ms(), false};
        return parse_offsets(text, grammar, o.range);
      })
      .complete(&complete_positions)
      .default_text("start")
      .group(kRange);
  root.flag("-e,--exit", "End where the log ends now").into(&o.exit_at_end).group(kRange);
  root.option("-c,-n,--count", "N", "End after N records").into(&o.count_max).range(0, INT64_MAX).group(kRange);
  root.option("--tail", "N", "Begin with the last N records of all partitions together, in order of time")
      .into(&o.tail)
      .range(0, 1'000'000'000'000'000)
      .group(kRange)
      .excludes("--offset");
  root.option("--idle", "DURATION", "End when nothing came for so long").into_duration(&o.idle_ms, 1000).group(kRange);
  root.option("--merge", "ORDER", "Order of the records of several partitions: time; the range must have an end")
      .choices({"time"})
      .into_store([&o](std::string_view) -> Status {
        o.merge_by_time = true;
        return {};
      })
      .default_text("as they arrive")
      .group(kRange);
}

void declare_filter(Command& root, Options& o) {
  root.option("--key", "PATTERN", "Only records whose key matches: a glob like 'user-*', or /RE/; one of several")
      .repeats()
      .into_store([&o](std::string_view text) { return o.filter.add_key(text); })
      .group(kFilter);
  root.option("--grep", "RE", "Only records whose value matches a regular expression; one of several")
      .repeats()
      .into_store([&o](std::string_view text) { return o.filter.add_grep(text); })
      .group(kFilter);
  root.option("--header", "NAME=VALUE", "Only records with this header; NAME alone, NAME=/RE/; all of several")
      .repeats()
      .into_store([&o](std::string_view text) { return o.filter.add_header(text); })
      .group(kFilter);
}

void declare_output(Command& root, Options& o) {
  root.option("-f,--format", "FORMAT", "Print records in this format, like '%p %o %k %v\\n'")
      .into(&o.format)
      .group(kOutput)
      .excludes("--json")
      .excludes("--key-delimiter")
      .excludes("--show-offset")
      .excludes("--delimiter")
      .excludes("--null-delimited");
  root.flag("-J,--json", "Print a line of JSON for each record, which sl-produce -J takes back")
      .into(&o.json)
      .group(kOutput)
      .excludes("--key-delimiter")
      .excludes("--show-offset")
      .excludes("--show-null")
      .excludes("--delimiter")
      .excludes("--null-delimited");
  root.option("-K,--key-delimiter", "TEXT", "Print the key and this before the value")
      .into_store([&o](std::string_view text) -> Status {
        SL_TRY(o.key_delimiter, parse_delimiter(text));
        return {};
      })
      .group(kOutput);
  root.flag("-O,--show-offset", "Print the offset first, and the text of -K or a tab behind it")
      .into(&o.show_offset)
      .group(kOutput);
  root.option("-D,--delimiter", "TEXT", "What ends a record; \\n \\r \\t \\0 \\xNN are understood")
      .into_store([&o](std::string_view text) -> Status {
        SL_TRY(o.delimiter, unescape(text));
        return {};
      })
      .default_text("\\n")
      .group(kOutput);
  root.flag("-0,--null-delimited", "A zero byte ends a record")
      .into_store([&o](std::string_view) -> Status {
        o.delimiter.assign(1, '\0');
        return {};
      })
      .group(kOutput)
      .excludes("--delimiter");
  root.flag("-Z,--show-null", "Print NULL for a key or value that is null").into(&o.show_null).group(kOutput);
}

}  // namespace

void declare(Command& root, Options& o) {
  declare_common(root, o.common);
  declare_timeout(root, o.timeout_ms);
  declare_partitions(root, o);
  declare_range(root, o);
  declare_filter(root, o);
  declare_output(root, o);
  declare_group(root, o.common, o.group);
  declare_exec(root, o.common, o.exec);
  root.example("sl-consume orders -e > orders.txt", "everything there is, then end");
  root.example("sl-consume orders -o end", "what comes from now on");
  root.example("sl-consume orders -o @-1h:now -f '%T %k %v\\n'", "the last hour, with times and keys");
  root.example("sl-consume orders --tail 10 -e", "the last ten records");
  root.example("sl-consume -J orders -e | sl-produce -J copy", "copy a topic without losing anything");
  root.example("sl-consume orders -g billing", "share the partitions with the others of a group");
  root.example("sl-consume orders -g mail --exec 'sendmail -t'", "run a command for each record, once it has worked");
}

Status check(const Options& o) {
  if (o.topics.empty()) return Error{Errc::kUsage, "name the topics to read: sl-consume TOPIC"};
  if (o.merge_by_time && !o.exit_at_end && !o.range.to && !o.tail)
    return Error{Errc::kUsage, "--merge time needs an end: add -e, or a range with an end like -o @-1h:now"};
  if (o.merge_by_time && o.tail && !o.exit_at_end)
    return Error{Errc::kUsage, "--merge time needs an end: add -e (--tail alone is in order of time at its beginning)"};
  SL_CHECK(check_group(o));
  return check_exec(o);
}

std::vector<KnownSetting> known_settings(Options& o) {
  auto integer = [](int64_t min, int64_t max, auto* value) -> Store {
    return [=](std::string_view text) -> Status {
      SL_TRY(int64_t number, parse_int(text));
      if (number < min || number > max)
        return Error{Errc::kUsage, fmt::format("{} is not between {} and {}", number, min, max)};
      *value = static_cast<std::remove_pointer_t<decltype(value)>>(number);
      return {};
    };
  };
  auto either = [](std::string_view yes, std::string_view no, bool* value) -> Store {
    return [=](std::string_view text) -> Status {
      if (text != yes && text != no) return Error{Errc::kUsage, fmt::format("'{}' is not {} or {}", text, yes, no)};
      *value = text == yes;
      return {};
    };
  };
  client::ConsumerOptions& consumer = o.consumer;
  std::vector<KnownSetting> settings = {
      {"check.crcs", "true", "Whether each batch's checksum is verified", either("true", "false", &consumer.check_crc)},
      {"fetch.max.bytes", "2097152", "Most bytes of one answer", integer(1, kFetchBytesMax, &consumer.fetch_bytes_max)},
      {"fetch.max.wait.ms", "500", "How long the broker waits for records to come",
       integer(0, 60'000, &consumer.max_wait_ms)},
      {"fetch.min.bytes", "1", "How many bytes it waits for", integer(1, kFetchBytesMax, &consumer.min_bytes)},
      {"isolation.level", "read_uncommitted", "read_committed leaves out what no transaction has committed",
       either("read_committed", "read_uncommitted", &consumer.read_committed)},
      {"metadata.max.age.ms", "300000", "How often it is asked whether topics and partitions have come to be",
       integer(10, 86'400'000, &consumer.metadata_max_age_ms)},
      {"max.partition.fetch.bytes", "1048576", "Most bytes of one partition in an answer",
       integer(1, kFetchBytesMax, &consumer.partition_bytes_max)},
  };
  for (KnownSetting& each : group_settings(o.group)) settings.push_back(std::move(each));
  return settings;
}

}  // namespace sl::tools::consume
