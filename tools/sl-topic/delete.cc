// delete: names or patterns become a list, the list a question, the answer a deletion.
#include "tools/common/exit_code.h"
#include "tools/common/name_pattern.h"
#include "tools/sl-topic/verbs.h"

namespace sl::tools::topic {
namespace {

// The names that are meant: those given, or those there are that match one of the patterns.
aio::Task<Result<std::vector<std::string>>> wanted_names(client::Admin& admin, const DeleteOptions& options) {
  if (!options.regex) co_return options.names;
  SL_CO_TRY(auto topics, co_await admin.topics());
  std::vector<std::string> names;
  for (const auto& pattern : options.names) {
    SL_CO_TRY(NamePattern compiled, NamePattern::compile(pattern));
    for (const auto& topic : topics)
      if (compiled.matches(topic->name) && !topic->internal) names.push_back(topic->name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  co_return names;
}

std::string question(const std::vector<std::string>& names) {
  std::string list;
  for (size_t i = 0; i < names.size() && i < 10; ++i) list += (i ? ", " : "") + names[i];
  if (names.size() > 10) list += fmt::format(" and {} more", names.size() - 10);
  return fmt::format("Delete {} with all records?", list);
}

// --dry-run: what would go; a name that is none fails as it would in earnest.
aio::Task<int> show_plan(client::Admin& admin, Messages& messages, const DeleteOptions& options,
                         std::vector<std::string> names) {
  auto topics = co_await admin.topics();
  if (!topics) co_return messages.error("delete", topics.error());
  int exit_code = kExitOk;
  for (const auto& name : names) {
    bool known = std::any_of(topics->begin(), topics->end(), [&](const auto& topic) { return topic->name == name; });
    if (known) {
      print(name + "\n");
    } else if (!options.if_exists) {
      Error why{Errc::kUnknownTopicOrPartition, "there is no such topic"};
      exit_code = merge_exit_codes(exit_code, messages.error(fmt::format("cannot delete '{}'", name), why));
    }
  }
  co_return exit_code;
}

}  // namespace

aio::Task<int> remove(Session& session, const Shared& shared, const DeleteOptions& options) {
  client::Admin admin(session.cluster, shared.timeout_ms);
  auto names = co_await wanted_names(admin, options);
  if (!names) co_return session.messages.error("delete", names.error());
  if (names->empty()) {
    if (options.if_exists) co_return kExitOk;
    session.messages.error("delete: no topic matches");
    co_return kExitNotFound;
  }
  if (options.dry_run) co_return co_await show_plan(admin, session.messages, options, *std::move(names));
  auto confirmed = confirm(options.yes, question(*names), session.messages);
  if (!confirmed) co_return session.messages.error("delete", confirmed.error());
  if (!*confirmed) co_return kExitFailed;
  auto removed = co_await admin.remove(*names);
  if (!removed) co_return session.messages.error("cannot delete", removed.error());
  int exit_code = kExitOk;
  for (const auto& item : *removed) {
    if (item.error.code == Errc::kNone) {
      session.messages.verbose("deleted '{}'", item.name);
      continue;
    }
    if (options.if_exists && item.error.code == Errc::kUnknownTopicOrPartition) continue;
    Error why = item.error;
    if (why.code == Errc::kUnknownTopicOrPartition) why.context = "there is no such topic";
    exit_code = merge_exit_codes(exit_code, session.messages.error(fmt::format("cannot delete '{}'", item.name), why));
  }
  co_return exit_code;
}

}  // namespace sl::tools::topic
