#include "tools/common/name_pattern.h"

#include <fmt/core.h>
#include <re2/re2.h>

namespace sl::tools {

Result<NamePattern> NamePattern::compile(const std::string& pattern) {
  NamePattern made;
  made.expression_ = std::make_shared<re2::RE2>(pattern, re2::RE2::Quiet);
  if (!made.expression_->ok())
    return Error{Errc::kUsage, fmt::format("'{}' is no regular expression: {}", pattern, made.expression_->error())};
  return made;
}

bool NamePattern::matches(std::string_view name) const {
  return re2::RE2::FullMatch(re2::StringPiece(name.data(), name.size()), *expression_);
}

}  // namespace sl::tools
