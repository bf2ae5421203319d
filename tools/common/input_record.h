// A record as sl-produce reads it, from JSON or by a format: views into the reader's buffers, good until it reads
// the next one. Null is not empty.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sl::tools {

struct InputHeader {
  std::string_view name;
  std::optional<std::string_view> value;
};

struct InputRecord {
  std::optional<std::string_view> topic;
  std::optional<int32_t> partition;
  std::optional<int64_t> timestamp_ms;  // none: now
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<InputHeader> headers;  // in order, duplicates kept

  void clear() {
    topic.reset();
    partition.reset();
    timestamp_ms.reset();
    key.reset();
    value.reset();
    headers.clear();
  }
};

}  // namespace sl::tools
