// A regular expression for names of topics and groups, as -r of every verb takes it: it must match the whole name, so
// that `delete` takes no more than `list` shows.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace sl::tools {

class NamePattern {
 public:
  // kUsage with a sentence where it is none.
  static Result<NamePattern> compile(const std::string& pattern);
  bool matches(std::string_view name) const;

 private:
  std::shared_ptr<re2::RE2> expression_;
};

}  // namespace sl::tools
