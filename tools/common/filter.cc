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

Result<std::unique_ptr<re2::RE2>> compile(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_unique<re2::RE2>(piece(pattern), options);
  if (!compiled->ok())
    return Error{Errc::kUsage, fmt::format("'{}' is not a regular expression: {}", pattern, compiled->error())};
  return compiled;
}

// The pattern between slashes, or none where it is meant as it stands.
std::optional<std::string_view> between_slashes(std::string_view text) {
  if (text.size() < 2 || text.front() != '/' || text.back() != '/') return std::nullopt;
  return text.substr(1, text.size() - 2);
}

bool found(const re2::RE2& pattern, const std::optional<Bytes>& bytes) {
  return bytes && re2::RE2::PartialMatch(piece(as_text(*bytes)), pattern);
}

}  // namespace

struct RecordFilter::HeaderCondition {
  std::string name;
  std::optional<std::string> value;
  std::unique_ptr<re2::RE2> pattern;

  bool holds(const record::RecordView& record) const {
    auto headers = record.headers();
    while (auto header = headers.next()) {
      if (header->name != name) continue;
      if (!value && !pattern) return true;
      if (pattern ? found(*pattern, header->value) : header->value && as_text(*header->value) == *value) return true;
    }
    return false;
  }
};

RecordFilter::RecordFilter() = default;
RecordFilter::RecordFilter(RecordFilter&&) noexcept = default;
RecordFilter::~RecordFilter() = default;

Status RecordFilter::set_key(std::string_view pattern) {
  key_glob_.reset();
  key_pattern_.reset();
  if (auto inner = between_slashes(pattern)) {
    SL_TRY(key_pattern_, compile(*inner));
  } else {
    key_glob_ = std::string(pattern);
  }
  return {};
}

Status RecordFilter::set_grep(std::string_view pattern) {
  SL_TRY(value_pattern_, compile(pattern));
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
      SL_TRY(parsed.pattern, compile(*inner));
    } else {
      parsed.value = std::string(value);
    }
  }
  headers_.push_back(std::move(parsed));
  return {};
}

bool RecordFilter::matches(const record::RecordView& record) const {
  if (key_glob_ && !(record.key && glob_match(*key_glob_, as_text(*record.key)))) return false;
  if (key_pattern_ && !found(*key_pattern_, record.key)) return false;
  if (value_pattern_ && !found(*value_pattern_, record.value)) return false;
  return std::all_of(headers_.begin(), headers_.end(), [&](const auto& condition) { return condition.holds(record); });
}

}  // namespace sl::tools
