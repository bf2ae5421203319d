// sl-group: the consumer groups of a cluster, from a shell. Here is only its command line.
#include <unistd.h>

#include "base/text.h"
#include "tools/common/command_line.h"
#include "tools/common/signals.h"
#include "tools/sl-group/verbs.h"

namespace {

using namespace sl;
using namespace sl::tools;

template <class Options>
using Verb = aio::Task<int> (*)(Session&, const group::Shared&, const Options&);

template <class Options>
std::function<int()> runs(group::Shared& shared, Messages& messages, Options& options, Verb<Options> verb) {
  return [&shared, &messages, &options, verb] {
    return with_cluster(shared.common, messages, shared.timeout_ms,
                        [&](Session& session) { return verb(session, shared, options); });
  };
}

struct AllOptions {
  group::Shared shared;
  group::ListOptions list;
  group::DescribeOptions describe;
  group::SeekOptions seek;
  group::CreateOptions create;
  group::ExportOptions export_offsets;
  group::ImportOptions import_offsets;
  group::DeleteOptions remove;
  group::ForgetOptions forget;
  group::EvictOptions evict;
  group::WaitOptions wait;
  group::CheckOptions check;
};

std::vector<Candidate> words(std::initializer_list<const char*> values) {
  std::vector<Candidate> found;
  for (const char* value : values) found.push_back({value, ""});
  return found;
}

class Declaration {
 public:
  Declaration(Command& root, AllOptions& options, Messages& messages)
      : root_(root), all_(options), messages_(messages) {}

  void declare() {
    declare_common(root_, all_.shared.common);
    declare_timeout(root_, all_.shared.timeout_ms);
    root_.example("sl-group list", "every group with its state, members and lag");
    root_.example("sl-group describe billing", "positions, lag and members, partition by partition");
    root_.example("sl-group seek billing --to @-1h", "read the last hour again");
    root_.example("sl-group wait billing --lag 0 --timeout 60s", "until everything is read");
    root_.example("sl-group check billing --max-lag 1000 || alert", "an exit code for scripts");
    declare_list();
    declare_describe();
    declare_seek();
    declare_create();
    declare_export();
    declare_import();
    declare_delete();
    declare_forget();
    declare_evict();
    declare_wait();
    declare_check();
  }

 private:
  Completer topics() {
    return [this](std::string_view prefix) { return complete_topics(all_.shared.common, prefix); };
  }
  Completer groups() {
    return [this](std::string_view prefix) { return complete_groups(all_.shared.common, prefix); };
  }
  Option& declare_topics(Command& command, std::vector<std::string>& into, const char* description) {
    return command.option("-t,--topic", "TOPIC[:LIST]", description).into(&into).complete(topics());
  }
  void declare_change(Command& command, group::ChangeOptions& change) {
    command.flag("--dry-run", "Show the plan, change nothing").into(&change.dry_run);
    declare_yes(command, change.yes);
    declare_format(command, change.format);
  }

