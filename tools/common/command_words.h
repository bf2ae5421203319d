// Reads words left to right by the declared tree, without judging them: which of them name commands, which belong to
// options, which are positionals. The parse uses it for the corners that CLI11 has wrong, the completion for what it
// is about to complete.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tools/common/command_line.h"

namespace sl::tools {

class WordWalk {
 public:
  enum class Role {
    kCommand,
    kOption,       // an option with its value attached, a flag, or an unknown one
    kOptionName,   // an option whose value is the next word
    kOptionValue,  // that value
    kPositional,
    kEndOfOptions,  // --
  };

  explicit WordWalk(const Command& root) : command_(&root) {}
  Role step(std::string_view word);

  const Command& command() const { return *command_; }  // the innermost so far
  const Option* pending() const { return pending_; }    // waits for its value
  size_t positionals() const { return positionals_; }   // met so far
  bool options_ended() const { return options_ended_; }
  // Of the last step, where it was an option: which, and the attached value ("=" form or "-ofoo"), if any.
  const Option* option() const { return option_; }
  std::string_view attached() const { return attached_; }
  bool has_attached() const { return has_attached_; }

 private:
  Role step_option(std::string_view word);
  const Command* command_;
  const Option* pending_ = nullptr;
  const Option* option_ = nullptr;
  std::string_view attached_;
  bool has_attached_ = false;
  bool options_ended_ = false;
  size_t positionals_ = 0;
};

inline WordWalk::Role WordWalk::step(std::string_view word) {
  option_ = nullptr;
  has_attached_ = false;
  if (pending_ != nullptr) {
    option_ = pending_;
    pending_ = nullptr;
    return Role::kOptionValue;
  }
  if (!options_ended_ && word == "--") {
    options_ended_ = true;
    return Role::kEndOfOptions;
  }
  if (!options_ended_ && word.size() > 1 && word[0] == '-') return step_option(word);
  if (!options_ended_ && positionals_ == 0)
    if (const Command* sub = command_->find_command(word)) {
      command_ = sub;
      return Role::kCommand;
    }
  ++positionals_;
  return Role::kPositional;
}

inline WordWalk::Role WordWalk::step_option(std::string_view word) {
  if (word[1] == '-') {
    size_t equals = word.find('=');
    option_ = command_->find_option(word.substr(0, equals));
    if (equals != word.npos) {
      attached_ = word.substr(equals + 1);
      has_attached_ = true;
    } else if (option_ != nullptr && option_->takes_value()) {
      pending_ = option_;
      return Role::kOptionName;
    }
    return Role::kOption;
  }
  // Bundled: flags up to the first option that takes a value, which has the rest of the word or the next one.
  for (size_t i = 1; i < word.size(); ++i) {
    option_ = command_->find_option(std::string{'-', word[i]});
    if (option_ == nullptr || !option_->takes_value()) continue;
    if (i + 1 < word.size()) {
      attached_ = word.substr(i + 1);
      has_attached_ = true;
      return Role::kOption;
    }
    pending_ = option_;
    return Role::kOptionName;
  }
  return Role::kOption;
}

}  // namespace sl::tools
