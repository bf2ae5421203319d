// The texts made of a declared command line: --help, the short help, --dump-cli.
#include <fmt/format.h>

#include <algorithm>

#include "tools/common/command_line.h"
#include "tools/common/table.h"

namespace sl::tools {
namespace {

constexpr size_t kWidth = 80;
// Descriptions begin here; a longer left side gets a line of its own.
constexpr size_t kIndent = 28;

// `left` and, from a fixed column on, `right`, broken at spaces.
void append_entry(std::string& out, std::string_view left, std::string_view right, size_t indent) {
  out += left;
  size_t column = display_width(left);
  if (column > 0 && column + 2 > indent) {
    out += '\n';
    column = 0;
  }
  out.append(indent - column, ' ');
  column = indent;
  while (!right.empty()) {
    size_t end = std::min(right.find(' '), right.size());
    std::string_view word = right.substr(0, end);
    if (column > indent && column + 1 + display_width(word) > kWidth) {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += display_width(word);
    right.remove_prefix(std::min(end + 1, right.size()));
  }
  out += '\n';
}

void append_paragraph(std::string& out, std::string_view text) {
  append_entry(out, "", text, 0);
}

std::string positional_shown(const Option& positional) {
  std::string text = positional.value_name();
  if (positional.is_list()) text += "...";
  return positional.is_required() ? text : "[" + text + "]";
}

std::string names_shown(const Option& option) {
  std::string names = fmt::format("{}", fmt::join(option.names(), ", "));
  if (option.names().size() == 1 && names.starts_with("--")) names = "    " + names;
  if (option.takes_value()) names += " " + option.value_name();
  return names;
}

std::string description_shown(const Option& option) {
  std::string text = option.description();
  if (!option.default_shown().empty()) text += fmt::format(" [default: {}]", option.default_shown());
  if (!option.env_name().empty()) text += fmt::format(" [env: {}]", option.env_name());
  return text;
}

void append_usage(std::string& out, const Command& command) {
  out += "Usage: " + command.path();
  if (!command.commands().empty()) out += " COMMAND";
  out += " [OPTION...]";
  for (const Option& positional : command.positionals())
    if (!positional.is_hidden()) out += " " + positional_shown(positional);
  out += '\n';
}

void append_examples(std::string& out, const Command& command, size_t count_max) {
  size_t widest = 0;
  size_t shown = 0;
  for (const Example& example : command.examples())
    if (shown++ < count_max) widest = std::max(widest, display_width(example.line));
  size_t indent = std::min<size_t>(widest + 4, 48);
  shown = 0;
  for (const Example& example : command.examples())
    if (shown++ < count_max) append_entry(out, "  " + example.line, example.meaning, indent);
}

void append_commands(std::string& out, const Command& command) {
  out += "\nCommands:\n";
  for (const Command& sub : command.commands()) append_entry(out, "  " + sub.name(), sub.summary(), 14);
}

// In the order in which the groups first appear; the ungrouped options first.
std::vector<std::string> groups_of(const Command& command) {
  std::vector<std::string> groups{""};
  for (const Option& option : command.options())
    if (std::find(groups.begin(), groups.end(), option.group_name()) == groups.end())
      groups.push_back(option.group_name());
  return groups;
}

// One heading per group. Of a parent's options --help is left out: the command has it too.
void append_options(std::string& out, const Command& command, bool inherited) {
  std::string ungrouped_title = inherited ? fmt::format("Options of every {} command", command.name()) : "Options";
  for (const std::string& group : groups_of(command)) {
    std::string entries;
    for (const Option& option : command.options())
      if (option.group_name() == group && !option.is_hidden() && !(inherited && option.has_name("--help")))
        append_entry(entries, "  " + names_shown(option), description_shown(option), kIndent);
    if (entries.empty()) continue;
    out += fmt::format("\n{}:\n{}", group.empty() ? ungrouped_title : group, entries);
  }
}

const Command& root_of(const Command& command) {
  return command.parent() == nullptr ? command : root_of(*command.parent());
}

void dump(std::string& out, const Command& command) {
  std::string path = command.path();
  out += fmt::format("{}\t\t\t\t{}\t\t\n", path, command.summary());
  auto line = [&](const Option& option, const std::string& names) {
    if (option.is_hidden()) return;
    out += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", path, names,
                       option.kind() == Option::Kind::kFlag ? "" : option.value_name(), option.default_shown(),
                       option.description(), option.group_name(), option.env_name());
  };
  for (const Option& positional : command.positionals()) line(positional, positional_shown(positional));
  for (const std::string& group : groups_of(command))
    for (const Option& option : command.options())
      if (option.group_name() == group) line(option, fmt::format("{}", fmt::join(option.names(), ",")));
  for (const Command& sub : command.commands()) dump(out, sub);
}

}  // namespace

std::string help_text(const Command& command) {
  std::string out;
  append_usage(out, command);
  out += '\n';
  append_paragraph(out, command.summary());
  if (!command.examples().empty()) {
    out += "\nExamples:\n";
    append_examples(out, command, command.examples().size());
  }
  if (!command.commands().empty()) append_commands(out, command);
  std::string arguments;
  for (const Option& positional : command.positionals())
    if (!positional.is_hidden())
      append_entry(arguments, "  " + positional.value_name(), description_shown(positional), kIndent);
  if (!arguments.empty()) out += "\nArguments:\n" + arguments;
  append_options(out, command, false);
  for (const Command* level = command.parent(); level != nullptr; level = level->parent())
    append_options(out, *level, true);
  if (!command.notes_text().empty()) {
    out += '\n';
    append_paragraph(out, command.notes_text());
  }
  out += fmt::format("\nman {}\n", root_of(command).name());
  return out;
}

std::string short_help_text(const Command& command) {
  std::string out;
  append_usage(out, command);
  append_paragraph(out, command.summary());
  append_examples(out, command, 3);
  if (!command.commands().empty()) {
    std::vector<std::string> names;
    for (const Command& sub : command.commands()) names.push_back(sub.name());
    append_paragraph(out, fmt::format("Commands: {}", fmt::join(names, " ")));
  }
  out += fmt::format("Try '{} --help'.\n", command.path());
  return out;
}

std::string dump_text(const Command& root) {
  std::string out;
  dump(out, root);
  return out;
}

}  // namespace sl::tools
