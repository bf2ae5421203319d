#include "tools/common/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace sl::tools {
namespace {

// What would break a line or a column is shown as an escape.
std::string printable(std::string_view text) {
  std::string out;
  for (char c : text) {
    auto u = static_cast<uint8_t>(c);
    if (c == '\t') {
      out += "\\t";
    } else if (c == '\n') {
      out += "\\n";
    } else if (u < 0x20 || u == 0x7f) {
      out += fmt::format("\\x{:02x}", u);
    } else {
      out += c;
    }
  }
  return out;
}

std::string shown(const Cell& cell) {
  std::string text;
  if (auto* truth = std::get_if<bool>(&cell)) text = *truth ? "true" : "false";
  if (auto* whole = std::get_if<int64_t>(&cell)) text = fmt::format("{}", *whole);
  if (auto* real = std::get_if<double>(&cell)) text = fmt::format("{}", *real);
  if (auto* words = std::get_if<std::string>(&cell)) text = printable(*words);
  if (auto* list = std::get_if<std::vector<int64_t>>(&cell)) text = fmt::format("{}", fmt::join(*list, ","));
  return text.empty() ? "-" : text;
}

bool is_number(const Cell& cell) {
  return std::holds_alternative<int64_t>(cell) || std::holds_alternative<double>(cell);
}

void write_cell(JsonWriter& writer, const Cell& cell) {
  if (auto* truth = std::get_if<bool>(&cell)) {
    writer.boolean(*truth);
  } else if (auto* whole = std::get_if<int64_t>(&cell)) {
    writer.number(*whole);
  } else if (auto* real = std::get_if<double>(&cell)) {
    writer.number(*real);
  } else if (auto* words = std::get_if<std::string>(&cell)) {
    writer.text(*words);
  } else if (auto* list = std::get_if<std::vector<int64_t>>(&cell)) {
    writer.begin_array();
    for (int64_t n : *list) writer.number(n);
    writer.end_array();
  } else {
    writer.null();
  }
}

}  // namespace

Result<OutputFormat> parse_output_format(std::string_view text) {
  if (text == "text") return OutputFormat::kText;
  if (text == "json") return OutputFormat::kJson;
  if (text == "awk") return OutputFormat::kAwk;
  return Error{Errc::kUsage, fmt::format("'{}' is not one of text, json, awk", text)};
}

std::string json_name(std::string_view column) {
  std::string name(column);
  for (char& c : name) {
    if (c == '-') c = '_';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

size_t display_width(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

void Table::add(std::vector<Cell> row) {
  assert(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

std::string Table::render(OutputFormat format) const {
  if (format == OutputFormat::kText) return as_text();
  if (format == OutputFormat::kAwk) return as_awk();
  std::string out;
  JsonWriter writer(out);
  write_json(writer);
  return out + "\n";
}

std::string render(const std::vector<Section>& sections, OutputFormat format) {
  std::string out;
  if (format == OutputFormat::kJson && sections.size() > 1) {
    JsonWriter writer(out);
    writer.begin_object();
    for (const auto& section : sections) {
      writer.key(section.name);
      section.table.write_json(writer);
    }
    writer.end_object();
    return out + "\n";
  }
  for (size_t i = 0; i < sections.size(); ++i) {
    if (i > 0 && format == OutputFormat::kText) out += "\n";
    out += sections[i].table.render(format);
  }
  return out;
}

void Table::write_json(JsonWriter& writer) const {
  writer.begin_array();
  for (const auto& row : rows_) {
    writer.begin_object();
    for (size_t i = 0; i < row.size(); ++i) {
      writer.key(json_name(columns_[i]));
      write_cell(writer, row[i]);
    }
    writer.end_object();
  }
  writer.end_array();
}

// Numbers stand right in their column, and nothing stands behind the last column.
std::string Table::as_text() const {
  std::vector<std::vector<std::string>> lines{columns_};
  std::vector<size_t> widths;
  std::vector<bool> right(columns_.size(), !rows_.empty());
  for (const std::string& column : columns_) widths.push_back(display_width(column));
  for (const auto& row : rows_) {
    auto& line = lines.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      line.push_back(shown(row[i]));
      widths[i] = std::max(widths[i], display_width(line[i]));
      if (!is_number(row[i]) && !std::holds_alternative<std::monostate>(row[i])) right[i] = false;
    }
  }
  std::string out;
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      size_t pad = widths[i] - display_width(line[i]);
      if (i > 0) out += "  ";
      if (right[i]) out.append(pad, ' ');
      out += line[i];
      if (!right[i] && i + 1 < line.size()) out.append(pad, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string Table::as_awk() const {
  std::string out;
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += '\t';
      out += shown(row[i]);
    }
    out += '\n';
  }
  return out;
}

}  // namespace sl::tools
