// A record with headers, encoded as a batch has them, for what prints and filters records.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/record.h"

namespace sl::tools::testing {

using SampleHeader = std::pair<std::string, std::optional<std::string>>;

class SampleRecord {
 public:
  SampleRecord(std::optional<std::string> key, std::optional<std::string> value, std::vector<SampleHeader> headers = {})
      : key_(std::move(key)), value_(std::move(value)) {
    for (const auto& [name, content] : headers) {
      add_text(name);
      if (content) {
        add_text(*content);
      } else {
        encoded_ += '\x01';  // zigzag of -1
      }
    }
    view.offset = Offset(4);
    view.timestamp_ms = 1603987358147;
    if (key_) view.key = as_bytes(*key_);
    if (value_) view.value = as_bytes(*value_);
    view.header_bytes = as_bytes(encoded_);
    view.header_count = static_cast<int32_t>(headers.size());
  }
  SampleRecord(const SampleRecord&) = delete;

  record::RecordView view;

 private:
  // Short texts only: the length is one byte of varint.
  void add_text(std::string_view text) {
    encoded_ += static_cast<char>(text.size() * 2);
    encoded_ += text;
  }
  std::optional<std::string> key_, value_;
  std::string encoded_;
};

}  // namespace sl::tools::testing
