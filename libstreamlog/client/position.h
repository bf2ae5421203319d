// Where in a partition to begin or end. Some positions are offsets, others are asked of the leader (ListOffsets).
#pragma once
#include <cstdint>

#include "base/ids.h"

namespace sl::client {

struct Position {
  enum class Kind : uint8_t {
    kStart,         // the first record there is
    kEnd,           // behind the last record, as it is when asked
    kAbsolute,      // value: the offset
    kAfterStart,    // value: records after the start
    kBeforeEnd,     // value: records before the end; not before the start
    kTime,          // value: ms since 1970 UTC; the first record not older, the end where there is none
    kMaxTimestamp,  // the record with the largest timestamp
  };
  Kind kind = Kind::kStart;
  int64_t value = 0;

  static Position start() { return {Kind::kStart, 0}; }
  static Position end() { return {Kind::kEnd, 0}; }
  static Position at(Offset offset) { return {Kind::kAbsolute, offset.value}; }
  static Position after_start(int64_t records) { return {Kind::kAfterStart, records}; }
  static Position before_end(int64_t records) { return {Kind::kBeforeEnd, records}; }
  static Position time(int64_t wall_ms) { return {Kind::kTime, wall_ms}; }
  bool operator==(const Position&) const = default;
};

}  // namespace sl::client
