// The terminal is read in the pool, so that queries which go on do so while a line is edited. Ctrl-C is a key then and
// a signal while a SELECT runs; the other signals end the program wherever it is, after the terminal has been given
// back its modes.
#include "tools/sl-query/shell.h"

#include <csignal>
#include <functional>

#include "query/name.h"
#include "tools/common/environment.h"
#include "tools/common/exit_code.h"
#include "tools/sl-query/line_editor.h"
#include "tools/sl-query/script.h"

namespace sl::tools::query {
namespace {

// $XDG_STATE_HOME/streamlog/sl-query_history; empty where there is no home or the folder cannot be made.
std::string history_path(FileSystem& files) {
  auto environment = process_environment();
  auto state = environment("XDG_STATE_HOME");
  auto home = environment("HOME");
  if (!state && !home) return {};
  auto folder = (state ? *state : *home + "/.local/state") + "/streamlog";
  return files.make_directories(folder) ? folder + "/sl-query_history" : std::string();
}

bool says_leave(std::string_view line) {
  auto trimmed = line.substr(0, line.find_last_not_of(" \t;") + 1);
  return sl::query::same_name(trimmed, "exit") || sl::query::same_name(trimmed, "quit");
}

// Whether a text can be run: it ends with a semicolon that is in no quote and no comment.
bool whole(std::string_view text) {
  auto script = sl::query::split_script(text);
  return script && script->complete;
}

struct Shell {
  Script& script;
  LineEditor editor;
  aio::TaskGroup queries;
  size_t spawned = 0;
  bool editing = false;

  Shell(Script& s, std::string history) : script(s), editor(std::move(history)) {}
  void start_queries() {
    if (script.options.until_end) return;  // they have been run
    while (spawned < script.started.size()) queries.spawn(run_started(script, script.started[spawned++]));
  }
};

// The names that the tabulator completes: streams, tables and topics.
aio::Task<std::vector<std::string>> known_names(Script& script) {
  std::vector<std::string> names;
  for (const auto& source : script.sql.catalogue().sources()) names.push_back(source->name);
  auto topics = co_await script.session.cluster.all_topics();
  if (topics)
    for (const auto& topic : *topics) names.push_back(topic->name);
  co_return names;
}

aio::Task<LineEditor::Line> read_line(Shell& shell, bool first) {
  auto names = co_await known_names(shell.script);
  LineEditor::Line line;
  std::function<void()> job = [&shell, &names, &line, first] {
    line = shell.editor.read(first ? "sl-query> " : "       -> ", std::move(names));
  };
  shell.editing = true;
  co_await shell.script.session.runtime.run_in_pool(aio::Lane::kBackground, std::move(job));
  shell.editing = false;
  co_return line;
}

aio::Task<void> run_text(Shell& shell, const std::string& text) {
  auto& script = shell.script;
  auto statements = sl::query::split_script(text);
  if (!statements) co_return;
  for (const auto& one : statements->statements) {
    auto status = co_await run_statement(script, one);
    if (!status) script.fail(status.error());
    auto flushed = co_await script.output.flush();
    shell.start_queries();
    if (!status || !flushed || script.stop.requested()) break;
  }
  if (script.stop.signal() == SIGINT) script.stop.heeded();
}

}  // namespace

aio::Task<int> run_shell(Session& session, const Options& options, Stop& stop) {
  auto settings = settings_of(options);
  if (!settings) co_return session.messages.error("", settings.error());
  Script script(session, options, stop, *settings);
  script.shell = true;
  Shell shell(script, history_path(session.runtime.files()));
  stop.arm(session.runtime, [&shell, &stop] {
    if (!shell.editing) return;
    shell.editor.restore_terminal();
    die_by_signal(stop.signal());
  });
  std::string text;
  while (!stop.requested() && script.output.status()) {
    auto line = co_await read_line(shell, text.empty());
    if (line.kind == LineEditor::Line::Kind::kEnd || (text.empty() && says_leave(line.text))) break;
    if (line.kind == LineEditor::Line::Kind::kInterrupted) {
      text.clear();
      continue;
    }
    text += line.text + "\n";
    if (text.find_first_not_of(" \t\n;") == std::string::npos) text.clear();
    if (text.empty() || !whole(text)) continue;
    co_await run_text(shell, text);
    text.clear();
  }
  script.left = true;
  co_await shell.queries.drained();
  stop.disarm();
  co_return kExitOk;
}

}  // namespace sl::tools::query
