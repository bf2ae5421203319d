// The output of every admin command: rows of typed cells, shown as an aligned table for people (text), one JSON
// document for programs (json), or tab-separated lines without a header for awk and cut (awk).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "tools/common/json_writer.h"

namespace sl::tools {

enum class OutputFormat { kText, kJson, kAwk };
Result<OutputFormat> parse_output_format(std::string_view text);

// Nothing (shown `-`, in JSON null), a truth, a number, a text, or a list of numbers (1,2,3).
using Cell = std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<int64_t>>;

class Table {
 public:
  // Column names are upper case without spaces: "LOG-START". Their JSON names are lower case: "log_start".
  explicit Table(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  // As many cells as columns.
  void add(std::vector<Cell> row);
  size_t size() const { return rows_.size(); }
  // Ends with a newline, but for an empty awk table, which is nothing.
  std::string render(OutputFormat format) const;
  // The array of objects, as part of a larger document.
  void write_json(JsonWriter& writer) const;

 private:
  std::string as_text() const;
  std::string as_awk() const;
  std::vector<std::string> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// One of several tables of an answer, and its name in JSON.
struct Section {
  const char* name;
  Table table;
};
// One section is one table; several are one after the other, with an empty line between them for people, and one object
// for programs.
std::string render(const std::vector<Section>& sections, OutputFormat format);

// "LOG-START" -> "log_start"
std::string json_name(std::string_view column);
// Characters as a terminal counts them, roughly: code points.
size_t display_width(std::string_view text);

}  // namespace sl::tools
