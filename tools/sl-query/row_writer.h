// Rows of a query as text: a table for people, JSON lines, CSV or TSV with a header line.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/batch.h"
#include "query/format.h"

namespace sl::tools::query {

enum class RowFormat : uint8_t { kTable, kJson, kCsv, kTsv };
Result<RowFormat> parse_row_format(std::string_view name);

class RowWriter {
 public:
  RowWriter(RowFormat format, std::vector<sl::query::Field> columns);
  // Appends row `row`. A row that is absent, a tombstone, has nulls in it.
  void append(const sl::query::Batch& batch, size_t row, std::string& out);
  // The header, where the format has one and no row has brought it yet.
  void begin(std::string& out);

 private:
  void append_delimited(const sl::query::Batch& batch, size_t row, std::string& out);
  void append_table(const sl::query::Batch& batch, size_t row, std::string& out);
  std::string cell(const sl::query::Value& value, const sl::query::Type& type) const;

  RowFormat format_;
  std::vector<sl::query::Field> columns_;
  std::unique_ptr<sl::query::Encoder> json_;
  std::vector<size_t> widths_;  // of the table's columns
  bool begun_ = false;
};

}  // namespace sl::tools::query
