// The parse. CLI11 splits the words into options and positionals; it is kept to that, since in 2.1.2 it takes the next
// word for `--opt=`, lets list options swallow positionals, reads 010 as octal, refuses words after `--` in some places
// and exits with 104 to 114 on usage errors. So every option is a list of strings to it, and what they mean is
// decided here: the last repeat, the environment, required ones, forbidden pairs, the sentences.
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>

#include "base/text.h"
#include "tools/common/command_line.h"
#include "tools/common/command_words.h"
#include "tools/common/exit_code.h"

namespace sl::tools {
namespace {

Error usage(std::string sentence) {
  return {Errc::kUsage, std::move(sentence)};
}

// The option nearest to a mistyped one, among those the command takes.
std::string nearest_option(const Command& command, const std::string& word) {
  std::vector<std::string_view> names;
  for (const Command* level = &command; level != nullptr; level = level->parent())
    for (const Option& option : level->options())
      if (!option.is_hidden())
        for (const std::string& name : option.names())
          if (name.size() > 2) names.push_back(name);
  auto nearest = nearest_name(word.substr(0, word.find('=')), names);
  return nearest ? fmt::format("unknown option '{}'\nDid you mean '{}'?", word, *nearest)
                 : fmt::format("unknown option '{}'", word);
}

std::string nearest_command(const Command& command, const std::string& word) {
  std::vector<std::string_view> names;
  for (const Command& sub : command.commands()) names.push_back(sub.name());
  if (auto nearest = nearest_name(word, names))
    return fmt::format("unknown command '{}'\nDid you mean '{}'?", word, *nearest);
  return fmt::format("unknown command '{}'; the commands are {}", word, fmt::join(names, ", "));
}

}  // namespace

class CommandParser {
 public:
  CommandParser(Command& root, const Environment& environment) : root_(root), environment_(environment) {}

  Parsed parse(const std::vector<std::string>& words) {
    Parsed parsed;
    WordWalk walk(root_);
    std::vector<std::string> repaired = repair(words, walk);
    const Command& command = walk.command();
    if (say_what_was_asked(command, parsed)) return parsed;
    if (words.empty() && needs_words()) {
      parsed.err = short_help_text(root_);
      parsed.exit_code = kExitUsage;
      return parsed;
    }
    if (auto done = parse_repaired(std::move(repaired), command); !done) {
      parsed.err = fmt::format("{}: {}\nTry '{} --help'.\n", root_.name(), done.error().context, command.path());
      parsed.exit_code = kExitUsage;
      return parsed;
    }
    if (say_what_was_asked(command, parsed)) return parsed;
    parsed.chosen = &command;
    return parsed;
  }

 private:
  bool say_what_was_asked(const Command& command, Parsed& parsed) const {
    if (help_wanted_) parsed.out = help_text(command);
    if (version_wanted_ && !help_wanted_) parsed.out = fmt::format("{} {}\n", root_.name(), SL_VERSION);
    return help_wanted_ || version_wanted_;
  }

  // `--opt=` becomes two words, and what follows `--` is kept aside. Looks out for --help and --version too, so that
  // they work whatever else is wrong.
  std::vector<std::string> repair(const std::vector<std::string>& words, WordWalk& walk) {
    std::vector<std::string> repaired;
    for (const std::string& word : words) {
      WordWalk::Role role = walk.step(word);
      if (role == WordWalk::Role::kEndOfOptions) continue;
      if (role == WordWalk::Role::kPositional) {
        positionals_.push_back(word);
        continue;
      }
      if (role == WordWalk::Role::kOption) {
        if (walk.option() == nullptr && first_unknown_.empty()) first_unknown_ = word;
        if (word == "--help" || word == "-h") help_wanted_ = true;
        if (word == "--version" || word == "-V") version_wanted_ = true;
        if (walk.has_attached() && walk.attached().empty() && walk.option() != nullptr &&
            walk.option()->takes_value()) {
          repaired.push_back(word.substr(0, word.size() - 1));
          repaired.emplace_back();
          continue;
        }
      }
      repaired.push_back(word);
    }
    return repaired;
  }

  bool needs_words() const {
    if (!root_.commands().empty()) return true;
    return std::any_of(root_.positionals().begin(), root_.positionals().end(),
                       [](const Option& option) { return option.is_required(); });
  }

  Status parse_repaired(std::vector<std::string> words, const Command& command) {
    if (!root_.commands().empty() && &command == &root_) {
      // The value of a mistyped option looks like a command; the option is the cause.
      if (!first_unknown_.empty()) return usage(nearest_option(root_, first_unknown_));
      if (positionals_.empty()) return usage("a command is missing");
      return usage(nearest_command(root_, positionals_.front()));
    }
    CLI::App app(root_.summary(), root_.name());
    build(app, root_);
    std::reverse(words.begin(), words.end());
    try {
      app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
      return usage(sentence_of(error, command));
    }
    for (Command* level : levels_of(command))
      for (Option& option : level->options_) SL_CHECK(take_option(option, command));
    return take_positionals(const_cast<Command&>(command));
  }

