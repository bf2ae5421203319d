// RecordView: one record of a batch, as views into the (decompressed) bytes of it.
#pragma once
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace sl::record {

struct HeaderView {
  std::string_view name;       // UTF-8, never null
  std::optional<Bytes> value;  // null is not empty
};

// Walks the headers of a record, in order, duplicates kept. The bytes were checked when the record was read.
class HeaderCursor {
 public:
  HeaderCursor(Bytes encoded, int32_t count) : left_(encoded), count_(count) {}
  int32_t remaining() const { return count_; }
  std::optional<HeaderView> next();

 private:
  Bytes left_;
  int32_t count_;
};

struct RecordView {
  Offset offset;
  int64_t timestamp_ms = -1;
  std::optional<Bytes> key;  // null is not empty
  std::optional<Bytes> value;
  Bytes header_bytes;  // encoded, without the count
  int32_t header_count = 0;
  HeaderCursor headers() const { return HeaderCursor(header_bytes, header_count); }
};

}  // namespace sl::record
