// sl-produce: lines, files or JSON from a shell into a topic. Here are its frame and its end: what was read is waited
// for, what became of it is said, and a signal that came is died by.
#include <algorithm>

#include "tools/common/command_line.h"
#include "tools/common/exit_code.h"
#include "tools/common/record_format.h"
#include "tools/common/stop.h"
#include "tools/sl-produce/pump.h"

namespace {

using namespace sl;
using namespace sl::tools;
using namespace sl::tools::produce;

// What is in flight when the user wants the end.
constexpr int64_t kLastWaitMs = 5'000;
// A batch that holds one record of the largest size, and its frame.
constexpr size_t kBatchSlackBytes = 4 << 10;

// What main() knows when the cluster is closed.
struct Ending {
  Stop stop;
  bool broken_pipe = false;
};

// What was prepared before anything was tried.
struct Prepared {
  std::unique_ptr<RecordReader> reader;
  std::optional<RecordFormat> ack_format;
};

client::ProducerOptions producer_options(const Options& options, size_t record_bytes_max, bool copies) {
  client::ProducerOptions producer = options.producer;
  // A batch over the topic's limit would come back to be cut smaller.
  if (producer.codec == record::Codec::kNone) producer.batch_bytes = std::min(producer.batch_bytes, record_bytes_max);
  producer.record_batch_bytes_max = kRecordBytesMax + kBatchSlackBytes;
  if (copies) {
    // What is under way is in memory twice, and the copy of a small record is several times as large.
    producer.open_bytes_max /= 4;
    producer.sealed_bytes_max /= 4;
  }
  return producer;
}

// The most urgent of what may be wrong with a topic and a partition named on the command line.
aio::Task<Status> open_fixed(Topics& topics, client::Producer& producer, const Options& options) {
  SL_CO_TRY(OpenTopic * opened, co_await topics.open(producer, options.topic));
  int32_t count = static_cast<int32_t>(opened->topic->lanes.size());
  if (options.partition && *options.partition >= count)
    co_return Error{Errc::kUnknownTopicOrPartition, fmt::format("'{}' has no partition {}: it has {} (0 to {})",
                                                                options.topic, *options.partition, count, count - 1)};
  co_return Status();
}

int report(Messages& messages, const Acks& acks, const Pump& pump, const Printer& printer, Ending& ending) {
  if (ending.stop.requested()) {
    messages.notice("stopped by a signal: {}", acks.summary());
    return kExitFailed;
  }
  if (printer.status().code() == Errc::kBrokenPipe) {
    ending.broken_pipe = true;
    return kExitFailed;
  }
  if (acks.failed() > 0) {
    messages.notice("{}", acks.summary());
  } else {
    messages.verbose("{}", acks.summary());
  }
  int exit_code = acks.failed() > 0 ? kExitFailed : pump.exit_code();
  if (!printer.status()) exit_code = merge_exit_codes(exit_code, messages.error("", printer.status().error()));
  return exit_code;
}

// One run, from an open cluster to the report.
struct Run {
  Session& session;
  Acks& acks;
  client::Producer& producer;
  Pump& pump;
  Printer& printer;
  Ending& ending;
};

aio::Task<void> close_soon(Run& run) {
  co_await run.producer.close(kLastWaitMs);
  if (!run.pump.opening()) co_return;
  report(run.session.messages, run.acks, run.pump, run.printer, run.ending);
  run.ending.stop.die_if_requested();
}

aio::Task<int> pump_all(Run& run) {
  aio::TaskGroup closing;
  run.ending.stop.arm(run.session.runtime, [&run, &closing] {
    run.acks.stopping();
    run.pump.stop();
    closing.spawn(close_soon(run));
  });
  co_await run.pump.run();
  if (!run.ending.stop.requested() && run.printer.status()) {
    auto flushed = co_await run.producer.flush();
    if (!flushed) run.session.messages.debug("flush: {}", error_text(flushed.error()));
  }
  if (run.ending.stop.requested()) {
    co_await closing.drained();
  } else {
    run.ending.stop.disarm();
    co_await run.producer.close(kLastWaitMs);
  }
  run.ending.stop.disarm();
  co_await run.printer.finish();
  co_return report(run.session.messages, run.acks, run.pump, run.printer, run.ending);
}

aio::Task<int> produce_all(Session& session, const Options& options, Prepared& prepared, Ending& ending) {
  if (auto checked = check_acks(options); !checked) co_return session.messages.error("", checked.error());
  Topics topics(session, options);
  size_t record_bytes_max = kRecordBytesMax;
  if (!options.topic.empty()) {
    auto limit = co_await topics.prepare(options.topic);
    if (!limit) co_return session.messages.error("", limit.error());
    record_bytes_max = *limit;
  }
  bool copies = prepared.ack_format && prepared.ack_format->needs_record();
  client::Producer producer(session.cluster, producer_options(options, record_bytes_max, copies));
  Numbering numbering(prepared.reader->unit());
  Printer printer(session.runtime);
  Acks acks(session.messages, printer, [&numbering](uint64_t input) { return numbering.where(input); });
  if (prepared.ack_format) acks.print(*std::move(prepared.ack_format), copies);
  producer.on_delivery = [&acks](const client::Delivery& delivery) { acks.delivered(delivery); };
  if (!options.topic.empty()) {
    auto opened = co_await open_fixed(topics, producer, options);
    if (!opened) {
      co_await producer.close(0);
      co_return session.messages.error("", opened.error());
    }
  }
  Pump pump(Pump::Parts{session, options, producer, topics, acks, printer, *prepared.reader, numbering});
  Run run{session, acks, producer, pump, printer, ending};
  co_return co_await pump_all(run);
}

int produce_main(const Command& root, Options& options, Messages& messages, Ending& ending) {
  bool only_shows = shows_settings(options.common.brokers);
  if (auto checked = check(options); !checked && !only_shows) return messages.error("", checked.error());
  Prepared prepared;
  auto reader = make_reader(options);
  if (!reader) return messages.error("--format", reader.error());
  prepared.reader = *std::move(reader);
  if (options.ack_format) {
    auto format = RecordFormat::compile(*options.ack_format);
    if (!format) return messages.error("--output-format", format.error());
    prepared.ack_format = *std::move(format);
  }
  if (auto files = Input::check(options.files); !files) return messages.error("", files.error());
  return with_cluster(
      options.common, messages, options.timeout_ms,
      [&](Session& session) { return produce_all(session, options, prepared, ending); }, settings_of(root));
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  ignore_sigpipe();
  Messages messages = Messages::to_stderr("sl-produce");
  Options options;
  Ending ending;
  CommandLine cli("sl-produce", "Write lines, files or JSON into a topic.");
  declare(cli.root(), options);
  cli.root().action([&] { return produce_main(cli.root(), options, messages, ending); });
  int exit_code = cli.run(argc, argv);
  ending.stop.die_if_requested();
  if (ending.broken_pipe) die_by_sigpipe();
  return exit_code;
}
