// The options of reading in a group, and of handing records to a command.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/group_member.h"
#include "tools/common/common_options.h"

namespace sl::tools::consume {

enum class ResetPolicy : uint8_t { kStart, kEnd, kNone };

struct GroupFlags {
  std::optional<std::string> name;
  std::optional<std::string> instance_id;
  client::GroupProtocol protocol = client::GroupProtocol::kAuto;
  int64_t session_timeout_ms = 10'000;
  ResetPolicy reset_policy = ResetPolicy::kStart;  // where the group has no offset
  bool reset = false;                              // --offset outranks the group's offsets
  bool commits = true;
  std::optional<int32_t> ack_fd;
  // Settings that have no flag.
  int64_t commit_interval_ms = 1'000;
  int64_t heartbeat_interval_ms = 0;
  int64_t rebalance_timeout_ms = 60'000;

  // Declared options that mean nothing without a group.
  std::vector<const Option*> only_in_groups;
};

struct CommandFlags {
  std::optional<std::string> text;  // for sh -c
  int32_t batch = 0;                // records of one run; 0: each record is a run of its own
  int32_t retries = 0;
  std::optional<std::string> dead_letter;
  bool given() const { return text.has_value(); }

  std::vector<const Option*> only_with_exec;
};

struct Options;
// On the root command; `common` is where completion finds the brokers.
void declare_group(Command& root, const CommonOptions& common, GroupFlags& flags);
void declare_exec(Command& root, const CommonOptions& common, CommandFlags& flags);
// What no single option can see. kUsage.
Status check_group(const Options& options);
Status check_exec(const Options& options);
// What -X may set beyond the flags.
std::vector<KnownSetting> group_settings(GroupFlags& flags);

}  // namespace sl::tools::consume
