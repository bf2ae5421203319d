// The options that mean the same in every tool, declared in one place so that their names cannot drift apart.
#pragma once
#include <cstdint>
#include <string>

#include "tools/common/brokers.h"
#include "tools/common/command_line.h"
#include "tools/common/message.h"
#include "tools/common/table.h"

namespace sl::tools {

struct CommonOptions {
  BrokerFlags brokers;
  int verbose = 0;
  bool quiet = false;
};

// The settings of every client; those that are options of the command under Kafka's names, see Option::setting.
std::vector<KnownSetting> client_settings();
std::vector<KnownSetting> settings_of(const Command& command);
// start and end, for the completion of a position.
std::vector<Candidate> complete_positions(std::string_view prefix);

// -b, --profile, -F, -X, -q and -v, on the root command.
void declare_common(Command& root, CommonOptions& options);
// --timeout: the bound on each request of an admin command, 10 s by default.
void declare_timeout(Command& root, int64_t& timeout_ms);
// --format text|json|awk.
void declare_format(Command& command, OutputFormat& format);
// -y/--yes.
void declare_yes(Command& command, bool& yes);
// Whether to go on with something that destroys: true with -y; on a terminal it asks; else an error (exit 2) that says
// to use -y.
Result<bool> confirm(bool yes, std::string_view question, Messages& messages);

}  // namespace sl::tools
