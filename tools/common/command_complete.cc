// What the shells' completion asks for: `TOOL __complete -- WORDS...`, the last word being the one under the cursor.
// Options left of it are stored as in a parse, errors ignored, so that a completer knows the brokers the user named.
#include <algorithm>
#include <set>

#include "tools/common/command_line.h"
#include "tools/common/command_words.h"

namespace sl::tools {

class CommandCompletion {
 public:
  explicit CommandCompletion(const Command& root) : walk_(root) {}

  std::string complete(const std::vector<std::string>& words) {
    std::string current = words.empty() ? "" : words.back();
    const Option* named = nullptr;
    for (size_t i = 0; i + 1 < words.size(); ++i) {
      WordWalk::Role role = walk_.step(words[i]);
      if (role == WordWalk::Role::kOptionValue) (void)walk_.option()->take(words[i]);
      if (role == WordWalk::Role::kOption && walk_.option() != nullptr && walk_.has_attached())
        (void)walk_.option()->take(walk_.attached());
    }
    named = walk_.pending();
    if (named != nullptr) {
      offer_values(*named, current, "");
    } else if (!walk_.options_ended() && current.starts_with("--") && current.find('=') != current.npos) {
      size_t equals = current.find('=');
      if (const Option* option = walk_.command().find_option(current.substr(0, equals)))
        offer_values(*option, current.substr(equals + 1), current.substr(0, equals + 1));
    } else if (!walk_.options_ended() && current.starts_with("-")) {
      offer_options(current);
    } else {
      offer_words(current);
    }
    return std::move(out_);
  }

 private:
  void offer(const std::string& value, std::string_view description) {
    if (value.find_first_of("\t\n") != value.npos || !offered_.insert(value).second) return;
    out_ += value;
    out_ += '\t';
    out_ += description.substr(0, description.find_first_of("\t\n"));
    out_ += '\n';
  }

  void offer_values(const Option& option, const std::string& prefix, const std::string& lead) {
    for (const std::string& choice : option.choices_)
      if (choice.starts_with(prefix)) offer(lead + choice, "");
    if (!option.completer_) return;
    for (const Candidate& candidate : option.completer_(prefix))
      if (candidate.value.starts_with(prefix)) offer(lead + candidate.value, candidate.description);
  }

  void offer_options(const std::string& prefix) {
    for (const Command* level = &walk_.command(); level != nullptr; level = level->parent())
      for (const Option& option : level->options())
        for (const std::string& name : option.names())
          if (!option.is_hidden() && name.starts_with(prefix)) offer(name, option.description());
  }

  void offer_words(const std::string& prefix) {
    const Command& command = walk_.command();
    if (!walk_.options_ended() && walk_.positionals() == 0)
      for (const Command& sub : command.commands())
        if (sub.name().starts_with(prefix)) offer(sub.name(), sub.summary());
    size_t at = 0;
    for (const Option& positional : command.positionals()) {
      if (at++ == walk_.positionals() || (positional.is_list() && at <= walk_.positionals())) {
        offer_values(positional, prefix, "");
        return;
      }
    }
  }

  WordWalk walk_;
  std::string out_;
  std::set<std::string> offered_;
};

std::string complete_text(const Command& root, const std::vector<std::string>& words) {
  return CommandCompletion(root).complete(words);
}

}  // namespace sl::tools
