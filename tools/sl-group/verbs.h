// sl-group's verbs. Each has its options, filled by the command line, and one function that does it within an open
// session and returns the exit code. Errors of one item are said and do not stop the others.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "client/group_admin.h"
#include "tools/common/session.h"
#include "tools/common/table.h"

namespace sl::tools::group {

struct Shared {
  CommonOptions common;
  int64_t timeout_ms = 10'000;
};

// Of the verbs that change something.
struct ChangeOptions {
  bool yes = false;
  bool dry_run = false;
  OutputFormat format = OutputFormat::kText;
};

struct ListOptions {
  bool details = false;
  std::vector<std::string> states;
  std::vector<std::string> types;
  std::optional<std::string> pattern;
  OutputFormat format = OutputFormat::kText;
  bool stdout_is_terminal = false;
};
aio::Task<int> list(Session& session, const Shared& shared, const ListOptions& options);

struct DescribeOptions {
  std::vector<std::string> names;
  std::vector<std::string> sections;  // summary, lag, members
  int64_t watch_ms = 0;               // 0: once
  OutputFormat format = OutputFormat::kText;
  bool stdout_is_terminal = false;
};
aio::Task<int> describe(Session& session, const Shared& shared, const DescribeOptions& options);

inline constexpr int64_t kShiftMax = int64_t{1} << 60;

struct SeekOptions {
  std::string name;
  std::optional<std::string> to;
  std::optional<int64_t> shift;
  std::optional<std::string> to_group;
  std::optional<std::string> from_file;
  std::vector<std::string> topics;  // T or T:0,3,5-7
  ChangeOptions change;
};
aio::Task<int> seek(Session& session, const Shared& shared, const SeekOptions& options);

struct CreateOptions {
  std::string name;
  std::string at;
  std::vector<std::string> topics;
  bool if_not_exists = false;
  bool dry_run = false;
  OutputFormat format = OutputFormat::kText;
};
aio::Task<int> create(Session& session, const Shared& shared, const CreateOptions& options);

struct ExportOptions {
  std::vector<std::string> names;
  std::vector<std::string> topics;
  bool csv = false;
};
aio::Task<int> export_offsets(Session& session, const Shared& shared, const ExportOptions& options);

struct ImportOptions {
  std::string name;
  std::string file;
  std::vector<std::string> topics;
  ChangeOptions change;
};
aio::Task<int> import_offsets(Session& session, const Shared& shared, const ImportOptions& options);

struct DeleteOptions {
  std::vector<std::string> names;
  bool regex = false;
  bool if_exists = false;
  bool yes = false;
  bool dry_run = false;
};
aio::Task<int> remove(Session& session, const Shared& shared, const DeleteOptions& options);

struct ForgetOptions {
  std::string name;
  std::vector<std::string> topics;
  bool if_exists = false;
  bool yes = false;
  bool dry_run = false;
};
aio::Task<int> forget(Session& session, const Shared& shared, const ForgetOptions& options);

struct EvictOptions {
  std::string name;
  std::vector<std::string> members;  // member ids or instance ids
  bool all = false;
  bool yes = false;
  bool dry_run = false;
};
aio::Task<int> evict(Session& session, const Shared& shared, const EvictOptions& options);

struct WaitOptions {
  std::vector<std::string> names;
  int64_t lag = 0;
  int64_t deadline_ms = -1;  // negative: none
};
aio::Task<int> wait(Session& session, const Shared& shared, const WaitOptions& options);

struct CheckOptions {
  std::vector<std::string> names;
  std::optional<int64_t> max_lag;
  int64_t max_lag_ms = -1;  // negative: any
};
aio::Task<int> check(Session& session, const Shared& shared, const CheckOptions& options);

}  // namespace sl::tools::group
