// JSON out: objects with the columns under their names, numbers plain, BYTES in base64, DATE as days, TIME and
// TIMESTAMP as milliseconds.
#include <fmt/format.h>

#include <cmath>

#include "base/base64.h"
#include "query/decimal.h"
#include "query/format_kinds.h"
#include "query/java_text.h"

namespace sl::query {
namespace {

void append_string(std::string& out, std::string_view text) {
  out += '"';
  size_t from = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c != '"' && c != '\\') [[likely]]
      continue;
    out += text.substr(from, at - from);
    from = at + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += fmt::format("\\u{:04x}", c);
    }
  }
  out += text.substr(from);
  out += '"';
}

void append_number(std::string& out, int64_t v) {
  fmt::format_int digits(v);
  out.append(digits.data(), digits.size());
}

void append_items(std::string& out, const Value& value, const Type& type) {
  out += type.base == Base::kArray ? '[' : '{';
  for (size_t i = 0; i < value.size(); ++i) {
    if (i) out += ',';
    if (type.base == Base::kArray) {
      append_json(out, value.item(i), *type.element);
      continue;
    }
    if (type.base == Base::kMap)
      append_string(out, to_text(value.map_key(i), *type.key));
    else
      append_string(out, type.fields[i].name);
    out += ':';
    if (type.base == Base::kMap)
      append_json(out, value.map_value(i), *type.element);
    else
      append_json(out, value.item(i), *type.fields[i].type);
  }
  out += type.base == Base::kArray ? ']' : '}';
}

class JsonEncoder final : public Encoder {
 public:
  JsonEncoder(const Format& format, std::vector<Field> columns)
      : unwrapped_(format.unwrapped), columns_(std::move(columns)) {
    for (const auto& column : columns_) {
      std::string name(names_.empty() ? "{" : ",");
      append_string(name, column.name);
      names_.push_back(name + ":");
    }
  }
  Result<bool> encode(const Value* const* columns, size_t row, std::string& out) override {
    if (unwrapped_ && columns_.size() == 1) {
      if (columns[0][row].is_null()) return false;
      append_json(out, columns[0][row], *columns_[0].type);
      return true;
    }
    for (size_t i = 0; i < columns_.size(); ++i) {
      out += names_[i];
      append_json(out, columns[i][row], *columns_[i].type);
    }
    out += columns_.empty() ? "{}" : "}";
    return true;
  }

 private:
  bool unwrapped_;
  std::vector<Field> columns_;
  std::vector<std::string> names_;  // with what stands before: {"A":
};

}  // namespace

void append_json(std::string& out, const Value& value, const Type& type) {
  switch (value.kind()) {
    case Kind::kNull:
    case Kind::kError:
      out += "null";
      return;
    case Kind::kBoolean:
      out += value.as_boolean() ? "true" : "false";
      return;
    case Kind::kInteger:
      return append_number(out, value.as_integer());
    case Kind::kDouble:
      // JSON has no NaN; Java's serializer writes it in quotes.
      if (std::isfinite(value.as_real()))
        out += java_double(value.as_real());
      else
        out += "\"" + java_double(value.as_real()) + "\"";
      return;
    case Kind::kDecimal:
      out += decimal_text(value.as_decimal(), type.scale);
      return;
    case Kind::kText:
      if (type.base != Base::kBytes) return append_string(out, value.as_text());
      out += '"';
      append_base64(out, value.as_bytes());
      out += '"';
      return;
    default:
      return append_items(out, value, type);
  }
}

std::unique_ptr<Encoder> json_encoder(const Format& format, std::vector<Field> columns) {
  return std::make_unique<JsonEncoder>(format, std::move(columns));
}

}  // namespace sl::query
