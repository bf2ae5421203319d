// The declaration of a command line: options and commands as they are built up, and the checks on single values. The
// parse is in command_parse.cc.
#include "tools/common/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/text.h"
#include "tools/common/signals.h"

namespace sl::tools {
namespace {

// A plus is taken where a minus is.
Result<int64_t> parse_number(std::string_view text, int64_t min) {
  bool plus = min < 0 && text.size() > 1 && text[0] == '+' && text[1] != '-';
  return parse_int(plus ? text.substr(1) : text);
}

Store store_integer(std::function<void(int64_t)> set, int64_t min, int64_t max) {
  return [set = std::move(set), min, max](std::string_view text) -> Status {
    SL_TRY(int64_t number, parse_number(text, min));
    if (number < min || number > max)
      return Error{Errc::kUsage, fmt::format("'{}' is not between {} and {}", text, min, max)};
    set(number);
    return {};
  };
}

template <class Int>
Store store_integer_in(Int* value) {
  return store_integer([value](int64_t n) { *value = static_cast<Int>(n); }, std::numeric_limits<Int>::min(),
                       std::numeric_limits<Int>::max());
}

}  // namespace

Option::Option(Kind kind, std::string_view names, std::string value_name, std::string description)
    : kind_(kind), value_name_(std::move(value_name)), description_(std::move(description)) {
  for (std::string_view name : split(names, ',')) names_.emplace_back(trim(name));
  assert(!names_.empty() && !names_.front().empty());
}

Option& Option::into(std::string* value) {
  return into_store([value](std::string_view text) -> Status {
    *value = std::string(text);
    return {};
  });
}

Option& Option::into(std::optional<std::string>* value) {
  return into_store([value](std::string_view text) -> Status {
    *value = std::string(text);
    return {};
  });
}

Option& Option::into(std::vector<std::string>* values) {
  list_ = true;
  return into_store([values](std::string_view text) -> Status {
    values->emplace_back(text);
    return {};
  });
}

Option& Option::into(int32_t* value) {
  return into_store(store_integer_in(value));
}
Option& Option::into(int64_t* value) {
  return into_store(store_integer_in(value));
}

Option& Option::into(std::optional<int32_t>* value) {
  return into_store(store_integer([value](int64_t n) { *value = static_cast<int32_t>(n); },
                                  std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()));
}

Option& Option::into(std::optional<int64_t>* value) {
  return into_store(store_integer([value](int64_t n) { *value = n; }, std::numeric_limits<int64_t>::min(),
                                  std::numeric_limits<int64_t>::max()));
}

Option& Option::into(bool* flag) {
  return into_store([flag](std::string_view text) -> Status {
    SL_TRY(*flag, parse_bool(text));
    return {};
  });
}

Option& Option::into_count(int* times) {
  list_ = true;
  return into_store([times](std::string_view text) -> Status {
    SL_TRY(bool on, parse_bool(text));
    *times = on ? *times + 1 : 0;
    return {};
  });
}

Option& Option::into_duration(int64_t* ms, int64_t unit_ms) {
  return into_store([ms, unit_ms](std::string_view text) -> Status {
    SL_TRY(int64_t duration, parse_duration_ms(text, unit_ms));
    if (duration < 0) return Error{Errc::kUsage, fmt::format("'{}' is negative", text)};
    *ms = duration;
    return {};
  });
}

Option& Option::into_size(int64_t* bytes) {
  return into_store([bytes](std::string_view text) -> Status {
    SL_TRY(int64_t size, parse_size(text));
    if (size < 0) return Error{Errc::kUsage, fmt::format("'{}' is negative", text)};
    *bytes = size;
    return {};
  });
}

Option& Option::into_store(Store store) {
  store_ = std::move(store);
  return *this;
}

Option& Option::range(int64_t min, int64_t max) {
  range_.emplace(min, max);
  return *this;
}

Option& Option::choices(std::vector<std::string> values) {
  choices_ = std::move(values);
  return *this;
}

Option& Option::required() {
  required_ = true;
  return *this;
}

Option& Option::repeats() {
  list_ = true;
  return *this;
}

Option& Option::env(std::string variable) {
  env_ = std::move(variable);
  env_applies_ = true;
  return *this;
}

Option& Option::env_shown(std::string variable) {
  env_ = std::move(variable);
  return *this;
}

Option& Option::default_text(std::string text) {
  default_ = std::move(text);
  return *this;
}

Option& Option::group(std::string title) {
  group_ = std::move(title);
  return *this;
}

Option& Option::hidden() {
  hidden_ = true;
  return *this;
}

Option& Option::alias(std::string name) {
  aliases_.push_back(std::move(name));
  return *this;
}

Option& Option::complete(Completer completer) {
  completer_ = std::move(completer);
  return *this;
}

Option& Option::excludes(std::string other_name) {
  excludes_.push_back(std::move(other_name));
  return *this;
}
Option& Option::setting(std::string name) {
  setting_ = std::move(name);
  return *this;
}

bool Option::has_name(std::string_view name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end() ||
         std::find(aliases_.begin(), aliases_.end(), name) != aliases_.end();
}

Status Option::take(std::string_view value) const {
  if (!choices_.empty() && std::find(choices_.begin(), choices_.end(), value) == choices_.end())
    return Error{Errc::kUsage, fmt::format("'{}' is not one of {}", value, fmt::join(choices_, ", "))};
  if (range_) {
    SL_TRY(int64_t number, parse_number(value, range_->first));
    if (number < range_->first || number > range_->second)
      return Error{Errc::kUsage, fmt::format("{} is not between {} and {}", value, range_->first, range_->second)};
  }
  return store_ ? store_(value) : Status{};
}

Status Option::take_setting(std::string_view value) const {
  if (given_) return {};
  bool bare = !value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos;
  if (bare && setting_.ends_with(".ms")) return take(fmt::format("{}ms", value));
  return take(value);
}

Command::Command(std::string name, std::string summary, const Command* parent)
    : name_(std::move(name)), summary_(std::move(summary)), parent_(parent) {
  flag("-h,--help", "Show this help");
}

Command& Command::command(std::string name, std::string summary) {
  return commands_.emplace_back(std::move(name), std::move(summary), this);
}

Option& Command::option(std::string_view names, std::string value_name, std::string description) {
  options_.push_back(Option(Option::Kind::kOption, names, std::move(value_name), std::move(description)));
  return options_.back();
}

Option& Command::flag(std::string_view names, std::string description) {
  options_.push_back(Option(Option::Kind::kFlag, names, {}, std::move(description)));
  return options_.back();
}

Option& Command::positional(std::string value_name, std::string description) {
  positionals_.push_back(Option(Option::Kind::kPositional, value_name, value_name, std::move(description)));
  return positionals_.back();
}

Command& Command::example(std::string line, std::string meaning) {
  examples_.push_back({std::move(line), std::move(meaning)});
  return *this;
}

Command& Command::notes(std::string text) {
  notes_ = std::move(text);
  return *this;
}

Command& Command::action(std::function<int()> run) {
  action_ = std::move(run);
  return *this;
}

std::string Command::path() const {
  return parent_ ? parent_->path() + " " + name_ : name_;
}

const Command* Command::find_command(std::string_view name) const {
  for (const Command& command : commands_)
    if (command.name_ == name) return &command;
  return nullptr;
}

const Option* Command::find_option(std::string_view name) const {
  for (const Option& option : options_)
    if (option.has_name(name)) return &option;
  return parent_ ? parent_->find_option(name) : nullptr;
}

CommandLine::CommandLine(std::string tool, std::string summary) : root_(std::move(tool), std::move(summary), nullptr) {
  root_.flag("-V,--version", "Show the version");
}

int CommandLine::run(int argc, char** argv) {
  std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  Parsed parsed = parse(words, process_environment());
  std::fwrite(parsed.err.data(), 1, parsed.err.size(), stderr);
  std::fwrite(parsed.out.data(), 1, parsed.out.size(), stdout);
  int exit_code = parsed.exit_code;
  if (parsed.chosen != nullptr && parsed.chosen->action_) exit_code = parsed.chosen->action_();
  // Output that did not get out is a failure, whatever was done; a reader that left is none, but ends the tool.
  bool lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (!lost) return exit_code;
  if (errno == EPIPE) die_by_sigpipe();
  std::fprintf(stderr, "%s: cannot write to standard output: %s\n", root_.name().c_str(), std::strerror(errno));
  return exit_code == 0 ? 1 : exit_code;
}

}  // namespace sl::tools
