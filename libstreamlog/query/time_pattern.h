// Patterns of dates and times in the letters of Java's DateTimeFormatter: yyyy-MM-dd'T'HH:mm:ss.SSSX. Made once, used
// for many.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/zone.h"

namespace sl::query {

class TimePattern {
 public:
  // kMalformed for a letter that means nothing here. A section [in brackets] may be missing in a text that is parsed.
  static Result<TimePattern> make(std::string_view pattern);

  // Milliseconds since the epoch; what the pattern leaves out is 1970-01-01T00:00. A zone in the text counts, else
  // `zone`, else UTC.
  std::optional<int64_t> parse(std::string_view text, const Zone* zone = nullptr) const;
  std::string format(int64_t ms, const Zone* zone = nullptr) const;

  // What it has letters for.
  bool has_date() const { return has_date_; }
  bool has_time() const { return has_time_; }

 private:
  struct Part {
    char letter = 0;   // 0: `text` as it is; [ and ]: around what may be missing
    size_t count = 0;  // of letters; of a [: the place of its ]
    std::string text;
  };
  struct Fields;
  static bool take(const Part& part, bool fixed, std::string_view& text, Fields& fields);
  static bool take_other_hour(const Part& part, std::string_view& text, Fields& fields);
  bool take_all(std::string_view text, Fields& fields) const;
  std::vector<Part> parts_;
  bool has_date_ = false, has_time_ = false;
};

}  // namespace sl::query
