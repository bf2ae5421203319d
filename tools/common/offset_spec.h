// The -o grammar, the same everywhere (rpk's, with kcat's words as synonyms):
//
//   start|beginning|earliest   end|latest   stored      ends of the log; the group's committed offset
//   47   +5   -5                                        absolute; after the start; before the end
//   47:   :47   10:20   :end                            ranges, the end exclusive
//   @T   @T1:T2   @:T   @T1:1h                          by time; a duration as an end counts from T1
//   s@T   e@T                                           kcat's: sets only the beginning, only the end
//
// T is 13 digits (ms), 9 or 10 digits (s), a date, RFC 3339, a time ago (-1h) or now. What is hard: times hold
// colons too. A text is first tried as one time, then split at each colon until both sides make sense.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sl::tools {

struct Position {
  enum class Kind {
    kStart,       // the first record there is
    kEnd,         // behind the last record, as it is when asked
    kStored,      // the group's committed offset
    kAbsolute,    // value: the offset
    kAfterStart,  // value: records after the start
    kBeforeEnd,   // value: records before the end, in each partition
    kTime,        // value: ms since 1970 UTC; the first record not older
  };
  Kind kind = Kind::kStart;
  int64_t value = 0;
  bool operator==(const Position&) const = default;
};

struct OffsetRange {
  std::optional<Position> from;  // none: the tool's own default
  std::optional<Position> to;    // exclusive; none: no end
};

// The answer depends on nothing but these.
struct OffsetGrammar {
  int64_t now_ms = 0;           // what -1h and now refer to
  bool stored_allowed = false;  // only with a group
};

// Applies one -o to `range`: s@ and e@ change one side, everything else sets both. Several -o apply in turn.
Status parse_offsets(std::string_view text, const OffsetGrammar& grammar, OffsetRange& range);
// One position, without a range.
Result<Position> parse_position(std::string_view text, const OffsetGrammar& grammar);
// The T of the grammar, for --timestamp and the like. Milliseconds since 1970 UTC.
Result<int64_t> parse_moment(std::string_view text, int64_t now_ms);
// For -v and messages: "offset 47", "5 before the end", "2026-01-31T09:15:00.000Z".
std::string describe(const Position& position);

}  // namespace sl::tools
