// Which records sl-consume prints: --key GLOB or /RE/, --grep RE on the value, --header n=v. All that are given must
// hold. Patterns are RE2's, so they run in time linear in the input; they match characters in what is UTF-8 and bytes
// in what is not.
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
  Status set_key(std::string_view pattern);
  // Anywhere in the value. A null value does not match.
  Status set_grep(std::string_view pattern);
  // "name=value" (some header of that name has that value), "name" (there is one), "name=/RE/".
  Status add_header(std::string_view condition);

  bool empty() const { return !key_glob_ && !key_pattern_ && !value_pattern_ && headers_.empty(); }
  bool matches(const record::RecordView& record) const;

 private:
  struct Pattern;
  struct HeaderCondition;
  std::optional<std::string> key_glob_;
  std::unique_ptr<Pattern> key_pattern_, value_pattern_;
  std::vector<HeaderCondition> headers_;
};

}  // namespace sl::tools
