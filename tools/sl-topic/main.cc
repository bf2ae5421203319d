// sl-topic: the topics of a cluster, from a shell. Here is only its command line.
#include <unistd.h>

#include "tools/common/command_line.h"
#include "tools/common/signals.h"
#include "tools/sl-topic/verbs.h"

namespace {

using namespace sl;
using namespace sl::tools;

template <class Options>
using Verb = aio::Task<int> (*)(Session&, const topic::Shared&, const Options&);

template <class Options>
std::function<int()> runs(topic::Shared& shared, Messages& messages, Options& options, Verb<Options> verb) {
  return [&shared, &messages, &options, verb] {
    return with_cluster(shared.common, messages, shared.timeout_ms,
                        [&](Session& session) { return verb(session, shared, options); });
  };
}

// An empty list is a variable of a script that was not set, and must not mean all partitions.
Store partitions_into(std::string& list) {
  return [&list](std::string_view text) -> Status {
    if (text.empty()) return Error{Errc::kUsage, "a list of partitions like 0,3,5-7 is missing"};
    list = text;
    return {};
  };
}

struct AllOptions {
  topic::Shared shared;
  topic::CreateOptions create;
  topic::ListOptions list;
  topic::DescribeOptions describe;
  topic::ConfigOptions config;
  topic::GrowOptions grow;
  topic::OffsetsOptions offsets;
  topic::TrimOptions trim;
  topic::DeleteOptions remove;
  topic::DumpOptions dump;
};

class Declaration {
 public:
  Declaration(Command& root, AllOptions& options, Messages& messages)
      : root_(root), all_(options), messages_(messages) {}

  void declare() {
    declare_common(root_, all_.shared.common);
    declare_timeout(root_, all_.shared.timeout_ms);
    root_.example("sl-topic create orders -p 8 -c retention.ms=86400000", "eight partitions, kept for a day");
    root_.example("sl-topic list -d", "every topic with its partitions, records and bytes");
    root_.example("sl-topic describe orders", "leaders, offsets and sizes by partition");
    root_.example("sl-topic trim orders -o @-7d -y", "drop what is older than a week");
    declare_create();
    declare_list();
    declare_describe();
    declare_config();
    declare_grow();
    declare_offsets();
    declare_trim();
    declare_delete();
    declare_dump();
  }

 private:
  Completer topics() {
    return [this](std::string_view prefix) { return complete_topics(all_.shared.common, prefix); };
  }

  Completer settings() {
    return [this](std::string_view prefix) { return complete_topic_settings(all_.shared.common, prefix); };
  }

