// A tool's command line, declared once: the same tree parses the words (CLI11 inside, its un-GNU corners repaired),
// prints --help and --version, answers __complete for the shells, and feeds the manual through --dump-cli.
//
// Words are taken the GNU way: `-ofoo`, `-o foo`, `--output=foo`, `--output foo`, bundled flags, options anywhere, `--`
// ends them, `--opt=` is an empty value, the last repeat wins except for lists. Numbers are decimal. What the
// user typed is checked after all of it was read, so that --help works whatever else is wrong.
//
//   CommandLine cli("sl-topic", "Create, list and change topics.");
//   cli.root().example("sl-topic create orders -p 8", "a topic of eight partitions");
//   auto& create = cli.root().command("create", "Create topics").action([&] { return create_topics(options); });
//   create.positional("TOPIC", "Names of the topics").into(&options.topics).required();
//   create.option("-p,--partitions", "N", "Number of partitions").into(&options.partitions).range(1, 10000);
//   return cli.run(argc, argv);
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tools/common/environment.h"

namespace sl::tools {

// One proposal of the completion: a word and what it means.
struct Candidate {
  std::string value;
  std::string description;
};
// Called while the shell waits: answer within 300 ms, with nothing on errors. The options to the left of the cursor
// have been stored where they go.
using Completer = std::function<std::vector<Candidate>(std::string_view prefix)>;
// Takes one value; an error's sentence says what is wrong with it, without naming the option.
using Store = std::function<Status(std::string_view value)>;

// An option, a flag or a positional. Pointers given to into() must outlive the parse; what is not on the command
// line leaves them as they are.
class Option {
 public:
  enum class Kind { kOption, kFlag, kPositional };

  // Last repeat wins, but for vectors, which collect.
  Option& into(std::string* value);
  Option& into(std::optional<std::string>* value);
  Option& into(std::vector<std::string>* values);
  Option& into(int32_t* value);
  Option& into(int64_t* value);
  Option& into(std::optional<int32_t>* value);
  Option& into(std::optional<int64_t>* value);
  Option& into(bool* flag);
  Option& into_count(int* times);
  // "250ms", "10s", "2h"; a bare number is in units of `unit_ms`.
  Option& into_duration(int64_t* ms, int64_t unit_ms);
  Option& into_size(int64_t* bytes);
  Option& into_store(Store store);

  Option& range(int64_t min, int64_t max);           // of the integers
  Option& choices(std::vector<std::string> values);  // anything else is refused; completed too
  Option& required();
  Option& repeats();                        // a list: each value goes to the store
  Option& env(std::string variable);        // used where the option is absent; shown in the help
  Option& env_shown(std::string variable);  // shown only: the tool reads it itself
  Option& default_text(std::string text);   // shown only
  Option& group(std::string title);         // heading in the help; "Options" by itself
  Option& hidden();                         // accepted, but neither shown nor completed
  Option& alias(std::string name);          // another long name, hidden
  Option& complete(Completer completer);
  Option& excludes(std::string other_name);  // as "--partition"; both together are refused
  // Kafka's name of the same thing, under which -X and the configuration file may set it.
  Option& setting(std::string name);

  // Whether the last parse found it on the command line or in its variable.
  bool given() const { return given_; }
  // The value of its setting(): stored unless the command line has its own. A bare number is in the unit of the name.
  Status take_setting(std::string_view value) const;

  Kind kind() const { return kind_; }
  const std::vector<std::string>& names() const { return names_; }  // "-p", "--partitions"; of a positional "TOPIC"
  const std::vector<std::string>& aliases() const { return aliases_; }
  const std::string& value_name() const { return value_name_; }
  const std::string& description() const { return description_; }
  const std::string& default_shown() const { return default_; }
  const std::string& env_name() const { return env_; }
  const std::string& group_name() const { return group_; }
  const std::string& setting_name() const { return setting_; }
  bool is_hidden() const { return hidden_; }
  bool is_required() const { return required_; }
  bool is_list() const { return list_; }
  bool takes_value() const { return kind_ == Kind::kOption; }
  bool has_name(std::string_view name) const;
  // The name to speak of it by: the long one where there is one.
  const std::string& display_name() const { return names_.back(); }

 private:
  friend class Command;
  friend class CommandParser;
  friend class CommandCompletion;
  Option(Kind kind, std::string_view names, std::string value_name, std::string description);
  Status take(std::string_view value) const;

  Kind kind_;
  std::vector<std::string> names_;
  std::vector<std::string> aliases_;
  std::string value_name_, description_, default_, env_, group_, setting_;
  Store store_;
  std::vector<std::string> choices_;
  std::vector<std::string> excludes_;
  Completer completer_;
  std::optional<std::pair<int64_t, int64_t>> range_;
  bool hidden_ = false, required_ = false, list_ = false, env_applies_ = false, given_ = false;
};

struct Example {
  std::string line;
  std::string meaning;
};

// The tool itself or one of its subcommands. References to its parts stay good as parts are added.
class Command {
 public:
  Command(std::string name, std::string summary, const Command* parent);
  Command(const Command&) = delete;

  Command& command(std::string name, std::string summary);
  // `names` as "-p,--partitions"; the value's name is upper case: "N", "TOPIC".
  Option& option(std::string_view names, std::string value_name, std::string description);
  Option& flag(std::string_view names, std::string description);
  Option& positional(std::string value_name, std::string description);
  Command& example(std::string line, std::string meaning);
  // Shown after the options, as a paragraph.
  Command& notes(std::string text);
  // What to do when this command was chosen; returns the exit code.
  Command& action(std::function<int()> run);

  const std::string& name() const { return name_; }
  const std::string& summary() const { return summary_; }
  const Command* parent() const { return parent_; }
  // "sl-topic create"
  std::string path() const;
  const std::list<Command>& commands() const { return commands_; }
  const std::deque<Option>& options() const { return options_; }  // flags too; of this level only
  const std::deque<Option>& positionals() const { return positionals_; }
  const std::vector<Example>& examples() const { return examples_; }
  const std::string& notes_text() const { return notes_; }
  const Command* find_command(std::string_view name) const;
  // Looks here, then in the parents, whose options every subcommand takes.
  const Option* find_option(std::string_view name) const;

 private:
  friend class CommandLine;
  friend class CommandParser;
  std::string name_, summary_, notes_;
  const Command* parent_;
  std::list<Command> commands_;
  std::deque<Option> options_;
  std::deque<Option> positionals_;
  std::vector<Example> examples_;
  std::function<int()> action_;
};

// What a command line came to: a command to run, or something to say and an exit code.
struct Parsed {
  const Command* chosen = nullptr;
  int exit_code = 0;
  std::string out;  // for stdout
  std::string err;  // for stderr
};

class CommandLine {
 public:
  // --help, --version, --dump-cli and __complete come by themselves.
  CommandLine(std::string tool, std::string summary);

  Command& root() { return root_; }
  const Command& root() const { return root_; }
  // The words after the program's name.
  Parsed parse(const std::vector<std::string>& words, const Environment& environment);
  // parse(), then the chosen command's action; says on stdout and stderr what is to be said. For main().
  int run(int argc, char** argv);

 private:
  Command root_;
};

// The pieces behind it, for the tests: the whole help of a command; the tab-separated tree, a line per command, option
// and positional: path, names, value name, default, description, group, variable.
std::string help_text(const Command& command);
std::string short_help_text(const Command& command);
std::string dump_text(const Command& root);
// value<TAB>description lines for the last of `words`.
std::string complete_text(const Command& root, const std::vector<std::string>& words);

}  // namespace sl::tools