  void build(CLI::App& app, const Command& command) {
    app.set_help_flag("");
    app.fallthrough();
    if (!command.commands().empty()) app.require_subcommand(1);
    for (const Option& option : command.options()) {
      std::string names = fmt::format("{}", fmt::join(option.names(), ","));
      for (const std::string& alias : option.aliases()) names += "," + alias;
      CLI::Option* made = option.takes_value() ? app.add_option(names) : app.add_flag(names);
      if (option.takes_value()) made->expected(1)->allow_extra_args(false);
      made->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      made_[&option] = made;
    }
    for (const Command& sub : command.commands()) build(*app.add_subcommand(sub.name(), sub.summary()), sub);
  }

  static std::vector<Command*> levels_of(const Command& command) {
    std::vector<Command*> levels;
    for (const Command* level = &command; level != nullptr; level = level->parent())
      levels.insert(levels.begin(), const_cast<Command*>(level));
    return levels;
  }

  static std::string sentence_of(const CLI::ParseError& error, const Command& command) {
    if (auto* extra = dynamic_cast<const CLI::ExtrasError*>(&error)) {
      std::string text = extra->what();
      size_t dash = text.find(": ");
      std::string word = dash == text.npos ? text : text.substr(dash + 2);
      return nearest_option(command, word.substr(0, word.find(' ')));
    }
    // The option's own name is all that CLI11 says here that is of use.
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
      std::string text = error.what();
      return fmt::format("option '{}' needs a value", text.substr(0, text.find_first_of(": ")));
    }
    return error.what();
  }

  Status take_option(Option& option, const Command& command) {
    option.given_ = false;
    std::vector<std::string> values = made_.at(&option)->results();
    std::string source = fmt::format("option '{}'", option.display_name());
    if (values.empty() && option.env_applies_) {
      if (auto value = environment_(option.env_)) {
        values.push_back(*value);
        source = "variable " + option.env_;
      }
    }
    if (values.empty()) {
      if (option.required_) return usage(fmt::format("option '{}' is missing", option.display_name()));
      return {};
    }
    option.given_ = true;
    // Bundled forms, -vh, are seen only here.
    if (option.has_name("--help")) help_wanted_ = true;
    if (option.has_name("--version")) version_wanted_ = true;
    if (!option.is_list()) values.erase(values.begin(), values.end() - 1);
    for (const std::string& value : values)
      if (auto taken = option.take(value); !taken) return usage(fmt::format("{}: {}", source, taken.error().context));
    if (made_.at(&option)->count() == 0) return {};
    for (const std::string& name : option.excludes_) {
      const Option* other = command.find_option(name);
      if (other != nullptr && made_.at(other)->count() > 0)
        return usage(fmt::format("{} and {} cannot be used together", option.display_name(), name));
    }
    return {};
  }

  // A list positional takes what the single ones behind it leave.
  Status take_positionals(Command& command) {
    size_t at = 0;
    for (size_t i = 0; i < command.positionals_.size(); ++i) {
      Option& positional = command.positionals_[i];
      size_t left = positionals_.size() - at;
      size_t reserved = 0;
      for (size_t j = i + 1; j < command.positionals_.size(); ++j) reserved += command.positionals_[j].is_required();
      size_t count = std::min<size_t>(left, 1);
      if (positional.is_list()) count = left > reserved ? left - reserved : 0;
      positional.given_ = count > 0;
      if (count == 0 && positional.is_required()) return usage(fmt::format("{} is missing", positional.display_name()));
      for (; count > 0; --count, ++at)
        if (auto taken = positional.take(positionals_[at]); !taken)
          return usage(fmt::format("{}: {}", positional.display_name(), taken.error().context));
    }
    if (at < positionals_.size()) return usage(fmt::format("unexpected argument '{}'", positionals_[at]));
    return {};
  }

  Command& root_;
  const Environment& environment_;
  std::map<const Option*, CLI::Option*> made_;
  std::vector<std::string> positionals_;
  std::string first_unknown_;  // option
  bool help_wanted_ = false, version_wanted_ = false;
};

Parsed CommandLine::parse(const std::vector<std::string>& words, const Environment& environment) {
  Parsed parsed;
  if (words.size() == 1 && words[0] == "--dump-cli") {
    parsed.out = dump_text(root_);
    return parsed;
  }
  if (words.size() >= 2 && words[0] == "__complete" && words[1] == "--") {
    parsed.out = complete_text(root_, {words.begin() + 2, words.end()});
    return parsed;
  }
  return CommandParser(root_, environment).parse(words);
}

}  // namespace sl::tools