  void declare_create() {
    auto& o = all_.create;
    auto& c = root_.command("create", "Create topics").action(runs(all_.shared, messages_, o, &topic::create));
    c.positional("TOPIC", "Names of the new topics").into(&o.names).required();
    c.option("-p,--partitions", "N", "Number of partitions")
        .into(&o.partitions)
        .range(1, 100'000)
        .default_text("num.partitions of the broker");
    c.option("-r,--replicas", "N", "Copies of each partition")
        .into(&o.replicas)
        .range(1, 100)
        .default_text("the broker's");
    c.option("-c,--config", "KEY=VALUE", "A setting of the topic").into(&o.configs).complete(settings());
    c.flag("--if-not-exists", "A topic that exists is no error").into(&o.if_not_exists);
    c.flag("--dry-run", "Check everything, create nothing").into(&o.dry_run);
    declare_format(c, o.format);
  }
  void declare_list() {
    auto& o = all_.list;
    o.stdout_is_terminal = ::isatty(STDOUT_FILENO) != 0;
    auto& c = root_.command("list", "List topics").action(runs(all_.shared, messages_, o, &topic::list));
    c.flag("-d,--details", "With partitions, replicas, records and bytes").into(&o.details);
    c.flag("-i,--internal", "Internal topics too").into(&o.internal);
    c.option("-r,--regex", "RE", "Only topics whose whole name matches").into(&o.pattern);
    declare_format(c, o.format);
  }
  void declare_describe() {
    auto& o = all_.describe;
    auto& c =
        root_.command("describe", "Show topics by partition").action(runs(all_.shared, messages_, o, &topic::describe));
    c.positional("TOPIC", "Topics; all where none is named").into(&o.names).complete(topics());
    c.flag("-s,--summary", "Only the summary").into(&o.summary);
    c.flag("-c,--configs", "Only the settings").into(&o.configs);
    c.flag("-p,--partitions", "Only the partitions").into(&o.partitions);
    c.flag("-a,--all", "Summary, settings and partitions").into(&o.all);
    c.flag("--under-replicated", "Only partitions with replicas out of sync").into(&o.under_replicated);
    c.flag("--unavailable", "Only partitions without a leader").into(&o.unavailable);
    c.flag("--with-overrides", "Only topics with settings of their own").into(&o.with_overrides);
    declare_format(c, o.format);
  }
  void declare_config() {
    auto& o = all_.config;
    auto& c = root_.command("config", "Show or change settings of topics")
                  .action(runs(all_.shared, messages_, o, &topic::config));
    c.positional("TOPIC", "Names of topics").into(&o.names).required().complete(topics());
    c.option("-s,--set", "KEY=VALUE", "Set it").into(&o.set).complete(settings());
    c.option("-d,--delete", "KEY", "Back to the default").into(&o.remove);
    c.option("--append", "KEY=VALUE", "Add to a list").into(&o.append);
    c.option("--subtract", "KEY=VALUE", "Take from a list").into(&o.subtract);
    c.flag("-a,--all", "Show the defaults too").into(&o.all);
    c.flag("--dry-run", "Check everything, change nothing").into(&o.dry_run);
    declare_format(c, o.format);
  }
  void declare_grow() {
    auto& o = all_.grow;
    auto& c = root_.command("grow", "Add partitions to a topic").action(runs(all_.shared, messages_, o, &topic::grow));
    c.positional("TOPIC", "Name of the topic").into(&o.name).required().complete(topics());
    c.option("--to", "N", "The new number of partitions").into(&o.to).required().range(1, 100'000);
    c.flag("--dry-run", "Check everything, change nothing").into(&o.dry_run);
  }
  void declare_offsets() {
    auto& o = all_.offsets;
    auto& c = root_.command("offsets", "Print the offset of a position in each partition")
                  .action(runs(all_.shared, messages_, o, &topic::offsets));
    c.positional("TOPIC", "Names of topics").into(&o.names).required().complete(topics());
    c.option("-o,--offset", "POSITION", "start, end, N, +N, -N or @TIME")
        .into(&o.position)
        .default_text("end")
        .complete(&complete_positions);
    c.option("-p,--partitions", "LIST", "Only these, like 0,3,5-7").into_store(partitions_into(o.partitions));
    declare_format(c, o.format);
  }
  void declare_trim() {
    auto& o = all_.trim;
    auto& c = root_.command("trim", "Delete the records before a position")
                  .action(runs(all_.shared, messages_, o, &topic::trim));
    c.positional("TOPIC", "Name of the topic").into(&o.name).complete(topics());
    c.option("-o,--offset", "POSITION", "Keep what is from here on: end, N, +N, -N or @TIME")
        .into(&o.position)
        .complete(&complete_positions);
    c.option("-p,--partitions", "LIST", "Only these, like 0,3,5-7").into_store(partitions_into(o.partitions));
    c.option("--from-file", "FILE", "Lines of TOPIC PARTITION OFFSET instead; - is standard input")
        .into(&o.from_file)
        .excludes("--offset")
        .excludes("--partitions");
    c.flag("--dry-run", "Show the plan, delete nothing").into(&o.dry_run);
    declare_yes(c, o.yes);
    declare_format(c, o.format);
  }
  void declare_delete() {
    auto& o = all_.remove;
    auto& c = root_.command("delete", "Delete topics with all their records")
                  .action(runs(all_.shared, messages_, o, &topic::remove));
    c.positional("TOPIC", "Names of topics").into(&o.names).required().complete(topics());
    c.flag("-r,--regex", "The names are regular expressions, each of whole names").into(&o.regex);
    c.flag("--if-exists", "A topic that does not exist is no error").into(&o.if_exists);
    c.flag("--dry-run", "Name what would be deleted").into(&o.dry_run);
    declare_yes(c, o.yes);
  }
  void declare_dump() {
    auto& o = all_.dump;
    auto& c = root_.command("dump", "Decode and verify segment files, without a daemon").action([this] {
      return topic::dump(messages_, all_.dump);
    });
    c.positional("FILE", "Segment files (.log) or metadata snapshots (.checkpoint); - is a file on standard input")
        .into(&o.files)
        .required();
    c.flag("--verify", "Only check; print what is wrong and a summary").into(&o.verify);
    c.flag("--data", "Print the records too").into(&o.data);
  }

  Command& root_;
  AllOptions& all_;
  Messages& messages_;
};

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  ignore_sigpipe();
  Messages messages = Messages::to_stderr("sl-topic");
  AllOptions options;
  CommandLine cli("sl-topic", "Create, list, inspect, change and delete topics.");
  Declaration declaration(cli.root(), options, messages);  // actions and completers refer to it
  declaration.declare();
  return cli.run(argc, argv);
}
