// Plan: positions that a group is to get, shown before they are set. seek, create and import each make their list of
// wishes; a wish becomes an offset that is within the log, since one outside would send the group's members to wherever
// their reset policy says.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "client/group_admin.h"
#include "tools/sl-group/partitions.h"
#include "tools/sl-group/verbs.h"

namespace sl::tools::group {

struct Wish {
  client::TopicPartition where;
  client::Position to;
};

struct PlannedOffset {
  client::TopicPartition where;
  std::optional<Offset> old;  // none where nothing is committed
  Offset now;
};

struct Plan {
  std::string group;
  std::vector<PlannedOffset> offsets;
  int exit_code = 0;  // of the wishes that cannot be
  Table table() const;
};

// The lines of a file (plain_text.h) that are of the group or of none, and of the topics where some are named. kUsage,
// kNotFound where there is none, errors of reading it.
Result<std::vector<Wish>> wishes_from_file(const std::string& path, const std::string& group, const TopicList& topics);

// Turns wishes into offsets, and says which cannot be. `committed` is what the group has now.
aio::Task<Result<Plan>> make_plan(Session& session, const Shared& shared, std::string group, std::vector<Wish> wishes,
                                  std::vector<client::GroupOffset> committed);

// Why the group's positions cannot be set from outside: it has members. Its code is kNone where it has none.
inline constexpr std::string_view kActiveHint = "stop them first, or put them out with 'sl-group evict'";
Error active_error(const client::GroupDescription& group);

// Prints it. One of which nothing is left, since no wish can be, is nothing for people.
void show(const Plan& plan, OutputFormat format);

// Asks where that is due, then commits what changes. `verb` is "seek" or the like; an `obstacle` is said, and ends it.
aio::Task<int> carry_out(Session& session, const Shared& shared, std::string verb, Plan plan, Error obstacle,
                         ChangeOptions change);

}  // namespace sl::tools::group
