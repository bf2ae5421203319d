// Which records sl-consume prints: --key GLOB or /RE/, --grep RE on the value, --header n=v. Of several keys one must
// match, and so of several expressions, as with grep -e; beyond that all that are given must hold. Patterns are RE2's,
// so they run in time linear in the input; they match characters in what is UTF-8 and bytes in what is not.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/record.h"

namespace sl::tools {

class RecordFilter {
 public:
  RecordFilter();
  RecordFilter(RecordFilter&&) noexcept;
  ~RecordFilter();

  // "user-*" must match the whole key; "/^user/" may match anywhere in it. A null key matches neither.
  Status add_key(std::string_view pattern);
  // Anywhere in the value. A null value does not match.
  Status add_grep(std::string_view pattern);
  // "name=value" (some header of that name has that value), "name" (there is one), "name=/RE/".
  Status add_header(std::string_view condition);

  bool empty() const {
    return key_globs_.empty() && key_patterns_.empty() && value_patterns_.empty() && headers_.empty();
  }
  bool matches(const record::RecordView& record) const;

 private:
  struct Pattern;
  struct HeaderCondition;
  static bool any_found(const std::vector<std::unique_ptr<Pattern>>& patterns, const std::optional<Bytes>& where);
  bool key_matches(const std::optional<Bytes>& key) const;
  std::vector<std::string> key_globs_;
  std::vector<std::unique_ptr<Pattern>> key_patterns_, value_patterns_;
  std::vector<HeaderCondition> headers_;
};

}  // namespace sl::tools