  void declare_list() {
    auto& o = all_.list;
    o.stdout_is_terminal = ::isatty(STDOUT_FILENO) != 0;
    auto& c = root_.command("list", "List groups").action(runs(all_.shared, messages_, o, &group::list));
    c.flag("-d,--details", "The table into a pipe too, not only the names").into(&o.details);
    c.option("-s,--state", "STATE", "Only groups in this state, like Stable or Empty")
        .into(&o.states)
        .complete([](std::string_view) {
          return words({"Stable", "Empty", "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling"});
        });
    c.option("--type", "TYPE", "Only groups of this protocol: Classic or Consumer")
        .into(&o.types)
        .complete([](std::string_view) {
          return words({"Classic", "Consumer"});
        });
    c.option("-r,--regex", "RE", "Only groups whose whole name matches").into(&o.pattern);
    declare_format(c, o.format);
  }
  void declare_describe() {
    auto& o = all_.describe;
    o.stdout_is_terminal = ::isatty(STDOUT_FILENO) != 0;
    auto& c = root_.command("describe", "Show groups with their positions, lag and members")
                  .action(runs(all_.shared, messages_, o, &group::describe));
    c.positional("GROUP", "Groups; all where none is named").into(&o.names).complete(groups());
    c.option("--section", "SECTION", "Only this one: summary, lag or members; may be repeated")
        .into(&o.sections)
        .choices({"summary", "lag", "members"})
        .default_text("summary and lag");
    c.option("--watch", "DURATION", "Again and again, with a pause of so long")
        .into_store([&o](std::string_view text) -> Status {
          SL_TRY(o.watch_ms, parse_duration_ms(text, 1000));
          if (o.watch_ms <= 0) return Error{Errc::kUsage, "a pause is longer than nothing"};
          return {};
        });
    declare_format(c, o.format);
  }
  void declare_seek() {
    auto& o = all_.seek;
    auto& c = root_.command("seek", "Give a group without members other positions")
                  .action(runs(all_.shared, messages_, o, &group::seek));
    c.positional("GROUP", "Name of the group").into(&o.name).required().complete(groups());
    c.option("--to", "POSITION", "There: start, end, N, +N, -N or @TIME").into(&o.to).complete(&complete_positions);
    c.option("--shift", "N", "By so many records from where it is, forward or, negative, back")
        .into(&o.shift)
        .range(-group::kShiftMax, group::kShiftMax);
    c.option("--to-group", "GROUP", "Where another group is").into(&o.to_group).complete(groups());
    c.option("--from-file", "FILE", "To what export wrote; - is standard input").into(&o.from_file);
    declare_topics(c, o.topics, "Only these, like orders or orders:0,3,5-7; also what has no position yet");
    declare_change(c, o.change);
  }
  void declare_create() {
    auto& o = all_.create;
    auto& c = root_.command("create", "Make a group with a position, before anybody reads with it")
                  .action(runs(all_.shared, messages_, o, &group::create));
    c.positional("GROUP", "Name of the new group").into(&o.name).required();
    c.option("--at", "POSITION", "Where it begins: start, end, N, +N, -N or @TIME")
        .into(&o.at)
        .required()
        .complete(&complete_positions);
    declare_topics(c, o.topics, "What it will read, like orders or orders:0,3,5-7").required();
    c.flag("--if-not-exists", "A group that exists is no error, and stays as it is").into(&o.if_not_exists);
    c.flag("--dry-run", "Show the plan, create nothing").into(&o.dry_run);
    declare_format(c, o.format);
  }
  void declare_export() {
    auto& o = all_.export_offsets;
    auto& c = root_.command("export", "Print positions for import, or for the tools of others")
                  .action(runs(all_.shared, messages_, o, &group::export_offsets));
    c.positional("GROUP", "Names of groups").into(&o.names).required().complete(groups());
    declare_topics(c, o.topics, "Only these, like orders or orders:0,3,5-7");
    c.flag("--csv", "TOPIC,PARTITION,OFFSET as Kafka's tool writes it; of several groups GROUP in front").into(&o.csv);
  }
  void declare_import() {
    auto& o = all_.import_offsets;
    auto& c = root_.command("import", "Set positions from a file; makes the group where there is none")
                  .action(runs(all_.shared, messages_, o, &group::import_offsets));
    c.positional("GROUP", "Name of the group").into(&o.name).required().complete(groups());
    c.positional("FILE", "What export wrote; - is standard input").into(&o.file).required();
    declare_topics(c, o.topics, "Only these, like orders or orders:0,3,5-7");
    declare_change(c, o.change);
  }
  void declare_delete() {
    auto& o = all_.remove;
    auto& c = root_.command("delete", "Delete groups without members, with all their positions")
                  .action(runs(all_.shared, messages_, o, &group::remove));
    c.positional("GROUP", "Names of groups").into(&o.names).required().complete(groups());
    c.flag("-r,--regex", "The names are regular expressions, each of whole names").into(&o.regex);
    c.flag("--if-exists", "A group that does not exist is no error").into(&o.if_exists);
    c.flag("--dry-run", "Name what would be deleted").into(&o.dry_run);
    declare_yes(c, o.yes);
  }
  void declare_forget() {
    auto& o = all_.forget;
    auto& c = root_.command("forget", "Delete a group's positions in topics that it does not read now")
                  .action(runs(all_.shared, messages_, o, &group::forget));
    c.positional("GROUP", "Name of the group").into(&o.name).required().complete(groups());
    declare_topics(c, o.topics, "What to forget, like orders or orders:0,3,5-7").required();
    c.flag("--if-exists", "It is no error where nothing is committed").into(&o.if_exists);
    c.flag("--dry-run", "Name what would be forgotten").into(&o.dry_run);
    declare_yes(c, o.yes);
  }
  void declare_evict() {
    auto& o = all_.evict;
    auto& c =
        root_.command("evict", "Put members out of a group").action(runs(all_.shared, messages_, o, &group::evict));
    c.positional("GROUP", "Name of the group").into(&o.name).required().complete(groups());
    c.positional("MEMBER", "Member ids or instance ids").into(&o.members);
    c.flag("--all", "Every member").into(&o.all);
    c.flag("--dry-run", "Name who would be put out").into(&o.dry_run);
    declare_yes(c, o.yes);
  }
  void declare_wait() {
    auto& o = all_.wait;
    auto& c = root_.command("wait", "Wait until groups have read everything").action([this, &o] {
      const Option* timeout = root_.find_option("--timeout");
      if (timeout->given()) o.deadline_ms = all_.shared.timeout_ms;
      return runs(all_.shared, messages_, o, &group::wait)();
    });
    c.positional("GROUP", "Names of groups").into(&o.names).required().complete(groups());
    c.option("--lag", "N", "Until at most so many records are left to read")
        .into(&o.lag)
        .range(0, INT64_MAX)
        .default_text("0");
    c.notes("--timeout bounds the whole wait here; without it there is no bound. When it is over the exit code is 5.");
  }
  void declare_check() {
    auto& o = all_.check;
    auto& c = root_.command("check", "Say by the exit code whether groups keep up")
                  .action(runs(all_.shared, messages_, o, &group::check));
    c.positional("GROUP", "Names of groups").into(&o.names).required().complete(groups());
    c.option("--max-lag", "N", "At most so many records left to read").into(&o.max_lag).range(0, INT64_MAX);
    c.option("--max-lag-time", "DURATION", "Of which the oldest has been waiting at most so long")
        .into_duration(&o.max_lag_ms, 1000);
  }

  Command& root_;
  AllOptions& all_;
  Messages& messages_;
};

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  ignore_sigpipe();
  Messages messages = Messages::to_stderr("sl-group");
  AllOptions options;
  CommandLine cli("sl-group", "List, inspect, move and delete consumer groups, and wait for them.");
  Declaration declaration(cli.root(), options, messages);  // actions and completers refer to it
  declaration.declare();
  return cli.run(argc, argv);
}
