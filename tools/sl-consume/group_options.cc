#include "tools/sl-consume/group_options.h"

#include "aio/uv_fd.h"
#include "base/text.h"
#include "tools/common/session.h"
#include "tools/sl-consume/options.h"

namespace sl::tools::consume {
namespace {

constexpr const char* kGroup = "Groups";
constexpr const char* kCommand = "Commands";
// A batch is text in memory.
constexpr int64_t kBatchMax = 1'000'000;

Status name_given(std::string_view text, std::optional<std::string>& name) {
  if (text.empty()) return Error{Errc::kUsage, "a name is missing"};
  name = std::string(text);
  return {};
}

Status refuse_without(const std::vector<const Option*>& options, std::string_view what) {
  for (const Option* each : options)
    if (each->given())
      return Error{Errc::kUsage, fmt::format("{} means nothing without {}", each->display_name(), what)};
  return {};
}

}  // namespace

void declare_group(Command& root, const CommonOptions& common, GroupFlags& flags) {
  auto groups = [&common](std::string_view prefix) { return complete_groups(common, prefix); };
  root.option("-g,--group", "GROUP", "Share the partitions with the group's other members; begin where it has come to")
      .into_store([&flags](std::string_view text) { return name_given(text, flags.name); })
      .complete(groups)
      .group(kGroup)
      .excludes("--tail")
      .excludes("--merge");
  auto add = [&](Option& option) { flags.only_in_groups.push_back(&option.group(kGroup)); };
  add(root.option("--reset-policy", "POLICY",
                  "Where to begin in partitions for which the group has no offset, or one that is not in the log")
          .choices({"start", "end", "none"})
          .into_store([&flags](std::string_view text) -> Status {
            flags.reset_policy = text == "end"    ? ResetPolicy::kEnd
                                 : text == "none" ? ResetPolicy::kNone
                                                  : ResetPolicy::kStart;
            return {};
          })
          .default_text("start")
          .excludes("--offset"));
  add(root.flag("--reset", "Begin at -o, though the group has offsets").into(&flags.reset));
  add(root.option("--commit", "WHEN", "What is committed: what was delivered, or nothing")
          .choices({"delivered", "never"})
          .into_store([&flags](std::string_view text) -> Status {
            flags.commits = text == "delivered";
            return {};
          })
          .default_text("delivered"));
  add(root.option("--ack-fd", "N",
                  "Only what is acknowledged by lines '[TOPIC ]PARTITION OFFSET' on this descriptor counts")
          .into(&flags.ack_fd)
          .range(0, 1'000'000)
          .excludes("--commit"));
  add(root.option("--instance-id", "ID",
                  "A static member: it may come back within the session timeout, to its partitions")
          .into_store([&flags](std::string_view text) { return name_given(text, flags.instance_id); }));
  add(root.option("--session-timeout", "DURATION",
                  "A classic member that is silent for so long is out; of others the cluster decides")
          .into_duration(&flags.session_timeout_ms, 1000)
          .default_text("10s"));
  add(root.option("--group-protocol", "PROTOCOL",
                  "Who assigns: members (classic) or the coordinator (consumer, KIP-848)")
          .choices({"auto", "classic", "consumer"})
          .into_store([&flags](std::string_view text) -> Status {
            flags.protocol = text == "classic"    ? client::GroupProtocol::kClassic
                             : text == "consumer" ? client::GroupProtocol::kConsumer
                                                  : client::GroupProtocol::kAuto;
            return {};
          })
          .default_text("auto"));
}

void declare_exec(Command& root, const CommonOptions& common, CommandFlags& flags) {
  auto topics = [&common](std::string_view prefix) { return complete_topics(common, prefix); };
  root.option("--exec", "COMMAND", "Run a command for each record, with the value on its standard input")
      .into_store([&flags](std::string_view text) -> Status {
        if (text.empty()) return Error{Errc::kUsage, "a command is missing"};
        flags.text = std::string(text);
        return {};
      })
      .group(kCommand)
      .excludes("--tail")
      .excludes("--merge")
      .excludes("--ack-fd");
  auto add = [&](Option& option) { flags.only_with_exec.push_back(&option.group(kCommand)); };
  add(root.option("--batch", "N", "Run it for N records at once, printed on its standard input")
          .into(&flags.batch)
          .range(1, kBatchMax));
  add(root.option("--retries", "N", "Run it so many more times where it fails")
          .into(&flags.retries)
          .range(0, 1'000'000)
          .default_text("0"));
  add(root.option("--dead-letter", "TOPIC", "Where records go for which it fails for good")
          .into_store([&flags](std::string_view text) { return name_given(text, flags.dead_letter); })
          .complete(topics));
}

Status check_group(const Options& o) {
  const GroupFlags& flags = o.group;
  if (!flags.name) return refuse_without(flags.only_in_groups, "a group: add -g GROUP");
  bool names_partitions = !o.partitions.empty();
  for (const std::string& topic : o.topics) names_partitions = names_partitions || (!o.regex && topic.contains(':'));
  if (names_partitions)
    return Error{Errc::kUsage,
                 "-g and a choice of partitions cannot be used together: the group decides who reads which partition"};
  if (o.range.to)
    return Error{Errc::kUsage, "-g and a range with an end cannot be used together: -e ends where the log ends now"};
  if (flags.reset && !o.offset_given) return Error{Errc::kUsage, "--reset needs -o, which says where to begin"};
  if (flags.session_timeout_ms < 1) return Error{Errc::kUsage, "--session-timeout: at least 1ms"};
  if (flags.ack_fd == 1 || flags.ack_fd == 2)
    return Error{Errc::kUsage, "--ack-fd: acknowledgements cannot be read where output is written"};
  if (flags.ack_fd && !aio::fd_is_open(*flags.ack_fd))
    return Error{Errc::kUsage, fmt::format("--ack-fd: descriptor {0} is not open; {0}< FILE opens it", *flags.ack_fd)};
  return {};
}

Status check_exec(const Options& o) {
  const CommandFlags& flags = o.exec;
  if (!flags.given()) return refuse_without(flags.only_with_exec, "a command: add --exec COMMAND");
  if (!flags.dead_letter || o.regex) return {};
  for (const std::string& topic : o.topics)
    if (topic.substr(0, topic.find(':')) == *flags.dead_letter)
      return Error{Errc::kUsage, fmt::format("--dead-letter: '{}' is being read itself", topic)};
  return {};
}

std::vector<KnownSetting> group_settings(GroupFlags& flags) {
  auto milliseconds = [](int64_t min, int64_t* value) -> Store {
    return [=](std::string_view text) -> Status {
      SL_TRY(int64_t number, parse_int(text));
      if (number < min || number > 86'400'000)
        return Error{Errc::kUsage, fmt::format("{} is not between {} and 86400000", number, min)};
      *value = number;
      return {};
    };
  };
  return {
      {"auto.commit.interval.ms", "1000", "How often a group's offsets are committed",
       milliseconds(10, &flags.commit_interval_ms)},
      {"heartbeat.interval.ms", "0",
       "How often a classic member gives a sign; 0: a third of the session timeout, at most 1 s",
       milliseconds(0, &flags.heartbeat_interval_ms)},
      {"max.poll.interval.ms", "60000", "How long a member may take to give partitions up",
       milliseconds(1, &flags.rebalance_timeout_ms)},
  };
}

}  // namespace sl::tools::consume
