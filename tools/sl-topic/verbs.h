// sl-topic's verbs. Each has its options, filled by the command line, and one function that does it within an open
// session and returns the exit code. Errors of one item are said and do not stop the others.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "client/admin.h"
#include "tools/common/plain_text.h"
#include "tools/common/session.h"
#include "tools/common/table.h"

namespace sl::tools::topic {

struct Shared {
  CommonOptions common;
  int64_t timeout_ms = 10'000;
};

struct CreateOptions {
  std::vector<std::string> names;
  int32_t partitions = -1;
  int32_t replicas = -1;
  std::vector<std::string> configs;
  bool if_not_exists = false;
  bool dry_run = false;
  OutputFormat format = OutputFormat::kText;
  bool format_given = false;
};
aio::Task<int> create(Session& session, const Shared& shared, const CreateOptions& options);

struct ListOptions {
  bool details = false;
  bool internal = false;
  std::optional<std::string> pattern;
  OutputFormat format = OutputFormat::kText;
  bool format_given = false;
  bool stdout_is_terminal = false;
};
aio::Task<int> list(Session& session, const Shared& shared, const ListOptions& options);

struct DescribeOptions {
  std::vector<std::string> names;
  bool summary = false;
  bool configs = false;
  bool partitions = false;
  bool all = false;
  bool under_replicated = false;
  bool unavailable = false;
  bool with_overrides = false;
  OutputFormat format = OutputFormat::kText;
};
aio::Task<int> describe(Session& session, const Shared& shared, const DescribeOptions& options);

struct ConfigOptions {
  std::vector<std::string> names;
  std::vector<std::string> set;
  std::vector<std::string> remove;
  std::vector<std::string> append;
  std::vector<std::string> subtract;
  bool dry_run = false;
  bool all = false;
  OutputFormat format = OutputFormat::kText;
};
aio::Task<int> config(Session& session, const Shared& shared, const ConfigOptions& options);

struct GrowOptions {
  std::string name;
  int32_t to = 0;
  bool dry_run = false;
};
aio::Task<int> grow(Session& session, const Shared& shared, const GrowOptions& options);

struct OffsetsOptions {
  std::vector<std::string> names;
  std::string position = "end";
  std::string partitions;
  OutputFormat format = OutputFormat::kText;
};
aio::Task<int> offsets(Session& session, const Shared& shared, const OffsetsOptions& options);

struct TrimOptions {
  std::string name;
  std::string position;
  std::string partitions;
  std::optional<std::string> from_file;
  bool yes = false;
  bool dry_run = false;
  OutputFormat format = OutputFormat::kText;
};
aio::Task<int> trim(Session& session, const Shared& shared, const TrimOptions& options);

struct DeleteOptions {
  std::vector<std::string> names;
  bool regex = false;
  bool if_exists = false;
  bool yes = false;
  bool dry_run = false;
};
aio::Task<int> remove(Session& session, const Shared& shared, const DeleteOptions& options);

struct DumpOptions {
  std::vector<std::string> files;
  bool verify = false;
  bool data = false;
};
// Works without a daemon.
int dump(Messages& messages, const DumpOptions& options);

// A word of the -o grammar as a position to ask the leaders for. kUsage.
Result<client::Position> parse_position(std::string_view text, int64_t now_ms);

}  // namespace sl::tools::topic
