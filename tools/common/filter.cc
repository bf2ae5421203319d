#include "tools/common/filter.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"

namespace sl::tools {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

// The pattern between slashes, or none where it is meant as it stands.
std::optional<std::string_view> between_slashes(std::string_view text) {
  if (text.size() < 2 || text.front() != '/' || text.back() != '/') return std::nullopt;
  return text.substr(1, text.size() - 2);
}

}  // namespace

// The same pattern twice: RE2 in UTF-8 mode lets nothing match a byte that is not part of a character.
struct RecordFilter::Pattern {
  re2::RE2 characters;
  re2::RE2 bytes;

  Pattern(std::string_view text, const re2::RE2::Options& utf8, const re2::RE2::Options& latin1)
      : characters(piece(text), utf8), bytes(piece(text), latin1) {}

  static Result<std::unique_ptr<Pattern>> compile(std::string_view text) {
    re2::RE2::Options utf8, latin1;
    utf8.set_log_errors(false);
    latin1.set_log_errors(false);
    latin1.set_encoding(re2::RE2::Options::EncodingLatin1);
    auto pattern = std::make_unique<Pattern>(text, utf8, latin1);
    if (!pattern->characters.ok())
      return Error{Errc::kUsage,
                   fmt::format("'{}' is not a regular expression: {}", text, pattern->characters.error())};
    return pattern;
  }

  bool found_in(const std::optional<Bytes>& where) const {
    if (!where) return false;
    std::string_view text = as_text(*where);
    if (re2::RE2::PartialMatch(piece(text), characters)) return true;
    return !valid_utf8(text) && re2::RE2::PartialMatch(piece(text), bytes);
  }
};

bool RecordFilter::any_found(const std::vector<std::unique_ptr<Pattern>>& patterns, const std::optional<Bytes>& where) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& each) { return each->found_in(where); });
}

struct RecordFilter::HeaderCondition {
  std::string name;
  std::optional<std::string> value;
  std::unique_ptr<Pattern> pattern;

  bool holds(const record::RecordView& record) const {
    auto headers = record.headers();
    while (auto header = headers.next()) {
      if (header->name != name) continue;
      if (!value && !pattern) return true;
      if (pattern ? pattern->found_in(header->value) : header->value && as_text(*header->value) == *value) return true;
    }
    return false;
  }
};

RecordFilter::RecordFilter() = default;
RecordFilter::RecordFilter(RecordFilter&&) noexcept = default;
RecordFilter::~RecordFilter() = default;

Status RecordFilter::add_key(std::string_view pattern) {
  auto inner = between_slashes(pattern);
  if (!inner) {
    key_globs_.emplace_back(pattern);
    return {};
  }
  SL_TRY(auto compiled, Pattern::compile(*inner));
  key_patterns_.push_back(std::move(compiled));
  return {};
}

Status RecordFilter::add_grep(std::string_view pattern) {
  SL_TRY(auto compiled, Pattern::compile(pattern));
  value_patterns_.push_back(std::move(compiled));
  return {};
}

Status RecordFilter::add_header(std::string_view condition) {
  size_t equals = condition.find('=');
  HeaderCondition parsed;
  parsed.name = std::string(condition.substr(0, equals));
  if (parsed.name.empty())
    return Error{Errc::kUsage, fmt::format("'{}' names no header: use NAME=VALUE, NAME=/RE/ or NAME", condition)};
  if (equals != condition.npos) {
    std::string_view value = condition.substr(equals + 1);
    if (auto inner = between_slashes(value)) {
      SL_TRY(parsed.pattern, Pattern::compile(*inner));
    } else {
      parsed.value = std::string(value);
    }
  }
  headers_.push_back(std::move(parsed));
  return {};
}

bool RecordFilter::key_matches(const std::optional<Bytes>& key) const {
  if (key_globs_.empty() && key_patterns_.empty()) return true;
  auto globs = [&](const std::string& glob) { return key && glob_match(glob, as_text(*key)); };
  return std::any_of(key_globs_.begin(), key_globs_.end(), globs) || any_found(key_patterns_, key);
}

bool RecordFilter::matches(const record::RecordView& record) const {
  if (!key_matches(record.key)) return false;
  if (!value_patterns_.empty() && !any_found(value_patterns_, record.value)) return false;
  return std::all_of(headers_.begin(), headers_.end(), [&](const auto& condition) { return condition.holds(record); });
}

}  // namespace sl::tools
