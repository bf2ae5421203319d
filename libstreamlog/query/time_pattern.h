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
  // kMalformed for a letter that means nothing here.
  static Result<TimePattern> make(std::string_view pattern);

  // Milliseconds since the epoch; what the pattern leaves out is 1970-01-01T00:00. A zone in the text counts, else
  // `zone`, else UTC.
  std::optional<int64_t> parse(std::string_view text, const Zone* zone = nullptr) const;
  std::string format(int64_t ms, const Zone* zone = nullptr) const;

 private:
  struct Part {
    char letter = 0;  // 0: `text` as it is
    size_t count = 0;
    std::string text;
  };
  struct Fields;
  static bool take(const Part& part, bool fixed, std::string_view& text, Fields& fields);
  std::vector<Part> parts_;
};

}  // namespace sl::query
