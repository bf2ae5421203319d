// DELIMITED: one record is one line of CSV (RFC 4180 as Apache Commons CSV reads it): quotes where a field holds the
// delimiter, a quote or an end of line, a doubled quote for one. An empty field is null.
#include <fmt/format.h>

#include "base/base64.h"
#include "base/text.h"
#include "query/decimal.h"
#include "query/format_kinds.h"
#include "query/java_text.h"
#include "query/name.h"

namespace sl::query {
namespace {

struct Piece {
  std::string_view text;
  bool quoted = false;
};

class DelimitedDecoder final : public Decoder {
 public:
  DelimitedDecoder(char delimiter, std::vector<Field> columns, std::vector<size_t> wanted)
      : delimiter_(delimiter), columns_(std::move(columns)), wanted_(std::move(wanted)) {}

  bool decode(Bytes data, size_t, Value* const* columns, size_t row, Arena& arena, std::string& why) override {
    if (!split(as_text(data), arena, why)) return false;
    if (pieces_.size() != columns_.size()) {
      why = fmt::format("Unexpected field count, csv has {} fields but the schema has {}", pieces_.size(),
                        columns_.size());
      return false;
    }
    for (size_t i = 0; i < wanted_.size(); ++i) {
      const auto& piece = pieces_[wanted_[i]];
      auto& out = columns[i][row];
      out = Value::null();
      const auto& column = columns_[wanted_[i]];
      // Only a text can be empty, and it says so with quotes.
      if (piece.text.empty() && (!piece.quoted || column.type->base != Base::kString)) continue;
      auto value = value_from_text(piece.text, *column.type, arena);
      if (!value) {
        why = fmt::format("column {}: '{}' is no {}", column.name, piece.text, to_sql(*column.type));
        return false;
      }
      out = *value;
    }
    return true;
  }

 private:
  bool split(std::string_view line, Arena& arena, std::string& why) {
    pieces_.clear();
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (line.empty()) {
      why = "No fields in record";
      return false;
    }
    for (;;) {
      if (!line.empty() && line[0] == '"') {
        if (!quoted(line, arena, why)) return false;
      } else {
        auto end = line.find(delimiter_);
        pieces_.push_back({line.substr(0, end), false});
        line = end == std::string_view::npos ? std::string_view() : line.substr(end);
        if (end == std::string_view::npos) return true;
      }
      if (line.empty()) return true;
      if (line[0] != delimiter_) {
        why = "text stands behind a closing quote";
        return false;
      }
      line.remove_prefix(1);
      if (line.empty()) {
        pieces_.push_back({line, false});
        return true;
      }
    }
  }
  bool quoted(std::string_view& line, Arena& arena, std::string& why) {
    std::string text;
    size_t at = 1;
    for (;; ++at) {
      if (at >= line.size()) {
        why = "a quote has no end";
        return false;
      }
      if (line[at] == '"') {
        if (at + 1 >= line.size() || line[at + 1] != '"') break;
        ++at;
      }
      text += line[at];
    }
    pieces_.push_back({arena.copy(text), true});
    line.remove_prefix(at + 1);
    return true;
  }

  char delimiter_;
  std::vector<Field> columns_;
  std::vector<size_t> wanted_;
  std::vector<Piece> pieces_;
};

class DelimitedEncoder final : public Encoder {
 public:
  DelimitedEncoder(char delimiter, std::vector<Field> columns) : delimiter_(delimiter), columns_(std::move(columns)) {}
  Result<bool> encode(const Value* const* columns, size_t row, std::string& out) override {
    if (columns_.empty()) return false;
    if (columns_.size() == 1 && columns[0][row].is_null()) return false;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i) out += delimiter_;
      append(columns[i][row], *columns_[i].type, i == 0, out);
    }
    return true;
  }

 private:
  void append(const Value& v, const Type& type, bool first, std::string& out) const {
    if (v.is_null()) return;
    if (v.kind() == Kind::kText && type.base == Base::kBytes) {
      append_base64(out, v.as_bytes());
      return;
    }
    if (v.kind() == Kind::kText)
      append_text(v.as_text(), first, out);
    else
      append_text(v.kind() == Kind::kInteger ? std::to_string(v.as_integer()) : to_text(v, type), first, out);
  }
  void append_text(std::string_view text, bool first, std::string& out) const {
    bool quote = text.empty() ? first : needs_quotes(text, first);
    if (!quote) {
      out += text;
      return;
    }
    append_csv_quoted(out, text);
  }
  bool needs_quotes(std::string_view text, bool first) const {
    auto word = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    if (first && !word(text[0])) return true;
    if (static_cast<unsigned char>(text[0]) <= '#') return true;
    for (char c : text)
      if (c == '\n' || c == '\r' || c == '"' || c == delimiter_) return true;
    return static_cast<unsigned char>(text.back()) <= ' ';
  }

  char delimiter_;
  std::vector<Field> columns_;
};

}  // namespace

void append_csv_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"') out += c;
    out += c;
  }
  out += '"';
}

std::optional<Value> value_from_text(std::string_view text, const Type& type, Arena& arena) {
  switch (type.base) {
    case Base::kBoolean:
      return Value::boolean(same_name(text, "true"));
    case Base::kInt:
    case Base::kBigint:
    case Base::kDate:
    case Base::kTime:
    case Base::kTimestamp: {
      auto number = parse_int(trim(text));
      bool narrow = type.base == Base::kInt || type.base == Base::kDate || type.base == Base::kTime;
      if (!number || (narrow && (*number < INT32_MIN || *number > INT32_MAX))) return std::nullopt;
      return Value::integer(*number);
    }
    case Base::kDouble: {
      auto number = parse_double(trim(text));
      return number ? std::optional(Value::real(*number)) : std::nullopt;
    }
    case Base::kDecimal: {
      auto parsed = parse_decimal(trim(text));
      if (!parsed || parsed->scale > type.scale) {
        if (!parsed) return std::nullopt;
        // Digits behind the type's last must be zeros.
        auto exact = rescale(parsed->unscaled, parsed->scale, type.scale);
        if (!exact || rescale(*exact, type.scale, parsed->scale) != parsed->unscaled) return std::nullopt;
      }
      auto fitted = fit_decimal(parsed->unscaled, parsed->scale, type.precision, type.scale);
      return fitted ? std::optional(Value::decimal(*fitted, arena)) : std::nullopt;
    }
    case Base::kString:
      return Value::text(text);
    case Base::kBytes: {
      std::string bytes;
      if (!decode_base64(text, bytes)) return std::nullopt;
      return Value::text(arena.copy(bytes));
    }
    default:
      return std::nullopt;
  }
}

std::unique_ptr<Decoder> delimited_decoder(const Format& format, std::vector<Field> columns,
                                           std::vector<size_t> wanted) {
  return std::make_unique<DelimitedDecoder>(format.delimiter, std::move(columns), std::move(wanted));
}
std::unique_ptr<Encoder> delimited_encoder(const Format& format, std::vector<Field> columns) {
  return std::make_unique<DelimitedEncoder>(format.delimiter, std::move(columns));
}

}  // namespace sl::query
