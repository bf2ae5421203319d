#include "tools/sl-query/row_writer.h"

#include <algorithm>

#include "tools/common/table.h"

namespace sl::tools::query {
namespace {

using sl::query::Base;
using sl::query::Kind;
using sl::query::Value;

constexpr size_t kNarrowest = 8;

void append_padded(std::string& out, std::string_view text, size_t width, bool right) {
  size_t shown = display_width(text);
  size_t missing = width > shown ? width - shown : 0;
  if (right) out.append(missing, ' ');
  out += text;
  if (!right) out.append(missing, ' ');
}

// RFC 4180 for CSV; in TSV the three characters that would break a line are escaped.
void append_field(std::string& out, std::string_view text, bool tabs) {
  if (tabs) {
    for (char c : text) {
      if (c == '\t')
        out += "\\t";
      else if (c == '\n')
        out += "\\n";
      else if (c == '\\')
        out += "\\\\";
      else
        out += c;
    }
    return;
  }
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  sl::query::append_csv_quoted(out, text);
}

}  // namespace

Result<RowFormat> parse_row_format(std::string_view name) {
  if (name == "table") return RowFormat::kTable;
  if (name == "json") return RowFormat::kJson;
  if (name == "csv") return RowFormat::kCsv;
  if (name == "tsv") return RowFormat::kTsv;
  return Error{Errc::kUsage, "--format is table, json, csv or tsv"};
}

RowWriter::RowWriter(RowFormat format, std::vector<sl::query::Field> columns)
    : format_(format), columns_(std::move(columns)) {
  if (format_ == RowFormat::kJson) json_ = sl::query::make_encoder({}, columns_);
}

std::string RowWriter::cell(const Value& value, const sl::query::Type& type) const {
  if (value.is_null()) return format_ == RowFormat::kTable ? "null" : "";
  if (!type.nested() && type.base != Base::kBytes) return sl::query::to_text(value, type);
  std::string json;
  sl::query::append_json(json, value, type);
  // BYTES are base64; here without JSON's quotes.
  return type.base == Base::kBytes ? json.substr(1, json.size() - 2) : json;
}

void RowWriter::begin(std::string& out) {
  if (begun_) return;
  begun_ = true;
  if (format_ == RowFormat::kJson) return;
  for (size_t i = 0; i < columns_.size(); ++i) {
    widths_.push_back(std::max(kNarrowest, display_width(columns_[i].name)));
    if (format_ == RowFormat::kTable) {
      if (i) out += "  ";
      bool number = columns_[i].type->numeric(), last = i + 1 == columns_.size();
      append_padded(out, columns_[i].name, last && !number ? 0 : widths_[i], number);
    } else {
      if (i) out += format_ == RowFormat::kTsv ? '\t' : ',';
      append_field(out, columns_[i].name, format_ == RowFormat::kTsv);
    }
  }
  out += '\n';
}

void RowWriter::append(const sl::query::Batch& batch, size_t row, std::string& out) {
  begin(out);
  if (format_ == RowFormat::kJson) {
    // An object of any values can be said.
    static_cast<void>(json_->encode(batch.columns.data(), row, out));
    out += '\n';
  } else if (format_ == RowFormat::kTable) {
    append_table(batch, row, out);
  } else {
    append_delimited(batch, row, out);
  }
}

void RowWriter::append_delimited(const sl::query::Batch& batch, size_t row, std::string& out) {
  bool tabs = format_ == RowFormat::kTsv;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i) out += tabs ? '\t' : ',';
    append_field(out, cell(batch.columns[i][row], *columns_[i].type), tabs);
  }
  out += '\n';
}

// Columns widen with what comes: rows that were printed stay as they are.
void RowWriter::append_table(const sl::query::Batch& batch, size_t row, std::string& out) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    auto text = cell(batch.columns[i][row], *columns_[i].type);
    widths_[i] = std::max(widths_[i], display_width(text));
    if (i) out += "  ";
    bool last = i + 1 == columns_.size();
    append_padded(out, text, last && !columns_[i].type->numeric() ? 0 : widths_[i], columns_[i].type->numeric());
  }
  out += '\n';
}

}  // namespace sl::tools::query
