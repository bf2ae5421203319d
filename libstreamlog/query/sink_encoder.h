// The end of a persistent query: rows to records of the sink's topic.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "query/operator.h"
#include "query/time_pattern.h"

namespace sl::query {

struct OutputRecord {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  // none: a tombstone
  int64_t timestamp = 0;
  RowHeaders headers;
};

class SinkEncoder {
 public:
  static Result<std::unique_ptr<SinkEncoder>> make(const Plan& plan, Environment& environment);
  // Calls `emit` for each record that the batch makes; what it is given lives until it returns.
  Status encode(const Batch& batch, const std::function<Status(const OutputRecord&)>& emit);

 private:
  SinkEncoder(const Plan& plan, Environment& environment) : plan_(plan), environment_(environment) {}
  Status one(const Batch& batch, size_t row, bool absent, const std::function<Status(const OutputRecord&)>& emit);
  void append_window(const Batch& batch, size_t row);
  std::optional<int64_t> timestamp(const Batch& batch, size_t row) const;

  const Plan& plan_;
  Environment& environment_;
  std::unique_ptr<Encoder> key_encoder_, value_encoder_;
  std::vector<const Value*> key_columns_, value_columns_;
  std::optional<size_t> time_column_;  // of the root
  std::optional<TimePattern> time_pattern_;
  std::string key_, value_;
};

}  // namespace sl::query
