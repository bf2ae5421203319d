#include "tools/sl-produce/options.h"

#include <fmt/core.h>

#include "base/clock.h"
#include "base/text.h"
#include "tools/common/delimiter.h"
#include "tools/common/offset_spec.h"
#include "tools/common/session.h"

namespace sl::tools::produce {
namespace {

constexpr const char* kInput = "Input";
constexpr const char* kRecords = "Records";
constexpr const char* kDelivery = "Delivery";
constexpr const char* kOutput = "Output";

// -H NAME=VALUE; NAME alone has no value, NAME= an empty one.
FixedHeader parse_header(std::string_view text) {
  size_t equals = text.find('=');
  if (equals == text.npos) return {std::string(text), std::nullopt};
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

Result<client::Acks> parse_acks(std::string_view text) {
  if (text == "all" || text == "-1") return client::Acks::kAll;
  if (text == "1") return client::Acks::kLeader;
  if (text == "0") return client::Acks::kNone;
  return Error{Errc::kUsage, fmt::format("'{}' is not all, 1 or 0", text)};
}

void declare_input(Command& root, Options& o) {
  root.option("-D,--delimiter", "TEXT", "What ends a record; \\n \\r \\t \\0 \\xNN are understood")
      .into_store([&o](std::string_view text) -> Status {
        SL_TRY(o.delimiter, parse_delimiter(text));
        return {};
      })
      .default_text("\\n")
      .group(kInput);
  root.flag("-0,--null-delimited", "A zero byte ends a record")
      .into_store([&o](std::string_view) -> Status {
        o.delimiter.assign(1, '\0');
        return {};
      })
      .group(kInput)
      .excludes("--delimiter");
  root.option("-K,--key-delimiter", "TEXT", "What stands between key and value; a record without it has no key")
      .into_store([&o](std::string_view text) -> Status {
        SL_TRY(o.key_delimiter, parse_delimiter(text));
        return {};
      })
      .group(kInput);
  root.option("-f,--format", "FORMAT", "Read records in this format, like '%k %v\\n'; see FORMAT of sl-consume(1)")
      .into(&o.format)
      .group(kInput)
      .excludes("--delimiter")
      .excludes("--null-delimited")
      .excludes("--key-delimiter")
      .excludes("--json")
      .excludes("--whole");
  root.flag("-J,--json", "Read JSON lines, as sl-consume -J writes them")
      .into(&o.json)
      .group(kInput)
      .excludes("--delimiter")
      .excludes("--null-delimited")
      .excludes("--key-delimiter")
      .excludes("--key")
      .excludes("--empty-is-null")
      .excludes("--null-marker")
      .excludes("--whole");
  root.flag("--whole", "Standard input, or each FILE, is one record")
      .into(&o.whole)
      .group(kInput)
      .excludes("--delimiter")
      .excludes("--null-delimited")
      .excludes("--key-delimiter");
  root.flag("-Z,--empty-is-null", "An empty value, or key, is null").into(&o.empty_is_null).group(kInput);
  root.option("--null-marker", "TEXT", "A value, or key, of this text is null").into(&o.null_marker).group(kInput);
  root.option("-c,--count", "N", "End after N records; what a file has behind them is left to be read")
      .into(&o.count_max)
      .range(1, INT64_MAX)
      .group(kInput);
}

void declare_records(Command& root, Options& o) {
  root.option("-k,--key", "KEY", "Key of every record").into(&o.key).group(kRecords).excludes("--key-delimiter");
  root.option("-H,--header", "NAME=VALUE", "A header of every record, in order; NAME alone has no value")
      .repeats()
      .into_store([&o](std::string_view text) -> Status {
        o.headers.push_back(parse_header(text));
        return {};
      })
      .group(kRecords);
  root.option("-p,--partition", "N", "Partition of every record")
      .into(&o.partition)
      .range(0, INT32_MAX)
      .group(kRecords);
  root.option("--timestamp", "TIME", "Time of every record: milliseconds since 1970, 2026-01-31T09:15:00Z, -1h, now")
      .into_store([&o](std::string_view text) -> Status {
        SL_TRY(o.timestamp_ms, parse_moment(text, system_clock().wall_ms()));
        if (*o.timestamp_ms < 0) return Error{Errc::kUsage, "a time before 1970 cannot be stored"};
        return {};
      })
      .default_text("now")
      .group(kRecords);
  root.option("--partitioner", "NAME", "murmur2 (by key as Kafka does, else round robin), roundrobin, sticky or random")
      .choices({"murmur2", "roundrobin", "sticky", "random"})
      .into_store([&o](std::string_view text) -> Status {
        SL_TRY(o.producer.partitioner, client::parse_partitioner(text));
        return {};
      })
      .default_text("murmur2")
      .setting("partitioner")
      .group(kRecords);
}

void declare_delivery(Command& root, Options& o) {
  root.option("-z,--compression", "CODEC", "none, gzip, snappy, lz4 or zstd")
      .choices({"none", "gzip", "snappy", "lz4", "zstd"})
      .into_store([&o](std::string_view text) -> Status {
        SL_TRY(o.producer.codec, record::parse_codec(text));
        return {};
      })
      .default_text("none")
      .setting("compression.type")
      .group(kDelivery);
  root.option("--acks", "WHO", "Who must have stored a record: all, 1 (the leader) or 0 (do not ask)")
      .choices({"all", "-1", "1", "0"})
      .into_store([&o](std::string_view text) -> Status {
        SL_TRY(o.producer.acks, parse_acks(text));
        return {};
      })
      .default_text("all")
      .setting("acks")
      .group(kDelivery);
  root.option("--rate", "RATE", "At most so many records (100/s) or bytes (5MiB/s)")
      .into_store([&o](std::string_view text) -> Status {
        SL_TRY(o.rate, parse_rate(text));
        return {};
      })
      .group(kDelivery);
  root.option("--linger", "DURATION", "How long a batch waits for more records while the input still has some")
      .into_duration(&o.producer.linger_ms, 1)
      .default_text("5ms")
      .setting("linger.ms")
      .group(kDelivery);
  root.option("--batch-bytes", "SIZE", "Largest batch")
      .into_store([&o](std::string_view text) -> Status {
        SL_TRY(int64_t bytes, parse_size(text));
        if (bytes < 1 || bytes > (4 << 20))
          return Error{Errc::kUsage, fmt::format("'{}' is not between 1 and 4MiB", text)};
        o.producer.batch_bytes = static_cast<size_t>(bytes);
        return {};
      })
      .default_text("1000000")
      .setting("batch.size")
      .group(kDelivery);
  root.option("--delivery-timeout", "DURATION", "How long a record is tried before it has failed")
      .into_duration(&o.producer.delivery_timeout_ms, 1000)
      .default_text("120s")
      .setting("delivery.timeout.ms")
      .group(kDelivery);
  root.flag("--create", "Create the topic if it does not exist").into(&o.create).group(kDelivery);
}

void declare_output(Command& root, Options& o) {
  root.option("-o,--output-format", "FORMAT",
              "Print each acknowledged record, like '%p %o\\n'; see FORMAT of sl-consume(1)")
      .into(&o.ack_format)
      .group(kOutput);
  root.flag("-T,--tee", "Copy what is read to standard output").into(&o.tee).group(kOutput).excludes("--output-format");
}

}  // namespace

void declare(Command& root, Options& o) {
  auto topics = [&o](std::string_view prefix) { return complete_topics(o.common, prefix); };
  root.positional("TOPIC", "The topic to write to; -J and -f may leave it to the records")
      .into(&o.first_argument)
      .complete(topics);
  root.positional("FILE", "Files to read instead of standard input").into(&o.files);
  declare_common(root, o.common);
  declare_timeout(root, o.timeout_ms);
  root.option("-t,--topic", "TOPIC", "The topic, instead of the argument")
      .into_store([&o](std::string_view text) -> Status {
        if (text.empty()) return Error{Errc::kUsage, "a topic's name is not empty"};
        o.topic = text;
        return {};
      })
      .complete(topics);
  declare_input(root, o);
  declare_records(root, o);
  declare_delivery(root, o);
  declare_output(root, o);
  root.example("tail -F app.log | sl-produce logs", "each line, as it comes");
  root.example("sl-produce users -K : -z zstd < users.txt", "keys before a colon, compressed");
  root.example("sl-consume -J orders -e | sl-produce -J copy", "copy a topic without losing anything");
  root.example("sl-produce files --whole *.pdf", "each file as one record");
}

Status check(Options& o) {
  if (o.topic.empty()) {
    o.topic = o.first_argument;
  } else if (!o.first_argument.empty()) {
    o.files.insert(o.files.begin(), o.first_argument);
  }
  if (o.topic.empty() && !o.json && !o.format)
    return Error{Errc::kUsage, "name the topic to write to: sl-produce TOPIC"};
  if (o.whole && o.count_max) return Error{Errc::kUsage, "--whole and --count cannot be used together"};
  if (o.whole && o.tee && !o.files.empty())
    return Error{Errc::kUsage, "--tee copies a stream; with --whole and files there is none"};
  for (const auto& header : o.headers)
    if (header.name.empty()) return Error{Errc::kUsage, "--header: a name is missing before the equals sign"};
  return check_acks(o);
}

Status check_acks(const Options& o) {
  if (o.producer.acks == client::Acks::kNone && o.ack_format)
    return Error{Errc::kUsage, "--output-format prints acknowledged records, and with --acks 0 there are none"};
  return {};
}

}  // namespace sl::tools::produce
